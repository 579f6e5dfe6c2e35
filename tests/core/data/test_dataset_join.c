/* Rows under a header of another order, and a target that comes later. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "cell_text.h"
#include "csv.h"
#include "dataset_join.h"

/* `base` NULL: a new data set. */
static bp_status load(bp_dataset **out, const bp_dataset *base, const char *body,
                      const bp_dataset_options *options, bp_error *err) {
    bp_dataset_builder *builder;
    bp_csv *csv;
    assert_int_equal(bp_dataset_builder_new(&builder, options, NULL), BP_OK);
    bp_status status = base != NULL ? bp_dataset_builder_continue(builder, base, err) : BP_OK;
    assert_int_equal(status, BP_OK);
    assert_int_equal(bp_csv_new(&csv, builder, NULL, NULL), BP_OK);
    status = bp_csv_feed(csv, body, strlen(body), err);
    status = status == BP_OK ? bp_csv_finish(csv, err) : status;
    status = status == BP_OK ? bp_dataset_builder_finish(builder, out, err) : status;
    bp_csv_free(csv);
    bp_dataset_builder_free(builder);
    return status;
}

static bp_dataset *loaded(const bp_dataset *base, const char *body,
                          const bp_dataset_options *options) {
    bp_dataset *data = NULL;
    bp_error err = {0};
    if (load(&data, base, body, options, &err) != BP_OK) {
        fail_msg("%s", err.message);
    }
    return data;
}

static void a_header_may_have_another_order(void **state) {
    (void)state;
    const bp_dataset_options options = {.ignore = "id", .weight = "w"};
    bp_dataset *base = loaded(NULL, "id,c,n,w,y\n1,red,2,1,a\n2,blue,3,2,b\n", &options);
    bp_dataset *both = loaded(base, "y,n,w,id,c\nc,4,0.5,3,green\n", NULL);
    bp_dataset *whole =
        loaded(NULL, "id,c,n,w,y\n1,red,2,1,a\n2,blue,3,2,b\n3,green,4,0.5,c\n", &options);
    assert_string_equal(both->sha256, whole->sha256);
    assert_string_equal(both->source[4].name, "y");
    bp_dataset_unref(both);
    bp_dataset_unref(whole);
    static const struct {
        const char *body, *says;
    } cases[] = {{"id,c,n,w\n", "4 columns are named, the data set has 5"},
                 {"id,c,n,w,z\n", "the data set has no column 'z'"},
                 {"id,c,n,c,y\n", "the column 'c' is named twice"}};
    for (size_t i = 0; i < 3; i++) {
        bp_error err = {0};
        assert_int_equal(load(&both, base, cases[i].body, NULL, &err), BP_INVALID);
        assert_non_null(strstr(err.message, cases[i].says));
    }
    bp_dataset_unref(base);
}

static void a_target_comes_later(void **state) {
    (void)state;
    const bp_dataset_options options = {.no_target = true};
    static const char *const targets[] = {"d\n7\n3\n7\n", "d\nx\ny\nx\n", "d\n0.5\n1\n2\n"};
    static const char *const whole_bodies[] = {"a,c,d\n1,u,7\n2,v,3\n3,u,7\n",
                                               "a,c,d\n1,u,x\n2,v,y\n3,u,x\n",
                                               "a,c,d\n1,u,0.5\n2,v,1\n3,u,2\n"};
    bp_dataset *base = loaded(NULL, "a,c\n1,u\n2,v\n3,u\n", &options);
    for (size_t i = 0; i < 3; i++) {
        bp_dataset *column = loaded(NULL, targets[i], &options);
        bp_dataset *whole = loaded(NULL, whole_bodies[i], NULL), *joined, *again;
        assert_int_equal(bp_dataset_join_target(&joined, base, column, "d", NULL, NULL), BP_OK);
        assert_string_equal(joined->sha256, whole->sha256);
        assert_int_equal(joined->source_count, 3);
        /* once more: in its place */
        assert_int_equal(bp_dataset_join_target(&again, joined, column, "d", NULL, NULL), BP_OK);
        assert_string_equal(again->sha256, whole->sha256);
        bp_dataset_unref(again);
        bp_dataset_unref(joined);
        bp_dataset_unref(whole);
        bp_dataset_unref(column);
    }
    bp_dataset_unref(base);
}

static void what_is_no_target_is_told(void **state) {
    (void)state;
    const bp_dataset_options options = {.no_target = true};
    bp_dataset *base = loaded(NULL, "a,c\n1,u\n2,v\n3,u\n", &options), *joined = NULL;
    static const struct {
        const char *body, *name, *field, *says;
    } cases[] = {{"d\n1\n2\n", "d", "", "the column has 2 rows, the data set 3"},
                 {"d,e\n1,2\n1,2\n1,2\n", "d", "", "a target is one column, and here are 2"},
                 {"d\n1\nNA\n2\n", "d", "", "the row has no value for 'd'"},
                 {"d\n1\n2\n2\n", "c", "/name", "has a column 'c' already"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        bp_dataset *column = loaded(NULL, cases[i].body, &options);
        bp_error err = {0};
        assert_int_equal(bp_dataset_join_target(&joined, base, column, cases[i].name, NULL, &err),
                         BP_INVALID);
        assert_string_equal(err.field, cases[i].field);
        assert_non_null(strstr(err.message, cases[i].says));
        bp_dataset_unref(column);
    }
    bp_dataset_unref(base);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_header_may_have_another_order),
                                       cmocka_unit_test(a_target_comes_later),
                                       cmocka_unit_test(what_is_no_target_is_told)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
