/* The table of kernels.h on vectors: this one source is compiled once for each instruction set. */
#include <stdbool.h>

#include "kernels_internal.h"
#include "vector_activation.h"
#include "vector_gradient.h"
#include "vector_loss.h"
#include "vector_normalization.h"
#include "vector_optimizer.h"
#include "vector_output.h"
#include "vector_product.h"
#include "vector_random.h"

enum { SUM_VECTORS = 4 };

/* Columns [j, j + several vectors): each lane's chain waits for its last addition, so several
 * vectors go down together. */
BP_INLINE void sum_columns(const int vectors, size_t rows, const float *a, size_t a_row,
                           size_t lanes, bool goes_on, float *out) {
    vf sum[SUM_VECTORS];
#pragma GCC unroll 4
    for (int v = 0; v < vectors; v++) {
        sum[v] = goes_on ? vf_load_lanes(out + v * VL, lanes) : (vf){0};
    }
    for (size_t i = 0; i < rows; i++) {
#pragma GCC unroll 4
        for (int v = 0; v < vectors; v++) {
            sum[v] += vf_load_lanes(a + i * a_row + (size_t)v * VL, lanes);
        }
    }
#pragma GCC unroll 4
    for (int v = 0; v < vectors; v++) {
        vf_store_lanes(out + v * VL, sum[v], lanes);
    }
}

static void vector_column_sums(size_t rows, size_t width, const float *a, size_t a_row,
                               bp_start start, float *out) {
    const bool goes_on = start == BP_START_C;
    size_t j = 0;
    for (; width - j >= SUM_VECTORS * VL; j += SUM_VECTORS * VL) {
        sum_columns(SUM_VECTORS, rows, a + j, a_row, VL, goes_on, out + j);
    }
    for (; j < width; j += VL) {
        const size_t lanes = width - j < VL ? width - j : VL;
        sum_columns(1, rows, a + j, a_row, lanes, goes_on, out + j);
    }
}

/* --- rows and parameters -------------------------------------------------------------------- */

static const float *gathered_row(const bp_gather *g, size_t i) {
    return g->x + (g->index != NULL ? g->index[i] : i) * g->width;
}

/* Rows that fill a vector at most. */
static void gather_narrow(const bp_gather *g) {
    const size_t width = g->width;
    const vf mean = vf_load_lanes(g->mean, width), scale = vf_load_lanes(g->scale, width);
    float *out = g->out;
    for (size_t i = 0; i < g->rows; i++) {
        vf_store_lanes(out + i * width, (vf_load_lanes(gathered_row(g, i), width) - mean) * scale,
                       width);
    }
}

/* The rows lie anywhere, so those to come are fetched while this one is worked on: as many as some
 * hundreds of nanoseconds take, which is what a line costs whose page is not at hand either. */
enum { FETCHED_FLOATS = 512 };

static void vector_gather(const bp_gather *g) {
    if (g->width <= VL) {
        gather_narrow(g);
        return;
    }
    const size_t ahead = 1 + FETCHED_FLOATS / g->width;
    for (size_t i = 0; i < g->rows; i++) {
        const float *x = gathered_row(g, i);
        const float *next = i + ahead < g->rows ? gathered_row(g, i + ahead) : x;
        float *out = g->out + i * g->width;
        for (size_t j = 0; j < g->width; j += VL) {
            size_t lanes = g->width - j < VL ? g->width - j : VL;
            __builtin_prefetch(next + j);
            vf centred = vf_load_lanes(x + j, lanes) - vf_load_lanes(g->mean + j, lanes);
            vf_store_lanes(out + j, centred * vf_load_lanes(g->scale + j, lanes), lanes);
        }
    }
}

static void vector_scale(size_t count, float factor, float *a) {
    for (size_t i = 0; i < count; i += VL) {
        size_t lanes = count - i < VL ? count - i : VL;
        vf_store_lanes(a + i, vf_load_lanes(a + i, lanes) * factor, lanes);
    }
}

const bp_kernels BP_TABLE = {
    .name = BP_ISA_NAME,
    .product = vector_product,
    .column_sums = vector_column_sums,
    .activate = vector_activate,
    .activate_backward = vector_activate_backward,
    .cross_entropy = vector_cross_entropy,
    .mean_loss = vector_mean_loss,
    .softmax = vector_softmax,
    .gather = vector_gather,
    .transpose = vector_transpose,
    .scale = vector_scale,
    .clamp = vector_clamp,
    .add_scaled = vector_add_scaled,
    .dot = vector_dot,
    .limit_norms = vector_limit_norms,
    .normalize = vector_normalize,
    .normalize_backward = vector_normalize_backward,
    .column_dots = vector_column_dots,
    .optimize = vector_optimize,
    .random_words = vector_random_words,
    .drop = vector_drop,
    .add_noise = vector_add_noise,
};
