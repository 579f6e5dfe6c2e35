/* One request from its headers to its response.
 *
 * All that can be known at the headers is decided there: route, query, type and length of the body,
 * and for a streamed body whether its object can be written at all. The first thing that goes wrong
 * is noted in exchange->problem; from then on the body is dropped as it comes, and finish gives the
 * problem. NULL is a valid exchange everywhere: the one for which there was no memory. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "api.h"
#include "gunzip.h"
#include "json_memory.h"
#include "media_type.h"
#include "once.h"
#include "problem.h"
#include "reply.h"
#include "route_table.h"

#define DEFAULT_JSON_BYTES ((size_t)1 << 20)
#define DEFAULT_UPLOAD_BYTES ((size_t)64 << 30)

/* A body beyond this makes a BP_PACE_SIZE route slow. */
enum { LARGE_BODY_BYTES = 16384, REQUEST_ID_SIZE = 64 };

struct bp_api {
    bp_api_options options;
};

struct bp_exchange {
    const bp_api *api;
    const bp_route *route; /* NULL: none was found */
    bool failed;           /* problem is set */
    bp_problem problem;
    bool is_json; /* the body is gathered in `body` */
    bp_text body;
    void *stream;      /* route->stream's; NULL: none */
    bp_gunzip *gunzip; /* the body comes compressed; NULL: as it is */
    size_t received;   /* bytes of body, as they came */
    bp_query query;
    bp_response refusal; /* headers that go with the problem: Allow */
    bp_captures captures;
    char key[BP_KEY_MAX + 1]; /* Idempotency-Key, of a route that is done once; "": none */
    bp_digest request_digest; /* with a key: of the request, without its body */
    char if_none_match[BP_ETAG_SIZE];
    char if_match[BP_ETAG_SIZE];
    char accept[BP_ACCEPT_SIZE];
    char content_type[BP_TYPE_SIZE];
    char last_event_id[BP_EVENT_ID_SIZE];
    char request_id[REQUEST_ID_SIZE];
};

bp_status bp_api_new(bp_api **out, const bp_api_options *options, bp_error *err) {
    bp_api *api = calloc(1, sizeof *api);
    if (api == NULL) {
        return bp_fail(err, BP_NO_MEMORY, NULL, "no memory for the API");
    }
    api->options = *options;
    if (api->options.max_json_bytes == 0) {
        api->options.max_json_bytes = DEFAULT_JSON_BYTES;
    }
    if (api->options.max_upload_bytes == 0) {
        api->options.max_upload_bytes = DEFAULT_UPLOAD_BYTES;
    }
    bp_json_memory_watch();
    *out = api;
    return BP_OK;
}

void bp_api_free(bp_api *api) {
    free(api);
}

/* --- failing -------------------------------------------------------------------------------- */

/* The error of a step becomes the exchange's problem. */
static bool note(bp_exchange *exchange, bp_status status, const bp_error *err) {
    if (status != BP_OK) {
        exchange->failed = true;
        exchange->problem.error = *err;
        exchange->problem.error.code = status;
    }
    return status == BP_OK;
}

/* Where jansson had no memory, what came of it (a syntax error, a part that is missing) is not so.
 */
static bool note_memory(bp_exchange *exchange) {
    bp_error err = {0};
    return !bp_json_memory_take_failure() ||
           note(exchange, bp_fail(&err, BP_NO_MEMORY, NULL, "no memory for the request"), &err);
}

/* What only HTTP knows. */
static bool refuse(bp_exchange *exchange, unsigned status, const char *format, const char *what) {
    exchange->failed = true;
    exchange->problem.status = status;
    snprintf(exchange->problem.error.message, sizeof exchange->problem.error.message, format, what);
    return false;
}

static bool too_large(bp_exchange *exchange, size_t limit) {
    bp_error err = {0};
    return note(exchange,
                bp_fail(&err, BP_TOO_LARGE, NULL, "the body is larger than %zu bytes", limit),
                &err);
}

/* --- the headers ---------------------------------------------------------------------------- */

static const char *header(const bp_request *request, const char *name) {
    return request->header != NULL ? request->header(request->header_context, name) : NULL;
}

static bool has_body(const bp_request *request) {
    return request->content_length > 0 || header(request, "Transfer-Encoding") != NULL;
}

