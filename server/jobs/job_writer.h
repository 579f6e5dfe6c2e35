/* What a lane leaves for the disk: a checkpoint on the way, or the job itself, put down or ended.
 * The lane hands it over and goes on; the keeper (keeper.h) writes it. */
#ifndef BP_JOB_WRITER_H
#define BP_JOB_WRITER_H

#include "training.h"

/* What the end of a job needs, made with the job, so that a job can end though memory has not. Free
 * it with free(). NO_MEMORY. */
BP_NODISCARD bp_status bp_writer_prepare(bp_job_errand **out, bp_error *err);

/* A checkpoint of the training, which goes on. One at a time: while one is on its way, or for a
 * second after one that failed, no other is taken. Its weights become the model's. DIVERGED: they
 * are not finite, there is none. NO_MEMORY.
 */
BP_NODISCARD bp_status bp_writer_checkpoint(bp_training *training, bp_error *err);

/* The training is put down: with a checkpoint, if it has taken a step, the model's weights and the
 * record of a job that is `state` (paused, or queued for a shutdown). When that is durable the job
 * has this state; where it could not be written too, with an event that says so. */
void bp_writer_put_down(bp_service *service, bp_job *job, bp_job_state state);

/* The job ends in `state`, with `err` where that is failed: weights, record, history and receipt in
 * one batch, after which it gives back what it holds and has its state. The job's training is freed
 * here. */
void bp_writer_end(bp_service *service, bp_job *job, bp_job_state state, const bp_error *err);

#endif
