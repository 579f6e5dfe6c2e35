#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "cell_text.h"

static void trims_spaces_and_tabs(void **state) {
    (void)state;
    bp_cell cell = bp_cell_trim(bp_cell_of(" \t a b\t "));
    assert_int_equal(cell.size, 3);
    assert_memory_equal(cell.text, "a b", 3);
    assert_int_equal(bp_cell_trim(bp_cell_of(" \t ")).size, 0);
    assert_int_equal(bp_cell_trim(bp_cell_of("")).size, 0);
}

static void knows_utf8(void **state) {
    (void)state;
    static const char *const good[] = {"",
                                       "abc",
                                       "\x01\x7f",
                                       "\xc2\x80",
                                       "\xdf\xbf",
                                       "\xe0\xa0\x80",
                                       "\xed\x9f\xbf",
                                       "\xee\x80\x80",
                                       "\xf0\x90\x80\x80",
                                       "\xf4\x8f\xbf\xbf"};
    static const char *const bad[] = {"\x80",
                                      "\xc2",
                                      "\xc2 ",
                                      "\xc0\x80",
                                      "\xc1\xbf",
                                      "\xe0\x9f\xbf",
                                      "\xed\xa0\x80",
                                      "\xe2\x82",
                                      "\xf0\x8f\xbf\xbf",
                                      "\xff",
                                      "\xf4\x90\x80\x80",
                                      "\xf5\x80\x80\x80",
                                      "\xe2\x82\x28",
                                      "a\xf0\x90\x80"};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        assert_true(bp_text_is_utf8(good[i], strlen(good[i])));
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_false(bp_text_is_utf8(bad[i], strlen(bad[i])));
    }
    assert_false(bp_text_is_utf8("a\0b", 3));
}

static void assert_excerpt(const char *text, size_t size, const char *expected) {
    char out[BP_EXCERPT_SIZE];
    assert_string_equal(bp_text_excerpt((bp_cell){text, size}, out), expected);
}

static void excerpts_are_short_and_printable(void **state) {
    (void)state;
    assert_excerpt("", 0, "");
    assert_excerpt("abc", 3, "abc");
    assert_excerpt("a\0b\n\x7f\x1b", 6, "a?b???");
    assert_excerpt("\xff\xc3\xa9\xc2\x85\xe2\x82", 7, "?\xc3\xa9???");
    assert_excerpt("1234567890123456789012345678901234567890", 40,
                   "1234567890123456789012345678901234567890");
    assert_excerpt("12345678901234567890123456789012345678901", 41,
                   "1234567890123456789012345678901234567890...");
    assert_excerpt("123456789012345678901234567890123456789\xc3\xa9", 41,
                   "123456789012345678901234567890123456789...");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(trims_spaces_and_tabs),
        cmocka_unit_test(knows_utf8),
        cmocka_unit_test(excerpts_are_short_and_printable),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
