/* The table of jobs, the queue, and the lanes that run what is queued.
 *
 * There are as many lanes as the server has workers, each a thread. A lane that is free takes the
 * first job of the queue whose model no other job is in the middle of training. The workers are
 * dealt evenly among the jobs that run, as far as each may have so many: alone a job has all of
 * them, and with as many jobs as workers each has one. A deal counts from each job's next minibatch
 * on; since the weights do not depend on the workers, it decides nothing but the speed.
 *
 * `lock` (inside) guards table, queue and lanes and is held for moments; a job's own lock may be
 * taken while it is held, never the other way round. */
#ifndef BP_SCHEDULER_H
#define BP_SCHEDULER_H

#include "job.h"
#include "lane.h"

typedef struct bp_scheduler bp_scheduler;

/* How a job leaves its lane. */
typedef enum bp_turn {
    BP_TURN_ENDED, /* it trains no more: its model is free */
    BP_TURN_PARKED /* paused, or put off by a shutdown: it goes on some time */
} bp_turn;

typedef struct bp_scheduler_options {
    /* Runs a job from where it stands; on a lane's thread, which is in the background, with no lock
     * held. */
    bp_turn (*run)(void *context, bp_job *job, bp_lane *lane);
    void *context;
    size_t workers;     /* >= 1; as many lanes */
    size_t most_queued; /* admissions end there */
} bp_scheduler_options;

/* NO_MEMORY. The lanes start with bp_scheduler_start, so that jobs can be added before. */
BP_NODISCARD bp_status bp_scheduler_new(bp_scheduler **out, const bp_scheduler_options *options,
                                        bp_error *err);
/* INTERNAL: a thread could not be started. */
BP_NODISCARD bp_status bp_scheduler_start(bp_scheduler *scheduler, bp_error *err);
/* Asks the running jobs to stop for a shutdown and joins the lanes. What is queued stays so. */
void bp_scheduler_stop(bp_scheduler *scheduler);
/* Stops and drops the jobs. No other call may be under way. */
void bp_scheduler_free(bp_scheduler *scheduler); /* NULL is allowed */

/* --- any thread, takes `lock` ----------------------------------------------------------------- */

/* The id of the next job, with room for it. One admission at a time, until bp_scheduler_add or the
 * caller gives up. BUSY: the queue is full or the server stops. NO_MEMORY. */
BP_NODISCARD bp_status bp_scheduler_admit(bp_scheduler *scheduler, uint64_t *id, bp_error *err);
/* Room for one more job, without the limits of an admission. NO_MEMORY. */
BP_NODISCARD bp_status bp_scheduler_reserve(bp_scheduler *scheduler, bp_error *err);
/* Into the room of an admission or of bp_scheduler_reserve; takes the caller's reference. A job
 * whose state is queued is enqueued. `begun`: it is in the middle of training its model. */
void bp_scheduler_add(bp_scheduler *scheduler, bp_job *job, bool begun);

/* A reference; NULL: no such job. */
bp_job *bp_scheduler_find(bp_scheduler *scheduler, uint64_t id);
/* A paused job waits for a lane again, with the priority that it has now. */
void bp_scheduler_enqueue(bp_scheduler *scheduler, bp_job *job);
/* True: it was queued, no lane will see it, and the caller drives it now. */
bool bp_scheduler_dequeue(bp_scheduler *scheduler, const bp_job *job);
/* The job is in the middle of training its model from now on, though on no lane. False: another job
 * is. */
BP_NODISCARD bool bp_scheduler_hold(bp_scheduler *scheduler, bp_job *job);
/* A parked job will not go on: its model is free. */
void bp_scheduler_release(bp_scheduler *scheduler, const bp_job *job);
/* Takes up a job's priority and the workers that it may have where they have changed. */
void bp_scheduler_reorder(bp_scheduler *scheduler, bp_job *job);
/* Drops the job from the table; not being there is no error. */
void bp_scheduler_remove(bp_scheduler *scheduler, uint64_t id);

/* bp_job_describe with the queue position. */
void bp_scheduler_describe(bp_scheduler *scheduler, bp_job *job, bp_job_info *out);
/* The same of a job that is to be added. */
void bp_scheduler_foresee(bp_scheduler *scheduler, bp_job *job, bp_job_info *out);
/* As bp_service_list_jobs; *count is the limit on entry. */
void bp_scheduler_list(bp_scheduler *scheduler, uint64_t before, bp_job_info *out, size_t *count,
                       bool *more);
void bp_scheduler_count(bp_scheduler *scheduler, size_t *running, size_t *queued);

#endif
