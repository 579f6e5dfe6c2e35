#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "decimal.h"
#include "philox.h"

static void assert_reads(const char *text, double expected) {
    double value = 12345;
    if (!bp_decimal_parse(text, strlen(text), &value)) {
        fail_msg("'%s' is not read", text);
    }
    if (memcmp(&value, &expected, sizeof value) != 0) {
        fail_msg("'%s' is read as %a, not %a", text, value, expected);
    }
}

static void reads_numbers(void **state) {
    (void)state;
    assert_reads("0", 0.0);
    assert_reads("-0", -0.0);
    assert_reads("7", 7);
    assert_reads("007", 7);
    assert_reads("+7", 7);
    assert_reads("-7.25", -7.25);
    assert_reads(".5", 0.5);
    assert_reads("5.", 5);
    assert_reads(" \t 3 \t", 3);
    assert_reads("1e3", 1000);
    assert_reads("1E+3", 1000);
    assert_reads("1e-3", 1e-3);
    assert_reads("0.1", 0.1);
    assert_reads("9007199254740992", 9007199254740992.0);
    assert_reads("9007199254740993", 9007199254740992.0); /* a tie, to even */
    assert_reads("9007199254740993.1", 9007199254740994.0);
    assert_reads("9007199254740995", 9007199254740996.0);
    assert_reads("18446744073709551615", 18446744073709551616.0);
    assert_reads("1e22", 1e22);
    assert_reads("1e23", 1e23);
    assert_reads("8.5e-324", 0x1p-1073);
    assert_reads("2.4703282292062328e-324", 0x1p-1074);
    assert_reads("2.4703282292062327e-324", 0);
    assert_reads("1e-400", 0);
    assert_reads("1.7976931348623157e308", 0x1.fffffffffffffp1023);
    assert_reads("1e309", INFINITY);
    assert_reads("-1e999999999999", -INFINITY);
    assert_reads("0e999999999999", 0);
    assert_reads("0.000000000000000000000000000001", 1e-30);
}

static void refuses_what_is_no_number(void **state) {
    (void)state;
    static const char *const texts[] = {"",    " ",    "-",     "+",    ".",     "-.",  "e5",
                                        "1e",  "1e+",  "1.5.2", "1,5",  "1 2",   "--1", "0x1",
                                        "nan", "inf",  "1_0",   "1e5x", "1e5.0", "12a", "\n1",
                                        "1\n", "1e 5", "+ 1",   "٣",    "1f",    "- 1", "1e--5"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        double value = 12345;
        if (bp_decimal_parse(texts[i], strlen(texts[i]), &value)) {
            fail_msg("'%s' is read as %g", texts[i], value);
        }
        assert_true(value == 12345);
    }
}

static void reads_no_further_than_told(void **state) {
    (void)state;
    double value;
    char *text = malloc(3); /* an overrun is one past the block */
    assert_non_null(text);
    memcpy(text, "123", 3);
    assert_true(bp_decimal_parse(text, 3, &value));
    assert_true(value == 123);
    assert_true(bp_decimal_parse(text, 2, &value));
    assert_true(value == 12);
    free(text);
}

static void long_numbers(void **state) {
    (void)state;
    char text[BP_DECIMAL_MAX_BYTES + 2];
    memset(text, '0', sizeof text);
    text[0] = '1';
    text[1] = '.';
    text[BP_DECIMAL_MAX_BYTES - 1] = '1';
    double value;
    assert_true(bp_decimal_parse(text, BP_DECIMAL_MAX_BYTES, &value));
    assert_true(value == 1);
    assert_false(bp_decimal_parse(text, BP_DECIMAL_MAX_BYTES + 1, &value));
}

/* Against the C library, which rounds correctly, in each of the formats that programs write. */
static void agrees_with_strtod(void **state) {
    (void)state;
    static const char *const formats[] = {"%.17g", "%.16g", "%.15g", "%.9g",  "%.6f", "%.3f",
                                          "%.18f", "%.20f", "%.0f",  "%.17e", "%.2e"};
    for (uint64_t i = 0; i < 20000; i++) {
        uint32_t words[4];
        bp_random_block(3, BP_STREAM_SAMPLE, 0, i, words);
        int exponent = (int)(words[2] % 120) - 60;
        double number = ldexp((double)words[0] * 0x1p32 + (double)words[1], exponent - 64);
        number = words[3] % 2 == 0 ? number : -number;
        for (size_t j = 0; j < sizeof formats / sizeof formats[0]; j++) {
            char text[400];
            snprintf(text, sizeof text, formats[j], number);
            assert_reads(text, strtod(text, NULL));
        }
    }
}

/* Digits at random, point and exponent too: the short cuts meet their borders. */
static void agrees_with_strtod_on_any_digits(void **state) {
    (void)state;
    for (uint64_t i = 0; i < 200000; i++) {
        uint32_t words[4];
        bp_random_block(4, BP_STREAM_SAMPLE, 0, i, words);
        uint64_t digits = ((uint64_t)words[0] << 32 | words[1]) >> words[2] % 64;
        char text[64];
        size_t size = (size_t)snprintf(text, 32, "%llu", (unsigned long long)digits);
        size_t point = words[3] % (size + 1);
        memmove(text + point + 1, text + point, size - point + 1);
        text[point] = '.';
        if (words[3] >> 31 != 0) {
            snprintf(text + size + 1, 16, "e%d", (int)(words[3] >> 8 & 63) - 32);
        }
        assert_reads(text, strtod(text, NULL));
    }
}

/* Just above 2^53 with 16 to 19 decimals: where the exact quotient has the fewest bits. */
static void agrees_with_strtod_where_the_quotient_is_short(void **state) {
    (void)state;
    for (uint64_t i = 0; i < 20000; i++) {
        uint32_t words[4];
        bp_random_block(5, BP_STREAM_SAMPLE, 0, i, words);
        uint64_t digits = (UINT64_C(1) << 53) + words[0] % 3000000 * UINT64_C(250000000) + words[1];
        char text[64];
        snprintf(text, sizeof text, ".%.*s%llu", (int)(words[2] % 4), "000",
                 (unsigned long long)digits);
        assert_reads(text, strtod(text, NULL));
    }
}

static void knows_words_for_nonfinite(void **state) {
    (void)state;
    static const char *const words[] = {"nan", "NaN", "-nan", "inf", "+Inf", "-INFINITY"};
    static const char *const others[] = {"", "na", "nanx", "infinite", "1", "-", " nan", "i"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        assert_true(bp_decimal_is_nonfinite_word(words[i], strlen(words[i])));
    }
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        assert_false(bp_decimal_is_nonfinite_word(others[i], strlen(others[i])));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_numbers),
        cmocka_unit_test(refuses_what_is_no_number),
        cmocka_unit_test(reads_no_further_than_told),
        cmocka_unit_test(long_numbers),
        cmocka_unit_test(agrees_with_strtod),
        cmocka_unit_test(agrees_with_strtod_on_any_digits),
        cmocka_unit_test(agrees_with_strtod_where_the_quotient_is_short),
        cmocka_unit_test(knows_words_for_nonfinite),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
