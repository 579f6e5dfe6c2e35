/* Vectors as long as the parameters, on the pool: cut into stretches whose number depends on the
 * length only, so that no sum depends on the workers. */
#ifndef BP_LONG_VECTORS_H
#define BP_LONG_VECTORS_H

#include "phases.h"

typedef struct bp_long_vectors {
    bp_phases *phases; /* borrowed */
    const bp_kernels *kernels;
    size_t count;    /* floats of each vector */
    double *partial; /* [stretches] owned */
} bp_long_vectors;

/* NO_MEMORY. */
BP_NODISCARD bp_status bp_long_vectors_init(bp_long_vectors *out, bp_phases *phases,
                                            const bp_kernels *kernels, size_t count, bp_error *err);
void bp_long_vectors_clear(bp_long_vectors *vectors);

/* sum a_i b_i in double: of each stretch, then of the stretches in order. */
double bp_long_vectors_dot(const bp_long_vectors *vectors, const float *a, const float *b);

/* sum |a_i| in double, likewise, each stretch one chain. */
double bp_long_vectors_absolute_sum(const bp_long_vectors *vectors, const float *a);

/* max |a_i| */
double bp_long_vectors_largest(const bp_long_vectors *vectors, const float *a);

/* out = fma(factor, a, b); out may be a or b. */
void bp_long_vectors_add_scaled(const bp_long_vectors *vectors, float factor, const float *a,
                                const float *b, float *out);

/* a = a * factor */
void bp_long_vectors_scale(const bp_long_vectors *vectors, float factor, float *a);

#endif
