/* The Nth allocation fails, for every N: the answer is NO_MEMORY, and nothing stays behind. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "array_asserts.h"
#include "failing_memory.h"
#include "idx.h"
#include "npy.h"

/* The count of allocations that could fail. */
static long assert_survives(const bp_array_format *format, const byte_text *body,
                            array_pieces pieces) {
    for (long n = 0;; n++) {
        array_loaded loaded;
        failing_memory_begin(n);
        array_load(&loaded, format, body->bytes, body->size, pieces);
        failing_memory_end();
        bp_status status = loaded.status;
        bp_error err = loaded.err;
        array_loaded_clear(&loaded);
        assert_int_equal(failing_memory_live_blocks(), 0);
        if (status == BP_OK) {
            return n;
        }
        assert_int_equal(status, BP_NO_MEMORY);
        assert_int_equal(err.code, BP_NO_MEMORY);
        assert_true(err.message[0] != '\0');
    }
}

static byte_text npy_body(const char *order) {
    byte_text body = {0};
    byte_text_add(&body, "\x93NUMPY\1\0\x40\0", 10);
    byte_text_add_string(&body, "{'descr': '|u1', 'shape': (4, 9), 'fortran_order': ");
    byte_text_add_string(&body, order);
    byte_text_add_string(&body, "}");
    while (body.size < 10 + 0x40) {
        byte_text_add_string(&body, " ");
    }
    byte_text_add_string(&body, "123456789abcdefghi987654321ihgfedcba");
    return body;
}

static void rows_that_stream(void **state) {
    (void)state;
    byte_text body = npy_body("False");
    assert_true(assert_survives(&bp_npy_format, &body, (array_pieces){SIZE_MAX, SIZE_MAX}) > 6);
    byte_text idx = {12, "\0\0\x08\1\0\0\0\4abcd"};
    assert_true(assert_survives(&bp_idx_format, &idx, (array_pieces){3, 3}) > 6);
}

static void rows_that_are_gathered(void **state) {
    (void)state;
    byte_text body = npy_body("True");
    assert_true(assert_survives(&bp_npy_format, &body, (array_pieces){7, 7}) > 10);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_that_stream),
        cmocka_unit_test(rows_that_are_gathered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
