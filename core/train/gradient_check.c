#include "gradient_check.h"

#include <math.h>
#include <stdlib.h>

#include "memory.h"
#include "philox.h"

bp_gradient_check_options bp_gradient_check_defaults(void) {
    return (bp_gradient_check_options){.epsilon = 0x1p-17, .threshold = 1e-6};
}

/* --- the reference of a model --------------------------------------------------------------- */

bp_status bp_reference_of(bp_reference **out, const bp_instances *instances, bp_error *err) {
    const bp_snapshot *model = instances->model;
    const size_t width = model->network.width[0];
    bp_reference *reference;
    bp_status status = bp_reference_new(&reference, &model->network, instances->count, err);
    if (status != BP_OK) {
        return status;
    }
    for (size_t p = 0; p < model->network.storage_count; p++) {
        reference->parameters[p] = (double)model->parameters[p];
    }
    for (size_t i = 0; i < instances->count * width; i++) { /* the engine's gather, in float32 */
        float x =
            (instances->rows[i] - model->input_mean[i % width]) * model->input_scale[i % width];
        reference->x[0][i] = (double)x;
    }
    *out = reference;
    return BP_OK;
}

/* --- parameters by number: layer by layer, the arrays in their order, weights as [units, inputs]
 */

static bp_parameter_place place_in(const bp_network *network, size_t l, bp_parameter_kind kind,
                                   size_t number) {
    const size_t inputs = kind == BP_PARAMETER_WEIGHT ? network->width[l - 1] : 1;
    return (bp_parameter_place){
        .layer = l, .kind = kind, .unit = number / inputs, .input = number % inputs};
}

static bp_parameter_place place_of(const bp_network *network, size_t number) {
    size_t l = 1, kind = 0, count;
    while (number >= (count = bp_network_count(network, l, (bp_parameter_kind)kind))) {
        number -= count;
        l += ++kind == BP_PARAMETER_KINDS;
        kind %= BP_PARAMETER_KINDS;
    }
    return place_in(network, l, (bp_parameter_kind)kind, number);
}

/* Where it is stored. */
static size_t offset_of(const bp_network *network, bp_parameter_place place) {
    return bp_network_offset(network, place.layer, place.kind) +
           place.input * network->width[place.layer] + place.unit;
}

static size_t sample_of(const bp_network *network, const bp_gradient_check_options *options) {
    const size_t all = network->parameter_count;
    return options->sample == 0 || options->sample > all ? all : options->sample;
}

/* Piece i of `length` cut into `pieces` nearly equal ones. */
static size_t cut(size_t length, size_t pieces, size_t i) {
    return length / pieces * i + (i < length % pieces ? i : length % pieces);
}

/* The number of parameter i of the sample: one of its stretch. */
static size_t draw(const bp_network *network, const bp_gradient_check_options *options, size_t i) {
    const size_t all = network->parameter_count, sample = sample_of(network, options);
    const size_t first = cut(all, sample, i), length = cut(all, sample, i + 1) - first;
    uint32_t words[4];
    _Static_assert(BP_MAX_PARAMETERS <= UINT32_MAX, "32 random bits choose among all");
    bp_random_block(options->seed, BP_STREAM_SAMPLE, 0, i, words);
    return first + (size_t)((uint64_t)words[0] * length >> 32);
}

/* --- finite differences --------------------------------------------------------------------- */

typedef struct check {
    const bp_gradient_check_options *options;
    const bp_network *network;
    bp_reference_target target;
    bp_reference *base;  /* the point itself, with its analytic gradient */
    bp_reference *probe; /* the same with one parameter moved */
    double magnitude;    /* of the numbers that a loss is the difference of */
    double largest[BP_MAX_LAYERS + 1][BP_PARAMETER_KINDS]; /* |gradient| of each array */
} check;

