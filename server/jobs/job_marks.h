/* What a job's training has on its way: edits, each at a step, and checkpoints. All take job->lock;
 * those that change something are the driver's. */
#ifndef BP_JOB_MARKS_H
#define BP_JOB_MARKS_H

#include "job.h"

/* A copy, malloc'd, the caller's. NO_MEMORY. */
BP_NODISCARD bp_status bp_job_copy_edits(bp_job *job, bp_job_edits *out, bp_error *err);
/* Into out [BP_MAX_CHECKPOINTS]; how many. */
size_t bp_job_copy_checkpoints(bp_job *job, bp_job_checkpoint *out);

/* The checkpoint of a step; 0: the last. INVALID "/step"; CONFLICT: the job has none. */
BP_NODISCARD bp_status bp_job_find_checkpoint(bp_job *job, uint64_t step, bp_job_checkpoint *out,
                                              bp_error *err);

/* How many epochs these edits make of `epochs`. */
uint64_t bp_job_edited_epochs(const bp_job_edits *edits, uint64_t epochs);
/* Room for one more, so that the next bp_job_add_edit cannot fail. NO_MEMORY. */
BP_NODISCARD bp_status bp_job_reserve_edit(bp_job *job, bp_error *err);
/* Notes what took effect; edits of one step become one. */
void bp_job_add_edit(bp_job *job, const bp_job_edit *edit);
/* Drops the edits after a step. */
void bp_job_drop_edits(bp_job *job, uint64_t after);

/* This one is on its way. The steps of those that make room for it: those beyond what the job
 * keeps, and those of later steps, one before it that is still on its way counted as there. Into
 * dropped [BP_MAX_CHECKPOINTS]; how many. Who writes it, as the next two. */
size_t bp_job_plan_checkpoint(bp_job *job, const bp_job_checkpoint *checkpoint, uint64_t *dropped);
/* It is durable, with the room made as planned. */
void bp_job_add_checkpoint(bp_job *job, const bp_job_checkpoint *checkpoint);
/* It could not be written. */
void bp_job_give_up_checkpoint(bp_job *job, const bp_job_checkpoint *checkpoint);
/* Drops those of later steps; likewise. */
size_t bp_job_drop_checkpoints(bp_job *job, uint64_t after, uint64_t *dropped);

#endif
