#include "connection_watch.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>

#include "clock.h"

struct bp_watch_entry {
    int descriptor;
    bp_watch_phase phase;
    bool fresh;     /* no request was seen yet: the header limit counts from the connection */
    double since;   /* when the phase began; monotonic seconds */
    uint64_t bytes; /* of the body */
    bool reaped, told;
    bp_watch_entry *previous, *next;
};

struct bp_watch {
    pthread_mutex_t lock;   /* guards everything below and the entries */
    pthread_cond_t changed; /* the first entry came, or `stopping` was set */
    bp_watch_entry *first;
    bool stopping;
    bp_watch_limits limits;
    double tick; /* seconds between two looks */
    void (*on_reap)(void *context, const char *reason);
    void *context;
    pthread_t thread;
};

/* --- judging -------------------------------------------------------------------------------- */

/* Why an entry is beyond its limit; NULL: it is not. */
static const char *verdict(const bp_watch_limits *limits, const bp_watch_entry *entry, double now) {
    double elapsed_ms = (now - entry->since) * 1e3;
    switch (entry->phase) {
    case BP_WATCH_HEADERS:
        return elapsed_ms > limits->header_ms ? "headers took too long" : NULL;
    case BP_WATCH_IDLE:
        return elapsed_ms > limits->idle_ms ? "idle for too long" : NULL;
    case BP_WATCH_BODY:
        return elapsed_ms > limits->body_grace_ms &&
                       (double)entry->bytes * 1e3 < elapsed_ms * limits->body_bytes_per_second
                   ? "body is too slow"
                   : NULL;
    case BP_WATCH_SERVING:
        break;
    }
    return NULL;
}

/* The library reads until it gets less than it asked for and then waits for the next event; an end
 * of the stream that came together with the last bytes was part of the event before, and would be
 * noticed only when the phase's time is up. Shutting the reading side makes another event, and
 * leaves a reply that is still to be sent alone. */
static void tell_of_the_end_locked(bp_watch_entry *entry) {
    char byte;
    if (entry->told || entry->phase == BP_WATCH_SERVING ||
        recv(entry->descriptor, &byte, 1, MSG_PEEK | MSG_DONTWAIT) != 0)
        return;
    shutdown(entry->descriptor, SHUT_RD);
    entry->told = true;
}

static void reap_locked(bp_watch *watch) {
    double now = bp_clock_seconds();
    for (bp_watch_entry *entry = watch->first; entry != NULL; entry = entry->next) {
        const char *reason = entry->reaped ? NULL : verdict(&watch->limits, entry, now);
        if (reason == NULL) {
            tell_of_the_end_locked(entry);
            continue;
        }
        /* The descriptor is open: it is removed from here, under this lock, before it is closed.
         * The HTTP library sees the end of the stream and closes the connection itself. */
        shutdown(entry->descriptor, SHUT_RDWR);
        entry->reaped = true;
        if (watch->on_reap != NULL)
            watch->on_reap(watch->context, reason);
    }
}

static void sleep_locked(bp_watch *watch) {
    if (watch->first == NULL) {
        pthread_cond_wait(&watch->changed, &watch->lock);
        return;
    }
    const struct timespec until = bp_clock_moment(watch->tick);
    pthread_cond_timedwait(&watch->changed, &watch->lock, &until);
}

static void *watch_over(void *argument) {
    bp_watch *watch = argument;
    pthread_mutex_lock(&watch->lock);
    while (!watch->stopping) {
        reap_locked(watch);
        sleep_locked(watch);
    }
    pthread_mutex_unlock(&watch->lock);
    return NULL;
}

/* --- entries -------------------------------------------------------------------------------- */

bp_watch_entry *bp_watch_add(bp_watch *watch, int descriptor) {
    bp_watch_entry *entry = calloc(1, sizeof *entry);
    if (entry == NULL)
        return NULL;
    *entry = (bp_watch_entry){.descriptor = descriptor,
                              .phase = BP_WATCH_HEADERS,
                              .fresh = true,
                              .since = bp_clock_seconds()};
    pthread_mutex_lock(&watch->lock);
    entry->next = watch->first;
    if (watch->first != NULL)
        watch->first->previous = entry;
    else
        pthread_cond_signal(&watch->changed);
    watch->first = entry;
    pthread_mutex_unlock(&watch->lock);
    return entry;
}

void bp_watch_remove(bp_watch *watch, bp_watch_entry *entry) {
    if (entry == NULL)
        return;
    pthread_mutex_lock(&watch->lock);
    if (entry->previous != NULL)
        entry->previous->next = entry->next;
    else
        watch->first = entry->next;
    if (entry->next != NULL)
        entry->next->previous = entry->previous;
    pthread_mutex_unlock(&watch->lock);
    free(entry);
}

void bp_watch_enter(bp_watch *watch, bp_watch_entry *entry, bp_watch_phase phase) {
    if (entry == NULL)
        return;
    double now = bp_clock_seconds();
    pthread_mutex_lock(&watch->lock);
    /* The first request's line does not renew the limit that counts from the connection. */
    if (!(phase == BP_WATCH_HEADERS && entry->fresh))
        entry->since = now;
    entry->fresh = false;
    entry->phase = phase;
    entry->bytes = 0;
    pthread_mutex_unlock(&watch->lock);
}

void bp_watch_received(bp_watch *watch, bp_watch_entry *entry, size_t bytes) {
    if (entry == NULL)
        return;
    pthread_mutex_lock(&watch->lock);
    entry->bytes += bytes;
    pthread_mutex_unlock(&watch->lock);
}

/* --- life ----------------------------------------------------------------------------------- */

/* A quarter of the shortest limit, at most a quarter of a second. */
static double tick_of(const bp_watch_limits *limits) {
    unsigned shortest = limits->header_ms;
    shortest = limits->idle_ms < shortest ? limits->idle_ms : shortest;
    shortest = limits->body_grace_ms < shortest ? limits->body_grace_ms : shortest;
    double tick = shortest * 1e-3 / 4;
    return tick > 0.25 ? 0.25 : tick < 0.001 ? 0.001 : tick;
}

static void destroy(bp_watch *watch) {
    pthread_cond_destroy(&watch->changed);
    pthread_mutex_destroy(&watch->lock);
    free(watch);
}

bp_status bp_watch_new(bp_watch **out, const bp_watch_limits *limits,
                       void (*on_reap)(void *context, const char *reason), void *context,
                       bp_error *err) {
    bp_watch *watch = calloc(1, sizeof *watch);
    if (watch == NULL)
        return bp_fail(err, BP_NO_MEMORY, NULL, "no memory for the watch over connections");
    *watch = (bp_watch){
        .limits = *limits, .tick = tick_of(limits), .on_reap = on_reap, .context = context};
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&watch->changed, &attributes);
    pthread_condattr_destroy(&attributes);
    pthread_mutex_init(&watch->lock, NULL);
    if (pthread_create(&watch->thread, NULL, watch_over, watch) != 0) {
        destroy(watch);
        return bp_fail(err, BP_INTERNAL, NULL, "cannot start the watch over connections");
    }
    *out = watch;
    return BP_OK;
}

void bp_watch_free(bp_watch *watch) {
    if (watch == NULL)
        return;
    pthread_mutex_lock(&watch->lock);
    watch->stopping = true;
    pthread_cond_signal(&watch->changed);
    pthread_mutex_unlock(&watch->lock);
    pthread_join(watch->thread, NULL);
    destroy(watch);
}