static double largest_of(const double *values, size_t count) {
    double most = 0;
    for (size_t i = 0; i < count; i++) {
        most = fmax(most, fabs(values[i]));
    }
    return most;
}

static void measure_base(check *c) {
    const bp_network *network = c->network;
    const size_t last = network->layer_count;
    bp_reference_forward(c->base, c->target);
    bp_reference_backward(c->base, c->target);
    c->magnitude =
        fabs(c->base->loss) + largest_of(c->base->u[last], c->base->rows * network->width[last]);
    for (size_t l = 1; l <= last; l++) {
        for (int k = 0; k < BP_PARAMETER_KINDS; k++) {
            const bp_parameter_kind kind = (bp_parameter_kind)k;
            c->largest[l][k] = largest_of(c->base->gradient + bp_network_offset(network, l, kind),
                                          bp_network_count(network, l, kind));
        }
    }
}

/* By how much s(l), or u(l) for gamma, of row n moves where the parameter moves by 1; and what a
 * normalisation makes of it. */
static double lever(const check *c, bp_parameter_place place, size_t n) {
    const size_t l = place.layer, inputs = c->network->width[l - 1], units = c->network->width[l];
    const double norm = c->network->layer_norm[l] ? fmax(1, c->base->inverse_deviation[l][n]) : 1;
    switch (place.kind) {
    case BP_PARAMETER_WEIGHT:
        return fabs(c->base->x[l - 1][n * inputs + place.input]) * norm;
    case BP_PARAMETER_BIAS:
        return norm;
    case BP_PARAMETER_GAMMA:
        return fabs(c->base->z[l][n * units + place.unit]);
    default:
        return 1;
    }
}

static double step_for(const check *c, bp_parameter_place place) {
    double most = 1;
    for (size_t n = 0; n < c->base->rows; n++) {
        most = fmax(most, lever(c, place, n));
    }
    return c->options->epsilon / most;
}

/* Where a slope jumps, or turns so sharply (elu, huber) that a difference across is no derivative.
 */
typedef struct kinks {
    size_t count;
    double at[2];
} kinks;

static const kinks activation_kinks[BP_ACTIVATION_COUNT] = {
    /* of u(l) */
    [BP_ACTIVATION_RELU] = {1, {0}},          [BP_ACTIVATION_LEAKY_RELU] = {1, {0}},
    [BP_ACTIVATION_ELU] = {1, {0}},           [BP_ACTIVATION_SELU] = {1, {0}},
    [BP_ACTIVATION_HARD_TANH] = {2, {-1, 1}},
};

/* What a loss's kinks are kinks of. */
static double residual(const bp_loss_parameters *p, double x, double y) {
    (void)p;
    return x - y;
}

static double residual_by_delta(const bp_loss_parameters *p, double x, double y) {
    return (x - y) / (double)p->huber_delta;
}

static double margin(const bp_loss_parameters *p, double x, double y) {
    (void)p;
    return (2 * y - 1) * x;
}

static const struct {
    double (*of)(const bp_loss_parameters *p, double x, double y);
    kinks kinks;
} loss_kinks[BP_LOSS_COUNT] = {
    [BP_LOSS_MAE] = {residual, {1, {0}}},
    [BP_LOSS_HUBER] = {residual_by_delta, {2, {-1, 1}}},
    [BP_LOSS_QUANTILE] = {residual, {1, {0}}},
    [BP_LOSS_HINGE] = {margin, {1, {1}}},
};

/* Whether one lies between two numbers. */
static bool is_between(const kinks *those, double one, double other) {
    for (size_t k = 0; k < those->count; k++) {
        if ((one < those->at[k]) != (other < those->at[k])) {
            return true;
        }
    }
    return false;
}

static bool layer_crosses(const check *c, size_t l) {
    const kinks *those = &activation_kinks[c->network->activation[l]];
    for (size_t i = 0; those->count > 0 && i < c->base->rows * c->network->width[l]; i++) {
        if (is_between(those, c->base->u[l][i], c->probe->u[l][i])) {
            return true;
        }
    }
    return false;
}

