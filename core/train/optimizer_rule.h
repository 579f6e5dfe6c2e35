/* The optimisers' settings: which each has, what they are by default, and the numbers of a step. */
#ifndef BP_OPTIMIZER_RULE_H
#define BP_OPTIMIZER_RULE_H

#include "trainer.h"

/* Settings that some optimisers have; each is a float of bp_train_options. Limits are of the value.
 */
#define BP_HYPERPARAMETER_TABLE(X)                                                                 \
    X(LEARNING_RATE, learning_rate, "above 0 and finite")                                          \
    X(MOMENTUM, momentum, "in [0, 1)")                                                             \
    X(BETA1, beta1, "in [0, 1)")                                                                   \
    X(BETA2, beta2, "in [0, 1)")                                                                   \
    X(RHO, rho, "in [0, 1)")                                                                       \
    X(EPSILON, epsilon, "above 0 and finite")                                                      \
    X(WEIGHT_DECAY, weight_decay, "at least 0 and finite")                                         \
    X(HISTORY, history, "a whole number from 1 to 100")                                            \
    X(TOLERANCE, tolerance, "at least 0 and finite")

#define X(name, member, range) BP_HYPERPARAMETER_##name,
typedef enum bp_hyperparameter {
    BP_HYPERPARAMETER_TABLE(X) BP_HYPERPARAMETER_COUNT
} bp_hyperparameter;
#undef X

typedef struct bp_hyperparameter_info {
    const char *name;  /* on the wire, "beta1" */
    size_t offset;     /* of its float in bp_train_options */
    const char *range; /* in words */
} bp_hyperparameter_info;
extern const bp_hyperparameter_info bp_hyperparameters[BP_HYPERPARAMETER_COUNT];

extern const bp_vocabulary bp_optimizers;

bool bp_optimizer_has(bp_optimizer optimizer, bp_hyperparameter hyperparameter);

/* Each step is on all training rows, which is what a batch_size of 0 says. */
bool bp_optimizer_is_full_batch(bp_optimizer optimizer);

/* What every element of array `state` is before the first step. */
float bp_optimizer_first_state(const bp_train_options *options, size_t state);

/* Whether that is the learning rate, which then counts for nothing else: rprop's sizes of steps. */
bool bp_optimizer_starts_at_rate(const bp_train_options *options, size_t state);

/* Arrays of state per parameter that these options need: 0 for sgd when it adds nothing to the
 * loss's gradient. */
size_t bp_optimizer_states(const bp_train_options *options);

/* INVALID "/optimizer/beta1": a setting of this optimiser is out of its range. */
BP_NODISCARD bp_status bp_optimizer_check(const bp_train_options *options, bp_error *err);

/* What changes from step to step, in double; zero-initialised before the first. */
typedef struct bp_optimizer_clock {
    uint64_t step;                   /* t, steps begun */
    double beta1_power, beta2_power; /* beta^t */
    double nadam_power;              /* 0.96^(0.004 t) */
    double nadam_product;            /* mu_1 ... mu_t */
} bp_optimizer_clock;

/* Advances the clock to the next step and gives its numbers, with the learning rate `eta`, which
 * the schedule has made of options->learning_rate. */
bp_step_rule bp_optimizer_next(bp_optimizer_clock *clock, const bp_train_options *options,
                               double eta);

/* State as bytes: step, beta1_power, beta2_power, nadam_power, nadam_product. */
void bp_optimizer_clock_exchange(bp_optimizer_clock *clock, bp_byte_cursor *cursor);

#endif
