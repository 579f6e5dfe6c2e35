/* What the columns of a table turn out to be, and what is kept of their cells. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cell_text.h"
#include "csv.h"
#include "row_spool.h"

static bp_status try_load(bp_dataset **out, const char *body, const bp_dataset_options *options,
                          bp_error *err) {
    bp_dataset_builder *builder;
    bp_csv *csv;
    assert_int_equal(bp_dataset_builder_new(&builder, options, NULL), BP_OK);
    assert_int_equal(bp_csv_new(&csv, builder, NULL, NULL), BP_OK);
    bp_status status = bp_csv_feed(csv, body, strlen(body), err);
    status = status == BP_OK ? bp_csv_finish(csv, err) : status;
    status = status == BP_OK ? bp_dataset_builder_finish(builder, out, err) : status;
    bp_csv_free(csv);
    bp_dataset_builder_free(builder);
    return status;
}

static bp_dataset *load(const char *body, const bp_dataset_options *options) {
    bp_dataset *data = NULL;
    bp_error err = {0};
    if (try_load(&data, body, options, &err) != BP_OK) {
        fail_msg("%s (%s)", err.message, err.field);
    }
    return data;
}

static void assert_refused(const char *body, const bp_dataset_options *options, const char *field,
                           const char *says) {
    bp_dataset *data = NULL;
    bp_error err = {0};
    assert_int_equal(try_load(&data, body, options, &err), BP_INVALID);
    assert_string_equal(err.field, field);
    if (strstr(err.message, says) == NULL) {
        fail_msg("'%s' does not say '%s'", err.message, says);
    }
}

static void assert_labels(const bp_source_column *column, const char *list) {
    char joined[256] = "";
    for (size_t i = 0; i < column->labels.count; i++) {
        size_t used = strlen(joined);
        snprintf(joined + used, sizeof joined - used, "%s%s", i > 0 ? "," : "",
                 column->labels.item[i]);
    }
    assert_string_equal(joined, list);
}

static void types_are_found_out(void **state) {
    (void)state;
    bp_dataset *data = load("n,color,ok,when,y\n"
                            "1,red,yes,2024-02-29,0\n"
                            ",blue,no,2024-03-01T10:30,1\n"
                            "2.5,?,yes,NA,1\n"
                            "-1,red,,2023-01-01,0\n",
                            NULL);
    static const bp_column_type types[] = {BP_COLUMN_NUMERIC, BP_COLUMN_CATEGORICAL,
                                           BP_COLUMN_BOOLEAN, BP_COLUMN_DATETIME,
                                           BP_COLUMN_NUMERIC};
    assert_int_equal(data->source_count, 5);
    for (size_t i = 0; i < 5; i++) {
        assert_int_equal(data->source[i].type, types[i]);
        assert_int_equal(data->source[i].role, i < 4 ? BP_ROLE_FEATURE : BP_ROLE_TARGET);
    }
    assert_int_equal(data->features.count, 10);
    assert_string_equal(data->features.item[3], "when.year");
    assert_string_equal(data->features.item[9], "when.second");
    assert_labels(&data->source[1], "red,blue");
    assert_labels(&data->source[2], "yes,no");
    static const float rows[3][10] = {{1, 0, 0, 2024, 2, 29, 4, 0, 0, 0},
                                      {NAN, 1, 1, 2024, 3, 1, 5, 10, 30, 0},
                                      {2.5, NAN, 0, NAN, NAN, NAN, NAN, NAN, NAN, NAN}};
    for (size_t i = 0; i < 30; i++) {
        float wanted = rows[i / 10][i % 10];
        assert_true(isnan(wanted) ? isnan(data->x[i]) : data->x[i] == wanted);
    }
    assert_int_equal(data->stats[0].missing, 1);
    assert_int_equal(data->stats[1].missing, 1);
    assert_int_equal(data->stats[1].distinct, 2);
    assert_true(data->stats[0].mean == 2.5 / 3);
    assert_false(bp_dataset_is_plain(data));
    bp_dataset_unref(data);
}

/* Whole numbers that came before the first text are labels like those after it. */
static void a_late_text_makes_labels_of_numbers(void **state) {
    (void)state;
    bp_dataset *data = load("a,b,y\n7,1,0\n07,1,0\n,1,0\n-3,1,0\nx,2,0\n7.0,3,1\n9,4,1\n", NULL);
    assert_int_equal(data->source[0].type, BP_COLUMN_CATEGORICAL);
    assert_labels(&data->source[0], "7,-3,x,9");
    static const float codes[] = {0, 0, NAN, 1, 2, 0, 3};
    for (size_t i = 0; i < 7; i++) {
        assert_true(isnan(codes[i]) ? isnan(data->x[2 * i]) : data->x[2 * i] == codes[i]);
    }
    assert_int_equal(data->source[1].type, BP_COLUMN_NUMERIC);
    bp_dataset_unref(data);
}

