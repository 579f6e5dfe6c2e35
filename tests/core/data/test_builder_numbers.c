/* Rows of numbers against the same rows as text: data sets, rejects and errors must agree. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cell_text.h"
#include "dataset_builder.h"
#include "philox.h"

enum { ROWS = 3000, COLUMNS = 5, CELL_SIZE = 32 };

/* How the cells of the target are drawn; the others are fractions, some of them missing. */
typedef enum draw { LABELS, INTEGERS, FRACTIONS, DISTINCT, ODD } draw;

static float draw_target(draw how, const uint32_t words[4], size_t row) {
    static const float odd[] = {0,      -0.0f, 1,       0x1p53f, 0x1p54f, 3.4028234e38f,
                                1e-40f, NAN,   INFINITY};
    switch (how) {
    case LABELS:
        return (float)(words[0] % 3);
    case INTEGERS:
        return (float)(words[0] % 100000) - 50000;
    case FRACTIONS:
        return (float)(words[0] % 64) / 8;
    case DISTINCT:
        return (float)row + 0.25f;
    case ODD:
        break;
    }
    return odd[words[0] % (sizeof odd / sizeof *odd)];
}

static float draw_cell(const uint32_t words[4], bool has_gaps) {
    const float value = ((float)words[1] - 0x1p31f) * 0x1p-30f;
    return !has_gaps || words[2] % 16 > 0 ? value : words[2] % 32 > 0 ? NAN : -INFINITY;
}

static float *draw_rows(draw how, size_t target, bool has_gaps, size_t rows) {
    float *values = malloc(rows * COLUMNS * sizeof *values);
    assert_non_null(values);
    for (size_t i = 0; i < rows * COLUMNS; i++) {
        uint32_t words[4];
        bp_random_block(3, BP_STREAM_SAMPLE, i, 0, words);
        values[i] = i % COLUMNS == target ? draw_target(how, words, i / COLUMNS)
                                          : draw_cell(words, has_gaps);
    }
    return values;
}

/* --- both ways ------------------------------------------------------------------------------ */

static bp_dataset_builder *begin(const bp_dataset_options *options) {
    bp_dataset_builder *builder;
    bp_names names = {0};
    for (size_t i = 0; i < COLUMNS; i++) {
        assert_int_equal(bp_names_add(&names, &"abcde"[i], 1, NULL), BP_OK);
    }
    assert_int_equal(bp_dataset_builder_new(&builder, options, NULL), BP_OK);
    assert_int_equal(bp_dataset_builder_header(builder, &names, NULL), BP_OK);
    bp_names_clear(&names);
    return builder;
}

static bp_status add_as_text(bp_dataset_builder *builder, const float *values, size_t rows,
                             bp_error *err) {
    char text[COLUMNS][CELL_SIZE];
    bp_status status = BP_OK;
    for (size_t i = 0; status == BP_OK && i < rows; i++) {
        bp_cell cells[COLUMNS];
        bp_error why = {0};
        for (size_t j = 0; j < COLUMNS; j++) {
            const double value = (double)values[i * COLUMNS + j];
            snprintf(text[j], CELL_SIZE, "%.9g", value);
            text[j][0] = isnan(value) ? '\0' : text[j][0];
            cells[j] = bp_cell_of(text[j]);
        }
        status = bp_dataset_builder_row(builder, cells, COLUMNS, i + 1, &why);
        if (status != BP_OK) {
            status = bp_dataset_builder_reject(builder, &why, err);
        }
    }
    return status;
}

static bp_dataset *end(bp_dataset_builder *builder, bp_status status, bp_error *err) {
    bp_dataset *data = NULL;
    if (status == BP_OK && bp_dataset_builder_finish(builder, &data, err) != BP_OK) {
        assert_null(data);
    }
    bp_dataset_builder_free(builder);
    return data;
}

static void assert_same_error(const bp_error *a, const bp_error *b) {
    assert_int_equal(a->code, b->code);
    assert_int_equal(a->line, b->line);
    assert_int_equal(a->column, b->column);
    assert_string_equal(a->message, b->message);
}

/* In pieces, as arrays come. */
static void compare(const bp_dataset_options *options, const float *values, size_t rows) {
    bp_error text_error = {0}, error = {0};
    bp_dataset_builder *builder = begin(options);
    bp_dataset *text = end(builder, add_as_text(builder, values, rows, &text_error), &text_error);
    builder = begin(options);
    bp_status status = BP_OK;
    for (size_t i = 0; status == BP_OK && i < rows; i += 500) {
        status = bp_dataset_builder_numbers(builder, values + i * COLUMNS,
                                            rows - i < 500 ? rows - i : 500, &error);
    }
    bp_dataset *data = end(builder, status, &error);
    assert_int_equal(data == NULL, text == NULL);
    assert_same_error(&error, &text_error);
    if (data != NULL) {
        assert_string_equal(data->sha256, text->sha256);
        assert_int_equal(data->rejects.count, text->rejects.count);
        for (size_t i = 0; i < COLUMNS; i++) {
            assert_int_equal(data->source[i].type, text->source[i].type);
        }
    }
    bp_dataset_unref(data);
    bp_dataset_unref(text);
}

/* --- tests ---------------------------------------------------------------------------------- */

static const bp_dataset_options shapes[] = {
    {.target = "a"},
    {.target = "c"},
    {.target = "e"},
    {.target = "c", .skip_rejects = true},
    {.target = "e", .skip_rejects = true, .ignore = "b"},
    {.target = "c", .skip_rejects = true, .types = "c:categorical"},
    {.target = "c", .skip_rejects = true, .types = "c:numeric,a:categorical"},
    {.target = "c", .skip_rejects = true, .missing = "-,1"},
    {.target = "c", .skip_rejects = true, .missing = "-,x"},
    {.target = "d,e", .skip_rejects = true},
    {.target = "c,a", .skip_rejects = true},
    {.target = "a", .skip_rejects = true, .weight = "c"},
    {.no_target = true, .skip_rejects = true},
};

static void numbers_are_as_their_text(void **state) {
    (void)state;
    for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++) {
        for (draw how = LABELS; how <= ODD; how++) {
            for (int gaps = 0; gaps < 2; gaps++) {
                const char *target = shapes[s].target;
                const size_t column = target != NULL ? (size_t)(target[0] - 'a') : COLUMNS;
                float *values = draw_rows(how, column, gaps == 1, ROWS);
                compare(&shapes[s], values, ROWS);
                free(values);
            }
        }
    }
}

/* More labels than classes: numbers from then on, and the first cell that is none is an error. */
static void many_numbers_are_no_labels(void **state) {
    (void)state;
    enum { MANY = BP_MAX_CLASSES + 5000 };
    const bp_dataset_options options = {.target = "c"};
    float *values = draw_rows(DISTINCT, 2, false, MANY);
    compare(&options, values, MANY);
    for (size_t i = 0; i < MANY; i++) {
        values[i * COLUMNS + 2] = (float)i;
    }
    compare(&options, values, MANY);
    values[(MANY - 100) * COLUMNS + 2] = 0.5f; /* then there is a fraction */
    compare(&options, values, MANY);
    values[(MANY - 10) * COLUMNS + 2] = INFINITY;
    compare(&options, values, MANY);
    free(values);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_as_their_text),
        cmocka_unit_test(many_numbers_are_no_labels),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
