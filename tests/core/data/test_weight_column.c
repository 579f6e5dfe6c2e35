/* The column of the rows' weights: which one it is, what it takes, where it is kept. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "cell_text.h"
#include "dataset_builder.h"

enum { COLUMNS = 4 };
static const char *const header[COLUMNS] = {"x", "w", "z", "y"};

/* A builder that has met the header. */
static bp_status open_builder(bp_dataset_builder **out, const char *weight, const char *target,
                              bp_error *err) {
    bp_names names = {0};
    for (size_t i = 0; i < COLUMNS; i++) {
        assert_int_equal(bp_names_add(&names, header[i], strlen(header[i]), NULL), BP_OK);
    }
    const bp_dataset_options options = {.target = target, .weight = weight};
    assert_int_equal(bp_dataset_builder_new(out, &options, NULL), BP_OK);
    bp_status status = bp_dataset_builder_header(*out, &names, err);
    bp_names_clear(&names);
    return status;
}

static bp_status add_row(bp_dataset_builder *builder, const char *weight, uint64_t line,
                         bp_error *err) {
    const bp_cell cells[COLUMNS] = {bp_cell_of("1.5"), bp_cell_of(weight), bp_cell_of("-2"),
                                    bp_cell_of("0.25")};
    return bp_dataset_builder_row(builder, cells, COLUMNS, line, err);
}

static bp_dataset *finish(bp_dataset_builder *builder) {
    bp_dataset *data;
    assert_int_equal(bp_dataset_builder_finish(builder, &data, NULL), BP_OK);
    bp_dataset_builder_free(builder);
    return data;
}

/* The data set of rows with these weights. */
static bp_dataset *weighted(const char *const *weights, size_t rows) {
    bp_dataset_builder *builder;
    assert_int_equal(open_builder(&builder, "w", NULL, NULL), BP_OK);
    for (size_t i = 0; i < rows; i++) {
        assert_int_equal(add_row(builder, weights[i], i + 2, NULL), BP_OK);
    }
    return finish(builder);
}

static void weights_are_kept_beside_the_features(void **state) {
    (void)state;
    static const char *const weights[] = {"0", "2.5", " 1e-3 ", "-0", "1e-60"};
    bp_dataset *data = weighted(weights, 5);
    assert_int_equal(data->features.count, 2);
    assert_string_equal(data->features.item[1], "z");
    assert_string_equal(data->weights.item[0], "w");
    assert_string_equal(data->targets.item[0], "y");
    static const float wanted[] = {0, 2.5f, 1e-3f, 0, 0};
    for (size_t i = 0; i < 5; i++) {
        assert_true(data->weight[i] == wanted[i]);
        assert_true(data->x[2 * i] == 1.5f && data->x[2 * i + 1] == -2 && data->y[i] == 0.25f);
    }
    assert_true(data->stats[3].min == 0 && data->stats[3].max == 2.5);
    bp_dataset_unref(data);
}

