/* The columns of a data set: which are features, which are targets. */
#ifndef BP_DATASET_COLUMNS_H
#define BP_DATASET_COLUMNS_H

#include "dataset.h"

typedef struct bp_dataset_columns {
    bp_names all, features, targets;
    int32_t *slot; /* [all]: column i is feature slot[i], or target ~slot[i] where slot[i] < 0 */
} bp_dataset_columns;

/* Fills zeroed columns from the header's names; `target` as in bp_dataset_options, never NULL.
 * Errors as bp_dataset_builder_header. */
BP_NODISCARD bp_status bp_dataset_columns_set(bp_dataset_columns *columns, const bp_names *names,
                                              const char *target, bp_error *err);
void bp_dataset_columns_clear(bp_dataset_columns *columns);

#endif
