/* Sorting float32 as integers, in linear time. Any thread. */
#ifndef BP_KEY_SORT_H
#define BP_KEY_SORT_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* A number, no NAN, as an integer that orders alike; -0 as 0. */
static inline uint32_t bp_key_of(float value) {
    uint32_t bits;
    value += 0.0f; /* -0 + 0 = 0 */
    memcpy(&bits, &value, sizeof bits);
    return bits ^ (-(bits >> 31) | 0x80000000u);
}

static inline float bp_key_value(uint32_t key) {
    const uint32_t bits = key ^ (((key >> 31) - 1) | 0x80000000u);
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* Sorts keys [count], count < 2^32, with scratch [count]; the result is the one or the other. */
uint32_t *bp_key_sort(uint32_t *keys, uint32_t *scratch, size_t count);

#endif
