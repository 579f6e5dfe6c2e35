#include "dataset_builder.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "builder_state.h"
#include "cell_text.h"
#include "decimal.h"

enum { NUMBER_SIZE = 32 };

/* --- construction --------------------------------------------------------------------------- */

static char *copy_text(const char *text) {
    return strdup(text != NULL ? text : "");
}

bp_status bp_dataset_builder_new(bp_dataset_builder **out, const bp_dataset_options *options,
                                 bp_error *err) {
    static const bp_dataset_options none = {0};
    const bp_dataset_options *o = options != NULL ? options : &none;
    bp_dataset_builder *builder = calloc(1, sizeof *builder);
    if (builder == NULL) {
        return bp_fail(err, BP_NO_MEMORY, NULL, "no memory for a data set");
    }
    builder->no_target = o->no_target;
    builder->skip_rejects = o->skip_rejects;
    builder->target_option = copy_text(o->target);
    builder->weight_option = copy_text(o->weight);
    builder->ignore_option = copy_text(o->ignore);
    builder->types_option = copy_text(o->types);
    bp_target_column_start(&builder->target);
    bp_row_spool_start(&builder->spool);
    if (o->file != NULL) {
        bp_row_spool_start_file(&builder->spool, *o->file);
    }
    bp_status status = bp_missing_words_set(&builder->missing, o->missing, err);
    if (builder->target_option == NULL || builder->weight_option == NULL ||
        builder->ignore_option == NULL || builder->types_option == NULL) {
        status = bp_fail(err, BP_NO_MEMORY, NULL, "no memory for a data set");
    }
    if (status != BP_OK) {
        bp_dataset_builder_free(builder);
        return status;
    }
    *out = builder;
    return BP_OK;
}

void bp_builder_forget_first_row(bp_dataset_builder *builder) {
    for (size_t i = 0; builder->first_row != NULL && i < builder->columns.count; i++) {
        free(builder->first_row[i]);
    }
    free(builder->first_row);
    builder->first_row = NULL;
}

void bp_dataset_builder_free(bp_dataset_builder *builder) {
    if (builder == NULL) {
        return;
    }
    bp_builder_forget_first_row(builder);
    for (size_t i = 0; builder->reader != NULL && i < builder->columns.count; i++) {
        bp_column_reader_clear(&builder->reader[i]);
    }
    free(builder->reader);
    free(builder->plan);
    free(builder->non_finite);
    bp_target_column_clear(&builder->target);
    bp_dataset_columns_clear(&builder->columns);
    bp_missing_words_clear(&builder->missing);
    bp_names_clear(&builder->features);
    bp_row_spool_clear(&builder->spool);
    free(builder->target_option);
    free(builder->weight_option);
    free(builder->ignore_option);
    free(builder->types_option);
    free(builder->position);
    free(builder->row);
    free(builder->weight);
    free(builder->y);
    free(builder->spelling);
    free(builder);
}

static bp_status open_header(bp_dataset_builder *builder, const bp_names *columns, bp_error *err) {
    const bp_dataset_options options = {.target = builder->target_option,
                                        .no_target = builder->no_target,
                                        .weight = builder->weight_option,
                                        .ignore = builder->ignore_option,
                                        .types = builder->types_option};
    bp_status status = bp_dataset_columns_set(&builder->columns, columns, &options, err);
    return status == BP_OK ? bp_builder_open_columns(builder, err) : status;
}

static bp_status check_no_header(bp_dataset_builder *builder, bp_error *err) {
    if (builder->has_header) {
        return bp_fail(err, BP_CONFLICT, NULL, "the columns are named already");
    }
    builder->has_header = true;
    return BP_OK;
}

bp_status bp_dataset_builder_header(bp_dataset_builder *builder, const bp_names *columns,
                                    bp_error *err) {
    bp_status status = check_no_header(builder, err);
    if (status != BP_OK) {
        return status;
    }
    return builder->columns.count > 0 ? bp_builder_reorder(builder, columns, err)
                                      : open_header(builder, columns, err);
}

