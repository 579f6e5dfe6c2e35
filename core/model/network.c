#include "network.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* name and formula of each row of a table of network.h */
#define X(name, wire, slope, formula) wire,
static const char *const activation_names[] = {BP_ACTIVATION_TABLE(X)};
#undef X
#define X(name, wire, slope, formula) (formula),
static const char *const activation_formulas[] = {BP_ACTIVATION_TABLE(X)};
#undef X
#define X(name, wire, formula) wire,
static const char *const loss_names[] = {BP_LOSS_TABLE(X)};
static const char *const initializer_names[] = {BP_INITIALIZER_TABLE(X)};
static const char *const bias_initializer_names[] = {BP_BIAS_INITIALIZER_TABLE(X)};
#undef X
#define X(name, wire, formula) (formula),
static const char *const loss_formulas[] = {BP_LOSS_TABLE(X)};
static const char *const initializer_formulas[] = {BP_INITIALIZER_TABLE(X)};
static const char *const bias_initializer_formulas[] = {BP_BIAS_INITIALIZER_TABLE(X)};
#undef X

const bp_vocabulary bp_activations = {"activation", BP_ACTIVATION_COUNT, activation_names,
                                      activation_formulas};
const bp_vocabulary bp_losses = {"loss", BP_LOSS_COUNT, loss_names, loss_formulas};
const bp_vocabulary bp_initializers = {"initializer", BP_INITIALIZER_COUNT, initializer_names,
                                       initializer_formulas};
const bp_vocabulary bp_bias_initializers = {"bias_initializer", BP_BIAS_INITIALIZER_COUNT,
                                            bias_initializer_names, bias_initializer_formulas};

bool bp_loss_output(bp_loss loss, bp_activation *out) {
    if (!bp_loss_is_fused(loss)) {
        return false;
    }
    *out = loss == BP_LOSS_CROSS_ENTROPY ? BP_ACTIVATION_SOFTMAX : BP_ACTIVATION_SIGMOID;
    return true;
}

bp_column_rule bp_model_spec_rule(const bp_model_spec *spec, const char *column) {
    const bp_column_rule *own = bp_column_rules_find(&spec->column_rules, column);
    bp_column_rule rule = own != NULL ? *own : spec->column_rule;
    if (own == NULL) {
        rule.scale = spec->preprocessing;
    }
    return rule;
}

static bp_status check_layer(const bp_model_spec *spec, size_t i, bp_error *err) {
    char field[BP_FIELD_SIZE];
    const bp_layer_spec *layer = &spec->layers[i];
    bool last = i + 1 == spec->layer_count;
    snprintf(field, sizeof field, "/layers/%zu/units", i);
    if (layer->units == 0 && !last) {
        return bp_fail(err, BP_INVALID, field, "a hidden layer needs at least 1 unit");
    }
    if (layer->units > BP_MAX_UNITS) {
        return bp_fail(err, BP_TOO_LARGE, field, "%zu units; the limit is %d", layer->units,
                       BP_MAX_UNITS);
    }
    snprintf(field, sizeof field, "/layers/%zu/activation", i);
    bp_activation output;
    if (layer->activation == BP_ACTIVATION_SOFTMAX &&
        !(last && spec->loss == BP_LOSS_CROSS_ENTROPY)) {
        return bp_fail(err, BP_INVALID, field,
                       "softmax is for the last layer, with the loss cross_entropy");
    }
    if (last && bp_loss_output(spec->loss, &output) && layer->activation != output) {
        return bp_fail(err, BP_INVALID, field, "the loss %s needs %s in the last layer",
                       bp_losses.names[spec->loss], bp_activations.names[output]);
    }
    return BP_OK;
}

