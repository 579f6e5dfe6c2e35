/* A data set's columns as the client has them, whether it still knows them or only their cells. */
#ifndef BP_COLUMN_VIEW_H
#define BP_COLUMN_VIEW_H

#include "dataset.h"

/* Borrowed from the data set. */
typedef struct bp_column_view {
    const char *name;
    bp_column_type type;
    bp_column_role role;
    size_t first;           /* of a feature: its first cell in x; of a target: its y column */
    const bp_names *labels; /* of a categorical or boolean feature, or of classes; else NULL */
    const bp_column_stats *stats; /* of its first cell; NULL: the column is ignored */
} bp_column_view;

size_t bp_column_view_count(const bp_dataset *data);
bp_column_view bp_column_view_get(const bp_dataset *data, size_t index);

#endif
