#include "keeper.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"

/* Jobs that end faster than their weights can be written wait here for the disk. */
enum { MOST_WAITING = 256 };

struct bp_keeper {
    pthread_t thread;
    bool started;
    pthread_mutex_t lock; /* guards what follows */
    pthread_cond_t work;  /* an errand waits, or `closing` */
    pthread_cond_t taken; /* one was taken */
    bp_errand *first, **last;
    size_t waiting;
    bp_errand *later; /* to be tried again, in any order */
    bool closing;
};

/* --- what is next --------------------------------------------------------------------------- */

static bp_errand *take_first_locked(bp_keeper *keeper) {
    bp_errand *errand = keeper->first;
    keeper->first = errand->next;
    keeper->last = keeper->first != NULL ? keeper->last : &keeper->first;
    keeper->waiting--;
    pthread_cond_signal(&keeper->taken);
    return errand;
}

/* The one that is due first, if it is; at the closing all are. NULL: none, and *due is when the
 * next is. Holds keeper->lock. */
static bp_errand *take_later_locked(bp_keeper *keeper, double *due) {
    bp_errand **first = &keeper->later;
    for (bp_errand **at = first; *at != NULL; at = &(*at)->next) {
        first = (*at)->due < (*first)->due ? at : first;
    }
    bp_errand *errand = *first;
    if (errand == NULL) {
        return NULL;
    }
    *due = errand->due;
    if (!keeper->closing && errand->due > bp_clock_seconds()) {
        return NULL;
    }
    *first = errand->next;
    return errand;
}

static void wait_locked(bp_keeper *keeper, double until) {
    if (keeper->later == NULL) {
        pthread_cond_wait(&keeper->work, &keeper->lock);
        return;
    }
    const double seconds = until - bp_clock_seconds();
    const struct timespec moment = bp_clock_moment(seconds > 0 ? seconds : 0);
    pthread_cond_timedwait(&keeper->work, &keeper->lock, &moment);
}

/* NULL: closing, and nothing is left. Holds keeper->lock. */
static bp_errand *take_locked(bp_keeper *keeper) {
    for (;;) {
        double due = 0;
        if (keeper->first != NULL) {
            return take_first_locked(keeper);
        }
        bp_errand *errand = take_later_locked(keeper, &due);
        if (errand != NULL || keeper->closing) {
            return errand;
        }
        wait_locked(keeper, due);
    }
}

static void *run_thread(void *argument) {
    bp_keeper *keeper = argument;
    pthread_mutex_lock(&keeper->lock);
    for (bp_errand *errand; (errand = take_locked(keeper)) != NULL;) {
        pthread_mutex_unlock(&keeper->lock);
        errand->run(errand);
        pthread_mutex_lock(&keeper->lock);
    }
    pthread_mutex_unlock(&keeper->lock);
    return NULL;
}

/* --- life ----------------------------------------------------------------------------------- */

static void init(bp_keeper *keeper) {
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_mutex_init(&keeper->lock, NULL);
    pthread_cond_init(&keeper->work, &attributes);
    pthread_cond_init(&keeper->taken, NULL);
    pthread_condattr_destroy(&attributes);
    keeper->last = &keeper->first;
}

bp_status bp_keeper_new(bp_keeper **out, bp_error *err) {
    bp_keeper *keeper = calloc(1, sizeof *keeper);
    if (keeper == NULL) {
        return bp_fail(err, BP_NO_MEMORY, NULL, "no memory for the keeper");
    }
    init(keeper);
    int code = pthread_create(&keeper->thread, NULL, run_thread, keeper);
    keeper->started = code == 0;
    if (code != 0) {
        bp_keeper_free(keeper);
        return bp_fail(err, BP_INTERNAL, NULL, "cannot start the thread that writes: %s",
                       strerror(code));
    }
    *out = keeper;
    return BP_OK;
}

void bp_keeper_close(bp_keeper *keeper) {
    if (keeper == NULL || !keeper->started) {
        return;
    }
    pthread_mutex_lock(&keeper->lock);
    keeper->closing = true;
    pthread_cond_signal(&keeper->work);
    pthread_mutex_unlock(&keeper->lock);
    pthread_join(keeper->thread, NULL);
    keeper->started = false;
}

void bp_keeper_free(bp_keeper *keeper) {
    if (keeper == NULL) {
        return;
    }
    bp_keeper_close(keeper);
    pthread_cond_destroy(&keeper->taken);
    pthread_cond_destroy(&keeper->work);
    pthread_mutex_destroy(&keeper->lock);
    free(keeper);
}

/* --- errands -------------------------------------------------------------------------------- */

void bp_keeper_hand_over(bp_keeper *keeper, bp_errand *errand) {
    errand->next = NULL;
    pthread_mutex_lock(&keeper->lock);
    while (keeper->waiting >= MOST_WAITING) {
        pthread_cond_wait(&keeper->taken, &keeper->lock);
    }
    *keeper->last = errand;
    keeper->last = &errand->next;
    keeper->waiting++;
    pthread_cond_signal(&keeper->work);
    pthread_mutex_unlock(&keeper->lock);
}

bool bp_keeper_try_again(bp_keeper *keeper, bp_errand *errand, double seconds) {
    errand->due = bp_clock_seconds() + seconds;
    pthread_mutex_lock(&keeper->lock);
    const bool taken = !keeper->closing;
    if (taken) {
        errand->next = keeper->later;
        keeper->later = errand;
        pthread_cond_signal(&keeper->work);
    }
    pthread_mutex_unlock(&keeper->lock);
    return taken;
}
