/* x(l) and dl/ds(l) come from the row pass, so they are what training computes. The row pass does
 * not keep s(l) and dl/dx(l): each is one product away from its neighbour, and because a product's
 * bits are a function of its operands alone, computing it again gives what the row pass had. */
#include "gradients.h"

#include <stdlib.h>
#include <string.h>

#include "memory.h"
#include "row_pass.h"

enum { TILE_ROWS = 64 };

/* --- the tables ----------------------------------------------------------------------------- */

#define X(name, wire, formula) wire,
static const char *const field_names[] = {BP_GRADIENT_FIELD_TABLE(X)};
static const char *const reduction_names[] = {BP_REDUCTION_TABLE(X)};
#undef X
#define X(name, wire, formula) formula,
static const char *const field_formulas[] = {BP_GRADIENT_FIELD_TABLE(X)};
static const char *const reduction_formulas[] = {BP_REDUCTION_TABLE(X)};
#undef X

const bp_vocabulary bp_gradient_fields = {"field", BP_GRADIENT_FIELD_COUNT, field_names,
                                          field_formulas};
const bp_vocabulary bp_reductions = {"reduction", BP_REDUCTION_COUNT, reduction_names,
                                     reduction_formulas};

struct bp_gradients {
    const bp_snapshot *model;
    const bp_kernels *kernels;
    const bp_targets *targets; /* NULL: forward only */
    bp_reduction reduction;
    float scale; /* of the loss's derivative */
    size_t rows;
    bp_row_buffers buffers;
    float *scratch; /* [2, TILE_ROWS, the widest layer] */
};

/* --- the passes ----------------------------------------------------------------------------- */

static size_t tile_from(size_t first, size_t rows) {
    return rows - first < TILE_ROWS ? rows - first : TILE_ROWS;
}

static void run_passes(bp_gradients *g, const float *rows) {
    const bp_row_pass pass = {.kernels = g->kernels,
                              .network = &g->model->network,
                              .parameters = g->model->parameters,
                              .input_mean = g->model->input_mean,
                              .input_scale = g->model->input_scale,
                              .data = rows,
                              .targets = g->targets,
                              .buffers = &g->buffers,
                              .scale = g->scale};
    for (size_t first = 0; first < g->rows; first += TILE_ROWS) {
        size_t tile = tile_from(first, g->rows);
        if (g->targets != NULL) {
            bp_row_pass_both(&pass, first, tile, g->scratch, NULL);
        } else {
            bp_row_pass_forward(&pass, first, tile, g->scratch);
        }
    }
}

bp_status bp_gradients_new(bp_gradients **out, const bp_instances *instances,
                           const bp_targets *targets, bp_reduction reduction, bp_error *err) {
    bp_gradients *g = calloc(1, sizeof *g);
    if (g == NULL) {
        return bp_fail(err, BP_NO_MEMORY, NULL, "no memory for gradients");
    }
    *g = (bp_gradients){.model = instances->model,
                        .kernels = instances->kernels,
                        .targets = targets,
                        .reduction = reduction,
                        .rows = instances->count};
    g->scale = reduction == BP_REDUCTION_MEAN ? 1.0f / (float)g->rows : 1.0f;
    const bp_row_request request = {.rows = g->rows,
                                    .tile_rows = TILE_ROWS,
                                    .use = targets != NULL ? BP_ROWS_BOTH : BP_ROWS_FORWARD};
    bp_status status = bp_row_buffers_new(&g->buffers, &g->model->network, &request, err);
    if (status == BP_OK) {
        g->scratch = bp_calloc_aligned(g->buffers.scratch_floats, sizeof *g->scratch);
        if (g->scratch == NULL) {
            status = bp_fail(err, BP_NO_MEMORY, NULL, "no memory for gradients");
        }
    }
    if (status != BP_OK) {
        bp_gradients_free(g);
        return status;
    }
    run_passes(g, instances->rows);
    *out = g;
    return BP_OK;
}

void bp_gradients_free(bp_gradients *gradients) {
    if (gradients != NULL) {
        bp_row_buffers_clear(&gradients->buffers);
        free(gradients->scratch);
        free(gradients);
    }
}

const float *bp_gradients_losses(const bp_gradients *gradients) {
    return gradients->targets != NULL ? gradients->buffers.loss : NULL;
}

/* --- activations and their derivatives ------------------------------------------------------ */

static size_t width_of(const bp_gradients *g, size_t l) {
    return g->model->network.width[l];
}

static void write_x(bp_gradients *g, size_t l, float *out) {
    memcpy(out, g->buffers.x[l], g->rows * width_of(g, l) * sizeof *out);
}

