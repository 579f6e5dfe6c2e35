/* What the parts of the HTTP layer share. Not for others. */
#ifndef BP_HTTP_STATE_H
#define BP_HTTP_STATE_H

#include <pthread.h>
#include <stdatomic.h>

#include "connection_watch.h"
#include "deferred_work.h"
#include "http_server.h"
#include "linger.h"
#include "stream_watch.h"

struct MHD_Daemon;

/* One connection: the library keeps it for its callbacks, all on one thread. */
typedef struct bp_http_connection {
    int descriptor;
    bp_watch_entry *watch;
    bool linger; /* answered before it had sent all */
} bp_http_connection;

struct bp_http {
    bp_api *api;
    bp_http_limits limits;
    bp_http_log log;
    struct MHD_Daemon *daemon;
    int listener;
    uint16_t port;
    bp_watch *watch;
    bp_deferred *deferred;
    bp_linger *linger;
    bp_streams *streams;
    /* Set once by bp_http_stop and read by the serving threads, which then ask clients to close;
     * relaxed, because nothing else is published with it and a late reader does no harm. */
    atomic_bool draining;
    pthread_mutex_t lock;     /* guards the counts */
    pthread_cond_t quieter;   /* a count fell */
    size_t active, suspended; /* requests between headers and completion; of them, suspended */
};

/* Adds to a count of `http`; any thread. */
void bp_http_count(bp_http *http, size_t *count, int change);

/* One line of the log; nothing where the level is not wanted. Any thread. */
void bp_http_say(const bp_http *http, bp_http_log_level level, const char *format, ...)
    BP_PRINTF(3, 4);

#endif
