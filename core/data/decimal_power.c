/* The table is computed when the program starts, in about 20 microseconds, with integers of 1024
 * bits: 5^q itself for q >= 0 (5^308 has 716 bits), and floor(2^1023 / 5^-q) below, where dividing
 * by 5 again and again rounds as one division by the power does. Both are cut after 128 bits. */
#include "decimal_power.h"

#include <assert.h>

enum { LIMBS = 16, TOP_BIT = 64 * LIMBS - 1 };

static bp_decimal_power powers[BP_POWER_MAX - BP_POWER_MIN + 1];

/* limb[0] is the lowest; the number is its sum times 2^exponent. */
struct big {
    uint64_t limb[LIMBS];
    int exponent;
};

static void multiply_by_five(struct big *big) {
    uint64_t carry = 0;
    for (int i = 0; i < LIMBS; i++) {
        bp_uint128 product = (bp_uint128)big->limb[i] * 5 + carry;
        big->limb[i] = (uint64_t)product;
        carry = (uint64_t)(product >> 64);
    }
}

static void divide_by_five(struct big *big) {
    uint64_t rest = 0;
    for (int i = LIMBS - 1; i >= 0; i--) {
        bp_uint128 part = (bp_uint128)rest << 64 | big->limb[i];
        big->limb[i] = (uint64_t)(part / 5);
        rest = (uint64_t)(part % 5);
    }
}

static uint64_t limb_at(const struct big *big, int i) {
    return i >= 0 ? big->limb[i] : 0;
}

/* The first 128 bits of a number that is not 0. */
static bp_decimal_power cut(const struct big *big) {
    int top = LIMBS - 1;
    while (big->limb[top] == 0) {
        top--;
    }
    int shift = __builtin_clzll(big->limb[top]);
    bp_uint128 first = (bp_uint128)big->limb[top] << 64 | limb_at(big, top - 1);
    first <<= shift;
    if (shift > 0) {
        first |= limb_at(big, top - 2) >> (64 - shift);
    }
    return (bp_decimal_power){first, big->exponent + 64 * (top - 1) - shift};
}

__attribute__((constructor)) static void fill_powers(void) {
    struct big positive = {.limb = {1}, .exponent = 0};
    for (int q = 0; q <= BP_POWER_MAX; q++) {
        powers[q - BP_POWER_MIN] = cut(&positive);
        multiply_by_five(&positive);
    }
    struct big negative = {.limb = {[LIMBS - 1] = UINT64_C(1) << 63}, .exponent = -TOP_BIT};
    for (int q = -1; q >= BP_POWER_MIN; q--) {
        divide_by_five(&negative);
        powers[q - BP_POWER_MIN] = cut(&negative);
    }
}

const bp_decimal_power *bp_decimal_power_of_five(int q) {
    assert(q >= BP_POWER_MIN && q <= BP_POWER_MAX);
    return &powers[q - BP_POWER_MIN];
}
