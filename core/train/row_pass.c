#include "row_pass.h"

#include <string.h>

#include "memory.h"

static size_t widest(const bp_network *network) {
    size_t most = 0;
    for (size_t l = 0; l <= network->layer_count; l++) {
        most = network->width[l] > most ? network->width[l] : most;
    }
    return most;
}

static bool add_array(float **out, size_t rows, size_t width) {
    *out = bp_calloc_aligned(rows, width * sizeof **out);
    return *out != NULL;
}

/* Whether sigma' cannot be read from x(l): it is written in u(l), or x(l) is less or more than
 * sigma(u(l)). */
static bool keeps_apart(const bp_network *network, size_t l, bp_row_use use) {
    const bool dropped = use == BP_ROWS_DROPPED && l < network->layer_count;
    return dropped || bp_slope_is_in_s(network->activation[l]) || network->residual[l];
}

/* The arrays of layer l. */
static bool add_layer(bp_row_buffers *buffers, const bp_network *network, size_t l,
                      bp_row_use use) {
    const size_t rows = buffers->rows, width = network->width[l];
    buffers->width[l] = width;
    bool complete = add_array(&buffers->x[l], rows, width);
    buffers->kept[l] = buffers->x[l];
    buffers->z[l] = network->layer_norm[l] ? buffers->x[l] : NULL;
    if (use == BP_ROWS_FORWARD || l == 0) {
        return complete;
    }
    if (keeps_apart(network, l, use)) {
        complete = add_array(&buffers->kept[l], rows, width) && complete;
    }
    if (network->layer_norm[l]) {
        complete = add_array(&buffers->z[l], rows, width) && complete;
        complete = add_array(&buffers->du[l], rows, width) && complete;
        complete = add_array(&buffers->inverse_deviation[l], rows, 1) && complete;
    }
    return add_array(&buffers->ds[l], rows, width) && complete;
}

bp_status bp_row_buffers_new(bp_row_buffers *out, const bp_network *network, size_t rows,
                             size_t tile_rows, bp_row_use use, bp_error *err) {
    bp_row_buffers buffers = {.rows = rows};
    buffers.scratch_floats = 2 * tile_rows * widest(network);
    bool complete = add_array(&buffers.loss, rows, 1);
    for (size_t l = 0; l <= network->layer_count; l++) {
        complete = add_layer(&buffers, network, l, use) && complete;
    }
    if (!complete) {
        bp_row_buffers_clear(&buffers);
        return bp_fail(err, BP_NO_MEMORY, NULL, "no memory for the activations of %zu rows", rows);
    }
    *out = buffers;
    return BP_OK;
}

static void free_apart(float *array, const float *x) {
    if (array != x) {
        free(array);
    }
}

void bp_row_buffers_clear(bp_row_buffers *buffers) {
    for (size_t l = 0; l <= BP_MAX_LAYERS; l++) {
        free_apart(buffers->kept[l], buffers->x[l]);
        free_apart(buffers->z[l], buffers->x[l]);
        free(buffers->x[l]);
        free(buffers->ds[l]);
        free(buffers->du[l]);
        free(buffers->inverse_deviation[l]);
    }
    free(buffers->loss);
    *buffers = (bp_row_buffers){0};
}

float *bp_row_buffers_x(const bp_row_buffers *buffers, size_t l, size_t first) {
    return buffers->x[l] + first * buffers->width[l];
}

float *bp_row_buffers_kept(const bp_row_buffers *buffers, size_t l, size_t first) {
    return buffers->kept[l] + first * buffers->width[l];
}

float *bp_row_buffers_ds(const bp_row_buffers *buffers, size_t l, size_t first) {
    return buffers->ds[l] + first * buffers->width[l];
}

