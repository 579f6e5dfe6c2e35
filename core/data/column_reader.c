#include "column_reader.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "cell_text.h"
#include "datetime.h"
#include "decimal.h"

/* Up to here every whole number is a float32, and no two of them are the same one. */
static const double MAX_WHOLE = 0x1p24;
/* A column with more labels than this, most of them seen once, is no set of categories. */
enum { FEW_LABELS = 100, WHOLE_SIZE = 32 };

void bp_column_reader_start(bp_column_reader *reader) {
    *reader = (bp_column_reader){.type = BP_COLUMN_NUMERIC};
    bp_label_table_start(&reader->labels);
}

void bp_column_reader_clear(bp_column_reader *reader) {
    bp_label_table_clear(&reader->labels);
}

static bool is_whole(double value) {
    return value == trunc(value) && fabs(value) <= MAX_WHOLE;
}

bool bp_column_reader_needs_labels(const bp_column_reader *reader, bp_cell cell) {
    double value;
    return !reader->is_fixed && reader->type == BP_COLUMN_NUMERIC && !reader->has_fraction &&
           !bp_decimal_parse(cell.text, cell.size, &value) &&
           !bp_decimal_is_nonfinite_word(cell.text, cell.size);
}

/* --- labels --------------------------------------------------------------------------------- */

static bp_status add_label(bp_column_reader *reader, bp_cell label, float *value, bp_error *err) {
    size_t index;
    bp_status status = bp_label_table_add(&reader->labels, label, &index, err);
    if (status == BP_OK) {
        *value = (float)index;
    }
    return status;
}

static bp_status add_whole(bp_column_reader *reader, double number, float *value, bp_error *err) {
    char text[WHOLE_SIZE];
    int size = snprintf(text, sizeof text, "%.0f", number + 0.0); /* -0 + 0 = 0 */
    return add_label(reader, (bp_cell){text, (size_t)size}, value, err);
}

bp_status bp_column_reader_take_labels(bp_column_reader *reader, float *numbers, size_t rows,
                                       size_t stride, bp_error *err) {
    for (size_t i = 0; i < rows; i++) {
        const double value = (double)numbers[i * stride];
        if (!isnan(value) && !is_whole(value)) {
            reader->has_fraction = true;
            return bp_fail(err, BP_INVALID, NULL, "a number of the column is not whole");
        }
    }
    bp_status status = BP_OK;
    for (size_t i = 0; status == BP_OK && i < rows; i++) {
        float *cell = numbers + i * stride;
        const double value = (double)*cell;
        /* Labels beyond the limit make the column text, whose cells are never read. */
        if (!isnan(value) && reader->labels.labels.count <= BP_MAX_CLASSES) {
            status = add_whole(reader, value, cell, err);
        }
    }
    if (status == BP_OK) {
        reader->type = BP_COLUMN_CATEGORICAL;
    }
    return status;
}

/* --- one cell ------------------------------------------------------------------------------- */

static bp_status read_number(bp_column_reader *reader, bp_cell cell, const bp_cell_place *place,
                             float *values, bp_error *err) {
    (void)reader;
    double value;
    if (bp_decimal_parse(cell.text, cell.size, &value)) {
        if (isfinite((float)value)) {
            *values = (float)value;
            return BP_OK;
        }
        return bp_cell_fail(err, BP_INVALID, place, cell, "is beyond the range of float32");
    }
    const bool nonfinite = bp_decimal_is_nonfinite_word(cell.text, cell.size);
    return bp_cell_fail(err, BP_INVALID, place, cell,
                        nonfinite ? "is not a finite number" : "is not a number");
}

static bp_status fail_many(bp_cell cell, const bp_cell_place *place, bp_error *err) {
    char complaint[96];
    snprintf(complaint, sizeof complaint, "is one label too many: a column can have %d",
             BP_MAX_CLASSES);
    return bp_cell_fail(err, BP_TOO_LARGE, place, cell, complaint);
}

