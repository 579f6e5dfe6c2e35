/* Numbers that stand for a column: of its training rows that have a value. */
#ifndef BP_COLUMN_SUMMARY_H
#define BP_COLUMN_SUMMARY_H

#include "dataset.h"
#include "split.h"

/* The values of a cell, copied. Of more than 2^24 training rows an evenly spaced sample of 2^24. */
typedef struct bp_column_values {
    float *value; /* [count] owned; in no order that counts */
    size_t count;
    size_t missing; /* rows of the sample without a value */
} bp_column_values;

/* Of the cell `at` of a row of x. NO_MEMORY. */
BP_NODISCARD bp_status bp_column_values_take(bp_column_values *out, const bp_dataset *data,
                                             const bp_split *split, size_t at, bp_error *err);
void bp_column_values_clear(bp_column_values *values);

/* All of these: count > 0. They may put the values in another order. */

/* The q-quantile, q in [0, 1], between neighbours by their distance from q (count - 1). */
double bp_column_quantile(bp_column_values *values, double q);
/* The smallest of those that come most often. */
float bp_column_mode(bp_column_values *values);
/* In double, in the order in which they were taken: before the others. */
double bp_column_mean(const bp_column_values *values);

#endif
