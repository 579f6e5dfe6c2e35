/* Statistics of the columns of a row-major matrix. */
#ifndef BP_COLUMN_STATS_H
#define BP_COLUMN_STATS_H

#include "dataset.h"

/* values [rows, columns] finite, or NAN where missing, rows > 0 -> stats [columns]: least,
 * greatest, mean and population standard deviation, each a chain over the rows in order, in double,
 * in two passes, over those that are there. NAN where none is. `distinct` is set to 0. Any thread.
 */
void bp_column_stats_compute(const float *values, size_t rows, size_t columns,
                             bp_column_stats *stats);

#endif
