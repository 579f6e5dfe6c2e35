/* Powers of five to 128 bits, for turning decimals into doubles. Any thread. */
#ifndef BP_DECIMAL_POWER_H
#define BP_DECIMAL_POWER_H

#include <stdint.h>

__extension__ typedef unsigned __int128 bp_uint128;

enum { BP_POWER_MIN = -342, BP_POWER_MAX = 308, BP_POWER_MAX_EXACT = 55 };

/* mantissa * 2^exponent <= 5^q < (mantissa + 1) * 2^exponent, the mantissa's top bit being set;
 * equal where 0 <= q <= BP_POWER_MAX_EXACT. */
typedef struct bp_decimal_power {
    bp_uint128 mantissa;
    int exponent;
} bp_decimal_power;

/* 5^q for BP_POWER_MIN <= q <= BP_POWER_MAX. Borrowed for ever; ready before main begins. */
const bp_decimal_power *bp_decimal_power_of_five(int q);

#endif
