/* NPY, NumPy's file of one array, versions 1.0, 2.0 and 3.0. */
#ifndef BP_NPY_H
#define BP_NPY_H

#include "array_reader.h"

enum { BP_NPY_MAX_HEADER_BYTES = 65535 };

/* For bp_array_reader_new. Takes bool, integers of 1 to 8 bytes and floats of 2, 4 and 8, in either
 * order of bytes and of dimensions; an array in Fortran order is gathered. One dimension is one
 * column; of more, the first counts rows and the product of the others columns. SYNTAX with the
 * byte: other first bytes, another version, a header that is no dictionary of descr, fortran_order
 * and shape. INVALID: a dtype that is no plain number (structured, object, text, complex, ...),
 * named; INVALID, TOO_LARGE: as bp_array_shape_set; TOO_LARGE: a header beyond the limit. */
extern const bp_array_format bp_npy_format;

#endif
