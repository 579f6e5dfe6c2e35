/* Training: minibatch gradient descent as a pure function of (data, configuration, seed).
 *
 * One step on a minibatch of B rows is two phases on the pool: rows (gather, forward, loss,
 * backward) and parameters (each slice's gradient, then its update). The result has the same bits
 * for any number of workers and any instruction set. */
#ifndef BP_TRAINER_H
#define BP_TRAINER_H

#include <stdbool.h>

#include "dataset.h"
#include "divergence.h"
#include "early_stopping.h"
#include "gradient_clipping.h"
#include "kernels.h"
#include "loss_weighting.h"
#include "pool.h"
#include "regularization.h"
#include "schedule.h"
#include "snapshot.h"
#include "split.h"
#include "stopwatch.h"

typedef struct bp_train_options {
    uint64_t epochs; /* 1..BP_MAX_EPOCHS */
    /* 1..BP_MAX_BATCH; more than the rows means all of them. rprop and lbfgs: 0, all rows */
    size_t batch_size;
    bp_optimizer optimizer; /* which of the settings below count is optimizer_rule.h's table */
    float learning_rate;    /* eta, > 0, finite */
    float momentum;         /* mu in [0, 1) */
    float beta1, beta2;     /* in [0, 1): of the gradient's mean and of its square's */
    float rho;              /* in [0, 1): of its square's mean */
    float epsilon;          /* > 0 */
    float weight_decay;     /* >= 0: L2, g + lambda w; adamw and lion: decoupled */
    float history;          /* of lbfgs: changes that it keeps, 1..100 */
    float tolerance;        /* of lbfgs: it has converged where no |dl/dw| is larger */
    bp_regularization regularization;
    bp_gradient_clipping gradient_clipping;
    bp_loss_weighting loss_weighting;
    bool shuffle;                  /* a new order each epoch, from (seed, epoch) */
    uint64_t seed;                 /* of the shuffle, the validation split, dropout and noise */
    bp_split_options validation;   /* which rows are held out */
    size_t threads;                /* workers at most; 0: all of the pool */
    bool activation_checkpointing; /* compute activations again rather than keep them all: less
                                      memory, more time, the same bits (checkpointing.h) */
    bp_schedule schedule;          /* of the learning rate */
    bp_early_stopping early_stopping;
} bp_train_options;

enum { BP_MAX_EPOCHS = 1000000, BP_MAX_BATCH = 1 << 20 };

/* 10 epochs, batch 32, adam with eta 0.001, shuffled, seed 0, a tenth held out, all threads. */
bp_train_options bp_train_defaults(void);

/* Takes another optimiser, with its default settings. */
void bp_train_set_optimizer(bp_train_options *options, bp_optimizer optimizer);

/* INVALID with the field of the job body at fault ("/batch_size", "/optimizer/learning_rate", ...).
 */
BP_NODISCARD bp_status bp_train_options_check(const bp_train_options *options, bp_error *err);

/* INVALID "/batch_size": the optimiser needs all training rows in a minibatch, and fewer are asked
 * for. `training`: those rows, of the split. */
BP_NODISCARD bp_status bp_train_options_check_rows(const bp_train_options *options, size_t training,
                                                   bp_error *err);

/* The split of a training: what binding and the trainer draw, of the rows that the model's recipe
 * lets take part. INVALID, NO_MEMORY as bp_split_draw. */
BP_NODISCARD bp_status bp_train_split(bp_split *out, const bp_recipe *recipe,
                                      const bp_dataset *data, const bp_train_options *options,
                                      bp_error *err);

/* Fits a model to a data set: the snapshot that training starts from.
 * `current` NULL: the network's open sizes come from the data. A snapshot that never met data (no
 * feature names) gets its recipe and scaling from the training rows and its names; one that did
 * keeps them, and the data must agree. INVALID: "/model" other inputs or outputs than the data
 * make, a rule for a column that is not there; "/dataset" a label that the model does not know,
 * real targets for cross_entropy, fewer than 1 training row, rows as bp_encoder_new;
 * "/early_stopping/metric", "/schedule/metric" one that these data do not have;
 * "/validation/dataset" other columns or targets in the one that is held out; and as
 * bp_train_options_check, _check_rows, bp_split_draw and bp_loss_weighting_check. */
BP_NODISCARD bp_status bp_train_bind(bp_snapshot **out, const bp_model_spec *spec,
                                     const bp_snapshot *current, const bp_dataset *data,
                                     const bp_train_options *options, bp_error *err);

/* A look at the held-out rows within an epoch, on which nothing depends. */
typedef struct bp_observation {
    uint64_t step;     /* after which; 0: none yet */
    double train_loss; /* mean over the samples of the epoch so far */
    bp_evaluation validation;
} bp_observation;

typedef struct bp_train_progress {
    uint64_t epoch; /* epochs finished */
    uint64_t step;  /* minibatches finished */
    uint64_t steps_per_epoch;
    uint64_t samples_seen;
    /* Losses are means over the samples, also where the reduction is a sum, of w_n l_n. */
    double batch_loss; /* of the last minibatch, before its update */
    double epoch_loss; /* mean over the samples of the epoch last finished, or of the running
                          one before the first ends; NAN before the first step */
    double grad_norm;  /* |g| of the last minibatch, before clipping by norm; NAN: not computed */
    bp_phase_seconds seconds;
    bool converged;           /* lbfgs has: the training is done, whatever epochs are left */
    double learning_rate;     /* of the last step; before the first, of the first */
    bp_evaluation validation; /* of the held-out rows when the epoch last finished had ended; rows
                                 0 and all NAN: none yet, none are held out, or they were not
                                 looked at then (every_epochs) */
    uint64_t validation_every_steps; /* steps from one observation to the next, as they were found
                                        from every_steps and max_share; 0: none are made */
    bp_observation observation;      /* the last one */
    bp_best_epoch best; /* by the metric of early stopping; without it by the loss of the
                           held-out rows, or the training loss where there are none */
    bool stopped_early; /* the patience ended before the epochs did */
} bp_train_progress;

