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

/* Draws of a shuffle, two to a block, from the words of as many groups of 16 blocks as a run has
 * them in: a source computes several blocks at a time. */
enum { GROUP_WORDS = 64, GROUP_DRAWS = GROUP_WORDS / 2, GROUPS = 4, DRAWS = GROUPS * GROUP_DRAWS };

static void draw_many(bp_random_run *run, bp_random_source *source, size_t wanted,
                      uint64_t draws[DRAWS]) {
    uint32_t words[GROUPS * GROUP_WORDS];
    size_t groups = (wanted + GROUP_DRAWS - 1) / GROUP_DRAWS;
    groups = groups < GROUPS ? groups : GROUPS;
    source(run, groups * GROUP_WORDS, words);
    run->first += groups * GROUP_WORDS;
    for (size_t g = 0; g < groups; g++) {
        const uint32_t *word = words + g * GROUP_WORDS;
        for (size_t block = 0; block < 16; block++) {
            uint64_t *draw = draws + g * GROUP_DRAWS + 2 * block;
            draw[0] = (uint64_t)word[16 + block] << 32 | word[block];
            draw[1] = (uint64_t)word[48 + block] << 32 | word[32 + block];
        }
    }
}

void bp_random_shuffle(const bp_random_run *run, bp_random_source *source, size_t count,
                       uint32_t *order) {
    uint64_t draws[DRAWS];
    bp_random_run rest = *run;
    for (size_t i = count, draw = 0; i-- > 1; draw++) {
        if (draw % DRAWS == 0) {
            draw_many(&rest, source, i, draws);
        }
        size_t j = (size_t)((uint128)draws[draw % DRAWS] * (i + 1) >> 64);
        uint32_t swap = order[i];
        order[i] = order[j];
        order[j] = swap;
    }
}

void bp_random_permutation(uint64_t seed, bp_random_stream stream, uint32_t major, size_t count,
                           uint32_t *order) {
    for (size_t i = 0; i < count; i++) {
        order[i] = (uint32_t)i;
    }
    bp_random_shuffle(&(bp_random_run){seed, stream, major, 0}, bp_random_words, count, order);
}
