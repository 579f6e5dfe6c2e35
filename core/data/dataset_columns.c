#include "dataset_columns.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cell_text.h"
#include "label_table.h"

enum { LISTED_COLUMNS = 10 };

static bp_status check_count(const bp_names *names, bp_error *err) {
    if (names->count < 2) {
        return bp_fail(err, BP_INVALID, NULL,
                       "a data set has at least two columns, a feature and a target, "
                       "separated by commas; here is one");
    }
    if (names->count > BP_MAX_COLUMNS) {
        return bp_fail(err, BP_TOO_LARGE, NULL, "%zu columns are more than %d", names->count,
                       BP_MAX_COLUMNS);
    }
    return BP_OK;
}

static bp_status check_name(bp_cell name, size_t i, bp_error *err) {
    char excerpt[BP_EXCERPT_SIZE];
    if (name.size == 0) {
        return bp_fail_at(err, BP_INVALID, 0, i + 1, "column %zu has no name", i + 1);
    }
    if (!bp_text_is_utf8(name.text, name.size)) {
        return bp_fail_at(err, BP_SYNTAX, 0, i + 1, "the name of column %zu ('%s') is not UTF-8",
                          i + 1, bp_text_excerpt(name, excerpt));
    }
    return BP_OK;
}

static bp_status fail_repeated(bp_cell name, size_t first, size_t second, bp_error *err) {
    char excerpt[BP_EXCERPT_SIZE];
    return bp_fail_at(err, BP_INVALID, 0, second + 1, "columns %zu and %zu are both named '%s'",
                      first + 1, second + 1, bp_text_excerpt(name, excerpt));
}

/* Trims and checks the names, and puts each into `table` under its column's number. */
static bp_status index_names(const bp_names *names, bp_label_table *table, bp_error *err) {
    for (size_t i = 0; i < names->count; i++) {
        bp_cell name = bp_cell_trim(bp_cell_of(names->item[i]));
        size_t index = i;
        bp_status status = check_name(name, i, err);
        if (status == BP_OK) {
            status = bp_label_table_add(table, name, &index, err);
        }
        if (status != BP_OK) {
            return status;
        }
        if (index != i) {
            return fail_repeated(name, index, i, err);
        }
    }
    return BP_OK;
}

static bp_status fail_unknown(const bp_names *known, bp_cell name, const char *field,
                              bp_error *err) {
    char excerpt[BP_EXCERPT_SIZE];
    char list[LISTED_COLUMNS * (BP_EXCERPT_SIZE + 4)] = "";
    size_t used = 0;
    for (size_t i = 0; i < known->count && i < LISTED_COLUMNS; i++) {
        used += (size_t)snprintf(list + used, sizeof list - used, "%s'%s'", i > 0 ? ", " : "",
                                 bp_text_excerpt(bp_cell_of(known->item[i]), excerpt));
    }
    return bp_fail(err, BP_INVALID, field, "there is no column '%s' among the %zu: %s%s",
                   bp_text_excerpt(name, excerpt), known->count, list,
                   known->count > LISTED_COLUMNS ? ", ..." : "");
}

/* Makes the column of that name the next target. */
static bp_status add_target(bp_dataset_columns *columns, const bp_label_table *table, bp_cell name,
                            bp_error *err) {
    char excerpt[BP_EXCERPT_SIZE];
    name = bp_cell_trim(name);
    if (name.size == 0) {
        return bp_fail(err, BP_INVALID, "/target", "a name in the list of targets is empty");
    }
    size_t column = bp_label_table_find(table, name);
    if (column == SIZE_MAX) {
        return fail_unknown(&table->labels, name, "/target", err);
    }
    if (columns->slot[column] == BP_WEIGHT_SLOT) {
        return bp_fail(err, BP_INVALID, "/weight", "the column '%s' is a target, too",
                       bp_text_excerpt(name, excerpt));
    }
    if (columns->slot[column] < 0) {
        return bp_fail(err, BP_INVALID, "/target", "the target '%s' is named twice",
                       bp_text_excerpt(name, excerpt));
    }
    columns->slot[column] = ~(int32_t)columns->targets.count;
    return bp_names_add(&columns->targets, name.text, name.size, err);
}

