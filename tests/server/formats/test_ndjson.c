#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cell_text.h"
#include "csv_load.h"
#include "ndjson_load.h"

static const array_pieces WHOLE = {SIZE_MAX, SIZE_MAX};
static const bp_dataset_options DEFAULTS = {0};

static bp_dataset *load(const char *body, const char *target) {
    bp_dataset_options options = {.target = target};
    bp_dataset *data = NULL;
    bp_error err = {0};
    if (ndjson_load(&data, bp_cell_of(body), &options, WHOLE, &err) != BP_OK) {
        fail_msg("%s", err.message);
    }
    return data;
}

static void objects(void **state) {
    (void)state;
    bp_dataset *data = load("\xEF\xBB\xBF{\"b\": 1, \"a\": 0.1, \"y\": \"x\"}\r\n"
                            "\n"
                            " \t\n"
                            "{\"y\": \"z\", \"a\": -2e3, \"b\": 12345678901234567890}\n"
                            "{\"a\": 3, \"b\": 2.5, \"y\": true}",
                            NULL);
    assert_int_equal(data->rows, 3);
    assert_int_equal(data->features.count, 2);
    assert_string_equal(data->features.item[0], "b");
    assert_string_equal(data->features.item[1], "a");
    assert_string_equal(data->targets.item[0], "y");
    const float x[] = {1, 0.1f, 12345678901234567890.0f, -2000, 2.5f, 3};
    assert_memory_equal(data->x, x, sizeof x);
    assert_int_equal(data->classes.count, 3);
    assert_string_equal(data->classes.item[data->class_index[2]], "true");
    bp_dataset_unref(data);
}

static void arrays_with_names(void **state) {
    (void)state;
    bp_dataset *data = load("[\"a\", \"y\"]\n[1, 2.5]\n[3, 4.25]\n", "a");
    assert_int_equal(data->rows, 2);
    assert_string_equal(data->features.item[0], "y");
    assert_string_equal(data->targets.item[0], "a");
    assert_true(data->x[1] == 4.25f);
    bp_dataset_unref(data);
}

static void arrays_without_names(void **state) {
    (void)state;
    bp_dataset *data = load("[1, 2, \"u\"]\n[3, 4, \"v\"]\n", NULL);
    assert_int_equal(data->rows, 2);
    assert_string_equal(data->features.item[1], "c1");
    assert_string_equal(data->targets.item[0], "c2");
    assert_true(data->x[3] == 4);
    bp_dataset_unref(data);
}

static void a_key_that_lacks_and_a_null_are_missing(void **state) {
    (void)state;
    bp_dataset *data = load("{\"a\": 1, \"y\": 2}\n{\"y\": 3}\n{\"a\": null, \"y\": 4}\n", NULL);
    assert_int_equal(data->rows, 3);
    assert_true(data->x[0] == 1);
    assert_true(isnan(data->x[1]) && isnan(data->x[2]));
    bp_dataset_unref(data);
}

/* Numbers take another way into the builder than text, and must be the same bits. */
static void numbers_are_those_of_csv(void **state) {
    (void)state;
    bp_dataset *lines =
        load("[\"a\", \"b\", \"y\"]\n[1, 2.5, 7]\n[0.1, -0.0, 8]\n"
             "[16777217, 1e-45, 7.0]\n[3.4028235e38, \"9\", 1e1]\n[null, \"\", 8]\n",
             NULL);
    bp_dataset *csv = NULL;
    assert_int_equal(csv_load(&csv,
                              bp_cell_of("a,b,y\n1,2.5,7\n0.1,-0.0,8\n16777217,1e-45,7.0\n"
                                         "3.4028235e38,9,1e1\n,,8\n"),
                              NULL, (csv_pieces){SIZE_MAX, SIZE_MAX}, NULL),
                     BP_OK);
    assert_string_equal(lines->sha256, csv->sha256);
    bp_dataset_unref(lines);
    bp_dataset_unref(csv);
}