static bool find_route(bp_exchange *exchange, const bp_request *request) {
    char allow[BP_ALLOW_SIZE];
    bp_status status =
        bp_route_find(&exchange->route, request->method, request->path, &exchange->captures, allow);
    if (status == BP_OK) {
        return true;
    }
    exchange->route = NULL;
    if (status == BP_NOT_FOUND) {
        return refuse(exchange, 404, "there is nothing at '%.300s'; /openapi.json lists what is",
                      request->path);
    }
    bp_error err = {0};
    status = bp_reply_header(&exchange->refusal, &err, "Allow", "%s", allow);
    return note(exchange, status, &err) &&
           refuse(exchange, 405, "this resource knows the methods %s", allow);
}

static bool parse_query(bp_exchange *exchange, const bp_request *request) {
    bp_error err = {0};
    return note(exchange,
                bp_query_parse(&exchange->query, request->query, exchange->route->parameters, &err),
                &err);
}

/* The parts of a request, each with its end. */
static void start_digest(bp_digest *digest, const bp_request *request) {
    const char *parts[] = {request->method, request->path,
                           request->query != NULL ? request->query : ""};
    bp_digest_start(digest);
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        bp_digest_add(digest, parts[i], strlen(parts[i]) + 1);
    }
}

static bool take_key(bp_exchange *exchange, const bp_request *request) {
    const char *key = header(request, "Idempotency-Key");
    bp_error err = {0};
    if (key == NULL || exchange->route->pace != BP_PACE_ONCE) {
        return true;
    }
    if (!note(exchange, bp_once_check_key(key, &err), &err)) {
        return false;
    }
    snprintf(exchange->key, sizeof exchange->key, "%s", key);
    start_digest(&exchange->request_digest, request);
    return true;
}

static size_t body_limit(const bp_exchange *exchange) {
    const bp_api_options *options = &exchange->api->options;
    return exchange->is_json ? options->max_json_bytes : options->max_upload_bytes;
}

/* A form's type, or none, is taken for what the route wants, as long as it is not a browser that
 * sends it for another site: pages can send such bodies anywhere without asking (CORS). */
static bool check_type(bp_exchange *exchange, const bp_request *request) {
    const bp_route *route = exchange->route;
    const char *type = header(request, "Content-Type");
    bp_media media = bp_media_of(type);
    bool takes_json = route->body == BP_BODY_JSON || route->body == BP_BODY_MAYBE;
    bool writes = strcmp(route->method, "GET") != 0;
    if (writes && media != BP_MEDIA_JSON && bp_request_is_foreign(request)) {
        return refuse(exchange, takes_json ? 415 : 403, "%s",
                      takes_json
                          ? "from another site's page the body's type must be application/json"
                          : "this is not open to pages of other sites");
    }
    if (route->body == BP_BODY_NONE) {
        return true;
    }
    exchange->is_json = takes_json || media == BP_MEDIA_JSON;
    if (media != BP_MEDIA_OTHER ||
        (route->body == BP_BODY_STREAM && bp_media_is_among(type, route->stream->types))) {
        return true;
    }
    return refuse(exchange, 415, "a body of type '%.80s' cannot be taken here", type);
}

static bool check_length(bp_exchange *exchange, const bp_request *request) {
    if (exchange->route->body == BP_BODY_NONE) {
        return true;
    }
    size_t limit = body_limit(exchange);
    return request->content_length <= 0 || (uint64_t)request->content_length <= limit ||
           too_large(exchange, limit);
}

static bp_status take_decoded(void *exchange, const char *bytes, size_t size, bp_error *err);

static bool check_encoding(bp_exchange *exchange, const bp_request *request) {
    const char *encoding = header(request, "Content-Encoding");
    if (encoding == NULL || *encoding == '\0' || strcasecmp(encoding, "identity") == 0) {
        return true;
    }
    const bool is_gzip = strcasecmp(encoding, "gzip") == 0 || strcasecmp(encoding, "x-gzip") == 0;
    if (!is_gzip || exchange->route->body == BP_BODY_NONE) {
        return refuse(exchange, 415, "a body encoded as '%.40s' cannot be taken; gzip can",
                      encoding);
    }
    bp_error err = {0};
    const bp_byte_sink sink = {.context = exchange, .bytes = take_decoded};
    return note(exchange, bp_gunzip_new(&exchange->gunzip, &sink, body_limit(exchange), &err),
                &err);
}

