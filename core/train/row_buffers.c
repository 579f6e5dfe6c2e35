#include "row_buffers.h"

#include <stdlib.h>

#include "memory.h"

enum { X, KEPT, Z, DU, INVERSE_DEVIATION, DS, ARRAYS };

/* --- which arrays there are ----------------------------------------------------------------- */

/* How many floats a row has in each array; 0: there is none, or it is x. */
typedef struct array_sizes {
    size_t floats[ARRAYS][BP_MAX_LAYERS + 1]; /* by owner: the most that a layer with it needs */
} array_sizes;

/* Whether sigma' cannot be read from x(l): it is written in u(l), or x(l) is less or more than
 * sigma(u(l)). */
static bool keeps_apart(const bp_network *network, size_t l, bp_row_use use) {
    const bool dropped = use == BP_ROWS_DROPPED && l < network->layer_count;
    return dropped || bp_slope_is_in_s(network->activation[l]) || network->residual[l];
}

static void need(array_sizes *out, int array, size_t owner, size_t floats) {
    size_t *most = &out->floats[array][owner];
    *most = *most > floats ? *most : floats;
}

static array_sizes sizes_of(const bp_network *network, bp_row_use use,
                            const bp_segments *segments) {
    array_sizes out = {0};
    for (size_t l = 0; l <= network->layer_count; l++) {
        const bp_array_owners owner = bp_segments_owners(segments, l);
        const size_t width = network->width[l];
        need(&out, X, owner.x, width);
        if (use == BP_ROWS_FORWARD || l == 0) {
            continue;
        }
        need(&out, KEPT, owner.trace, keeps_apart(network, l, use) ? width : 0);
        need(&out, DS, owner.ds, width);
        if (network->layer_norm[l]) {
            need(&out, Z, owner.trace, width);
            need(&out, DU, owner.trace, width);
            need(&out, INVERSE_DEVIATION, owner.trace, 1);
        }
    }
    return out;
}

static size_t floats_of(const array_sizes *sizes) {
    size_t floats = 0;
    for (size_t array = 0; array < ARRAYS; array++) {
        for (size_t l = 0; l <= BP_MAX_LAYERS; l++) {
            floats += sizes->floats[array][l];
        }
    }
    return floats;
}

size_t bp_row_buffers_floats(const bp_network *network, bp_row_use use,
                             const bp_segments *segments) {
    const array_sizes sizes = sizes_of(network, use, segments);
    return floats_of(&sizes);
}

bp_segments bp_row_buffers_checkpoints(const bp_network *network, bp_row_use use) {
    bp_segments best = bp_segments_cut(network->layer_count, 1);
    size_t least = bp_row_buffers_floats(network, use, &best);
    for (size_t count = 2; count <= network->layer_count; count++) {
        const bp_segments segments = bp_segments_cut(network->layer_count, count);
        const size_t floats = bp_row_buffers_floats(network, use, &segments);
        if (floats < least) {
            least = floats;
            best = segments;
        }
    }
    return best;
}

/* --- construction --------------------------------------------------------------------------- */

enum { MOST_OWNED = ARRAYS * (BP_MAX_LAYERS + 1) + 1 }; /* and the losses */

bp_segments bp_row_buffers_segments(const bp_network *network, const bp_row_request *request) {
    return request->checkpointing ? bp_row_buffers_checkpoints(network, request->use)
                                  : bp_segments_cut(network->layer_count, 1);
}

size_t bp_row_buffers_bytes(const bp_network *network, const bp_row_request *request) {
    const bp_segments segments = bp_row_buffers_segments(network, request);
    const size_t floats = bp_row_buffers_floats(network, request->use, &segments) + 1;
    return request->rows * floats * sizeof(float) + MOST_OWNED * sizeof(float *);
}

static bool own(bp_row_buffers *buffers, float **out, size_t rows, size_t floats) {
    *out = bp_calloc_aligned(rows, floats * sizeof **out);
    buffers->owned[buffers->owned_count++] = *out;
    return *out != NULL;
}

/* The arrays by their owners. */
static bool allocate(bp_row_buffers *buffers, const array_sizes *sizes,
                     float *arrays[ARRAYS][BP_MAX_LAYERS + 1]) {
    bool complete = true;
    for (size_t array = 0; array < ARRAYS; array++) {
        for (size_t l = 0; l <= BP_MAX_LAYERS; l++) {
            const size_t floats = sizes->floats[array][l];
            if (floats > 0) {
                complete = own(buffers, &arrays[array][l], buffers->rows, floats) && complete;
            }
        }
    }
    return own(buffers, &buffers->loss, buffers->rows, 1) && complete;
}

static void assign(bp_row_buffers *buffers, const bp_network *network, bp_row_use use, size_t l,
                   float *arrays[ARRAYS][BP_MAX_LAYERS + 1]) {
    const bp_array_owners owner = bp_segments_owners(&buffers->segments, l);
    float *x = arrays[X][owner.x];
    buffers->width[l] = network->width[l];
    buffers->x[l] = buffers->kept[l] = x;
    buffers->z[l] = network->layer_norm[l] ? x : NULL;
    if (use == BP_ROWS_FORWARD || l == 0) {
        return;
    }
    if (keeps_apart(network, l, use)) {
        buffers->kept[l] = arrays[KEPT][owner.trace];
    }
    if (network->layer_norm[l]) {
        buffers->z[l] = arrays[Z][owner.trace];
        buffers->du[l] = arrays[DU][owner.trace];
        buffers->inverse_deviation[l] = arrays[INVERSE_DEVIATION][owner.trace];
    }
    buffers->ds[l] = arrays[DS][owner.ds];
}

static size_t widest(const bp_network *network) {
    size_t most = 0;
    for (size_t l = 0; l <= network->layer_count; l++) {
        most = network->width[l] > most ? network->width[l] : most;
    }
    return most;
}

void bp_row_buffers_set_tile(bp_row_buffers *buffers, const bp_network *network, size_t tile_rows) {
    buffers->tile_floats = tile_rows * widest(network);
    buffers->scratch_floats = 2 * buffers->tile_floats;
}

bp_status bp_row_buffers_new(bp_row_buffers *out, const bp_network *network,
                             const bp_row_request *request, bp_error *err) {
    bp_row_buffers buffers = {.rows = request->rows};
    bp_row_buffers_set_tile(&buffers, network, request->tile_rows);
    buffers.segments = bp_row_buffers_segments(network, request);
    buffers.owned = calloc(MOST_OWNED, sizeof *buffers.owned);
    float *arrays[ARRAYS][BP_MAX_LAYERS + 1] = {{NULL}};
    const array_sizes sizes = sizes_of(network, request->use, &buffers.segments);
    if (buffers.owned == NULL || !allocate(&buffers, &sizes, arrays)) {
        bp_row_buffers_clear(&buffers);
        return bp_fail(err, BP_NO_MEMORY, NULL, "no memory for the activations of %zu rows",
                       request->rows);
    }
    for (size_t l = 0; l <= network->layer_count; l++) {
        assign(&buffers, network, request->use, l, arrays);
    }
    *out = buffers;
    return BP_OK;
}

void bp_row_buffers_clear(bp_row_buffers *buffers) {
    for (size_t i = 0; i < buffers->owned_count; i++) {
        free(buffers->owned[i]);
    }
    free(buffers->owned);
    *buffers = (bp_row_buffers){0};
}
