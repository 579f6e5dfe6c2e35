/* Three ways to the nearest double, each for what the one before leaves; a loop over cells tries
 * decimal_short.h before all of them.
 * 1. Digits below 2^53 are exact in a double, and so is 10^k up to k = 22, so a single division or
 *    multiplication rounds once (Clinger, "How to read floating point numbers accurately", 1990).
 * 2. Digits times a power of five of 128 bits, rounded once where the bits that the power lacks
 *    cannot matter (after Lemire, "Number parsing at a gigabyte per second", 2021). Beyond 19
 *    digits the first 19 and their successor must give the same double.
 * 3. strtod: ties and near ties beyond 19 digits, and the least of subnormal numbers. */
#include "decimal.h"

#include <locale.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "decimal_power.h"
#include "decimal_short.h"

enum {
    MAX_EXACT_POWER = 22,  /* 10^22 is the last power of ten that a double holds */
    MAX_DIGITS = 19,       /* 10^19 - 1 is below 2^64 */
    EXPONENT_CAP = 100000, /* beyond it every number of 1023 bytes is 0 or infinite */
    MANTISSA_BITS = 53,
    EXPONENT_BIAS = 1023,
    INFINITE_EXPONENT = 2047,
    MAX_WHOLE_POWER_OF_FIVE = 27 /* 5^27 is below 2^64 */
};

