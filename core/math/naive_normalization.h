/* Layer normalisation and what goes with it, one number at a time: the definitions. */
#ifndef BP_NAIVE_NORMALIZATION_H
#define BP_NAIVE_NORMALIZATION_H

#include "kernels.h"
#include "naive_sum.h"
#include "scalar_math.h"

static inline void naive_normalize_row(const bp_normalization *n, size_t row) {
    float *z = n->z + row * n->width, *u = n->u + row * n->width;
    const float width = (float)n->width;
    float sum[CHAINS] = {0}, squares[CHAINS] = {0};
    for (size_t j = 0; j < n->width; j++) {
        sum[j % CHAINS] += z[j];
    }
    const float mean = join(sum) / width;
    for (size_t j = 0; j < n->width; j++) {
        z[j] = z[j] - mean;
        squares[j % CHAINS] = fmaf(z[j], z[j], squares[j % CHAINS]);
    }
    const float inverse = 1.0f / sqrtf(join(squares) / width + BP_NORMALIZATION_EPSILON);
    for (size_t j = 0; j < n->width; j++) {
        z[j] = z[j] * inverse;
        u[j] = fmaf(n->gamma[j], z[j], n->beta[j]);
    }
    if (n->inverse_deviation != NULL) {
        n->inverse_deviation[row] = inverse;
    }
}

static inline void naive_normalize_row_backward(const bp_normalization *n, size_t row) {
    const float *z = n->z + row * n->width, *du = n->u + row * n->width;
    float *ds = n->ds + row * n->width;
    const float width = (float)n->width;
    float sum[CHAINS] = {0}, dots[CHAINS] = {0};
    for (size_t j = 0; j < n->width; j++) {
        const float dz = du[j] * n->gamma[j];
        sum[j % CHAINS] += dz;
        dots[j % CHAINS] = fmaf(dz, z[j], dots[j % CHAINS]);
    }
    const float mean = join(sum) / width, along = join(dots) / width;
    for (size_t j = 0; j < n->width; j++) {
        const float dz = du[j] * n->gamma[j];
        ds[j] = fmaf(-z[j], along, dz - mean) * n->inverse_deviation[row];
    }
}

static void naive_normalize(const bp_normalization *n) {
    for (size_t i = 0; i < n->rows; i++) {
        naive_normalize_row(n, i);
    }
}

static void naive_normalize_backward(const bp_normalization *n) {
    for (size_t i = 0; i < n->rows; i++) {
        naive_normalize_row_backward(n, i);
    }
}

static void naive_column_dots(const bp_column_dots *p) {
    for (size_t j = 0; j < p->width; j++) {
        float sum = p->start == BP_START_C ? p->out[j] : 0.0f;
        for (size_t i = 0; i < p->rows; i++) {
            sum = fmaf(p->a[i * p->row + j], p->b[i * p->row + j], sum);
        }
        p->out[j] = sum;
    }
}

#endif