static void write_ds(bp_gradients *g, size_t l, float *out) {
    memcpy(out, g->buffers.ds[l], g->rows * width_of(g, l) * sizeof *out);
}

static void write_s(bp_gradients *g, size_t l, float *out) {
    const bp_network *network = &g->model->network;
    const size_t in = network->width[l - 1], units = network->width[l];
    g->kernels->product(&(bp_product){.m = g->rows,
                                      .n = units,
                                      .depth = in,
                                      .a = g->buffers.x[l - 1],
                                      .a_row = in,
                                      .a_column = 1,
                                      .b = g->model->parameters + network->weight_offset[l],
                                      .b_row = units,
                                      .c = out,
                                      .c_row = units,
                                      .start = BP_START_BIAS,
                                      .bias = g->model->parameters + network->bias_offset[l]});
}

static void write_dx(bp_gradients *g, size_t l, float *out);

/* Over a residual connection dl/dx(l+1) comes first. */
static void hidden_dx(bp_gradients *g, size_t l, float *out) {
    const size_t width = width_of(g, l), above = width_of(g, l + 1);
    if (g->model->network.residual[l + 1]) {
        write_dx(g, l + 1, out);
    }
    for (size_t first = 0; first < g->rows; first += TILE_ROWS) {
        bp_chain_step step = {.kernels = g->kernels,
                              .network = &g->model->network,
                              .parameters = g->model->parameters,
                              .rows = tile_from(first, g->rows)};
        bp_chain_through_weights(&step, l, g->buffers.ds[l + 1] + first * above, NULL,
                                 out + first * width);
    }
}

/* dl/dx(L)_i = -y_i scale / x(L)_i, where y is 1 for the row's class and 0 for the others, or
 * smoothed. */
static void cross_entropy_dx(bp_gradients *g, float *out) {
    const size_t last = g->model->network.layer_count, width = width_of(g, last);
    const float smoothing = g->model->network.loss_rule.parameters.label_smoothing;
    const float other = smoothing / (float)width, own = (1.0f - smoothing) + other;
    const float *x = g->buffers.x[last];
    for (size_t i = 0; i < g->rows * width; i++) {
        const float y = i % width == (size_t)g->targets->class_index[i / width] ? own : other;
        out[i] = y > 0 ? -(y * g->scale) / x[i] : 0;
    }
}

/* dl/dx(L)_i = ((1 - y_i) / (1 - x(L)_i) - y_i / x(L)_i) scale / D */
static void binary_cross_entropy_dx(bp_gradients *g, float *out) {
    const size_t last = g->model->network.layer_count, width = width_of(g, last);
    const float scale = g->scale / (float)width;
    for (size_t n = 0; n < g->rows; n++) {
        float *y = g->scratch;
        bp_targets_gather(g->targets, NULL, n, 1, y);
        for (size_t i = 0; i < width; i++) {
            const float x = g->buffers.x[last][n * width + i];
            const float missed = y[i] == 1 ? 0 : (1.0f - y[i]) / (1.0f - x);
            const float found = y[i] == 0 ? 0 : y[i] / x;
            out[n * width + i] = (missed - found) * scale;
        }
    }
}

static void mean_loss_dx(bp_gradients *g, float *out) {
    const size_t last = g->model->network.layer_count, width = width_of(g, last);
    for (size_t first = 0; first < g->rows; first += TILE_ROWS) {
        bp_output_rows rows = {.rows = tile_from(first, g->rows),
                               .width = width,
                               .x = g->buffers.x[last] + first * width,
                               .d = out + first * width,
                               .scale = g->scale,
                               .loss = g->buffers.loss + first};
        bp_targets_gather(g->targets, NULL, first, rows.rows, g->scratch);
        g->kernels->mean_loss(&g->model->network.loss_rule, &rows, g->scratch);
    }
}

static void write_dx(bp_gradients *g, size_t l, float *out) {
    static void (*const output_dx[BP_LOSS_COUNT])(bp_gradients *, float *) = {
        [BP_LOSS_MSE] = mean_loss_dx,
        [BP_LOSS_MAE] = mean_loss_dx,
        [BP_LOSS_HUBER] = mean_loss_dx,
        [BP_LOSS_POISSON] = mean_loss_dx,
        [BP_LOSS_CROSS_ENTROPY] = cross_entropy_dx,
        [BP_LOSS_QUANTILE] = mean_loss_dx,
        [BP_LOSS_BINARY_CROSS_ENTROPY] = binary_cross_entropy_dx,
        [BP_LOSS_HINGE] = mean_loss_dx,
    };
    if (l == g->model->network.layer_count) {
        output_dx[g->model->network.loss_rule.loss](g, out);
    } else {
        hidden_dx(g, l, out);
    }
}

