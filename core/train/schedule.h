/* Learning-rate schedules: the rate of step t as a function of the settings, of t and, for
 * reduce_on_plateau, of what the epochs before ended with.
 *
 * Time is counted in units of `per`: epochs or steps, from 0, and begins when the warm-up is over.
 * During the first `warmup` units the rate rises: (u + 1) / warmup of the schedule's first. All of
 * it is double arithmetic of our own (double_math.h), so that a rate has the same bits on every
 * machine. */
#ifndef BP_SCHEDULE_H
#define BP_SCHEDULE_H

#include "monitor.h"

#define BP_SCHEDULE_TABLE(X)                                                                       \
    X(CONSTANT, "constant", "eta")                                                                 \
    X(STEP, "step", "eta gamma^floor(t / step_size); PyTorch's StepLR")                            \
    X(EXPONENTIAL, "exponential", "eta gamma^t; PyTorch's ExponentialLR")                          \
    X(COSINE, "cosine",                                                                            \
      "min + (eta - min) (1 + cos(pi T_cur / T_i)) / 2, restarted after period, period "           \
      "multiplier, ... units; Loshchilov and Hutter 2017, equation 5")                             \
    X(LINEAR_WARMUP, "linear_warmup", "eta (t + 1) / warmup, then eta; Goyal et al. 2017, 2.2")    \
    X(ONE_CYCLE, "one_cycle",                                                                      \
      "from max / div_factor up to max = eta max_factor, then down to max / (div_factor "          \
      "final_div_factor), along cosines; Smith and Topin 2018, as PyTorch's OneCycleLR")           \
    X(INVERSE_SCALING, "inverse_scaling", "eta / (t + 1)^power; scikit-learn's invscaling")        \
    X(REDUCE_ON_PLATEAU, "reduce_on_plateau",                                                      \
      "max(eta factor, min) after more than patience epochs in which the metric was not better "   \
      "by the share threshold; PyTorch's ReduceLROnPlateau")

#define X(name, wire, formula) BP_SCHEDULE_##name,
typedef enum bp_schedule_type { BP_SCHEDULE_TABLE(X) BP_SCHEDULE_TYPE_COUNT } bp_schedule_type;
#undef X
extern const bp_vocabulary bp_schedules;

typedef enum bp_schedule_unit {
    BP_PER_EPOCH,
    BP_PER_STEP,
    BP_SCHEDULE_UNIT_COUNT
} bp_schedule_unit;
extern const bp_vocabulary bp_schedule_units;

/* Settings that some schedules have, each a double of bp_schedule: enumerator, member and name on
 * the wire, kind of range, its ends. */
#define BP_SCHEDULE_SETTING_TABLE(X)                                                               \
    X(WARMUP, warmup, WHOLE, 0, 1e9)                                                               \
    X(STEP_SIZE, step_size, WHOLE, 1, 1e9)                                                         \
    X(GAMMA, gamma, ABOVE, 0, 1)                                                                   \
    X(PERIOD, period, WHOLE, 0, 1e9) /* 0: what is left of the training */                         \
    X(MULTIPLIER, multiplier, WHOLE, 1, 1000)                                                      \
    X(MIN_LEARNING_RATE, min_learning_rate, FROM, 0, 1e9)                                          \
    X(MAX_FACTOR, max_factor, ABOVE, 0, 1e6)                                                       \
    X(PCT_START, pct_start, FROM, 0, 1)                                                            \
    X(DIV_FACTOR, div_factor, FROM, 1, 1e12)                                                       \
    X(FINAL_DIV_FACTOR, final_div_factor, FROM, 1, 1e12)                                           \
    X(POWER, power, FROM, 0, 2)                                                                    \
    X(FACTOR, factor, BETWEEN, 0, 1)                                                               \
    X(PATIENCE, patience, WHOLE, 0, 1e6)                                                           \
    X(THRESHOLD, threshold, FROM, 0, 1)

