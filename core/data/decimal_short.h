/* The numbers that data sets are full of, such as -0.6350818 and 17, without a branch that depends
 * on how they are written: a wrong guess of the processor costs as much as reading the number.
 * Inline, for loops over cells; others call bp_decimal_read. It is written twice, for vectors of
 * SSE2, which every x86-64 has, and for words of 64 bits; the test compares the two. */
#ifndef BP_DECIMAL_SHORT_H
#define BP_DECIMAL_SHORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

enum {
    BP_DECIMAL_SHORT_BYTES = 16, /* what must be readable, before a number as well as from it on */
    BP_DECIMAL_WORD = 8          /* characters in a word */
};

/* [0][k]: 10^k, which is exact; [1][k]: -10^k. */
extern const double bp_decimal_short_powers[2][BP_DECIMAL_SHORT_BYTES];

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

/* A cell: `size` characters before its end, of which `whole` stand before the first point. 0: no
 * end among the first BP_DECIMAL_SHORT_BYTES characters. */
typedef struct bp_decimal_span {
    size_t size, whole, fraction;
    bool negative;
} bp_decimal_span;

/* Bit i: the i-th of 16 characters is the end, is a point. */
static inline bp_decimal_span bp_decimal_span_of(const char *p, uint32_t ends, uint32_t points) {
    if (ends == 0) {
        return (bp_decimal_span){0};
    }
    size_t size = (size_t)__builtin_ctz(ends), whole = (size_t)__builtin_ctz(ends | points);
    return (bp_decimal_span){.size = size,
                             .whole = whole,
                             .fraction = size - whole - (size != whole),
                             .negative = *p == '-'};
}

/* --- by words ------------------------------------------------------------------------------- */

/* Which of eight characters are `c`, as eight bits. */
static inline uint32_t bp_decimal_find(uint64_t characters, char c) {
    uint64_t apart = characters ^ (unsigned char)c * UINT64_C(0x0101010101010101);
    uint64_t low = apart & UINT64_C(0x7F7F7F7F7F7F7F7F);
    uint64_t others = (low + UINT64_C(0x7F7F7F7F7F7F7F7F)) | apart;
    uint64_t tops = ~others & UINT64_C(0x8080808080808080);
    return (uint32_t)((tops >> 7) * UINT64_C(0x0102040810204080) >> 56);
}

static inline bp_decimal_span bp_decimal_span_by_words(const char *p, char end) {
    uint64_t first = bp_decimal_load(p), second = bp_decimal_load(p + 8);
    return bp_decimal_span_of(p, bp_decimal_find(first, end) | bp_decimal_find(second, end) << 8,
                              bp_decimal_find(first, '.') | bp_decimal_find(second, '.') << 8);
}

/* The others of eight digits become 0. By halves, since a word cannot be shifted by all its bits.
 */
static inline uint64_t bp_decimal_keep_last(uint64_t digits, size_t count) {
    size_t half = 4 * (BP_DECIMAL_WORD - count);
    return digits >> half >> half << half << half;
}

/* The number of the `count` <= 16 characters before `end`; false: not all are digits. */
static inline bool bp_decimal_join_before(const char *end, size_t count, uint64_t *number) {
    size_t late = count < 8 ? count : 8, early = count - late;
    uint64_t last = bp_decimal_keep_last(bp_decimal_digits(bp_decimal_load(end - 8)), late);
    uint64_t first = bp_decimal_keep_last(bp_decimal_digits(bp_decimal_load(end - 16)), early);
    *number = bp_decimal_join(first) * 100000000 + bp_decimal_join(last);
    return (bp_decimal_others(first) | bp_decimal_others(last)) == 0;
}

/* The digits as one number; false: other characters are among them. */
static inline bool bp_decimal_number_by_words(const char *p, const bp_decimal_span *span,
                                              uint64_t *number) {
    uint64_t before, after, scale = (uint64_t)bp_decimal_short_powers[0][span->fraction];
    bool is_number =
        bp_decimal_join_before(p + span->whole, span->whole - span->negative, &before) &&
        bp_decimal_join_before(p + span->size, span->fraction, &after);
    *number = is_number ? before * scale + after : 0;
    return is_number;
}

