/* The life of the server: the library's daemon, the watch over connections and the executor of slow
 * exchanges.
 *
 * Stopping has an order, because the library aborts the process when it is stopped while a
 * connection is suspended. First no more connections are accepted and exchanges get time to end.
 * (They are turned away one by one. MHD_quiesce_daemon, meant for this, takes the listening socket
 * from the serving threads while they may be giving it up themselves, and the second to do so ends
 * the process.)
 * Streams that go on are told to end, and none is suspended from then on.
 * Then the executor is closed: what waits there is answered with 503, what runs is waited for, and
 * each of them is resumed. From here on nothing can be suspended for longer than it takes to see
 * the executor closed, and the serving threads pick up what was resumed. Only then the daemon is
 * stopped, and the watch last, since the daemon removes its connections from it. */
#include "http_server.h"

#include <fcntl.h>
#include <microhttpd.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "http_request.h"
#include "http_state.h"
#include "listen_socket.h"

enum {
    CONNECTION_MEMORY = 64 * 1024, /* one connection's headers, or a piece of its body */
    CONNECTION_MEMORY_STEP = 16 * 1024,
    DEFAULT_THREADS = 2,
    LOG_LINE = 512,
    FLUSH_MS = 250,  /* for the last replies to leave when the server stops */
    LINGER_MS = 5000 /* for a client to see that it was refused */
};

/* --- shared with the requests --------------------------------------------------------------- */

void bp_http_count(bp_http *http, size_t *count, int change) {
    pthread_mutex_lock(&http->lock);
    *count += (size_t)change;
    if (change < 0)
        pthread_cond_broadcast(&http->quieter);
    pthread_mutex_unlock(&http->lock);
}

void bp_http_say(const bp_http *http, bp_http_log_level level, const char *format, ...) {
    if (http->log.write == NULL || (level == BP_HTTP_LOG_DEBUG && !http->log.debug))
        return;
    char line[LOG_LINE];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    line[strcspn(line, "\n")] = '\0';
    http->log.write(http->log.context, level, line);
}

/* --- the library's callbacks ---------------------------------------------------------------- */

/* What it says is mostly of clients that went away. */
static void library_says(void *context, const char *format, va_list arguments)
    __attribute__((format(printf, 2, 0)));

static void library_says(void *context, const char *format, va_list arguments) {
    const bp_http *http = context;
    char line[LOG_LINE];
    vsnprintf(line, sizeof line, format, arguments);
    bp_http_say(http, BP_HTTP_LOG_DEBUG, "http: %s", line);
}

static void reaper_says(void *context, const char *reason) {
    bp_http_say(context, BP_HTTP_LOG_DEBUG, "connection closed: %s", reason);
}

static enum MHD_Result accept_client(void *context, const struct sockaddr *address,
                                     socklen_t size) {
    const bp_http *http = context;
    (void)address;
    (void)size;
    /* relaxed: a client that comes at the moment of the stop may be served or not */
    return atomic_load_explicit(&http->draining, memory_order_relaxed) ? MHD_NO : MHD_YES;
}

static bp_http_connection *open_connection(bp_http *http, int descriptor) {
    bp_http_connection *place = calloc(1, sizeof *place);
    if (place == NULL)
        return NULL;
    place->descriptor = descriptor;
    place->watch = bp_watch_add(http->watch, descriptor);
    if (place->watch == NULL) {
        free(place);
        return NULL;
    }
    return place;
}

static void close_connection(bp_http *http, bp_http_connection *place, int descriptor) {
    bp_watch_remove(http->watch, place->watch);
    /* The library closes its descriptor; the copy keeps the connection. */
    int copy = place->linger ? fcntl(descriptor, F_DUPFD_CLOEXEC, 0) : -1;
    if (copy >= 0)
        bp_linger_take(http->linger, copy);
    free(place);
}

static void connection_changed(void *context, struct MHD_Connection *connection,
                               void **socket_context, enum MHD_ConnectionNotificationCode what) {
    bp_http *http = context;
    int descriptor =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
    if (what == MHD_CONNECTION_NOTIFY_STARTED) {
        *socket_context = open_connection(http, descriptor);
        if (*socket_context == NULL)
            shutdown(descriptor, SHUT_RDWR); /* what cannot be watched is not served */
    } else if (*socket_context != NULL) {
        close_connection(http, *socket_context, descriptor);
        *socket_context = NULL;
    }
}

/* --- starting ------------------------------------------------------------------------------- */

static void fill_defaults(bp_http_limits *limits) {
    const struct {
        unsigned *value, standard;
    } defaults[] = {
        {&limits->header_ms, 5000},      {&limits->idle_ms, 60000},
        {&limits->body_grace_ms, 10000}, {&limits->body_bytes_per_second, 1024},
        {&limits->stop_ms, 1500},        {&limits->connections, 2000},
        {&limits->slow_threads, 4},      {&limits->slow_queue, 256},
        {&limits->stall_ms, 30000},
    };
    for (size_t i = 0; i < sizeof defaults / sizeof defaults[0]; i++)
        if (*defaults[i].value == 0)
            *defaults[i].value = defaults[i].standard;
    if (limits->streams == 0)
        limits->streams = limits->connections / 2;
}

