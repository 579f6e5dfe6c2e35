#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "cell_text.h"
#include "csv_load.h"

static const csv_pieces WHOLE = {SIZE_MAX, SIZE_MAX};

static void assert_contains(const char *message, const char *part) {
    if (strstr(message, part) == NULL) {
        fail_msg("'%s' does not say '%s'", message, part);
    }
}

static const struct bad_body {
    const char *body;
    bp_status code;
    uint64_t line, column;
    const char *says;
} bad_bodies[] = {
    {"", BP_INVALID, 0, 0, "empty"},
    {"\n \n", BP_INVALID, 0, 0, "empty"},
    {"a,b\n", BP_INVALID, 0, 0, "no rows"},
    {"a\n1\n", BP_INVALID, 1, 0, "at least two columns"},
    {"a:b\n1:2\n", BP_INVALID, 1, 0, "apart by commas"},
    {"a,,b\n1,2,3\n", BP_INVALID, 1, 2, "column 2 has no name"},
    {"a,b,a\n1,2,3\n", BP_INVALID, 1, 3, "columns 1 and 3 are both named 'a'"},
    {"5,0,5\n1,2,3\n", BP_INVALID, 1, 0, "the first line must name the columns"},
    {"5.1,3.5,1.4,Iris-setosa\n4.9,3.0,1.4,x\n", BP_INVALID, 1, 0, "line 1 holds numbers"},
    {"1,14.23,1.71\n1,13.2,1.78\n", BP_INVALID, 1, 0, "line 1 holds numbers"},
    {"a,\xff\n1,2\n", BP_SYNTAX, 1, 2, "not UTF-8"},
    {"a,b\n1,2\n\n3,4\n", BP_INVALID, 3, 0, "line 3 is blank, and line 4 is not"},
    {"\na,b\n1,2\n", BP_INVALID, 1, 0, "line 1 is blank"},
    {"a,b,c\n1,2,3\n4,5\n", BP_INVALID, 3, 3, "no value for column 'c'"},
    {"a,b\n1,2,3\n", BP_INVALID, 2, 3, "the row has 3 cells, the header has 2"},
    {"a,b\n1,2\n3, \n", BP_INVALID, 3, 2, "no value for 'b'"},
    {"a,b\n1,2\n3,\"\"\n", BP_INVALID, 3, 2, "no value for 'b'"},
    {"a,p3,b\n1,0.5,2\n1,abc,2\n", BP_INVALID, 3, 2,
     "line 3, column 2 ('p3'): 'abc' is not a number"},
    {"a,b\n0.5,2\n\"x\ny\",2\n", BP_INVALID, 3, 1, "'x?y' is not a number"},
    {"a,b\n1,\"2\n\"\n\n\nz,1\n", BP_INVALID, 4, 0, "line 4 is blank, and line 6 is not"},
    {"a,b\n.5,\"2\n\"\nz,1\n", BP_INVALID, 4, 1, "line 4, column 1"},
    {"a,b\nInf,2\n", BP_INVALID, 2, 1, "'Inf' is not a finite number"},
    {"a,b\n-inf,2\n", BP_INVALID, 2, 1, "'-inf' is not a finite number"},
    {"a,b\n3.5e38,2\n", BP_INVALID, 2, 1, "'3.5e38' is beyond the range of float32"},
    {"a,b\n1,2\n3,\xff\n", BP_SYNTAX, 3, 2, "'?' is not UTF-8"},
    {"a,b\n1,2\n3\"4,5\n", BP_SYNTAX, 3, 1, "quote stands inside a cell"},
    {"a,b\n\"1\"2,5\n", BP_SYNTAX, 2, 1, "text follows a closing quote"},
    {"a,b\n1,2\n3,\"4\n5,6\n", BP_SYNTAX, 3, 2, "opened and not closed"},
    {"a,b\n1,2\r3,4\n", BP_SYNTAX, 2, 2, "carriage return"},
    {"a,b\n.1,2\n0123456789012345678901234567890123456789x,3\n", BP_INVALID, 3, 1,
     "'0123456789012345678901234567890123456789...' is not a number"},
};