static void wrong_lines_can_be_skipped(void **state) {
    (void)state;
    static const char body[] = "{\"a\": 1, \"y\": 2}\n"
                               "{\"a\": 2, \"y\n"
                               "{\"a\": 3, \"z\": 2}\n"
                               "[4, 2]\n"
                               "{\"a\": [5], \"y\": 2}\n"
                               "{\"a\": 6}\n"
                               "7\n"
                               "{\"a\": 8, \"y\": 9}\n";
    const bp_dataset_options skip = {.skip_rejects = true};
    bp_dataset *data = NULL;
    bp_error err = {0};
    if (ndjson_load(&data, bp_cell_of(body), &skip, (array_pieces){5, 5}, &err) != BP_OK) {
        fail_msg("%s", err.message);
    }
    assert_int_equal(data->rows, 2);
    assert_true(data->x[1] == 8);
    assert_int_equal(data->rejects.count, 6);
    for (size_t i = 0; i < 6; i++) {
        assert_int_equal(data->rejects.first[i].line, i + 2);
    }
    bp_dataset_unref(data);
    assert_int_equal(ndjson_load(&data, bp_cell_of("{\"a\"\n{\"a\": 1}\n"), &skip, WHOLE, &err),
                     BP_SYNTAX); /* without columns there is nothing to skip */
}

static const struct bad_body {
    const char *body;
    bp_status code;
    uint64_t line, column;
    const char *says;
} bad_bodies[] = {
    {"", BP_INVALID, 0, 0, "the body is empty"},
    {"\n  \n", BP_INVALID, 0, 0, "the body is empty"},
    {"{\"a\":1,\"b\":2}\n{\"a\":1,\n", BP_SYNTAX, 2, 7, "line 2, byte 7"},
    {"{\"a\":1,\"b\":2} {}\n", BP_SYNTAX, 1, 15, "end of file expected"},
    {"{\"a\":1,\"a\":2}\n", BP_SYNTAX, 1, 10, "duplicate"},
    {"{\"a\":1,\"b\":1e999}\n", BP_SYNTAX, 1, 16, "overflow"},
    {"{\"a\":NaN}\n", BP_SYNTAX, 1, 8, "invalid token"},
    {"{\"a\":\"\xff\"}\n", BP_SYNTAX, 1, 6, "decode byte 0xff"},
    {"7\n", BP_INVALID, 1, 0, "line 1 is neither an object nor an array"},
    {"{}\n", BP_INVALID, 1, 0, "at least two columns"},
    {"[]\n", BP_INVALID, 1, 0, "at least two columns"},
    {"[\"a\",\"a\"]\n", BP_INVALID, 1, 2, "both named 'a'"},
    {"[\"a\",\"b\"]\n", BP_INVALID, 0, 0, "no rows"},
    {"{\"a\":1,\"b\":2}\n[1,2]\n", BP_INVALID, 2, 0, "line 2 is an array"},
    {"[1,2]\n\n{\"a\":1}\n", BP_INVALID, 3, 0, "line 3 is an object"},
    {"{\"a\":1,\"b\":2}\n{\"a\":1,\"b\":2,\"c\":3}\n", BP_INVALID, 2, 0, "line 2: the key 'c'"},
    {"{\"a\":1,\"b\":2}\n{\"a\":2}\n", BP_INVALID, 2, 2, "no value for 'b'"},
    {"{\"a\":1,\"b\":2}\n{\"a\":2,\"b\":null}\n", BP_INVALID, 2, 2, "no value for 'b'"},
    {"{\"a\":[1],\"b\":2}\n", BP_INVALID, 1, 1, "line 1, column 1 ('a'): an array cannot"},
    {"[1,{}]\n", BP_INVALID, 1, 2, "column 2 ('c1'): an object cannot"},
    {"[1,2]\n[1]\n", BP_INVALID, 2, 2, "the array has 1 values, the first line has 2"},
    {"[1,2]\n[1,2,3]\n", BP_INVALID, 2, 3, "the array has 3 values"},
};

static void assert_same(const bp_error *a, const bp_error *b) {
    assert_string_equal(a->message, b->message);
    assert_int_equal(a->line, b->line);
    assert_int_equal(a->column, b->column);
}

