/* The activations, one number at a time: the definitions. */
#ifndef BP_NAIVE_ACTIVATION_H
#define BP_NAIVE_ACTIVATION_H

#include "activation.h"
#include "scalar_math.h"

static inline float naive_sigma(bp_activation activation, float s) {
    switch (activation) {
    case BP_ACTIVATION_RELU:
        return s > 0 ? s : 0;
    case BP_ACTIVATION_TANH:
        return bp_tanh_scalar(s);
    case BP_ACTIVATION_SIGMOID:
        return bp_sigmoid_scalar(s);
    case BP_ACTIVATION_LEAKY_RELU:
        return s > 0 ? s : s * BP_LEAKY_SLOPE;
    case BP_ACTIVATION_ELU:
        return s > 0 ? s : bp_expm1_scalar(s);
    case BP_ACTIVATION_SELU:
        return s > 0 ? s * BP_SELU_LAMBDA : bp_expm1_scalar(s) * BP_SELU_LAMBDA_ALPHA;
    case BP_ACTIVATION_SOFTPLUS:
        return bp_softplus_scalar(s);
    case BP_ACTIVATION_HARD_TANH:
        return s < -1 ? -1.0f : s > 1 ? 1.0f : s;
    case BP_ACTIVATION_GELU:
        return bp_gelu_scalar(s);
    case BP_ACTIVATION_SILU:
        return bp_silu_scalar(s);
    default:
        return s;
    }
}

/* dx . sigma'(s), written in x = sigma(s), or in s: gelu, silu. */
static inline float naive_sigma_backward(bp_activation activation, float x, float dx) {
    switch (activation) {
    case BP_ACTIVATION_RELU:
        return x > 0 ? dx : 0;
    case BP_ACTIVATION_TANH:
        return dx * fmaf(-x, x, 1.0f);
    case BP_ACTIVATION_SIGMOID:
        return dx * (x * (1.0f - x));
    case BP_ACTIVATION_LEAKY_RELU:
        return x > 0 ? dx : dx * BP_LEAKY_SLOPE;
    case BP_ACTIVATION_ELU:
        return x > 0 ? dx : dx * (x + 1.0f);
    case BP_ACTIVATION_SELU:
        return x > 0 ? dx * BP_SELU_LAMBDA : dx * (x + BP_SELU_LAMBDA_ALPHA);
    case BP_ACTIVATION_SOFTPLUS:
        return dx * -bp_expm1_scalar(-x);
    case BP_ACTIVATION_HARD_TANH:
        return fabsf(x) < 1 ? dx : 0;
    case BP_ACTIVATION_GELU:
        return dx * bp_gelu_slope_scalar(x);
    case BP_ACTIVATION_SILU:
        return dx * bp_silu_slope_scalar(x);
    default:
        return dx;
    }
}

#endif
