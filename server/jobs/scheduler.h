/* The table of jobs, the queue, and the one thread that runs what is queued in the order of ids.
 *
 * `lock` (inside) guards table and queue and is held for moments; a job's own lock may be taken
 * while it is held, never the other way round. */
#ifndef BP_SCHEDULER_H
#define BP_SCHEDULER_H

#include "job.h"

typedef struct bp_scheduler bp_scheduler;

/* Runs a job to its end; on the runner's thread, which is in the background, with no lock held. */
typedef void (*bp_scheduler_run)(void *context, bp_job *job);

/* NO_MEMORY. The runner starts with bp_scheduler_start, so that ended jobs can be added before. */
BP_NODISCARD bp_status bp_scheduler_new(bp_scheduler **out, bp_scheduler_run run, void *context,
                                        bp_error *err);
/* INTERNAL: the thread could not be started. */
BP_NODISCARD bp_status bp_scheduler_start(bp_scheduler *scheduler, bp_error *err);
/* Asks the running job to stop for a shutdown and joins the runner. What is queued stays so. */
void bp_scheduler_stop(bp_scheduler *scheduler);
/* Stops and drops the jobs. No other call may be under way. */
void bp_scheduler_free(bp_scheduler *scheduler); /* NULL is allowed */

/* --- any thread, takes `lock` ----------------------------------------------------------------- */

/* The id of the next job, with room for it. One admission at a time, until bp_scheduler_add or the
 * caller gives up. BUSY: the queue is full or the runner stops. NO_MEMORY. */
BP_NODISCARD bp_status bp_scheduler_admit(bp_scheduler *scheduler, uint64_t *id, bp_error *err);
/* Into the room of an admission (or of bp_scheduler_reserve); takes the caller's reference. A job
 * that has not ended is queued. */
void bp_scheduler_add(bp_scheduler *scheduler, bp_job *job);
BP_NODISCARD bp_status bp_scheduler_reserve(bp_scheduler *scheduler, bp_error *err);

/* A reference; NULL: no such job. */
bp_job *bp_scheduler_find(bp_scheduler *scheduler, uint64_t id);
/* True: it was queued, the runner will not see it, and the caller drives it now. */
bool bp_scheduler_dequeue(bp_scheduler *scheduler, const bp_job *job);
/* Drops the job from the table; not being there is no error. */
void bp_scheduler_remove(bp_scheduler *scheduler, uint64_t id);

/* bp_job_describe with the queue position. */
void bp_scheduler_describe(bp_scheduler *scheduler, bp_job *job, bp_job_info *out);
/* As bp_service_list_jobs; *count is the limit on entry. */
void bp_scheduler_list(bp_scheduler *scheduler, uint64_t before, bp_job_info *out, size_t *count,
                       bool *more);
void bp_scheduler_count(bp_scheduler *scheduler, size_t *running, size_t *queued);

#endif