/* Whether layer i (from 0) may add what comes in; sizes still open are checked with the data. */
static bp_status check_residual(const bp_model_spec *spec, size_t i, size_t inputs, size_t units,
                                bp_error *err) {
    char field[BP_FIELD_SIZE];
    snprintf(field, sizeof field, "/layers/%zu/residual", i);
    if (!spec->layers[i].residual) {
        return BP_OK;
    }
    if (i + 1 == spec->layer_count && bp_loss_is_fused(spec->loss)) {
        return bp_fail(err, BP_INVALID, field,
                       "the loss %s takes the last layer's probabilities, to which nothing can be "
                       "added",
                       bp_losses.names[spec->loss]);
    }
    if (inputs > 0 && units > 0 && inputs != units) {
        return bp_fail(err, BP_INVALID, field,
                       "a residual connection adds x(l-1) to x(l): %zu inputs cannot be added to "
                       "%zu units",
                       inputs, units);
    }
    return BP_OK;
}

static bp_status check_residuals(const bp_model_spec *spec, size_t inputs, size_t outputs,
                                 bp_error *err) {
    bp_status status = BP_OK;
    for (size_t i = 0; status == BP_OK && i < spec->layer_count; i++) {
        size_t units = i + 1 == spec->layer_count ? outputs : spec->layers[i].units;
        status = check_residual(spec, i, inputs, units, err);
        inputs = units;
    }
    return status;
}

static size_t round_to_line(size_t floats) {
    return (floats + 15) / 16 * 16;
}

/* Places every array; TOO_LARGE beyond BP_MAX_PARAMETERS. Unknown sizes count as 1 here. */
static bp_status lay_out(bp_network *network, bp_error *err) {
    size_t parameters = 0, storage = 0;
    for (size_t l = 1; l <= network->layer_count; l++) {
        size_t in = network->width[l - 1], out = network->width[l];
        network->weight_offset[l] = storage;
        network->bias_offset[l] = storage + round_to_line(in * out);
        storage = network->bias_offset[l] + round_to_line(out);
        parameters += in * out + out;
        if (network->layer_norm[l]) {
            network->gamma_offset[l] = storage;
            network->beta_offset[l] = storage + round_to_line(out);
            storage = network->beta_offset[l] + round_to_line(out);
            parameters += 2 * out;
        }
        if (parameters > BP_MAX_PARAMETERS) {
            return bp_fail(err, BP_TOO_LARGE, "/layers", "more than %zu parameters",
                           BP_MAX_PARAMETERS);
        }
    }
    network->parameter_count = parameters;
    network->storage_count = storage;
    return BP_OK;
}

/* Whether initial weights can be made. Sizes that are open count as 1. */
static bp_status check_initial(const bp_model_spec *spec, const bp_network *network,
                               bp_error *err) {
    if (!isfinite(spec->initializer_value) || !isfinite(spec->bias_value)) {
        bool weights = !isfinite(spec->initializer_value);
        return bp_fail(err, BP_INVALID, weights ? "/initializer_value" : "/bias_value",
                       "an initial value must be finite");
    }
    size_t work = 0;
    for (size_t l = 1; spec->initializer == BP_INITIALIZER_ORTHOGONAL && l <= spec->layer_count;
         l++) {
        const size_t a = network->width[l - 1], b = network->width[l];
        work += a * b * (a < b ? a : b);
    }
    if (work > BP_MAX_ORTHOGONAL_WORK) {
        return bp_fail(err, BP_TOO_LARGE, "/initializer",
                       "orthogonal takes too long for these layers; one of 4096 x 4096 is the "
                       "limit, or more that are smaller");
    }
    return BP_OK;
}

static bp_status fill_network(bp_network *out, const bp_model_spec *spec, size_t inputs,
                              size_t outputs, bp_error *err) {
    bp_network network = {.layer_count = spec->layer_count};
    bp_status status = bp_loss_rule_of(&network.loss_rule, spec->loss, &spec->loss_parameters, err);
    if (status != BP_OK) {
        return status;
    }
    network.width[0] = inputs;
    for (size_t l = 1; l <= spec->layer_count; l++) {
        network.width[l] = l == spec->layer_count ? outputs : spec->layers[l - 1].units;
        network.activation[l] = spec->layers[l - 1].activation;
        network.layer_norm[l] = spec->layers[l - 1].layer_norm;
        network.residual[l] = spec->layers[l - 1].residual;
    }
    status = lay_out(&network, err);
    if (status == BP_OK) {
        status = check_initial(spec, &network, err);
    }
    if (status == BP_OK) {
        *out = network;
    }
    return status;
}

