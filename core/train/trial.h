/* How fast a training will be, from its own first steps: a trainer is made of the first rows of the
 * data and stepped for a moment, on a pool of its own. Nothing of it stays. */
#ifndef BP_TRIAL_H
#define BP_TRIAL_H

#include "trainer.h"

typedef struct bp_trial_place {
    const bp_kernels *kernels;
    size_t workers; /* the most that may work, >= 1 */
    double seconds; /* of steps, about; a step that takes longer is tried twice */
} bp_trial_place;

typedef struct bp_trial {
    size_t batch;           /* rows of the steps that were tried: fewer where a step is long */
    uint64_t steps;         /* that were timed; 0: the first one failed, nothing else is told */
    double step_seconds;    /* of one; of lbfgs, of one evaluation of the objective */
    double forward_seconds; /* of it, the gather and the forward pass */
    double update_seconds;  /* of it, what does not grow with the rows */
} bp_trial;

/* Returns when it is done; its threads are in the background (background.h). The times are those of
 * a machine that does nothing else: what others take of the processors does not count. `start`, as
 * bp_train_bind made it, and `data` are not changed. As bp_trainer_new; INTERNAL: a thread could
 * not be started. */
BP_NODISCARD bp_status bp_trial_run(bp_trial *out, bp_snapshot *start, const bp_dataset *data,
                                    const bp_train_options *options, const bp_trial_place *place,
                                    bp_error *err);

#endif