static void assert_same_however_cut(bp_cell body) {
    bp_dataset *whole = NULL;
    bp_error whole_err = {0};
    bp_status whole_status = ndjson_load(&whole, body, &DEFAULTS, WHOLE, &whole_err);
    for (size_t i = 0; i <= body.size + 16; i++) {
        array_pieces pieces = {i, SIZE_MAX};
        if (i > body.size) { /* and in pieces of one size */
            pieces = (array_pieces){i - body.size, i - body.size};
        }
        bp_dataset *data = NULL;
        bp_error err = {0};
        assert_int_equal(ndjson_load(&data, body, &DEFAULTS, pieces, &err), whole_status);
        assert_same(&err, &whole_err);
        assert_int_equal(data != NULL, whole != NULL);
        if (data != NULL) {
            assert_string_equal(data->sha256, whole->sha256);
        }
        bp_dataset_unref(data);
    }
    bp_dataset_unref(whole);
}

static void errors_say_what_and_where(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof bad_bodies / sizeof bad_bodies[0]; i++) {
        const struct bad_body *bad = &bad_bodies[i];
        bp_dataset *data = NULL;
        bp_error err = {0};
        bp_status status = ndjson_load(&data, bp_cell_of(bad->body), &DEFAULTS, WHOLE, &err);
        if (status != bad->code || err.code != bad->code || err.line != bad->line ||
            err.column != bad->column || strstr(err.message, bad->says) == NULL) {
            fail_msg("'%s': %s at %d, %d: %s", bad->body, bp_status_name(status), (int)err.line,
                     (int)err.column, err.message);
        }
        assert_null(data);
        assert_same_however_cut(bp_cell_of(bad->body));
    }
}

static void the_pieces_do_not_matter(void **state) {
    (void)state;
    assert_same_however_cut(bp_cell_of("{\"a\": 1, \"y\": \"\xc3\xbc\\n\"}\r\n\n"
                                       "{\"y\": \"z\", \"a\": 2}\n{\"a\": 3, \"y\": 4}"));
    assert_same_however_cut(bp_cell_of("[\"a\", \"b\"]\n[1, 2]\n[3, 4]\n"));
}

static void a_nul_is_no_json(void **state) {
    (void)state;
    static const char body[] = "[1,2]\n[1,\0]\n";
    assert_same_however_cut((bp_cell){body, sizeof body - 1});
    bp_dataset *data = NULL;
    bp_error err = {0};
    assert_int_equal(ndjson_load(&data, (bp_cell){body, sizeof body - 1}, &DEFAULTS, WHOLE, &err),
                     BP_SYNTAX);
    assert_int_equal(err.line, 2);
}

static void a_long_line_is_refused(void **state) {
    (void)state;
    size_t size = BP_NDJSON_MAX_LINE_BYTES + 8;
    char *body = malloc(size);
    assert_non_null(body);
    memset(body, ' ', size);
    memcpy(body, "[1,2]\n[3,4]", 11);
    body[BP_NDJSON_MAX_LINE_BYTES + 6] = '\n'; /* the line has just the size that is allowed */
    body[size - 1] = ' ';
    for (size_t piece = 1 << 16; piece < size * 2; piece *= 4) {
        bp_dataset *data = NULL;
        bp_error err = {0};
        bp_status status = ndjson_load(&data, (bp_cell){body, size}, &DEFAULTS,
                                       (array_pieces){piece, piece}, &err);
        assert_int_equal(status, BP_OK);
        bp_dataset_unref(data);
        body[BP_NDJSON_MAX_LINE_BYTES + 6] = ' ';
        status = ndjson_load(&data, (bp_cell){body, size}, &DEFAULTS, (array_pieces){piece, piece},
                             &err);
        body[BP_NDJSON_MAX_LINE_BYTES + 6] = '\n';
        assert_int_equal(status, BP_TOO_LARGE);
        assert_string_equal(err.message, "line 2 is longer than 4194304 bytes");
        assert_int_equal(err.line, 2);
    }
    free(body);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(objects),
        cmocka_unit_test(arrays_with_names),
        cmocka_unit_test(arrays_without_names),
        cmocka_unit_test(a_key_that_lacks_and_a_null_are_missing),
        cmocka_unit_test(numbers_are_those_of_csv),
        cmocka_unit_test(wrong_lines_can_be_skipped),
        cmocka_unit_test(errors_say_what_and_where),
        cmocka_unit_test(the_pieces_do_not_matter),
        cmocka_unit_test(a_nul_is_no_json),
        cmocka_unit_test(a_long_line_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
