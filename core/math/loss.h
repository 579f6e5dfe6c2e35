/* The losses l: one table, enumerator, name on the wire, formula. D is the width of the output. All
 * are averaged over the minibatch. */
#ifndef BP_LOSS_H
#define BP_LOSS_H

#define BP_LOSS_TABLE(X)                                                                           \
    X(MSE, "mse", "(1/D) sum_d (x(L)_d - y_d)^2")                                                  \
    X(MAE, "mae", "(1/D) sum_d |x(L)_d - y_d|")                                                    \
    X(HUBER, "huber",                                                                              \
      "(1/D) sum_d h(x(L)_d - y_d), h(e) = e^2 / 2 for |e| <= 1, else |e| - 1/2; Huber 1964")      \
    X(POISSON, "poisson",                                                                          \
      "(1/D) sum_d e^x(L)_d - y_d x(L)_d: x(L) is the logarithm of the rate, the constant log y! " \
      "is left out")                                                                               \
    X(CROSS_ENTROPY, "cross_entropy", "-log softmax(s(L))_y")

#define X(name, wire, formula) BP_LOSS_##name,
typedef enum bp_loss { BP_LOSS_TABLE(X) BP_LOSS_COUNT } bp_loss;
#undef X

#endif
