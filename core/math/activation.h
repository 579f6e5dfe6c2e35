/* The activation functions sigma: one table, enumerator, name on the wire, what sigma' is written
 * in (BY_X: x = sigma(s); BY_S: s itself), formula. */
#ifndef BP_ACTIVATION_H
#define BP_ACTIVATION_H

#include <stdbool.h>

#define BP_ACTIVATION_TABLE(X)                                                                     \
    X(LINEAR, "linear", BY_X, "s")                                                                 \
    X(RELU, "relu", BY_X, "max(0, s); Nair and Hinton 2010")                                       \
    X(TANH, "tanh", BY_X, "(e^s - e^-s) / (e^s + e^-s); LeCun et al. 1998, section 4.4")           \
    X(SIGMOID, "sigmoid", BY_X, "1 / (1 + e^-s); Rumelhart, Hinton and Williams 1986, eq. 2")      \
    X(LEAKY_RELU, "leaky_relu", BY_X, "s > 0: s; else 0.01 s; Maas et al. 2013")                   \
    X(ELU, "elu", BY_X, "s > 0: s; else e^s - 1; Clevert et al. 2016, eq. 15 with alpha = 1")      \
    X(SELU, "selu", BY_X,                                                                          \
      "lambda (s > 0: s; else alpha (e^s - 1)), lambda = 1.0507, alpha = 1.6733; Klambauer et "    \
      "al. 2017, eq. 2")                                                                           \
    X(SOFTPLUS, "softplus", BY_X, "log(1 + e^s); Dugas et al. 2001")                               \
    X(HARD_TANH, "hard_tanh", BY_X, "max(-1, min(1, s)); Collobert 2004")                          \
    X(GELU, "gelu", BY_S,                                                                          \
      "s Phi(s), Phi the standard normal distribution; Hendrycks and Gimpel 2016, section 2")      \
    X(SILU, "silu", BY_S, "s / (1 + e^-s); Elfwing et al. 2018, eq. 1")                            \
    X(SOFTMAX, "softmax", BY_X, "e^s_i / sum_j e^s_j; last layer, with cross_entropy; Bridle 1990")

#define X(name, wire, slope, formula) BP_ACTIVATION_##name,
typedef enum bp_activation { BP_ACTIVATION_TABLE(X) BP_ACTIVATION_COUNT } bp_activation;
#undef X

/* Whether sigma' is written in s. */
static inline bool bp_slope_is_in_s(bp_activation activation) {
    enum { BY_X, BY_S };
#define ROW(name, wire, slope, formula) (slope) == BY_S,
    static const bool in_s[] = {BP_ACTIVATION_TABLE(ROW)};
#undef ROW
    return in_s[activation];
}

#endif
