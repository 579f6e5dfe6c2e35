/* The training of one job: its trainer, from the first step on or from a checkpoint, and what it
 * publishes on the way. The job's driver has it; it may be parked in the job between two turns. */
#ifndef BP_TRAINING_H
#define BP_TRAINING_H

#include "service_state.h"

struct bp_training {
    bp_service *service;
    bp_job *job; /* borrowed: it holds this */
    bp_model *model;
    bp_trainer *trainer;
    bp_snapshot *start; /* a reference: what the trainer began with */
    bool undrawn;       /* the model had no weights at all before */
    bp_train_options options;
    uint64_t step, epoch;    /* finished: the trainer's, at hand */
    double now;              /* when they were; monotonic seconds */
    uint64_t edit_step;      /* of the next edit; UINT64_MAX: none is known */
    double reported;         /* when progress was last published; monotonic seconds, as below */
    double published;        /* when weights were */
    uint64_t published_step; /* their step; 0: none by this job */
    double checkpointed;     /* when a checkpoint was last taken, or the turn began */
    uint64_t checkpoint_step;
    uint64_t observed_step; /* of the last observation within an epoch */
};

/* Binds the job to its data and makes its trainer, on `pool` for the time being; where the job has
 * a checkpoint, takes it up and publishes its weights. A damaged checkpoint is passed over for the
 * one before it. As bp_train_bind, bp_trainer_new; IO, NO_MEMORY. The driver, no lock. */
BP_NODISCARD bp_status bp_training_open(bp_training **out, bp_service *service, bp_job *job,
                                        bp_pool *pool, bp_error *err);
void bp_training_free(bp_training *training); /* NULL is allowed */

/* A turn begins: the clocks run from now on, and the edits of this step are taken up (again). */
BP_NODISCARD bp_status bp_training_begin_turn(bp_training *training, bp_error *err);
/* One minibatch, and what goes out with it. As bp_trainer_step. */
BP_NODISCARD bp_status bp_training_step(bp_training *training, bp_error *err);
/* Takes up an edit from the next step on and notes it in the job; fills edit->step. As
 * bp_trainer_edit. */
BP_NODISCARD bp_status bp_training_edit(bp_training *training, bp_job_edit *edit, bp_error *err);

/* All steps are done, or a budget is spent. */
bool bp_training_done(const bp_training *training);
bp_job_ending bp_training_ending(const bp_training *training);

/* The present progress becomes the job's. */
void bp_training_report(bp_training *training);
/* The present weights become the model's. DIVERGED: they are not finite, the model stays. */
BP_NODISCARD bp_status bp_training_publish(bp_training *training, bp_error *err);

#endif
