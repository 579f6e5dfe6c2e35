/* Statistics of the columns of a row-major matrix. */
#ifndef BP_COLUMN_STATS_H
#define BP_COLUMN_STATS_H

#include "dataset.h"

/* values [rows, columns] finite, or NAN where missing, 0 < rows < 2^32 -> stats [columns], which
 * must be zeroed: missing, least, greatest, mean, population standard deviation and histogram of
 * all rows, each sum a chain over the rows in order, in double, in two passes; the rest from
 * `sampled` rows (value_sample.h). NAN where every cell is missing. NO_MEMORY. Any thread. */
BP_NODISCARD bp_status bp_column_stats_compute(bp_column_stats *stats, const float *values,
                                               size_t rows, size_t columns, size_t sampled,
                                               bp_error *err);

#endif