typedef struct bp_trainer bp_trainer;

typedef struct bp_train_place {
    bp_pool *pool; /* borrowed */
    const bp_kernels *kernels;
    /* work of a phase from which one more worker shares it; 0: the default, and as many workers as
     * make a step fast. Tests set it to 1: even small phases are shared, by all, and layers of at
     * least as many units as a minibatch has rows go by strips. */
    double flops_per_worker;
    size_t read_ahead_bytes; /* mappings from this size on are read ahead (read_ahead.h); 0: a
                                quarter of the machine's memory. Tests set it to 1 */
} bp_train_place;

/* `start` comes from bp_train_bind with the same data and options; it is copied, `data` and the
 * data set that is held out referenced. INVALID as bp_train_bind. NO_MEMORY. */
BP_NODISCARD bp_status bp_trainer_new(bp_trainer **out, bp_snapshot *start, bp_dataset *data,
                                      const bp_train_options *options, bp_train_place place,
                                      bp_error *err);
void bp_trainer_free(bp_trainer *trainer); /* NULL is allowed */

/* One minibatch; of lbfgs one iteration, which passes over all rows as often as its line search
 * asks. With an epoch's last step, or an observation's, the evaluation of the held-out rows. One
 * caller at a time; allocates nothing, but starts the threads that read ahead when they are first
 * needed. DIVERGED: the loss or the gradient is not finite. The weights stay as they were before
 * the step, as does all else that the next would begin with; to say what was the first that is not
 * finite, the message and bp_trainer_divergence, the step's rows are passed over again, which takes
 * memory for 64 of them. When training is done: INVALID. */
BP_NODISCARD bp_status bp_trainer_step(bp_trainer *trainer, bp_error *err);

/* What made the last step that failed with DIVERGED; epoch 0: none has. Of weights that were not
 * finite when the step began it names the step before, whose update made them so. */
bp_divergence bp_trainer_divergence(const bp_trainer *trainer);

/* Until the next step, time is not the training's: progress.seconds does not count it. Ends of
 * epochs, with their validation, need no such call. */
void bp_trainer_pause(bp_trainer *trainer);

/* Of a training that has begun; 0: as it is. */
typedef struct bp_train_edit {
    float learning_rate; /* the base rate, of which the schedule makes that of each step */
    uint64_t epochs;     /* in all, the finished ones among them */
} bp_train_edit;

/* Between two steps: changes the training from the next step on. What has happened stays; the
 * schedule goes on as bp_rate_change (schedule.h) says. The same edits before the same steps give
 * the same bits, and the state (trainer_state.h) holds what they made of it.
 * learning_rate: rprop takes it as the size of all its steps anew, since it adapts them from there;
 * lbfgs as the first trial of its line searches; each other optimiser has it as a factor.
 * epochs: as many as have begun end the training with the running epoch, or, at an epoch's end, at
 * once. More than there were let a training go on that had had them all; one that had converged or
 * stopped early stays done, and one whose patience ended just with its last epoch stops after one
 * more unless that improves.
 * The held-out rows are looked at at the end of a training that an edit ends, too.
 * INVALID "/learning_rate" as in bp_train_options_check, or below the schedule's least;
 * INVALID "/epochs", naming the fewest possible. Nothing is changed then. */
BP_NODISCARD bp_status bp_trainer_edit(bp_trainer *trainer, const bp_train_edit *edit,
                                       bp_error *err);

/* Between two steps: the training goes on with at most `workers` workers (1.. ; as many as
 * options.threads at most) of `pool`, borrowed from now on; the one before is not needed any more.
 * No bit of the result changes. A comparison where nothing changes, so it may be called before
 * every step; where another number of workers is best, their scratch is made anew. Several trainers
 * may share a pool of one thread and step at once, each on a thread of its own. NO_MEMORY: the
 * training stays where it was, and can go on there. */
BP_NODISCARD bp_status bp_trainer_move(bp_trainer *trainer, bp_pool *pool, size_t workers,
                                       bp_error *err);

/* After the last epoch, converged, or stopped early. */
bool bp_trainer_done(const bp_trainer *trainer);
bp_train_progress bp_trainer_progress(const bp_trainer *trainer);

/* Rows held out for validation; 0: none. */
size_t bp_trainer_validation_rows(const bp_trainer *trainer);

/* A copy of the present weights; where early stopping keeps the best, of those of the best epoch so
 * far. Its version is start.version + step either way: it counts the steps of the training that
 * found the weights, and never falls. DIVERGED: one of them is not finite. NO_MEMORY. */
BP_NODISCARD bp_status bp_trainer_snapshot(const bp_trainer *trainer, bp_snapshot **out,
                                           bp_error *err);

/* A copy of the weights of progress.best.epoch, whatever restore_best says, with the version of
 * bp_trainer_snapshot. NOT_FOUND: no epoch that was looked at has ended; or none are kept, because
 * there is no early stopping and nothing is held out. DIVERGED, NO_MEMORY as there. */
BP_NODISCARD bp_status bp_trainer_best_snapshot(const bp_trainer *trainer, bp_snapshot **out,
                                                bp_error *err);

#endif
