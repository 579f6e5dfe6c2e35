#include "stream_watch.h"

#include <linux/sockios.h>
#include <math.h>
#include <microhttpd.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "clock.h"

enum { EVENTS_AT_ONCE = 64, STALL_LOOKS = 8 };

struct bp_stream_place {
    bp_streams *streams;
    uint64_t id; /* never used twice: an event may name a place that is no more */
    struct MHD_Connection *connection;
    int descriptor;
    double idle_seconds;
    /* Guarded by the lock of `streams`. */
    bool asleep;            /* the connection is suspended */
    bool woken, idle, gone; /* what the next look tells */
    bool listed;            /* in the list of woken places */
    bool told_ending, retired;
    double idle_at; /* when it has been quiet for too long; INFINITY: not while it is so */
    /* Whether what was sent is taken: bytes given to the library, less those that wait in the
     * socket, must grow while any wait. */
    bool unsettled;
    int64_t given, taken; /* `taken`: the most that was seen */
    double taken_at;
    bp_stream_place *previous, *next, *next_woken;
};

struct bp_streams {
    bp_streams_limits limits;
    int epoll, poke; /* `poke`: an eventfd that wakes the thread */
    pthread_t thread;
    pthread_mutex_t lock; /* guards what follows, and the places */
    bp_stream_place *first, *first_woken;
    size_t count;
    uint64_t entered; /* how many ever were */
    double due; /* when the places must be looked through; INFINITY: not before something happens */
    bool poked, ending, stopping;
};

/* --- from any thread ------------------------------------------------------------------------ */

static void poke_locked(bp_streams *streams) {
    if (!streams->poked) {
        streams->poked = true;
        eventfd_write(streams->poke, 1);
    }
}

/* The thread need not resume what does not sleep: its next look is before its next sleep. */
static void rouse_locked(bp_stream_place *place) {
    place->woken = true;
    if (place->asleep && !place->listed) {
        place->listed = true;
        place->next_woken = place->streams->first_woken;
        place->streams->first_woken = place;
        poke_locked(place->streams);
    }
}

static void come_due_locked(bp_streams *streams, double when) {
    if (when < streams->due) {
        streams->due = when;
        poke_locked(streams);
    }
}

void bp_streams_wake(void *context) {
    bp_stream_place *place = context;
    pthread_mutex_lock(&place->streams->lock);
    if (!place->retired) {
        rouse_locked(place);
    }
    pthread_mutex_unlock(&place->streams->lock);
}

/* --- the thread ----------------------------------------------------------------------------- */

static void resume_locked(bp_stream_place *place) {
    if (place->asleep) {
        place->asleep = false;
        MHD_resume_connection(place->connection);
    }
}

static void resume_woken_locked(bp_streams *streams) {
    while (streams->first_woken != NULL) {
        bp_stream_place *place = streams->first_woken;
        streams->first_woken = place->next_woken;
        place->listed = false;
        resume_locked(place);
    }
}

/* The socket is open: its place is retired before it is closed. A blocked sender sees the end of
 * the connection, a sleeper is woken to see it. */
static void drop_locked(bp_stream_place *place) {
    place->gone = true;
    shutdown(place->descriptor, SHUT_RDWR);
    rouse_locked(place);
}

/* Keeps the account of what the socket took; drops the stream where it took nothing for too long.
 */
static void look_at_socket_locked(bp_stream_place *place, double now) {
    int queued = 0;
    if (ioctl(place->descriptor, SIOCOUTQ, &queued) != 0) {
        queued = 0;
    }
    int64_t taken = place->given - queued;
    if (queued == 0 && place->asleep) {
        place->unsettled = false;
    } else if (queued == 0 || taken > place->taken) {
        place->taken = taken;
        place->taken_at = now;
    } else if (now - place->taken_at >= place->streams->limits.stall_ms * 1e-3) {
        drop_locked(place);
    }
}

/* When the place must be looked at again. */
static double look_at_locked(bp_stream_place *place, double now) {
    if (place->gone) {
        return INFINITY;
    }
    if (now >= place->idle_at) {
        place->idle = true;
        place->idle_at = INFINITY;
        rouse_locked(place);
    }
    if (place->unsettled) {
        look_at_socket_locked(place, now);
    }
    double socket = now + place->streams->limits.stall_ms * 1e-3 / STALL_LOOKS;
    return place->unsettled && socket < place->idle_at ? socket : place->idle_at;
}

