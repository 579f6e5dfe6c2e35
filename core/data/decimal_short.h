/* The numbers that data sets are full of, such as -0.6350818 and 17, without a branch that depends
 * on how long they are: a wrong guess of the processor costs as much as reading the number. Eight
 * characters are treated at once as the bytes of a word. Inline, for the loops of decimal.c and
 * csv_numbers.c; others call bp_decimal_read. */
#ifndef BP_DECIMAL_SHORT_H
#define BP_DECIMAL_SHORT_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum {
    BP_DECIMAL_SHORT_BYTES = 16, /* what must be readable */
    BP_DECIMAL_WORD = 8          /* characters in a word */
};

/* 10^k for k <= 22, which doubles hold exactly; and its first ones as integers. */
extern const double bp_decimal_exact_powers[23];
extern const uint64_t bp_decimal_whole_powers[BP_DECIMAL_WORD + 1];

/* Eight characters, the first of them in the lowest byte. */
static inline uint64_t bp_decimal_load(const char *p) {
    uint64_t word;
    memcpy(&word, p, sizeof word);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    word = __builtin_bswap64(word);
#endif
    return word;
}

/* The values of digits: characters '0' to '9' become 0 to 9, all others more. */
static inline uint64_t bp_decimal_digits(uint64_t characters) {
    return characters ^ UINT64_C(0x3030303030303030);
}

/* The top bit of each byte that is more than 9. */
static inline uint64_t bp_decimal_others(uint64_t digits) {
    uint64_t low = digits & UINT64_C(0x7F7F7F7F7F7F7F7F);
    return ((low + UINT64_C(0x7676767676767676)) | digits) & UINT64_C(0x8080808080808080);
}

/* The number that eight digits write: joined to pairs, to fours, to eight. */
static inline uint64_t bp_decimal_join(uint64_t digits) {
    digits = digits * (10 * (1 << 8) + 1) >> 8 & UINT64_C(0x00FF00FF00FF00FF);
    digits = digits * (100 * (1 << 16) + 1) >> 16 & UINT64_C(0x0000FFFF0000FFFF);
    return digits * (10000 * (UINT64_C(1) << 32) + 1) >> 32;
}

/* The number that the first `count` of eight digits write; the others may be anything. */
static inline uint64_t bp_decimal_join_first(uint64_t digits, size_t count) {
    size_t half = 4 * (BP_DECIMAL_WORD - count); /* twice, since 64 is no count to shift by */
    return bp_decimal_join(digits << half << half);
}

/* Reads [-]digits[.digits] with at most 8 characters before the point, at most 8 after it and a
 * character after all that lies within the BP_DECIMAL_SHORT_BYTES at `p`, which must be readable.
 * Returns the number's characters; what follows them may well go on a number ("1.5" of "1.5e3"),
 * so the caller looks. 0: it is something else, perhaps another number; *value is then undefined.
 * The value is the nearest double: both operands of the only operation that rounds are exact. */
static inline size_t bp_decimal_read_short(const char *p, double *value) {
    uint64_t first = bp_decimal_digits(bp_decimal_load(p));
    uint64_t others = bp_decimal_others(first);
    uint64_t others_after = bp_decimal_others(bp_decimal_digits(bp_decimal_load(p + 8)));
    uint64_t negative = *p == '-';
    others ^= negative << 7; /* a sign counts as a digit 0 before the number */
    first &= ~(negative * 0xFF);
    if (others == 0) {
        return 0;
    }
    size_t whole = (size_t)__builtin_ctzll(others) / 8;
    size_t point = p[whole] == '.';
    others &= others - point; /* the lowest bit goes if it is that of the point */
    if ((others | others_after) == 0) {
        return 0;
    }
    size_t in_first = (size_t)__builtin_ctzll(others | UINT64_C(1) << 63) / 8;
    size_t in_second = 8 + (size_t)__builtin_ctzll(others_after | UINT64_C(1) << 63) / 8;
    size_t size = others != 0 ? in_first : in_second;
    size_t fraction = size - whole - point;
    if (fraction > BP_DECIMAL_WORD || size == negative + point) {
        return 0;
    }
    uint64_t after = bp_decimal_digits(bp_decimal_load(p + whole + 1));
    uint64_t number = bp_decimal_join_first(first, whole) * bp_decimal_whole_powers[fraction] +
                      bp_decimal_join_first(after, fraction);
    double magnitude = (double)(int64_t)number / bp_decimal_exact_powers[fraction];
    uint64_t bits;
    memcpy(&bits, &magnitude, sizeof bits);
    bits |= negative << 63;
    memcpy(value, &bits, sizeof bits);
    return size;
}

#endif