static bool loss_crosses(const check *c) {
    const bp_loss_rule *rule = &c->network->loss_rule;
    const kinks *those = &loss_kinks[rule->loss].kinks;
    const size_t last = c->network->layer_count, width = c->network->width[last];
    for (size_t i = 0; those->count > 0 && i < c->base->rows * width; i++) {
        const double y = bp_reference_y(c->network, c->target, i / width, i % width);
        const double before = loss_kinks[rule->loss].of(&rule->parameters, c->base->x[last][i], y);
        if (is_between(those, before,
                       loss_kinks[rule->loss].of(&rule->parameters, c->probe->x[last][i], y))) {
            return true;
        }
    }
    return false;
}

/* Layers below the moved parameter stay as they were. */
static bool crosses_a_kink(const check *c, size_t first_layer) {
    for (size_t l = first_layer; l <= c->network->layer_count; l++) {
        if (layer_crosses(c, l)) {
            return true;
        }
    }
    return loss_crosses(c);
}

/* One side of a central difference; false: a kink lies between. */
static bool loss_beside(const check *c, bp_parameter_place place, double value, double *loss) {
    double *parameter = &c->probe->parameters[offset_of(c->network, place)];
    const double kept = *parameter;
    *parameter = value;
    bp_reference_forward(c->probe, c->target);
    *parameter = kept;
    *loss = c->probe->loss;
    return !crosses_a_kink(c, place.layer);
}

static void keep_worst(bp_worst_error *worst, const bp_worst_error *found) {
    if (worst->place.layer == 0 || !(found->relative_error <= worst->relative_error)) {
        *worst = *found;
        if (isnan(found->relative_error)) {
            worst->relative_error = INFINITY;
        }
    }
}

static double relative(double error, double size) {
    return error > 0 || isnan(error) ? error / size : 0;
}

static void check_parameter(bp_gradient_check *out, const check *c, bp_parameter_place place) {
    const size_t p = offset_of(c->network, place);
    const double h = step_for(c, place), w = c->base->parameters[p];
    double above, below;
    bool smooth = loss_beside(c, place, w + h, &above);
    smooth = loss_beside(c, place, w - h, &below) && smooth;
    if (!smooth) {
        out->at_kinks++;
        return;
    }
    const double numeric = (above - below) / ((w + h) - (w - h)), analytic = c->base->gradient[p];
    const double rounding = 64 * 0x1p-53 * c->magnitude / h;
    const double size = fmax(fmax(fabs(analytic), fabs(numeric)),
                             fmax(c->largest[place.layer][place.kind] / 1000, 1e6 * rounding));
    const double error = relative(fabs(analytic - numeric), size);
    keep_worst(&out->finite_difference, &(bp_worst_error){error, place, analytic, numeric});
    out->checked++;
}

double bp_gradient_check_cost(const bp_network *network, size_t rows,
                              const bp_gradient_check_options *options) {
    return 2.0 * (double)sample_of(network, options) * (double)rows *
           (double)network->parameter_count;
}

/* --- the engine ----------------------------------------------------------------------------- */

/* What the gradients call the derivative by each array. */
static const bp_gradient_field field_of[BP_PARAMETER_KINDS] = {
    [BP_PARAMETER_WEIGHT] = BP_GRADIENT_DW,
    [BP_PARAMETER_BIAS] = BP_GRADIENT_DB,
    [BP_PARAMETER_GAMMA] = BP_GRADIENT_DGAMMA,
    [BP_PARAMETER_BETA] = BP_GRADIENT_DBETA,
};

