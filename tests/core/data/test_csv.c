#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "cell_text.h"
#include "csv_load.h"

static const csv_pieces WHOLE = {SIZE_MAX, SIZE_MAX};

static bp_dataset *load(const char *body) {
    bp_dataset *dataset = NULL;
    bp_error err = {0};
    if (csv_load(&dataset, bp_cell_of(body), NULL, WHOLE, &err) != BP_OK) {
        fail_msg("%s", err.message);
    }
    return dataset;
}

static void reads_header_and_rows(void **state) {
    (void)state;
    bp_dataset *data = load("a,b,label\n1,2,x\n3.5,-4e1,y\n");
    const float expected[] = {1, 2, 3.5f, -40};
    assert_int_equal(data->rows, 2);
    assert_int_equal(data->features.count, 2);
    assert_string_equal(data->features.item[0], "a");
    assert_string_equal(data->features.item[1], "b");
    assert_int_equal(data->targets.count, 1);
    assert_string_equal(data->targets.item[0], "label");
    assert_memory_equal(data->x, expected, sizeof expected);
    assert_int_equal((uintptr_t)data->x % 64, 0);
    assert_int_equal(data->classes.count, 2);
    assert_int_equal(data->class_index[0], 0);
    assert_int_equal(data->class_index[1], 1);
    bp_dataset_unref(data);
}

/* All are the same table as the first. */
static const char *const spellings[] = {
    "a,b,label\n1,2,x\n3,4,y\n",
    "a,b,label\n1,2,x\n3,4,y",
    "a,b,label\r\n1,2,x\r\n3,4,y\r\n",
    "a,b,label\r\n1,2,x\n3,4,y\r",
    "\357\273\277a,b,label\n1,2,x\n3,4,y\n",
    "a,b,label\n1,2,x\n3,4,y\n\n\r\n  \n\n",
    " a , b\t,label \n 1 ,\t2, x\n3,4 ,y\n",
    "\"a\",\"b\",\"label\"\n\"1\",\"2\",\"x\"\n\"3\",\"4\",\"y\"\n",
    "a,\"b\" , \"label\"\r\n1, \"2\",x\r\n \"3\" ,4,\"y\"",
    "\357\273\277\"a\",b,label\n+1,2.0,x\n3e0,.4e1,y\n",
};

static void spellings_of_one_table_agree(void **state) {
    (void)state;
    bp_dataset *first = load(spellings[0]);
    for (size_t i = 1; i < sizeof spellings / sizeof spellings[0]; i++) {
        bp_dataset *data = load(spellings[i]);
        if (strcmp(data->sha256, first->sha256) != 0) {
            fail_msg("spelling %zu differs", i);
        }
        bp_dataset_unref(data);
    }
    bp_dataset_unref(first);
}

/* As other programs write them: counted columns, wavelengths. */
static void numbers_in_order_can_name_columns(void **state) {
    (void)state;
    static const char *const bodies[] = {"0,1,2\n3,1,2\n",
                                         "0,1,2,y\n3,1,2,a\n",
                                         "id,0,1\n7,3,1\n",
                                         "a,3,1,b\n1,1,1,1\n",
                                         "1.5,y\n1,2\n",
                                         "1.5,2,3,4,5,6,7,8,9,fat\n1,2,3,4,5,6,7,8,9,10\n",
                                         "9,8,7,6,5,4,3,2,1.5,fat\n1,2,3,4,5,6,7,8,9,10\n"};
    for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
        bp_dataset_unref(load(bodies[i]));
    }
}

static void quoted_cells_hold_anything(void **state) {
    (void)state;
    bp_dataset *data = load("\"a,\"\"b\"\"\",\"two\nlines\"\n"
                            "1,\"x,\r\ny\"\n"
                            "2,\"\"\"\"\n"
                            "3,\"\"\"q\"\"\"\n");
    assert_string_equal(data->features.item[0], "a,\"b\"");
    assert_string_equal(data->targets.item[0], "two\nlines");
    assert_int_equal(data->classes.count, 3);
    assert_string_equal(data->classes.item[data->class_index[0]], "x,\r\ny");
    assert_string_equal(data->classes.item[data->class_index[1]], "\"");
    assert_string_equal(data->classes.item[data->class_index[2]], "\"q\"");
    bp_dataset_unref(data);
}

/* Feeds a body cut in two at every byte, and in pieces of every small size. */
static void assert_same_however_cut(bp_cell body) {
    bp_dataset *whole = NULL;
    bp_error whole_err = {0};
    bp_status expected = csv_load(&whole, body, NULL, WHOLE, &whole_err);
    for (size_t i = 0; i < 2 * body.size; i++) {
        csv_pieces pieces = i < body.size ? (csv_pieces){i, SIZE_MAX}
                                          : (csv_pieces){i - body.size + 1, i - body.size + 1};
        bp_dataset *data = NULL;
        bp_error err = {0};
        assert_int_equal(csv_load(&data, body, NULL, pieces, &err), expected);
        if (expected == BP_OK) {
            assert_string_equal(data->sha256, whole->sha256);
        } else {
            assert_int_equal(err.line, whole_err.line);
            assert_int_equal(err.column, whole_err.column);
            assert_string_equal(err.message, whole_err.message);
        }
        bp_dataset_unref(data);
    }
    bp_dataset_unref(whole);
}

static void good_bodies_can_be_cut_anywhere(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof spellings / sizeof spellings[0]; i++) {
        assert_same_however_cut(bp_cell_of(spellings[i]));
    }
    assert_same_however_cut(bp_cell_of("\357\273\277\"a,\"\"b\"\"\",\"two\r\nlines\"\r\n"
                                       "-1.25e-3,\"x,\r\ny\"\r\n"
                                       "2,\"\"\"\"\n"
                                       " 3 , caf\xc3\xa9\n\r\n\n"));
}

static void bad_bodies_can_be_cut_anywhere(void **state) {
    (void)state;
    static const char *const bodies[] = {
        "",
        "\n\n",
        "\357\273\277",
        "a,b\n",
        "a\n1\n",
        "a,a\n1,2\n",
        "a,b\n1,2\n\n3,4\n",
        "a,b\n1,2\n3\n4,5\n",
        "a,b\n1,2\nx\"y,3\n4,5\n6,\"7\"\n",
        "a,b\n1,\"2\"x\n3,4\n",
        "a,b\n\"1\n2,3",
        "a,b\n1,2\r3,4\n",
        "a,b\n1,2\nnan,3\n",
        "a,b\n1e39,2\n",
        "a,b\n1,2\n,3\n",
        "a,b\n1,\xff\n",
    };
    for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
        assert_same_however_cut(bp_cell_of(bodies[i]));
    }
    assert_same_however_cut((bp_cell){"a,b\n1,2\n3,\0\n", 12});
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_header_and_rows),
        cmocka_unit_test(spellings_of_one_table_agree),
        cmocka_unit_test(numbers_in_order_can_name_columns),
        cmocka_unit_test(quoted_cells_hold_anything),
        cmocka_unit_test(good_bodies_can_be_cut_anywhere),
        cmocka_unit_test(bad_bodies_can_be_cut_anywhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
