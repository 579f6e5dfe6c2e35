#include "row_pass.h"

#include <string.h>

static void gather(const bp_row_pass *pass, size_t first, size_t rows) {
    const size_t width = pass->network->width[0];
    const uint32_t *index = pass->index != NULL ? pass->index + first : NULL;
    bp_gather g = {.rows = rows,
                   .width = width,
                   .x = pass->data,
                   .index = index,
                   .mean = pass->input_mean,
                   .scale = pass->input_scale,
                   .out = bp_row_buffers_x(pass->buffers, 0, first)};
    if (pass->encoder != NULL) { /* into its place, and scaled there */
        bp_encoder_write(pass->encoder, index, first, rows, g.out);
        g.x = g.out;
        g.index = NULL;
    } else if (index == NULL) {
        g.x = pass->data + first * width;
    }
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

/* Where the forward pass of layer l reads and writes a tile's rows. */
typedef struct layer_rows {
    size_t l, first, rows;
    const float *below;           /* x(l-1) */
    float *x, *kept;              /* kept may be x */
    float *z, *inverse_deviation; /* with layer_norm; z may be x; NULL: not wanted */
} layer_rows;

/* s(l) = w(l) x(l-1) + b(l), or x(l) where the product ends in relu, of a strip of units */
static inline void weighted_sums(const bp_row_pass *pass, const layer_rows *r, bp_strip strip,
                                 float *s) {
    const bp_network *network = pass->network;
    const size_t in = network->width[r->l - 1], units = network->width[r->l];
    bp_product product = {.m = r->rows,
                          .n = strip.count,
                          .depth = in,
                          .a = r->below,
                          .a_row = in,
                          .a_column = 1,
                          .b = pass->parameters + network->weight_offset[r->l] + strip.first,
                          .b_row = units,
                          .c = s + strip.first,
                          .c_row = units,
                          .start = BP_START_BIAS,
                          .bias = pass->parameters + network->bias_offset[r->l] + strip.first,
                          .end = product_ends_in_relu(network, r->l) ? BP_END_RELU : BP_END_NONE};
    pass->kernels->product(&product);
}

/* u(l) = gamma(l) . z(l) + beta(l) from s(l), which becomes z(l). */
static void normalize(const bp_row_pass *pass, const layer_rows *r, float *u) {
    const bp_network *network = pass->network;
    pass->kernels->normalize(
        &(bp_normalization){.rows = r->rows,
                            .width = network->width[r->l],
                            .gamma = pass->parameters + network->gamma_offset[r->l],
                            .beta = pass->parameters + network->beta_offset[r->l],
                            .z = r->z,
                            .inverse_deviation = r->inverse_deviation,
                            .u = u});
}

/* Whether sigma of layer l is part of the loss, which takes u(L) then. */
static bool left_to_loss(const bp_row_pass *pass, size_t l) {
    return l == pass->network->layer_count && bp_loss_is_fused(pass->network->loss_rule.loss);
}

/* x(l) from sigma(u(l)): some units are dropped, x(l-1) is added over a residual connection. */
static void finish_layer(const bp_row_pass *pass, const layer_rows *r, const float *activated) {
    const float *remaining = activated;
    if (drops(pass, r->l)) {
        const bp_noise_rows place = noise_rows(pass, r->l, r->first, r->rows);
        bp_noise_drop(pass->noise, &place, activated, r->x);
        remaining = r->x;
    }
    if (pass->network->residual[r->l]) {
        pass->kernels->add_scaled(r->rows * pass->network->width[r->l], 1, r->below, remaining,
                                  r->x);
    }
}

/* u(l) is s(l), or that normalised; it, or sigma(u(l)), stays where it is kept apart. A loss that
 * is fused has the last sigma to itself. Inline as those around it: on one row of a small network
 * their calls are counted in percent. */
static inline void forward_layer(const bp_row_pass *pass, const layer_rows *r) {
    const bp_network *network = pass->network;
    const bp_activation activation = network->activation[r->l];
    const bool relu = product_ends_in_relu(network, r->l);
    const bool goes_on = drops(pass, r->l) || network->residual[r->l];
    float *u = relu && !goes_on ? r->x : r->kept;
    weighted_sums(pass, r, (bp_strip){0, network->width[r->l]},
                  network->layer_norm[r->l] ? r->z : u);
    if (network->layer_norm[r->l]) {
        normalize(pass, r, u);
    }
    if (left_to_loss(pass, r->l)) {
        return;
    }
    float *activated = goes_on && !bp_slope_is_in_s(activation) ? u : r->x;
    if (!relu) {
        pass->kernels->activate(activation, r->rows * network->width[r->l], u, activated);
    }
    if (goes_on) {
        finish_layer(pass, r, activated);
    }
}

static inline layer_rows rows_in_buffers(const bp_row_pass *pass, size_t l, size_t first,
                                         size_t rows) {
    const bp_layer_trace trace = bp_row_buffers_trace(pass->buffers, l, first);
    return (layer_rows){.l = l,
                        .first = first,
                        .rows = rows,
                        .below = bp_row_buffers_x(pass->buffers, l - 1, first),
                        .x = bp_row_buffers_x(pass->buffers, l, first),
                        .kept = bp_row_buffers_kept(pass->buffers, l, first),
                        .z = trace.z,
                        .inverse_deviation = trace.inverse_deviation};
}

/* Layers `from` to `to`, with all that the way back needs of them. */
static inline void forward_layers(const bp_row_pass *pass, size_t from, size_t to, size_t first,
                                  size_t rows) {
    for (size_t l = from; l <= to; l++) {
        const layer_rows r = rows_in_buffers(pass, l, first, rows);
        forward_layer(pass, &r);
    }
}

/* The same with x(to) alone: those below it lie in scratch by turns, not in the buffers. Layers
 * that share an array may differ in width, and then their tiles lie across one another: it is one
 * layer's at a time, over all tiles. */
static void skim_layers(const bp_row_pass *pass, size_t from, size_t to, size_t first, size_t rows,
                        float *scratch) {
    layer_rows r = {
        .first = first, .rows = rows, .x = bp_row_buffers_x(pass->buffers, from - 1, first)};
    for (size_t l = from; l <= to; l++) {
        r.l = l;
        r.below = r.x;
        r.x = l < to ? scratch + l % 2 * pass->buffers->tile_floats
                     : bp_row_buffers_x(pass->buffers, l, first);
        r.kept = r.z = r.x;
        forward_layer(pass, &r);
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

/* Whether the product above layer l ends in the gate of its relu. That of a border must wait where
 * the gate is not x(l): it is the lower segment's, which has yet to compute it again. */
static bool gated_above(const bp_row_pass *pass, size_t l) {
    const bp_row_buffers *buffers = pass->buffers;
    if (l == pass->network->layer_count || !product_ends_in_relu(pass->network, l)) {
        return false;
    }
    return buffers->kept[l] == buffers->x[l] || !bp_segments_is_border(&buffers->segments, l);
}

/* dl/dx(l), or dl/ds(l) at once. */
static void through_weights(const bp_row_pass *pass, const bp_chain_step *step, size_t l,
                            size_t first) {
    bp_chain_through_weights(step, l, bp_row_buffers_ds(pass->buffers, l + 1, first),
                             gated_above(pass, l) ? bp_row_buffers_kept(pass->buffers, l, first)
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

/* From x(0) to the loss, and its derivative where the pass goes backward; below the last segment
 * only the borders stay. */
static void forward(const bp_row_pass *pass, size_t first, size_t rows, bool backward,
                    float *scratch) {
    const bp_segments *segments = &pass->buffers->segments;
    const size_t last = segments->count - 1;
    for (size_t i = 0; i < last; i++) {
        skim_layers(pass, bp_segments_first(segments, i), segments->last[i], first, rows, scratch);
    }
    forward_layers(pass, bp_segments_first(segments, last), segments->last[last], first, rows);
    output_layer(pass, first, rows, backward, scratch);
}

/* What lies between the borders of a lower segment, and its own border where x is not all that the
 * way back needs. */
static void forward_again(const bp_row_pass *pass, size_t first, size_t rows) {
    const bp_row_buffers *buffers = pass->buffers;
    const size_t border = buffers->segments.last[pass->segment];
    const bool more = buffers->kept[border] != buffers->x[border] || buffers->z[border] != NULL;
    forward_layers(pass, bp_segments_first(&buffers->segments, pass->segment),
                   more ? border : border - 1, first, rows);
}

static bp_chain_step chain_step(const bp_row_pass *pass, size_t rows) {
    return (bp_chain_step){.kernels = pass->kernels,
                           .network = pass->network,
                           .parameters = pass->parameters,
                           .rows = rows};
}

/* dl/ds(l) from what through_weights left. */
static void finish_backward(const bp_row_pass *pass, const bp_chain_step *step, size_t l,
                            size_t first) {
    if (!gated_above(pass, l)) {
        through_units(pass, step, l, first);
    } else { /* the gate came before, which changes no bit */
        through_dropout(pass, l, first, step->rows);
    }
}

/* dl/ds of layers `from` down to `to`, and what goes on to the one below. */
static void backward_layers(const bp_row_pass *pass, size_t from, size_t to, size_t first,
                            size_t rows) {
    const bp_chain_step step = chain_step(pass, rows);
    for (size_t l = from; l >= to; l--) {
        finish_backward(pass, &step, l, first);
        if (l > 1) {
            through_weights(pass, &step, l - 1, first);
        }
    }
}

void bp_row_pass_forward(const bp_row_pass *pass, size_t first, size_t rows, float *scratch) {
    input_layer(pass, first, rows);
    forward(pass, first, rows, false, scratch);
}

void bp_row_pass_outputs(const bp_row_pass *pass, size_t first, size_t rows, float *scratch) {
    input_layer(pass, first, rows);
    skim_layers(pass, 1, pass->network->layer_count, first, rows, scratch);
    output_layer(pass, first, rows, false, scratch);
}

void bp_row_pass_both(const bp_row_pass *pass, size_t first, size_t rows, float *scratch,
                      bp_laps *laps) {
    if (pass->segment + 1 == pass->buffers->segments.count) {
        input_layer(pass, first, rows);
        bp_lap(laps, BP_PART_GATHER);
        forward(pass, first, rows, true, scratch);
    } else {
        forward_again(pass, first, rows);
    }
    bp_lap(laps, BP_PART_FORWARD);
    const bp_segments *segments = &pass->buffers->segments;
    backward_layers(pass, segments->last[pass->segment], bp_segments_first(segments, pass->segment),
                    first, rows);
    bp_lap(laps, BP_PART_BACKWARD);
}

/* --- the same by strips ---------------------------------------------------------------------- */

bool bp_row_pass_has_strips(const bp_network *network, size_t l) {
    return !network->layer_norm[l] && !network->residual[l];
}

void bp_row_pass_inputs(const bp_row_pass *pass, size_t first, size_t rows) {
    input_layer(pass, first, rows);
}

void bp_row_pass_forward_strip(const bp_row_pass *pass, size_t l, bp_strip strip, size_t rows) {
    const layer_rows r = rows_in_buffers(pass, l, 0, rows);
    const bool relu = product_ends_in_relu(pass->network, l);
    weighted_sums(pass, &r, strip, relu ? r.x : r.kept);
    if (relu || left_to_loss(pass, l)) {
        return;
    }
    for (size_t i = 0; i < rows; i++) {
        const size_t at = i * pass->network->width[l] + strip.first;
        pass->kernels->activate(pass->network->activation[l], strip.count, r.kept + at, r.x + at);
    }
}

void bp_row_pass_above(const bp_row_pass *pass, size_t l, size_t first, size_t rows, float *scratch,
                       bp_laps *laps) {
    const size_t last = pass->network->layer_count;
    const bp_chain_step step = chain_step(pass, rows);
    forward_layers(pass, l + 1, last, first, rows);
    output_layer(pass, first, rows, true, scratch);
    bp_lap(laps, BP_PART_FORWARD);
    backward_layers(pass, last, l + 1, first, rows);
    finish_backward(pass, &step, l, first);
    bp_lap(laps, BP_PART_BACKWARD);
}

void bp_row_pass_backward_strip(const bp_row_pass *pass, size_t l, bp_strip strip, size_t rows) {
    const bp_chain_step step = chain_step(pass, rows);
    const float *kept = bp_row_buffers_kept(pass->buffers, l, 0);
    float *ds = bp_row_buffers_ds(pass->buffers, l, 0);
    const bool gated = gated_above(pass, l);
    bp_chain_into_strip(&step, l, strip, bp_row_buffers_ds(pass->buffers, l + 1, 0),
                        gated ? kept : NULL, ds);
    for (size_t i = 0; !gated && i < rows; i++) {
        const size_t at = i * pass->network->width[l] + strip.first;
        pass->kernels->activate_backward(pass->network->activation[l], strip.count, kept + at,
                                         ds + at, ds + at);
    }
}
