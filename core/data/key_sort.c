#include "key_sort.h"

#include <stdbool.h>

enum { DIGIT_BITS = 11, DIGITS = 3, VALUES = 1 << DIGIT_BITS };

static inline size_t digit_of(uint32_t key, int digit) {
    return key >> (digit * DIGIT_BITS) & (VALUES - 1);
}

/* Counts become the places where each digit's keys begin; false: all have the same one. */
static bool place(uint32_t *counts, size_t total) {
    uint32_t begin = 0;
    for (size_t i = 0; i < VALUES; i++) {
        const uint32_t count = counts[i];
        if (count == total) {
            return false;
        }
        counts[i] = begin;
        begin += count;
    }
    return true;
}

uint32_t *bp_key_sort(uint32_t *keys, uint32_t *scratch, size_t count) {
    uint32_t places[DIGITS][VALUES] = {0};
    for (size_t i = 0; i < count; i++) {
        for (int d = 0; d < DIGITS; d++) {
            places[d][digit_of(keys[i], d)]++;
        }
    }
    for (int d = 0; d < DIGITS; d++) {
        if (!place(places[d], count)) {
            continue;
        }
        for (size_t i = 0; i < count; i++) {
            scratch[places[d][digit_of(keys[i], d)]++] = keys[i];
        }
        uint32_t *sorted = scratch;
        scratch = keys;
        keys = sorted;
    }
    return keys;
}
