/* What options and rows come to before anything is made of them: for the trainer, which makes it,
 * and for estimate.h, which tells beforehand what that takes. */
#ifndef BP_TRAIN_PLAN_H
#define BP_TRAIN_PLAN_H

#include "lbfgs.h"
#include "update.h"

typedef struct bp_train_plan {
    size_t batch;     /* rows of a minibatch */
    size_t part_rows; /* of them, in the row buffers at once */
    uint64_t steps_per_epoch;
    uint64_t steps; /* of the whole training */
    bp_update_plan update;
    /* Arrays of a float for each parameter, beside the weights: */
    bool keeps_gradient;
    size_t states;     /* of the optimiser */
    bool keeps_best;   /* the best weights */
    bool moves_itself; /* lbfgs does, with as many as bp_lbfgs_vectors */
    bp_lbfgs_settings lbfgs;
} bp_train_plan;

/* Of checked options and the numbers of rows in the parts of a split. */
bp_train_plan bp_train_plan_of(const bp_train_options *options, const bp_split *split);

#endif
