/* The activation functions sigma: one table, enumerator, name on the wire, formula. */
#ifndef BP_ACTIVATION_H
#define BP_ACTIVATION_H

#define BP_ACTIVATION_TABLE(X)                                                                     \
    X(LINEAR, "linear", "s")                                                                       \
    X(RELU, "relu", "max(0, s)")                                                                   \
    X(TANH, "tanh", "(e^s - e^-s) / (e^s + e^-s)")                                                 \
    X(SIGMOID, "sigmoid", "1 / (1 + e^-s)")                                                        \
    X(SOFTMAX, "softmax", "e^s_i / sum_j e^s_j; last layer, with cross_entropy")

#define X(name, wire, formula) BP_ACTIVATION_##name,
typedef enum bp_activation { BP_ACTIVATION_TABLE(X) BP_ACTIVATION_COUNT } bp_activation;
#undef X

#endif