static void after_fractions_a_text_is_wrong(void **state) {
    (void)state;
    assert_refused("a,y\n1,0\n0.5,1\nx,1\n", NULL, "",
                   "line 4, column 1 ('a'): 'x' is not a number");
    const bp_dataset_options skip = {.skip_rejects = true};
    bp_dataset *data = load("a,y\n1,0\n0.5,1\nx,1\n2,0\n3\n4,\n5,1\n", &skip);
    assert_int_equal(data->rows, 4);
    assert_int_equal(data->rejects.count, 3);
    assert_int_equal(data->rejects.kept, 3);
    assert_int_equal(data->rejects.first[0].line, 4);
    assert_int_equal(data->rejects.first[1].line, 6);
    assert_int_equal(data->rejects.first[2].column, 2);
    assert_true(data->x[3] == 5);
    bp_dataset_unref(data);
    assert_refused("a,y\n1,\n2,\n", &skip, "", "all 2 were rejected, the first because: line 2");
}

static void types_can_be_declared(void **state) {
    (void)state;
    const bp_dataset_options options = {.types = "zip:categorical, on:boolean,note:text,y:numeric",
                                        .ignore = "id"};
    bp_dataset *data = load("id,zip,on,note,y\n1,02139,1,hello,3\n2,2139,no,,4\n", &options);
    assert_int_equal(data->features.count, 2);
    assert_labels(&data->source[1], "02139,2139");
    assert_labels(&data->source[2], "true,false");
    assert_int_equal(data->source[3].role, BP_ROLE_IGNORED);
    assert_int_equal(data->source[0].role, BP_ROLE_IGNORED);
    assert_int_equal(data->classes.count, 0); /* declared numeric */
    bp_dataset_unref(data);
    const bp_dataset_options classes = {.types = "y:categorical"};
    data = load("a,y\n1,0.5\n2,1.5\n", &classes);
    assert_int_equal(data->classes.count, 2);
    assert_null(data->y);
    bp_dataset_unref(data);
}

static void bad_declarations_name_their_field(void **state) {
    (void)state;
    static const struct {
        bp_dataset_options options;
        const char *field, *says;
    } cases[] = {
        {{.types = "z:numeric"}, "/types", "there is no column 'z'"},
        {{.types = "a"}, "/types", "is not of the form column:type"},
        {{.types = "a:colour"}, "/types", "unknown column type 'colour'; known: numeric"},
        {{.types = "y:datetime"}, "/types", "the target 'y' cannot be datetime"},
        {{.ignore = "b"}, "/ignore", "there is no column 'b'"},
        {{.ignore = "y", .target = "y"}, "/target", "the column 'y' is the ignored and a target"},
        {{.ignore = "a"}, "/target", "no feature is left"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_refused("a,y\n1,2\n", &cases[i].options, cases[i].field, cases[i].says);
    }
    const bp_dataset_options dates = {.types = "a:datetime"};
    assert_refused("a,y\n2024-02-30,2\n", &dates, "", "'2024-02-30' is no date");
    const bp_dataset_options numeric = {.types = "a:numeric"};
    assert_refused("a,y\nx,2\n", &numeric, "", "'x' is not a number");
}

static void missing_words_can_be_given(void **state) {
    (void)state;
    const bp_dataset_options options = {.missing = "-999, none"};
    bp_dataset *data = load("a,b,y\n1,x,0\n-999,none,1\n2,NA,1\n", &options);
    assert_true(isnan(data->x[2]) && isnan(data->x[3]));
    assert_labels(&data->source[1], "x,NA");
    bp_dataset_unref(data);
    assert_refused("a,y\n1,none\n", &options, "", "the row has no value for 'y'");
}

/* More labels than a column can have, or nearly one for each row: of no use to a network. */
static void names_are_text(void **state) {
    (void)state;
    enum { ROWS = 70000 };
    char *body = malloc(ROWS * 32);
    size_t used = (size_t)sprintf(body, "name,id,a,y\n");
    for (int i = 0; i < ROWS; i++) {
        used += (size_t)sprintf(body + used, "n%d,i%d,%d,%d\n", i, i % 40000, i % 7, i % 2);
    }
    bp_dataset *data = load(body, NULL);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(data->source[i].type, BP_COLUMN_TEXT);
        assert_int_equal(data->source[i].role, BP_ROLE_IGNORED);
    }
    assert_int_equal(data->source[2].role, BP_ROLE_FEATURE);
    assert_true(data->x[data->features.count + 2] == 1);
    bp_dataset_unref(data);
    free(body);
}

