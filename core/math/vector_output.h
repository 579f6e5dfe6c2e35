/* The output layer of kernels.h on vectors: softmax and cross-entropy.
 *
 * Wide rows have one lane for each output. Narrow ones (most classifiers) are turned first, so that
 * a lane holds a whole row and VL rows go through at once: the same operations in the same order
 * for each row, so the same bits, without a sum across lanes. */
#ifndef BP_VECTOR_OUTPUT_H
#define BP_VECTOR_OUTPUT_H

#include <stdbool.h>

#include "kernels.h"
#include "scalar_math.h"
#include "vector_math.h"
#include "vector_sum.h"
#include "vector_transpose.h"

enum { NARROW = 32 }; /* widths up to this are turned */

static float row_max(size_t width, const float *s) {
    float most = s[0];
    for (size_t j = 1; j < width; j++) {
        most = s[j] > most ? s[j] : most;
    }
    return most;
}

/* s <- e^(s - most); returns the interleaved sum. */
static float exponentiate(size_t width, float most, float *s) {
    vf part[PARTS] = {{0}};
    for (size_t j = 0; j < width; j += VL) {
        size_t lanes = width - j < VL ? width - j : VL;
        vf e = vf_exp(vf_load_lanes(s + j, lanes) - most);
        vf_store_lanes(s + j, e, lanes);
        part[j / VL % PARTS] += lanes == VL ? e : vf_load_part(s + j, lanes);
    }
    return join_chains(part);
}

static void divide(size_t width, float by, float *s) {
    for (size_t j = 0; j < width; j += VL) {
        size_t lanes = width - j < VL ? width - j : VL;
        vf_store_lanes(s + j, vf_load_lanes(s + j, lanes) / by, lanes);
    }
}

/* What the target y is, by label smoothing eps: eps / K, and 1 - eps more for the class. */
typedef struct soft_target {
    float keep, other, own; /* 1 - eps, eps / K, their sum; without smoothing 1, 0, 1 */
} soft_target;

static soft_target soft_target_of(const bp_loss_rule *rule, size_t width) {
    const float smoothing = rule->parameters.label_smoothing;
    soft_target y = {.keep = 1.0f - smoothing, .other = smoothing / (float)width};
    y.own = y.keep + y.other;
    return y;
}

/* d = (p - y) * scale */
static void probability_error(const bp_output_rows *rows, size_t i, size_t class, soft_target y) {
    const float *p = rows->x + i * rows->width;
    float *d = rows->d + i * rows->width;
    for (size_t j = 0; j < rows->width; j += VL) {
        size_t lanes = rows->width - j < VL ? rows->width - j : VL;
        vf_store_lanes(d + j, (vf_load_lanes(p + j, lanes) - y.other) * rows->scale, lanes);
    }
    d[class] = (p[class] - y.own) * rows->scale;
}

/* The interleaved sum of s - most. */
static float sum_below(size_t width, float most, const float *s) {
    vf part[PARTS] = {{0}};
    for (size_t j = 0; j < width; j += VL) {
        size_t lanes = width - j < VL ? width - j : VL;
        part[j / VL % PARTS] += vf_load_or(s + j, lanes, vf_set(most)) - most;
    }
    return join_chains(part);
}

/* --- narrow rows: a lane for each row --------------------------------------------------------
 * `width` is a constant where it is one of the FEW_COLUMNS first. */

/* Rows [count, width] turned to [width][VL]; lanes from `count` on hold 0 or a valid row. */
BP_INLINE void turn_rows(const size_t width, const float *s, size_t count, vf turned[NARROW]) {
    turned[0] = (vf){0}; /* gcc does not see that a width is never 0 */
    if (width <= FEW_COLUMNS) {
        split_columns(width, s, count, turned);
        return;
    }
    for (size_t j = 0; j < width; j += VL) {
        size_t lanes = width - j < VL ? width - j : VL;
        vf block[VL];
#pragma GCC unroll 16
        for (size_t i = 0; i < VL; i++) {
            block[i] = vf_load_part(s + (i < count ? i : 0) * width + j, lanes);
        }
        vf_transpose(block);
        for (size_t i = 0; i < lanes; i++) {
            turned[j + i] = block[i];
        }
    }
}

