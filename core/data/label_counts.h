/* How often each label of a column occurs. */
#ifndef BP_LABEL_COUNTS_H
#define BP_LABEL_COUNTS_H

#include "dataset.h"

/* Makes the statistics of categorical and boolean features those of labels: `distinct` and
 * `frequent` over all rows, no numbers. `missing` stays. Uses at most 32 MiB. NO_MEMORY. */
BP_NODISCARD bp_status bp_label_counts_features(bp_dataset *dataset, bp_error *err);

/* Sets `distinct` and `frequent` of the classes from class_index. NO_MEMORY. */
BP_NODISCARD bp_status bp_label_counts_classes(bp_dataset *dataset, bp_error *err);

#endif
