#include "instance_cells.h"

#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "cell_text.h"
#include "column_reader.h"
#include "datetime.h"
#include "decimal.h"
#include "json_fields.h"
#include "missing_words.h"

enum { NUMBER_SIZE = 32 };
/* Up to here every whole number is a float32. */
static const double MAX_WHOLE = 0x1p24;

/* --- one value ------------------------------------------------------------------------------ */

static bp_status fail_kind(const bp_recipe_column *column, const json_t *value, const char *wanted,
                           bp_error *err) {
    return bp_fail(err, BP_INVALID, NULL, "expected %s for '%.80s', found %s", wanted, column->name,
                   bp_json_kind(value));
}

static bp_status fail_text(const bp_recipe_column *column, bp_cell text, const char *complaint,
                           bp_error *err) {
    char excerpt[BP_EXCERPT_SIZE];
    return bp_fail(err, BP_INVALID, NULL, "'%s' %s for '%.80s'", bp_text_excerpt(text, excerpt),
                   complaint, column->name);
}

/* The trimmed text of a string. */
static bp_cell text_of(const json_t *value) {
    return bp_cell_trim((bp_cell){json_string_value(value), json_string_length(value)});
}

static bp_status read_number(float *cells, const bp_recipe_column *column, const json_t *value,
                             bp_error *err) {
    double number = json_number_value(value);
    if (json_is_string(value)) {
        const bp_cell text = text_of(value);
        if (!bp_decimal_parse(text.text, text.size, &number)) {
            return fail_text(column, text, "is not a number", err);
        }
    } else if (!json_is_number(value)) {
        return fail_kind(column, value, "a number", err);
    }
    if (fabs(number) > (double)FLT_MAX) {
        return bp_fail(err, BP_INVALID, NULL, "%g is beyond the range of float32", number);
    }
    *cells = (float)number;
    return BP_OK;
}

/* A number as the label that an upload makes of it. */
static bp_cell label_of_number(double number, char text[NUMBER_SIZE]) {
    const bool whole = number == trunc(number) && fabs(number) <= MAX_WHOLE;
    const int size = snprintf(text, NUMBER_SIZE, whole ? "%.0f" : "%.17g", number + 0.0);
    return (bp_cell){text, (size_t)size};
}

/* bp_names_find of a text that is not terminated. */
static size_t find_label(const bp_names *labels, bp_cell text) {
    for (size_t i = 0; i < labels->count; i++) {
        if (strncmp(labels->item[i], text.text, text.size) == 0 &&
            labels->item[i][text.size] == '\0') {
            return i;
        }
    }
    return SIZE_MAX;
}

/* The text of a label, number or boolean; false: the value is none of them. */
static bool label_text(bp_cell *out, const json_t *value, char number[NUMBER_SIZE]) {
    if (json_is_string(value)) {
        *out = text_of(value);
    } else if (json_is_number(value)) {
        *out = label_of_number(json_number_value(value), number);
    } else if (json_is_boolean(value)) {
        *out = bp_cell_of(json_is_true(value) ? "true" : "false");
    } else {
        return false;
    }
    return true;
}

/* As it is written, or else, where it is a number, as it would have been kept: 7, 07 and 7.0. */
static bp_status read_label(float *cells, const bp_recipe_column *column, const json_t *value,
                            bp_error *err) {
    char number[NUMBER_SIZE];
    bp_cell text;
    double parsed;
    if (!label_text(&text, value, number)) {
        return fail_kind(column, value, "a label", err);
    }
    size_t place = find_label(&column->labels, text);
    if (place == SIZE_MAX && bp_decimal_parse(text.text, text.size, &parsed)) {
        place = find_label(&column->labels, label_of_number(parsed, number));
    }
    *cells = (float)(place == SIZE_MAX ? column->labels.count : place);
    return BP_OK;
}

static bp_status read_boolean(float *cells, const bp_recipe_column *column, const json_t *value,
                              bp_error *err) {
    char number[NUMBER_SIZE];
    bp_cell text;
    if (!label_text(&text, value, number)) {
        return fail_kind(column, value, "true or false", err);
    }
    const int truth = bp_boolean_word(text);
    if (truth < 0) {
        return fail_text(column, text, "is not true or false", err);
    }
    *cells = (float)truth;
    return BP_OK;
}

static bp_status read_moment(float *cells, const bp_recipe_column *column, const json_t *value,
                             bp_error *err) {
    if (!json_is_string(value)) {
        return fail_kind(column, value, "a date such as \"2024-01-31\"", err);
    }
    const bp_cell text = text_of(value);
    return bp_datetime_parse(text.text, text.size, cells)
               ? BP_OK
               : fail_text(column, text, "is no date such as 2024-01-31 or 2024-01-31T12:30:00",
                           err);
}

/* Whether a number is one of the words, as -999 is. */
static bool is_missing_number(const bp_names *words, double number) {
    for (size_t i = 0; i < words->count; i++) {
        double value;
        if (bp_decimal_parse(words->item[i], strlen(words->item[i]), &value) && value == number) {
            return true;
        }
    }
    return false;
}

static bool is_missing_text(const bp_names *words, bp_cell text) {
    for (size_t i = 0; i < words->count; i++) {
        if (strlen(words->item[i]) == text.size &&
            memcmp(words->item[i], text.text, text.size) == 0) {
            return true;
        }
    }
    return words->count > 0 ? text.size == 0 : bp_missing_word_is_usual(text);
}