BP_INLINE void turn_back(const size_t width, const vf *turned, size_t count, float *rows) {
    if (width <= FEW_COLUMNS) {
        join_columns(width, turned, count, rows);
        return;
    }
    for (size_t j = 0; j < width; j += VL) {
        size_t lanes = width - j < VL ? width - j : VL;
        vf block[VL];
        for (size_t i = 0; i < VL; i++) {
            block[i] = i < lanes ? turned[j + i] : (vf){0};
        }
        vf_transpose(block);
        for (size_t i = 0; i < count; i++) {
            vf_store_part(rows + i * width + j, block[i], lanes);
        }
    }
}

/* The interleaved sum of terms that are not negative zeros; they are lost. The chains past the last
 * term would add 0. */
BP_INLINE vf sum_lanes(const size_t width, vf term[NARROW]) {
    for (size_t j = CHAINS; j < width; j++) {
        term[j - CHAINS] += term[j];
    }
    size_t chains = width < CHAINS ? width : CHAINS;
#pragma GCC unroll 4
    for (size_t half = CHAINS / 2; half >= 1; half /= 2) {
        const size_t joined = chains > half ? chains - half : 0;
#pragma GCC unroll 4
        for (size_t i = 0; i < joined; i++) {
            term[i] += term[i + half];
        }
        chains -= joined;
    }
    return term[0];
}

BP_INLINE vf max_lanes(const size_t width, const vf s[NARROW]) {
    vf most = s[0];
#pragma GCC unroll 4
    for (size_t j = 1; j < width; j++) {
        most = vf_max(s[j], most);
    }
    return most;
}

/* e <- e^(s - most) by rows in lanes; returns the interleaved sum. */
BP_INLINE vf exponentiate_lanes(const size_t width, vf s[NARROW], vf most) {
    vf term[NARROW];
    term[0] = (vf){0};
#pragma GCC unroll 4
    for (size_t j = 0; j < width; j++) {
        term[j] = s[j] = vf_exp(s[j] - most);
    }
    return sum_lanes(width, term);
}

/* The interleaved sum of s - most by rows in lanes. */
BP_INLINE vf sum_below_lanes(const size_t width, const vf s[NARROW], vf most) {
    vf term[NARROW];
    term[0] = (vf){0};
#pragma GCC unroll 4
    for (size_t j = 0; j < width; j++) {
        term[j] = s[j] - most;
    }
    return sum_lanes(width, term);
}

/* Up to VL rows of cross_entropy. */
BP_INLINE void narrow_cross_entropy(const size_t width, const bp_output_rows *rows, size_t first,
                                    const int32_t *class_index, soft_target y) {
    const size_t left = rows->rows - first, count = left < VL ? left : VL;
    vf p[NARROW], d[NARROW], of_class = {0};
    vi class = (vi)vf_load_lanes((const float *)(const void *)(class_index + first), count);
    turn_rows(width, rows->x + first * width, count, p);
#pragma GCC unroll 4
    for (size_t j = 0; j < width; j++) {
        of_class = vf_select(class == (int32_t)j, p[j], of_class);
    }
    const vf most = max_lanes(width, p);
    vf above = of_class - most;
    if (y.other > 0) {
        above = vf_fma(vf_set(y.keep), above, y.other * sum_below_lanes(width, p, most));
    }
    const vf sum = exponentiate_lanes(width, p, most);
    vf_store_lanes(rows->loss + first, vf_log(sum) - above, count);
#pragma GCC unroll 4
    for (size_t j = 0; j < width; j++) {
        p[j] = p[j] / sum;
        vf target = vf_select(class == (int32_t)j, vf_set(y.own), vf_set(y.other));
        d[j] = (p[j] - target) * rows->scale;
    }
    turn_back(width, p, count, rows->x + first * width);
    if (rows->d != NULL) {
        turn_back(width, d, count, rows->d + first * width);
    }
}

