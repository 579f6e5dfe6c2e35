#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "cell_text.h"
#include "label_table.h"

static size_t add(bp_label_table *table, bp_cell label) {
    size_t index = SIZE_MAX;
    assert_int_equal(bp_label_table_add(table, label, &index, NULL), BP_OK);
    return index;
}

static void numbers_in_order_of_appearance(void **state) {
    (void)state;
    bp_label_table table;
    bp_label_table_start(&table);
    assert_int_equal(bp_label_table_find(&table, bp_cell_of("a")), SIZE_MAX);
    assert_int_equal(add(&table, bp_cell_of("b")), 0);
    assert_int_equal(add(&table, bp_cell_of("a")), 1);
    assert_int_equal(add(&table, bp_cell_of("b")), 0);
    assert_int_equal(add(&table, bp_cell_of("")), 2);
    assert_int_equal(bp_label_table_find(&table, bp_cell_of("a")), 1);
    assert_int_equal(bp_label_table_find(&table, bp_cell_of("A")), SIZE_MAX);
    assert_int_equal(table.labels.count, 3);
    bp_label_table_clear(&table);
}

/* Lengths around the hash's words, and labels that begin alike. */
static void prefixes_are_different_labels(void **state) {
    (void)state;
    const char text[] = "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx";
    bp_label_table table;
    bp_label_table_start(&table);
    for (size_t size = 0; size < 32; size++) {
        assert_int_equal(add(&table, (bp_cell){text, size}), size);
    }
    for (size_t size = 0; size < 32; size++) {
        assert_int_equal(bp_label_table_find(&table, (bp_cell){text, size}), size);
    }
    bp_label_table_clear(&table);
}

static void many_labels_are_found_again(void **state) {
    (void)state;
    enum { COUNT = 100000 };
    bp_label_table table;
    bp_label_table_start(&table);
    for (int pass = 0; pass < 2; pass++) {
        for (size_t i = 0; i < COUNT; i++) {
            char text[16];
            snprintf(text, sizeof text, "%zu", i);
            assert_int_equal(add(&table, bp_cell_of(text)), i);
        }
    }
    assert_int_equal(table.labels.count, COUNT);
    bp_label_table_clear(&table);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_in_order_of_appearance),
        cmocka_unit_test(prefixes_are_different_labels),
        cmocka_unit_test(many_labels_are_found_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
