/* The losses that are means over a row's outputs, one number at a time: the definitions. */
#ifndef BP_NAIVE_LOSS_H
#define BP_NAIVE_LOSS_H

#include "loss.h"
#include "scalar_math.h"

static inline float naive_sign(float e) {
    return e > 0 ? 1.0f : e < 0 ? -1.0f : 0.0f;
}

/* Adds one output's term to its chain; returns dl/dx but for the slope. */
static inline float naive_loss_term(bp_loss loss, float x, float y, float *chain) {
    float e = x - y, a = fabsf(e), rate;
    switch (loss) {
    case BP_LOSS_MAE:
        *chain = *chain + a;
        return naive_sign(e);
    case BP_LOSS_HUBER:
        *chain = *chain + (a <= 1 ? (0.5f * e) * e : a - 0.5f);
        return a <= 1 ? e : naive_sign(e);
    case BP_LOSS_POISSON:
        rate = bp_exp_scalar(x);
        *chain = *chain + fmaf(-y, x, rate);
        return rate - y;
    default: /* mse */
        *chain = fmaf(e, e, *chain);
        return e;
    }
}

#endif