static bp_call make_call(const bp_exchange *exchange) {
    return (bp_call){.service = exchange->api->options.service,
                     .options = &exchange->api->options,
                     .capture = exchange->captures.text[0],
                     .second_capture = exchange->captures.text[1],
                     .query = &exchange->query,
                     .stream = exchange->stream,
                     .if_none_match = exchange->if_none_match,
                     .if_match = exchange->if_match,
                     .accept = exchange->accept,
                     .content_type = exchange->content_type,
                     .last_event_id = exchange->last_event_id};
}

static bool open_stream(bp_exchange *exchange) {
    const bp_stream *stream = exchange->route->stream;
    if (stream == NULL || exchange->is_json) {
        return true;
    }
    bp_error err = {0};
    bp_call call = make_call(exchange);
    return note(exchange, stream->open(&call, &exchange->stream, &err), &err);
}

static void copy_header(const bp_request *request, const char *name, char *out, size_t size) {
    const char *value = header(request, name);
    snprintf(out, size, "%s", value != NULL ? value : "");
}

bp_exchange *bp_exchange_begin(bp_api *api, const bp_request *request, bp_body_plan *plan) {
    bp_exchange *exchange = calloc(1, sizeof *exchange);
    *plan = exchange != NULL ? BP_BODY_READ : BP_BODY_REFUSE;
    if (exchange == NULL) {
        return NULL;
    }
    exchange->api = api;
    snprintf(exchange->request_id, sizeof exchange->request_id, "%s",
             request->request_id != NULL ? request->request_id : "");
    copy_header(request, "If-None-Match", exchange->if_none_match, sizeof exchange->if_none_match);
    copy_header(request, "If-Match", exchange->if_match, sizeof exchange->if_match);
    copy_header(request, "Accept", exchange->accept, sizeof exchange->accept);
    copy_header(request, "Content-Type", exchange->content_type, sizeof exchange->content_type);
    copy_header(request, "Last-Event-ID", exchange->last_event_id, sizeof exchange->last_event_id);
    bool good = find_route(exchange, request) && check_type(exchange, request) &&
                check_encoding(exchange, request) && check_length(exchange, request) &&
                parse_query(exchange, request) && take_key(exchange, request) &&
                open_stream(exchange);
    good = note_memory(exchange) && good;
    /* A short body is read and dropped, which keeps the connection. */
    bool is_long = request->content_length < 0 ||
                   (uint64_t)request->content_length > api->options.max_json_bytes;
    if (!good && has_body(request) && is_long) {
        *plan = BP_BODY_REFUSE;
    }
    return exchange;
}

/* --- the body ------------------------------------------------------------------------------- */

static void drop_body(bp_exchange *exchange) {
    bp_text_clear(&exchange->body);
    bp_gunzip_free(exchange->gunzip);
    exchange->gunzip = NULL;
    if (exchange->stream != NULL) {
        exchange->route->stream->free(exchange->stream);
        exchange->stream = NULL;
    }
}

/* Bytes of the body without its compression. */
static bp_status take_decoded(void *context, const char *bytes, size_t size, bp_error *err) {
    bp_exchange *exchange = context;
    if (!exchange->is_json) {
        return exchange->route->stream->feed(exchange->stream, bytes, size, err);
    }
    bp_text_put(&exchange->body, bytes, size);
    return exchange->body.failed ? bp_fail(err, BP_NO_MEMORY, NULL, "no memory for the body")
                                 : BP_OK;
}

static bool take(bp_exchange *exchange, const char *bytes, size_t size) {
    bp_error err = {0};
    if (exchange->route->body == BP_BODY_NONE) {
        return note(exchange, bp_fail(&err, BP_INVALID, NULL, "this request takes no body"), &err);
    }
    size_t limit = body_limit(exchange);
    if (size > limit - exchange->received) {
        return too_large(exchange, limit);
    }
    exchange->received += size;
    bp_status status = exchange->gunzip != NULL
                           ? bp_gunzip_feed(exchange->gunzip, bytes, size, &err)
                           : take_decoded(exchange, bytes, size, &err);
    bool good = note(exchange, status, &err);
    return note_memory(exchange) && good;
}

void bp_exchange_feed(bp_exchange *exchange, const char *bytes, size_t size) {
    if (exchange != NULL && !exchange->failed && size > 0 && !take(exchange, bytes, size)) {
        drop_body(exchange);
    }
}

