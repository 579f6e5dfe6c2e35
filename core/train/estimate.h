/* What a training will take, told before it is made: memory by the formulas that allocate it,
 * operations by counting them, time from a trial (trial.h). */
#ifndef BP_ESTIMATE_H
#define BP_ESTIMATE_H

#include "trainer.h"
#include "trial.h"

/* What a trainer holds for all its life, in bytes; what drawing the split takes for a moment is
 * less than the rows' arrays that come after it. */
typedef struct bp_estimate_bytes {
    size_t weights;      /* the model that training changes, with its names, scaling and recipe */
    size_t gradient;     /* 0: it is used up block by block */
    size_t optimizer;    /* its states; of lbfgs its history */
    size_t best_weights; /* that early stopping keeps */
    size_t activations;  /* of a minibatch, and what goes back through them */
    size_t workers;      /* their scratch and shares */
    size_t rows;         /* order, split, targets and weights of the rows */
    size_t total;
} bp_estimate_bytes;

/* Operations of a step on a whole minibatch, an fma counting 2; of lbfgs, of one evaluation of the
 * objective. Products alone but for the update; P weights, P_1 of them in the first layer. */
typedef struct bp_estimate_flops {
    double forward;  /* 2 P a row */
    double again;    /* forward passes done twice for activation_checkpointing */
    double backward; /* 2 P + 2 (P - P_1) a row */
    double update;   /* 2 a parameter, and about 5 more for each state of the optimiser */
} bp_estimate_flops;

typedef struct bp_estimate {
    size_t parameters;
    size_t workers;              /* of those allowed, as many as will work on a step */
    size_t training, validation; /* rows */
    size_t batch;                /* rows of a step */
    uint64_t steps_per_epoch, steps, samples;
    uint64_t looks; /* at the held-out rows: at ends of epochs and, at most, to observe */
    bool repeats;   /* a step may take several evaluations, each as long as a step is told to be */
    bp_estimate_bytes bytes;
    size_t checkpoint_bytes; /* of the state that is written down, but for its few numbers */
    bp_estimate_flops flops;
} bp_estimate;

/* `start` comes from bp_train_bind with the same data and options, `workers` is the most that may
 * work. Reads no row, but draws the split as a trainer does. INVALID as bp_train_split. NO_MEMORY.
 */
BP_NODISCARD bp_status bp_estimate_make(bp_estimate *out, const bp_snapshot *start,
                                        const bp_dataset *data, const bp_train_options *options,
                                        size_t workers, bp_error *err);

/* All steps and all looks at the held-out rows, at the speed of the trial. NAN: it has no step.
 * Early stopping, convergence and budgets may end it sooner. */
double bp_estimate_seconds(const bp_estimate *estimate, const bp_trial *trial);

#endif
