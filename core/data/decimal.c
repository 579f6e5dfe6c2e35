/* Most cells of real data are short decimals, for which the nearest double needs one operation:
 * digits below 2^53 are exact in a double, and so is 10^k up to k = 22, so a single division or
 * multiplication rounds once (Clinger, "How to read floating point numbers accurately", 1990).
 * Up to 19 digits (what %.17g writes) an exact quotient of 128 bits does; the rest is strtod's. */
#include "decimal.h"

#include <locale.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

__extension__ typedef unsigned __int128 uint128;

enum {
    MAX_EXACT_POWER = 22,    /* 10^22 is the last power of ten that a double holds */
    MAX_DIGITS = 19,         /* 10^19 - 1 is below 2^64 */
    MAX_QUOTIENT_POWER = 18, /* leaves 57 bits of quotient: 53, a rounding bit, a sticky bit */
    EXPONENT_CAP = 100000    /* beyond it every number of 1023 bytes is 0 or infinite */
};

static const double powers[MAX_EXACT_POWER + 1] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                                   1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                                   1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

/* The number is digits * 10^exponent; `digits` has wrapped where `count` is beyond MAX_DIGITS. */
struct decimal {
    uint64_t digits;
    size_t count; /* of digits read, leading zeros included */
    int exponent;
    bool negative;
};

static const char *read_digits(const char *p, const char *end, struct decimal *number) {
    const char *start = p;
    uint64_t digits = number->digits;
    while (p < end && (unsigned char)(*p - '0') < 10) {
        digits = digits * 10 + (uint64_t)(*p++ - '0');
    }
    number->digits = digits;
    number->count += (size_t)(p - start);
    return p;
}

static const char *read_sign(const char *p, const char *end, bool *negative) {
    if (p < end && (*p == '-' || *p == '+')) {
        *negative = *p++ == '-';
    }
    return p;
}

/* From after the 'e'; NULL: no digits there. */
static const char *read_exponent(const char *p, const char *end, int *exponent) {
    bool negative = false;
    p = read_sign(p, end, &negative);
    const char *start = p;
    int value = 0;
    while (p < end && (unsigned char)(*p - '0') < 10) {
        value = value * 10 + (*p++ - '0');
        if (value > EXPONENT_CAP) {
            value = EXPONENT_CAP;
        }
    }
    *exponent += negative ? -value : value;
    return p > start ? p : NULL;
}

static const char *skip_spaces(const char *p, const char *end) {
    while (p < end && (*p == ' ' || *p == '\t')) {
        p++;
    }
    return p;
}

static bool read_number(const char *p, const char *end, struct decimal *number) {
    p = skip_spaces(p, end);
    p = read_sign(p, end, &number->negative);
    p = read_digits(p, end, number);
    if (p < end && *p == '.') {
        const char *fraction = ++p;
        p = read_digits(p, end, number);
        number->exponent = -(int)(p - fraction);
    }
    if (number->count == 0) {
        return false;
    }
    if (p < end && (*p == 'e' || *p == 'E')) {
        p = read_exponent(p + 1, end, &number->exponent);
    }
    return p != NULL && skip_spaces(p, end) == end;
}

/* digits / 10^power for digits >= 2^53, power <= MAX_QUOTIENT_POWER. The remainder is kept as a
 * sticky last bit, so that the conversion to double rounds as if it saw all of it. */
static double divide(uint64_t digits, int power) {
    uint64_t divisor = (uint64_t)powers[power];
    uint128 scaled = (uint128)digits << 64;
    uint128 quotient = scaled / divisor;
    if (quotient * divisor != scaled) {
        quotient |= 1;
    }
    return (double)quotient * 0x1p-64;
}

/* The text is a number for sure and not terminated; strtod skips the spaces. */
static double convert_slowly(const char *text, size_t size) {
    char copy[BP_DECIMAL_MAX_BYTES + 1];
    memcpy(copy, text, size);
    copy[size] = '\0';
    locale_t c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    if (c_locale == (locale_t)0) {
        return strtod(copy, NULL);
    }
    double value = strtod_l(copy, NULL, c_locale);
    freelocale(c_locale);
    return value;
}

static double convert(const struct decimal *number, const char *text, size_t size) {
    int exponent = number->exponent;
    double magnitude;
    if (number->count > MAX_DIGITS) {
        return convert_slowly(text, size);
    }
    if (number->digits <= UINT64_C(1) << 53 && abs(exponent) <= MAX_EXACT_POWER) {
        double digits = (double)number->digits;
        magnitude = exponent < 0 ? digits / powers[-exponent] : digits * powers[exponent];
    } else if (exponent <= 0 && exponent >= -MAX_QUOTIENT_POWER) {
        magnitude = divide(number->digits, -exponent);
    } else {
        return convert_slowly(text, size);
    }
    return number->negative ? -magnitude : magnitude;
}

bool bp_decimal_parse(const char *text, size_t size, double *value) {
    struct decimal number = {0};
    if (size > BP_DECIMAL_MAX_BYTES || !read_number(text, text + size, &number)) {
        return false;
    }
    *value = convert(&number, text, size);
    return true;
}

bool bp_decimal_is_nonfinite_word(const char *text, size_t size) {
    static const char *const words[] = {"nan", "inf", "infinity"};
    bool negative;
    const char *word = read_sign(text, text + size, &negative);
    size -= (size_t)(word - text);
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (size == strlen(words[i]) && strncasecmp(word, words[i], size) == 0) {
            return true;
        }
    }
    return false;
}
