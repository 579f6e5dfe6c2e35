/* The activation functions sigma: one table, enumerator, name on the wire, formula. */
#ifndef BP_ACTIVATION_H
#define BP_ACTIVATION_H

#define BP_ACTIVATION_TABLE(X)                                                                     \
    X(LINEAR, "linear", "s")                                                                       \
    X(RELU, "relu", "max(0, s)")                                                                   \
    X(TANH, "tanh", "(e^s - e^-s) / (e^s + e^-s)")                                                 \
    X(SIGMOID, "sigmoid", "1 / (1 + e^-s)")                                                        \
    X(LEAKY_RELU, "leaky_relu", "s > 0: s; else 0.01 s; Maas et al. 2013")                         \
    X(ELU, "elu", "s > 0: s; else e^s - 1; Clevert et al. 2016, eq. 15 with alpha = 1")            \
    X(SELU, "selu",                                                                                \
      "lambda (s > 0: s; else alpha (e^s - 1)), lambda = 1.0507, alpha = 1.6733; Klambauer et "    \
      "al. 2017, eq. 2")                                                                           \
    X(SOFTPLUS, "softplus", "log(1 + e^s); Dugas et al. 2001")                                     \
    X(HARD_TANH, "hard_tanh", "max(-1, min(1, s)); Collobert 2004")                                \
    X(SOFTMAX, "softmax", "e^s_i / sum_j e^s_j; last layer, with cross_entropy")

#define X(name, wire, formula) BP_ACTIVATION_##name,
typedef enum bp_activation { BP_ACTIVATION_TABLE(X) BP_ACTIVATION_COUNT } bp_activation;
#undef X

#endif
