#include "dataset_columns.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cell_text.h"
#include "label_table.h"

enum { LISTED_COLUMNS = 10 };

static bp_status check_count(const bp_names *names, bool no_target, bp_error *err) {
    if (names->count == 0 || (names->count == 1 && !no_target)) {
        return bp_fail(err, BP_INVALID, NULL,
                       "a data set has at least two columns, a feature and a target, "
                       "as CSV apart by commas, semicolons, tabs or pipes; here is %s",
                       names->count == 0 ? "none" : "one");
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

/* What is known while roles and types are handed out. */
typedef struct assignment {
    bp_dataset_columns *columns;
    const bp_label_table *table; /* names, by column */
    const char *field;           /* of the request, for messages */
} assignment;

/* The column of a name in a list of the request. */
static bp_status find_column(const assignment *a, bp_cell name, size_t *column, bp_error *err) {
    name = bp_cell_trim(name);
    if (name.size == 0) {
        return bp_fail(err, BP_INVALID, a->field, "a name in the list is empty");
    }
    *column = bp_label_table_find(a->table, name);
    return *column != SIZE_MAX ? BP_OK : fail_unknown(&a->table->labels, name, a->field, err);
}

/* Gives a column its role, which must not have one yet. */
static bp_status take_role(const assignment *a, size_t column, bp_column_role role, bp_error *err) {
    char excerpt[BP_EXCERPT_SIZE];
    bp_source_column *source = &a->columns->source[column];
    const char *name = bp_text_excerpt(bp_cell_of(source->name), excerpt);
    if (source->role == role) {
        return bp_fail(err, BP_INVALID, a->field, "the column '%s' is named twice", name);
    }
    if (source->role != BP_ROLE_FEATURE) {
        /* the weight is asked for by itself, and is what gives way */
        const char *field = source->role == BP_ROLE_WEIGHT ? "/weight" : a->field;
        return bp_fail(err, BP_INVALID, field, "the column '%s' is the %s and a %s, too", name,
                       bp_column_roles.names[source->role], bp_column_roles.names[role]);
    }
    source->role = role;
    return BP_OK;
}

static bp_status add_target(const assignment *a, bp_cell name, bp_error *err) {
    size_t column;
    bp_status status = find_column(a, name, &column, err);
    if (status == BP_OK) {
        status = take_role(a, column, BP_ROLE_TARGET, err);
    }
    if (status == BP_OK) {
        bp_source_column *source = &a->columns->source[column];
        source->first = a->columns->targets.count;
        status = bp_names_add(&a->columns->targets, source->name, strlen(source->name), err);
    }
    return status;
}

static bp_status add_ignored(const assignment *a, bp_cell name, bp_error *err) {
    size_t column;
    bp_status status = find_column(a, name, &column, err);
    if (status == BP_OK) {
        status = take_role(a, column, BP_ROLE_IGNORED, err);
    }
    if (status == BP_OK) {
        a->columns->source[column].type = BP_COLUMN_TEXT;
        a->columns->source[column].is_declared = true;
    }
    return status;
}

/* "name:type"; the type is behind the last colon, so that names may have one. */
static bp_status add_type(const assignment *a, bp_cell item, bp_error *err) {
    char excerpt[BP_EXCERPT_SIZE], word[BP_EXCERPT_SIZE];
    size_t name = item.size;
    while (name > 0 && item.text[name - 1] != ':') {
        name--;
    }
    if (name == 0) {
        return bp_fail(err, BP_INVALID, a->field,
                       "'%s' is not of the form column:type, such as zip:categorical",
                       bp_text_excerpt(item, excerpt));
    }
    bp_cell type = bp_cell_trim((bp_cell){item.text + name, item.size - name});
    size_t column;
    int found;
    snprintf(word, sizeof word, "%.*s", (int)type.size, type.text);
    bp_status status = find_column(a, (bp_cell){item.text, name - 1}, &column, err);
    if (status == BP_OK) {
        status = bp_vocabulary_find(&bp_column_types, word, a->field, &found, err);
    }
    if (status == BP_OK) {
        a->columns->source[column].type = (bp_column_type)found;
        a->columns->source[column].is_declared = true;
    }
    return status;
}

/* Each of a comma-separated list; an empty list is none. */
static bp_status each_of(const assignment *a, const char *list,
                         bp_status (*add)(const assignment *, bp_cell, bp_error *), bp_error *err) {
    bp_status status = BP_OK;
    for (const char *p = list; status == BP_OK && bp_cell_trim(bp_cell_of(list)).size > 0;) {
        size_t size = strcspn(p, ",");
        status = add(a, (bp_cell){p, size}, err);
        if (p[size] == '\0') {
            break;
        }
        p += size + 1;
    }
    return status;
}

static bp_status add_weight(assignment *a, const char *weight, bp_error *err) {
    size_t column;
    if (bp_cell_trim(bp_cell_of(weight)).size == 0) {
        return BP_OK;
    }
    a->field = "/weight";
    bp_status status = find_column(a, bp_cell_of(weight), &column, err);
    if (status == BP_OK) {
        status = take_role(a, column, BP_ROLE_WEIGHT, err);
    }
    if (status == BP_OK) {
        const char *name = a->columns->source[column].name;
        status = bp_names_add(&a->columns->weights, name, strlen(name), err);
    }
    return status;
}

/* The last column that is a feature so far. */
static const char *last_feature(const bp_dataset_columns *columns) {
    size_t last = columns->count - 1;
    while (last > 0 && columns->source[last].role != BP_ROLE_FEATURE) {
        last--;
    }
    return columns->source[last].name;
}

static bp_status add_targets(assignment *a, const char *target, bp_error *err) {
    a->field = "/target";
    if (*target == '\0') {
        return add_target(a, bp_cell_of(last_feature(a->columns)), err);
    }
    /* A column's whole name wins over a list, so that a name with a comma can be a target. */
    if (bp_label_table_find(a->table, bp_cell_trim(bp_cell_of(target))) != SIZE_MAX) {
        return add_target(a, bp_cell_of(target), err);
    }
    return each_of(a, target, add_target, err);
}

/* Of a target: only whether it is numbers or classes; of the weight, numbers. */
static bp_status check_types(const assignment *a, bp_error *err) {
    const bp_dataset_columns *columns = a->columns;
    size_t features = 0, ignored = 0;
    for (size_t i = 0; i < columns->count; i++) {
        bp_source_column *source = &columns->source[i];
        const bool lone = columns->targets.count == 1;
        const bool may =
            source->type == BP_COLUMN_NUMERIC ||
            (source->type == BP_COLUMN_CATEGORICAL && lone && source->role == BP_ROLE_TARGET);
        if (source->is_declared && !may &&
            (source->role == BP_ROLE_TARGET || source->role == BP_ROLE_WEIGHT)) {
            return bp_fail(err, BP_INVALID, "/types", "the %s '%.60s' cannot be %s",
                           bp_column_roles.names[source->role], source->name,
                           bp_column_types.names[source->type]);
        }
        if (source->role == BP_ROLE_FEATURE && source->type == BP_COLUMN_TEXT &&
            source->is_declared) {
            source->role = BP_ROLE_IGNORED;
        }
        features += source->role == BP_ROLE_FEATURE;
        ignored += source->role == BP_ROLE_IGNORED;
    }
    if (features == 0) {
        return bp_fail(
            err, BP_INVALID, "/target", "every column is a target%s%s: no feature is left",
            columns->weights.count > 0 ? " or the weight" : "", ignored > 0 ? " or ignored" : "");
    }
    return BP_OK;
}

static bp_status allocate(bp_dataset_columns *columns, const bp_names *names, bp_error *err) {
    columns->source = calloc(names->count, sizeof *columns->source);
    bool complete = columns->source != NULL;
    columns->count = complete ? names->count : 0;
    for (size_t i = 0; complete && i < names->count; i++) {
        columns->source[i].name = strdup(names->item[i]);
        complete = columns->source[i].name != NULL;
    }
    return complete ? BP_OK
                    : bp_fail(err, BP_NO_MEMORY, NULL, "no memory for %zu columns", names->count);
}

/* From checked names. The weight before the targets, which then know it, and so on. */
static bp_status assign(bp_dataset_columns *columns, const bp_label_table *table,
                        const bp_dataset_options *options, bp_error *err) {
    assignment a = {columns, table, "/weight"};
    bp_status status = allocate(columns, &table->labels, err);
    if (status == BP_OK) {
        status = add_weight(&a, options->weight, err);
    }
    if (status == BP_OK) {
        a.field = "/types";
        status = each_of(&a, options->types, add_type, err);
    }
    if (status == BP_OK) {
        a.field = "/ignore";
        status = each_of(&a, options->ignore, add_ignored, err);
    }
    if (status == BP_OK && !options->no_target) {
        status = add_targets(&a, options->target, err);
    }
    return status == BP_OK ? check_types(&a, err) : status;
}

bp_status bp_dataset_columns_set(bp_dataset_columns *columns, const bp_names *names,
                                 const bp_dataset_options *options, bp_error *err) {
    bp_status status = check_count(names, options->no_target, err);
    if (status != BP_OK) {
        return status;
    }
    bp_label_table table;
    bp_label_table_start(&table);
    status = index_names(names, &table, err);
    if (status == BP_OK) {
        status = assign(columns, &table, options, err);
    }
    if (status != BP_OK) {
        bp_dataset_columns_clear(columns);
    }
    bp_label_table_clear(&table);
    return status;
}

bp_status bp_dataset_columns_set_as(bp_dataset_columns *columns, const bp_dataset *base,
                                    bp_error *err) {
    bp_status status =
        bp_source_columns_copy(&columns->source, base->source, base->source_count, err);
    if (status != BP_OK) {
        return status;
    }
    columns->count = base->source_count;
    status = bp_names_copy(&columns->targets, &base->targets, err);
    if (status == BP_OK) {
        status = bp_names_copy(&columns->weights, &base->weights, err);
    }
    if (status != BP_OK) {
        bp_dataset_columns_clear(columns);
    }
    return status;
}

void bp_dataset_columns_clear(bp_dataset_columns *columns) {
    bp_source_columns_free(columns->source, columns->count);
    bp_names_clear(&columns->targets);
    bp_names_clear(&columns->weights);
    *columns = (bp_dataset_columns){0};
}
