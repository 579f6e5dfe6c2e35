/* Checkpoints: a training as it stood after a step, with the history up to there, as an object of
 * the store. JSON: the numbers of bp_job_checkpoint, and how long the training took and how many
 * samples it saw; blob: the
 * points of the history (word_blob.h), then the state of the trainer (trainer_state.h). */
#ifndef BP_CHECKPOINT_H
#define BP_CHECKPOINT_H

#include "job.h"
#include "store.h"
#include "training.h"

typedef struct bp_checkpoint {
    bp_job_checkpoint mark; /* its sha256 is still open */
    double elapsed_seconds;
    uint64_t samples_seen;
    size_t points, state_size;
    unsigned char *bytes; /* [mark.size], owned */
} bp_checkpoint;

/* Between two steps, the driver. Takes the time of a copy. NO_MEMORY. */
BP_NODISCARD bp_status bp_checkpoint_take(bp_checkpoint *out, const bp_training *training,
                                          bp_error *err);
void bp_checkpoint_clear(bp_checkpoint *checkpoint);

/* --- parts of a batch ------------------------------------------------------------------------- */

/* As bp_store_batch_put. */
BP_NODISCARD bp_status bp_checkpoint_add(bp_store_batch *batch, uint64_t job,
                                         const bp_checkpoint *checkpoint, bp_error *err);
BP_NODISCARD bp_status bp_checkpoint_forget(bp_store_batch *batch, uint64_t job, uint64_t step,
                                            bp_error *err);
/* Job `from`'s checkpoint of a step becomes job `to`'s too. As bp_store_load_one. */
BP_NODISCARD bp_status bp_checkpoint_copy(bp_store_batch *batch, bp_store *store, uint64_t from,
                                          uint64_t to, uint64_t step, bp_error *err);

/* --- reading ---------------------------------------------------------------------------------- */

/* The newest checkpoint of the training's job that is whole: its state becomes the trainer's, its
 * history and time the job's. A damaged one is forgotten for the one before it; where none is left
 * the training begins at its start. CONFLICT: it is that of another training. IO, NO_MEMORY. The
 * driver. */
BP_NODISCARD bp_status bp_checkpoint_take_up(bp_training *training, bp_error *err);
/* History, time and samples of the checkpoint of `step` become the job's. The driver. As above. */
BP_NODISCARD bp_status bp_checkpoint_show(bp_store *store, bp_job *job, uint64_t step,
                                          bp_error *err);
/* The same from job `whose`'s checkpoint. */
BP_NODISCARD bp_status bp_checkpoint_show_of(bp_store *store, bp_job *job, uint64_t whose,
                                             uint64_t step, bp_error *err);
/* Whose it is and what it says, of an object that is loaded. IO: it cannot be understood. */
BP_NODISCARD bp_status bp_checkpoint_read_mark(const bp_store_object *object, uint64_t *job,
                                               bp_job_checkpoint *out, bp_error *err);

#endif
