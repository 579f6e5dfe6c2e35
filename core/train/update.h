/* The work on parameters: each block's gradient is reduced over all rows of the minibatch and the
 * optimiser is applied at once, while the block is in cache.
 *
 * dl/dw(l) = dS^T X and dl/db(l) = column sums of dS. A block is a rectangle of one layer's weights
 * with, at its first input, the biases of its units. The list of blocks depends on the network
 * only. */
#ifndef BP_UPDATE_H
#define BP_UPDATE_H

#include "row_pass.h"

typedef struct bp_block {
    size_t layer;               /* 1..L */
    size_t first_input, inputs; /* rows of w [in, out] */
    size_t first_unit, units;   /* columns */
} bp_block;

enum { BP_BLOCK_INPUTS = 256, BP_BLOCK_UNITS = 64 };

/* Floats of scratch that one block needs. */
#define BP_BLOCK_SCRATCH ((size_t)(BP_BLOCK_INPUTS + 1) * BP_BLOCK_UNITS)

/* *out is malloc'd, [*count]. NO_MEMORY. */
BP_NODISCARD bp_status bp_blocks_new(bp_block **out, size_t *count, const bp_network *network,
                                     bp_error *err);

typedef struct bp_update {
    const bp_kernels *kernels;
    const bp_network *network;
    const bp_row_buffers *buffers; /* x(l-1) and dl/ds(l) */
    size_t rows;                   /* B */
    bp_step_rule rule;
    float *parameters;                 /* [storage_count] */
    float *state[BP_OPTIMIZER_STATES]; /* [storage_count] each; state[0] NULL: plain SGD */
} bp_update;

/* Plain SGD takes the product itself as the update: dS scaled by -eta, then W += X^T dS. Call it on
 * each tile of rows before the blocks; with other optimisers it does nothing. */
void bp_update_prepare(const bp_update *update, size_t first, size_t rows);

void bp_update_block(const bp_update *update, const bp_block *block, float *scratch);

#endif