bp_layer_trace bp_row_buffers_trace(const bp_row_buffers *buffers, size_t l, size_t first) {
    bp_layer_trace trace = {.kept = bp_row_buffers_kept(buffers, l, first)};
    if (buffers->z[l] != NULL) {
        trace.z = buffers->z[l] + first * buffers->width[l];
    }
    if (buffers->inverse_deviation[l] != NULL) {
        trace.inverse_deviation = buffers->inverse_deviation[l] + first;
    }
    return trace;
}

static void gather(const bp_row_pass *pass, size_t first, size_t rows) {
    const size_t width = pass->network->width[0];
    bp_gather g = {.rows = rows,
                   .width = width,
                   .x = pass->index != NULL ? pass->data : pass->data + first * width,
                   .index = pass->index != NULL ? pass->index + first : NULL,
                   .mean = pass->input_mean,
                   .scale = pass->input_scale,
                   .out = bp_row_buffers_x(pass->buffers, 0, first)};
    pass->kernels->gather(&g);
}

static bp_noise_rows noise_rows(const bp_row_pass *pass, size_t l, size_t first, size_t rows) {
    return (bp_noise_rows){pass->kernels, l, first, rows, pass->network->width[l]};
}

/* Whether units of layer l are dropped: of hidden layers. */
static bool drops(const bp_row_pass *pass, size_t l) {
    return pass->noise != NULL && pass->noise->dropout > 0 && l < pass->network->layer_count;
}

/* x(0) from the data, with the noise of a training step. */
static void input_layer(const bp_row_pass *pass, size_t first, size_t rows) {
    gather(pass, first, rows);
    if (pass->noise != NULL) {
        const bp_noise_rows place = noise_rows(pass, 0, first, rows);
        bp_noise_on_inputs(pass->noise, &place, bp_row_buffers_x(pass->buffers, 0, first));
    }
}

/* Whether sigma of layer l is taken at the end of the product that gives s(l), and sigma' at the
 * end of the one that gives dl/dx(l): a pass over memory less. */
static bool product_ends_in_relu(const bp_network *network, size_t l) {
    return network->activation[l] == BP_ACTIVATION_RELU && !network->layer_norm[l] &&
           !network->residual[l];
}

/* s(l) = w(l) x(l-1) + b(l), or x(l) where the product ends in relu */
static void weighted_sums(const bp_row_pass *pass, size_t l, size_t first, size_t rows, float *s) {
    const bp_network *network = pass->network;
    const size_t in = network->width[l - 1], units = network->width[l];
    bp_product product = {.m = rows,
                          .n = units,
                          .depth = in,
                          .a = bp_row_buffers_x(pass->buffers, l - 1, first),
                          .a_row = in,
                          .a_column = 1,
                          .b = pass->parameters + network->weight_offset[l],
                          .b_row = units,
                          .c = s,
                          .c_row = units,
                          .start = BP_START_BIAS,
                          .bias = pass->parameters + network->bias_offset[l],
                          .end = product_ends_in_relu(network, l) ? BP_END_RELU : BP_END_NONE};
    pass->kernels->product(&product);
}

/* u(l) = gamma(l) . z(l) + beta(l) from s(l), which becomes z(l). */
static void normalize(const bp_row_pass *pass, size_t l, const bp_layer_trace *trace, size_t rows,
                      float *u) {
    const bp_network *network = pass->network;
    pass->kernels->normalize(
        &(bp_normalization){.rows = rows,
                            .width = network->width[l],
                            .gamma = pass->parameters + network->gamma_offset[l],
                            .beta = pass->parameters + network->beta_offset[l],
                            .z = trace->z,
                            .inverse_deviation = trace->inverse_deviation,
                            .u = u});
}

/* Whether sigma of layer l is part of the loss, which takes u(L) then. */
static bool left_to_loss(const bp_row_pass *pass, size_t l) {
    return l == pass->network->layer_count && bp_loss_is_fused(pass->network->loss_rule.loss);
}

