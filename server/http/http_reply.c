#include "http_reply.h"

#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "request_guard.h"

static struct MHD_Response *take_body(bp_response *response) {
    if (response->body == NULL) {
        /* The library promises not to write to a persistent buffer. */
        union {
            const char *text;
            void *bytes;
        } body = {.text = response->static_body};
        return MHD_create_response_from_buffer(body.text != NULL ? response->body_size : 0,
                                               body.bytes, MHD_RESPMEM_PERSISTENT);
    }
    struct MHD_Response *reply =
        MHD_create_response_from_buffer(response->body_size, response->body, MHD_RESPMEM_MUST_FREE);
    if (reply != NULL)
        response->body = NULL;
    return reply;
}

static bool has_header(const bp_response *response, const char *name) {
    for (size_t i = 0; i < response->header_count; i++)
        if (strcasecmp(response->headers[i].name, name) == 0)
            return true;
    return false;
}

static bool add(struct MHD_Response *reply, const char *name, const char *value) {
    return MHD_add_response_header(reply, name, value) == MHD_YES;
}

static bool add_headers(struct MHD_Response *reply, const bp_response *response,
                        const char *request_id, bool close) {
    bool added = add(reply, "X-Request-Id", request_id) &&
                 add(reply, MHD_HTTP_HEADER_X_CONTENT_TYPE_OPTIONS, "nosniff");
    if (response->content_type != NULL)
        added = added && add(reply, MHD_HTTP_HEADER_CONTENT_TYPE, response->content_type);
    if (!has_header(response, MHD_HTTP_HEADER_CACHE_CONTROL))
        added = added && add(reply, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
    if (close)
        added = added && add(reply, MHD_HTTP_HEADER_CONNECTION, "close");
    for (size_t i = 0; i < response->header_count; i++)
        added = added && add(reply, response->headers[i].name, response->headers[i].value);
    return added;
}

struct MHD_Response *bp_http_reply_make(bp_response *response, bp_stream_reply *stream,
                                        const char *request_id, bool close) {
    struct MHD_Response *reply =
        stream != NULL ? bp_stream_reply_body(stream) : take_body(response);
    if (reply != NULL && !add_headers(reply, response, request_id, close)) {
        MHD_destroy_response(reply);
        reply = NULL;
    }
    bp_response_clear(response);
    return reply;
}

void bp_http_reply_problem(bp_response *out, unsigned status, const char *detail,
                           const char *request_id) {
    *out = (bp_response){.status = status, .content_type = "application/problem+json"};
    char *text = NULL;
    int size = asprintf(&text,
                        "{\"type\": \"about:blank\", \"title\": \"%s\", \"status\": %u, "
                        "\"detail\": \"%s\", \"request_id\": \"%s\"}\n",
                        bp_guard_title(status), status, detail, request_id);
    if (size < 0)
        return; /* out of memory: the status says enough */
    out->body = text;
    out->body_size = (size_t)size;
}