/* float32 values of an array, weights as [units, inputs], against the reference's. */
static void compare_array(bp_gradient_check *out, const check *c, size_t l, bp_parameter_kind kind,
                          const float *values) {
    const double size = c->largest[l][kind];
    for (size_t i = 0; i < bp_network_count(c->network, l, kind); i++) {
        const bp_parameter_place place = place_in(c->network, l, kind, i);
        const double expected = c->base->gradient[offset_of(c->network, place)];
        const double error = relative(fabs((double)values[i] - expected), size);
        keep_worst(&out->engine, &(bp_worst_error){error, place, (double)values[i], expected});
    }
}

static void compare_layer(bp_gradient_check *out, const check *c, bp_gradients *gradients, size_t l,
                          float *values) {
    for (int kind = 0; kind < BP_PARAMETER_KINDS; kind++) {
        if (bp_network_count(c->network, l, (bp_parameter_kind)kind) > 0) {
            bp_gradients_write(gradients, field_of[kind], l, values);
            compare_array(out, c, l, (bp_parameter_kind)kind, values);
        }
    }
}

static bp_status compare_engine(bp_gradient_check *out, const check *c,
                                const bp_instances *instances, const bp_targets *targets,
                                bp_error *err) {
    const size_t largest = bp_network_largest(c->network);
    bp_gradients *gradients;
    bp_status status = bp_gradients_new(&gradients, instances, targets, BP_REDUCTION_MEAN, err);
    if (status != BP_OK) {
        return status;
    }
    float *values = bp_calloc_aligned(largest, sizeof *values);
    if (values == NULL) {
        bp_gradients_free(gradients);
        return bp_fail(err, BP_NO_MEMORY, NULL, "no memory for %zu derivatives", largest);
    }
    for (size_t l = 1; l <= c->network->layer_count; l++) {
        compare_layer(out, c, gradients, l, values);
    }
    free(values);
    bp_gradients_free(gradients);
    return BP_OK;
}

/* --- both ----------------------------------------------------------------------------------- */

/* Real targets in double, *y for the caller to free; classes as they are. */
static bp_status read_target(bp_reference_target *out, double **y, const bp_targets *targets,
                             size_t rows, bp_error *err) {
    *y = NULL;
    *out = (bp_reference_target){.class_index = targets->class_index};
    if (targets->class_index != NULL) {
        return BP_OK;
    }
    *y = calloc(rows, targets->width * sizeof **y);
    if (*y == NULL) {
        return bp_fail(err, BP_NO_MEMORY, NULL, "no memory for the targets of %zu rows", rows);
    }
    for (size_t i = 0; i < rows * targets->width; i++) {
        (*y)[i] = (double)bp_targets_scale(targets, i % targets->width, targets->y[i]);
    }
    out->y = *y;
    return BP_OK;
}

static void run_check(bp_gradient_check *out, check *c) {
    measure_base(c);
    out->parameters = c->network->parameter_count;
    out->loss = c->base->loss;
    for (size_t i = 0; i < sample_of(c->network, c->options); i++) {
        check_parameter(out, c, place_of(c->network, draw(c->network, c->options, i)));
    }
    out->passed = out->checked > 0 && out->finite_difference.relative_error < c->options->threshold;
}

bp_status bp_gradient_check_run(bp_gradient_check *out, const bp_instances *instances,
                                const bp_targets *targets, const bp_gradient_check_options *options,
                                bp_error *err) {
    bp_gradient_check result = {0};
    check c = {.options = options, .network = &instances->model->network};
    double *y;
    bp_status status = read_target(&c.target, &y, targets, instances->count, err);
    if (status == BP_OK) {
        status = bp_reference_of(&c.base, instances, err);
    }
    if (status == BP_OK) {
        status = bp_reference_of(&c.probe, instances, err);
    }
    if (status == BP_OK) {
        run_check(&result, &c);
        status = compare_engine(&result, &c, instances, targets, err);
    }
    if (status == BP_OK) {
        *out = result;
    }
    bp_reference_free(c.probe);
    bp_reference_free(c.base);
    free(y);
    return status;
}
