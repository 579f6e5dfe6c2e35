#include "keeper.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Jobs that end faster than their weights can be written wait here for the disk. */
enum { MOST_WAITING = 256 };

struct bp_keeper {
    pthread_t thread;
    bool started;
    pthread_mutex_t lock; /* guards what follows */
    pthread_cond_t work;  /* an errand waits, or `closing` */
    pthread_cond_t moved; /* an errand was taken or done */
    bp_errand *first, **last;
    size_t waiting;
    uint64_t taken_on, done; /* errands so far */
    bool closing;
};

/* NULL: closing, and nothing is left. Holds keeper->lock. */
static bp_errand *take_locked(bp_keeper *keeper) {
    while (keeper->first == NULL && !keeper->closing) {
        pthread_cond_wait(&keeper->work, &keeper->lock);
    }
    bp_errand *errand = keeper->first;
    if (errand != NULL) {
        keeper->first = errand->next;
        keeper->last = keeper->first != NULL ? keeper->last : &keeper->first;
        keeper->waiting--;
        pthread_cond_broadcast(&keeper->moved);
    }
    return errand;
}

static void *run_thread(void *argument) {
    bp_keeper *keeper = argument;
    pthread_mutex_lock(&keeper->lock);
    for (bp_errand *errand; (errand = take_locked(keeper)) != NULL;) {
        pthread_mutex_unlock(&keeper->lock);
        errand->run(errand);
        pthread_mutex_lock(&keeper->lock);
        keeper->done++;
        pthread_cond_broadcast(&keeper->moved);
    }
    pthread_mutex_unlock(&keeper->lock);
    return NULL;
}

bp_status bp_keeper_new(bp_keeper **out, bp_error *err) {
    bp_keeper *keeper = calloc(1, sizeof *keeper);
    if (keeper == NULL) {
        return bp_fail(err, BP_NO_MEMORY, NULL, "no memory for the keeper");
    }
    pthread_mutex_init(&keeper->lock, NULL);
    pthread_cond_init(&keeper->work, NULL);
    pthread_cond_init(&keeper->moved, NULL);
    keeper->last = &keeper->first;
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

void bp_keeper_free(bp_keeper *keeper) {
    if (keeper == NULL) {
        return;
    }
    pthread_mutex_lock(&keeper->lock);
    keeper->closing = true;
    pthread_cond_signal(&keeper->work);
    pthread_mutex_unlock(&keeper->lock);
    if (keeper->started) {
        pthread_join(keeper->thread, NULL);
    }
    pthread_cond_destroy(&keeper->moved);
    pthread_cond_destroy(&keeper->work);
    pthread_mutex_destroy(&keeper->lock);
    free(keeper);
}

void bp_keeper_hand_over(bp_keeper *keeper, bp_errand *errand) {
    errand->next = NULL;
    pthread_mutex_lock(&keeper->lock);
    while (keeper->waiting >= MOST_WAITING) {
        pthread_cond_wait(&keeper->moved, &keeper->lock);
    }
    *keeper->last = errand;
    keeper->last = &errand->next;
    keeper->waiting++;
    keeper->taken_on++;
    pthread_cond_signal(&keeper->work);
    pthread_mutex_unlock(&keeper->lock);
}

void bp_keeper_drain(bp_keeper *keeper) {
    pthread_mutex_lock(&keeper->lock);
    const uint64_t until = keeper->taken_on;
    while (keeper->done < until) {
        pthread_cond_wait(&keeper->moved, &keeper->lock);
    }
    pthread_mutex_unlock(&keeper->lock);
}
