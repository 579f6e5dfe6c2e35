/* The values of a column that occur most. */
#ifndef BP_FREQUENT_VALUES_H
#define BP_FREQUENT_VALUES_H

#include "dataset.h"

/* Tells that `value` occurs `count` > 0 times; each value once, in rising order. It is kept where
 * fewer than BP_FREQUENT_VALUES others occur as often. `stats` starts with frequent_count 0. */
void bp_frequent_values_add(bp_column_stats *stats, double value, uint64_t count);

#endif
