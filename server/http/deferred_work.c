#include "deferred_work.h"

#include <pthread.h>
#include <stdlib.h>

struct bp_deferred {
    pthread_mutex_t lock;
    pthread_cond_t work; /* a task was queued, or `closed` was set */
    bp_deferred_task *head, *tail;
    size_t waiting, capacity;
    bool closed;
    size_t thread_count;
    pthread_t threads[];
};

/* The next task, or NULL when the executor is closed and none waits. */
static bp_deferred_task *take(bp_deferred *deferred) {
    pthread_mutex_lock(&deferred->lock);
    while (deferred->head == NULL && !deferred->closed)
        pthread_cond_wait(&deferred->work, &deferred->lock);
    bp_deferred_task *task = deferred->head;
    if (task != NULL) {
        deferred->head = task->next;
        deferred->waiting--;
    }
    pthread_mutex_unlock(&deferred->lock);
    return task;
}

static void *serve(void *argument) {
    bp_deferred *deferred = argument;
    for (bp_deferred_task *task = take(deferred); task != NULL; task = take(deferred))
        task->run(task->context);
    return NULL;
}

bool bp_deferred_submit(bp_deferred *deferred, bp_deferred_task *task) {
    task->next = NULL;
    pthread_mutex_lock(&deferred->lock);
    bool taken = !deferred->closed && deferred->waiting < deferred->capacity;
    if (taken) {
        if (deferred->head == NULL)
            deferred->head = task;
        else
            deferred->tail->next = task;
        deferred->tail = task;
        deferred->waiting++;
        pthread_cond_signal(&deferred->work);
    }
    pthread_mutex_unlock(&deferred->lock);
    return taken;
}

void bp_deferred_close(bp_deferred *deferred) {
    pthread_mutex_lock(&deferred->lock);
    bool first = !deferred->closed;
    deferred->closed = true;
    bp_deferred_task *dropped = deferred->head;
    deferred->head = NULL;
    deferred->waiting = 0;
    pthread_cond_broadcast(&deferred->work);
    pthread_mutex_unlock(&deferred->lock);
    while (dropped != NULL) {
        bp_deferred_task *task = dropped;
        dropped = task->next;
        task->drop(task->context);
    }
    for (size_t i = 0; first && i < deferred->thread_count; i++)
        pthread_join(deferred->threads[i], NULL);
}

void bp_deferred_free(bp_deferred *deferred) {
    if (deferred == NULL)
        return;
    bp_deferred_close(deferred);
    pthread_cond_destroy(&deferred->work);
    pthread_mutex_destroy(&deferred->lock);
    free(deferred);
}

bp_status bp_deferred_new(bp_deferred **out, size_t threads, size_t capacity, bp_error *err) {
    bp_deferred *deferred = calloc(1, sizeof *deferred + threads * sizeof deferred->threads[0]);
    if (deferred == NULL)
        return bp_fail(err, BP_NO_MEMORY, NULL, "no memory for the executor of slow requests");
    pthread_mutex_init(&deferred->lock, NULL);
    pthread_cond_init(&deferred->work, NULL);
    deferred->capacity = capacity;
    while (deferred->thread_count < threads) {
        if (pthread_create(&deferred->threads[deferred->thread_count], NULL, serve, deferred) !=
            0) {
            bp_deferred_free(deferred);
            return bp_fail(err, BP_INTERNAL, NULL, "cannot start a thread for slow requests");
        }
        deferred->thread_count++;
    }
    *out = deferred;
    return BP_OK;
}