static void bad_weights_are_told_with_their_place(void **state) {
    (void)state;
    static const struct {
        const char *cell, *message;
    } cases[] = {
        {"-1", "line 7, column 2 ('w'): '-1' is below 0: it is no weight"},
        {"-1e-60", "line 7, column 2 ('w'): '-1e-60' is below 0: it is no weight"},
        {"much", "line 7, column 2 ('w'): 'much' is not a number"},
        {"inf", "line 7, column 2 ('w'): 'inf'"},
        {"nan", "line 7, column 2 ('w'): 'nan'"},
        {"1e39", "line 7, column 2 ('w'): '1e39'"},
        {"", "line 7, column 2: the row has no value for 'w'"},
        {"  ", "line 7, column 2: the row has no value for 'w'"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        bp_dataset_builder *builder;
        bp_error err = {0};
        assert_int_equal(open_builder(&builder, "w", NULL, NULL), BP_OK);
        assert_int_equal(add_row(builder, "1", 6, NULL), BP_OK);
        assert_int_equal(add_row(builder, cases[i].cell, 7, &err), BP_INVALID);
        if (strncmp(err.message, cases[i].message, strlen(cases[i].message)) != 0) {
            fail_msg("'%s': %s", cases[i].cell, err.message);
        }
        assert_true(err.line == 7 && err.column == 2);
        bp_dataset_builder_free(builder);
    }
}

/* The column is there and a row's cell is not, or is another column's. */
static void a_missing_cell_is_told(void **state) {
    (void)state;
    bp_dataset_builder *builder;
    bp_error err = {0};
    assert_int_equal(open_builder(&builder, "y", "z", NULL), BP_OK);
    const bp_cell cells[] = {bp_cell_of("1"), bp_cell_of("2"), bp_cell_of("3")};
    assert_int_equal(bp_dataset_builder_row(builder, cells, 3, 2, &err), BP_INVALID);
    assert_non_null(strstr(err.message, "no value for column 'y'"));
    bp_dataset_builder_free(builder);
}

static void columns_that_cannot_be_the_weight_name_their_field(void **state) {
    (void)state;
    static const struct {
        const char *weight, *target, *field;
    } cases[] = {{"v", NULL, "/weight"},
                 {"y", "y", "/weight"},
                 {"W", "y", "/weight"},
                 {"x", "w,z,y", "/target"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        bp_dataset_builder *builder;
        bp_error err = {0};
        assert_int_equal(open_builder(&builder, cases[i].weight, cases[i].target, &err),
                         BP_INVALID);
        assert_string_equal(err.field, cases[i].field);
        bp_dataset_builder_free(builder);
    }
}

static void the_last_column_but_the_weight_is_the_target(void **state) {
    (void)state;
    static const char *const none[] = {NULL, "", "  "};
    bp_dataset_builder *builder;
    assert_int_equal(open_builder(&builder, " y ", NULL, NULL), BP_OK);
    assert_int_equal(add_row(builder, "1", 2, NULL), BP_OK);
    bp_dataset *data = finish(builder);
    assert_string_equal(data->targets.item[0], "z");
    assert_true(data->weight[0] == 0.25f && data->y[0] == -2);
    bp_dataset_unref(data);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(open_builder(&builder, none[i], NULL, NULL), BP_OK);
        assert_int_equal(add_row(builder, "1", 2, NULL), BP_OK);
        data = finish(builder);
        assert_true(data->weight == NULL && data->weights.count == 0);
        assert_int_equal(data->features.count, 3);
        bp_dataset_unref(data);
    }
}

/* Rows are added one by one, and the arrays grow many times meanwhile. */
static void weights_stay_with_their_rows(void **state) {
    (void)state;
    enum { ROWS = 10007 };
    bp_dataset_builder *builder;
    assert_int_equal(open_builder(&builder, "w", NULL, NULL), BP_OK);
    for (size_t i = 0; i < ROWS; i++) {
        char cell[24];
        snprintf(cell, sizeof cell, "%zu.5", i);
        assert_int_equal(add_row(builder, cell, i + 2, NULL), BP_OK);
    }
    bp_dataset *data = finish(builder);
    assert_int_equal(data->rows, ROWS);
    for (size_t i = 0; i < ROWS; i++) {
        assert_true(data->weight[i] == (float)i + 0.5f);
    }
    bp_dataset_unref(data);
}

static void weights_are_part_of_the_digest(void **state) {
    (void)state;
    bp_dataset *one = weighted((const char *const[]){"1", "2"}, 2);
    bp_dataset *same = weighted((const char *const[]){"1.0", "2e0"}, 2);
    bp_dataset *other = weighted((const char *const[]){"1", "3"}, 2);
    assert_string_equal(one->sha256, same->sha256);
    assert_string_not_equal(one->sha256, other->sha256);
    bp_dataset_unref(one);
    bp_dataset_unref(same);
    bp_dataset_unref(other);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(weights_are_kept_beside_the_features),
        cmocka_unit_test(bad_weights_are_told_with_their_place),
        cmocka_unit_test(a_missing_cell_is_told),
        cmocka_unit_test(columns_that_cannot_be_the_weight_name_their_field),
        cmocka_unit_test(the_last_column_but_the_weight_is_the_target),
        cmocka_unit_test(weights_stay_with_their_rows),
        cmocka_unit_test(weights_are_part_of_the_digest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