/* --- by vectors ----------------------------------------------------------------------------- */

#ifdef __SSE2__
/* 16 bytes of 0 and 16 of 255: from [n] on, the last n of 16 bytes are marked. */
extern const uint8_t bp_decimal_last_bytes[2 * BP_DECIMAL_SHORT_BYTES];

static inline __m128i bp_decimal_load_vector(const void *p) {
    __m128i vector;
    memcpy(&vector, p, sizeof vector);
    return vector;
}

static inline uint32_t bp_decimal_bits(__m128i marks) {
    return (uint32_t)_mm_movemask_epi8(marks);
}

static inline bp_decimal_span bp_decimal_span_by_vector(const char *p, char end) {
    __m128i characters = bp_decimal_load_vector(p);
    return bp_decimal_span_of(p, bp_decimal_bits(_mm_cmpeq_epi8(characters, _mm_set1_epi8(end))),
                              bp_decimal_bits(_mm_cmpeq_epi8(characters, _mm_set1_epi8('.'))));
}

/* Digits in pairs, fours and eights: neighbours are joined three times. */
static inline uint64_t bp_decimal_join_vector(__m128i digits) {
    __m128i pairs = _mm_srli_epi16(_mm_mullo_epi16(digits, _mm_set1_epi16(10 * 256 + 1)), 8);
    __m128i fours = _mm_madd_epi16(pairs, _mm_set1_epi32(1 << 16 | 100));
    __m128i packed = _mm_packs_epi32(fours, fours);
    __m128i eights = _mm_madd_epi16(packed, _mm_set1_epi32(1 << 16 | 10000));
    uint64_t both = (uint64_t)_mm_cvtsi128_si64(eights);
    return (both & UINT32_MAX) * 100000000 + (both >> 32);
}

/* The digits become the last of a vector, those before the point from where they stand as if it
 * were not there. */
static inline bool bp_decimal_number_by_vector(const char *p, const bp_decimal_span *span,
                                               uint64_t *number) {
    size_t count = span->whole - span->negative + span->fraction;
    __m128i late = bp_decimal_load_vector(p + span->size - 16);
    __m128i early = bp_decimal_load_vector(p + span->whole + span->fraction - 16);
    __m128i is_late = bp_decimal_load_vector(bp_decimal_last_bytes + span->fraction);
    __m128i is_any = bp_decimal_load_vector(bp_decimal_last_bytes + count);
    __m128i all = _mm_or_si128(_mm_and_si128(is_late, late), _mm_andnot_si128(is_late, early));
    __m128i digits = _mm_and_si128(_mm_sub_epi8(all, _mm_set1_epi8('0')), is_any);
    __m128i is_digit = _mm_cmpeq_epi8(_mm_min_epu8(digits, _mm_set1_epi8(9)), digits);
    *number = bp_decimal_join_vector(digits);
    return bp_decimal_bits(is_digit) == 0xFFFF;
}
#endif

/* --- the one that is used ------------------------------------------------------------------- */

/* Reads [-]digits[.digits], at most 15 characters and all before the first `end`, which is no part
 * of numbers. BP_DECIMAL_SHORT_BYTES before and from `p` must be readable. Returns the number's
 * characters; 0: it is something else, perhaps another number, and *value is then undefined. The
 * value is the nearest double: both operands of the only operation that rounds are exact. */
static inline size_t bp_decimal_read_short(const char *p, char end, double *value) {
    uint64_t number;
#ifdef __SSE2__
    bp_decimal_span span = bp_decimal_span_by_vector(p, end);
#else
    bp_decimal_span span = bp_decimal_span_by_words(p, end);
#endif
    if (span.whole + span.fraction == span.negative) {
        return 0;
    }
#ifdef __SSE2__
    bool is_number = bp_decimal_number_by_vector(p, &span, &number);
#else
    bool is_number = bp_decimal_number_by_words(p, &span, &number);
#endif
    if (!is_number) {
        return 0;
    }
    *value = (double)(int64_t)number / bp_decimal_short_powers[span.negative][span.fraction];
    return span.size;
}

#endif
