/* What a trainer is made of: for trainer.c, which trains, trainer_edit.c, which changes what is to
 * come, and trainer_state.c, which carries a training from one trainer to another. Nobody else
 * looks inside. */
#ifndef BP_TRAINER_INSIDE_H
#define BP_TRAINER_INSIDE_H

#include "held_out.h"
#include "lbfgs.h"
#include "metrics.h"
#include "optimizer_rule.h"
#include "phases.h"
#include "read_ahead.h"
#include "trainer.h"

struct bp_trainer {
    bp_train_options options;
    const bp_kernels *kernels;
    uint64_t start_version;
    bp_snapshot *model; /* own copy whose parameters training changes */
    bp_dataset *data;
    bp_targets targets;
    bp_split split;
    bp_encoder *encoder;       /* of data; NULL: its rows are inputs */
    bp_dataset *held_out_data; /* where the held-out rows lie in another data set; else NULL */
    bp_held_out held_out;
    bp_metrics metrics;
    float *weights;       /* [data rows], of their losses; NULL: none */
    uint32_t *order;      /* [training rows]: rows of the data in the epoch's order */
    bp_read_ahead *ahead; /* NULL: the data lie in memory */
    bp_phases phases;
    bp_update_plan plan;
    float *gradient;                   /* [storage_count], where the plan has a buffer */
    double *squares;                   /* [blocks], likewise */
    float *state[BP_OPTIMIZER_STATES]; /* of the optimiser; none for plain SGD */
    bp_long_vectors vectors;           /* of lbfgs, as the next */
    bp_lbfgs *lbfgs;
    bp_update objective; /* what lbfgs is evaluating */
    bp_optimizer_clock clock;
    bp_rate_clock rate;
    bool rate_is_due; /* the next step asks it, also within an epoch */
    bp_best_weights best;
    size_t batch;
    uint64_t steps_total;
    double epoch_sum; /* of the losses of the running epoch's samples */
    bp_train_progress progress;
    bp_divergence divergence;             /* of the last step that failed */
    char fingerprint[BP_DIGEST_HEX_SIZE]; /* of what the training is a function of */
};

/* After progress was set to that of an interrupted training: the order of its running epoch. */
void bp_trainer_find_order(bp_trainer *trainer);

/* After an edit: the held-out rows are looked at if that has made the last epoch one whose end
 * should have been looked at. */
void bp_trainer_look_back(bp_trainer *trainer);

/* Base rate and epochs, which are checked, from the next step on. */
void bp_trainer_set_length(bp_trainer *trainer, double learning_rate, uint64_t epochs);

#endif
