/* The columns of a data set as its header and the request have them: which are features, targets,
 * the weight, or nothing, and which types are declared. */
#ifndef BP_DATASET_COLUMNS_H
#define BP_DATASET_COLUMNS_H

#include "dataset_builder.h"

typedef struct bp_dataset_columns {
    size_t count;
    bp_source_column
        *source;      /* [count]: name, role, type where declared, and of a target `first` */
    bp_names targets; /* in the order in which they were asked for */
    bp_names weights; /* one name or none */
} bp_dataset_columns;

/* Fills zeroed columns from the header's names; options' texts are never NULL. Cells of features
 * are not laid out yet. Errors as bp_dataset_builder_header. */
BP_NODISCARD bp_status bp_dataset_columns_set(bp_dataset_columns *columns, const bp_names *names,
                                              const bp_dataset_options *options, bp_error *err);
/* Those of a data set that is there, with their cells laid out. NO_MEMORY. */
BP_NODISCARD bp_status bp_dataset_columns_set_as(bp_dataset_columns *columns,
                                                 const bp_dataset *base, bp_error *err);
void bp_dataset_columns_clear(bp_dataset_columns *columns);

#endif
