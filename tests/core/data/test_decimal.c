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
#include "decimal_short.h"
#include "philox.h"

static void assert_same(const char *text, double value, double expected) {
    if (memcmp(&value, &expected, sizeof value) != 0) {
        fail_msg("'%s' is read as %a, not %a", text, value, expected);
    }
}

static void assert_reads(const char *text, double expected) {
    double value = 12345;
    if (!bp_decimal_parse(text, strlen(text), &value)) {
        fail_msg("'%s' is not read", text);
    }
    assert_same(text, value, expected);
}

static bool is_short(const char *text) {
    text += *text == '-';
    size_t before = strspn(text, "0123456789");
    const char *point = text + before;
    size_t after = *point == '.' ? strspn(point + 1, "0123456789") : 0;
    return before + after > 0 && point[*point == '.' ? 1 + after : 0] == '\0';
}

static size_t read_by_words(const char *cell, char end, double *value) {
    bp_decimal_span span = bp_decimal_span_by_words(cell, end);
    uint64_t number;
    if (span.whole + span.fraction == span.negative ||
        !bp_decimal_number_by_words(cell, &span, &number)) {
        return 0;
    }
    *value = (double)number / bp_decimal_short_powers[span.negative][span.fraction];
    return span.size;
}

/* `cell` has others before and after it. */
static void assert_reads_short(const char *cell, size_t size, double expected) {
    double value = 12345, by_words = 12345;
    assert_int_equal(bp_decimal_read_short(cell, cell[size], &value), size);
    assert_int_equal(read_by_words(cell, cell[size], &by_words), size);
    assert_same(cell, value, expected);
    assert_same(cell, by_words, expected);
}

static void assert_not_short(const char *cell, char end) {
    double value;
    if (bp_decimal_read_short(cell, end, &value) != 0 || read_by_words(cell, end, &value) != 0) {
        fail_msg("'%s' is read", cell);
    }
}

