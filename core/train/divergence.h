/* Forensics of a step that met a number that is not finite: which was the first. A second, slow
 * look after the failure, at the weights that the step began with, so that steps that succeed pay
 * nothing for it. */
#ifndef BP_DIVERGENCE_H
#define BP_DIVERGENCE_H

#include "row_pass.h"

enum { BP_TENSOR_NAME_SIZE = 24 };

/* The first tensor with a number that is not finite, in the order in which a step computes them:
 * "w(1)", "b(1)", "gamma(1)", "beta(1)", "w(2)", ..; "x(0)", "s(1)", "z(1)" (layer_norm), "x(1)",
 * .., "x(L)", "loss"; "dl/dx(L)" (of losses that are not fused), "dl/ds(L)", "dl/dx(L-1)", ..,
 * "dl/ds(1)"; "dl/dw(L)", "dl/db(L)", "dl/dgamma(L)", "dl/dbeta(L)", "dl/dw(L-1)", .. */
typedef struct bp_divergence {
    uint64_t epoch, step; /* 1-based, in which it came to be; epoch 0: nothing has failed */
    size_t layer;         /* 1-based; 0: the data or the loss */
    char tensor[BP_TENSOR_NAME_SIZE];
} bp_divergence;

/* Looks at parameters [storage_count]. True: one is not finite; sets layer and tensor. */
bool bp_divergence_in_parameters(bp_divergence *out, const bp_network *network,
                                 const float *parameters);

typedef struct bp_divergence_of {
    const bp_row_pass *pass; /* of the minibatch from its first row on; its buffers are not used */
    size_t rows;
    const float *gradient; /* [storage_count], laid out as the parameters; NULL: none */
} bp_divergence_of;

/* Passes over the rows once more, 64 at a time. Sets layer and tensor: "loss" where nothing is
 * found, or there is no memory for the look. */
void bp_divergence_in_rows(bp_divergence *out, const bp_divergence_of *of);

#endif