static bp_status add_targets(bp_dataset_columns *columns, const bp_label_table *table,
                             const char *target, bp_error *err) {
    const bp_names *names = &table->labels;
    if (*target == '\0') {
        size_t last = names->count - 1;
        target = names->item[columns->slot[last] == BP_WEIGHT_SLOT ? last - 1 : last];
    }
    /* A column's whole name wins over a list, so that a name with a comma can be a target. */
    if (bp_label_table_find(table, bp_cell_trim(bp_cell_of(target))) != SIZE_MAX) {
        return add_target(columns, table, bp_cell_of(target), err);
    }
    bp_status status = BP_OK;
    while (status == BP_OK && target != NULL) {
        const char *comma = strchr(target, ',');
        size_t size = comma != NULL ? (size_t)(comma - target) : strlen(target);
        status = add_target(columns, table, (bp_cell){target, size}, err);
        target = comma != NULL ? comma + 1 : NULL;
    }
    return status;
}

/* Before the targets, which then know it. */
static bp_status add_weight(bp_dataset_columns *columns, const bp_label_table *table,
                            const char *weight, bp_error *err) {
    bp_cell name = bp_cell_trim(bp_cell_of(weight));
    if (name.size == 0) {
        return BP_OK;
    }
    size_t column = bp_label_table_find(table, name);
    if (column == SIZE_MAX) {
        return fail_unknown(&table->labels, name, "/weight", err);
    }
    columns->slot[column] = BP_WEIGHT_SLOT;
    return bp_names_add(&columns->weights, name.text, name.size, err);
}

static bp_status add_features(bp_dataset_columns *columns, const bp_names *names, bp_error *err) {
    for (size_t i = 0; i < names->count; i++) {
        if (columns->slot[i] < 0) {
            continue;
        }
        columns->slot[i] = (int32_t)columns->features.count;
        bp_cell name = bp_cell_of(names->item[i]);
        bp_status status = bp_names_add(&columns->features, name.text, name.size, err);
        if (status != BP_OK) {
            return status;
        }
    }
    if (columns->features.count == 0) {
        return bp_fail(err, BP_INVALID, "/target", "every column is a target%s: no feature is left",
                       columns->weights.count > 0 ? " or the weight" : "");
    }
    return BP_OK;
}

/* From checked names. */
static bp_status assign_slots(bp_dataset_columns *columns, const bp_label_table *table,
                              const bp_dataset_options *options, bp_error *err) {
    const bp_names *names = &table->labels;
    columns->slot = calloc(names->count, sizeof *columns->slot);
    if (columns->slot == NULL) {
        return bp_fail(err, BP_NO_MEMORY, NULL, "no memory for %zu columns", names->count);
    }
    bp_status status = add_weight(columns, table, options->weight, err);
    if (status == BP_OK) {
        status = add_targets(columns, table, options->target, err);
    }
    if (status == BP_OK) {
        status = add_features(columns, names, err);
    }
    return status;
}

bp_status bp_dataset_columns_set(bp_dataset_columns *columns, const bp_names *names,
                                 const bp_dataset_options *options, bp_error *err) {
    bp_status status = check_count(names, err);
    if (status != BP_OK) {
        return status;
    }
    bp_label_table table;
    bp_label_table_start(&table);
    status = index_names(names, &table, err);
    if (status == BP_OK) {
        status = assign_slots(columns, &table, options, err);
    }
    if (status == BP_OK) {
        columns->all = table.labels; /* taken */
        table.labels = (bp_names){0};
    } else {
        bp_dataset_columns_clear(columns);
    }
    bp_label_table_clear(&table);
    return status;
}

void bp_dataset_columns_clear(bp_dataset_columns *columns) {
    bp_names_clear(&columns->all);
    bp_names_clear(&columns->features);
    bp_names_clear(&columns->targets);
    bp_names_clear(&columns->weights);
    free(columns->slot);
    *columns = (bp_dataset_columns){0};
}
