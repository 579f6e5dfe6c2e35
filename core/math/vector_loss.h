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

BP_INLINE loss_terms mse_terms(bp_loss_parameters p, vf x, vf y, vf sum) {
    (void)p;
    vf e = x - y;
    return (loss_terms){vf_fma(e, e, sum), e};
}

BP_INLINE vf vf_sign(vf e) {
    return vf_select(e > 0.0f, vf_set(1.0f), vf_select(e < 0.0f, vf_set(-1.0f), (vf){0}));
}

BP_INLINE loss_terms mae_terms(bp_loss_parameters p, vf x, vf y, vf sum) {
    (void)p;
    vf e = x - y;
    return (loss_terms){sum + vf_abs(e), vf_sign(e)};
}

BP_INLINE loss_terms huber_terms(bp_loss_parameters p, vf x, vf y, vf sum) {
    const float delta = p.huber_delta;
    vf e = x - y, a = vf_abs(e);
    vi near = a <= delta;
    return (loss_terms){sum + vf_select(near, (0.5f * e) * e, delta * (a - 0.5f * delta)),
                        vf_select(near, e, delta * vf_sign(e))};
}

BP_INLINE loss_terms poisson_terms(bp_loss_parameters p, vf x, vf y, vf sum) {
    (void)p;
    vf rate = vf_exp(x);
    return (loss_terms){sum + vf_fma(-y, x, rate), rate - y};
}

BP_INLINE loss_terms quantile_terms(bp_loss_parameters p, vf x, vf y, vf sum) {
    vf e = x - y;
    vf slope = vf_select(e > 0.0f, vf_set(1.0f - p.quantile), vf_set(p.quantile));
    return (loss_terms){vf_fma(slope, vf_abs(e), sum), slope * vf_sign(e)};
}

BP_INLINE loss_terms hinge_terms(bp_loss_parameters p, vf x, vf y, vf sum) {
    (void)p;
    vf t = (y + y) - 1.0f, short_by = vf_fma(-t, x, vf_set(1.0f));
    vi wrong = short_by > 0.0f;
    return (loss_terms){sum + vf_select(wrong, short_by, (vf){0}), vf_select(wrong, -t, (vf){0})};
}

/* One output: a lane for each row. The other chains of its sum would add 0 to it. */
#define ONE_OUTPUT(name)                                                                           \
    static void one_##name(bp_loss_parameters parameters, const bp_output_rows *rows,              \
                           const float *y, float slope) {                                          \
        for (size_t i = 0; i < rows->rows; i += VL) {                                              \
            size_t lanes = rows->rows - i < VL ? rows->rows - i : VL;                              \
            loss_terms t = name##_terms(parameters, vf_load_lanes(rows->x + i, lanes),             \
                                        vf_load_lanes(y + i, lanes), (vf){0});                     \
            vf_store_lanes(rows->loss + i, t.sum, lanes);                                          \
            if (rows->d != NULL) {                                                                 \
                vf_store_lanes(rows->d + i, t.d * slope, lanes);                                   \
            }                                                                                      \
        }                                                                                          \
    }

/* `idle` is x in the lanes past a row's end, where y is 0: what adds 0. */
#define MEAN_LOSS(name, factor, idle)                                                              \
    ONE_OUTPUT(name)                                                                               \
    static void mean_##name(const bp_loss_rule *rule, const bp_output_rows *rows,                  \
                            const float *y) {                                                      \
        const bp_loss_parameters parameters = rule->parameters;                                    \
        const size_t width = rows->width;                                                          \
        const float slope = factor / (float)width * rows->scale;                                   \
        if (width == 1) {                                                                          \
            one_##name(parameters, rows, y, slope);                                                \
            return;                                                                                \
        }                                                                                          \
        for (size_t i = 0; i < rows->rows; i++) {                                                  \
            const float *x = rows->x + i * width, *target = y + i * width;                         \
            vf part[PARTS] = {{0}};                                                                \
            for (size_t j = 0; j < width; j += VL) {                                               \
                size_t lanes = width - j < VL ? width - j : VL;                                    \
                vf *sum = &part[j / VL % PARTS];                                                   \
                vf in = lanes == VL ? vf_load(x + j) : vf_load_or(x + j, lanes, vf_set(idle));     \
                loss_terms t =                                                                     \
                    name##_terms(parameters, in, vf_load_lanes(target + j, lanes), *sum);          \
                *sum = t.sum;                                                                      \
                if (rows->d != NULL) {                                                             \
                    vf_store_lanes(rows->d + i * width + j, t.d * slope, lanes);                   \
                }                                                                                  \
            }                                                                                      \
            rows->loss[i] = join_chains(part) / (float)width;                                      \
        }                                                                                          \
    }

MEAN_LOSS(mse, 2.0f, 0.0f)
MEAN_LOSS(mae, 1.0f, 0.0f)
MEAN_LOSS(huber, 1.0f, 0.0f)
MEAN_LOSS(poisson, 1.0f, -200.0f) /* e^-200 is 0 */
MEAN_LOSS(quantile, 1.0f, 0.0f)
MEAN_LOSS(hinge, 1.0f, -1.0f)

/* s in x, and x = sigmoid(s) out. */
static void binary_row(const bp_output_rows *rows, size_t i, const float *y, float slope) {
    const size_t width = rows->width;
    float *x = rows->x + i * width;
    vf part[PARTS] = {{0}};
    for (size_t j = 0; j < width; j += VL) {
        size_t lanes = width - j < VL ? width - j : VL;
        vf s = vf_load_or(x + j, lanes, vf_set(-200.0f)), t = vf_load_lanes(y + j, lanes);
        vf above = vf_select(s > 0.0f, s, (vf){0});
        part[j / VL % PARTS] += vf_fma(-t, s, above) + vf_softplus_tail(s);
        vf p = vf_sigmoid(s);
        vf_store_lanes(x + j, p, lanes);
        if (rows->d != NULL) {
            vf_store_lanes(rows->d + i * width + j, (p - t) * slope, lanes);
        }
    }
    rows->loss[i] = join_chains(part) / (float)width;
}

static void mean_binary_cross_entropy(const bp_loss_rule *rule, const bp_output_rows *rows,
                                      const float *y) {
    (void)rule;
    const float slope = 1.0f / (float)rows->width * rows->scale;
    for (size_t i = 0; i < rows->rows; i++) {
        binary_row(rows, i, y + i * rows->width, slope);
    }
}

static void vector_mean_loss(const bp_loss_rule *rule, const bp_output_rows *rows, const float *y) {
    static void (*const run[BP_LOSS_COUNT])(const bp_loss_rule *, const bp_output_rows *,
                                            const float *) = {
        [BP_LOSS_MSE] = mean_mse,
        [BP_LOSS_MAE] = mean_mae,
        [BP_LOSS_HUBER] = mean_huber,
        [BP_LOSS_POISSON] = mean_poisson,
        [BP_LOSS_QUANTILE] = mean_quantile,
        [BP_LOSS_BINARY_CROSS_ENTROPY] = mean_binary_cross_entropy,
        [BP_LOSS_HINGE] = mean_hinge,
    };
    run[rule->loss](rule, rows, y);
}

#endif
