/* The life of a request.
 *
 *   HEADERS --begin--> BODY --end of body--> (finish here) --> REPLIED
 *      |                 \--slow--> DEFERRED --finish elsewhere, resume--> REPLIED
 *      \--guard or API refuses------------------------------------------> REPLIED
 *
 * Who frees the exchange, and when. A request belongs to the serving thread of its connection, but
 * for one stretch: from bp_deferred_submit to MHD_resume_connection it belongs to the executor's
 * thread. The stretch is safe because the connection is suspended throughout: the library does not
 * look at a suspended connection's socket, so it notices a client that has gone, and calls
 * bp_http_request_close, only after the resume. Hence
 *
 * - the connection is suspended before the task is submitted, or the executor could resume what is
 *   not suspended yet;
 * - after a successful submit the serving thread touches the request no more, and the executor
 *   reads the connection out of the request first and calls MHD_resume_connection last: at that
 *   moment the serving thread may already be freeing the request;
 * - what the executor wrote is seen by the serving thread through the library's mutex, taken in
 *   MHD_resume_connection and by the serving thread when it picks the connection up again;
 * - the exchange is freed by conclude() right after finish, or else by bp_http_request_close, which
 *   the library calls once for each request that bp_http_request_open made. The pointer is cleared
 *   by the first, so the second finds NULL.
 *
 * A reply that goes on (stream_reply.h) has its connection suspended too, by the serving thread
 * within the library's call for more of the body, and resumed by the thread that looks after
 * streams. It ends in bp_http_request_close.
 *
 * A client that leaves during a slow finish does not stop it: a data set that is being written is
 * written, and the reply goes nowhere. */
#include "http_request.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "clock.h"
#include "http_reply.h"
#include "request_guard.h"
#include "request_id.h"

typedef enum request_phase {
    PHASE_HEADERS,
    PHASE_BODY,
    PHASE_DEFERRED,
    PHASE_REPLIED
} request_phase;

enum { METHOD_SIZE = 16, LOGGED_TARGET = 200 };

typedef struct http_request {
    bp_http *http;
    struct MHD_Connection *connection;
    bp_http_connection *place; /* of the connection */
    request_phase phase;
    bool suspended; /* counted in http->suspended */
    bool active;    /* counted in http->active */
    bool close;     /* the connection ends with the reply */
    bp_exchange *exchange;
    bp_response response;
    bp_stream_reply *stream; /* the reply goes on; NULL: it does not */
    bp_deferred_task task;
    double started_at; /* monotonic seconds */
    unsigned status;   /* 0: no reply */
    char id[BP_REQUEST_ID_SIZE];
    char method[METHOD_SIZE];
    char target[]; /* as sent */
} http_request;

/* --- the reply ------------------------------------------------------------------------------ */

/* A response that goes on gets a place among the streams, or becomes a refusal. */
static void begin_stream(http_request *request) {
    if (request->response.source.pull == NULL)
        return;
    request->stream = bp_stream_reply_begin(request->http->streams, request->connection,
                                            request->place->descriptor, &request->response.source);
    if (request->stream == NULL) {
        bp_response_clear(&request->response);
        bp_http_reply_problem(&request->response, MHD_HTTP_SERVICE_UNAVAILABLE,
                              "As many streams are open as there may be.", request->id);
    }
}

/* Queues request->response. MHD_NO makes the library close the connection. */
static enum MHD_Result reply(http_request *request) {
    bool close =
        request->close || atomic_load_explicit(&request->http->draining, memory_order_relaxed);
    begin_stream(request);
    request->status = request->response.status;
    struct MHD_Response *made =
        bp_http_reply_make(&request->response, request->stream, request->id, close);
    request->phase = PHASE_REPLIED;
    if (made == NULL)
        return MHD_NO;
    /* The library ends a body in chunks also where it sends none, and the client would take that
     * for the next reply. As a server of 1.0 it sends neither, and closes. */
    if (request->stream != NULL && strcmp(request->method, MHD_HTTP_METHOD_HEAD) == 0)
        MHD_set_response_options(made, MHD_RF_HTTP_1_0_SERVER, MHD_RO_END);
    enum MHD_Result queued = MHD_queue_response(request->connection, request->status, made);
    MHD_destroy_response(made);
    return queued;
}

