/* Counter-based random numbers: Philox4x32-10 (Salmon, Moraes, Dror, Shaw: "Parallel random
 * numbers: as easy as 1, 2, 3", SC 2011, section 4.3 and table 2).
 *
 * A number is a function of (seed, stream, counter) and of nothing else, so any worker can draw any
 * number at any time and the result does not depend on who did. */
#ifndef BP_PHILOX_H
#define BP_PHILOX_H

#include <stddef.h>
#include <stdint.h>

/* What the numbers are for; keeps uses with the same seed apart. */
typedef enum bp_random_stream {
    BP_STREAM_WEIGHTS = 1, /* counter: (layer, element) */
    BP_STREAM_SHUFFLE = 2, /* counter: (epoch, position) */
    BP_STREAM_SPLIT = 3,   /* counter: (0, position) */
    BP_STREAM_DROPOUT = 4, /* counter: (layer and step, element) */
    BP_STREAM_NOISE = 5,   /* counter: (step, element) */
    BP_STREAM_SAMPLE = 6,  /* sampling in tools, gradient checks */
    BP_STREAM_BIASES = 7   /* counter: (layer, unit) */
} bp_random_stream;

/* The bare block function: out = Philox4x32-10(counter, key). */
void bp_philox4x32(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4]);

/* Four words for (seed, stream, major, minor). stream < 2^8, minor < 2^56. */
void bp_random_block(uint64_t seed, bp_random_stream stream, uint64_t major, uint64_t minor,
                     uint32_t out[4]);

/* A long run of words of one (seed, stream, major), from element `first` on: element e is word
 * e / 16 mod 4 of block 16 (e / 64) + e mod 16, so that 16 blocks side by side in vectors give 64
 * elements in order. */
typedef struct bp_random_run {
    uint64_t seed;
    bp_random_stream stream;
    uint64_t major, first;
} bp_random_run;

/* Words of elements first .. first + count - 1. */
void bp_random_words(const bp_random_run *run, size_t count, uint32_t *out);

/* Uniform in [0, 1) with 24 bits: exact in float32. */
float bp_random_unit(uint32_t word);

/* bp_random_words, or what computes the same faster. */
typedef void bp_random_source(const bp_random_run *run, size_t count, uint32_t *out);

/* Shuffles order[count]: Fisher-Yates from the end (Knuth, TAOCP 2, algorithm P), index drawn by
 * multiply-shift of a 64-bit number; a function of the run (first = 0) and the count. count < 2^32.
 */
void bp_random_shuffle(const bp_random_run *run, bp_random_source *source, size_t count,
                       uint32_t *order);

/* Writes 0..count-1, shuffled, to `order`. */
void bp_random_permutation(uint64_t seed, bp_random_stream stream, uint32_t major, size_t count,
                           uint32_t *order);

#endif
