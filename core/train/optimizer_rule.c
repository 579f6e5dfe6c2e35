#include "optimizer_rule.h"

#include <math.h>

#include "lbfgs.h"

#define X(name, member, range) {#member, offsetof(bp_train_options, member), range},
const bp_hyperparameter_info bp_hyperparameters[BP_HYPERPARAMETER_COUNT] = {
    BP_HYPERPARAMETER_TABLE(X)};
#undef X

#define X(name, wire, states, formula) wire,
static const char *const names[] = {BP_OPTIMIZER_TABLE(X)};
#undef X
#define X(name, wire, states, formula) (formula),
static const char *const formulas[] = {BP_OPTIMIZER_TABLE(X)};
#undef X
#define X(name, wire, states, formula) states,
static const size_t states_of[] = {BP_OPTIMIZER_TABLE(X)};
#undef X

const bp_vocabulary bp_optimizers = {"optimizer", BP_OPTIMIZER_COUNT, names, formulas};

/* The defaults, NONE where an optimiser does not have the setting. In the order of the table:
 * learning rate, momentum, beta1, beta2, rho, epsilon, weight decay, history, tolerance. */
#define NONE (-1.0f)
static const float defaults[BP_OPTIMIZER_COUNT][BP_HYPERPARAMETER_COUNT] = {
    [BP_OPTIMIZER_SGD] = {0.1f, 0.9f, NONE, NONE, NONE, NONE, 0, NONE, NONE},
    [BP_OPTIMIZER_NESTEROV] = {0.1f, 0.9f, NONE, NONE, NONE, NONE, 0, NONE, NONE},
    [BP_OPTIMIZER_RMSPROP] = {0.001f, NONE, NONE, NONE, 0.99f, 1e-8f, 0, NONE, NONE},
    [BP_OPTIMIZER_ADAGRAD] = {0.01f, NONE, NONE, NONE, NONE, 1e-10f, 0, NONE, NONE},
    [BP_OPTIMIZER_ADADELTA] = {1.0f, NONE, NONE, NONE, 0.9f, 1e-6f, 0, NONE, NONE},
    [BP_OPTIMIZER_ADAM] = {0.001f, NONE, 0.9f, 0.999f, NONE, 1e-8f, 0, NONE, NONE},
    [BP_OPTIMIZER_ADAMW] = {0.001f, NONE, 0.9f, 0.999f, NONE, 1e-8f, 0.01f, NONE, NONE},
    [BP_OPTIMIZER_NADAM] = {0.001f, NONE, 0.9f, 0.999f, NONE, 1e-8f, 0, NONE, NONE},
    [BP_OPTIMIZER_LION] = {0.0001f, NONE, 0.9f, 0.99f, NONE, NONE, 0, NONE, NONE},
    [BP_OPTIMIZER_RPROP] = {0.01f, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE},
    [BP_OPTIMIZER_LBFGS] = {1.0f, NONE, NONE, NONE, NONE, NONE, NONE, 10, 1e-5f},
};

/* Their step is as good as the sign or the curvature of the whole data's gradient. */
static const bool full_batch[BP_OPTIMIZER_COUNT] = {
    [BP_OPTIMIZER_RPROP] = true, [BP_OPTIMIZER_LBFGS] = true};

static float *setting(bp_train_options *options, size_t h) {
    return (float *)(void *)((char *)options + bp_hyperparameters[h].offset);
}

static float get(const bp_train_options *options, size_t h) {
    return *(const float *)(const void *)((const char *)options + bp_hyperparameters[h].offset);
}

void bp_train_set_optimizer(bp_train_options *options, bp_optimizer optimizer) {
    options->optimizer = optimizer;
    for (size_t h = 0; h < BP_HYPERPARAMETER_COUNT; h++) {
        float value = defaults[optimizer][h];
        *setting(options, h) = value == NONE ? 0 : value;
    }
}

bool bp_optimizer_has(bp_optimizer optimizer, bp_hyperparameter hyperparameter) {
    return defaults[optimizer][hyperparameter] != NONE;
}

bool bp_optimizer_is_full_batch(bp_optimizer optimizer) {
    return full_batch[optimizer];
}

bool bp_optimizer_starts_at_rate(const bp_train_options *options, size_t state) {
    return options->optimizer == BP_OPTIMIZER_RPROP && state == 1;
}

float bp_optimizer_first_state(const bp_train_options *options, size_t state) {
    return bp_optimizer_starts_at_rate(options, state) ? options->learning_rate : 0;
}

static bool has_penalty(const bp_train_options *options) {
    return options->regularization.l1 > 0 || options->regularization.l2 > 0;
}

size_t bp_optimizer_states(const bp_train_options *options) {
    bool plain = options->optimizer == BP_OPTIMIZER_SGD && options->momentum == 0 &&
                 options->weight_decay == 0 && !has_penalty(options) &&
                 !bp_gradient_clipping_on(&options->gradient_clipping);
    return plain ? 0 : states_of[options->optimizer];
}

