/* The losses that are means over a row's outputs, on vectors: naive_loss.h, operation by operation.
 */
#ifndef BP_VECTOR_LOSS_H
#define BP_VECTOR_LOSS_H

#include "kernels.h"
#include "vector_math.h"
#include "vector_sum.h"

/* What one output adds to its chain, and dl/dx but for the slope. Idle lanes must add 0. */
typedef struct loss_terms {
    vf sum, d;
} loss_terms;

BP_INLINE loss_terms mse_terms(vf x, vf y, vf sum) {
    vf e = x - y;
    return (loss_terms){vf_fma(e, e, sum), e};
}

BP_INLINE vf vf_sign(vf e) {
    return vf_select(e > 0.0f, vf_set(1.0f), vf_select(e < 0.0f, vf_set(-1.0f), (vf){0}));
}

BP_INLINE loss_terms mae_terms(vf x, vf y, vf sum) {
    vf e = x - y;
    return (loss_terms){sum + vf_abs(e), vf_sign(e)};
}

BP_INLINE loss_terms huber_terms(vf x, vf y, vf sum) {
    vf e = x - y, a = vf_abs(e);
    vi near = a <= 1.0f;
    return (loss_terms){sum + vf_select(near, (0.5f * e) * e, a - 0.5f),
                        vf_select(near, e, vf_sign(e))};
}

BP_INLINE loss_terms poisson_terms(vf x, vf y, vf sum) {
    vf rate = vf_exp(x);
    return (loss_terms){sum + vf_fma(-y, x, rate), rate - y};
}

/* `idle` is x in the lanes past a row's end: where that adds 0. */
#define MEAN_LOSS(name, factor, idle)                                                              \
    static void mean_##name(const bp_output_rows *rows, const float *y) {                          \
        const size_t width = rows->width;                                                          \
        const float slope = factor / (float)width * rows->scale;                                   \
        for (size_t i = 0; i < rows->rows; i++) {                                                  \
            const float *x = rows->x + i * width, *target = y + i * width;                         \
            vf part[PARTS] = {{0}};                                                                \
            for (size_t j = 0; j < width; j += VL) {                                               \
                size_t lanes = width - j < VL ? width - j : VL;                                    \
                vf *sum = &part[j / VL % PARTS];                                                   \
                vf in = lanes == VL ? vf_load(x + j) : vf_load_or(x + j, lanes, vf_set(idle));     \
                loss_terms t = name##_terms(in, vf_load_lanes(target + j, lanes), *sum);           \
                *sum = t.sum;                                                                      \
                if (rows->d != NULL) {                                                             \
                    vf_store_lanes(rows->d + i * width + j, t.d * slope, lanes);                   \
                }                                                                                  \
            }                                                                                      \
            rows->loss[i] = join_chains(part) / (float)width;                                      \
        }                                                                                          \
    }

/* The first `lanes` from memory, the others from `rest`. */
BP_INLINE vf vf_load_or(const float *from, size_t lanes, vf rest) {
    memcpy(&rest, from, lanes * sizeof *from);
    return rest;
}

MEAN_LOSS(mse, 2.0f, 0.0f)
MEAN_LOSS(mae, 1.0f, 0.0f)
MEAN_LOSS(huber, 1.0f, 0.0f)
MEAN_LOSS(poisson, 1.0f, -200.0f) /* e^-200 is 0 */

static void vector_mean_loss(bp_loss loss, const bp_output_rows *rows, const float *y) {
    static void (*const run[BP_LOSS_COUNT])(const bp_output_rows *, const float *) = {
        [BP_LOSS_MSE] = mean_mse,
        [BP_LOSS_MAE] = mean_mae,
        [BP_LOSS_HUBER] = mean_huber,
        [BP_LOSS_POISSON] = mean_poisson,
    };
    run[loss](rows, y);
}

#endif
