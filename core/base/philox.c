#include "philox.h"

__extension__ typedef unsigned __int128 uint128;

/* Multipliers and Weyl constants of table 2 of the paper. */
enum { ROUNDS = 10 };
static const uint32_t MULTIPLIER_0 = 0xD2511F53u, MULTIPLIER_1 = 0xCD9E8D57u;
static const uint32_t WEYL_0 = 0x9E3779B9u, WEYL_1 = 0xBB67AE85u;

static inline void philox(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4]) {
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

void bp_philox4x32(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4]) {
    philox(counter, key, out);
}

void bp_random_block(uint64_t seed, bp_random_stream stream, uint64_t major, uint64_t minor,
                     uint32_t out[4]) {
    const uint32_t key[2] = {(uint32_t)seed, (uint32_t)(seed >> 32)};
    const uint32_t counter[4] = {(uint32_t)minor,
                                 (uint32_t)(minor >> 32 & 0xFFFFFFu) | (uint32_t)stream << 24,
                                 (uint32_t)major, (uint32_t)(major >> 32)};
    bp_philox4x32(counter, key, out);
}

void bp_random_words(const bp_random_run *run, size_t count, uint32_t *out) {
    uint32_t words[4];
    for (size_t i = 0; i < count; i++) {
        const uint64_t e = run->first + i;
        bp_random_block(run->seed, run->stream, run->major, e / 64 * 16 + e % 16, words);
        out[i] = words[e / 16 % 4];
    }
}

float bp_random_unit(uint32_t word) {
    return (float)(word >> 8) * 0x1p-24f;
}

/* Draws [first, first + DRAWS) of a permutation, two to a block. Blocks do not depend on one
 * another, so a processor computes several at a time when they stand in a row. */
enum { DRAWS = 64 };
static void draw_many(const uint32_t key[2], const uint32_t counter[4], uint64_t draws[DRAWS]) {
    for (uint32_t block = 0; block < DRAWS / 2; block++) {
        const uint32_t at[4] = {counter[0] + block, counter[1], counter[2], counter[3]};
        uint32_t words[4];
        philox(at, key, words);
        draws[2 * block] = (uint64_t)words[1] << 32 | words[0];
        draws[2 * block + 1] = (uint64_t)words[3] << 32 | words[2];
    }
}

void bp_random_permutation(uint64_t seed, bp_random_stream stream, uint32_t major, size_t count,
                           uint32_t *order) {
    for (size_t i = 0; i < count; i++) {
        order[i] = (uint32_t)i;
    }
    uint64_t draws[DRAWS];
    const uint32_t key[2] = {(uint32_t)seed, (uint32_t)(seed >> 32)};
    for (size_t i = count, draw = 0; i-- > 1; draw++) {
        if (draw % DRAWS == 0) {
            const uint32_t counter[4] = {(uint32_t)(draw / 2), (uint32_t)stream << 24, major, 0};
            draw_many(key, counter, draws);
        }
        size_t j = (size_t)((uint128)draws[draw % DRAWS] * (i + 1) >> 64);
        uint32_t swap = order[i];
        order[i] = order[j];
        order[j] = swap;
    }
}