static void look_through_locked(bp_streams *streams) {
    double now = bp_clock_seconds();
    if (now < streams->due) {
        return;
    }
    streams->due = INFINITY;
    for (bp_stream_place *place = streams->first; place != NULL; place = place->next) {
        double when = look_at_locked(place, now);
        streams->due = when < streams->due ? when : streams->due;
    }
}

/* Milliseconds to sleep; -1: until something happens. */
static int timeout_locked(const bp_streams *streams) {
    double ms = (streams->due - bp_clock_seconds()) * 1e3;
    return !isfinite(ms) ? -1 : ms <= 0 ? 0 : ms > 60000 ? 60000 : (int)ms + 1;
}

/* The places that the events name may have been retired since: they are looked for. */
static void note_departures_locked(bp_streams *streams, const struct epoll_event *events,
                                   int count) {
    for (int i = 0; i < count; i++) {
        bp_stream_place *place = streams->first;
        while (place != NULL && place->id != events[i].data.u64) {
            place = place->next;
        }
        if (place != NULL && !place->gone) {
            place->gone = true;
            rouse_locked(place);
        }
    }
}

static void *watch_over(void *argument) {
    bp_streams *streams = argument;
    struct epoll_event events[EVENTS_AT_ONCE];
    pthread_mutex_lock(&streams->lock);
    while (!streams->stopping) {
        int ms = timeout_locked(streams);
        pthread_mutex_unlock(&streams->lock);
        int count = epoll_wait(streams->epoll, events, EVENTS_AT_ONCE, ms);
        eventfd_t drained;
        pthread_mutex_lock(&streams->lock);
        eventfd_read(streams->poke, &drained);
        streams->poked = false;
        note_departures_locked(streams, events, count);
        look_through_locked(streams);
        resume_woken_locked(streams);
    }
    pthread_mutex_unlock(&streams->lock);
    return NULL;
}

/* --- places --------------------------------------------------------------------------------- */

static void insert_locked(bp_streams *streams, bp_stream_place *place) {
    place->next = streams->first;
    place->previous = NULL;
    if (streams->first != NULL) {
        streams->first->previous = place;
    }
    streams->first = place;
    streams->count++;
    come_due_locked(streams, place->idle_at);
}

static double idle_after(const bp_stream_place *place, double now) {
    return place->idle_seconds > 0 ? now + place->idle_seconds : (double)INFINITY;
}

bp_stream_place *bp_streams_enter(bp_streams *streams, struct MHD_Connection *connection,
                                  int descriptor, unsigned idle_ms) {
    bp_stream_place *place = calloc(1, sizeof *place);
    if (place == NULL) {
        return NULL;
    }
    *place = (bp_stream_place){.streams = streams,
                               .connection = connection,
                               .descriptor = descriptor,
                               .idle_seconds = idle_ms * 1e-3};
    place->idle_at = idle_after(place, bp_clock_seconds());
    pthread_mutex_lock(&streams->lock);
    place->id = ++streams->entered;
    struct epoll_event departure = {.events = EPOLLRDHUP | EPOLLONESHOT, .data.u64 = place->id};
    bool room = streams->count < streams->limits.most &&
                epoll_ctl(streams->epoll, EPOLL_CTL_ADD, descriptor, &departure) == 0;
    if (room) {
        insert_locked(streams, place);
    }
    pthread_mutex_unlock(&streams->lock);
    if (!room) {
        free(place);
        return NULL;
    }
    return place;
}

static void unlist_locked(bp_streams *streams, bp_stream_place *place) {
    bp_stream_place **at = &streams->first_woken;
    while (*at != NULL && *at != place) {
        at = &(*at)->next_woken;
    }
    if (*at == place) {
        *at = place->next_woken;
    }
    place->listed = false;
}

void bp_streams_retire(bp_stream_place *place) {
    if (place == NULL) {
        return;
    }
    bp_streams *streams = place->streams;
    pthread_mutex_lock(&streams->lock);
    epoll_ctl(streams->epoll, EPOLL_CTL_DEL, place->descriptor, NULL);
    place->retired = true;
    if (place->listed) {
        unlist_locked(streams, place);
    }
    if (place->previous != NULL) {
        place->previous->next = place->next;
    } else {
        streams->first = place->next;
    }
    if (place->next != NULL) {
        place->next->previous = place->previous;
    }
    streams->count--;
    pthread_mutex_unlock(&streams->lock);
}

