/* Runs of random words (philox.h, bp_random_run) on vectors, and what is done with them.
 *
 * A 64-bit lane holds one block's word in its lower half; the upper half is left to hold anything,
 * for the product of the next round reads lower halves alone. So a round is two products, two
 * shifts and the exclusive ors, and words meet their neighbours only at the end. */
#ifndef BP_VECTOR_RANDOM_H
#define BP_VECTOR_RANDOM_H

#include "kernels.h"
#include "vector_math.h"

enum { GROUP_WORDS = 64, GROUP_BLOCKS = 16, PHILOX_ROUNDS = 10 };

/* The keys of all rounds, of which a block needs each. */
typedef struct round_keys {
    uint32_t k0[PHILOX_ROUNDS], k1[PHILOX_ROUNDS];
} round_keys;

static round_keys make_keys(uint64_t seed) {
    round_keys keys;
    uint32_t k0 = (uint32_t)seed, k1 = (uint32_t)(seed >> 32);
    for (int i = 0; i < PHILOX_ROUNDS; i++, k0 += 0x9E3779B9u, k1 += 0xBB67AE85u) {
        keys.k0[i] = k0;
        keys.k1[i] = k1;
    }
    return keys;
}

BP_INLINE vq vq_set(uint64_t value) {
    return value + (vq){0};
}

/* 0, 2, 4, ... */
BP_INLINE vq vq_even(void) {
    vq lanes = {0};
    _Pragma("GCC unroll 8") for (size_t lane = 0; lane < VL / 2; lane++) {
        lanes[lane] = 2 * lane;
    }
    return lanes;
}

/* Philox4x32-10 of VL / 2 blocks, in place. */
BP_INLINE void vq_philox(vq c[4], const round_keys *keys) {
    const vq m0 = vq_set(0xD2511F53u), m1 = vq_set(0xCD9E8D57u);
    _Pragma("GCC unroll 10") for (int i = 0; i < PHILOX_ROUNDS; i++) {
        vq p0 = vq_multiply_low(m0, c[0]), p1 = vq_multiply_low(m1, c[2]);
        c[0] = (p1 >> 32) ^ c[1] ^ keys->k0[i];
        c[1] = p1;
        c[2] = (p0 >> 32) ^ c[3] ^ keys->k1[i];
        c[3] = p0;
    }
}

/* Words of elements 64 group .. 64 group + 63, as the bits of floats. The even blocks and the odd
 * ones of a vector go through the rounds apart. */
BP_INLINE void make_group(const bp_random_run *run, const round_keys *keys, uint64_t group,
                          float words[GROUP_WORDS]) {
    for (size_t at = 0; at < GROUP_BLOCKS; at += VL) {
        const uint64_t first = group * GROUP_BLOCKS + at;
        vq even[4], odd[4];
        /* the blocks of a group share the counter's upper half, for they begin at a multiple */
        const uint64_t upper = (first >> 32 & 0xFFFFFFu) | (uint64_t)run->stream << 24;
        even[0] = first + vq_even(), odd[0] = even[0] + 1;
        even[1] = odd[1] = vq_set(upper);
        even[2] = odd[2] = vq_set(run->major & UINT32_MAX);
        even[3] = odd[3] = vq_set(run->major >> 32);
        vq_philox(even, keys);
        vq_philox(odd, keys);
        for (size_t w = 0; w < 4; w++) {
            vq joined = (even[w] & UINT32_MAX) | odd[w] << 32;
            vf_store(words + w * GROUP_BLOCKS + at, (vf)joined);
        }
    }
}

/* A group's part of a run: elements `begin` to `end` of its 64 are numbers `at` and on of the run's
 * arrays. */
typedef struct group_part {
    uint64_t group;
    size_t begin, end, at;
} group_part;

BP_INLINE group_part first_part(const bp_random_run *run, size_t count) {
    size_t begin = (size_t)(run->first % GROUP_WORDS), left = GROUP_WORDS - begin;
    return (group_part){run->first / GROUP_WORDS, begin, begin + (count < left ? count : left), 0};
}

BP_INLINE group_part next_part(group_part part, size_t count) {
    size_t at = part.at + (part.end - part.begin), left = count - at;
    return (group_part){part.group + 1, 0, left < GROUP_WORDS ? left : GROUP_WORDS, at};
}

static void vector_random_words(const bp_random_run *run, size_t count, uint32_t *out) {
    const round_keys keys = make_keys(run->seed);
    float words[GROUP_WORDS];
    for (group_part p = first_part(run, count); p.at < count; p = next_part(p, count)) {
        make_group(run, &keys, p.group, words);
        memcpy(out + p.at, words + p.begin, (p.end - p.begin) * sizeof *out);
    }
}

static void vector_drop(const bp_dropout *d) {
    const round_keys keys = make_keys(d->run.seed);
    float words[GROUP_WORDS];
    for (group_part p = first_part(&d->run, d->count); p.at < d->count;
         p = next_part(p, d->count)) {
        make_group(&d->run, &keys, p.group, words);
        for (size_t i = p.begin, at = p.at; i < p.end; i += VL, at += VL) {
            size_t lanes = p.end - i < VL ? p.end - i : VL;
            vi keep = (vi)((vu)vf_load_lanes(words + i, lanes) >= d->threshold);
            vf kept = vf_load_lanes(d->a + at, lanes) * d->scale;
            vf_store_lanes(d->out + at, (vf)((vi)kept & keep), lanes);
        }
    }
}

BP_INLINE vf vf_cubic(float c3, float c2, float c1, float c0, vf r) {
    return vf_fma(vf_fma(vf_fma(vf_set(c3), r, vf_set(c2)), r, vf_set(c1)), r, vf_set(c0));
}

BP_INLINE vf vf_normal_quantile(vf p) {
    vf q = p - 0.5f, c = BP_QUANTILE_CENTRAL_SQUARE - q * q;
    vf central = q * (vf_cubic(BP_QUANTILE_A, c) / vf_cubic(BP_QUANTILE_B, c));
    vf r = vf_sqrt(-vf_log(vf_select(q < 0.0f, p, 1.0f - p)));
    vf near = vf_cubic(BP_QUANTILE_C, r - 1.6f) / vf_cubic(BP_QUANTILE_D, r - 1.6f);
    vf far = vf_cubic(BP_QUANTILE_E, r - 5.0f) / vf_cubic(BP_QUANTILE_F, r - 5.0f);
    vf tail = vf_select(r <= 5.0f, near, far);
    tail = vf_select(q < 0.0f, -tail, tail);
    return vf_select(vf_abs(q) <= BP_QUANTILE_CENTRAL, central, tail);
}

static void vector_add_noise(const bp_random_run *run, float deviation, size_t count, float *a) {
    const round_keys keys = make_keys(run->seed);
    float words[GROUP_WORDS];
    for (group_part p = first_part(run, count); p.at < count; p = next_part(p, count)) {
        make_group(run, &keys, p.group, words);
        for (size_t i = p.begin, at = p.at; i < p.end; i += VL, at += VL) {
            size_t lanes = p.end - i < VL ? p.end - i : VL;
            vu word = (vu)vf_load_lanes(words + i, lanes) >> 9;
            vf z = vf_normal_quantile((__builtin_convertvector((vi)word, vf) + 0.5f) * 0x1p-23f);
            vf sum = vf_fma(vf_set(deviation), z, vf_load_lanes(a + at, lanes));
            vf_store_lanes(a + at, sum, lanes);
        }
    }
}

#endif
