/* The columns of a data set: which are features, which are targets, which is the weight. */
#ifndef BP_DATASET_COLUMNS_H
#define BP_DATASET_COLUMNS_H

#include "dataset.h"

#define BP_WEIGHT_SLOT INT32_MIN

typedef struct bp_dataset_columns {
    bp_names all, features, targets, weights; /* weights: one name or none */
    int32_t *slot; /* [all]: column i is feature slot[i], BP_WEIGHT_SLOT, or target ~slot[i] */
} bp_dataset_columns;

/* Fills zeroed columns from the header's names; options' texts are never NULL.
 * Errors as bp_dataset_builder_header. */
BP_NODISCARD bp_status bp_dataset_columns_set(bp_dataset_columns *columns, const bp_names *names,
                                              const bp_dataset_options *options, bp_error *err);
void bp_dataset_columns_clear(bp_dataset_columns *columns);

#endif
