/* Layer normalisation and what goes with it on vectors: naive_normalization.h, operation by
 * operation. */
#ifndef BP_VECTOR_NORMALIZATION_H
#define BP_VECTOR_NORMALIZATION_H

#include "kernels.h"
#include "vector_math.h"
#include "vector_sum.h"

static float mean_of_row(size_t width, const float *s) {
    vf part[PARTS] = {{0}};
    for (size_t j = 0; j < width; j += VL) {
        part[j / VL % PARTS] += vf_load_lanes(s + j, width - j < VL ? width - j : VL);
    }
    return join_chains(part) / (float)width;
}

/* z <- z - mean; returns the mean of the squares. */
static float centre_row(size_t width, float mean, float *z) {
    vf part[PARTS] = {{0}};
    for (size_t j = 0; j < width; j += VL) {
        size_t lanes = width - j < VL ? width - j : VL;
        vf c = vf_load_lanes(z + j, lanes) - mean;
        vf_store_lanes(z + j, c, lanes);
        c = lanes == VL ? c : vf_load_part(z + j, lanes);
        part[j / VL % PARTS] = vf_fma(c, c, part[j / VL % PARTS]);
    }
    return join_chains(part) / (float)width;
}

static void vector_normalize(const bp_normalization *n) {
    for (size_t i = 0; i < n->rows; i++) {
        float *z = n->z + i * n->width, *u = n->u + i * n->width;
        const float variance = centre_row(n->width, mean_of_row(n->width, z), z);
        const float inverse = 1.0f / __builtin_sqrtf(variance + BP_NORMALIZATION_EPSILON);
        for (size_t j = 0; j < n->width; j += VL) {
            size_t lanes = n->width - j < VL ? n->width - j : VL;
            vf scaled = vf_load_lanes(z + j, lanes) * inverse;
            vf_store_lanes(z + j, scaled, lanes);
            vf_store_lanes(u + j,
                           vf_fma(vf_load_lanes(n->gamma + j, lanes), scaled,
                                  vf_load_lanes(n->beta + j, lanes)),
                           lanes);
        }
        if (n->inverse_deviation != NULL) {
            n->inverse_deviation[i] = inverse;
        }
    }
}

static void normalize_row_backward(const bp_normalization *n, size_t row) {
    const float *z = n->z + row * n->width, *du = n->u + row * n->width;
    float *ds = n->ds + row * n->width;
    vf sum[PARTS] = {{0}}, dots[PARTS] = {{0}};
    for (size_t j = 0; j < n->width; j += VL) {
        size_t lanes = n->width - j < VL ? n->width - j : VL;
        vf dz = vf_load_lanes(du + j, lanes) * vf_load_lanes(n->gamma + j, lanes);
        sum[j / VL % PARTS] += dz;
        dots[j / VL % PARTS] = vf_fma(dz, vf_load_lanes(z + j, lanes), dots[j / VL % PARTS]);
    }
    const float mean = join_chains(sum) / (float)n->width;
    const vf along = vf_set(join_chains(dots) / (float)n->width);
    for (size_t j = 0; j < n->width; j += VL) {
        size_t lanes = n->width - j < VL ? n->width - j : VL;
        vf dz = vf_load_lanes(du + j, lanes) * vf_load_lanes(n->gamma + j, lanes);
        vf d = vf_fma(-vf_load_lanes(z + j, lanes), along, dz - mean) * n->inverse_deviation[row];
        vf_store_lanes(ds + j, d, lanes);
    }
}

static void vector_normalize_backward(const bp_normalization *n) {
    for (size_t i = 0; i < n->rows; i++) {
        normalize_row_backward(n, i);
    }
}

static void vector_column_dots(const bp_column_dots *p) {
    for (size_t j = 0; j < p->width; j += VL) {
        size_t lanes = p->width - j < VL ? p->width - j : VL;
        vf sum = p->start == BP_START_C ? vf_load_lanes(p->out + j, lanes) : (vf){0};
        for (size_t i = 0; i < p->rows; i++) {
            sum = vf_fma(vf_load_lanes(p->a + i * p->row + j, lanes),
                         vf_load_lanes(p->b + i * p->row + j, lanes), sum);
        }
        vf_store_lanes(p->out + j, sum, lanes);
    }
}

#endif