static bool in_range(bp_hyperparameter h, float value) {
    switch (h) {
    case BP_HYPERPARAMETER_LEARNING_RATE:
    case BP_HYPERPARAMETER_EPSILON:
        return value > 0 && isfinite(value);
    case BP_HYPERPARAMETER_HISTORY:
        return value >= 1 && value <= BP_LBFGS_MOST_HISTORY && value == floorf(value);
    case BP_HYPERPARAMETER_WEIGHT_DECAY:
    case BP_HYPERPARAMETER_TOLERANCE:
        return value >= 0 && isfinite(value);
    default:
        return value >= 0 && value < 1;
    }
}

/* A line search needs a smooth function that stays what it is. */
static bp_status check_lbfgs(const bp_train_options *o, bp_error *err) {
    const struct {
        const char *field;
        float value;
    } rows[] = {
        {"/regularization/l1", o->regularization.l1},
        {"/regularization/max_norm", o->regularization.max_norm},
        {"/regularization/dropout", o->regularization.dropout},
        {"/regularization/input_dropout", o->regularization.input_dropout},
        {"/regularization/input_noise", o->regularization.input_noise},
        {"/gradient_clipping/norm", o->gradient_clipping.norm},
        {"/gradient_clipping/value", o->gradient_clipping.value},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (rows[i].value != 0) {
            return bp_fail(err, BP_INVALID, rows[i].field,
                           "the optimizer lbfgs does not go with this: it takes l2 alone");
        }
    }
    return BP_OK;
}

bp_status bp_optimizer_check(const bp_train_options *options, bp_error *err) {
    for (size_t h = 0; h < BP_HYPERPARAMETER_COUNT; h++) {
        bp_hyperparameter which = (bp_hyperparameter)h;
        if (bp_optimizer_has(options->optimizer, which) && !in_range(which, get(options, h))) {
            bp_status status = bp_fail(err, BP_INVALID, bp_hyperparameters[h].name, "%s must be %s",
                                       bp_hyperparameters[h].name, bp_hyperparameters[h].range);
            bp_error_nest(err, "/optimizer/");
            return status;
        }
    }
    return options->optimizer == BP_OPTIMIZER_LBFGS ? check_lbfgs(options, err) : BP_OK;
}

static void count_step(bp_optimizer_clock *clock, const bp_train_options *o) {
    if (clock->step == 0) {
        *clock = (bp_optimizer_clock){.beta1_power = 1, .beta2_power = 1, .nadam_power = 1};
        clock->nadam_product = 1;
    }
    clock->step++;
    clock->beta1_power *= (double)o->beta1;
    clock->beta2_power *= (double)o->beta2;
}

/* mu_t = b1 (1 - 0.96^(0.004 t) / 2); 0.96^0.004 is a constant, so that no library's pow decides.
 */
static void set_nadam(bp_optimizer_clock *clock, double eta, double beta1, bp_step_rule *rule) {
    const double per_step = 0.9998367253526753;
    clock->nadam_power *= per_step;
    double mu = beta1 * (1 - 0.5 * clock->nadam_power);
    double next = beta1 * (1 - 0.5 * clock->nadam_power * per_step);
    clock->nadam_product *= mu;
    rule->rate = (float)(eta * (1 - mu) / (1 - clock->nadam_product));
    rule->rate_m = (float)(eta * next / (1 - clock->nadam_product * next));
}

bp_step_rule bp_optimizer_next(bp_optimizer_clock *clock, const bp_train_options *o, double eta) {
    count_step(clock, o);
    const bool average = bp_optimizer_has(o->optimizer, BP_HYPERPARAMETER_RHO);
    const bool decoupled = o->optimizer == BP_OPTIMIZER_ADAMW || o->optimizer == BP_OPTIMIZER_LION;
    const float beta2 = average ? o->rho : o->beta2;
    bp_step_rule rule = {.optimizer = o->optimizer,
                         .rate = (float)eta,
                         .momentum = o->momentum,
                         .beta1 = o->beta1,
                         .rest1 = (float)(1 - (double)o->beta1),
                         .beta2 = beta2,
                         .rest2 = (float)(1 - (double)beta2),
                         .root = (float)(1 / sqrt(1 - clock->beta2_power)),
                         .epsilon = o->epsilon,
                         .decay = decoupled ? 0 : o->weight_decay,
                         .shaped = has_penalty(o) || o->gradient_clipping.norm > 0,
                         .gradient_scale = 1,
                         .l2 = o->regularization.l2,
                         .l1 = o->regularization.l1};
    rule.keep = decoupled ? (float)(1 - eta * (double)o->weight_decay) : 1;
    if (o->optimizer == BP_OPTIMIZER_ADAM || o->optimizer == BP_OPTIMIZER_ADAMW) {
        rule.rate = (float)(eta / (1 - clock->beta1_power));
    } else if (o->optimizer == BP_OPTIMIZER_NADAM) {
        set_nadam(clock, eta, (double)o->beta1, &rule);
    }
    return rule;
}

void bp_optimizer_clock_exchange(bp_optimizer_clock *clock, bp_byte_cursor *cursor) {
    bp_byte_cursor_whole(cursor, &clock->step, UINT64_MAX);
    bp_byte_cursor_double(cursor, &clock->beta1_power);
    bp_byte_cursor_double(cursor, &clock->beta2_power);
    bp_byte_cursor_double(cursor, &clock->nadam_power);
    bp_byte_cursor_double(cursor, &clock->nadam_product);
}