/* The reply goes out before the body came, and the connection ends with it. */
static void end_connection(http_request *request) {
    request->close = true;
    request->place->linger = true;
    bp_watch_enter(request->http->watch, request->place->watch, BP_WATCH_SERVING);
}

static enum MHD_Result refuse(http_request *request, bp_guard_verdict verdict) {
    end_connection(request);
    bp_http_reply_problem(&request->response, verdict.status, verdict.detail, request->id);
    return reply(request);
}

/* The end of the exchange, on whichever thread. */
static void conclude(http_request *request) {
    bp_exchange_finish(request->exchange, &request->response);
    bp_exchange_free(request->exchange);
    request->exchange = NULL;
}

/* --- slow exchanges ------------------------------------------------------------------------- */

/* On a thread of the executor. */
static void finish_elsewhere(void *context) {
    http_request *request = context;
    struct MHD_Connection *connection = request->connection;
    conclude(request);
    MHD_resume_connection(connection);
}

static void answer_busy(void *context) {
    http_request *request = context;
    struct MHD_Connection *connection = request->connection;
    bp_http_reply_problem(&request->response, MHD_HTTP_SERVICE_UNAVAILABLE,
                          "Too many slow requests are waiting, or the server is stopping.",
                          request->id);
    MHD_resume_connection(connection);
}

static enum MHD_Result defer(http_request *request) {
    request->phase = PHASE_DEFERRED;
    request->suspended = true;
    bp_http_count(request->http, &request->http->suspended, 1);
    request->task =
        (bp_deferred_task){.run = finish_elsewhere, .drop = answer_busy, .context = request};
    MHD_suspend_connection(request->connection);
    if (!bp_deferred_submit(request->http->deferred, &request->task))
        answer_busy(request);
    return MHD_YES;
}

static void end_suspension(http_request *request) {
    if (request->suspended)
        bp_http_count(request->http, &request->http->suspended, -1);
    request->suspended = false;
}

/* --- headers and body ----------------------------------------------------------------------- */

static const struct counted_header {
    const char *name;
    size_t count_offset, value_offset; /* in bp_guard_facts; value_offset 0: not kept */
} counted_headers[] = {
    {"Host", offsetof(bp_guard_facts, host_count), 0},
    {"Content-Length", offsetof(bp_guard_facts, content_length_count),
     offsetof(bp_guard_facts, content_length)},
    {"Transfer-Encoding", offsetof(bp_guard_facts, transfer_encoding_count),
     offsetof(bp_guard_facts, transfer_encoding)},
};

static enum MHD_Result note_header(void *context, enum MHD_ValueKind kind, const char *name,
                                   const char *value) {
    (void)kind;
    bp_guard_facts *facts = context;
    for (size_t i = 0; i < sizeof counted_headers / sizeof counted_headers[0]; i++) {
        const struct counted_header *header = &counted_headers[i];
        if (strcasecmp(name, header->name) != 0)
            continue;
        *(size_t *)((char *)facts + header->count_offset) += 1;
        if (header->value_offset > 0)
            *(const char **)((char *)facts + header->value_offset) = value != NULL ? value : "";
    }
    return MHD_YES;
}

static const char *header_value(void *context, const char *name) {
    return MHD_lookup_connection_value(context, MHD_HEADER_KIND, name);
}

static enum MHD_Result begin_exchange(http_request *request, const char *path, const char *query,
                                      const bp_guard_facts *facts) {
    const char *length = facts->content_length;
    const bp_request described = {.method = request->method,
                                  .path = path,
                                  .query = query,
                                  .content_length = length != NULL ? strtoll(length, NULL, 10) : -1,
                                  .header = header_value,
                                  .header_context = request->connection,
                                  .request_id = request->id};
    bp_body_plan plan = BP_BODY_READ;
    request->exchange = bp_exchange_begin(request->http->api, &described, &plan);
    bool has_body = described.content_length > 0 || facts->transfer_encoding != NULL;
    bp_watch_enter(request->http->watch, request->place->watch,
                   has_body ? BP_WATCH_BODY : BP_WATCH_SERVING);
    request->phase = PHASE_BODY;
    /* Without a body there is nothing to refuse: it is answered in its turn and kept alive. */
    if (plan != BP_BODY_REFUSE || !has_body)
        return MHD_YES;
    end_connection(request);
    conclude(request);
    return reply(request);
}