/* --- parameters ----------------------------------------------------------------------------- */

/* dl/dw(l) reduced over rows [first, first + rows), [units, inputs]: one chain over the rows for
 * each element, as the update has it. */
static void weights_of_rows(bp_gradients *g, size_t l, size_t first, size_t rows, float *out) {
    const size_t in = width_of(g, l - 1), units = width_of(g, l);
    g->kernels->product(&(bp_product){.m = units,
                                      .n = in,
                                      .depth = rows,
                                      .a = g->buffers.ds[l] + first * units,
                                      .a_row = 1,
                                      .a_column = units,
                                      .b = g->buffers.x[l - 1] + first * in,
                                      .b_row = in,
                                      .c = out,
                                      .c_row = in,
                                      .start = BP_START_ZERO});
}

static void write_dw(bp_gradients *g, size_t l, float *out) {
    if (g->reduction != BP_REDUCTION_NONE) {
        weights_of_rows(g, l, 0, g->rows, out);
        return;
    }
    for (size_t n = 0; n < g->rows; n++) {
        weights_of_rows(g, l, n, 1, out + n * width_of(g, l) * width_of(g, l - 1));
    }
}

/* The derivative of what is added to every row: [rows, units] given, added up unless each row is by
 * itself. */
static void write_column_sums(bp_gradients *g, size_t l, const float *of_rows, float *out) {
    const size_t width = width_of(g, l);
    if (g->reduction == BP_REDUCTION_NONE) {
        memcpy(out, of_rows, g->rows * width * sizeof *out);
    } else {
        g->kernels->column_sums(g->rows, width, of_rows, width, BP_START_ZERO, out);
    }
}

static void write_db(bp_gradients *g, size_t l, float *out) {
    write_column_sums(g, l, g->buffers.ds[l], out);
}

/* dl/dgamma(l) = the sum over the rows of dl/du(l) . z(l); of a row by itself, its term. */
static void write_dgamma(bp_gradients *g, size_t l, float *out) {
    const size_t width = width_of(g, l), by_itself = g->reduction == BP_REDUCTION_NONE;
    for (size_t n = 0; n < (by_itself ? g->rows : 1); n++) {
        g->kernels->column_dots(&(bp_column_dots){.rows = by_itself ? 1 : g->rows,
                                                  .width = width,
                                                  .a = g->buffers.du[l] + n * width,
                                                  .b = g->buffers.z[l] + n * width,
                                                  .row = width,
                                                  .out = out + n * width});
    }
}

/* dl/dbeta(l) = dl/du(l) */
static void write_dbeta(bp_gradients *g, size_t l, float *out) {
    write_column_sums(g, l, g->buffers.du[l], out);
}

/* --- any of them ---------------------------------------------------------------------------- */

static const struct {
    size_t first_layer;
    bool of_parameters;
    size_t rank; /* of one row */
    void (*write)(bp_gradients *g, size_t l, float *out);
    bool of_norm; /* only layers with layer_norm have it */
} fields[BP_GRADIENT_FIELD_COUNT] = {
    [BP_GRADIENT_X] = {0, false, 1, write_x, false},
    [BP_GRADIENT_S] = {1, false, 1, write_s, false},
    [BP_GRADIENT_DX] = {0, false, 1, write_dx, false},
    [BP_GRADIENT_DS] = {1, false, 1, write_ds, false},
    [BP_GRADIENT_DW] = {1, true, 2, write_dw, false},
    [BP_GRADIENT_DB] = {1, true, 1, write_db, false},
    [BP_GRADIENT_DGAMMA] = {1, true, 1, write_dgamma, true},
    [BP_GRADIENT_DBETA] = {1, true, 1, write_dbeta, true},
};

bp_gradient_shape bp_gradients_shape(const bp_network *network, bp_gradient_field field, size_t l,
                                     bp_reduction reduction, size_t rows) {
    bp_gradient_shape shape = {0};
    if (l < fields[field].first_layer || (fields[field].of_norm && !network->layer_norm[l])) {
        return shape;
    }
    if (!fields[field].of_parameters || reduction == BP_REDUCTION_NONE) {
        shape.size[shape.rank++] = rows;
    }
    shape.size[shape.rank++] = network->width[l];
    if (fields[field].rank == 2) {
        shape.size[shape.rank++] = network->width[l - 1];
    }
    shape.count = 1;
    for (size_t i = 0; i < shape.rank; i++) {
        shape.count *= shape.size[i];
    }
    return shape;
}

void bp_gradients_write(bp_gradients *gradients, bp_gradient_field field, size_t l, float *out) {
    fields[field].write(gradients, l, out);
}