static bp_status read_label(bp_column_reader *reader, bp_cell cell, const bp_cell_place *place,
                            float *values, bp_error *err) {
    double number;
    bp_status status;
    if (!bp_text_is_utf8(cell.text, cell.size)) {
        return bp_cell_fail(err, BP_SYNTAX, place, cell, "is not UTF-8 text");
    }
    if (!reader->is_exact && bp_decimal_parse(cell.text, cell.size, &number) && is_whole(number)) {
        status = add_whole(reader, number, values, err);
    } else {
        status = add_label(reader, cell, values, err);
    }
    if (status == BP_OK && reader->labels.labels.count > BP_MAX_CLASSES) {
        return fail_many(cell, place, err);
    }
    return status;
}

int bp_boolean_word(bp_cell cell) {
    static const char *const words[2][5] = {{"false", "no", "f", "n", "0"},
                                            {"true", "yes", "t", "y", "1"}};
    for (int value = 0; value < 2; value++) {
        for (size_t i = 0; i < 5; i++) {
            if (strlen(words[value][i]) == cell.size &&
                strncasecmp(words[value][i], cell.text, cell.size) == 0) {
                return value;
            }
        }
    }
    return -1;
}

static bp_status read_boolean(bp_column_reader *reader, bp_cell cell, const bp_cell_place *place,
                              float *values, bp_error *err) {
    const int value = bp_boolean_word(cell);
    if (value < 0) {
        return bp_cell_fail(err, BP_INVALID, place, cell,
                            "is no boolean: true, false, yes, no, t, f, y, n, 1 or 0");
    }
    for (size_t i = 0; i < reader->labels.labels.count; i++) {
        if (bp_boolean_word(bp_cell_of(reader->labels.labels.item[i])) == value) {
            *values = (float)i;
            return BP_OK;
        }
    }
    return add_label(reader, bp_cell_of(value == 1 ? "true" : "false"), values, err);
}

static bp_status read_datetime(bp_column_reader *reader, bp_cell cell, const bp_cell_place *place,
                               float *values, bp_error *err) {
    (void)reader;
    if (bp_datetime_parse(cell.text, cell.size, values)) {
        return BP_OK;
    }
    return bp_cell_fail(err, BP_INVALID, place, cell,
                        "is no date such as 2024-01-31 or 2024-01-31T12:30:00");
}

bp_status bp_column_reader_read(bp_column_reader *reader, bp_cell cell, const bp_cell_place *place,
                                float *values, bp_error *err) {
    static bp_status (*const readers[BP_COLUMN_TYPE_COUNT])(
        bp_column_reader *, bp_cell, const bp_cell_place *, float *, bp_error *) = {
        [BP_COLUMN_NUMERIC] = read_number,
        [BP_COLUMN_BOOLEAN] = read_boolean,
        [BP_COLUMN_CATEGORICAL] = read_label,
        [BP_COLUMN_DATETIME] = read_datetime,
    };
    return readers[reader->type](reader, cell, place, values, err);
}

/* --- the end -------------------------------------------------------------------------------- */

static bool are_booleans(const bp_names *labels) {
    static const char *const pairs[][2] = {
        {"true", "false"}, {"yes", "no"}, {"t", "f"}, {"y", "n"}};
    for (size_t p = 0; labels->count == 2 && p < sizeof pairs / sizeof *pairs; p++) {
        for (size_t i = 0; i < 2; i++) {
            if (strcasecmp(labels->item[i], pairs[p][0]) == 0 &&
                strcasecmp(labels->item[1 - i], pairs[p][1]) == 0) {
                return true;
            }
        }
    }
    return false;
}

bp_column_type bp_column_reader_settle(const bp_column_reader *reader, size_t rows) {
    const bp_names *labels = &reader->labels.labels;
    if (reader->is_fixed || reader->type != BP_COLUMN_CATEGORICAL) {
        return reader->type;
    }
    if (labels->count > FEW_LABELS && labels->count > rows / 2) {
        return BP_COLUMN_TEXT;
    }
    return are_booleans(labels) ? BP_COLUMN_BOOLEAN : BP_COLUMN_CATEGORICAL;
}
