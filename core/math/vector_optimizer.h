/* The optimisers of optimizer.h on vectors: naive_optimizer.h, operation by operation. */
#ifndef BP_VECTOR_OPTIMIZER_H
#define BP_VECTOR_OPTIMIZER_H

#include "optimizer.h"
#include "vector_math.h"

/* A run's parameters in registers, VL at a time. */
typedef struct lanes_of {
    vf g, s, u, w;
} lanes_of;

BP_INLINE vf sign_of(vf a) {
    return vf_select(a > 0.0f, vf_set(1.0f), vf_select(a < 0.0f, vf_set(-1.0f), (vf){0}));
}

/* The loss's gradient, clipped by its norm, with the penalties on weights. */
BP_INLINE vf shape_gradient(const bp_step_rule *r, vf g, vf w) {
    return vf_fma(vf_set(r->l1), sign_of(w), vf_fma(vf_set(r->l2), w, g * r->gradient_scale));
}

BP_INLINE void step_sgd(const bp_step_rule *r, lanes_of *p) {
    p->s = vf_fma(vf_set(r->momentum), p->s, p->g);
    p->w = vf_fma(vf_set(-r->rate), p->s, p->w);
}

BP_INLINE void step_nesterov(const bp_step_rule *r, lanes_of *p) {
    p->s = vf_fma(vf_set(r->momentum), p->s, p->g);
    p->w = vf_fma(vf_set(-r->rate), vf_fma(vf_set(r->momentum), p->s, p->g), p->w);
}

BP_INLINE void step_rmsprop(const bp_step_rule *r, lanes_of *p) {
    p->s = vf_fma(vf_set(r->rest2), p->g * p->g, r->beta2 * p->s);
    p->w = vf_fma(vf_set(-r->rate), p->g / (vf_sqrt(p->s) + r->epsilon), p->w);
}

BP_INLINE void step_adagrad(const bp_step_rule *r, lanes_of *p) {
    p->s = vf_fma(p->g, p->g, p->s);
    p->w = vf_fma(vf_set(-r->rate), p->g / (vf_sqrt(p->s) + r->epsilon), p->w);
}

BP_INLINE void step_adadelta(const bp_step_rule *r, lanes_of *p) {
    p->s = vf_fma(vf_set(r->rest2), p->g * p->g, r->beta2 * p->s);
    vf d = vf_sqrt(p->u + r->epsilon) / vf_sqrt(p->s + r->epsilon) * p->g;
    p->u = vf_fma(vf_set(r->rest2), d * d, r->beta2 * p->u);
    p->w = vf_fma(vf_set(-r->rate), d, p->w);
}

BP_INLINE void moments(const bp_step_rule *r, lanes_of *p) {
    p->s = vf_fma(vf_set(r->rest1), p->g, r->beta1 * p->s);
    p->u = vf_fma(vf_set(r->rest2), p->g * p->g, r->beta2 * p->u);
}

BP_INLINE void step_adam(const bp_step_rule *r, lanes_of *p) {
    moments(r, p);
    vf below = vf_fma(vf_sqrt(p->u), vf_set(r->root), vf_set(r->epsilon));
    p->w = vf_fma(vf_set(-r->rate), p->s / below, p->w);
}

BP_INLINE void step_adamw(const bp_step_rule *r, lanes_of *p) {
    p->w = p->w * r->keep;
    step_adam(r, p);
}

BP_INLINE void step_nadam(const bp_step_rule *r, lanes_of *p) {
    moments(r, p);
    vf below = vf_fma(vf_sqrt(p->u), vf_set(r->root), vf_set(r->epsilon));
    p->w = vf_fma(vf_set(-r->rate), p->g / below, p->w);
    p->w = vf_fma(vf_set(-r->rate_m), p->s / below, p->w);
}

BP_INLINE void step_lion(const bp_step_rule *r, lanes_of *p) {
    vf c = vf_fma(vf_set(r->rest1), p->g, r->beta1 * p->s);
    p->w = vf_fma(vf_set(-r->rate), sign_of(c), p->w * r->keep);
    p->s = vf_fma(vf_set(r->rest2), p->g, r->beta2 * p->s);
}

