/* The activations of activation.h on vectors: naive_activation.h, operation by operation. */
#ifndef BP_VECTOR_ACTIVATION_H
#define BP_VECTOR_ACTIVATION_H

#include "activation.h"
#include "vector_math.h"

/* --- x = sigma(s) --------------------------------------------------------------------------- */

BP_INLINE vf vf_relu(vf s) {
    return vf_select(s > 0.0f, s, (vf){0});
}

BP_INLINE vf vf_leaky_relu(vf s) {
    return vf_select(s > 0.0f, s, s * BP_LEAKY_SLOPE);
}

BP_INLINE vf vf_elu(vf s) {
    return vf_select(s > 0.0f, s, vf_expm1(s));
}

BP_INLINE vf vf_selu(vf s) {
    return vf_select(s > 0.0f, s * BP_SELU_LAMBDA, vf_expm1(s) * BP_SELU_LAMBDA_ALPHA);
}

BP_INLINE vf vf_hard_tanh(vf s) {
    vf low = vf_select(s < -1.0f, vf_set(-1.0f), s);
    return vf_select(low > 1.0f, vf_set(1.0f), low);
}

/* --- ds = dx . sigma'(s), by x; gelu and silu by s ----------------------------------------- */

BP_INLINE vf relu_backward(vf x, vf dx) {
    return vf_select(x > 0.0f, dx, (vf){0});
}

BP_INLINE vf tanh_backward(vf x, vf dx) {
    return dx * vf_fma(-x, x, vf_set(1.0f));
}

BP_INLINE vf sigmoid_backward(vf x, vf dx) {
    return dx * (x * (1.0f - x));
}

BP_INLINE vf leaky_relu_backward(vf x, vf dx) {
    return vf_select(x > 0.0f, dx, dx * BP_LEAKY_SLOPE);
}

BP_INLINE vf elu_backward(vf x, vf dx) {
    return vf_select(x > 0.0f, dx, dx * (x + 1.0f));
}

BP_INLINE vf selu_backward(vf x, vf dx) {
    return vf_select(x > 0.0f, dx * BP_SELU_LAMBDA, dx * (x + BP_SELU_LAMBDA_ALPHA));
}

BP_INLINE vf softplus_backward(vf x, vf dx) {
    return dx * -vf_expm1(-x);
}

BP_INLINE vf hard_tanh_backward(vf x, vf dx) {
    return vf_select(vf_abs(x) < 1.0f, dx, (vf){0});
}

BP_INLINE vf gelu_backward(vf s, vf dx) {
    return dx * vf_gelu_slope(s);
}

BP_INLINE vf silu_backward(vf s, vf dx) {
    return dx * vf_silu_slope(s);
}

/* --- loops ---------------------------------------------------------------------------------- */

/* What has no row here is the identity (linear) or a function of a whole row (softmax). */
#define EACH_ACTIVATION(X)                                                                         \
    X(RELU, relu)                                                                                  \
    X(TANH, tanh)                                                                                  \
    X(SIGMOID, sigmoid)                                                                            \
    X(LEAKY_RELU, leaky_relu)                                                                      \
    X(ELU, elu)                                                                                    \
    X(SELU, selu)                                                                                  \
    X(SOFTPLUS, softplus)                                                                          \
    X(HARD_TANH, hard_tanh)                                                                        \
    X(GELU, gelu)                                                                                  \
    X(SILU, silu)

#define ACTIVATION_LOOPS(upper, name)                                                              \
    static void forward_##name(size_t count, const float *s, float *x) {                           \
        for (size_t i = 0; i < count; i += VL) {                                                   \
            size_t lanes = count - i < VL ? count - i : VL;                                        \
            vf_store_lanes(x + i, vf_##name(vf_load_lanes(s + i, lanes)), lanes);                  \
        }                                                                                          \
    }                                                                                              \
    static void backward_##name(size_t count, const float *kept, const float *dx, float *ds) {     \
        for (size_t i = 0; i < count; i += VL) {                                                   \
            size_t lanes = count - i < VL ? count - i : VL;                                        \
            vf d = name##_backward(vf_load_lanes(kept + i, lanes), vf_load_lanes(dx + i, lanes));  \
            vf_store_lanes(ds + i, d, lanes);                                                      \
        }                                                                                          \
    }
EACH_ACTIVATION(ACTIVATION_LOOPS)

static void vector_activate(bp_activation activation, size_t count, const float *s, float *x) {
#define X(upper, name) [BP_ACTIVATION_##upper] = forward_##name,
    static void (*const forward[BP_ACTIVATION_COUNT])(size_t, const float *,
                                                      float *) = {EACH_ACTIVATION(X)};
#undef X
    if (forward[activation] != NULL) {
        forward[activation](count, s, x);
    } else if (x != s) {
        memcpy(x, s, count * sizeof *x);
    }
}

static void vector_activate_backward(bp_activation activation, size_t count, const float *kept,
                                     const float *dx, float *ds) {
#define X(upper, name) [BP_ACTIVATION_##upper] = backward_##name,
    static void (*const backward[BP_ACTIVATION_COUNT])(size_t, const float *, const float *,
                                                       float *) = {EACH_ACTIVATION(X)};
#undef X
    if (backward[activation] != NULL) {
        backward[activation](count, kept, dx, ds);
    } else if (ds != dx) {
        memcpy(ds, dx, count * sizeof *ds);
    }
}

#endif
