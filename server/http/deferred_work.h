/* A small executor for what takes too long on a thread that serves sockets: a bounded queue and a
 * fixed number of threads. */
#ifndef BP_DEFERRED_WORK_H
#define BP_DEFERRED_WORK_H

#include <stdbool.h>

#include "status.h"

typedef struct bp_deferred bp_deferred;

/* One piece of work; the memory is the submitter's and must live until `run` or `drop` is called.
 * Exactly one of the two is called, once, on a thread of the executor or, for `drop`, on the one
 * that closes it. It may free the task: the executor does not touch it afterwards. */
typedef struct bp_deferred_task {
    void (*run)(void *context);
    void (*drop)(void *context); /* the executor closed before the task's turn came */
    void *context;
    struct bp_deferred_task *next; /* the executor's */
} bp_deferred_task;

/* NO_MEMORY, INTERNAL (a thread could not be started). */
BP_NODISCARD bp_status bp_deferred_new(bp_deferred **out, size_t threads, size_t capacity,
                                       bp_error *err);

/* False when the queue holds `capacity` tasks or the executor is closed: the task was not taken.
 * Any thread. */
BP_NODISCARD bool bp_deferred_submit(bp_deferred *deferred, bp_deferred_task *task);

/* Takes no more tasks, drops the waiting ones, waits for the running ones. Once. */
void bp_deferred_close(bp_deferred *deferred);

/* Closes first where that was not done. NULL is allowed. */
void bp_deferred_free(bp_deferred *deferred);

#endif
