/* Bodies that are so large that a thread of their own reads them, against one that reads them at
 * once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "csv_load.h"
#include "table_upload.h"

enum { ROWS = 400000, ROW_BYTES = 24, PIECE = 32768 };

static char *body_bytes;

/* Some 6 MB. `bad_row` has a cell that is no number, after fractions. */
static bp_cell make_body(size_t bad_row) {
    size_t used = (size_t)sprintf(body_bytes, "a,b,y\n");
    for (size_t i = 0; i < ROWS; i++) {
        const char *b = i == bad_row ? "oops" : "0.25";
        used += (size_t)sprintf(body_bytes + used, "%zu.5,%s,%zu\n", i, b, i % 3);
    }
    return (bp_cell){body_bytes, used};
}

static int set_up(void **state) {
    (void)state;
    body_bytes = malloc((ROWS + 1) * ROW_BYTES);
    return body_bytes != NULL ? 0 : -1;
}

static int tear_down(void **state) {
    (void)state;
    free(body_bytes);
    return 0;
}

static bp_table_upload *begin(void) {
    static const bp_table_options options = {
        .has_format = true, .format = BP_TABLE_CSV, .limit_bytes = UINT64_MAX};
    bp_table_upload *upload = NULL;
    assert_int_equal(bp_table_upload_new(&upload, &options, NULL), BP_OK);
    return upload;
}

/* Up to the first error, or the end. */
static bp_status feed(bp_table_upload *upload, bp_cell body, bp_error *err) {
    bp_status status = BP_OK;
    for (size_t done = 0; status == BP_OK && done < body.size; done += PIECE) {
        const size_t left = body.size - done;
        status = bp_table_upload_feed(upload, body.text + done, left < PIECE ? left : PIECE, err);
    }
    return status;
}

static void a_large_body_is_as_if_read_at_once(void **state) {
    (void)state;
    const bp_cell body = make_body(SIZE_MAX);
    bp_dataset *data = NULL, *expected = NULL;
    bp_table_upload *upload = begin();
    assert_int_equal(feed(upload, body, NULL), BP_OK);
    assert_int_equal(bp_table_upload_finish(upload, &data, NULL), BP_OK);
    const csv_pieces whole = {SIZE_MAX, SIZE_MAX};
    assert_int_equal(csv_load(&expected, body, NULL, whole, NULL), BP_OK);
    assert_int_equal(data->rows, ROWS);
    assert_string_equal(data->sha256, expected->sha256);
    bp_dataset_unref(data);
    bp_dataset_unref(expected);
    bp_table_upload_free(upload);
}

/* Where it is, also when more came meanwhile; and again when it is asked again. */
static void errors_are_told(size_t bad_row) {
    const bp_cell body = make_body(bad_row);
    bp_dataset *data = NULL;
    bp_error err = {0}, again = {0};
    bp_table_upload *upload = begin();
    bp_status status = feed(upload, body, &err);
    if (status == BP_OK) {
        status = bp_table_upload_finish(upload, &data, &err);
    }
    assert_int_equal(status, BP_INVALID);
    assert_int_equal(err.line, bad_row + 2);
    assert_int_equal(err.column, 2);
    assert_int_equal(bp_table_upload_feed(upload, "1", 1, &again), BP_INVALID);
    assert_string_equal(again.message, err.message);
    assert_int_equal(bp_table_upload_finish(upload, &data, &again), BP_INVALID);
    assert_int_equal(again.line, err.line);
    assert_null(data);
    bp_table_upload_free(upload);
}

static void an_error_anywhere_is_told(void **state) {
    (void)state;
    errors_are_told(5);
    errors_are_told(ROWS / 3);
    errors_are_told(ROWS - 1);
}

static void an_upload_can_end_in_the_middle(void **state) {
    (void)state;
    bp_cell body = make_body(SIZE_MAX);
    body.size /= 2;
    bp_table_upload *upload = begin();
    assert_int_equal(feed(upload, body, NULL), BP_OK);
    bp_table_upload_free(upload);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_large_body_is_as_if_read_at_once),
        cmocka_unit_test(an_error_anywhere_is_told),
        cmocka_unit_test(an_upload_can_end_in_the_middle),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
