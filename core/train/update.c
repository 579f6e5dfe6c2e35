#include "update.h"

#include <stdlib.h>

static size_t cuts(size_t length, size_t piece) {
    return (length + piece - 1) / piece;
}

/* Piece i of `length` cut into `pieces` nearly equal ones. */
static size_t cut(size_t length, size_t pieces, size_t i) {
    return length / pieces * i + (i < length % pieces ? i : length % pieces);
}

static size_t add_layer(bp_block *out, const bp_network *network, size_t l) {
    const size_t in = network->width[l - 1], units = network->width[l];
    const size_t down = cuts(in, BP_BLOCK_INPUTS), across = cuts(units, BP_BLOCK_UNITS);
    size_t count = 0;
    for (size_t j = 0; j < across; j++) {
        size_t first_unit = j * BP_BLOCK_UNITS; /* whole vectors: only the last block is ragged */
        size_t width = units - first_unit < BP_BLOCK_UNITS ? units - first_unit : BP_BLOCK_UNITS;
        for (size_t i = 0; i < down; i++) {
            size_t first_input = cut(in, down, i);
            if (out != NULL) {
                out[count] = (bp_block){l, first_input, cut(in, down, i + 1) - first_input,
                                        first_unit, width};
            }
            count++;
        }
    }
    return count;
}

bp_status bp_blocks_new(bp_block **out, size_t *count, const bp_network *network, bp_error *err) {
    size_t total = 0;
    for (size_t l = 1; l <= network->layer_count; l++) {
        total += add_layer(NULL, network, l);
    }
    bp_block *blocks = calloc(total, sizeof *blocks);
    if (blocks == NULL) {
        return bp_fail(err, BP_NO_MEMORY, NULL, "no memory for %zu blocks of parameters", total);
    }
    size_t filled = 0;
    for (size_t l = 1; l <= network->layer_count; l++) {
        filled += add_layer(blocks + filled, network, l);
    }
    *out = blocks;
    *count = total;
    return BP_OK;
}

void bp_update_prepare(const bp_update *update, size_t first, size_t rows) {
    if (update->state[0] != NULL) {
        return;
    }
    for (size_t l = 1; l <= update->network->layer_count; l++) {
        const size_t width = update->network->width[l];
        update->kernels->scale(rows * width, -update->rule.rate,
                               update->buffers->ds[l] + first * width);
    }
}

/* dl/dw of the block into `c`, from `start`. */
static void weight_product(const bp_update *u, const bp_block *b, float *c, size_t c_row,
                           bp_start start) {
    const size_t in = u->network->width[b->layer - 1], units = u->network->width[b->layer];
    bp_product product = {.m = b->inputs,
                          .n = b->units,
                          .depth = u->rows,
                          .a = u->buffers->x[b->layer - 1] + b->first_input,
                          .a_row = 1,
                          .a_column = in,
                          .b = u->buffers->ds[b->layer] + b->first_unit,
                          .b_row = units,
                          .c = c,
                          .c_row = c_row,
                          .start = start};
    u->kernels->product(&product);
}

static void bias_sums(const bp_update *u, const bp_block *b, float *out, bp_start start) {
    const size_t units = u->network->width[b->layer];
    u->kernels->column_sums(u->rows, b->units, u->buffers->ds[b->layer] + b->first_unit, units,
                            start, out);
}

static void optimize(const bp_update *u, size_t count, const float *gradient, size_t offset) {
    bp_parameter_step step = {
        .rule = &u->rule, .count = count, .gradient = gradient, .weight = u->parameters + offset};
    for (size_t i = 0; i < BP_OPTIMIZER_STATES && u->state[i] != NULL; i++) {
        step.state[i] = u->state[i] + offset;
    }
    u->kernels->optimize(&step);
}

void bp_update_block(const bp_update *u, const bp_block *b, float *scratch) {
    const size_t units = u->network->width[b->layer];
    const size_t weights =
        u->network->weight_offset[b->layer] + b->first_input * units + b->first_unit;
    const size_t biases = u->network->bias_offset[b->layer] + b->first_unit;
    if (u->state[0] == NULL) {
        weight_product(u, b, u->parameters + weights, units, BP_START_C);
        if (b->first_input == 0) {
            bias_sums(u, b, u->parameters + biases, BP_START_C);
        }
        return;
    }
    weight_product(u, b, scratch, b->units, BP_START_ZERO);
    for (size_t i = 0; i < b->inputs; i++) {
        optimize(u, b->units, scratch + i * b->units, weights + i * units);
    }
    if (b->first_input == 0) {
        bias_sums(u, b, scratch, BP_START_ZERO);
        optimize(u, b->units, scratch, biases);
    }
}