bool bp_exchange_is_slow(const bp_exchange *exchange) {
    if (exchange == NULL || exchange->failed) {
        return false;
    }
    bp_pace pace = exchange->route->pace;
    return pace == BP_PACE_SLOW || pace == BP_PACE_ONCE ||
           (pace == BP_PACE_SIZE && exchange->received > LARGE_BODY_BYTES);
}

/* --- the response --------------------------------------------------------------------------- */

static bp_status parse_body(bp_exchange *exchange, json_t **out, bp_error *err) {
    if (exchange->body.size == 0 && exchange->route->body == BP_BODY_MAYBE) {
        *out = json_object();
        return *out != NULL ? BP_OK : bp_fail(err, BP_NO_MEMORY, NULL, "no memory for the body");
    }
    if (exchange->body.size == 0) {
        return bp_fail(err, BP_SYNTAX, NULL, "the body is empty; it must be a JSON object");
    }
    json_error_t at;
    json_t *body =
        json_loadb(exchange->body.bytes, exchange->body.size, JSON_REJECT_DUPLICATES, &at);
    if (body == NULL) {
        return bp_fail_at(err, BP_SYNTAX, at.line > 0 ? (uint64_t)at.line : 0,
                          at.column > 0 ? (uint64_t)at.column : 0, "the body is not JSON: %s",
                          at.text);
    }
    bp_text_clear(&exchange->body);
    *out = body;
    return BP_OK;
}

static bp_status call_handler(const bp_exchange *exchange, const char *request_sha256,
                              bp_call *call, bp_error *err) {
    bp_key_claim claim = {.key = exchange->key, .request_sha256 = request_sha256};
    bp_status status = exchange->key[0] != '\0'
                           ? bp_once_handle(call, exchange->route->handle, &claim, err)
                           : exchange->route->handle(call, err);
    if (status != BP_OK && exchange->route->pace == BP_PACE_ONCE) {
        bp_response_clear(call->response); /* of what was not created after all */
    }
    return status;
}

static bool handle(bp_exchange *exchange, bp_response *response) {
    bp_error err = {0};
    json_t *body = NULL;
    char request_sha256[BP_DIGEST_HEX_SIZE] = "";
    if (exchange->gunzip != NULL &&
        !note(exchange, bp_gunzip_finish(exchange->gunzip, &err), &err)) {
        return false;
    }
    if (exchange->key[0] != '\0') {
        bp_digest_add(&exchange->request_digest, exchange->body.bytes, exchange->body.size);
        bp_digest_finish(&exchange->request_digest, request_sha256);
    }
    if (exchange->is_json && !note(exchange, parse_body(exchange, &body, &err), &err)) {
        return false;
    }
    bp_call call = make_call(exchange);
    call.body = body;
    call.response = response;
    bp_status status = call_handler(exchange, request_sha256, &call, &err);
    json_decref(body);
    exchange->problem.status = status != BP_OK ? call.problem_status : 0;
    return note(exchange, status, &err);
}

/* The headers that the refusal at the beginning made go into the response. */
static void take_headers(bp_exchange *exchange, bp_response *response) {
    for (size_t i = 0; i < exchange->refusal.header_count; i++) {
        response->headers[response->header_count++] = exchange->refusal.headers[i];
    }
    exchange->refusal.header_count = 0;
}

static void reply_problem(bp_exchange *exchange, bp_response *response) {
    take_headers(exchange, response);
    bp_problem_reply(response, &exchange->problem, exchange->request_id);
    if (exchange->problem.error.code == BP_BUSY &&
        bp_reply_header(response, NULL, "Retry-After", "1") != BP_OK) {
        return; /* it may retry all the same */
    }
}

void bp_exchange_finish(bp_exchange *exchange, bp_response *response) {
    static const bp_problem no_memory = {
        .error = {.code = BP_NO_MEMORY, .message = "no memory for the request"}};
    if (exchange == NULL) {
        bp_problem_reply(response, &no_memory, "");
        return;
    }
    bool good = !exchange->failed && handle(exchange, response);
    bool complete = note_memory(exchange);
    if (good && !complete) {
        bp_response_clear(response);
    }
    if (!good || !complete) {
        reply_problem(exchange, response);
    }
    if (bp_json_memory_take_failure()) {
        bp_problem_reply_briefly(response);
    }
}

void bp_exchange_free(bp_exchange *exchange) {
    if (exchange != NULL) {
        drop_body(exchange);
        bp_query_clear(&exchange->query);
        bp_response_clear(&exchange->refusal);
        free(exchange);
    }
}