/* The words of the upload that was trained on, but for a label that the column has. */
static bool is_missing(const bp_names *words, const bp_recipe_column *column, const json_t *value) {
    if (json_is_number(value)) {
        return is_missing_number(words, json_number_value(value));
    }
    if (!json_is_string(value)) {
        return json_is_null(value);
    }
    const bp_cell text = text_of(value);
    return is_missing_text(words, text) && find_label(&column->labels, text) == SIZE_MAX;
}

static bp_status read_cells(float *cells, const bp_recipe *recipe, const bp_recipe_column *column,
                            const json_t *value, bp_error *err) {
    static bp_status (*const readers[BP_RECIPE_TYPE_COUNT])(float *, const bp_recipe_column *,
                                                            const json_t *, bp_error *) = {
        [BP_RECIPE_NUMERIC] = read_number,
        [BP_RECIPE_BOOLEAN] = read_boolean,
        [BP_RECIPE_CATEGORICAL] = read_label,
        [BP_RECIPE_DATETIME] = read_moment,
    };
    if (is_missing(&recipe->missing_words, column, value)) {
        for (size_t i = 0; i < column->cells; i++) {
            cells[column->first + i] = NAN;
        }
        return BP_OK;
    }
    return readers[column->type](cells + column->first, column, value, err);
}

/* --- a row ---------------------------------------------------------------------------------- */

static bp_status read_array(float *cells, const bp_recipe *recipe, const json_t *row,
                            bp_error *err) {
    if (json_array_size(row) != recipe->column_count) {
        return bp_fail(err, BP_INVALID, NULL,
                       "the instance has %zu values, the model takes %zu columns",
                       json_array_size(row), recipe->column_count);
    }
    for (size_t i = 0; i < recipe->column_count; i++) {
        bp_status status =
            read_cells(cells, recipe, &recipe->columns[i], json_array_get(row, i), err);
        if (status != BP_OK) {
            bp_error_nest(err, "/%zu", i);
            return status;
        }
    }
    return BP_OK;
}

static bool may_stand_there(const bp_snapshot *model, const char *name) {
    return bp_names_find(&model->targets, name) != SIZE_MAX ||
           bp_names_find(&model->recipe.skipped, name) != SIZE_MAX;
}

static bp_status read_field(float *cells, const bp_snapshot *model, const char *name,
                            const json_t *value, size_t guess, bp_error *err) {
    char pointer[BP_FIELD_SIZE];
    const bp_recipe_column *column = bp_recipe_find(&model->recipe, name, guess);
    bp_status status = BP_OK;
    if (column != NULL) {
        status = read_cells(cells, &model->recipe, column, value, err);
    } else if (!may_stand_there(model, name)) {
        status = bp_fail(err, BP_INVALID, NULL, "the model has no column '%.80s'", name);
    }
    if (status != BP_OK) {
        bp_pointer_to(name, pointer);
        bp_error_nest(err, "%s", pointer);
    }
    return status;
}

static bp_status read_object(float *cells, const bp_snapshot *model, const json_t *row,
                             bp_error *err) {
    const char *name;
    json_t *value;
    size_t at = 0;
    bp_status status = BP_OK;
    for (size_t i = 0; i < model->recipe.cells; i++) {
        cells[i] = NAN;
    }
    json_object_foreach((json_t *)row, name, value) {
        status = read_field(cells, model, name, value, at++, err);
        if (status != BP_OK) {
            return status;
        }
    }
    return BP_OK;
}

/* What a rule says against a cell; NULL: nothing. */
static const char *complaint_of(const bp_recipe_column *column, float cell) {
    const bp_missing missing = column->rule.missing;
    if (isnan(cell)) {
        return missing == BP_MISSING_REFUSE || missing == BP_MISSING_DROP
                   ? "is missing, and the model takes no row without it"
                   : NULL;
    }
    return column->rule.scale == BP_PREPROCESSING_LOG1P && column->type == BP_RECIPE_NUMERIC &&
                   cell <= -1.0f
               ? "must be above -1: the model takes its logarithm"
               : NULL;
}

static bp_status check_rules(const float *cells, const bp_recipe *recipe, bool array,
                             bp_error *err) {
    for (size_t i = 0; i < recipe->column_count; i++) {
        char pointer[BP_FIELD_SIZE];
        const bp_recipe_column *column = &recipe->columns[i];
        const char *complaint = complaint_of(column, cells[column->first]);
        if (complaint != NULL) {
            bp_pointer_to(column->name, pointer);
            if (array) {
                snprintf(pointer, sizeof pointer, "/%zu", i);
            }
            return bp_fail(err, BP_INVALID, pointer, "'%.80s' %s", column->name, complaint);
        }
    }
    return BP_OK;
}

bp_status bp_instance_read(float *cells, const bp_snapshot *model, const json_t *row,
                           bp_error *err) {
    const bool array = json_is_array(row);
    if (!array && !json_is_object(row)) {
        return bp_fail(err, BP_INVALID, NULL,
                       "an instance must be an array of %zu values or an object, found %s",
                       model->recipe.column_count, bp_json_kind(row));
    }
    bp_status status =
        array ? read_array(cells, &model->recipe, row, err) : read_object(cells, model, row, err);
    return status == BP_OK ? check_rules(cells, &model->recipe, array, err) : status;
}