void bp_streams_leave(bp_stream_place *place) {
    free(place);
}

/* --- turns ---------------------------------------------------------------------------------- */

bp_stream_turn bp_streams_look(bp_stream_place *place) {
    pthread_mutex_lock(&place->streams->lock);
    bool ending = place->streams->ending;
    bp_stream_turn turn = {.gone = place->gone,
                           .ending = ending,
                           .idle = place->idle || (ending && !place->told_ending)};
    place->told_ending = ending;
    place->woken = false;
    place->idle = false;
    pthread_mutex_unlock(&place->streams->lock);
    return turn;
}

/* Bytes that a chunk takes besides its own (RFC 9112, 7.1): its size in hex and two line ends. */
static int framing_of(size_t bytes) {
    int digits = 0;
    for (; bytes > 0; bytes >>= 4) {
        digits++;
    }
    return digits + 4;
}

void bp_streams_sent(bp_stream_place *place, size_t bytes) {
    bp_streams *streams = place->streams;
    double now = bp_clock_seconds();
    pthread_mutex_lock(&streams->lock);
    place->given += (int64_t)bytes + framing_of(bytes);
    if (!place->unsettled) {
        place->unsettled = true;
        place->taken = INT64_MIN;
        place->taken_at = now;
        come_due_locked(streams, now + streams->limits.stall_ms * 1e-3 / STALL_LOOKS);
    }
    place->idle_at = idle_after(place, now);
    come_due_locked(streams, place->idle_at);
    pthread_mutex_unlock(&streams->lock);
}

void bp_streams_cut(bp_stream_place *place) {
    shutdown(place->descriptor, SHUT_RDWR);
}

bool bp_streams_sleep(bp_stream_place *place) {
    pthread_mutex_lock(&place->streams->lock);
    bool sleep = !place->woken && !place->idle && !place->gone && !place->streams->ending;
    if (sleep) {
        place->asleep = true;
        MHD_suspend_connection(place->connection);
    }
    pthread_mutex_unlock(&place->streams->lock);
    return sleep;
}

/* --- life ----------------------------------------------------------------------------------- */

void bp_streams_end(bp_streams *streams) {
    pthread_mutex_lock(&streams->lock);
    streams->ending = true;
    for (bp_stream_place *place = streams->first; place != NULL; place = place->next) {
        place->woken = true;
        resume_locked(place);
    }
    pthread_mutex_unlock(&streams->lock);
}

static void destroy(bp_streams *streams) {
    if (streams->epoll >= 0) {
        close(streams->epoll);
    }
    if (streams->poke >= 0) {
        close(streams->poke);
    }
    pthread_mutex_destroy(&streams->lock);
    free(streams);
}

bp_status bp_streams_new(bp_streams **out, const bp_streams_limits *limits, bp_error *err) {
    bp_streams *streams = calloc(1, sizeof *streams);
    if (streams == NULL) {
        return bp_fail(err, BP_NO_MEMORY, NULL, "no memory for the watch over streams");
    }
    *streams = (bp_streams){.limits = *limits,
                            .due = INFINITY,
                            .epoll = epoll_create1(EPOLL_CLOEXEC),
                            .poke = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
    pthread_mutex_init(&streams->lock, NULL);
    struct epoll_event poked = {.events = EPOLLIN, .data.u64 = 0};
    if (streams->epoll < 0 || streams->poke < 0 ||
        epoll_ctl(streams->epoll, EPOLL_CTL_ADD, streams->poke, &poked) != 0) {
        destroy(streams);
        return bp_fail(err, BP_IO, NULL, "no descriptor for the watch over streams");
    }
    if (pthread_create(&streams->thread, NULL, watch_over, streams) != 0) {
        destroy(streams);
        return bp_fail(err, BP_INTERNAL, NULL, "cannot start the watch over streams");
    }
    *out = streams;
    return BP_OK;
}

void bp_streams_free(bp_streams *streams) {
    if (streams == NULL) {
        return;
    }
    pthread_mutex_lock(&streams->lock);
    streams->stopping = true;
    poke_locked(streams);
    pthread_mutex_unlock(&streams->lock);
    pthread_join(streams->thread, NULL);
    destroy(streams);
}
