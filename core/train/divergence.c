/* Tensors are shown to `note` in the order in which a step computes them, for one tile of rows
 * after another. Each tile shows as many, so a tensor's place in the row of calls is its rank, and
 * the least rank of any tile is the first tensor of all. s(l) and dl/dx(l), which a row pass does
 * not keep, are computed again from their neighbours, to the same bits. */
#include "divergence.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "memory.h"

enum { TILE_ROWS = 64 };

typedef struct look {
    bp_row_pass pass;
    const bp_network *network;
    bp_row_buffers buffers;
    float *scratch; /* of the passes */
    float *tensor;  /* [TILE_ROWS, the widest layer]: s(l) or dl/dx(l) */
    float *targets; /* likewise */
    size_t rows;    /* of the tile */
    size_t at;      /* the rank of the tensor to come */
    size_t first;   /* the least rank that was not finite, */
    const char *name;
    size_t layer;
} look;

static bool is_finite(const float *values, size_t count) {
    for (size_t i = 0; i < count; i++) {
        if (!isfinite(values[i])) {
            return false;
        }
    }
    return true;
}

static void note(look *k, const char *name, size_t layer, const float *values, size_t count) {
    const size_t rank = k->at++;
    if (rank < k->first && !is_finite(values, count)) {
        k->first = rank;
        k->name = name;
        k->layer = layer;
    }
}

static void note_rows(look *k, const char *name, size_t layer, const float *values) {
    note(k, name, layer, values, k->rows * k->network->width[layer]);
}

static void tell(const look *k, bp_divergence *out) {
    out->layer = k->layer;
    if (strcmp(k->name, "loss") == 0) {
        snprintf(out->tensor, sizeof out->tensor, "%s", k->name);
    } else {
        snprintf(out->tensor, sizeof out->tensor, "%s(%zu)", k->name, k->layer);
    }
}

/* --- parameters and their gradient ----------------------------------------------------------- */

static void note_parameters(look *k, size_t l, const char *const names[BP_PARAMETER_KINDS],
                            const float *storage) {
    for (size_t kind = 0; kind < BP_PARAMETER_KINDS; kind++) {
        const size_t count = bp_network_count(k->network, l, (bp_parameter_kind)kind);
        const float *from =
            count > 0 ? storage + bp_network_offset(k->network, l, (bp_parameter_kind)kind) : NULL;
        note(k, names[kind], l, from, count);
    }
}

bool bp_divergence_in_parameters(bp_divergence *out, const bp_network *network,
                                 const float *parameters) {
    static const char *const names[BP_PARAMETER_KINDS] = {[BP_PARAMETER_WEIGHT] = "w",
                                                          [BP_PARAMETER_BIAS] = "b",
                                                          [BP_PARAMETER_GAMMA] = "gamma",
                                                          [BP_PARAMETER_BETA] = "beta"};
    look k = {.network = network, .first = SIZE_MAX};
    for (size_t l = 1; l <= network->layer_count; l++) {
        note_parameters(&k, l, names, parameters);
    }
    if (k.first == SIZE_MAX) {
        return false;
    }
    tell(&k, out);
    return true;
}

static void note_gradient(look *k, const float *gradient) {
    static const char *const names[BP_PARAMETER_KINDS] = {[BP_PARAMETER_WEIGHT] = "dl/dw",
                                                          [BP_PARAMETER_BIAS] = "dl/db",
                                                          [BP_PARAMETER_GAMMA] = "dl/dgamma",
                                                          [BP_PARAMETER_BETA] = "dl/dbeta"};
    for (size_t l = k->network->layer_count; l > 0; l--) {
        note_parameters(k, l, names, gradient);
    }
}

/* --- a tile of rows ------------------------------------------------------------------------- */

static void note_s(look *k, size_t l) {
    const size_t in = k->network->width[l - 1], units = k->network->width[l];
    const float *parameters = k->pass.parameters;
    k->pass.kernels->product(&(bp_product){.m = k->rows,
                                           .n = units,
                                           .depth = in,
                                           .a = k->buffers.x[l - 1],
                                           .a_row = in,
                                           .a_column = 1,
                                           .b = parameters + k->network->weight_offset[l],
                                           .b_row = units,
                                           .c = k->tensor,
                                           .c_row = units,
                                           .start = BP_START_BIAS,
                                           .bias = parameters + k->network->bias_offset[l]});
    note_rows(k, "s", l, k->tensor);
}

