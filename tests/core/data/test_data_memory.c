/* The Nth allocation fails, for every N: the answer is NO_MEMORY, and nothing stays behind. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

#include "cell_text.h"
#include "csv_load.h"
#include "failing_memory.h"

/* Fails the first allocation, then the second, ... until the load succeeds; the count of failures.
 */
static long assert_survives(bp_cell body, const char *target, csv_pieces pieces) {
    for (long n = 0;; n++) {
        bp_dataset *data = NULL;
        bp_error err = {0};
        failing_memory_begin(n);
        bp_status status = csv_load(&data, body, target, pieces, &err);
        failing_memory_end();
        if (status == BP_OK) {
            assert_non_null(data);
            bp_dataset_unref(data);
            assert_int_equal(failing_memory_live_blocks(), 0);
            return n;
        }
        assert_int_equal(status, BP_NO_MEMORY);
        assert_int_equal(err.code, BP_NO_MEMORY);
        assert_true(err.message[0] != '\0');
        assert_null(data);
        assert_int_equal(failing_memory_live_blocks(), 0);
    }
}

static const csv_pieces WHOLE = {SIZE_MAX, SIZE_MAX};
static const csv_pieces BYTES = {1, 1};

static void text_classes(void **state) {
    (void)state;
    bp_cell body = bp_cell_of("\"a\",b,y\n1,2,\"x\"\n3,4,y\n5,6,z");
    assert_true(assert_survives(body, NULL, WHOLE) > 20);
    assert_true(assert_survives(body, "y", BYTES) > 20);
}

static void integer_classes(void **state) {
    (void)state;
    assert_true(assert_survives(bp_cell_of("a,y\n1,2\n3,4\n"), NULL, WHOLE) > 20);
}

static void numbers(void **state) {
    (void)state;
    bp_cell body = bp_cell_of("a,b,y\n1,2,3.5\n3,4,5\n");
    assert_true(assert_survives(body, NULL, BYTES) > 20);
    assert_true(assert_survives(body, "b,y", WHOLE) > 20);
}

/* Enough labels, rows and bytes for every array to grow. */
static void growing(void **state) {
    (void)state;
    enum { ROWS = 10000, ROW_BYTES = 16 };
    static char body[8 + ROWS * ROW_BYTES];
    size_t used = (size_t)snprintf(body, sizeof body, "a,y\n");
    for (int i = 0; i < ROWS; i++) {
        used += (size_t)snprintf(body + used, sizeof body - used, "%d,l%d\n", i, i % 200);
    }
    assert_true(assert_survives((bp_cell){body, used}, NULL, (csv_pieces){5000, 7}) > 200);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_classes),
        cmocka_unit_test(integer_classes),
        cmocka_unit_test(numbers),
        cmocka_unit_test(growing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
