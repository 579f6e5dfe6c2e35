#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "names.h"

static void add(bp_names *names, const char *text) {
    assert_int_equal(bp_names_add(names, text, strlen(text), NULL), BP_OK);
}

static void adds_and_finds(void **state) {
    (void)state;
    bp_names names = {0};
    assert_int_equal(bp_names_find(&names, "a"), SIZE_MAX);
    add(&names, "a");
    add(&names, "b");
    add(&names, "");
    assert_int_equal(names.count, 3);
    assert_int_equal(bp_names_find(&names, "b"), 1);
    assert_int_equal(bp_names_find(&names, ""), 2);
    assert_int_equal(bp_names_find(&names, "c"), SIZE_MAX);
    bp_names_clear(&names);
    assert_int_equal(names.count, 0);
    assert_null(names.item);
}

static void text_need_not_end(void **state) {
    (void)state;
    bp_names names = {0};
    const char text[] = {'a', 'b', 'c', 'd'};
    assert_int_equal(bp_names_add(&names, text + 1, 2, NULL), BP_OK);
    assert_int_equal(bp_names_add(&names, NULL, 0, NULL), BP_OK);
    assert_string_equal(names.item[0], "bc");
    assert_string_equal(names.item[1], "");
    bp_names_clear(&names);
}

static void grows(void **state) {
    (void)state;
    enum { COUNT = 1000 };
    bp_names names = {0};
    for (int i = 0; i < COUNT; i++) {
        char text[32];
        snprintf(text, sizeof text, "name %d", i);
        add(&names, text);
    }
    assert_int_equal(names.count, COUNT);
    assert_int_equal(bp_names_find(&names, "name 999"), 999);
    assert_string_equal(names.item[7], "name 7");
    bp_names_clear(&names);
}

static void copy_is_its_own(void **state) {
    (void)state;
    bp_names names = {0}, copy = {0}, empty = {0}, nothing = {0};
    add(&names, "x");
    add(&names, "y");
    assert_int_equal(bp_names_copy(&copy, &names, NULL), BP_OK);
    assert_ptr_not_equal(copy.item[0], names.item[0]);
    names.item[0][0] = 'z';
    bp_names_clear(&names);
    assert_int_equal(copy.count, 2);
    assert_string_equal(copy.item[0], "x");
    assert_string_equal(copy.item[1], "y");
    bp_names_clear(&copy);
    assert_int_equal(bp_names_copy(&nothing, &empty, NULL), BP_OK);
    assert_int_equal(nothing.count, 0);
    bp_names_clear(&nothing);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(adds_and_finds),
        cmocka_unit_test(text_need_not_end),
        cmocka_unit_test(grows),
        cmocka_unit_test(copy_is_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
