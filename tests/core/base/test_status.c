#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "status.h"

static void every_code_has_a_name_of_its_own(void **state) {
    (void)state;
    assert_string_equal(bp_status_name(BP_OK), "ok");
    assert_string_equal(bp_status_name(BP_TOO_LARGE), "too_large");
    assert_string_equal(bp_status_name(BP_STATUS_COUNT), "unknown");
    assert_string_equal(bp_status_name((bp_status)-1), "unknown");
    for (int i = 0; i < BP_STATUS_COUNT; i++) {
        for (int j = 0; j < i; j++) {
            assert_string_not_equal(bp_status_name((bp_status)i), bp_status_name((bp_status)j));
        }
    }
}

static void fail_fills_everything(void **state) {
    (void)state;
    bp_error err;
    memset(&err, 0xa5, sizeof err);
    assert_int_equal(bp_fail(&err, BP_INVALID, "/units", "%d is %s", 0, "too few"), BP_INVALID);
    assert_int_equal(err.code, BP_INVALID);
    assert_string_equal(err.field, "/units");
    assert_string_equal(err.message, "0 is too few");
    assert_int_equal(err.line, 0);
    assert_int_equal(err.column, 0);
    assert_int_equal(bp_fail_at(&err, BP_SYNTAX, 3, 4, "odd"), BP_SYNTAX);
    assert_int_equal(err.line, 3);
    assert_int_equal(err.column, 4);
    assert_string_equal(err.field, "");
    assert_string_equal(err.message, "odd");
}

static void null_record_and_field_are_allowed(void **state) {
    (void)state;
    assert_int_equal(bp_fail(NULL, BP_IO, "/x", "%d", 1), BP_IO);
    assert_int_equal(bp_fail_at(NULL, BP_IO, 1, 2, "%d", 1), BP_IO);
    bp_error_nest(NULL, "/layers/%d", 1);
    bp_error err;
    bp_fail(&err, BP_IO, NULL, "x");
    assert_string_equal(err.field, "");
}

static void long_texts_are_cut(void **state) {
    (void)state;
    char text[2000];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    bp_error err;
    bp_fail(&err, BP_INVALID, text, "%s", text);
    assert_int_equal(strlen(err.field), BP_FIELD_SIZE - 1);
    assert_int_equal(strlen(err.message), BP_MESSAGE_SIZE - 1);
    bp_error_nest(&err, "/layers/%d", 2);
    assert_int_equal(strlen(err.field), BP_FIELD_SIZE - 1);
    assert_memory_equal(err.field, "/layers/2xxx", 12);
    bp_error_nest(&err, "%s", text);
    assert_int_equal(strlen(err.field), BP_FIELD_SIZE - 1);
}

static void nest_prefixes_the_field(void **state) {
    (void)state;
    bp_error err;
    bp_fail(&err, BP_INVALID, "/units", "x");
    bp_error_nest(&err, "/layers/%zu", (size_t)2);
    assert_string_equal(err.field, "/layers/2/units");
    bp_fail(&err, BP_INVALID, NULL, "x");
    bp_error_nest(&err, "/body");
    assert_string_equal(err.field, "/body");
    assert_string_equal(err.message, "x");
}

static void errors_of_files_have_codes(void **state) {
    (void)state;
    assert_int_equal(bp_status_of_file(ENOSPC), BP_NO_SPACE);
    assert_int_equal(bp_status_of_file(EDQUOT), BP_NO_SPACE);
    assert_int_equal(bp_status_of_file(ENOMEM), BP_NO_MEMORY);
    assert_int_equal(bp_status_of_file(EMFILE), BP_BUSY);
    assert_int_equal(bp_status_of_file(ENFILE), BP_BUSY);
    assert_int_equal(bp_status_of_file(EIO), BP_IO);
    assert_int_equal(bp_status_of_file(0), BP_IO);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_code_has_a_name_of_its_own),
        cmocka_unit_test(fail_fills_everything),
        cmocka_unit_test(null_record_and_field_are_allowed),
        cmocka_unit_test(long_texts_are_cut),
        cmocka_unit_test(nest_prefixes_the_field),
        cmocka_unit_test(errors_of_files_have_codes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
