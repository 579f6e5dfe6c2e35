/* The losses l: one table, enumerator, name on the wire, formula. D is the width of the output. All
 * are averaged over the minibatch. */
#ifndef BP_LOSS_H
#define BP_LOSS_H

#include <stdbool.h>

#define BP_LOSS_TABLE(X)                                                                           \
    X(MSE, "mse",                                                                                  \
      "(1/D) sum_d (x(L)_d - y_d)^2; Rumelhart, Hinton and Williams 1986, eq. 3, but for a "       \
      "factor")                                                                                    \
    X(MAE, "mae",                                                                                  \
      "(1/D) sum_d |x(L)_d - y_d|; Hastie, Tibshirani and Friedman 2009, section 10.6")            \
    X(HUBER, "huber",                                                                              \
      "(1/D) sum_d h(x(L)_d - y_d), h(e) = e^2 / 2 for |e| <= delta, else delta (|e| - delta / "   \
      "2), delta = huber_delta; Huber 1964")                                                       \
    X(POISSON, "poisson",                                                                          \
      "(1/D) sum_d e^x(L)_d - y_d x(L)_d: x(L) is the logarithm of the rate, the constant log y! " \
      "is left out; McCullagh and Nelder 1989, chapter 6")                                         \
    X(CROSS_ENTROPY, "cross_entropy",                                                              \
      "-sum_d y_d log softmax(s(L))_d, y = 1 for the class and 0 for the others; Bishop 1995, "    \
      "section 6.9; with "                                                                         \
      "label_smoothing eps y is (1 - eps) of that, plus eps / D; Szegedy et al. 2016, section 7")  \
    X(QUANTILE, "quantile",                                                                        \
      "(1/D) sum_d tau (y_d - x(L)_d) above x(L), (1 - tau) (x(L)_d - y_d) below, tau = "          \
      "quantile; Koenker and Bassett 1978")                                                        \
    X(BINARY_CROSS_ENTROPY, "binary_cross_entropy",                                                \
      "(1/D) sum_d -y_d log x(L)_d - (1 - y_d) log(1 - x(L)_d), computed as log(1 + e^s(L)_d) - "  \
      "y_d s(L)_d; each output a label of its own; Bishop 1995, section 6.8")                      \
    X(HINGE, "hinge", "(1/D) sum_d max(0, 1 - t_d x(L)_d), t = 2 y - 1; Cortes and Vapnik 1995")

#define X(name, wire, formula) BP_LOSS_##name,
typedef enum bp_loss { BP_LOSS_TABLE(X) BP_LOSS_COUNT } bp_loss;
#undef X

/* Losses that take s(L) and bring the last layer's activation with them, so that nothing overflows
 * and no small difference is lost: softmax or sigmoid. */
static inline bool bp_loss_is_fused(bp_loss loss) {
    return loss == BP_LOSS_CROSS_ENTROPY || loss == BP_LOSS_BINARY_CROSS_ENTROPY;
}

/* Losses whose targets are labels, 0 or 1 for each output. */
static inline bool bp_loss_takes_labels(bp_loss loss) {
    return loss == BP_LOSS_BINARY_CROSS_ENTROPY || loss == BP_LOSS_HINGE;
}

/* Whether a real target means something to the loss: a label is 0, 1, or a probability. */
static inline bool bp_loss_takes_target(bp_loss loss, float y) {
    return !bp_loss_takes_labels(loss) || (y >= 0 && y <= 1);
}

typedef struct bp_loss_parameters {
    float quantile;        /* of quantile: tau in (0, 1) */
    float huber_delta;     /* of huber: > 0, finite */
    float label_smoothing; /* of cross_entropy: eps in [0, 1) */
} bp_loss_parameters;

/* A loss with the parameters that it has; the others are not looked at. */
typedef struct bp_loss_rule {
    bp_loss loss;
    bp_loss_parameters parameters;
} bp_loss_rule;

#endif
