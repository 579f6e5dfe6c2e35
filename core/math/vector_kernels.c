/* The table of kernels.h on vectors: this one source is compiled once for each instruction set. */
#include <stdbool.h>

#include "kernels_internal.h"
#include "vector_activation.h"
#include "vector_gradient.h"
#include "vector_loss.h"
#include "vector_optimizer.h"
#include "vector_output.h"
#include "vector_product.h"

static void vector_column_sums(size_t rows, size_t width, const float *a, size_t a_row,
                               bp_start start, float *out) {
    for (size_t j = 0; j < width; j += VL) {
        size_t lanes = width - j < VL ? width - j : VL;
        vf sum = start == BP_START_C ? vf_load_lanes(out + j, lanes) : (vf){0};
        for (size_t i = 0; i < rows; i++) {
            sum += vf_load_lanes(a + i * a_row + j, lanes);
        }
        vf_store_lanes(out + j, sum, lanes);
    }
}

/* --- rows and parameters -------------------------------------------------------------------- */

static void vector_gather(const bp_gather *g) {
    for (size_t i = 0; i < g->rows; i++) {
        const float *x = g->x + (g->index != NULL ? g->index[i] : i) * g->width;
        float *out = g->out + i * g->width;
        for (size_t j = 0; j < g->width; j += VL) {
            size_t lanes = g->width - j < VL ? g->width - j : VL;
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
    .optimize = vector_optimize,
};
