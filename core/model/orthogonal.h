/* Orthonormal rows or columns for initial weights. */
#ifndef BP_ORTHOGONAL_H
#define BP_ORTHOGONAL_H

#include <stddef.h>

#include "status.h"

/* Makes the rows or the columns of `matrix` [rows, columns], whichever are fewer, orthonormal: the
 * factor Q of its QR decomposition with a positive diagonal of R, which is unique. Of independent
 * normal numbers that is a matrix uniform over all orthonormal ones (Mezzadri, "How to generate
 * random matrices from the classical compact groups", Notices of the AMS 54 (2007)).
 *
 * The vectors must be independent, as drawn ones are. Definition: modified Gram-Schmidt (Bjorck
 * 1967), in double, products and sums rounded each, one vector after another:
 *   for k = 0 .. j-1:  r = sum over i ascending of q(k)[i] a(j)[i], from 0;  a(j)[i] -= r q(k)[i]
 *   n = sum over i ascending of a(j)[i]^2, from 0;  q(j)[i] = a(j)[i] / sqrt(n)
 * NO_MEMORY: it works on a copy in double. */
BP_NODISCARD bp_status bp_orthonormalize(size_t rows, size_t columns, float *matrix, bp_error *err);

#endif
