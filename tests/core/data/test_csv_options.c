/* Separators, bodies without a header, comments. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "cell_text.h"
#include "csv_load.h"

static const csv_pieces WHOLE = {SIZE_MAX, SIZE_MAX};

static bp_status load(bp_dataset **out, const char *body, const bp_csv_options *options,
                      csv_pieces pieces, bp_error *err) {
    const csv_settings settings = {.csv = options};
    return csv_load_with(out, bp_cell_of(body), &settings, pieces, err);
}

/* In every piece size, and cut in two at every byte. */
static void assert_loads_as(const char *body, const bp_csv_options *options, const char *plain) {
    bp_dataset *expected = NULL;
    bp_error err = {0};
    assert_int_equal(load(&expected, plain, NULL, WHOLE, &err), BP_OK);
    const size_t size = strlen(body);
    for (size_t i = 0; i <= 2 * size; i++) {
        csv_pieces pieces =
            i <= size ? (csv_pieces){i, SIZE_MAX} : (csv_pieces){i - size, i - size};
        bp_dataset *data = NULL;
        if (load(&data, body, options, pieces, &err) != BP_OK) {
            fail_msg("'%s' in pieces of %zu, %zu: %s", body, pieces.first, pieces.then,
                     err.message);
        }
        if (strcmp(data->sha256, expected->sha256) != 0) {
            fail_msg("'%s' in pieces of %zu, %zu is another table", body, pieces.first,
                     pieces.then);
        }
        bp_dataset_unref(data);
    }
    bp_dataset_unref(expected);
}

static const char plain[] = "a,b,label\n1.5,2,x\n3,-4.25,y\n";

static void the_separator_is_found_in_the_first_line(void **state) {
    (void)state;
    static const char *const bodies[] = {
        "a;b;label\n1.5;2;x\n3;-4.25;y\n",
        "a\tb\tlabel\n1.5\t2\tx\n3\t-4.25\ty\n",
        "a|b|label\r\n1.5|2|x\r\n3|-4.25|y\r\n",
        "\357\273\277a;\"b\";label\n1.5; 2 ;\"x\"\n3;-4.25; \"y\"\n\n",
        " a \tb\tlabel \n 1.5\t2 \t x\n\"3\"\t -4.25\ty",
        "\n",
    };
    for (size_t i = 0; bodies[i][0] != '\n'; i++) {
        assert_loads_as(bodies[i], NULL, plain);
    }
    assert_loads_as("\"a,b,c,d\";b;label\n1.5;2;\"x;,\"\n", NULL,
                    "\"a,b,c,d\",b,label\n1.5,2,\"x;,\"\n");
    assert_loads_as("a,b;c\n1,2\n3,4\n", NULL, "a,b;c\n1,2\n3,4\n");
}

static void the_separator_may_be_given(void **state) {
    (void)state;
    const bp_csv_options semicolon = {.separator = ';'}, space = {.separator = ' '},
                         colon = {.separator = ':'};
    assert_loads_as("a,b,c;label\n1;2\n3;4\n", &semicolon, "\"a,b,c\",label\n1,2\n3,4\n");
    assert_loads_as("a b label\n1.5 2 x\n3 -4.25 y\n", &space, plain);
    assert_loads_as("a:b:label\n1.5:2:x\n3:-4.25:y\n", &colon, plain);
}

/* A tab that separates is no space around a cell: empty cells are cells. */
static void tabs_that_separate_are_no_spaces(void **state) {
    (void)state;
    assert_loads_as("a\tb\tc\n\t1\t2\n3\t\t4\n\t\t5\n", NULL, "a,b,c\n,1,2\n3,,4\n,,5\n");
}

static void columns_may_have_no_names(void **state) {
    (void)state;
    const bp_csv_options options = {.no_header = true};
    assert_loads_as("1.5,2,x\n3,-4.25,y\n", &options, "c0,c1,c2\n1.5,2,x\n3,-4.25,y\n");
    assert_loads_as("1;2,3\n", &(bp_csv_options){.no_header = true, .separator = ','},
                    "c0,c1\n1;2,3\n");
}

static void comments_are_skipped(void **state) {
    (void)state;
    const bp_csv_options options = {.comment = '#'};
    assert_loads_as(
        "\357\273\277# it's a \"comment\n#\na,b,label\n#1,2,3\n1.5,2,x\n# \"\n3,-4.25,y\n#",
        &options, plain);
    assert_loads_as("a,b,label\r\n#\r\n1.5,2,x\r\n3,-4.25,y\r\n# the end\r\n", &options, plain);
    assert_loads_as("a,b\n1,\"x\n# no comment\"\n2, # nor this\n", &options,
                    "a,b\n1,\"x\n# no comment\"\n2, # nor this\n");
}

/* Lines are counted through comments, and a record's own. */
static void places_count_comments(void **state) {
    (void)state;
    const bp_csv_options options = {.comment = '%'};
    bp_dataset *data = NULL;
    bp_error err = {0};
    assert_int_equal(load(&data, "% one\na,b\n% three\n1,2\n%\n3\n", &options, WHOLE, &err),
                     BP_INVALID);
    assert_int_equal(err.line, 6);
    assert_int_equal(err.column, 2);
}

static void refuses_characters_that_cannot_separate(void **state) {
    (void)state;
    static const struct {
        bp_csv_options options;
        const char *field;
    } cases[] = {
        {{.separator = '"'}, "/separator"}, {{.separator = '\n'}, "/separator"},
        {{.separator = 'e'}, "/separator"}, {{.separator = '-'}, "/separator"},
        {{.separator = '.'}, "/separator"}, {{.separator = '\xE9'}, "/separator"},
        {{.comment = '"'}, "/comment"},     {{.comment = '\r'}, "/comment"},
        {{.comment = '7'}, "/comment"},     {{.comment = ';', .separator = ';'}, "/comment"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        bp_dataset *data = NULL;
        bp_error err = {0};
        assert_int_equal(load(&data, plain, &cases[i].options, WHOLE, &err), BP_INVALID);
        assert_string_equal(err.field, cases[i].field);
        assert_null(data);
    }
}

static void a_missing_header_is_told(void **state) {
    (void)state;
    bp_dataset *data = NULL;
    bp_error err = {0};
    assert_int_equal(load(&data, "5.1;3.5;x\n4.9;3.0;y\n", NULL, WHOLE, &err), BP_INVALID);
    assert_int_equal(err.line, 1);
    assert_non_null(strstr(err.message, "header=false"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_separator_is_found_in_the_first_line),
        cmocka_unit_test(the_separator_may_be_given),
        cmocka_unit_test(tabs_that_separate_are_no_spaces),
        cmocka_unit_test(columns_may_have_no_names),
        cmocka_unit_test(comments_are_skipped),
        cmocka_unit_test(places_count_comments),
        cmocka_unit_test(refuses_characters_that_cannot_separate),
        cmocka_unit_test(a_missing_header_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