static void errors_say_what_and_where(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof bad_bodies / sizeof bad_bodies[0]; i++) {
        const struct bad_body *bad = &bad_bodies[i];
        bp_dataset *data = NULL;
        bp_error err = {0};
        bp_status status = csv_load(&data, bp_cell_of(bad->body), NULL, WHOLE, &err);
        if (status != bad->code || err.code != bad->code || err.line != bad->line ||
            err.column != bad->column) {
            fail_msg("'%s': %s at %d, %d: %s", bad->body, bp_status_name(status), (int)err.line,
                     (int)err.column, err.message);
        }
        assert_contains(err.message, bad->says);
        assert_null(data);
    }
}

static void nul_is_no_text(void **state) {
    (void)state;
    bp_dataset *data = NULL;
    bp_error err;
    bp_cell body = {"a,b\n1,2\n3,\0\n", 12};
    assert_int_equal(csv_load(&data, body, NULL, WHOLE, &err), BP_SYNTAX);
    assert_int_equal(err.line, 3);
    assert_contains(err.message, "NUL");
}

/* "a,b\n" and then one record of `size` bytes, all of them `fill`. */
static bp_status load_long(char fill, size_t size, size_t piece, bp_error *err) {
    char *body = malloc(size + 4);
    assert_non_null(body);
    memcpy(body, "a,b\n", 4);
    memset(body + 4, fill, size);
    bp_dataset *data = NULL;
    bp_status status =
        csv_load(&data, (bp_cell){body, size + 4}, NULL, (csv_pieces){piece, piece}, err);
    free(body);
    assert_null(data);
    return status;
}

static void a_record_has_a_limit(void **state) {
    (void)state;
    static const size_t pieces[] = {SIZE_MAX, 65536, 1000, BP_CSV_MAX_LINE_BYTES + 4};
    for (size_t i = 0; i < sizeof pieces / sizeof pieces[0]; i++) {
        bp_error err;
        assert_int_equal(load_long('1', BP_CSV_MAX_LINE_BYTES, pieces[i], &err), BP_INVALID);
        assert_contains(err.message, "the row has 1 cells");
        assert_int_equal(load_long('1', BP_CSV_MAX_LINE_BYTES + 1, pieces[i], &err), BP_SYNTAX);
        assert_contains(err.message, "line 2 is longer than 4194304 bytes");
        assert_int_equal(load_long(',', BP_CSV_MAX_LINE_BYTES, pieces[i], &err), BP_TOO_LARGE);
        assert_contains(err.message, "line 2: a row has more than 65536 cells");
    }
}

/* A stray quote swallows the lines after it; the message is about the quote, not the length. */
static void a_stray_quote_is_named(void **state) {
    (void)state;
    enum { SIZE = BP_CSV_MAX_LINE_BYTES + 100 };
    char *body = malloc(SIZE);
    assert_non_null(body);
    for (size_t i = 0; i < SIZE; i++) {
        body[i] = "1,2\n"[i % 4];
    }
    memcpy(body, "a,b\n3,\"", 7);
    bp_dataset *data = NULL;
    bp_error err;
    assert_int_equal(csv_load(&data, (bp_cell){body, SIZE}, NULL, WHOLE, &err), BP_SYNTAX);
    assert_int_equal(err.line, 2);
    assert_int_equal(err.column, 2);
    assert_contains(err.message, "opened and not closed");
    free(body);
}

static void after_an_error_it_is_repeated(void **state) {
    (void)state;
    bp_dataset_builder *builder;
    bp_csv *csv;
    bp_error first, again;
    assert_int_equal(bp_dataset_builder_new(&builder, NULL, NULL), BP_OK);
    assert_int_equal(bp_csv_new(&csv, builder, NULL, NULL), BP_OK);
    assert_int_equal(bp_csv_feed(csv, "a,b\n1e99,", 9, NULL), BP_OK);
    assert_int_equal(bp_csv_feed(csv, "1\n", 2, &first), BP_INVALID);
    assert_int_equal(bp_csv_feed(csv, "1,2\n", 4, &again), BP_INVALID);
    assert_string_equal(again.message, first.message);
    assert_int_equal(bp_csv_finish(csv, &again), BP_INVALID);
    assert_int_equal(again.line, 2);
    assert_int_equal(bp_csv_finish(csv, NULL), BP_INVALID);
    bp_csv_free(csv);
    bp_dataset_builder_free(builder);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(errors_say_what_and_where),     cmocka_unit_test(nul_is_no_text),
        cmocka_unit_test(a_record_has_a_limit),          cmocka_unit_test(a_stray_quote_is_named),
        cmocka_unit_test(after_an_error_it_is_repeated),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