static enum MHD_Result begin(http_request *request, const char *method, const char *version) {
    request->active = true;
    bp_http_count(request->http, &request->http->active, 1);
    bp_guard_facts facts = {.target = request->target, .version = version};
    MHD_get_connection_values(request->connection, MHD_HEADER_KIND, note_header, &facts);
    bp_guard_verdict verdict = bp_guard_headers(&facts);
    char path[BP_GUARD_MAX_TARGET + 1];
    const char *query = NULL;
    if (verdict.status == 0)
        verdict = bp_guard_target(request->target, path, &query);
    if (verdict.status == 0 && strlen(method) >= METHOD_SIZE)
        verdict = (bp_guard_verdict){MHD_HTTP_NOT_IMPLEMENTED, "There is no such method."};
    strncpy(request->method, method, METHOD_SIZE - 1);
    if (verdict.status != 0)
        return refuse(request, verdict);
    return begin_exchange(request, path, query, &facts);
}

static enum MHD_Result end_body(http_request *request) {
    bp_watch_enter(request->http->watch, request->place->watch, BP_WATCH_SERVING);
    if (bp_exchange_is_slow(request->exchange))
        return defer(request);
    conclude(request);
    return reply(request);
}

/* --- the library's callbacks ---------------------------------------------------------------- */

void *bp_http_request_open(void *http, const char *target, struct MHD_Connection *connection) {
    const char *text = target != NULL ? target : "";
    /* Beyond the limit one byte is enough to see that it is beyond. */
    size_t size = strnlen(text, BP_GUARD_MAX_TARGET + 1);
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    if (info == NULL || info->socket_context == NULL)
        return NULL;
    http_request *request = calloc(1, sizeof *request + size + 1);
    if (request == NULL)
        return NULL;
    request->http = http;
    request->connection = connection;
    request->started_at = bp_clock_seconds();
    memcpy(request->target, text, size);
    bp_request_id_make(request->id);
    request->place = info->socket_context;
    bp_watch_enter(request->http->watch, request->place->watch, BP_WATCH_HEADERS);
    return request;
}

/* Eight arguments are the library's idea. NOLINTNEXTLINE(readability-function-size) */
enum MHD_Result bp_http_request_handle(void *http, struct MHD_Connection *connection,
                                       const char *url, const char *method, const char *version,
                                       const char *upload, size_t *upload_size, void **context) {
    (void)http, (void)connection, (void)url;
    http_request *request = *context;
    if (request == NULL)
        return MHD_NO; /* there was no memory for it */
    switch (request->phase) {
    case PHASE_HEADERS:
        return begin(request, method, version);
    case PHASE_BODY:
        if (*upload_size == 0)
            return end_body(request);
        bp_watch_received(request->http->watch, request->place->watch, *upload_size);
        bp_exchange_feed(request->exchange, upload, *upload_size);
        *upload_size = 0;
        return MHD_YES;
    case PHASE_DEFERRED:
        end_suspension(request);
        return reply(request);
    case PHASE_REPLIED:
        break;
    }
    return MHD_NO;
}

static void log_request(const http_request *request) {
    bp_http_log_level level = request->status >= 500 ? BP_HTTP_LOG_WARN : BP_HTTP_LOG_DEBUG;
    char target[LOGGED_TARGET + 1];
    size_t size = 0;
    for (; size < LOGGED_TARGET && request->target[size] != '\0'; size++) {
        char byte = request->target[size];
        target[size] = byte >= ' ' && byte <= '~' ? byte : '?';
    }
    target[size] = '\0';
    bp_http_say(request->http, level, "%s %s %u %.3f ms %s", request->method, target,
                request->status, (bp_clock_seconds() - request->started_at) * 1e3, request->id);
}

void bp_http_request_close(void *http, struct MHD_Connection *connection, void **context,
                           enum MHD_RequestTerminationCode how) {
    (void)http, (void)connection, (void)how;
    http_request *request = *context;
    if (request == NULL)
        return;
    *context = NULL;
    end_suspension(request);
    bp_stream_reply_end(request->stream);
    bp_watch_enter(request->http->watch, request->place->watch, BP_WATCH_IDLE);
    bp_exchange_free(request->exchange);
    bp_response_clear(&request->response);
    if (request->active) {
        log_request(request);
        bp_http_count(request->http, &request->http->active, -1);
    }
    free(request);
}
