/* A fixed set of worker threads that run the tasks of one phase after another. */
#ifndef BP_POOL_H
#define BP_POOL_H

#include "status.h"

typedef struct bp_pool bp_pool;

/* `worker` is in 0..threads-1 and names the scratch memory a task may use; `task` is in 0..tasks-1.
 */
typedef void (*bp_task)(void *context, size_t task, size_t worker);

/* Starts threads - 1 workers: the caller of bp_pool_run is worker 0. threads >= 1. NO_MEMORY,
 * INTERNAL (a thread could not be started). */
BP_NODISCARD bp_status bp_pool_new(bp_pool **out, size_t threads, bp_error *err);
/* The same, its workers in the background (background.h). So must be the caller of bp_pool_run: a
 * phase is as late as its last task. */
BP_NODISCARD bp_status bp_pool_new_background(bp_pool **out, size_t threads, bp_error *err);
/* Joins the workers. No bp_pool_run may be under way. */
void bp_pool_free(bp_pool *pool); /* NULL is allowed */
size_t bp_pool_threads(const bp_pool *pool);

/* Runs task 0..tasks-1 of `run`, each once, on at most `workers` workers, and returns when all are
 * done. One caller at a time. What a task wrote is visible to the caller and to later phases.
 * With workers <= 1, or a pool of one thread, the caller runs all tasks itself and nothing of the
 * pool is written: any number of threads may do that at once, also while another's phase of more
 * workers is under way. */
void bp_pool_run(bp_pool *pool, size_t workers, bp_task run, void *context, size_t tasks);

/* The same on as many workers as there are ranges: worker i begins with tasks [first[i],
 * first[i + 1]), as an own share of the data that it finds in its cache again. `first` [ranges + 1]
 * ascends from 0 to the number of tasks; ranges <= bp_pool_threads. One range: as one worker. */
void bp_pool_run_ranges(bp_pool *pool, size_t ranges, const size_t *first, bp_task run,
                        void *context);

#endif
