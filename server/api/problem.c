#include "problem.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "json_fields.h"
#include "reply.h"

static const char content_type[] = "application/problem+json";

/* --- the table ------------------------------------------------------------------------------ */

static const unsigned http_status[BP_STATUS_COUNT] = {
    [BP_OK] = 200,        [BP_NO_MEMORY] = 503, [BP_SYNTAX] = 400,    [BP_INVALID] = 400,
    [BP_TOO_LARGE] = 413, [BP_NOT_FOUND] = 404, [BP_EXISTS] = 409,    [BP_CONFLICT] = 409,
    [BP_BUSY] = 503,      [BP_DIVERGED] = 409,  [BP_CANCELLED] = 409, [BP_INTERRUPTED] = 503,
    [BP_IO] = 500,        [BP_NO_SPACE] = 507,  [BP_INTERNAL] = 500,  [BP_PRECONDITION] = 412,
};

static const char *const meanings[] = {
#define X(name, wire, meaning) [BP_##name] = meaning,
    BP_STATUS_TABLE(X)
#undef X
};

static const struct {
    unsigned status;
    const char *phrase;
} phrases[] = {
    {400, "Bad Request"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {406, "Not Acceptable"},
    {409, "Conflict"},
    {413, "Content Too Large"},
    {415, "Unsupported Media Type"},
    {422, "Unprocessable Content"},
    {500, "Internal Server Error"},
    {503, "Service Unavailable"},
};

unsigned bp_problem_status(bp_status code) {
    unsigned status = (unsigned)code < BP_STATUS_COUNT ? http_status[code] : 0;
    return status != 0 ? status : 500;
}

/* 413 is for a body that is too large; a field of it that asks for too much is a bad value. */
static unsigned status_of(const bp_error *error) {
    bool field = error->code == BP_TOO_LARGE && error->field[0] != '\0';
    return bp_problem_status(field ? BP_INVALID : error->code);
}

static const char *phrase_of(unsigned status) {
    for (size_t i = 0; i < sizeof phrases / sizeof *phrases; i++) {
        if (phrases[i].status == status) {
            return phrases[i].phrase;
        }
    }
    return "Error";
}

/* --- the document --------------------------------------------------------------------------- */

/* [{"pointer", "line", "column", "detail"}], or NULL where the error has no place. */
static json_t *describe_place(const bp_error *error) {
    if (error->field[0] == '\0' && error->line == 0 && error->column == 0) {
        return NULL;
    }
    json_t *place = json_object();
    if (error->field[0] != '\0') {
        json_object_set_new(place, "pointer", bp_json_text(error->field));
    }
    if (error->line > 0) {
        json_object_set_new(place, "line", json_integer((json_int_t)error->line));
    }
    if (error->column > 0) {
        json_object_set_new(place, "column", json_integer((json_int_t)error->column));
    }
    json_object_set_new(place, "detail", bp_json_text(error->message));
    return json_pack("[o]", place);
}

/* What only HTTP knows has no type of its own: RFC 9457, section 4.2.1. */
static json_t *describe(const bp_problem *problem, unsigned status, const char *request_id) {
    const bp_error *error = &problem->error;
    bool ours = problem->status == 0 && (unsigned)error->code < BP_STATUS_COUNT;
    json_t *type = ours ? json_sprintf("urn:backpropd:problem:%s", bp_status_name(error->code))
                        : json_string("about:blank");
    return json_pack("{s:o, s:s, s:i, s:o, s:s, s:o*}", "type", type, "title",
                     ours ? meanings[error->code] : phrase_of(status), "status", (int)status,
                     "detail", bp_json_text(error->message), "request_id", request_id, "errors",
                     describe_place(error));
}

void bp_problem_reply_briefly(bp_response *response) {
    static const char last_words[] =
        "{\"type\": \"about:blank\", \"title\": \"Service Unavailable\","
        " \"status\": 503, \"detail\": \"no memory for more\","
        " \"request_id\": \"\"}\n";
    free(response->body);
    response->body = NULL;
    response->status = 503;
    response->static_body = last_words;
    response->body_size = sizeof last_words - 1;
    response->content_type = content_type;
}

void bp_problem_reply(bp_response *response, const bp_problem *problem, const char *request_id) {
    unsigned status = problem->status != 0 ? problem->status : status_of(&problem->error);
    free(response->body);
    response->body = NULL;
    response->static_body = NULL;
    if (bp_reply_json(response, status, describe(problem, status, request_id), NULL) != BP_OK) {
        bp_problem_reply_briefly(response);
    }
    response->content_type = content_type;
}