BP_INLINE void step_rprop(const bp_step_rule *r, lanes_of *p) {
    (void)r;
    const vf zero = {0}, one = vf_set(1.0f);
    const vf least = vf_set(BP_RPROP_LEAST), most = vf_set(BP_RPROP_MOST);
    const vf agrees = p->g * p->s;
    const vf slower = vf_select(agrees < 0.0f, vf_set(BP_RPROP_SLOWER), one);
    vf step = p->u * vf_select(agrees > 0.0f, vf_set(BP_RPROP_FASTER), slower);
    step = vf_select(step < least, least, vf_select(step > most, most, step));
    p->s = vf_select(agrees < 0.0f, zero, p->g);
    p->w = p->w - vf_select(p->s > 0.0f, step, vf_select(p->s < 0.0f, -step, zero));
    p->u = step;
}

/* A state that fades away would spend its last steps as a subnormal number, each operation on which
 * takes a hundred cycles: it becomes 0 instead. */
BP_INLINE vf without_subnormals(vf state) {
    return vf_select(vf_abs(state) < BP_LEAST_NORMAL, (vf){0}, state);
}

/* A loop for each optimiser; those of one state have no second array. */
#define OPTIMIZER_LOOP(name, states)                                                               \
    static void run_##name(const bp_parameter_step *step) {                                        \
        const bp_step_rule rule = *step->rule;                                                     \
        const vf decay = vf_set(rule.decay);                                                       \
        for (size_t i = 0; i < step->count; i += VL) {                                             \
            const size_t lanes = step->count - i < VL ? step->count - i : VL;                      \
            lanes_of p = {.s = vf_load_lanes(step->state[0] + i, lanes),                           \
                          .w = vf_load_lanes(step->weight + i, lanes)};                            \
            p.g = vf_load_lanes(step->gradient + i, lanes);                                        \
            if (rule.shaped) {                                                                     \
                p.g = shape_gradient(&rule, p.g, p.w);                                             \
            }                                                                                      \
            p.g = vf_fma(decay, p.w, p.g);                                                         \
            if ((states) > 1) {                                                                    \
                p.u = vf_load_lanes(step->state[1] + i, lanes);                                    \
            }                                                                                      \
            step_##name(&rule, &p);                                                                \
            vf_store_lanes(step->state[0] + i, without_subnormals(p.s), lanes);                    \
            if ((states) > 1) {                                                                    \
                vf_store_lanes(step->state[1] + i, without_subnormals(p.u), lanes);                \
            }                                                                                      \
            vf_store_lanes(step->weight + i, p.w, lanes);                                          \
        }                                                                                          \
    }
OPTIMIZER_LOOP(sgd, 1)
OPTIMIZER_LOOP(nesterov, 1)
OPTIMIZER_LOOP(rmsprop, 1)
OPTIMIZER_LOOP(adagrad, 1)
OPTIMIZER_LOOP(adadelta, 2)
OPTIMIZER_LOOP(adam, 2)
OPTIMIZER_LOOP(adamw, 2)
OPTIMIZER_LOOP(nadam, 2)
OPTIMIZER_LOOP(lion, 1)
OPTIMIZER_LOOP(rprop, 2)

static void vector_optimize(const bp_parameter_step *step) {
    static void (*const run[BP_OPTIMIZER_COUNT])(const bp_parameter_step *) = {
        [BP_OPTIMIZER_SGD] = run_sgd,           [BP_OPTIMIZER_NESTEROV] = run_nesterov,
        [BP_OPTIMIZER_RMSPROP] = run_rmsprop,   [BP_OPTIMIZER_ADAGRAD] = run_adagrad,
        [BP_OPTIMIZER_ADADELTA] = run_adadelta, [BP_OPTIMIZER_ADAM] = run_adam,
        [BP_OPTIMIZER_ADAMW] = run_adamw,       [BP_OPTIMIZER_NADAM] = run_nadam,
        [BP_OPTIMIZER_LION] = run_lion,         [BP_OPTIMIZER_RPROP] = run_rprop,
    };
    run[step->rule->optimizer](step);
}

#endif
