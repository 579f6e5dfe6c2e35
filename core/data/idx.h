/* IDX, the format of the MNIST files: two zero bytes, a type, the number of dimensions, the
 * dimensions and the numbers, all big-endian. */
#ifndef BP_IDX_H
#define BP_IDX_H

#include "array_reader.h"

enum { BP_IDX_MAX_RANK = 4 };

/* For bp_array_reader_new. One dimension is one column; of more, the first counts rows and the
 * product of the others columns. SYNTAX: other first bytes, an unknown type; INVALID, TOO_LARGE: as
 * bp_array_shape_set, and more than BP_IDX_MAX_RANK dimensions. */
extern const bp_array_format bp_idx_format;

#endif
