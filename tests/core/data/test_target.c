/* Which columns are targets, and what a target is: classes, numbers, or both. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cell_text.h"
#include "csv_load.h"

static const csv_pieces WHOLE = {SIZE_MAX, SIZE_MAX};

static bp_dataset *load(const char *body, const char *target) {
    bp_dataset *dataset = NULL;
    bp_error err = {0};
    if (csv_load(&dataset, bp_cell_of(body), target, WHOLE, &err) != BP_OK) {
        fail_msg("%s", err.message);
    }
    return dataset;
}

static void assert_names(const bp_names *names, const char *joined) {
    char text[256] = "";
    for (size_t i = 0; i < names->count; i++) {
        size_t used = strlen(text);
        snprintf(text + used, sizeof text - used, "%s%s", i > 0 ? "|" : "", names->item[i]);
    }
    assert_string_equal(text, joined);
}

/* --- what one target column is --- */

static const struct target {
    const char *cells;   /* separated by spaces */
    const char *classes; /* in class order, joined */
    bool numeric;
    int32_t index[5];
} targets[] = {
    {"3 1 2 1", "1|2|3", true, {2, 0, 1, 0}},
    {"10 9 -1 9", "-1|9|10", true, {2, 1, 0, 1}},
    {"7 07 7.0 70e-1 +7", "7", true, {0, 0, 0, 0, 0}},
    {"0 -0 0.0", "0", true, {0, 0, 0}},
    {"1e3 1000 2", "2|1000", true, {1, 1, 0}},
    {"9007199254740992 1", "1|9007199254740992", true, {1, 0}},
    {"9007199254740994 1", "", true, {0}},
    {"1 2.5 3", "", true, {0}},
    {"b a c a", "a|b|c", false, {1, 0, 2, 0}},
    {"10 9 x", "10|9|x", false, {0, 1, 2}},
    {"1 1.0 x 1", "1|1.0|x", false, {0, 1, 2, 0}},
    {"2.5 x", "2.5|x", false, {0, 1}},
    {"nan x inf 1e99", "1e99|inf|nan|x", false, {2, 3, 1, 0}},
    {"B a \xc3\xa9 A", "A|B|a|\xc3\xa9", false, {1, 2, 3, 0}},
    {"only", "only", false, {0}},
};

static size_t write_body(const char *cells, char *body, size_t size) {
    size_t rows = 1;
    size_t used = (size_t)snprintf(body, size, "a,y\n1,");
    for (const char *p = cells; *p != '\0'; p++) {
        bool ends = *p == ' ';
        used += (size_t)snprintf(body + used, size - used, "%s%.*s", ends ? "\n1," : "", !ends, p);
        rows += ends;
    }
    return rows;
}

static void one_target_decides_for_itself(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof targets / sizeof targets[0]; i++) {
        char body[256];
        size_t rows = write_body(targets[i].cells, body, sizeof body);
        bp_dataset *data = load(body, NULL);
        assert_int_equal(data->rows, rows);
        assert_names(&data->classes, targets[i].classes);
        assert_int_equal(data->y != NULL, targets[i].numeric);
        assert_int_equal(data->class_index != NULL, data->classes.count > 0);
        if (data->class_index != NULL) {
            assert_memory_equal(data->class_index, targets[i].index, rows * sizeof(int32_t));
            assert_int_equal(data->stats[1].distinct, data->classes.count);
        }
        bp_dataset_unref(data);
    }
}

static void integers_are_numbers_too(void **state) {
    (void)state;
    bp_dataset *data = load("a,y\n1,30\n1,-2\n", NULL);
    const float expected[] = {30, -2};
    assert_memory_equal(data->y, expected, sizeof expected);
    assert_true(data->stats[1].min == -2 && data->stats[1].mean == 14);
    bp_dataset_unref(data);
}

static void labels_are_trimmed(void **state) {
    (void)state;
    bp_dataset *data = load("a,y\n1, x \n1,x\n1,\"x\t\"\n", NULL);
    assert_names(&data->classes, "x");
    bp_dataset_unref(data);
}

static void nonfinite_numbers_are_refused(void **state) {
    (void)state;
    static const char *const bodies[] = {"a,y\n1,2.5\n1,nan\n1,3\n1,inf\n", "a,y\n1,1\n1,1e39\n",
                                         "a,y\n1,1\n1,-inf\n"};
    for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
        bp_dataset *data = NULL;
        bp_error err = {0};
        assert_int_equal(csv_load(&data, bp_cell_of(bodies[i]), NULL, WHOLE, &err), BP_INVALID);
        assert_int_equal(err.line, 3);
        assert_int_equal(err.column, 2);
        assert_null(data);
    }
}

/* --- which columns --- */

static const struct choice {
    const char *target, *features, *targets;
} choices[] = {
    {NULL, "a|b|c", "d,e"},  {"", "a|b|c", "d,e"},    {"a", "b|c|d,e", "a"},
    {" b ", "a|c|d,e", "b"}, {"c,a", "b|d,e", "c|a"}, {" a , c ", "b|d,e", "a|c"},
    {"d,e", "a|b|c", "d,e"},
};

