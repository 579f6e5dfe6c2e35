/* The REST API without sockets: from a request to a response.
 *
 * The HTTP layer drives an exchange in three moves: bp_exchange_begin at the end of the headers
 * (the route, the body's limit and type are decided here), bp_exchange_feed for each piece of body,
 * and bp_exchange_finish, which gives the response. The first two never fail visibly: what they
 * found wrong is the response of the third. One exchange is used by one thread at a time. */
#ifndef BP_API_H
#define BP_API_H

#include <stdbool.h>

#include "service.h"

typedef struct bp_api bp_api;

typedef struct bp_api_options {
    bp_service *service;     /* borrowed */
    const char *version;     /* of the program */
    size_t max_json_bytes;   /* 0: 1 MiB */
    size_t max_upload_bytes; /* 0: 64 GiB */
    unsigned heartbeat_ms;   /* between signs of life of a quiet stream; 0: 15 s */
} bp_api_options;

BP_NODISCARD bp_status bp_api_new(bp_api **out, const bp_api_options *options, bp_error *err);
void bp_api_free(bp_api *api); /* NULL is allowed */

/* What the HTTP layer knows of a request when its headers are complete. Borrowed until begin
 * returns, except `header` and its context, which are used only during begin. */
typedef struct bp_request {
    const char *method;     /* "GET" */
    const char *path;       /* percent-decoded, begins with '/' */
    const char *query;      /* raw, after the '?', or NULL */
    int64_t content_length; /* -1: not given (no body, or chunked) */
    /* value of a header by its name in any case, or NULL */
    const char *(*header)(void *context, const char *name);
    void *header_context;
    const char *request_id; /* made by the HTTP layer, shown in problems and X-Request-Id */
} bp_request;

typedef enum bp_pull {
    BP_PULL_MORE, /* bytes were written */
    BP_PULL_WAIT, /* none: there is nothing now */
    BP_PULL_END,  /* none, and there will be no other: the reply is complete */
    BP_PULL_BREAK /* it cannot be completed: the connection is to be broken off */
} bp_pull;

/* A body that is made as it is sent, and may wait for things to happen. Whoever sends it calls
 * `open` once (or never), then `pull`, one call at a time, then `close`, once in any case. */
typedef struct bp_stream_source {
    void *context;
    /* From here until close has returned, wake(waker) is called whenever a pull may give more than
     * the last one did: on any thread, also during open or a pull. It must not call back. */
    void (*open)(void *context, void (*wake)(void *waker), void *waker);
    /* Writes up to `size` bytes. `idle`: nothing was written for idle_ms, or nothing more will be
     * taken soon: what is said then. Never blocks. */
    bp_pull (*pull)(void *context, char *bytes, size_t size, bool idle, size_t *written);
    void (*close)(void *context);
    unsigned idle_ms; /* 0: never idle */
} bp_stream_source;

enum { BP_RESPONSE_MAX_HEADERS = 8 };

typedef struct bp_response {
    unsigned status;          /* HTTP status code */
    const char *content_type; /* static text; NULL: no body */
    char *body;               /* owned, malloc'd; NULL where static_body is used or there is none */
    const char *static_body;  /* lives as long as the program */
    size_t body_size;
    bp_stream_source source; /* owned; pull NULL: the body is above */
    struct {
        const char *name;               /* static text */
        char *value;                    /* owned, malloc'd */
    } headers[BP_RESPONSE_MAX_HEADERS]; /* Location, Allow, ETag, ... */
    size_t header_count;
} bp_response;

void bp_response_clear(bp_response *response);

typedef struct bp_exchange bp_exchange;

typedef enum bp_body_plan {
    BP_BODY_READ,  /* feed the body, then finish */
    BP_BODY_REFUSE /* finish at once without reading the body, and close the connection after */
} bp_body_plan;

/* Never fails: out of memory is an exchange that answers 503. */
bp_exchange *bp_exchange_begin(bp_api *api, const bp_request *request, bp_body_plan *plan);
void bp_exchange_feed(bp_exchange *exchange, const char *bytes, size_t size);
/* True where finish may take long (files, fsync, a whole data set): the HTTP layer suspends the
 * connection and calls finish on another thread. */
bool bp_exchange_is_slow(const bp_exchange *exchange);
/* Fills a zeroed response. HEAD is answered as GET; the HTTP layer leaves the body out. */
void bp_exchange_finish(bp_exchange *exchange, bp_response *response);
/* At any moment, also before finish (the client has gone): nothing of it stays. */
void bp_exchange_free(bp_exchange *exchange); /* NULL is allowed */

#endif
