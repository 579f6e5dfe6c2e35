/* The losses that are means over a row's outputs, one number at a time: the definitions. */
#ifndef BP_NAIVE_LOSS_H
#define BP_NAIVE_LOSS_H

#include "loss.h"
#include "scalar_math.h"

static inline float naive_sign(float e) {
    return e > 0 ? 1.0f : e < 0 ? -1.0f : 0.0f;
}

static inline float naive_huber_term(float delta, float e, float *chain) {
    float a = fabsf(e);
    *chain = *chain + (a <= delta ? (0.5f * e) * e : delta * (a - 0.5f * delta));
    return a <= delta ? e : delta * naive_sign(e);
}

/* e = x - y above the target costs 1 - tau, below it tau. */
static inline float naive_quantile_term(float tau, float e, float *chain) {
    float slope = e > 0 ? 1.0f - tau : tau;
    *chain = fmaf(slope, fabsf(e), *chain);
    return slope * naive_sign(e);
}

/* x <- sigmoid(s); log(1 + e^s) - y s with the large parts of the two taken together first. */
static inline float naive_binary_term(float *x, float y, float *chain) {
    float s = *x;
    *chain = *chain + (fmaf(-y, s, s > 0 ? s : 0.0f) + bp_softplus_tail_scalar(s));
    *x = bp_sigmoid_scalar(s);
    return *x - y;
}

static inline float naive_hinge_term(float x, float y, float *chain) {
    float t = (y + y) - 1.0f, short_by = fmaf(-t, x, 1.0f);
    *chain = *chain + (short_by > 0 ? short_by : 0.0f);
    return short_by > 0 ? -t : 0.0f;
}

/* Adds one output's term to its chain; returns dl/dx but for the slope. For binary_cross_entropy *x
 * is s, becomes x, and the derivative is dl/ds. */
static inline float naive_loss_term(const bp_loss_rule *rule, float *x, float y, float *chain) {
    float e = *x - y, rate;
    switch (rule->loss) {
    case BP_LOSS_MAE:
        *chain = *chain + fabsf(e);
        return naive_sign(e);
    case BP_LOSS_HUBER:
        return naive_huber_term(rule->parameters.huber_delta, e, chain);
    case BP_LOSS_POISSON:
        rate = bp_exp_scalar(*x);
        *chain = *chain + fmaf(-y, *x, rate);
        return rate - y;
    case BP_LOSS_QUANTILE:
        return naive_quantile_term(rule->parameters.quantile, e, chain);
    case BP_LOSS_BINARY_CROSS_ENTROPY:
        return naive_binary_term(x, y, chain);
    case BP_LOSS_HINGE:
        return naive_hinge_term(*x, y, chain);
    default: /* mse */
        *chain = fmaf(e, e, *chain);
        return e;
    }
}

#endif
