/* The statistics of a data set that is being finished. */
#ifndef BP_DATASET_STATS_H
#define BP_DATASET_STATS_H

#include "dataset.h"

/* Fills dataset->stats [features + targets + weights], which is zeroed but for what cannot be seen
 * in the rows (non_finite), and sampled_rows; everything else is there. NO_MEMORY. */
BP_NODISCARD bp_status bp_dataset_stats_fill(bp_dataset *dataset, bp_error *err);

#endif
