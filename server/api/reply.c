#include "reply.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "json_fields.h"

const char bp_json_type[] = "application/json";

/* Fifteen digits: what a double surely holds, so that 0.1 reads 0.1. */
enum { REAL_DIGITS = 15 };

static int append(const char *bytes, size_t size, void *context) {
    bp_text *text = context;
    bp_text_put(text, bytes, size);
    return text->failed ? -1 : 0;
}

void bp_reply_put_json(bp_text *text, json_t *json) {
    if (json == NULL ||
        json_dump_callback(json, append, text, JSON_REAL_PRECISION(REAL_DIGITS)) != 0) {
        text->failed = true;
    }
    json_decref(json);
}

bp_status bp_reply_json(bp_response *response, unsigned status, json_t *json, bp_error *err) {
    bp_text text = {0};
    bp_reply_put_json(&text, json);
    bp_text_puts(&text, "\n");
    return bp_reply_text(response, status, &text, err);
}

bp_status bp_reply_text(bp_response *response, unsigned status, bp_text *text, bp_error *err) {
    if (text->failed) {
        bp_text_clear(text);
        return bp_fail(err, BP_NO_MEMORY, NULL, "no memory for the response");
    }
    response->status = status;
    response->content_type = bp_json_type;
    response->body = text->bytes;
    response->body_size = text->size;
    *text = (bp_text){0};
    return BP_OK;
}

bp_status bp_reply_header(bp_response *response, bp_error *err, const char *name,
                          const char *format, ...) {
    char value[256];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(value, sizeof value, format, arguments);
    va_end(arguments);
    char *copy = response->header_count < BP_RESPONSE_MAX_HEADERS ? strdup(value) : NULL;
    if (copy == NULL) {
        return bp_fail(err, BP_NO_MEMORY, NULL, "no memory for a header");
    }
    response->headers[response->header_count].name = name;
    response->headers[response->header_count++].value = copy;
    return BP_OK;
}

void bp_response_clear(bp_response *response) {
    free(response->body);
    if (response->source.close != NULL) {
        response->source.close(response->source.context);
    }
    for (size_t i = 0; i < response->header_count; i++) {
        free(response->headers[i].value);
    }
    *response = (bp_response){0};
}

/* --- values --------------------------------------------------------------------------------- */

const char *bp_time_text(double wall_seconds, char text[BP_TIME_TEXT_SIZE]) {
    double whole = floor(wall_seconds);
    time_t seconds = (time_t)whole;
    struct tm parts;
    size_t size = 0;
    text[0] = '\0';
    if (wall_seconds > 0 && gmtime_r(&seconds, &parts) != NULL) {
        size = strftime(text, BP_TIME_TEXT_SIZE, "%Y-%m-%dT%H:%M:%S", &parts);
    }
    if (size > 0) {
        snprintf(text + size, BP_TIME_TEXT_SIZE - size, ".%03dZ",
                 (int)((wall_seconds - whole) * 1000));
    }
    return text;
}

json_t *bp_json_time(double wall_seconds) {
    char text[BP_TIME_TEXT_SIZE];
    bp_time_text(wall_seconds, text);
    return text[0] != '\0' ? json_string(text) : json_null();
}

json_t *bp_json_names(const bp_names *names, size_t limit) {
    json_t *array = json_array();
    for (size_t i = 0; i < names->count && i < limit; i++) {
        if (json_array_append_new(array, bp_json_text(names->item[i])) != 0) {
            json_decref(array);
            return NULL;
        }
    }
    return array;
}

json_t *bp_json_page(const char *key, json_t *items, json_t *cursor) {
    return json_pack("{s:o, s:o}", key, items, "next", cursor != NULL ? cursor : json_null());
}
