/* One parameter's step for each optimiser: the definitions, one number at a time. */
#ifndef BP_NAIVE_OPTIMIZER_H
#define BP_NAIVE_OPTIMIZER_H

#include "optimizer.h"
#include "scalar_math.h"

/* The loss's gradient, clipped by its norm, with the penalties on weights. */
static inline float naive_shape(const bp_step_rule *r, float g, float w) {
    if (!r->shaped) {
        return g;
    }
    float sign = w > 0 ? 1.0f : w < 0 ? -1.0f : 0.0f;
    return fmaf(r->l1, sign, fmaf(r->l2, w, g * r->gradient_scale));
}

/* g with the L2 term is given; state and weight are changed in place. */
typedef void (*bp_naive_step)(const bp_step_rule *r, float g, float *s, float *u, float *w);

static inline void naive_sgd(const bp_step_rule *r, float g, float *s, float *u, float *w) {
    (void)u;
    *s = fmaf(r->momentum, *s, g);
    *w = fmaf(-r->rate, *s, *w);
}

static inline void naive_nesterov(const bp_step_rule *r, float g, float *s, float *u, float *w) {
    (void)u;
    *s = fmaf(r->momentum, *s, g);
    *w = fmaf(-r->rate, fmaf(r->momentum, *s, g), *w);
}

static inline void naive_rmsprop(const bp_step_rule *r, float g, float *s, float *u, float *w) {
    (void)u;
    *s = fmaf(r->rest2, g * g, r->beta2 * *s);
    *w = fmaf(-r->rate, g / (sqrtf(*s) + r->epsilon), *w);
}

static inline void naive_adagrad(const bp_step_rule *r, float g, float *s, float *u, float *w) {
    (void)u;
    *s = fmaf(g, g, *s);
    *w = fmaf(-r->rate, g / (sqrtf(*s) + r->epsilon), *w);
}

static inline void naive_adadelta(const bp_step_rule *r, float g, float *s, float *u, float *w) {
    *s = fmaf(r->rest2, g * g, r->beta2 * *s);
    float d = sqrtf(*u + r->epsilon) / sqrtf(*s + r->epsilon) * g;
    *u = fmaf(r->rest2, d * d, r->beta2 * *u);
    *w = fmaf(-r->rate, d, *w);
}

static inline void naive_adam(const bp_step_rule *r, float g, float *m, float *v, float *w) {
    *m = fmaf(r->rest1, g, r->beta1 * *m);
    *v = fmaf(r->rest2, g * g, r->beta2 * *v);
    *w = fmaf(-r->rate, *m / fmaf(sqrtf(*v), r->root, r->epsilon), *w);
}

static inline void naive_adamw(const bp_step_rule *r, float g, float *m, float *v, float *w) {
    *w = *w * r->keep;
    naive_adam(r, g, m, v, w);
}

static inline void naive_nadam(const bp_step_rule *r, float g, float *m, float *v, float *w) {
    *m = fmaf(r->rest1, g, r->beta1 * *m);
    *v = fmaf(r->rest2, g * g, r->beta2 * *v);
    float below = fmaf(sqrtf(*v), r->root, r->epsilon);
    *w = fmaf(-r->rate, g / below, *w);
    *w = fmaf(-r->rate_m, *m / below, *w);
}

static inline void naive_lion(const bp_step_rule *r, float g, float *m, float *u, float *w) {
    (void)u;
    float c = fmaf(r->rest1, g, r->beta1 * *m);
    float sign = c > 0 ? 1.0f : c < 0 ? -1.0f : 0.0f;
    *w = fmaf(-r->rate, sign, *w * r->keep);
    *m = fmaf(r->rest2, g, r->beta2 * *m);
}

/* s: the gradient before; u: the length of the step. */
static inline void naive_rprop(const bp_step_rule *r, float g, float *s, float *u, float *w) {
    (void)r;
    float agrees = g * *s;
    float step = *u * (agrees > 0 ? BP_RPROP_FASTER : agrees < 0 ? BP_RPROP_SLOWER : 1.0f);
    step = step < BP_RPROP_LEAST ? BP_RPROP_LEAST : step > BP_RPROP_MOST ? BP_RPROP_MOST : step;
    g = agrees < 0 ? 0 : g;
    *w = *w - (g > 0 ? step : g < 0 ? -step : 0);
    *s = g;
    *u = step;
}

#endif
