/* The work on gradients and weights as long vectors: naive_gradient.h, operation by operation. */
#ifndef BP_VECTOR_GRADIENT_H
#define BP_VECTOR_GRADIENT_H

#include "vector_sum.h"

static void vector_clamp(size_t count, float limit, float *a) {
    const vf most = vf_set(limit), least = vf_set(-limit);
    for (size_t i = 0; i < count; i += VL) {
        const size_t lanes = count - i < VL ? count - i : VL;
        const vf g = vf_load_lanes(a + i, lanes);
        vf_store_lanes(a + i, vf_select(g > most, most, vf_select(g < least, least, g)), lanes);
    }
}

static void vector_add_scaled(size_t count, float factor, const float *a, const float *b,
                              float *out) {
    for (size_t i = 0; i < count; i += VL) {
        const size_t lanes = count - i < VL ? count - i : VL;
        const vf to = vf_load_lanes(b + i, lanes);
        vf_store_lanes(out + i, vf_fma(vf_set(factor), vf_load_lanes(a + i, lanes), to), lanes);
    }
}

typedef double vd __attribute__((vector_size(sizeof(double) * VL)));

/* Lanes past the end are 0, and adding 0 * 0 changes no chain. */
static double vector_dot(size_t count, const float *a, const float *b) {
    vd part[PARTS];
    memset(part, 0, sizeof part);
    for (size_t i = 0; i < count; i += CHAINS) {
        for (size_t p = 0; p < PARTS && i + p * VL < count; p++) {
            const size_t left = count - i - p * VL, lanes = left < VL ? left : VL;
            const vf x = vf_load_lanes(a + i + p * VL, lanes);
            const vf y = vf_load_lanes(b + i + p * VL, lanes);
            part[p] += __builtin_convertvector(x, vd) * __builtin_convertvector(y, vd);
        }
    }
    double chain[CHAINS];
    memcpy(chain, part, sizeof chain);
    for (int half = CHAINS / 2; half >= 1; half /= 2) {
        for (int i = 0; i < half; i++) {
            chain[i] += chain[i + half];
        }
    }
    return chain[0];
}

static void vector_limit_norms(size_t inputs, size_t units, float limit, float *w, size_t w_row) {
    for (size_t j = 0; j < units; j += VL) {
        const size_t lanes = units - j < VL ? units - j : VL;
        vf sum = {0};
        for (size_t i = 0; i < inputs; i++) {
            const vf of_input = vf_load_lanes(w + i * w_row + j, lanes);
            sum = vf_fma(of_input, of_input, sum);
        }
        const vf norm = vf_sqrt(sum), factor = limit / norm;
        for (size_t i = 0; i < inputs; i++) {
            const vf of_input = vf_load_lanes(w + i * w_row + j, lanes);
            const vf kept = vf_select(norm > limit, of_input * factor, of_input);
            vf_store_lanes(w + i * w_row + j, kept, lanes);
        }
    }
}

#endif
