/* Decoding of queries. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "query.h"

enum { TARGET, LIMIT };
static const bp_parameter known[] = {
    [TARGET] = {.name = "target"},
    [LIMIT] = {.name = "limit", .min = 1, .max = 50, .by_default = 9},
    {0}};

static void test_text_is_decoded(void **state) {
    (void)state;
    static const struct {
        const char *raw, *value;
    } cases[] = {
        {"target=a,b", "a,b"},
        {"target=a%2Cb", "a,b"},
        {"target=a+b%20c", "a b c"},
        {"target=", ""},
        {"target", ""},
        {"&&target=x&", "x"},
        {"target=a=b", "a=b"},
        {"t%61rget=x", "x"},
        {"target=%c3%a9", "\xc3\xa9"},
        {"limit=3", NULL},
        {"", NULL},
        {NULL, NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        bp_query query;
        assert_int_equal(bp_query_parse(&query, cases[i].raw, known, NULL), BP_OK);
        const char *value = bp_query_text(&query, &known[TARGET]);
        assert_true((value == NULL) == (cases[i].value == NULL));
        if (value != NULL) {
            assert_string_equal(value, cases[i].value);
        }
        bp_query_clear(&query);
    }
}

static void test_numbers(void **state) {
    (void)state;
    bp_query query;
    assert_int_equal(bp_query_parse(&query, "limit=50", known, NULL), BP_OK);
    assert_int_equal(bp_query_number(&query, &known[LIMIT]), 50);
    bp_query_clear(&query);
    assert_int_equal(bp_query_parse(&query, "", known, NULL), BP_OK);
    assert_int_equal(bp_query_number(&query, &known[LIMIT]), 9);
    bp_query_clear(&query);
}

static void test_refusals(void **state) {
    (void)state;
    static const struct {
        const char *raw;
        bp_status status;
        const char *word;
    } cases[] = {
        {"colour=1", BP_INVALID, "colour"},
        {"colour=1", BP_INVALID, "target, limit"},
        {"=1", BP_INVALID, "unknown"},
        {"target=a&target=b", BP_INVALID, "twice"},
        {"limit=0", BP_INVALID, "from 1 to 50"},
        {"limit=51", BP_INVALID, "limit"},
        {"limit=", BP_INVALID, "limit"},
        {"limit=-1", BP_INVALID, "limit"},
        {"limit=1x", BP_INVALID, "limit"},
        {"limit= 1", BP_INVALID, "limit"},
        {"limit=99999999999999999999999", BP_INVALID, "limit"},
        {"target=%", BP_SYNTAX, "%"},
        {"target=%4", BP_SYNTAX, "%"},
        {"target=%zz", BP_SYNTAX, "%"},
        {"target=a%00b", BP_SYNTAX, "%"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        bp_query query;
        bp_error err = {0};
        assert_int_equal(bp_query_parse(&query, cases[i].raw, known, &err), cases[i].status);
        assert_non_null(strstr(err.message, cases[i].word));
    }
}

static void test_route_without_parameters(void **state) {
    (void)state;
    bp_query query;
    bp_error err = {0};
    assert_int_equal(bp_query_parse(&query, "limit=1", NULL, &err), BP_INVALID);
    assert_non_null(strstr(err.message, "there are none"));
    assert_int_equal(bp_query_parse(&query, NULL, NULL, NULL), BP_OK);
    bp_query_clear(&query);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_text_is_decoded),
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_route_without_parameters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
