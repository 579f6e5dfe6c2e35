/* The sorted list of ids. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "id_list.h"

static void insert(bp_id_list *list, uint64_t id, void *value) {
    assert_int_equal(bp_id_list_reserve(list, NULL), BP_OK);
    bp_id_list_insert(list, id, value);
}

static void stays_sorted(void **state) {
    (void)state;
    bp_id_list list = {0};
    for (uint64_t i = 0; i < 100; i++) {
        insert(&list, i * 37 % 101 + 1, NULL); /* 37 generates: every id once */
    }
    assert_int_equal(list.count, 100);
    for (size_t i = 1; i < list.count; i++) {
        assert_true(list.item[i - 1].id < list.item[i].id);
    }
    bp_id_list_clear(&list);
    assert_int_equal(list.count, 0);
}

static void finds_and_removes(void **state) {
    (void)state;
    bp_id_list list = {0};
    int values[3];
    insert(&list, 30, &values[2]);
    insert(&list, 10, &values[0]);
    insert(&list, 20, &values[1]);
    assert_ptr_equal(bp_id_list_find(&list, 20)->value, &values[1]);
    assert_null(bp_id_list_find(&list, 15));
    assert_int_equal(bp_id_list_lower_bound(&list, 15), 1);
    assert_int_equal(bp_id_list_lower_bound(&list, 31), 3);
    assert_false(bp_id_list_remove(&list, 15));
    assert_true(bp_id_list_remove(&list, 10));
    assert_int_equal(list.count, 2);
    assert_ptr_equal(bp_id_list_find(&list, 30)->value, &values[2]);
    bp_id_list_clear(&list);
}

static void an_id_stands_once(void **state) {
    (void)state;
    bp_id_list list = {0};
    int values[2];
    insert(&list, 5, &values[0]);
    insert(&list, 5, &values[1]);
    assert_int_equal(list.count, 1);
    assert_ptr_equal(bp_id_list_find(&list, 5)->value, &values[1]);
    bp_id_list_clear(&list);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stays_sorted),
        cmocka_unit_test(finds_and_removes),
        cmocka_unit_test(an_id_stands_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