/* x(l) from sigma(u(l)): some units are dropped, x(l-1) is added over a residual connection. */
static void finish_layer(const bp_row_pass *pass, size_t l, size_t first, size_t rows,
                         const float *activated) {
    float *x = bp_row_buffers_x(pass->buffers, l, first);
    const float *remaining = activated;
    if (drops(pass, l)) {
        const bp_noise_rows place = noise_rows(pass, l, first, rows);
        bp_noise_drop(pass->noise, &place, activated, x);
        remaining = x;
    }
    if (pass->network->residual[l]) {
        pass->kernels->add_scaled(rows * pass->network->width[l], 1,
                                  bp_row_buffers_x(pass->buffers, l - 1, first), remaining, x);
    }
}

/* u(l) is s(l), or that normalised; it, or sigma(u(l)), stays where it is kept apart. A loss that
 * is fused has the last sigma to itself. */
static void forward_layer(const bp_row_pass *pass, size_t l, size_t first, size_t rows) {
    const bp_network *network = pass->network;
    const bp_activation activation = network->activation[l];
    const bool relu = product_ends_in_relu(network, l);
    const bool goes_on = drops(pass, l) || network->residual[l];
    const bp_layer_trace trace = bp_row_buffers_trace(pass->buffers, l, first);
    float *x = bp_row_buffers_x(pass->buffers, l, first);
    float *u = relu && !goes_on ? x : bp_row_buffers_kept(pass->buffers, l, first);
    weighted_sums(pass, l, first, rows, network->layer_norm[l] ? trace.z : u);
    if (network->layer_norm[l]) {
        normalize(pass, l, &trace, rows, u);
    }
    if (left_to_loss(pass, l)) {
        return;
    }
    float *activated = goes_on && !bp_slope_is_in_s(activation) ? u : x;
    if (!relu) {
        pass->kernels->activate(activation, rows * network->width[l], u, activated);
    }
    if (goes_on) {
        finish_layer(pass, l, first, rows, activated);
    }
}

/* Past the units that were dropped. */
static void through_dropout(const bp_row_pass *pass, size_t l, size_t first, size_t rows) {
    if (drops(pass, l)) {
        const bp_noise_rows place = noise_rows(pass, l, first, rows);
        float *ds = bp_row_buffers_ds(pass->buffers, l, first);
        bp_noise_drop(pass->noise, &place, ds, ds);
    }
}

/* dl/ds(l) in the place of dl/dx(l), which goes on over a residual connection. */
static void through_units(const bp_row_pass *pass, const bp_chain_step *step, size_t l,
                          size_t first) {
    const size_t width = pass->network->width[l];
    const bp_layer_trace trace = bp_row_buffers_trace(pass->buffers, l, first);
    float *ds = bp_row_buffers_ds(pass->buffers, l, first);
    float *du = pass->network->layer_norm[l] ? pass->buffers->du[l] + first * width : NULL;
    if (pass->network->residual[l] && l > 1) {
        memcpy(bp_row_buffers_ds(pass->buffers, l - 1, first), ds, step->rows * width * sizeof *ds);
    }
    through_dropout(pass, l, first, step->rows);
    if (!left_to_loss(pass, l)) {
        bp_chain_through_units(step, l, &trace, ds, du, ds);
    } else if (du != NULL) {
        memcpy(du, ds, step->rows * width * sizeof *ds);
        bp_chain_through_normalization(step, l, &trace, du, ds);
    }
}

/* dl/dx(l), or dl/ds(l) at once. */
static void through_weights(const bp_row_pass *pass, const bp_chain_step *step, size_t l,
                            size_t first) {
    bp_chain_through_weights(step, l, bp_row_buffers_ds(pass->buffers, l + 1, first),
                             product_ends_in_relu(pass->network, l)
                                 ? bp_row_buffers_kept(pass->buffers, l, first)
                                 : NULL,
                             bp_row_buffers_ds(pass->buffers, l, first));
}

