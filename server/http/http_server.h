/* HTTP over the API: sockets, framing, limits and time; what a request means is server/api's. */
#ifndef BP_HTTP_SERVER_H
#define BP_HTTP_SERVER_H

#include "api.h"

typedef struct bp_http bp_http;

/* Zero takes the default in brackets. */
typedef struct bp_http_limits {
    unsigned header_ms;             /* for a request's headers to be complete [5000] */
    unsigned idle_ms;               /* for the next request of a connection [60000] */
    unsigned body_grace_ms;         /* before a slow body is closed [10000] */
    unsigned body_bytes_per_second; /* what is not slow [1024] */
    unsigned stop_ms;               /* for running exchanges when the server stops [1500] */
    unsigned connections;           /* at a time; more wait to be accepted [2000] */
    unsigned streams;               /* of them, replies that go on; more get 503 [a half] */
    unsigned stall_ms;              /* before a stream of which nothing is taken is cut [30000] */
    unsigned slow_threads;          /* that run slow exchanges [4] */
    unsigned slow_queue;            /* slow exchanges that may wait; more get 503 [256] */
} bp_http_limits;

typedef enum bp_http_log_level {
    BP_HTTP_LOG_WARN, /* answers of 500 and above, failures of the library */
    BP_HTTP_LOG_DEBUG /* a line for each request, why connections were closed */
} bp_http_log_level;

typedef struct bp_http_log {
    void (*write)(void *context, bp_http_log_level level, const char *line); /* NULL: silence */
    void *context;
    bool debug; /* also the lines of BP_HTTP_LOG_DEBUG */
} bp_http_log;

typedef struct bp_http_options {
    const char *address; /* name, IPv4, or IPv6 without brackets; NULL: 127.0.0.1 */
    uint16_t port;       /* 0: a free one */
    bp_api *api;         /* borrowed, must outlive the server */
    unsigned threads;    /* that serve sockets [2] */
    bp_http_limits limits;
    bp_http_log log; /* called on any thread */
} bp_http_options;

/* Listens and serves from then on. The threads inherit the caller's signal mask; SIGPIPE must be
 * ignored or blocked. INVALID: no such address. IO: it cannot be listened on. NO_MEMORY, INTERNAL.
 */
BP_NODISCARD bp_status bp_http_start(bp_http **out, const bp_http_options *options, bp_error *err);

/* The bound port. */
uint16_t bp_http_port(const bp_http *http);

/* Takes no more connections, ends streams, waits up to limits.stop_ms for exchanges under way,
 * answers slow exchanges that have not begun with 503, waits for those that have, closes every
 * connection and frees the server. NULL is allowed. */
void bp_http_stop(bp_http *http);

#endif