bp_status bp_dataset_builder_unnamed(bp_dataset_builder *builder, size_t columns, bp_error *err) {
    bp_status status = check_no_header(builder, err);
    if (status == BP_OK && builder->columns.count > 0) {
        return columns == builder->columns.count
                   ? BP_OK
                   : bp_fail(err, BP_INVALID, NULL, "the rows have %zu columns, the data set %zu",
                             columns, builder->columns.count);
    }
    bp_names names = {0};
    for (size_t i = 0; status == BP_OK && i < columns && i <= BP_MAX_COLUMNS; i++) {
        char name[NUMBER_SIZE];
        int size = snprintf(name, sizeof name, "c%zu", i);
        status = bp_names_add(&names, name, (size_t)size, err);
    }
    if (status == BP_OK) {
        status = open_header(builder, &names, err);
    }
    bp_names_clear(&names);
    return status;
}

/* --- cells ---------------------------------------------------------------------------------- */

static bp_cell_place place_of(const bp_dataset_builder *builder, size_t i, uint64_t line) {
    return (bp_cell_place){line, i + 1, builder->columns.source[i].name};
}

static bp_status keep_first(bp_dataset_builder *builder, size_t column, bp_cell cell,
                            bp_error *err) {
    char *copy = malloc(cell.size + 1);
    if (copy == NULL) {
        return bp_fail(err, BP_NO_MEMORY, NULL, "no memory for a cell");
    }
    if (cell.size > 0) {
        memcpy(copy, cell.text, cell.size);
    }
    copy[cell.size] = '\0';
    free(builder->first_row[column]);
    builder->first_row[column] = copy;
    return BP_OK;
}

/* A target among several, or the weight: a number, which must be there. */
static bp_status read_number(bp_dataset_builder *builder, size_t column, bp_cell cell,
                             const bp_cell_place *place, bp_error *err) {
    bp_column_reader numbers = {.type = BP_COLUMN_NUMERIC, .is_fixed = true};
    float *value = builder->row + builder->plan[column].at;
    if (cell.size == 0) {
        return bp_cell_fail_empty(err, place);
    }
    bp_status status = bp_column_reader_read(&numbers, cell, place, value, err);
    double wide = 0; /* where float32 rounds a weight below 0 to 0 */
    if (status == BP_OK && builder->columns.source[column].role == BP_ROLE_WEIGHT &&
        bp_decimal_parse(cell.text, cell.size, &wide) && wide < 0) {
        return bp_cell_fail(err, BP_INVALID, place, cell, "is below 0: it is no weight");
    }
    return status;
}

/* The column was numeric so far. Where its numbers are not whole it stays so, and the cell will be
 * told to be none. */
static bp_status try_labels(bp_dataset_builder *builder, size_t column, bp_error *err) {
    float *x;
    bp_status status = bp_row_spool_view(&builder->spool, &x, err);
    if (status != BP_OK) {
        return status;
    }
    float *first = builder->rows > 0 ? x + builder->plan[column].at : NULL;
    status = bp_column_reader_take_labels(&builder->reader[column], first, builder->rows,
                                          builder->features.count, err);
    bp_row_spool_end_view(&builder->spool, x);
    if (status == BP_OK) {
        builder->plan[column].how = BP_CELL_TEXT;
    }
    return status == BP_INVALID ? BP_OK : status;
}

/* A column with too many labels is of no use. */
static void give_up(bp_dataset_builder *builder, size_t column) {
    builder->reader[column].type = BP_COLUMN_TEXT;
    builder->plan[column].how = BP_CELL_SKIP;
    builder->row[builder->plan[column].at] = NAN;
}

static bp_status read_feature(bp_dataset_builder *builder, size_t column, bp_cell cell,
                              const bp_cell_place *place, bp_error *err) {
    bp_column_reader *reader = &builder->reader[column];
    float *values = builder->row + builder->plan[column].at;
    if (bp_missing_words_match(&builder->missing, cell)) {
        for (size_t i = 0; i < bp_column_cells(reader->type); i++) {
            values[i] = NAN;
        }
        return BP_OK;
    }
    if (bp_column_reader_needs_labels(reader, cell)) {
        bp_status status = try_labels(builder, column, err);
        if (status != BP_OK) {
            return status;
        }
    }
    bp_status status = bp_column_reader_read(reader, cell, place, values, err);
    if (status == BP_TOO_LARGE && !reader->is_fixed) {
        give_up(builder, column);
        return BP_OK;
    }
    return status;
}

