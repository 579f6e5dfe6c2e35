/* The work on rows: forward through the layers, the loss, and backward to dl/ds(1). Rows do not
 * depend on one another, so any tile of rows can be done by any worker. */
#ifndef BP_ROW_PASS_H
#define BP_ROW_PASS_H

#include "chain_rule.h"
#include "kernels.h"
#include "noise.h"
#include "snapshot.h"
#include "stopwatch.h"
#include "targets.h"

/* What row passes are for; it decides which arrays there are. */
typedef enum bp_row_use {
    BP_ROWS_FORWARD, /* forward passes alone */
    BP_ROWS_BOTH,
    BP_ROWS_DROPPED /* both, with dropout: x(l) is not what sigma' is written in */
} bp_row_use;

/* The buffers of a minibatch of up to `rows` rows; arrays of layer l are [rows, width[l]]. A
 * forward pass alone needs x and loss: kept and z are x then, the others NULL. */
typedef struct bp_row_buffers {
    size_t rows;
    size_t width[BP_MAX_LAYERS + 1]; /* the network's */
    float *x[BP_MAX_LAYERS + 1];     /* x(0) .. x(L) */
    float *kept[BP_MAX_LAYERS + 1];  /* what sigma' of layer 1..L is written in: x[l] itself, or an
                                        array of its own for u(l), or for sigma(u(l)) from which
                                        something is dropped or to which something is added */
    float *ds[BP_MAX_LAYERS + 1];    /* dl/ds(1) .. dl/ds(L) */
    /* of layers with layer_norm; else NULL */
    float *z[BP_MAX_LAYERS + 1];
    float *du[BP_MAX_LAYERS + 1];                /* dl/du(l) */
    float *inverse_deviation[BP_MAX_LAYERS + 1]; /* [rows] */
    float *loss;                                 /* [rows] */
    size_t scratch_floats;                       /* that a worker needs */
} bp_row_buffers;

/* `tile_rows`: the largest tile that will be passed. NO_MEMORY. */
BP_NODISCARD bp_status bp_row_buffers_new(bp_row_buffers *out, const bp_network *network,
                                          size_t rows, size_t tile_rows, bp_row_use use,
                                          bp_error *err);
void bp_row_buffers_clear(bp_row_buffers *buffers);

/* Rows from `first` on of layer l: what the passes reach the buffers by. */
float *bp_row_buffers_x(const bp_row_buffers *buffers, size_t l, size_t first);
float *bp_row_buffers_kept(const bp_row_buffers *buffers, size_t l, size_t first);
float *bp_row_buffers_ds(const bp_row_buffers *buffers, size_t l, size_t first);
bp_layer_trace bp_row_buffers_trace(const bp_row_buffers *buffers, size_t l, size_t first);

typedef struct bp_row_pass {
    const bp_kernels *kernels;
    const bp_network *network;
    const float *parameters;
    const float *input_mean, *input_scale; /* [width[0]] */
    const float *data;                     /* [*, width[0]] raw rows */
    const uint32_t *index;     /* rows of `data`, by row of the minibatch; NULL: 0, 1, .. */
    const bp_targets *targets; /* NULL: outputs only */
    const bp_row_buffers *buffers;
    float scale;           /* of the loss's derivative: 1/B */
    const bp_noise *noise; /* NULL: none. Dropout needs buffers for it, and a backward pass with
                              those needs dropout */
    /* by row of `data`: what each row's loss and its derivative are multiplied by; NULL: nothing */
    const float *weights;
} bp_row_pass;

/* Rows [first, first + rows) of the minibatch: fills x(0)..x(L) and, with targets, loss. */
void bp_row_pass_forward(const bp_row_pass *pass, size_t first, size_t rows, float *scratch);

/* The same, and dl/ds(l) for all layers. `laps` times the parts; NULL: not wanted. */
void bp_row_pass_both(const bp_row_pass *pass, size_t first, size_t rows, float *scratch,
                      bp_laps *laps);

#endif
