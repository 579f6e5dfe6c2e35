#include "feature_columns.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

_Static_assert((int)BP_RECIPE_NUMERIC == (int)BP_COLUMN_NUMERIC &&
                   (int)BP_RECIPE_BOOLEAN == (int)BP_COLUMN_BOOLEAN &&
                   (int)BP_RECIPE_CATEGORICAL == (int)BP_COLUMN_CATEGORICAL &&
                   (int)BP_RECIPE_DATETIME == (int)BP_COLUMN_DATETIME,
               "a recipe's types are those of columns");

static bp_feature_column of_source(const bp_source_column *source) {
    return (bp_feature_column){.name = source->name,
                               .type = (bp_recipe_type)source->type,
                               .first = source->first,
                               .cells = source->cells,
                               .labels = source->labels.count > 0 ? &source->labels : NULL,
                               .type_name = bp_column_types.names[source->type]};
}

static bp_feature_column of_number(const bp_dataset *data, size_t i) {
    return (bp_feature_column){.name = data->features.item[i],
                               .type = BP_RECIPE_NUMERIC,
                               .first = i,
                               .cells = 1,
                               .type_name = bp_column_types.names[BP_COLUMN_NUMERIC]};
}

static bool is_feature(const bp_source_column *source) {
    return source->role == BP_ROLE_FEATURE && source->type != BP_COLUMN_TEXT;
}

bp_status bp_feature_columns_list(bp_feature_column **out, size_t *count, const bp_dataset *data,
                                  bp_error *err) {
    const size_t most = data->source_count > 0 ? data->source_count : data->features.count;
    bp_feature_column *columns = calloc(most, sizeof *columns);
    size_t found = 0;
    if (columns == NULL) {
        return bp_fail(err, BP_NO_MEMORY, NULL, "no memory for %zu columns", most);
    }
    for (size_t i = 0; i < data->source_count; i++) {
        if (is_feature(&data->source[i])) {
            columns[found++] = of_source(&data->source[i]);
        }
    }
    for (; data->source_count == 0 && found < most; found++) {
        columns[found] = of_number(data, found);
    }
    *out = columns;
    *count = found;
    return BP_OK;
}

const bp_feature_column *bp_feature_columns_find(const bp_feature_column *columns, size_t count,
                                                 const char *name, size_t guess) {
    if (guess < count && strcmp(columns[guess].name, name) == 0) {
        return &columns[guess];
    }
    for (size_t i = 0; i < count; i++) {
        if (strcmp(columns[i].name, name) == 0) {
            return &columns[i];
        }
    }
    return NULL;
}

size_t bp_feature_column_missing(const bp_feature_column *column, const bp_dataset *data) {
    const float *x = data->x + column->first;
    size_t missing = 0;
    if (data->stats != NULL) {
        return data->stats[column->first].missing;
    }
    for (size_t r = 0; r < data->rows; r++) {
        missing += isnan(x[r * data->features.count]) ? 1 : 0;
    }
    return missing;
}
