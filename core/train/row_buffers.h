/* The arrays of a minibatch that the passes over its rows fill and the update reads. */
#ifndef BP_ROW_BUFFERS_H
#define BP_ROW_BUFFERS_H

#include "chain_rule.h"
#include "checkpointing.h"

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
    bp_segments segments;            /* more than one: layers share arrays */
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
    size_t tile_floats;                          /* of one tile in the widest layer */
    size_t scratch_floats;                       /* that a worker needs */
    float **owned;                               /* all arrays, once each */
    size_t owned_count;
} bp_row_buffers;

typedef struct bp_row_request {
    size_t rows, tile_rows; /* the most, and the largest tile that will be passed */
    bp_row_use use;
    bool checkpointing; /* in the segments of bp_row_buffers_checkpoints, else in one */
} bp_row_request;

/* NO_MEMORY. */
BP_NODISCARD bp_status bp_row_buffers_new(bp_row_buffers *out, const bp_network *network,
                                          const bp_row_request *request, bp_error *err);
void bp_row_buffers_clear(bp_row_buffers *buffers);

/* Bytes that bp_row_buffers_new allocates. */
size_t bp_row_buffers_bytes(const bp_network *network, const bp_row_request *request);
/* The segments that it cuts the layers into. */
bp_segments bp_row_buffers_segments(const bp_network *network, const bp_row_request *request);

/* Another largest tile: scratch_floats changes, no array does. */
void bp_row_buffers_set_tile(bp_row_buffers *buffers, const bp_network *network, size_t tile_rows);

/* How many floats all arrays of the layers have for a row. */
size_t bp_row_buffers_floats(const bp_network *network, bp_row_use use,
                             const bp_segments *segments);

/* The segments that take the least memory; of several such the fewest. */
bp_segments bp_row_buffers_checkpoints(const bp_network *network, bp_row_use use);

/* Rows from `first` on of layer l: what the passes reach the buffers by. Inline, because a step on
 * one row of a small network is a microsecond. */
static inline float *bp_row_buffers_x(const bp_row_buffers *buffers, size_t l, size_t first) {
    return buffers->x[l] + first * buffers->width[l];
}

static inline float *bp_row_buffers_kept(const bp_row_buffers *buffers, size_t l, size_t first) {
    return buffers->kept[l] + first * buffers->width[l];
}

static inline float *bp_row_buffers_ds(const bp_row_buffers *buffers, size_t l, size_t first) {
    return buffers->ds[l] + first * buffers->width[l];
}

static inline bp_layer_trace bp_row_buffers_trace(const bp_row_buffers *buffers, size_t l,
                                                  size_t first) {
    bp_layer_trace trace = {.kept = bp_row_buffers_kept(buffers, l, first)};
    if (buffers->z[l] != NULL) {
        trace.z = buffers->z[l] + first * buffers->width[l];
    }
    if (buffers->inverse_deviation[l] != NULL) {
        trace.inverse_deviation = buffers->inverse_deviation[l] + first;
    }
    return trace;
}

#endif