static const double exact_powers[MAX_EXACT_POWER + 1] = {
    1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
    1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

const double bp_decimal_short_powers[2][BP_DECIMAL_SHORT_BYTES] = {
    {1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15},
    {-1e0, -1e1, -1e2, -1e3, -1e4, -1e5, -1e6, -1e7, -1e8, -1e9, -1e10, -1e11, -1e12, -1e13, -1e14,
     -1e15}};

const uint8_t bp_decimal_last_bytes[2 * BP_DECIMAL_SHORT_BYTES] = {
    [16] = 255, [17] = 255, [18] = 255, [19] = 255, [20] = 255, [21] = 255, [22] = 255, [23] = 255,
    [24] = 255, [25] = 255, [26] = 255, [27] = 255, [28] = 255, [29] = 255, [30] = 255, [31] = 255};

/* --- text ----------------------------------------------------------------------------------- */

/* The number is digits * 10^exponent; `digits` has wrapped where `count` is beyond MAX_DIGITS. */
struct decimal {
    uint64_t digits;
    size_t count; /* of digits read, leading zeros included */
    int exponent;
    bool negative;
    bool is_cut; /* digits after the first MAX_DIGITS have been left off */
};

static bool is_digit(char c) {
    return (unsigned char)(c - '0') < 10;
}

static const char *read_digits(const char *p, const char *end, struct decimal *number) {
    const char *start = p;
    uint64_t digits = number->digits;
    while (end - p >= BP_DECIMAL_WORD) {
        uint64_t eight = bp_decimal_digits(bp_decimal_load(p));
        if (bp_decimal_others(eight) != 0) {
            break;
        }
        digits = digits * 100000000 + bp_decimal_join(eight);
        p += BP_DECIMAL_WORD;
    }
    while (p < end && is_digit(*p)) {
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
    while (p < end && is_digit(*p)) {
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

/* Reads again what has more than MAX_DIGITS digits, from the first of them or the point: keeps the
 * first MAX_DIGITS after the leading zeros and counts the others. */
static void cut_digits(const char *p, struct decimal *number) {
    size_t left = number->count;
    for (; left > 0 && (*p == '0' || *p == '.'); p++) {
        left -= *p == '0';
    }
    number->digits = 0;
    for (int kept = 0; left > 0 && kept < MAX_DIGITS; p++) {
        if (*p != '.') {
            number->digits = number->digits * 10 + (uint64_t)(*p - '0');
            kept++;
            left--;
        }
    }
    number->is_cut = left > 0;
    number->exponent += (int)left;
}

static const char *scan(const char *p, const char *end, struct decimal *number) {
    p = read_sign(p, end, &number->negative);
    const char *first = p;
    p = read_digits(p, end, number);
    if (p < end && *p == '.') {
        const char *fraction = ++p;
        p = read_digits(p, end, number);
        number->exponent = -(int)(p - fraction);
    }
    if (number->count == 0) {
        return NULL;
    }
    if (number->count > MAX_DIGITS) {
        cut_digits(first, number);
    }
    if (p < end && (*p == 'e' || *p == 'E')) {
        p = read_exponent(p + 1, end, &number->exponent);
    }
    return p;
}

/* --- value ---------------------------------------------------------------------------------- */

static double double_of(uint64_t bits) {
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* mantissa * 2^-drop to the nearest integer, ties to even. The true number may exceed the mantissa:
 * by less than 2, or with `exact` by less than 1, and then at all only with `sticky`. False: its
 * place on this or that side of a tie is not known. */
static bool round_shifted(bp_uint128 mantissa, int drop, bool exact, bool sticky,
                          uint64_t *rounded) {
    bp_uint128 half = (bp_uint128)1 << (drop - 1);
    bp_uint128 rest = mantissa & ((half << 1) - 1);
    uint64_t whole = (uint64_t)(mantissa >> drop);
    if (!exact && (rest == half || rest + 1 == half)) {
        return false;
    }
    bool is_tie = rest == half && !sticky;
    *rounded = whole + (rest > half || (rest == half && sticky) || (is_tie && whole % 2 != 0));
    return true;
}

/* digits * 10^q as the bits of a double, digits > 0. The product with the power of five is kept to
 * 127 or 128 bits of which the power's missing bits can change the last by less than 2. */
static bool scale(uint64_t digits, int q, uint64_t *bits) {
    const bp_decimal_power *five = bp_decimal_power_of_five(q);
    int zeros = __builtin_clzll(digits);
    uint64_t normal = digits << zeros;
    bp_uint128 low = (bp_uint128)normal * (uint64_t)five->mantissa;
    bp_uint128 high = (bp_uint128)normal * (uint64_t)(five->mantissa >> 64) + (low >> 64);
    int drop = 128 - MANTISSA_BITS - ((high >> 127) == 0);
    /* 2^52 <= high >> drop < 2^53 is the mantissa of a double, of this exponent as it is stored. */
    int exponent = five->exponent + q - zeros + 64 + drop + (MANTISSA_BITS - 1) + EXPONENT_BIAS;
    if (exponent >= INFINITE_EXPONENT) {
        *bits = (uint64_t)INFINITE_EXPONENT << (MANTISSA_BITS - 1);
        return true;
    }
    if (exponent < 1) { /* subnormal */
        drop += 1 - exponent;
        exponent = 1;
    }
    uint64_t rounded;
    bool exact = q >= 0 && q <= BP_POWER_MAX_EXACT;
    if (drop > 126 || !round_shifted(high, drop, exact, (uint64_t)low != 0, &rounded)) {
        return false;
    }
    /* Adding carries: to the next exponent, to the first normal number, to infinity. */
    *bits = ((uint64_t)(exponent - 1) << (MANTISSA_BITS - 1)) + rounded;
    return true;
}

/* Ties with an exponent below 0 end here: they are digits / 10^k with digits divisible by 5^k. */
static bool divide_evenly(uint64_t digits, int k, uint64_t *bits) {
    if (k < 0 || k > MAX_WHOLE_POWER_OF_FIVE) {
        return false;
    }
    const bp_decimal_power *five = bp_decimal_power_of_five(k);
    uint64_t power = (uint64_t)(five->mantissa >> -five->exponent);
    if (digits % power != 0) {
        return false;
    }
    uint64_t quotient = digits / power;
    double value = ldexp((double)quotient, -k);
    memcpy(bits, &value, sizeof *bits);
    return true;
}

static bool find_bits(uint64_t digits, int q, uint64_t *bits) {
    if (digits == 0 || q < BP_POWER_MIN) { /* 2^64 * 10^-343 is below half the least double */
        *bits = 0;
        return true;
    }
    if (q > BP_POWER_MAX) {
        *bits = (uint64_t)INFINITE_EXPONENT << (MANTISSA_BITS - 1);
        return true;
    }
    return scale(digits, q, bits) || divide_evenly(digits, -q, bits);
}

/* The text is a number for sure and not terminated. */
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
    int q = number->exponent;
    double magnitude;
    uint64_t bits, next;
    if (!number->is_cut && number->digits <= UINT64_C(1) << MANTISSA_BITS &&
        abs(q) <= MAX_EXACT_POWER) {
        double digits = (double)number->digits;
        magnitude = q < 0 ? digits / exact_powers[-q] : digits * exact_powers[q];
    } else if (find_bits(number->digits, q, &bits) &&
               (!number->is_cut || (find_bits(number->digits + 1, q, &next) && next == bits))) {
        magnitude = double_of(bits);
    } else {
        return convert_slowly(text, size);
    }
    return number->negative ? -magnitude : magnitude;
}

const char *bp_decimal_read(const char *p, const char *end, double *value) {
    if (end - p > BP_DECIMAL_MAX_BYTES + 1) {
        end = p + BP_DECIMAL_MAX_BYTES + 1; /* enough to see that a number is too long */
    }
    struct decimal number = {0};
    const char *after = scan(p, end, &number);
    if (after == NULL || after - p > BP_DECIMAL_MAX_BYTES) {
        return NULL;
    }
    *value = convert(&number, p, (size_t)(after - p));
    return after;
}

bool bp_decimal_parse(const char *text, size_t size, double *value) {
    const char *end = text + size;
    double found;
    if (size > BP_DECIMAL_MAX_BYTES) {
        return false;
    }
    const char *after = bp_decimal_read(skip_spaces(text, end), end, &found);
    if (after == NULL || skip_spaces(after, end) != end) {
        return false;
    }
    *value = found;
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
