#include "linger.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "clock.h"

enum { SCRATCH = 64 * 1024, READS_IN_A_ROW = 16 };

struct bp_linger {
    pthread_mutex_t lock; /* guards `arrived`, `arrived_count` and `stopping` */
    int arrived[BP_LINGER_PLACES];
    size_t arrived_count;
    bool stopping;
    int wake; /* eventfd: something above has changed */
    double most_seconds;
    pthread_t thread;
    /* Below: the thread's alone. Place 0 of `places` is the eventfd. */
    struct pollfd places[1 + BP_LINGER_PLACES];
    double until[1 + BP_LINGER_PLACES];
    size_t count;
    char scratch[SCRATCH];
};

/* Moves what arrived into the places; false when it is time to stop. */
static bool receive(bp_linger *linger) {
    eventfd_t drained;
    eventfd_read(linger->wake, &drained);
    pthread_mutex_lock(&linger->lock);
    for (size_t i = 0; i < linger->arrived_count; i++) {
        if (linger->count == BP_LINGER_PLACES) {
            close(linger->arrived[i]);
            continue;
        }
        size_t place = ++linger->count;
        linger->places[place] = (struct pollfd){.fd = linger->arrived[i], .events = POLLIN};
        linger->until[place] = bp_clock_seconds() + linger->most_seconds;
    }
    linger->arrived_count = 0;
    bool go_on = !linger->stopping;
    pthread_mutex_unlock(&linger->lock);
    return go_on;
}

/* Throws away what is there; true at the end of the stream. A few reads in a row only, so that one
 * fast sender does not outstay its time. */
static bool drain(bp_linger *linger, int descriptor) {
    for (int i = 0; i < READS_IN_A_ROW; i++) {
        ssize_t got = recv(descriptor, linger->scratch, SCRATCH, MSG_DONTWAIT);
        if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR))
            return true;
        if (got < 0)
            return false;
    }
    return false;
}

static void serve_places(bp_linger *linger) {
    double now = bp_clock_seconds();
    for (size_t place = linger->count; place > 0; place--) {
        struct pollfd *polled = &linger->places[place];
        bool ended = polled->revents != 0 && drain(linger, polled->fd);
        if (!ended && now < linger->until[place])
            continue;
        close(polled->fd);
        *polled = linger->places[linger->count];
        linger->until[place] = linger->until[linger->count];
        linger->count--;
    }
}

static int next_timeout_ms(const bp_linger *linger) {
    if (linger->count == 0)
        return -1;
    double first = linger->until[1];
    for (size_t place = 2; place <= linger->count; place++)
        first = linger->until[place] < first ? linger->until[place] : first;
    double ms = (first - bp_clock_seconds()) * 1e3;
    return ms > 0 ? (int)ms + 1 : 0;
}

static void *linger_on(void *argument) {
    bp_linger *linger = argument;
    while (receive(linger)) {
        poll(linger->places, 1 + linger->count, next_timeout_ms(linger));
        serve_places(linger);
    }
    for (size_t place = 1; place <= linger->count; place++)
        close(linger->places[place].fd);
    return NULL;
}

void bp_linger_take(bp_linger *linger, int descriptor) {
    pthread_mutex_lock(&linger->lock);
    bool taken = linger->arrived_count < BP_LINGER_PLACES;
    if (taken)
        linger->arrived[linger->arrived_count++] = descriptor;
    pthread_mutex_unlock(&linger->lock);
    if (taken)
        eventfd_write(linger->wake, 1);
    else
        close(descriptor);
}

static void destroy(bp_linger *linger) {
    if (linger->wake >= 0)
        close(linger->wake);
    pthread_mutex_destroy(&linger->lock);
    free(linger);
}

void bp_linger_free(bp_linger *linger) {
    if (linger == NULL)
        return;
    pthread_mutex_lock(&linger->lock);
    linger->stopping = true;
    pthread_mutex_unlock(&linger->lock);
    eventfd_write(linger->wake, 1);
    pthread_join(linger->thread, NULL);
    destroy(linger);
}

bp_status bp_linger_new(bp_linger **out, unsigned most_ms, bp_error *err) {
    bp_linger *linger = calloc(1, sizeof *linger);
    if (linger == NULL)
        return bp_fail(err, BP_NO_MEMORY, NULL, "no memory for closing connections in order");
    pthread_mutex_init(&linger->lock, NULL);
    linger->most_seconds = most_ms * 1e-3;
    linger->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (linger->wake < 0) {
        destroy(linger);
        return bp_fail(err, BP_IO, NULL, "no descriptor for closing connections in order");
    }
    linger->places[0] = (struct pollfd){.fd = linger->wake, .events = POLLIN};
    if (pthread_create(&linger->thread, NULL, linger_on, linger) != 0) {
        destroy(linger);
        return bp_fail(err, BP_INTERNAL, NULL, "cannot start a thread for closing connections");
    }
    *out = linger;
    return BP_OK;
}