/* As a cell among others, where more than the number can be looked at, and as the last. */
static void assert_reads_within(const char *text, double expected) {
    static const char *const others[] = {",-0.25,17\n0.5,9", "\n12345678.25,1e5,"};
    size_t size = strlen(text);
    for (size_t i = 0; i < 2; i++) {
        char row[512];
        double value = 12345, last = 12345;
        int all = snprintf(row, sizeof row, "7654321.25,99.5,%s%s", text, others[i]);
        char *cell = row + BP_DECIMAL_SHORT_BYTES;
        if (bp_decimal_read(cell, row + all, &value) != cell + size ||
            bp_decimal_read(cell, cell + size, &last) != cell + size) {
            fail_msg("'%s' is not read to its end", cell);
        }
        assert_same(cell, value, expected);
        assert_same(cell, last, expected);
        if (is_short(text) && size < BP_DECIMAL_SHORT_BYTES) {
            assert_reads_short(cell, size, expected);
        } else {
            assert_not_short(cell, cell[size]);
        }
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

static void reads_a_number_at_the_beginning(void **state) {
    (void)state;
    static const struct {
        const char *text;
        size_t size; /* 0: none begins there */
        double value;
    } cases[] = {
        {"1.5.2,8,9,10,11,12", 3, 1.5},
        {"-1.5-2,8,9,10,11,12", 4, -1.5},
        {"7 ,8,9,10,11,12,13", 1, 7},
        {"7\t,8,9,10,11,12,13,14", 1, 7},
        {"12345678,9,10,11,12", 8, 12345678},
        {"-1234567,9,10,11,12", 8, -1234567},
        {"1234567.,9,10,11,12", 8, 1234567},
        {".12345678,9,10,11,1", 9, .12345678},
        {".123456789,9,10,11,", 10, .123456789},
        {"-.5,9,10,11,12,13,14", 3, -.5},
        {"+3.25,9,10,11,12,13", 5, 3.25},
        {"1.5e3,9,10,11,12,13", 5, 1500},
        {"1E2x,9,10,11,12,13,14", 3, 100},
        {"-0,9,10,11,12,13,14", 2, -0.0},
        {"1e,9,10,11,12,13,14", 0, 0},
        {"1.5e+,9,10,11,12,13", 0, 0},
        {",9,10,11,12,13,14,15", 0, 0},
        {"-,9,10,11,12,13,14", 0, 0},
        {".,9,10,11,12,13,14,1", 0, 0},
        {"-.,9,10,11,12,13,14", 0, 0},
        {"--1,9,10,11,12,13,14", 0, 0},
        {" 1,9,10,11,12,13,14", 0, 0},
        {"nan,9,10,11,12,13,14", 0, 0},
        {"0x10,9,10,11,12,13,14", 1, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *text = cases[i].text;
        double value = 12345;
        const char *after = bp_decimal_read(text, text + strlen(text), &value);
        if (after != (cases[i].size > 0 ? text + cases[i].size : NULL)) {
            fail_msg("'%s' is read to %s", text, after == NULL ? "nowhere" : after);
        }
        assert_same(text, value, cases[i].size > 0 ? cases[i].value : 12345);
    }
}

/* What the short way leaves to the long one, or to nobody. */
static void the_short_way_refuses_the_rest(void **state) {
    (void)state;
    static const char *const cells[] = {
        ",8.5,9.5,10,11,12",   "-,8.5,9.5,10,11,12",   ".,8.5,9.5,10,11,12",
        "-.,8.5,9.5,10,11,12", "--1,8.5,9.5,10,11,12", "1.5.2,8.5,9.5,10,11",
        "..,8.5,9.5,10,11,12", "1..,8,9.5,10,11,12,1", "+1.5,8,9.5,10,11,12",
        " 1.5,8,9.5,10,11,12", "1.5 ,8,9.5,10,11,12,", "1234567890123456,1",
        "nan,8.5,9,10,11,12,", "\xB1.5,8,9,10,11,12,", "/1.5,8,9,10,11,12,",
        ":1.5,8,9,10,11,12,1", "1/5,8,9,10,11,12,13,", "1:5,8,9,10,11,12,13",
        "1.5e3,8,9,10,11,12,", "1.\xB1,8,9,10,11,12,", "1.5\n2,8,9,10,11,12,",
        "1-2,8,9,10,11,12,13", "1.-2,8,9,10,11,12,1",
    };
    for (size_t i = 0; i < sizeof cells / sizeof cells[0]; i++) {
        char row[64];
        snprintf(row, sizeof row, "0.5,9.5,33333.5,%s", cells[i]);
        assert_not_short(row + BP_DECIMAL_SHORT_BYTES, ',');
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
    assert_null(bp_decimal_read(text, text + sizeof text, &value));
}

/* The border between 2^53 and its successor that a double holds, told by the last of many digits.
 */
static void long_digits_decide(void **state) {
    (void)state;
    char text[BP_DECIMAL_MAX_BYTES + 1] = {0};
    memset(text, '0', sizeof text - 1);
    memcpy(text, "9007199254740993.", 17);
    assert_reads(text, 0x1p53);
    text[sizeof text - 2] = '1';
    assert_reads(text, 0x1p53 + 2);
    memset(text, '0', 300);
    text[300] = '.';
    memcpy(text + 301, "3", 1);
    assert_reads(text, strtod(text, NULL));
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

/* --- random texts of every kind -------------------------------------------------------------- */

struct source {
    uint64_t index;
    uint32_t words[4];
    int used;
};

static uint32_t draw(struct source *source) {
    if (source->used == 4) {
        source->index++;
        bp_random_block(6, BP_STREAM_SAMPLE, 1, source->index, source->words);
        source->used = 0;
    }
    return source->words[source->used++];
}

static char *put_digits(char *out, struct source *source, size_t count) {
    while (count-- > 0) {
        *out++ = (char)('0' + draw(source) % 10);
    }
    return out;
}

/* [-]up to 8 digits[.up to 10 digits]: what decimal_short.h is for, and a little more. */
static void make_short(struct source *source, char *out) {
    if (draw(source) % 2 == 0) {
        *out++ = '-';
    }
    out = put_digits(out, source, draw(source) % 9);
    out = put_digits(out, source, 1);
    if (draw(source) % 4 != 0) {
        *out++ = '.';
        out = put_digits(out, source, draw(source) % 11);
    }
    *out = '\0';
}

static double any_double(struct source *source) {
    double value;
    do {
        uint64_t bits = (uint64_t)draw(source) << 32 | draw(source);
        memcpy(&value, &bits, sizeof value);
    } while (!isfinite(value));
    return value;
}

static void make_any_double(struct source *source, char *out) {
    snprintf(out, 400, "%.*e", (int)(draw(source) % 20), any_double(source));
}

static void make_small_double(struct source *source, char *out) {
    uint32_t words[2] = {draw(source), draw(source)};
    snprintf(out, 400, "%.*g", 15 + (int)(words[1] % 8), ldexp(words[0], -1100 + words[1] % 70));
}

/* Digits of any number with a point and an exponent of any size, also beyond a double's. */
static void make_long(struct source *source, char *out) {
    out = put_digits(out, source, draw(source) % 30);
    *out++ = '.';
    out = put_digits(out, source, 1 + draw(source) % 40);
    snprintf(out, 16, "e%d", (int)(draw(source) % 700) - 350);
}

/* Halfway between neighbours, exactly, as far as 766 digits would go; and a digit beside it. */
static void make_halfway(struct source *source, char *out) {
    uint64_t mantissa = (uint64_t)draw(source) << 32 | draw(source);
    mantissa = (mantissa >> 11 | UINT64_C(1) << 52) << 1 | 1; /* 54 bits, the last is the half */
    int shift = (int)(draw(source) % 120) - 90;
    long double half = ldexpl((long double)mantissa, shift);
    int size = snprintf(out, 400, "%.*Lf", shift < 0 ? -shift : 0, half);
    uint32_t choice = draw(source) % 3;
    if (choice == 1) {
        snprintf(out + size, 8, shift < 0 ? "1" : ".001");
    } else if (choice == 2) {
        out[size - 1] = (char)(out[size - 1] == '0' ? '1' : out[size - 1] - 1);
    }
}

/* Digits divisible by a power of five, over it: the ties with a point. */
static void make_even_quotient(struct source *source, char *out) {
    uint64_t digits = ((uint64_t)draw(source) << 32 | draw(source)) >> 10 | 1;
    uint32_t k = draw(source) % 5;
    for (uint32_t i = 0; i < k; i++) {
        digits *= 5;
    }
    snprintf(out, 400, "%llue-%u", (unsigned long long)digits, k);
}

static void agrees_with_strtod_on_every_kind(void **state) {
    (void)state;
    static void (*const makers[])(struct source *, char *) = {
        make_short, make_short,   make_any_double,   make_small_double,
        make_long,  make_halfway, make_even_quotient};
    enum { MAKERS = sizeof makers / sizeof makers[0] };
    const char *full = getenv("BP_TEST_FULL");
    long count = full != NULL && full[0] != '\0' ? 10000000 : 300000;
    struct source source = {.used = 4};
    for (long i = 0; i < count; i++) {
        char text[400];
        makers[i % MAKERS](&source, text);
        assert_reads_within(text, strtod(text, NULL));
    }
}

/* The least digits and the most at every exponent: every entry of the table of powers. */
static void agrees_with_strtod_at_every_exponent(void **state) {
    (void)state;
    static const char *const digits[] = {"1",
                                         "9007199254740993",
                                         "9999999999999999999",
                                         "18446744073709551615",
                                         "2.2250738585072014",
                                         "17976931348623157081452742373170436"};
    for (int exponent = -400; exponent <= 330; exponent++) {
        for (size_t i = 0; i < sizeof digits / sizeof digits[0]; i++) {
            char text[64];
            snprintf(text, sizeof text, "%se%d", digits[i], exponent);
            assert_reads_within(text, strtod(text, NULL));
        }
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
        cmocka_unit_test(reads_a_number_at_the_beginning),
        cmocka_unit_test(the_short_way_refuses_the_rest),
        cmocka_unit_test(reads_no_further_than_told),
        cmocka_unit_test(long_numbers),
        cmocka_unit_test(long_digits_decide),
        cmocka_unit_test(agrees_with_strtod),
        cmocka_unit_test(agrees_with_strtod_on_any_digits),
        cmocka_unit_test(agrees_with_strtod_where_the_quotient_is_short),
        cmocka_unit_test(agrees_with_strtod_on_every_kind),
        cmocka_unit_test(agrees_with_strtod_at_every_exponent),
        cmocka_unit_test(knows_words_for_nonfinite),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