/* A cell that was refused: the report tells numbers that are not finite from other mistakes. */
static void note_non_finite(bp_dataset_builder *builder, size_t column, bp_cell cell) {
    double value = 0;
    const bool is_number = bp_decimal_parse(cell.text, cell.size, &value);
    if (builder->reader[column].type == BP_COLUMN_NUMERIC &&
        (is_number ? !isfinite((float)value)
                   : bp_decimal_is_nonfinite_word(cell.text, cell.size))) {
        builder->non_finite[column]++;
    }
}

bp_status bp_dataset_builder_cell(bp_dataset_builder *builder, size_t column, bp_cell cell,
                                  uint64_t line, bp_error *err) {
    if (builder->row == NULL) {
        return keep_first(builder, column, cell, err);
    }
    const bp_cell_place place = place_of(builder, column, line);
    cell = bp_cell_trim(cell);
    if (column == builder->lone) {
        builder->lone_cell = cell;
        return BP_OK;
    }
    if (builder->plan[column].how == BP_CELL_SKIP) {
        return BP_OK;
    }
    bp_status status = builder->columns.source[column].role == BP_ROLE_FEATURE
                           ? read_feature(builder, column, cell, &place, err)
                           : read_number(builder, column, cell, &place, err);
    if (status == BP_INVALID) {
        note_non_finite(builder, column, cell);
    }
    return status;
}

/* --- rows ----------------------------------------------------------------------------------- */

const bp_cell_plan *bp_dataset_builder_plan(const bp_dataset_builder *builder, size_t *columns) {
    *columns = builder->columns.count;
    return builder->plan;
}

bp_status bp_dataset_builder_begin_row(bp_dataset_builder *builder, float **row, bp_error *err) {
    if (builder->columns.count == 0 || builder->is_finished) {
        return bp_fail(err, BP_CONFLICT, NULL, "rows come after the header and before the end");
    }
    builder->lone_cell = (bp_cell){0};
    *row = builder->row;
    return BP_OK;
}

/* Last, so that a row that is wrong elsewhere leaves no label of its own. */
static bp_status read_target(bp_dataset_builder *builder, uint64_t line, bp_target_value *value,
                             bp_error *err) {
    const bp_cell_place place = place_of(builder, builder->lone, line);
    const bp_cell cell = builder->lone_cell;
    if (cell.size == 0 ||
        (builder->missing.are_given && bp_missing_words_match(&builder->missing, cell))) {
        return bp_cell_fail_empty(err, &place);
    }
    return bp_target_column_add(&builder->target, cell, &place, value, err);
}

bp_status bp_builder_keep_row(bp_dataset_builder *builder, const bp_target_value *lone,
                              bp_error *err) {
    const size_t width = builder->features.count, targets = builder->columns.targets.count;
    float *room = NULL;
    bp_status status = builder->rows == builder->capacity
                           ? bp_builder_reserve(builder, builder->rows + 1, err)
                           : BP_OK;
    if (status == BP_OK) {
        status = bp_row_spool_room(&builder->spool, width, &room, err);
    }
    if (status != BP_OK) {
        return status;
    }
    memcpy(room, builder->row, width * sizeof *room);
    bp_row_spool_keep(&builder->spool, width);
    const size_t row = builder->rows++;
    if (lone != NULL) {
        builder->y[row] = lone->number;
        builder->spelling[row] = lone->spelling;
    } else if (targets > 0) {
        memcpy(builder->y + row * targets, builder->row + width, targets * sizeof *builder->y);
    }
    if (builder->weight != NULL) {
        builder->weight[row] = builder->row[width + targets];
    }
    return BP_OK;
}

