#include "source_column.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "datetime.h"

#define X(name, wire, meaning) wire,
static const char *const type_names[] = {BP_COLUMN_TYPE_TABLE(X)};
static const char *const role_names[] = {BP_COLUMN_ROLE_TABLE(X)};
#undef X
#define X(name, wire, meaning) meaning,
static const char *const type_meanings[] = {BP_COLUMN_TYPE_TABLE(X)};
static const char *const role_meanings[] = {BP_COLUMN_ROLE_TABLE(X)};
#undef X

const bp_vocabulary bp_column_types = {"column type", BP_COLUMN_TYPE_COUNT, type_names,
                                       type_meanings};
const bp_vocabulary bp_column_roles = {"role of a column", BP_ROLE_COUNT, role_names,
                                       role_meanings};

size_t bp_column_cells(bp_column_type type) {
    static const size_t cells[BP_COLUMN_TYPE_COUNT] = {
        [BP_COLUMN_NUMERIC] = 1,
        [BP_COLUMN_BOOLEAN] = 1,
        [BP_COLUMN_CATEGORICAL] = 1,
        [BP_COLUMN_DATETIME] = BP_DATETIME_PARTS,
    };
    return cells[type];
}

int bp_column_cell_name(const bp_source_column *column, size_t i, char *out, size_t size) {
    return column->type == BP_COLUMN_DATETIME
               ? snprintf(out, size, "%s.%s", column->name, bp_datetime_parts[i])
               : snprintf(out, size, "%s", column->name);
}

void bp_source_columns_free(bp_source_column *columns, size_t count) {
    for (size_t i = 0; columns != NULL && i < count; i++) {
        free(columns[i].name);
        bp_names_clear(&columns[i].labels);
    }
    free(columns);
}

bp_status bp_source_columns_copy(bp_source_column **out, const bp_source_column *from, size_t count,
                                 bp_error *err) {
    bp_source_column *copy = calloc(count, sizeof *copy);
    bp_status status =
        copy != NULL ? BP_OK : bp_fail(err, BP_NO_MEMORY, NULL, "no memory for %zu columns", count);
    for (size_t i = 0; status == BP_OK && i < count; i++) {
        copy[i] = from[i];
        copy[i].labels = (bp_names){0};
        copy[i].name = strdup(from[i].name);
        status = copy[i].name != NULL
                     ? bp_names_copy(&copy[i].labels, &from[i].labels, err)
                     : bp_fail(err, BP_NO_MEMORY, NULL, "no memory for a column's name");
    }
    if (status == BP_OK) {
        *out = copy;
    } else {
        bp_source_columns_free(copy, count);
    }
    return status;
}
