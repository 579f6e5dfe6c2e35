/* The work on parameters, in stages; mostly one: each block's gradient is reduced over all rows of
 * the minibatch and the optimiser is applied at once, while the block is in cache. What needs the
 * whole gradient before any weight changes has a buffer for it, and a stage for each part.
 *
 * dl/dw(l) = dS^T X and dl/db(l) = column sums of dS; where the layer is normalised, dl/dgamma(l) =
 * column dots of dU and Z, dl/dbeta(l) = column sums of dU. A block is a rectangle of one layer's
 * weights with, at its first input, the biases, gamma and beta of its units. The list of blocks
 * depends on the network only. */
#ifndef BP_UPDATE_H
#define BP_UPDATE_H

#include "row_pass.h"
#include "trainer.h"

typedef struct bp_block {
    size_t layer;               /* 1..L */
    size_t first_input, inputs; /* rows of w [in, out] */
    size_t first_unit, units;   /* columns */
} bp_block;

enum { BP_BLOCK_INPUTS = 256, BP_BLOCK_UNITS = 64 };

/* Floats of scratch that one block needs. */
#define BP_BLOCK_SCRATCH ((size_t)(BP_BLOCK_INPUTS + BP_PARAMETER_KINDS - 1) * BP_BLOCK_UNITS)

/* How many blocks a network has. */
size_t bp_blocks_count(const bp_network *network);
/* *out is malloc'd, [*count]. NO_MEMORY. */
BP_NODISCARD bp_status bp_blocks_new(bp_block **out, size_t *count, const bp_network *network,
                                     bp_error *err);

/* What the stages of an update share. */
typedef struct bp_update {
    const bp_kernels *kernels;
    const bp_network *network;
    const bp_block *blocks;
    size_t block_count;
    const bp_row_buffers *buffers; /* x(l-1) and dl/ds(l) */
    size_t rows;                   /* in the buffers */
    bool goes_on;                  /* they are not the minibatch's first: their gradient is added */
    bp_step_rule rule;
    bp_gradient_clipping clipping;
    float max_norm;                    /* 0: none */
    float *parameters;                 /* [storage_count] */
    float *gradient;                   /* [storage_count]; NULL: kept block by block only */
    double *squares;                   /* [block_count]: of the gradient's elements; likewise */
    double gradient_norm;              /* out, NAN: not computed */
    double penalty;                    /* out, of the objective of lbfgs: l2/2 sum w^2 */
    float *state[BP_OPTIMIZER_STATES]; /* [storage_count] each */
} bp_update;

/* One pass over all blocks, which any workers share. */
typedef struct bp_update_stage {
    void (*run)(const bp_update *update, const bp_block *block, float *scratch);
    /* On the same block at once, with what `run` left in scratch; NULL: nothing. */
    void (*then)(const bp_update *update, const bp_block *block, float *scratch);
    /* Then on one thread; false: the gradient is not finite, and no stage may follow. NULL: nothing
     * to do. */
    bool (*settle)(bp_update *update);
    bool reads_rows; /* its work grows with the rows, else it goes by the parameters */
} bp_update_stage;

enum { BP_MOST_STAGES = 4 };

/* The stages of every step of a training, fixed when it begins. */
typedef struct bp_update_plan {
    /* Plain SGD takes the product itself as the update: dS scaled by -eta, then W += X^T dS. */
    bool plain;
    /* The gradient has a buffer: its first stage may then be run several times, on parts of the
     * minibatch, before the others are. */
    bool buffered;
    size_t count;
    const bp_update_stage *stage[BP_MOST_STAGES];
} bp_update_plan;

/* `parts`: the minibatch will come in parts. */
bp_update_plan bp_update_plan_of(const bp_train_options *options, bool parts);

/* Plain SGD's scaling of dS of layers `from` to `to`, on each tile of rows before their blocks. */
void bp_update_prepare(const bp_update *update, size_t from, size_t to, size_t first, size_t rows);

#endif