/* Without targets: the activation that forward_layer left to the loss. */
static void finish_output(const bp_row_pass *pass, size_t rows, float *x) {
    const size_t last = pass->network->layer_count, width = pass->network->width[last];
    if (pass->network->activation[last] == BP_ACTIVATION_SOFTMAX) {
        pass->kernels->softmax(rows, width, x);
    } else if (left_to_loss(pass, last)) {
        pass->kernels->activate(pass->network->activation[last], rows * width, x, x);
    }
}

/* l_n w_n, and its derivative. */
static void weigh_rows(const bp_row_pass *pass, const bp_output_rows *out, size_t first) {
    for (size_t i = 0; pass->weights != NULL && i < out->rows; i++) {
        const float weight =
            pass->weights[pass->index != NULL ? pass->index[first + i] : first + i];
        out->loss[i] *= weight;
        if (out->d != NULL) {
            pass->kernels->scale(out->width, weight, out->d + i * out->width);
        }
    }
}

/* The loss of each row and, where the pass goes backward, dl/dx(L), or dl/du(L) where the loss is
 * fused, in the place of dl/ds(L). `scratch` [rows, width[L]]. */
static void output_layer(const bp_row_pass *pass, size_t first, size_t rows, bool backward,
                         float *scratch) {
    const bp_loss_rule *rule = &pass->network->loss_rule;
    const size_t last = pass->network->layer_count, width = pass->network->width[last];
    float *x = bp_row_buffers_x(pass->buffers, last, first);
    if (pass->targets == NULL) {
        finish_output(pass, rows, x);
        return;
    }
    bp_output_rows out = {.rows = rows,
                          .width = width,
                          .x = x,
                          .d = backward ? bp_row_buffers_ds(pass->buffers, last, first) : NULL,
                          .scale = pass->scale,
                          .loss = pass->buffers->loss + first};
    const uint32_t *index = pass->index != NULL ? pass->index + first : NULL;
    if (rule->loss == BP_LOSS_CROSS_ENTROPY) {
        int32_t *classes = (int32_t *)(void *)scratch; /* [rows], fits in [rows, width] */
        for (size_t i = 0; i < rows; i++) {
            classes[i] = pass->targets->class_index[index != NULL ? index[i] : first + i];
        }
        pass->kernels->cross_entropy(rule, &out, classes);
        weigh_rows(pass, &out, first);
        return;
    }
    bp_targets_gather(pass->targets, index, first, rows, scratch);
    pass->kernels->mean_loss(rule, &out, scratch);
    weigh_rows(pass, &out, first);
}

static void forward(const bp_row_pass *pass, size_t first, size_t rows, bool backward,
                    float *scratch) {
    for (size_t l = 1; l <= pass->network->layer_count; l++) {
        forward_layer(pass, l, first, rows);
    }
    output_layer(pass, first, rows, backward, scratch);
}

void bp_row_pass_forward(const bp_row_pass *pass, size_t first, size_t rows, float *scratch) {
    input_layer(pass, first, rows);
    forward(pass, first, rows, false, scratch);
}

void bp_row_pass_both(const bp_row_pass *pass, size_t first, size_t rows, float *scratch,
                      bp_laps *laps) {
    input_layer(pass, first, rows);
    bp_lap(laps, BP_PART_GATHER);
    forward(pass, first, rows, true, scratch);
    bp_lap(laps, BP_PART_FORWARD);
    const bp_chain_step step = {.kernels = pass->kernels,
                                .network = pass->network,
                                .parameters = pass->parameters,
                                .rows = rows};
    for (size_t l = pass->network->layer_count; l >= 1; l--) {
        if (l == pass->network->layer_count || !product_ends_in_relu(pass->network, l)) {
            through_units(pass, &step, l, first);
        } else { /* the gate came before, which changes no bit */
            through_dropout(pass, l, first, rows);
        }
        if (l > 1) {
            through_weights(pass, &step, l - 1, first);
        }
    }
    bp_lap(laps, BP_PART_BACKWARD);
}
