#include "row_pass.h"

#include "memory.h"

static size_t widest(const bp_network *network) {
    size_t most = 0;
    for (size_t l = 0; l <= network->layer_count; l++) {
        most = network->width[l] > most ? network->width[l] : most;
    }
    return most;
}

bp_status bp_row_buffers_new(bp_row_buffers *out, const bp_network *network, size_t rows,
                             size_t tile_rows, bool backward, bp_error *err) {
    bp_row_buffers buffers = {.rows = rows};
    buffers.scratch_floats = 2 * tile_rows * widest(network);
    buffers.loss = bp_calloc_aligned(rows, sizeof(float));
    bool complete = buffers.loss != NULL;
    for (size_t l = 0; l <= network->layer_count; l++) {
        buffers.x[l] = bp_calloc_aligned(rows, network->width[l] * sizeof(float));
        complete = complete && buffers.x[l] != NULL;
        if (backward && l > 0) {
            buffers.ds[l] = bp_calloc_aligned(rows, network->width[l] * sizeof(float));
            complete = complete && buffers.ds[l] != NULL;
        }
    }
    if (!complete) {
        bp_row_buffers_clear(&buffers);
        return bp_fail(err, BP_NO_MEMORY, NULL, "no memory for the activations of %zu rows", rows);
    }
    *out = buffers;
    return BP_OK;
}

void bp_row_buffers_clear(bp_row_buffers *buffers) {
    for (size_t l = 0; l <= BP_MAX_LAYERS; l++) {
        free(buffers->x[l]);
        free(buffers->ds[l]);
    }
    free(buffers->loss);
    *buffers = (bp_row_buffers){0};
}

/* A tile's part of a buffer of rows. */
static float *at(float *rows, size_t first, size_t width) {
    return rows + first * width;
}

static void gather(const bp_row_pass *pass, size_t first, size_t rows) {
    const size_t width = pass->network->width[0];
    bp_gather g = {.rows = rows,
                   .width = width,
                   .x = pass->index != NULL ? pass->data : pass->data + first * width,
                   .index = pass->index != NULL ? pass->index + first : NULL,
                   .mean = pass->input_mean,
                   .scale = pass->input_scale,
                   .out = at(pass->buffers->x[0], first, width)};
    pass->kernels->gather(&g);
}

/* s(l) = w(l) x(l-1) + b(l); x(l) = sigma(s(l)). The softmax is left to the loss. */
static void forward_layer(const bp_row_pass *pass, size_t l, size_t first, size_t rows) {
    const bp_network *network = pass->network;
    const size_t in = network->width[l - 1], units = network->width[l];
    float *s = at(pass->buffers->x[l], first, units);
    bp_product product = {.m = rows,
                          .n = units,
                          .depth = in,
                          .a = at(pass->buffers->x[l - 1], first, in),
                          .a_row = in,
                          .a_column = 1,
                          .b = pass->parameters + network->weight_offset[l],
                          .b_row = units,
                          .c = s,
                          .c_row = units,
                          .start = BP_START_BIAS,
                          .bias = pass->parameters + network->bias_offset[l]};
    pass->kernels->product(&product);
    pass->kernels->activate(network->activation[l], rows * units, s);
}

/* The loss of each row and, where the pass goes backward, dl/ds(L). `scratch` [rows, width[L]]. */
static void output_layer(const bp_row_pass *pass, size_t first, size_t rows, bool backward,
                         float *scratch) {
    const size_t last = pass->network->layer_count, width = pass->network->width[last];
    float *x = at(pass->buffers->x[last], first, width);
    const bool softmax = pass->network->loss == BP_LOSS_CROSS_ENTROPY;
    if (pass->targets == NULL) {
        if (softmax) {
            pass->kernels->softmax(rows, width, x);
        }
        return;
    }
    bp_output_rows out = {.rows = rows,
                          .width = width,
                          .x = x,
                          .d = backward ? at(pass->buffers->ds[last], first, width) : NULL,
                          .scale = pass->scale,
                          .loss = pass->buffers->loss + first};
    const uint32_t *index = pass->index != NULL ? pass->index + first : NULL;
    if (softmax) {
        int32_t *classes = (int32_t *)(void *)scratch; /* [rows], fits in [rows, width] */
        for (size_t i = 0; i < rows; i++) {
            classes[i] = pass->targets->class_index[index != NULL ? index[i] : first + i];
        }
        pass->kernels->cross_entropy(&out, classes);
        return;
    }
    bp_targets_gather(pass->targets, index, first, rows, scratch);
    pass->kernels->mean_loss(pass->network->loss, &out, scratch);
    if (backward) {
        pass->kernels->activate_backward(pass->network->activation[last], rows * width, x, out.d,
                                         out.d);
    }
}

/* dl/dx(l) = w(l+1)^T dl/ds(l+1); dl/ds(l) = dl/dx(l) . sigma'(s(l)). The product runs transposed,
 * so that the weights are read as they lie and only the small dS is turned. */
static void backward_layer(const bp_row_pass *pass, size_t l, size_t first, size_t rows,
                           float *scratch) {
    const bp_network *network = pass->network;
    const size_t width = network->width[l], above = network->width[l + 1];
    float *ds_above = scratch, *dx = scratch + above * rows; /* [above, rows], [width, rows] */
    float *ds = at(pass->buffers->ds[l], first, width);
    pass->kernels->transpose(rows, above, at(pass->buffers->ds[l + 1], first, above), above,
                             ds_above, rows);
    bp_product product = {.m = width,
                          .n = rows,
                          .depth = above,
                          .a = pass->parameters + network->weight_offset[l + 1],
                          .a_row = above,
                          .a_column = 1,
                          .b = ds_above,
                          .b_row = rows,
                          .c = dx,
                          .c_row = rows,
                          .start = BP_START_ZERO};
    pass->kernels->product(&product);
    pass->kernels->transpose(width, rows, dx, rows, ds, width);
    pass->kernels->activate_backward(network->activation[l], rows * width,
                                     at(pass->buffers->x[l], first, width), ds, ds);
}

static void forward(const bp_row_pass *pass, size_t first, size_t rows, bool backward,
                    float *scratch) {
    gather(pass, first, rows);
    for (size_t l = 1; l <= pass->network->layer_count; l++) {
        forward_layer(pass, l, first, rows);
    }
    output_layer(pass, first, rows, backward, scratch);
}

void bp_row_pass_forward(const bp_row_pass *pass, size_t first, size_t rows, float *scratch) {
    forward(pass, first, rows, false, scratch);
}

void bp_row_pass_both(const bp_row_pass *pass, size_t first, size_t rows, float *scratch) {
    forward(pass, first, rows, true, scratch);
    for (size_t l = pass->network->layer_count - 1; l >= 1; l--) {
        backward_layer(pass, l, first, rows, scratch);
    }
}