static bp_status end_row(bp_dataset_builder *builder, uint64_t line, bp_error *err) {
    bp_target_value value = {0};
    const bool has_lone = builder->lone != SIZE_MAX;
    /* Before the target, whose label stays where there is no room for the row. */
    bp_status status = builder->rows == builder->capacity
                           ? bp_builder_reserve(builder, builder->rows + 1, err)
                           : BP_OK;
    if (status == BP_OK && has_lone) {
        status = read_target(builder, line, &value, err);
    }
    return status == BP_OK ? bp_builder_keep_row(builder, has_lone ? &value : NULL, err) : status;
}

/* The first row's texts, which were kept until the cells were laid out. */
static bp_status replay_first(bp_dataset_builder *builder, uint64_t line, bp_error *err) {
    float *row;
    bp_status status = bp_builder_lay_out(builder, err);
    if (status == BP_OK) {
        status = bp_dataset_builder_begin_row(builder, &row, err);
    }
    for (size_t i = 0; status == BP_OK && i < builder->columns.count; i++) {
        const char *text = builder->first_row[i] != NULL ? builder->first_row[i] : "";
        status = bp_dataset_builder_cell(builder, i, bp_cell_of(text), line, err);
    }
    if (status == BP_OK) {
        status = end_row(builder, line, err);
    }
    if (builder->row != NULL) {
        bp_builder_forget_first_row(builder);
    }
    return status;
}

bp_status bp_dataset_builder_end_row(bp_dataset_builder *builder, uint64_t line, bp_error *err) {
    return builder->row == NULL ? replay_first(builder, line, err) : end_row(builder, line, err);
}

/* --- whole rows ----------------------------------------------------------------------------- */

static bp_status check_width(const bp_dataset_builder *builder, size_t count, uint64_t line,
                             bp_error *err) {
    const size_t columns = builder->columns.count;
    if (count < columns) {
        char name[BP_EXCERPT_SIZE];
        return bp_fail_at(err, BP_INVALID, line, count + 1,
                          "the row has %zu cells, the header has %zu: no value for column '%s'",
                          count, columns,
                          bp_text_excerpt(bp_cell_of(builder->columns.source[count].name), name));
    }
    if (count > columns) {
        return bp_fail_at(err, BP_INVALID, line, columns + 1,
                          "the row has %zu cells, the header has %zu", count, columns);
    }
    return BP_OK;
}

static bp_status take_cell(bp_dataset_builder *builder, size_t i, bp_cell cell, uint64_t line,
                           bp_error *err) {
    const bp_cell_plan plan = builder->plan[i];
    double value;
    if (plan.how == BP_CELL_SKIP) {
        return BP_OK;
    }
    if (plan.how == BP_CELL_NUMBER && bp_decimal_parse(cell.text, cell.size, &value) &&
        isfinite((float)value)) {
        builder->row[plan.at] = (float)value;
        return BP_OK;
    }
    return bp_dataset_builder_cell(builder, i, cell, line, err);
}

bp_status bp_dataset_builder_row(bp_dataset_builder *builder, const bp_cell *cells, size_t count,
                                 uint64_t line, bp_error *err) {
    float *row;
    bp_status status = bp_dataset_builder_begin_row(builder, &row, err);
    if (status == BP_OK) {
        status = check_width(builder, count, line, err);
    }
    for (size_t i = 0; status == BP_OK && i < count; i++) {
        status = take_cell(builder, i, cells[i], line, err);
    }
    return status == BP_OK ? bp_dataset_builder_end_row(builder, line, err) : status;
}

bp_status bp_dataset_builder_reject(bp_dataset_builder *builder, const bp_error *why,
                                    bp_error *err) {
    const bool is_input =
        why->code == BP_INVALID || why->code == BP_SYNTAX || why->code == BP_TOO_LARGE;
    if (builder->skip_rejects && is_input && builder->rows < UINT32_MAX) {
        bp_rejects_add(&builder->rejects, why);
        return BP_OK;
    }
    if (err != NULL) {
        *err = *why;
    }
    return why->code;
}
