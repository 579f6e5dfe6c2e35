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

enum {
    NARROW = 32, /* widths up to this are turned, */
    FEW = 96     /* numbers up to this one by one */
};

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

/* --- narrow rows: a lane for each row -------------------------------------------------------- */

/* Rows [count, width] turned to [width][VL]; lanes from `count` on repeat a valid row. */
BP_INLINE void turn_rows(const float *s, size_t count, size_t width, vf turned[NARROW]) {
    turned[0] = (vf){0}; /* gcc does not see that a width is never 0 */
    if (count * width <= FEW) {
        for (size_t j = 0; j < width; j++) {
            float lane[VL];
            for (size_t i = 0; i < VL; i++) {
                lane[i] = s[(i < count ? i : 0) * width + j];
            }
            turned[j] = vf_load(lane);
        }
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

BP_INLINE void turn_back(const vf *turned, size_t count, size_t width, float *rows) {
    if (count * width <= FEW) {
        for (size_t j = 0; j < width; j++) {
            float lane[VL];
            vf_store(lane, turned[j]);
            for (size_t i = 0; i < count; i++) {
                rows[i * width + j] = lane[i];
            }
        }
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

BP_INLINE vf join_lanes(vf chain[CHAINS]) {
    for (size_t half = CHAINS / 2; half >= 1; half /= 2) {
        for (size_t i = 0; i < half; i++) {
            chain[i] += chain[i + half];
        }
    }
    return chain[0];
}

/* e <- e^(s - max) by rows in lanes; returns the interleaved sum, and the maximum. */
BP_INLINE vf exponentiate_lanes(size_t width, vf s[NARROW], vf *most) {
    vf chain[CHAINS] = {{0}}, top = s[0];
    for (size_t j = 1; j < width; j++) {
        top = vf_max(s[j], top);
    }
    for (size_t j = 0; j < width; j++) {
        s[j] = vf_exp(s[j] - top);
        chain[j % CHAINS] += s[j];
    }
    *most = top;
    return join_lanes(chain);
}

/* The interleaved sum of s - max by rows in lanes. */
BP_INLINE vf sum_below_lanes(size_t width, const vf s[NARROW]) {
    vf chain[CHAINS] = {{0}}, top = s[0];
    for (size_t j = 1; j < width; j++) {
        top = vf_max(s[j], top);
    }
    for (size_t j = 0; j < width; j++) {
        chain[j % CHAINS] += s[j] - top;
    }
    return join_lanes(chain);
}

/* Up to VL rows of cross_entropy. */
static void narrow_cross_entropy(const bp_output_rows *rows, size_t first, size_t count,
                                 const int32_t *class_index, soft_target y) {
    const size_t width = rows->width;
    vf p[NARROW], d[NARROW], most, of_class = {0};
    vi class = {0};
    memcpy(&class, class_index + first, count * sizeof *class_index);
    turn_rows(rows->x + first * width, count, width, p);
    for (size_t j = 0; j < width; j++) {
        of_class = vf_select(class == (int32_t)j, p[j], of_class);
    }
    vf below = y.other > 0 ? sum_below_lanes(width, p) : (vf){0};
    vf sum = exponentiate_lanes(width, p, &most), above = of_class - most;
    if (y.other > 0) {
        above = vf_fma(vf_set(y.keep), above, y.other * below);
    }
    vf_store_lanes(rows->loss + first, vf_log(sum) - above, count);
    for (size_t j = 0; j < width; j++) {
        p[j] = p[j] / sum;
        vf target = vf_select(class == (int32_t)j, vf_set(y.own), vf_set(y.other));
        d[j] = (p[j] - target) * rows->scale;
    }
    turn_back(p, count, width, rows->x + first * width);
    if (rows->d != NULL) {
        turn_back(d, count, width, rows->d + first * width);
    }
}

static void narrow_softmax(size_t count, size_t width, float *s) {
    vf p[NARROW], most;
    turn_rows(s, count, width, p);
    vf sum = exponentiate_lanes(width, p, &most);
    for (size_t j = 0; j < width; j++) {
        p[j] = p[j] / sum;
    }
    turn_back(p, count, width, s);
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

static void vector_cross_entropy(const bp_loss_rule *rule, const bp_output_rows *rows,
                                 const int32_t *class_index) {
    const soft_target y = soft_target_of(rule, rows->width);
    const bool narrow = rows->width <= NARROW;
    const size_t together = narrow ? VL : 1;
    for (size_t i = 0; i < rows->rows; i += together) {
        if (narrow) {
            size_t count = rows->rows - i < VL ? rows->rows - i : VL;
            narrow_cross_entropy(rows, i, count, class_index, y);
        } else {
            wide_cross_entropy_row(rows, i, (size_t)class_index[i], y);
        }
    }
}

static void vector_softmax(size_t rows, size_t width, float *s) {
    const size_t together = width <= NARROW ? VL : 1;
    for (size_t i = 0; i < rows; i += together, s += together * width) {
        if (width <= NARROW) {
            narrow_softmax(rows - i < VL ? rows - i : VL, width, s);
        } else {
            divide(width, exponentiate(width, row_max(width, s), s), s);
        }
    }
}

#endif