enum { WIDE = 32 };

/* Rows of numbers, and late among them a label: the caller's. */
static char *make_long_body(size_t rows) {
    char *body = malloc((rows + 1) * (WIDE + 1) * sizeof "x31,");
    assert_non_null(body);
    char *at = body;
    for (size_t i = 0; i < WIDE; i++) {
        at += snprintf(at, sizeof "x31,", "x%zu,", i);
    }
    at = stpcpy(at, "y\n");
    for (size_t i = 0; i < rows; i++) {
        at = stpcpy(at, i + 1 == rows ? "a" : "7");
        for (size_t j = 1; j < WIDE; j++) {
            at = stpcpy(at, ",2");
        }
        at = stpcpy(at, i % 2 == 0 ? ",0\n" : ",1\n");
    }
    return body;
}

static void a_file_holds_the_rows(void **state) {
    (void)state;
    const size_t rows = BP_ROW_SPOOL_MEMORY_FLOATS / WIDE + 100;
    char path[] = "/tmp/bp_columns_XXXXXX";
    int file = mkstemp(path);
    assert_true(file >= 0);
    unlink(path);
    char *body = make_long_body(rows);
    const bp_dataset_options options = {.file = &file};
    bp_dataset *filed = load(body, &options), *held = load(body, NULL);
    assert_string_equal(filed->sha256, held->sha256);
    assert_int_equal(filed->source[0].type, BP_COLUMN_CATEGORICAL);
    assert_int_equal(lseek(file, 0, SEEK_END), rows * WIDE * sizeof(float));
    close(file);
    assert_true(filed->x[(rows - 1) * WIDE] == 1);
    bp_dataset_unref(filed);
    bp_dataset_unref(held);
    free(body);
}

/* --- going on ------------------------------------------------------------------------------- */

static bp_dataset *append(const bp_dataset *base, const char *const (*rows)[4], size_t count) {
    bp_dataset_builder *builder;
    bp_dataset *data;
    assert_int_equal(bp_dataset_builder_new(&builder, NULL, NULL), BP_OK);
    assert_int_equal(bp_dataset_builder_continue(builder, base, NULL), BP_OK);
    for (size_t i = 0; i < count; i++) {
        bp_cell cells[4];
        for (size_t j = 0; j < 4; j++) {
            cells[j] = bp_cell_of(rows[i][j]);
        }
        bp_error err = {0};
        if (bp_dataset_builder_row(builder, cells, 4, 0, &err) != BP_OK) {
            fail_msg("%s", err.message);
        }
    }
    assert_int_equal(bp_dataset_builder_finish(builder, &data, NULL), BP_OK);
    bp_dataset_builder_free(builder);
    return data;
}