static void note_forward(look *k) {
    note_rows(k, "x", 0, k->buffers.x[0]);
    for (size_t l = 1; l <= k->network->layer_count; l++) {
        note_s(k, l);
        if (k->network->layer_norm[l]) {
            note_rows(k, "z", l, k->buffers.z[l]);
        }
        note_rows(k, "x", l, k->buffers.x[l]);
    }
    note(k, "loss", 0, k->buffers.loss, k->rows);
}

/* dl/dx(L) into `tensor`, of the last layer's x, which is there. */
static void output_dx(look *k) {
    const size_t last = k->network->layer_count;
    float loss[TILE_ROWS];
    bp_output_rows out = {.rows = k->rows,
                          .width = k->network->width[last],
                          .x = k->buffers.x[last],
                          .d = k->tensor,
                          .scale = k->pass.scale,
                          .loss = loss};
    bp_targets_gather(k->pass.targets, k->pass.index, 0, k->rows, k->targets);
    k->pass.kernels->mean_loss(&k->network->loss_rule, &out, k->targets);
    for (size_t i = 0; k->pass.weights != NULL && i < k->rows; i++) {
        k->pass.kernels->scale(out.width, k->pass.weights[k->pass.index[i]],
                               k->tensor + i * out.width);
    }
}

/* `tensor` holds dl/dx(l+1), which a residual connection of layer l + 1 passes on. */
static void hidden_dx(look *k, size_t l) {
    const bp_chain_step step = {.kernels = k->pass.kernels,
                                .network = k->network,
                                .parameters = k->pass.parameters,
                                .rows = k->rows};
    bp_chain_through_weights(&step, l, k->buffers.ds[l + 1], NULL, k->tensor);
}

static void note_backward(look *k) {
    const size_t last = k->network->layer_count;
    const bool fused = bp_loss_is_fused(k->network->loss_rule.loss);
    for (size_t l = last; l > 0; l--) {
        if (l < last) {
            hidden_dx(k, l);
        } else if (!fused) {
            output_dx(k);
        } else { /* what a residual connection passes on is what the loss gives */
            memcpy(k->tensor, k->buffers.ds[l], k->rows * k->network->width[l] * sizeof(float));
        }
        note_rows(k, fused && l == last ? "dl/ds" : "dl/dx", l, k->tensor);
        note_rows(k, "dl/ds", l, k->buffers.ds[l]);
    }
}

static void look_at_tile(look *k, const bp_row_pass *whole, size_t first) {
    bp_noise noise;
    k->pass = *whole;
    k->pass.buffers = &k->buffers;
    k->pass.index = whole->index + first;
    k->pass.segment = 0;
    if (whole->noise != NULL) {
        noise = *whole->noise;
        noise.first_row += first;
        k->pass.noise = &noise;
    }
    k->at = 0;
    bp_row_pass_both(&k->pass, 0, k->rows, k->scratch, NULL);
    note_forward(k);
    note_backward(k);
}

/* --- all of it ------------------------------------------------------------------------------ */

static bool prepare(look *k, const bp_row_pass *pass) {
    const bool drops = pass->noise != NULL && pass->noise->dropout > 0;
    const bp_row_request request = {
        .rows = TILE_ROWS, .tile_rows = TILE_ROWS, .use = drops ? BP_ROWS_DROPPED : BP_ROWS_BOTH};
    if (bp_row_buffers_new(&k->buffers, k->network, &request, NULL) != BP_OK) {
        return false;
    }
    k->scratch = bp_calloc_aligned(k->buffers.scratch_floats, sizeof *k->scratch);
    k->tensor = bp_calloc_aligned(k->buffers.tile_floats, sizeof *k->tensor);
    k->targets = bp_calloc_aligned(k->buffers.tile_floats, sizeof *k->targets);
    return k->scratch != NULL && k->tensor != NULL && k->targets != NULL;
}

void bp_divergence_in_rows(bp_divergence *out, const bp_divergence_of *of) {
    look k = {.network = of->pass->network, .first = SIZE_MAX, .name = "loss"};
    const bool prepared = prepare(&k, of->pass);
    for (size_t first = 0; prepared && first < of->rows; first += TILE_ROWS) {
        k.rows = of->rows - first < TILE_ROWS ? of->rows - first : TILE_ROWS;
        look_at_tile(&k, of->pass, first);
    }
    if (of->gradient != NULL) { /* after all that is of rows */
        note_gradient(&k, of->gradient);
    }
    tell(&k, out);
    bp_row_buffers_clear(&k.buffers);
    free(k.scratch);
    free(k.tensor);
    free(k.targets);
}
