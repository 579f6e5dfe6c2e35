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

/* Where the characters from `p` end to be digits and points; `whole` is the first point, or there.
 */
typedef struct bp_decimal_span {
    size_t size, whole; /* size <= 16 */
    bool many_points;
    bool negative;
} bp_decimal_span;

/* Bit i: the i-th of 16 characters; `ends`: neither digit nor point, and so are those after 16. */
static inline bp_decimal_span bp_decimal_span_of(uint32_t ends, uint32_t points, bool negative) {
    ends ^= negative; /* a sign stands for a digit 0 */
    uint32_t further = points & (points - 1);
    return (bp_decimal_span){.size = (size_t)__builtin_ctz(ends),
                             .whole = (size_t)__builtin_ctz(ends | points),
                             .many_points = (further & (ends ^ (ends - 1))) != 0,
                             .negative = negative};
}

/* The top bits of eight bytes as eight bits. */
static inline uint32_t bp_decimal_gather(uint64_t tops) {
    return (uint32_t)((tops >> 7) * UINT64_C(0x0102040810204080) >> 56);
}

static inline bp_decimal_span bp_decimal_span_by_words(const char *p) {
    uint32_t others = 0, points = 0;
    for (int i = 0; i < 2; i++) {
        uint64_t digits = bp_decimal_digits(bp_decimal_load(p + 8 * i));
        uint64_t apart = digits ^ UINT64_C(0x1E1E1E1E1E1E1E1E); /* 0 where a point stands */
        uint64_t low = apart & UINT64_C(0x7F7F7F7F7F7F7F7F);
        uint64_t no_points = (low + UINT64_C(0x7F7F7F7F7F7F7F7F)) | apart;
        points |= bp_decimal_gather(~no_points & UINT64_C(0x8080808080808080)) << (8 * i);
        others |= bp_decimal_gather(bp_decimal_others(digits)) << (8 * i);
    }
    return bp_decimal_span_of((others ^ points) | UINT32_C(0xFFFF0000), points, *p == '-');
}

/* The others of eight digits become 0. By halves, since a word cannot be shifted by all its bits.
 */
static inline uint64_t bp_decimal_keep_last(uint64_t digits, size_t count) {
    size_t half = 4 * (BP_DECIMAL_WORD - count);
    return digits >> half >> half << half << half;
}

/* The number of the `count` <= 16 digits before `end`. */
static inline uint64_t bp_decimal_join_before(const char *end, size_t count) {
    size_t late = count < 8 ? count : 8, early = count - late;
    uint64_t last = bp_decimal_digits(bp_decimal_load(end - 8));
    uint64_t first = bp_decimal_digits(bp_decimal_load(end - 16));
    return bp_decimal_join(bp_decimal_keep_last(first, early)) * 100000000 +
           bp_decimal_join(bp_decimal_keep_last(last, late));
}

static inline uint64_t bp_decimal_number_by_words(const char *p, const bp_decimal_span *span,
                                                  size_t fraction) {
    uint64_t scale = (uint64_t)bp_decimal_short_powers[0][fraction];
    return bp_decimal_join_before(p + span->whole, span->whole - span->negative) * scale +
           bp_decimal_join_before(p + span->size, fraction);
}

#ifdef __SSE2__
static inline __m128i bp_decimal_load_vector(const void *p) {
    __m128i vector;
    memcpy(&vector, p, sizeof vector);
    return vector;
}

static inline bp_decimal_span bp_decimal_span_by_vector(const char *p) {
    __m128i characters = bp_decimal_load_vector(p);
    __m128i digits = _mm_sub_epi8(characters, _mm_set1_epi8('0'));
    __m128i is_digit = _mm_cmpeq_epi8(_mm_min_epu8(digits, _mm_set1_epi8(9)), digits);
    __m128i is_point = _mm_cmpeq_epi8(characters, _mm_set1_epi8('.'));
    int inside = _mm_movemask_epi8(_mm_or_si128(is_digit, is_point));
    return bp_decimal_span_of(~(uint32_t)inside, (uint32_t)_mm_movemask_epi8(is_point), *p == '-');
}

/* 16 bytes of 0 and 16 of 255: from [n] on, the last n of 16 bytes are marked. */
extern const uint8_t bp_decimal_last_bytes[2 * BP_DECIMAL_SHORT_BYTES];

/* The digits become the last of a vector: those before the point from where they would stand
 * without it. Then neighbours are joined, to pairs, to fours, to eights. */
static inline uint64_t bp_decimal_number_by_vector(const char *p, const bp_decimal_span *span,
                                                   size_t fraction) {
    size_t whole = span->whole - span->negative;
    __m128i late = bp_decimal_load_vector(p + span->size - 16);
    __m128i early = bp_decimal_load_vector(p + span->whole + fraction - 16);
    __m128i is_late = bp_decimal_load_vector(bp_decimal_last_bytes + fraction);
    __m128i is_digit = bp_decimal_load_vector(bp_decimal_last_bytes + fraction + whole);
    __m128i characters =
        _mm_or_si128(_mm_and_si128(is_late, late), _mm_andnot_si128(is_late, early));
    __m128i digits = _mm_and_si128(_mm_sub_epi8(characters, _mm_set1_epi8('0')), is_digit);
    __m128i pairs = _mm_srli_epi16(_mm_mullo_epi16(digits, _mm_set1_epi16(10 * 256 + 1)), 8);
    __m128i fours = _mm_madd_epi16(pairs, _mm_set1_epi32(1 << 16 | 100));
    __m128i eights = _mm_madd_epi16(_mm_packs_epi32(fours, fours), _mm_set1_epi32(1 << 16 | 10000));
    uint64_t both = (uint64_t)_mm_cvtsi128_si64(eights);
    return (both & UINT32_MAX) * 100000000 + (both >> 32);
}
#endif

/* Reads [-]digits[.digits] with at most 15 characters. BP_DECIMAL_SHORT_BYTES before and from `p`
 * must be readable. Returns the number's characters; what follows them may well go on a number
 * ("1.5" of "1.5e3"), so the caller looks. 0: it is something else, perhaps another number; *value
 * is then undefined. The value is the nearest double: both operands of the only operation that
 * rounds are exact. */
static inline size_t bp_decimal_read_short(const char *p, double *value) {
#ifdef __SSE2__
    bp_decimal_span span = bp_decimal_span_by_vector(p);
#else
    bp_decimal_span span = bp_decimal_span_by_words(p);
#endif
    size_t point = span.whole != span.size;
    size_t fraction = span.size - span.whole - point;
    if (span.size >= BP_DECIMAL_SHORT_BYTES || span.size == span.negative + point ||
        span.many_points) {
        return 0;
    }
#ifdef __SSE2__
    uint64_t number = bp_decimal_number_by_vector(p, &span, fraction);
#else
    uint64_t number = bp_decimal_number_by_words(p, &span, fraction);
#endif
    *value = (double)(int64_t)number / bp_decimal_short_powers[span.negative][fraction];
    return span.size;
}

#endif