/* Rows in two parts give what all of them at once give. */
static void rows_can_follow_later(void **state) {
    (void)state;
    static const char *const bodies[][2] = {
        {"n,c,b,y\n1,red,yes,u\n2,7,no,v\n",
         "n,c,b,y\n1,red,yes,u\n2,7,no,v\n3,07,yes,w\n,red,,u\n"},
        {"n,c,b,y\n1,red,yes,1\n2,7,no,2\n",
         "n,c,b,y\n1,red,yes,1\n2,7,no,2\n3,07,yes,3\n,red,,1\n"},
        {"n,c,b,y\n1,red,yes,.5\n2,7,no,2\n",
         "n,c,b,y\n1,red,yes,.5\n2,7,no,2\n3,07,yes,.25\n,red,,1\n"}};
    static const char *const rows[][2][4] = {{{"3", "07", "yes", "w"}, {"", "red", "", "u"}},
                                             {{"3", "07", "yes", "3"}, {"", "red", "", "1"}},
                                             {{"3", "07", "yes", ".25"}, {"", "red", "", "1"}}};
    for (size_t i = 0; i < 3; i++) {
        bp_dataset *part = load(bodies[i][0], NULL), *whole = load(bodies[i][1], NULL);
        bp_dataset *both = append(part, rows[i], 2);
        assert_string_equal(both->sha256, whole->sha256);
        bp_dataset_unref(part);
        bp_dataset_unref(whole);
        bp_dataset_unref(both);
    }
}

static void types_stay_when_rows_follow(void **state) {
    (void)state;
    bp_dataset *base = load("n,c,b,y\n1,red,yes,0\n2,blue,no,1\n", NULL);
    static const struct {
        const char *cells[4], *says;
    } cases[] = {{{"x", "red", "yes", "0"}, "'x' is not a number"},
                 {{"1", "red", "maybe", "0"}, "'maybe' is no boolean"},
                 {{"1", "red", "yes", ""}, "no value for 'y'"}};
    for (size_t i = 0; i < 3; i++) {
        bp_dataset_builder *builder;
        bp_error err = {0};
        bp_cell cells[4];
        for (size_t j = 0; j < 4; j++) {
            cells[j] = bp_cell_of(cases[i].cells[j]);
        }
        assert_int_equal(bp_dataset_builder_new(&builder, NULL, NULL), BP_OK);
        assert_int_equal(bp_dataset_builder_continue(builder, base, NULL), BP_OK);
        assert_int_equal(bp_dataset_builder_row(builder, cells, 4, 9, &err), BP_INVALID);
        assert_non_null(strstr(err.message, cases[i].says));
        bp_dataset_builder_free(builder);
    }
    bp_dataset_unref(base);
}

/* --- numbers -------------------------------------------------------------------------------- */

static void rows_of_numbers_are_rows_of_text(void **state) {
    (void)state;
    static const float values[] = {1.5f, 2, 0, NAN, 4, 1, 3, 0.1f, 1};
    bp_dataset_builder *builder;
    bp_names names = {0};
    bp_dataset *data;
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(bp_names_add(&names, &"aby"[i], 1, NULL), BP_OK);
    }
    assert_int_equal(bp_dataset_builder_new(&builder, NULL, NULL), BP_OK);
    assert_int_equal(bp_dataset_builder_header(builder, &names, NULL), BP_OK);
    assert_int_equal(bp_dataset_builder_numbers(builder, values, 3, NULL), BP_OK);
    assert_int_equal(bp_dataset_builder_finish(builder, &data, NULL), BP_OK);
    bp_dataset *text = load("a,b,y\n1.5,2,0\n,4,1\n3,0.1,1\n", NULL);
    assert_string_equal(data->sha256, text->sha256);
    bp_dataset_builder_free(builder);
    bp_names_clear(&names);
    bp_dataset_unref(data);
    bp_dataset_unref(text);
}

static void without_a_target_all_is_features(void **state) {
    (void)state;
    const bp_dataset_options options = {.no_target = true};
    bp_dataset *data = load("a\n1\n2\n", &options);
    assert_int_equal(data->features.count, 1);
    assert_int_equal(data->targets.count, 0);
    assert_null(data->y);
    assert_null(data->class_index);
    bp_dataset_unref(data);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(types_are_found_out),
        cmocka_unit_test(a_late_text_makes_labels_of_numbers),
        cmocka_unit_test(after_fractions_a_text_is_wrong),
        cmocka_unit_test(types_can_be_declared),
        cmocka_unit_test(bad_declarations_name_their_field),
        cmocka_unit_test(missing_words_can_be_given),
        cmocka_unit_test(names_are_text),
        cmocka_unit_test(a_file_holds_the_rows),
        cmocka_unit_test(rows_can_follow_later),
        cmocka_unit_test(types_stay_when_rows_follow),
        cmocka_unit_test(rows_of_numbers_are_rows_of_text),
        cmocka_unit_test(without_a_target_all_is_features),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
