/* The work on gradients and weights as long vectors: the definitions, one number at a time. */
#ifndef BP_NAIVE_GRADIENT_H
#define BP_NAIVE_GRADIENT_H

#include <stddef.h>

#include "scalar_math.h"

static void naive_clamp(size_t count, float limit, float *a) {
    for (size_t i = 0; i < count; i++) {
        a[i] = a[i] > limit ? limit : a[i] < -limit ? -limit : a[i];
    }
}

static void naive_add_scaled(size_t count, float factor, const float *a, const float *b,
                             float *out) {
    for (size_t i = 0; i < count; i++) {
        out[i] = fmaf(factor, a[i], b[i]);
    }
}

/* The interleaved sum in double; the product of two float32 is exact there. */
static double naive_dot(size_t count, const float *a, const float *b) {
    enum { DOT_CHAINS = 16 };
    double chain[DOT_CHAINS] = {0};
    for (size_t i = 0; i < count; i++) {
        chain[i % DOT_CHAINS] += (double)a[i] * (double)b[i];
    }
    for (int half = DOT_CHAINS / 2; half >= 1; half /= 2) {
        for (int i = 0; i < half; i++) {
            chain[i] += chain[i + half];
        }
    }
    return chain[0];
}

static void naive_limit_norms(size_t inputs, size_t units, float limit, float *w, size_t w_row) {
    for (size_t j = 0; j < units; j++) {
        float sum = 0;
        for (size_t i = 0; i < inputs; i++) {
            sum = fmaf(w[i * w_row + j], w[i * w_row + j], sum);
        }
        float norm = sqrtf(sum), factor = limit / norm;
        for (size_t i = 0; norm > limit && i < inputs; i++) {
            w[i * w_row + j] = w[i * w_row + j] * factor;
        }
    }
}

#endif
