/* The feature columns of a data set, whether it still knows its source columns or not. */
#ifndef BP_FEATURE_COLUMNS_H
#define BP_FEATURE_COLUMNS_H

#include "dataset.h"
#include "recipe.h"

typedef struct bp_feature_column {
    const char *name;
    bp_recipe_type type;
    size_t first, cells;    /* in a row of x */
    const bp_names *labels; /* of its codes; NULL: it has none */
    const char *type_name;
} bp_feature_column;

/* All in their order, borrowed from `data`; the caller frees the array. A data set without source
 * columns has one of numbers for each feature. NO_MEMORY. */
BP_NODISCARD bp_status bp_feature_columns_list(bp_feature_column **out, size_t *count,
                                               const bp_dataset *data, bp_error *err);

/* The column of this name, or NULL; looks at `guess` first. */
const bp_feature_column *bp_feature_columns_find(const bp_feature_column *columns, size_t count,
                                                 const char *name, size_t guess);

/* Cells of x without a value, of a column. */
size_t bp_feature_column_missing(const bp_feature_column *column, const bp_dataset *data);

#endif
