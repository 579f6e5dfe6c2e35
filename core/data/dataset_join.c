#include "dataset_join.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "builder_state.h"
#include "cell_text.h"

enum { NUMBER_SIZE = 32 };

static bp_status check(const bp_dataset *base, const bp_dataset *column, const char *name,
                       bp_error *err) {
    if (column->source_count != 1 || column->features.count != 1) {
        return bp_fail(err, BP_INVALID, NULL, "a target is one column, and here are %zu",
                       column->source_count);
    }
    if (column->rows != base->rows) {
        return bp_fail(err, BP_INVALID, NULL, "the column has %zu rows, the data set %zu",
                       column->rows, base->rows);
    }
    for (size_t i = 0; i < base->source_count; i++) {
        if (strcmp(base->source[i].name, name) == 0 && base->source[i].role != BP_ROLE_TARGET) {
            return bp_fail(err, BP_INVALID, "/name", "the data set has a column '%.60s' already",
                           name);
        }
    }
    return BP_OK;
}

/* The columns of the base without its targets, and the new one behind them. */
static bp_status set_columns(bp_dataset_columns *columns, const bp_dataset *base, const char *name,
                             bp_error *err) {
    bp_status status = bp_dataset_columns_set_as(columns, base, err);
    if (status != BP_OK) {
        return status;
    }
    bp_source_column *larger =
        realloc(columns->source, (columns->count + 1) * sizeof *columns->source);
    if (larger == NULL) {
        return bp_fail(err, BP_NO_MEMORY, NULL, "no memory for a column");
    }
    columns->source = larger;
    size_t kept = 0;
    for (size_t i = 0; i < columns->count; i++) {
        if (larger[i].role == BP_ROLE_TARGET) {
            free(larger[i].name);
            bp_names_clear(&larger[i].labels);
        } else {
            larger[kept++] = larger[i];
        }
    }
    larger[kept] = (bp_source_column){.role = BP_ROLE_TARGET};
    columns->count = kept + 1;
    larger[kept].name = strdup(name);
    bp_names_clear(&columns->targets);
    return larger[kept].name != NULL ? bp_names_add(&columns->targets, name, strlen(name), err)
                                     : bp_fail(err, BP_NO_MEMORY, NULL, "no memory for a column");
}

/* The cell as a target has it: its label, or its number. */
static bp_cell text_of(const bp_dataset *column, size_t row, char number[NUMBER_SIZE]) {
    const float value = column->x[row];
    const bp_names *labels = &column->source[0].labels;
    if (isnan(value)) {
        return (bp_cell){"", 0};
    }
    if (labels->count > 0) {
        return bp_cell_of(labels->item[(size_t)value]);
    }
    snprintf(number, NUMBER_SIZE, "%.9g", (double)value);
    return bp_cell_of(number);
}

static bp_status fill_target(bp_dataset_builder *builder, const bp_dataset *column, bp_error *err) {
    bp_status status = BP_OK;
    for (size_t i = 0; status == BP_OK && i < column->rows; i++) {
        char number[NUMBER_SIZE];
        const bp_cell_place place = {i + 1, 1, builder->columns.targets.item[0]};
        const bp_cell cell = text_of(column, i, number);
        bp_target_value value = {0};
        status = cell.size > 0 ? bp_target_column_add(&builder->target, cell, &place, &value, err)
                               : bp_cell_fail_empty(err, &place);
        if (status == BP_OK) {
            builder->y[i] = value.number;
            builder->spelling[i] = value.spelling;
        }
    }
    return status;
}

static bp_status fill(bp_dataset_builder *builder, const bp_dataset *base, const bp_dataset *column,
                      bp_error *err) {
    bp_status status = bp_builder_reserve(builder, base->rows, err);
    if (status == BP_OK) {
        status = fill_target(builder, column, err);
    }
    if (status == BP_OK) {
        status = bp_row_spool_add(&builder->spool, base->x, base->rows * base->features.count, err);
    }
    if (status == BP_OK) {
        if (base->weight != NULL) {
            memcpy(builder->weight, base->weight, base->rows * sizeof *base->weight);
        }
        builder->rows = base->rows;
        builder->rejects = base->rejects;
    }
    return status;
}

bp_status bp_dataset_join_target(bp_dataset **out, const bp_dataset *base, const bp_dataset *column,
                                 const char *name, const int *file, bp_error *err) {
    const bp_dataset_options options = {.file = file};
    bp_dataset_builder *builder = NULL;
    bp_status status = check(base, column, name, err);
    if (status == BP_OK) {
        status = bp_dataset_builder_new(&builder, &options, err);
    }
    if (status == BP_OK) {
        status = set_columns(&builder->columns, base, name, err);
    }
    if (status == BP_OK) {
        status = bp_builder_go_on(builder, err);
    }
    if (status == BP_OK) {
        status = fill(builder, base, column, err);
    }
    if (status == BP_OK) {
        status = bp_dataset_builder_finish(builder, out, err);
    }
    bp_dataset_builder_free(builder);
    return status;
}
