#include "philox.h"

__extension__ typedef unsigned __int128 uint128;

/* Multipliers and Weyl constants of table 2 of the paper. */
enum { ROUNDS = 10 };
static const uint32_t MULTIPLIER_0 = 0xD2511F53u, MULTIPLIER_1 = 0xCD9E8D57u;
static const uint32_t WEYL_0 = 0x9E3779B9u, WEYL_1 = 0xBB67AE85u;

void bp_philox4x32(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4]) {
    uint32_t c0 = counter[0], c1 = counter[1], c2 = counter[2], c3 = counter[3];
    uint32_t k0 = key[0], k1 = key[1];
    for (int round = 0; round < ROUNDS; round++) {
        uint64_t p0 = (uint64_t)MULTIPLIER_0 * c0;
        uint64_t p1 = (uint64_t)MULTIPLIER_1 * c2;
        c0 = (uint32_t)(p1 >> 32) ^ c1 ^ k0;
        c1 = (uint32_t)p1;
        c2 = (uint32_t)(p0 >> 32) ^ c3 ^ k1;
        c3 = (uint32_t)p0;
        k0 += WEYL_0;
        k1 += WEYL_1;
    }
    out[0] = c0;
    out[1] = c1;
    out[2] = c2;
    out[3] = c3;
}

void bp_random_block(uint64_t seed, bp_stream stream, uint32_t major, uint64_t minor,
                     uint32_t out[4]) {
    const uint32_t key[2] = {(uint32_t)seed, (uint32_t)(seed >> 32)};
    const uint32_t counter[4] = {
        (uint32_t)minor, (uint32_t)(minor >> 32 & 0xFFFFFFu) | (uint32_t)stream << 24, major, 0};
    bp_philox4x32(counter, key, out);
}

float bp_random_unit(uint32_t word) {
    return (float)(word >> 8) * 0x1p-24f;
}

void bp_random_permutation(uint64_t seed, bp_stream stream, uint32_t major, size_t count,
                           uint32_t *order) {
    for (size_t i = 0; i < count; i++) {
        order[i] = (uint32_t)i;
    }
    uint32_t words[4];
    for (size_t i = count; i-- > 1;) {
        size_t draw = count - 1 - i; /* two positions share a block: 64 bits each */
        if (draw % 2 == 0) {
            bp_random_block(seed, stream, major, draw / 2, words);
        }
        const uint32_t *pair = words + 2 * (draw % 2);
        uint64_t bits = (uint64_t)pair[1] << 32 | pair[0];
        size_t j = (size_t)((uint128)bits * (i + 1) >> 64);
        uint32_t swap = order[i];
        order[i] = order[j];
        order[j] = swap;
    }
}