#define X(name, member, kind, low, high) BP_SCHEDULE_##name##_SETTING,
typedef enum bp_schedule_setting {
    BP_SCHEDULE_SETTING_TABLE(X) BP_SCHEDULE_SETTING_COUNT
} bp_schedule_setting;
#undef X

/* Zeros are the constant rate. */
typedef struct bp_schedule {
    bp_schedule_type type;
    bp_schedule_unit per; /* reduce_on_plateau: epochs */
    bp_monitor metric;    /* of reduce_on_plateau */
#define X(name, member, kind, low, high) double member;
    BP_SCHEDULE_SETTING_TABLE(X)
#undef X
} bp_schedule;

typedef enum bp_range_kind {
    BP_RANGE_WHOLE,  /* a whole number in [low, high] */
    BP_RANGE_FROM,   /* in [low, high] */
    BP_RANGE_ABOVE,  /* in (low, high] */
    BP_RANGE_BETWEEN /* in (low, high) */
} bp_range_kind;

typedef struct bp_schedule_setting_info {
    const char *name; /* on the wire, "step_size" */
    size_t offset;    /* of its double in bp_schedule */
    bp_range_kind kind;
    double low, high;
} bp_schedule_setting_info;
extern const bp_schedule_setting_info bp_schedule_settings[BP_SCHEDULE_SETTING_COUNT];

bool bp_schedule_has(bp_schedule_type type, bp_schedule_setting setting);
double bp_schedule_get(const bp_schedule *schedule, bp_schedule_setting setting);

/* A schedule of this type with its default settings. */
bp_schedule bp_schedule_defaults(bp_schedule_type type);

/* Whether the rate never changes. */
bool bp_schedule_is_constant(const bp_schedule *schedule);

/* INVALID "/schedule/gamma": a setting of this type is out of its range; "/schedule/per". */
BP_NODISCARD bp_status bp_schedule_check(const bp_schedule *schedule, double learning_rate,
                                         bp_error *err);

/* The clock of one training's rate. */
typedef struct bp_rate_clock {
    bp_schedule schedule;
    double base;              /* eta */
    uint64_t steps_per_epoch; /* of the training */
    uint64_t units;           /* of `per` that the training has after the warm-up, at least 1 */
    double plateau_rate; /* reduce_on_plateau: eta as reduced so far, the metric's best value, */
    double best;         /* and how many epochs in a row were no better */
    uint64_t waited;
} bp_rate_clock;

typedef struct bp_training_length {
    uint64_t epochs, steps_per_epoch;
} bp_training_length;

/* The clock before the first step. */
bp_rate_clock bp_rate_begin(const bp_schedule *schedule, double learning_rate,
                            bp_training_length length);

/* Between two steps: another base rate or another length, as if the training had always had them,
 * but for what it has come to.
 * All: the rates of the steps to come, warm-up included, are those of the new eta at the same t.
 * cosine without a period, one_cycle: t goes on against the new length. Fewer epochs than before
 * may leave a curve at a later place than it was at, more at an earlier one; it is not begun anew.
 * The others look at no length.
 * reduce_on_plateau: the rate as reduced so far is multiplied by new eta / old eta, and is no less
 * than min_learning_rate; the metric's best value and the epochs waited stay. */
void bp_rate_change(bp_rate_clock *clock, double learning_rate, bp_training_length length);

/* The rate of a step, steps counted from 0 over the whole training. */
double bp_rate_of_step(const bp_rate_clock *clock, uint64_t step);

/* Takes note of an epoch's end; one without the metric counts for nothing. */
void bp_rate_end_epoch(bp_rate_clock *clock, const bp_epoch_end *end);

/* State as bytes, of what changes: base, plateau_rate, best, waited. The length, which the owner
 * knows, is not among them: bp_rate_change sets it. */
void bp_rate_exchange(bp_rate_clock *clock, bp_byte_cursor *cursor);

#endif
