#include "dataset_json.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json_fields.h"

enum { NUMBER_SIZE = 32, APPEND_FIELDS = 2 /* columns and rows */ };

typedef struct dataset_body {
    const json_t *columns, *rows;
    const char *target, *weight;
} dataset_body;

static const bp_field body_fields[] = {
    {.name = "columns",
     .type = BP_FIELD_ARRAY,
     .required = true,
     .offset = offsetof(dataset_body, columns)},
    {.name = "rows",
     .type = BP_FIELD_ARRAY,
     .required = true,
     .offset = offsetof(dataset_body, rows)},
    {.name = "target", .type = BP_FIELD_STRING, .offset = offsetof(dataset_body, target)},
    {.name = "weight", .type = BP_FIELD_STRING, .offset = offsetof(dataset_body, weight)},
};

/* --- the header ----------------------------------------------------------------------------- */

static bp_status read_names(bp_names *out, const json_t *columns, bp_error *err) {
    size_t i;
    json_t *name;
    json_array_foreach(columns, i, name) {
        char pointer[BP_FIELD_SIZE];
        snprintf(pointer, sizeof pointer, "/columns/%zu", i);
        if (!json_is_string(name)) {
            return bp_fail(err, BP_INVALID, pointer, "a column's name must be a string, found %s",
                           bp_json_kind(name));
        }
        bp_status status =
            bp_names_add(out, json_string_value(name), json_string_length(name), err);
        if (status != BP_OK) {
            return status;
        }
    }
    return BP_OK;
}

/* The builder counts columns from 1 and names no field; a JSON body has pointers. */
static void point_at_column(bp_error *err) {
    if (err != NULL && err->field[0] == '\0') {
        uint64_t column = err->column;
        snprintf(err->field, sizeof err->field, "/columns");
        if (column > 0) {
            snprintf(err->field, sizeof err->field, "/columns/%" PRIu64, column - 1);
        }
        err->line = err->column = 0;
    }
}

static bp_status read_header(bp_dataset_builder *builder, const json_t *columns, bp_error *err) {
    bp_names names = {0};
    bp_status status = read_names(&names, columns, err);
    if (status == BP_OK) {
        status = bp_dataset_builder_header(builder, &names, err);
        if (status != BP_OK) {
            point_at_column(err);
        }
    }
    bp_names_clear(&names);
    return status;
}

/* --- rows ----------------------------------------------------------------------------------- */

/* One row's cells as the builder takes them: text, numbers printed so that they read back. */
typedef struct row_text {
    size_t width;
    bp_cell *cells;               /* [width] */
    char (*numbers)[NUMBER_SIZE]; /* [width] */
} row_text;

static bp_status read_cell(row_text *row, size_t column, const json_t *value, bp_error *err) {
    if (json_is_string(value)) {
        row->cells[column] =
            (bp_cell){.text = json_string_value(value), .size = json_string_length(value)};
        return BP_OK;
    }
    if (json_is_null(value)) {
        row->cells[column] = (bp_cell){.text = "", .size = 0}; /* missing */
        return BP_OK;
    }
    if (json_is_boolean(value)) {
        const bool is = json_is_true(value);
        row->cells[column] = (bp_cell){.text = is ? "true" : "false", .size = is ? 4 : 5};
        return BP_OK;
    }
    int size;
    if (json_is_integer(value)) {
        size = snprintf(row->numbers[column], NUMBER_SIZE, "%" JSON_INTEGER_FORMAT,
                        json_integer_value(value));
    } else if (json_is_real(value)) {
        size = snprintf(row->numbers[column], NUMBER_SIZE, "%.17g", json_real_value(value));
    } else {
        return bp_fail(err, BP_INVALID, NULL,
                       "a cell must be a number, a string, true, false or null, found %s",
                       bp_json_kind(value));
    }
    row->cells[column] = (bp_cell){.text = row->numbers[column], .size = (size_t)size};
    return BP_OK;
}

