/* The plain double-precision reference: the mathematics of DESIGN section 1 as loops. It is the
 * oracle of the fast path's tests and of the gradient check; nothing else uses it. */
#ifndef BP_REFERENCE_H
#define BP_REFERENCE_H

#include "network.h"

/* All quantities of one sample or one minibatch of `rows` rows, by their names; arrays by layer,
 * index 1..L (x also 0), each row-major. The parameters are laid out as bp_network says, in double:
 * weights [in, out] at weight_offset[l], biases at bias_offset[l], gamma and beta likewise. */
typedef struct bp_reference {
    const bp_network *network; /* borrowed */
    size_t rows;
    const double *share;           /* [rows] borrowed: l = the sum of share[n] l_n, weights of rows
                                      by 1 or 1 / rows; NULL: 1 / rows each, the mean */
    double *parameters;            /* [storage_count] */
    double *x[BP_MAX_LAYERS + 1];  /* [rows, width[l]] */
    double *s[BP_MAX_LAYERS + 1];  /* [rows, width[l]] */
    double *dx[BP_MAX_LAYERS + 1]; /* dl/dx(l), of l */
    double *ds[BP_MAX_LAYERS + 1]; /* dl/ds(l) */
    double *z[BP_MAX_LAYERS + 1];  /* [rows, width[l]] of layers with layer_norm; else NULL */
    double *inverse_deviation[BP_MAX_LAYERS + 1]; /* [rows], likewise */
    double *u[BP_MAX_LAYERS + 1];  /* [rows, width[l]]: what sigma takes; without layer_norm s[l] */
    double *du[BP_MAX_LAYERS + 1]; /* dl/du(l); without layer_norm ds[l] */
    double *gradient; /* [storage_count]: dl/dw(l), dl/db(l) where the parameters are */
    double loss;      /* l: the mean over the rows, or as share has it */
} bp_reference;

typedef struct bp_reference_target {
    const int32_t *class_index; /* [rows], for classes; else NULL */
    const double *y;            /* [rows, width[L]], for reals (or one-hot); else NULL */
} bp_reference_target;

BP_NODISCARD bp_status bp_reference_new(bp_reference **out, const bp_network *network, size_t rows,
                                        bp_error *err);
void bp_reference_free(bp_reference *reference); /* NULL is allowed */

/* y_i of row n: as given, or 1 for the row's class and 0 for the others (with one output: its
 * class), smoothed as the loss has it. */
double bp_reference_y(const bp_network *network, bp_reference_target target, size_t n, size_t i);

/* Fills s, x and loss from parameters and x[0]. */
void bp_reference_forward(bp_reference *reference, bp_reference_target target);
/* Fills dx, ds and gradient; after forward. For the losses that are fused dl/dx(L) is the
 * derivative with respect to the output of softmax or sigmoid. */
void bp_reference_backward(bp_reference *reference, bp_reference_target target);
/* w <- w - eta v, v <- mu v + gradient; `velocity` [storage_count]. */
void bp_reference_update(bp_reference *reference, double *velocity, double eta, double mu);

#endif