BP_INLINE void narrow_softmax(const size_t width, size_t count, float *s) {
    vf p[NARROW];
    turn_rows(width, s, count, p);
    const vf sum = exponentiate_lanes(width, p, max_lanes(width, p));
#pragma GCC unroll 4
    for (size_t j = 0; j < width; j++) {
        p[j] = p[j] / sum;
    }
    turn_back(width, p, count, s);
}

/* --- the kernels ---------------------------------------------------------------------------- */

static void wide_cross_entropy_row(const bp_output_rows *rows, size_t i, size_t class,
                                   soft_target y) {
    float *s = rows->x + i * rows->width;
    float most = row_max(rows->width, s), above = s[class] - most;
    if (y.other > 0) {
        above = fmaf(y.keep, above, y.other * sum_below(rows->width, most, s));
    }
    float sum = exponentiate(rows->width, most, s);
    rows->loss[i] = bp_log_scalar(sum) - above;
    divide(rows->width, sum, s);
    if (rows->d != NULL) {
        probability_error(rows, i, class, y);
    }
}

/* The width; it tells the compiler what it is not. */
BP_INLINE size_t more_than_few(size_t width) {
    return width > FEW_COLUMNS ? width : FEW_COLUMNS + 1;
}

/* All rows of each width that is a constant, and of any other narrow one. */
#define NARROW_ROWS(name, columns)                                                                 \
    static void cross_entropy_of_##name(const bp_output_rows *rows, const int32_t *class_index,    \
                                        soft_target y) {                                           \
        const size_t width = rows->width;                                                          \
        (void)width;                                                                               \
        for (size_t i = 0; i < rows->rows; i += VL) {                                              \
            narrow_cross_entropy(columns, rows, i, class_index, y);                                \
        }                                                                                          \
    }                                                                                              \
    static void softmax_of_##name(size_t rows, size_t width, float *s) {                           \
        for (size_t i = 0; i < rows; i += VL) {                                                    \
            narrow_softmax(columns, rows - i < VL ? rows - i : VL, s + i * width);                 \
        }                                                                                          \
    }
NARROW_ROWS(1, 1)
NARROW_ROWS(2, 2)
NARROW_ROWS(3, 3)
NARROW_ROWS(4, 4)
NARROW_ROWS(more, more_than_few(width))

static void vector_cross_entropy(const bp_loss_rule *rule, const bp_output_rows *rows,
                                 const int32_t *class_index) {
    static void (*const few[])(const bp_output_rows *, const int32_t *, soft_target) = {
        cross_entropy_of_1, cross_entropy_of_2, cross_entropy_of_3, cross_entropy_of_4};
    const soft_target y = soft_target_of(rule, rows->width);
    if (rows->width <= FEW_COLUMNS) {
        few[rows->width - 1](rows, class_index, y);
    } else if (rows->width <= NARROW && rows->rows > 1) {
        cross_entropy_of_more(rows, class_index, y);
    } else {
        for (size_t i = 0; i < rows->rows; i++) {
            wide_cross_entropy_row(rows, i, (size_t)class_index[i], y);
        }
    }
}

static void vector_softmax(size_t rows, size_t width, float *s) {
    static void (*const few[])(size_t, size_t, float *) = {softmax_of_1, softmax_of_2, softmax_of_3,
                                                           softmax_of_4};
    if (width <= FEW_COLUMNS) {
        few[width - 1](rows, width, s);
    } else if (width <= NARROW) {
        softmax_of_more(rows, width, s);
    } else {
        for (size_t i = 0; i < rows; i++, s += width) {
            divide(width, exponentiate(width, row_max(width, s), s), s);
        }
    }
}

#endif