static bp_status start_daemon(bp_http *http, unsigned threads, bp_error *err) {
    /* The watch closes what is idle; the library's timeout is for readers that stopped reading. */
    unsigned timeout_s = http->limits.idle_ms / 1000 + 5;
    unsigned connections = http->limits.connections > threads ? http->limits.connections : threads;
    const struct MHD_OptionItem pool[] = {{MHD_OPTION_THREAD_POOL_SIZE, (intptr_t)threads, NULL},
                                          {MHD_OPTION_END, 0, NULL}};
    http->daemon = MHD_start_daemon(
        MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ITC | MHD_USE_ERROR_LOG,
        0, accept_client, http, bp_http_request_handle, http, MHD_OPTION_EXTERNAL_LOGGER,
        library_says, http, MHD_OPTION_LISTEN_SOCKET, http->listener, MHD_OPTION_URI_LOG_CALLBACK,
        bp_http_request_open, http, MHD_OPTION_NOTIFY_COMPLETED, bp_http_request_close, http,
        MHD_OPTION_NOTIFY_CONNECTION, connection_changed, http, MHD_OPTION_CONNECTION_LIMIT,
        connections, MHD_OPTION_CONNECTION_TIMEOUT, timeout_s, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
        (size_t)CONNECTION_MEMORY, MHD_OPTION_CONNECTION_MEMORY_INCREMENT,
        (size_t)CONNECTION_MEMORY_STEP, MHD_OPTION_ARRAY, threads > 1 ? pool : &pool[1],
        MHD_OPTION_END);
    if (http->daemon == NULL) {
        http->listener = -1; /* the library closed it on nearly every way out of its failure */
        return bp_fail(err, BP_INTERNAL, NULL, "the HTTP library did not start");
    }
    return BP_OK;
}

static bp_status start_parts(bp_http *http, const bp_http_options *options, bp_error *err) {
    const bp_watch_limits watch = {.header_ms = http->limits.header_ms,
                                   .idle_ms = http->limits.idle_ms,
                                   .body_grace_ms = http->limits.body_grace_ms,
                                   .body_bytes_per_second = http->limits.body_bytes_per_second};
    bp_status status =
        bp_listen_open(&http->listener, options->address != NULL ? options->address : "127.0.0.1",
                       options->port, err);
    if (status != BP_OK)
        return status;
    http->port = bp_listen_port(http->listener);
    status = bp_watch_new(&http->watch, &watch, reaper_says, http, err);
    if (status != BP_OK)
        return status;
    status =
        bp_deferred_new(&http->deferred, http->limits.slow_threads, http->limits.slow_queue, err);
    if (status == BP_OK)
        status = bp_linger_new(&http->linger, LINGER_MS, err);
    const bp_streams_limits streams = {.most = http->limits.streams,
                                       .stall_ms = http->limits.stall_ms};
    if (status == BP_OK)
        status = bp_streams_new(&http->streams, &streams, err);
    if (status != BP_OK)
        return status;
    return start_daemon(http, options->threads > 0 ? options->threads : DEFAULT_THREADS, err);
}

/* Everything but the daemon, which is stopped already or never started. */
static void destroy(bp_http *http) {
    bp_deferred_free(http->deferred);
    bp_linger_free(http->linger);
    bp_streams_free(http->streams);
    bp_watch_free(http->watch);
    if (http->listener >= 0)
        close(http->listener);
    pthread_cond_destroy(&http->quieter);
    pthread_mutex_destroy(&http->lock);
    free(http);
}

bp_status bp_http_start(bp_http **out, const bp_http_options *options, bp_error *err) {
    bp_http *http = calloc(1, sizeof *http);
    if (http == NULL)
        return bp_fail(err, BP_NO_MEMORY, NULL, "no memory for the HTTP server");
    http->api = options->api;
    http->limits = options->limits;
    http->log = options->log;
    http->listener = -1;
    fill_defaults(&http->limits);
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&http->quieter, &attributes);
    pthread_condattr_destroy(&attributes);
    pthread_mutex_init(&http->lock, NULL);
    bp_status status = start_parts(http, options, err);
    if (status != BP_OK)
        destroy(http);
    else
        *out = http;
    return status;
}

uint16_t bp_http_port(const bp_http *http) {
    return http->port;
}

/* --- stopping ------------------------------------------------------------------------------- */

/* Waits until the count is zero, at most `ms`; 0: without end. */
static void wait_for_none(bp_http *http, const size_t *count, unsigned ms) {
    const struct timespec until = bp_clock_moment((double)ms * 1e-3);
    pthread_mutex_lock(&http->lock);
    int late = 0;
    while (*count > 0 && late == 0)
        late = ms == 0 ? pthread_cond_wait(&http->quieter, &http->lock)
                       : pthread_cond_timedwait(&http->quieter, &http->lock, &until);
    pthread_mutex_unlock(&http->lock);
}

void bp_http_stop(bp_http *http) {
    if (http == NULL)
        return;
    atomic_store_explicit(&http->draining, true, memory_order_relaxed);
    bp_streams_end(http->streams);
    wait_for_none(http, &http->active, http->limits.stop_ms);
    bp_deferred_close(http->deferred);
    wait_for_none(http, &http->suspended, 0);
    wait_for_none(http, &http->active, FLUSH_MS);
    MHD_stop_daemon(http->daemon);
    http->listener = -1; /* the daemon closed it */
    destroy(http);
}