static void targets_are_chosen_by_name(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof choices / sizeof choices[0]; i++) {
        bp_dataset *data = load("a,b,c,\"d,e\"\n1,2,3,4\n", choices[i].target);
        assert_names(&data->features, choices[i].features);
        assert_names(&data->targets, choices[i].targets);
        bp_dataset_unref(data);
    }
}

static void several_targets_are_numbers_in_their_order(void **state) {
    (void)state;
    bp_dataset *data = load("a,b,c\n1,2,3\n4,5,6\n", "c,a");
    const float x[] = {2, 5}, y[] = {3, 1, 6, 4};
    assert_memory_equal(data->x, x, sizeof x);
    assert_memory_equal(data->y, y, sizeof y);
    assert_int_equal(data->classes.count, 0);
    assert_null(data->class_index);
    assert_true(data->stats[0].min == 2 && data->stats[1].min == 3 && data->stats[2].min == 1);
    bp_dataset_unref(data);

    bp_error err;
    assert_int_equal(csv_load(&data, bp_cell_of("a,b,c\n1,2,3\n4,5,x\n"), "c,a", WHOLE, &err),
                     BP_INVALID);
    assert_string_equal(err.message, "line 3, column 3 ('c'): 'x' is not a number");
}

static void assert_bad_target(const char *body, const char *target, const char *message) {
    bp_dataset *data = NULL;
    bp_error err = {0};
    assert_int_equal(csv_load(&data, bp_cell_of(body), target, WHOLE, &err), BP_INVALID);
    assert_string_equal(err.field, "/target");
    assert_string_equal(err.message, message);
    assert_int_equal(err.line, 0);
}

static void bad_choices_are_named(void **state) {
    (void)state;
    assert_bad_target("a,b\n1,2\n", "A", "there is no column 'A' among the 2: 'a', 'b'");
    assert_bad_target("a,b,c,d,e,f,g,h,i,j,k\n", "a,x",
                      "there is no column 'x' among the 11: "
                      "'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', ...");
    assert_bad_target("a,b\n1,2\n", "b,", "a name in the list is empty");
    assert_bad_target("a,b,c\n1,2,3\n", "b,b", "the column 'b' is named twice");
    assert_bad_target("a,b\n1,2\n", "b,a", "every column is a target: no feature is left");
}

/* --- limits --- */

/* Rows "1,<prefix><i>" for i below `count`, after a header and `first`. */
static bp_status load_labels(const char *first, const char *prefix, size_t count, bp_dataset **out,
                             bp_error *err) {
    size_t capacity = 64 + count * 24, used;
    char *body = malloc(capacity);
    assert_non_null(body);
    used = (size_t)snprintf(body, capacity, "a,y\n%s", first);
    for (size_t i = 0; i < count; i++) {
        used += (size_t)snprintf(body + used, capacity - used, "1,%s%zu\n", prefix, i);
    }
    bp_status status = csv_load(out, (bp_cell){body, used}, NULL, WHOLE, err);
    free(body);
    return status;
}

static void too_many_integers_are_only_numbers(void **state) {
    (void)state;
    bp_dataset *data = NULL;
    assert_int_equal(load_labels("", "", BP_MAX_CLASSES, &data, NULL), BP_OK);
    assert_int_equal(data->classes.count, BP_MAX_CLASSES);
    assert_string_equal(data->classes.item[12345], "12345");
    assert_int_equal(data->class_index[12345], 12345);
    bp_dataset_unref(data);
    assert_int_equal(load_labels("", "", BP_MAX_CLASSES + 1, &data, NULL), BP_OK);
    assert_int_equal(data->classes.count, 0);
    assert_null(data->class_index);
    assert_true(data->y[BP_MAX_CLASSES] == BP_MAX_CLASSES);
    assert_int_equal(data->stats[1].distinct, BP_MAX_CLASSES + 1);
    bp_dataset_unref(data);
}

static void too_many_labels_are_refused(void **state) {
    (void)state;
    bp_dataset *data = NULL;
    bp_error err;
    assert_int_equal(load_labels("", "x", BP_MAX_CLASSES, &data, NULL), BP_OK);
    assert_int_equal(data->classes.count, BP_MAX_CLASSES);
    bp_dataset_unref(data);
    data = NULL;
    assert_int_equal(load_labels("", "x", BP_MAX_CLASSES + 1, &data, &err), BP_TOO_LARGE);
    assert_int_equal(err.line, BP_MAX_CLASSES + 2);
    assert_int_equal(err.column, 2);
    /* text among numbers, at once and after they have become too many */
    assert_int_equal(load_labels("1,x\n", "", BP_MAX_CLASSES, &data, &err), BP_TOO_LARGE);
    assert_int_equal(load_labels("1,-1\n1,-2\n", "", BP_MAX_CLASSES, &data, &err), BP_OK);
    bp_dataset_unref(data);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_target_decides_for_itself),
        cmocka_unit_test(integers_are_numbers_too),
        cmocka_unit_test(labels_are_trimmed),
        cmocka_unit_test(nonfinite_numbers_are_refused),
        cmocka_unit_test(targets_are_chosen_by_name),
        cmocka_unit_test(several_targets_are_numbers_in_their_order),
        cmocka_unit_test(bad_choices_are_named),
        cmocka_unit_test(too_many_integers_are_only_numbers),
        cmocka_unit_test(too_many_labels_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