static bp_status read_cells(row_text *row, const json_t *values, uint64_t *column, bp_error *err) {
    if (!json_is_array(values)) {
        return bp_fail(err, BP_INVALID, NULL, "a row must be an array, found %s",
                       bp_json_kind(values));
    }
    if (json_array_size(values) != row->width) {
        return bp_fail(err, BP_INVALID, NULL, "the row has %zu cells where %zu columns are named",
                       json_array_size(values), row->width);
    }
    for (size_t i = 0; i < row->width; i++) {
        bp_status status = read_cell(row, i, json_array_get(values, i), err);
        if (status != BP_OK) {
            *column = i + 1;
            return status;
        }
    }
    return BP_OK;
}

static bp_status read_row(bp_dataset_builder *builder, row_text *row, const json_t *rows,
                          size_t index, bp_error *err) {
    bp_error cause = {0};
    uint64_t column = 0;
    bp_status status = read_cells(row, json_array_get(rows, index), &column, &cause);
    if (status == BP_OK) {
        status = bp_dataset_builder_row(builder, row->cells, row->width, 0, &cause);
        column = cause.column;
    }
    if (status == BP_OK) {
        return BP_OK;
    }
    char pointer[BP_FIELD_SIZE];
    int used = snprintf(pointer, sizeof pointer, "/rows/%zu", index);
    if (column > 0) {
        snprintf(pointer + used, sizeof pointer - (size_t)used, "/%" PRIu64, column - 1);
    }
    return bp_fail(err, status, pointer, "%s", cause.message);
}

static bp_status read_rows(bp_dataset_builder *builder, const dataset_body *body, bp_error *err) {
    size_t width = json_array_size(body->columns), count = json_array_size(body->rows);
    row_text row = {.width = width,
                    .cells = calloc(width, sizeof *row.cells),
                    .numbers = calloc(width, sizeof *row.numbers)};
    bp_status status = BP_OK;
    if (row.cells == NULL || row.numbers == NULL) {
        status = bp_fail(err, BP_NO_MEMORY, NULL, "no memory for a row");
    }
    if (count == 0) {
        status = bp_fail(err, BP_INVALID, "/rows", "the data set has no rows");
    }
    for (size_t i = 0; i < count && status == BP_OK; i++) {
        bp_error why = {0};
        status = read_row(builder, &row, body->rows, i, &why);
        if (status != BP_OK) {
            status = bp_dataset_builder_reject(builder, &why, err);
        }
    }
    free(row.cells);
    free(row.numbers);
    return status;
}

/* Header, rows and the end. */
static bp_status read_table(bp_dataset **out, const dataset_body *body,
                            const bp_dataset_options *options, const bp_dataset *base,
                            bp_error *err) {
    bp_dataset_builder *builder = NULL;
    bp_status status = bp_dataset_builder_new(&builder, options, err);
    if (status == BP_OK && base != NULL) {
        status = bp_dataset_builder_continue(builder, base, err);
    }
    if (status == BP_OK) {
        status = read_header(builder, body->columns, err);
    }
    if (status == BP_OK) {
        status = read_rows(builder, body, err);
    }
    if (status == BP_OK) {
        status = bp_dataset_builder_finish(builder, out, err);
    }
    bp_dataset_builder_free(builder);
    return status;
}

bp_status bp_dataset_from_json(bp_dataset **out, const json_t *body,
                               const bp_dataset_options *usual, bp_error *err) {
    bp_dataset_options options = *usual;
    dataset_body read = {.target = usual->target, .weight = usual->weight};
    bp_status status =
        bp_fields_read(&read, body_fields, sizeof body_fields / sizeof *body_fields, body, err);
    if (status != BP_OK) {
        return status;
    }
    options.target = read.target;
    options.weight = read.weight;
    return read_table(out, &read, &options, NULL, err);
}

bp_status bp_dataset_append_json(bp_dataset **out, const bp_dataset *base, const json_t *body,
                                 bp_error *err) {
    static const bp_dataset_options none = {0};
    dataset_body read = {0};
    bp_status status = bp_fields_read(&read, body_fields, APPEND_FIELDS, body, err);
    return status == BP_OK ? read_table(out, &read, &none, base, err) : status;
}
