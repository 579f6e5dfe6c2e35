/* The quantities of the forward and the backward pass, by their names (DESIGN section 1), for given
 * rows: in the engine's float32 arithmetic, with the bits that training computes. */
#ifndef BP_GRADIENTS_H
#define BP_GRADIENTS_H

#include "kernels.h"
#include "snapshot.h"
#include "targets.h"

/* Rows for a model; all borrowed. */
typedef struct bp_instances {
    const bp_snapshot *model;
    const bp_kernels *kernels;
    const float *rows; /* [count, width[0]] raw (unscaled) */
    size_t count;      /* >= 1 */
} bp_instances;

/* The fields: enumerator, name on the wire, formula. x(0) is the scaled input; x and s exist
 * without targets. */
#define BP_GRADIENT_FIELD_TABLE(X)                                                                 \
    X(X, "x", "x(l) = sigma(s(l)), [rows, units]; x(0): the scaled input")                         \
    X(S, "s", "s(l) = w(l) x(l-1) + b(l), [rows, units]")                                          \
    X(DX, "dx", "dl/dx(l) = w(l+1)^T dl/ds(l+1), [rows, units]; dl/dx(L) from the loss")           \
    X(DS, "ds", "dl/ds(l) = dl/dx(l) . sigma'(s(l)), [rows, units]")                               \
    X(DW, "dw", "dl/dw(l) = dl/ds(l) x(l-1)^T, [units, inputs], or [rows, units, inputs]")         \
    X(DB, "db", "dl/db(l) = dl/ds(l), [units], or [rows, units]")                                  \
    X(DGAMMA, "dgamma", "dl/dgamma(l) = dl/du(l) . z(l), [units], or [rows, units]; layer_norm")   \
    X(DBETA, "dbeta", "dl/dbeta(l) = dl/du(l), [units], or [rows, units]; layer_norm")

#define X(name, wire, formula) BP_GRADIENT_##name,
typedef enum bp_gradient_field {
    BP_GRADIENT_FIELD_TABLE(X) BP_GRADIENT_FIELD_COUNT
} bp_gradient_field;
#undef X
extern const bp_vocabulary bp_gradient_fields;

/* Whose loss l is: that of each row by itself, or of the minibatch. It decides the derivatives'
 * scale (1, 1/rows or 1), and whether dw and db are given for each row or added up over the rows.
 */
#define BP_REDUCTION_TABLE(X)                                                                      \
    X(NONE, "none", "each row by itself")                                                          \
    X(MEAN, "mean", "the minibatch's mean loss, as training has it")                               \
    X(SUM, "sum", "the minibatch's sum of losses")

#define X(name, wire, formula) BP_REDUCTION_##name,
typedef enum bp_reduction { BP_REDUCTION_TABLE(X) BP_REDUCTION_COUNT } bp_reduction;
#undef X
extern const bp_vocabulary bp_reductions;

typedef struct bp_gradients bp_gradients;

/* Runs the passes over all rows. `targets` NULL: forward only. The instances' model and kernels and
 * the targets are borrowed until the free. Memory: x(l) and dl/ds(l) of all rows. NO_MEMORY. */
BP_NODISCARD bp_status bp_gradients_new(bp_gradients **out, const bp_instances *instances,
                                        const bp_targets *targets, bp_reduction reduction,
                                        bp_error *err);
void bp_gradients_free(bp_gradients *gradients); /* NULL is allowed */

/* The loss of each row, [rows], borrowed; NULL without targets. */
const float *bp_gradients_losses(const bp_gradients *gradients);

typedef struct bp_gradient_shape {
    size_t rank; /* 0: no such quantity: s(0), ds(0), dw(0), db(0), dgamma without layer_norm */
    size_t size[3];
    size_t count; /* floats: the product of the sizes */
} bp_gradient_shape;

/* Of one field at layer l in 0..L, for `rows` rows. */
bp_gradient_shape bp_gradients_shape(const bp_network *network, bp_gradient_field field, size_t l,
                                     bp_reduction reduction, size_t rows);

/* Writes one field at layer l, row-major in the shape above (of rank > 0); all but x and s need
 * targets. For cross_entropy dl/dx(L) is the derivative by the softmax's output, -inf where that
 * underflowed. One caller at a time for each bp_gradients. */
void bp_gradients_write(bp_gradients *gradients, bp_gradient_field field, size_t l, float *out);

#endif
