/* What needs the values of a column in order: quartiles, distinct and frequent values. Where there
 * are many cells only some rows are looked at, so that time and memory stay within bounds. */
#ifndef BP_VALUE_SAMPLE_H
#define BP_VALUE_SAMPLE_H

#include "dataset.h"

/* Some columns of a row-major matrix: cell (i, j) is values[i * stride + j]. */
typedef struct bp_strip {
    const float *values;
    size_t rows, stride, count; /* columns of the matrix, and of the strip */
} bp_strip;

/* How many of `rows` rows of `columns` > 0 cells are looked at: all up to 2^22 cells, else as many
 * as have so many, but 1024 at least. */
size_t bp_value_sample_rows(size_t rows, size_t columns);

/* Fills quartile, distinct and frequent of stats [count] from the rows i * rows / sampled, i in
 * 0..sampled, of a strip, NAN where missing. Uses at most 32 MiB. NO_MEMORY. Any thread. */
BP_NODISCARD bp_status bp_value_sample_describe(bp_column_stats *stats, const bp_strip *of,
                                                size_t sampled, bp_error *err);

#endif