bp_status bp_model_spec_check(const bp_model_spec *spec, bp_error *err) {
    if (spec->layer_count == 0) {
        return bp_fail(err, BP_INVALID, "/layers", "a model needs at least one layer");
    }
    if (spec->layer_count > BP_MAX_LAYERS) {
        return bp_fail(err, BP_TOO_LARGE, "/layers", "%zu layers; the limit is %d",
                       spec->layer_count, BP_MAX_LAYERS);
    }
    if (spec->inputs > BP_MAX_UNITS) {
        return bp_fail(err, BP_TOO_LARGE, "/inputs", "%zu inputs; the limit is %d", spec->inputs,
                       BP_MAX_UNITS);
    }
    for (size_t i = 0; i < spec->layer_count; i++) {
        bp_status status = check_layer(spec, i, err);
        if (status != BP_OK) {
            return status;
        }
    }
    size_t last = spec->layers[spec->layer_count - 1].units;
    bp_status status = check_residuals(spec, spec->inputs, last, err);
    if (status != BP_OK) {
        return status;
    }
    bp_network network;
    return fill_network(&network, spec, spec->inputs > 0 ? spec->inputs : 1, last > 0 ? last : 1,
                        err);
}

bp_status bp_network_resolve(bp_network *out, const bp_model_spec *spec, size_t inputs,
                             size_t outputs, bp_error *err) {
    bp_status status = bp_model_spec_check(spec, err);
    if (status != BP_OK) {
        return status;
    }
    size_t last = spec->layer_count - 1;
    if (spec->inputs > 0 && spec->inputs != inputs) {
        return bp_fail(err, BP_INVALID, "/inputs", "the model has %zu inputs, not %zu",
                       spec->inputs, inputs);
    }
    if (spec->layers[last].units > 0 && spec->layers[last].units != outputs) {
        char field[BP_FIELD_SIZE];
        snprintf(field, sizeof field, "/layers/%zu/units", last);
        return bp_fail(err, BP_INVALID, field, "the model has %zu outputs, not %zu",
                       spec->layers[last].units, outputs);
    }
    if (inputs == 0 || outputs == 0 || inputs > BP_MAX_UNITS || outputs > BP_MAX_UNITS) {
        return bp_fail(
            err, BP_INVALID, inputs == 0 || inputs > BP_MAX_UNITS ? "/inputs" : "/layers",
            "%zu inputs and %zu outputs; each must be in 1..%d", inputs, outputs, BP_MAX_UNITS);
    }
    status = check_residuals(spec, inputs, outputs, err);
    return status == BP_OK ? fill_network(out, spec, inputs, outputs, err) : status;
}

/* --- the arrays of parameters --------------------------------------------------------------- */

#define X(name, wire) wire,
const char *const bp_parameter_names[BP_PARAMETER_KINDS] = {BP_PARAMETER_TABLE(X)};
#undef X

size_t bp_network_count(const bp_network *network, size_t l, bp_parameter_kind kind) {
    const bool is_norm = kind == BP_PARAMETER_GAMMA || kind == BP_PARAMETER_BETA;
    if (is_norm && !network->layer_norm[l]) {
        return 0;
    }
    return network->width[l] * (kind == BP_PARAMETER_WEIGHT ? network->width[l - 1] : 1);
}

size_t bp_network_offset(const bp_network *network, size_t l, bp_parameter_kind kind) {
    const size_t *const offsets[BP_PARAMETER_KINDS] = {
        [BP_PARAMETER_WEIGHT] = network->weight_offset,
        [BP_PARAMETER_BIAS] = network->bias_offset,
        [BP_PARAMETER_GAMMA] = network->gamma_offset,
        [BP_PARAMETER_BETA] = network->beta_offset,
    };
    return offsets[kind][l];
}

size_t bp_network_largest(const bp_network *network) {
    size_t largest = 0;
    for (size_t l = 1; l <= network->layer_count; l++) {
        size_t weights = bp_network_count(network, l, BP_PARAMETER_WEIGHT);
        largest = weights > largest ? weights : largest;
    }
    return largest;
}
