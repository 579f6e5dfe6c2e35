/* The generator against the known answers of its authors, and what is drawn from it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "philox.h"

/* Random123, tests/kat_vectors: the lines "philox4x32 10". The third is the digits of pi. */
static void known_answers(void **state) {
    (void)state;
    static const struct {
        uint32_t counter[4], key[2], out[4];
    } vectors[] = {
        {{0, 0, 0, 0}, {0, 0}, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
        {{0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff},
         {0xffffffff, 0xffffffff},
         {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
        {{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
         {0xa4093822, 0x299f31d0},
         {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
    };
    for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++) {
        uint32_t out[4];
        bp_philox4x32(vectors[i].counter, vectors[i].key, out);
        assert_memory_equal(out, vectors[i].out, sizeof out);
    }
}

/* Each part of a counter has its own bits: no two of these blocks may be equal. */
static void blocks_differ_in_every_part(void **state) {
    (void)state;
    static const struct {
        uint64_t seed;
        bp_random_stream stream;
        uint32_t major;
        uint64_t minor;
    } at[] = {
        {7, BP_STREAM_WEIGHTS, 3, 5},
        {8, BP_STREAM_WEIGHTS, 3, 5},
        {7 | UINT64_C(1) << 32, BP_STREAM_WEIGHTS, 3, 5},
        {7, BP_STREAM_SHUFFLE, 3, 5},
        {7, BP_STREAM_WEIGHTS, 4, 5},
        {7, BP_STREAM_WEIGHTS, 3, 6},
        {7, BP_STREAM_WEIGHTS, 3, 5 | UINT64_C(1) << 32},
        {7, BP_STREAM_WEIGHTS, 3, 5 | UINT64_C(1) << 55},
    };
    enum { COUNT = sizeof at / sizeof at[0] };
    uint32_t blocks[COUNT][4];
    for (size_t i = 0; i < COUNT; i++) {
        bp_random_block(at[i].seed, at[i].stream, at[i].major, at[i].minor, blocks[i]);
        for (size_t j = 0; j < i; j++) {
            assert_memory_not_equal(blocks[i], blocks[j], sizeof blocks[i]);
        }
    }
}

/* The layout that philox.c gives the counter and the key is part of what a seed means. */
static void block_is_philox_of_its_counter(void **state) {
    (void)state;
    const uint64_t seed = UINT64_C(0x299f31d0a4093822);
    const uint64_t minor = UINT64_C(0x00abcdef243f6a88);
    const uint32_t counter[4] = {0x243f6a88, 0x00abcdef | BP_STREAM_SHUFFLE << 24, 0x13198a2e,
                                 0x03707344};
    const uint32_t key[2] = {0xa4093822, 0x299f31d0};
    uint32_t expected[4], got[4];
    bp_philox4x32(counter, key, expected);
    bp_random_block(seed, BP_STREAM_SHUFFLE, UINT64_C(0x0370734413198a2e), minor, got);
    assert_memory_equal(got, expected, sizeof got);
}

/* Each word of each block once, in the order of the definition, from anywhere. */
static void a_run_is_made_of_blocks(void **state) {
    (void)state;
    const bp_random_run run = {7, BP_STREAM_NOISE, UINT64_C(5) << 40, (UINT64_C(1) << 36) + 100};
    uint32_t words[300], block[4];
    bp_random_words(&run, 300, words);
    for (uint64_t i = 0; i < 300; i++) {
        const uint64_t e = run.first + i;
        bp_random_block(7, BP_STREAM_NOISE, run.major, 16 * (e / 64) + e % 16, block);
        assert_int_equal(words[i], block[e % 64 / 16]);
    }
}

static void unit_is_in_its_range(void **state) {
    (void)state;
    assert_true(bp_random_unit(0) == 0.0f);
    assert_true(bp_random_unit(0xff) == 0.0f);
    assert_true(bp_random_unit(0x100) == 0x1p-24f);
    assert_true(bp_random_unit(0x80000000u) == 0.5f);
    assert_true(bp_random_unit(0xffffffffu) == 1.0f - 0x1p-24f);
    double sum = 0;
    enum { BLOCKS = 25000 };
    for (uint64_t i = 0; i < BLOCKS; i++) {
        uint32_t out[4];
        bp_random_block(11, BP_STREAM_SAMPLE, 0, i, out);
        for (int j = 0; j < 4; j++) {
            sum += bp_random_unit(out[j]);
        }
    }
    /* the mean of 100,000 has a standard deviation of 0.00091 */
    assert_true(fabs(sum / (4 * BLOCKS) - 0.5) < 5 * 0.00091);
}

static void assert_permutation(const uint32_t *order, size_t count) {
    bool *seen = calloc(count + 1, sizeof *seen);
    assert_non_null(seen);
    for (size_t i = 0; i < count; i++) {
        assert_true(order[i] < count);
        assert_false(seen[order[i]]);
        seen[order[i]] = true;
    }
    free(seen);
}

static void permutation_holds_each_once(void **state) {
    (void)state;
    static const size_t counts[] = {0, 1, 2, 3, 4, 5, 63, 64, 1000, 60001};
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        uint32_t *order = malloc((counts[i] + 1) * sizeof *order);
        assert_non_null(order);
        order[counts[i]] = 0xdeadbeef;
        bp_random_permutation(5, BP_STREAM_SHUFFLE, 9, counts[i], order);
        assert_permutation(order, counts[i]);
        assert_int_equal(order[counts[i]], 0xdeadbeef);
        free(order);
    }
}

static void permutation_repeats_and_follows_its_arguments(void **state) {
    (void)state;
    enum { COUNT = 100 };
    uint32_t order[5][COUNT];
    bp_random_permutation(5, BP_STREAM_SHUFFLE, 9, COUNT, order[0]);
    bp_random_permutation(6, BP_STREAM_SHUFFLE, 9, COUNT, order[1]);
    bp_random_permutation(5, BP_STREAM_SPLIT, 9, COUNT, order[2]);
    bp_random_permutation(5, BP_STREAM_SHUFFLE, 10, COUNT, order[3]);
    bp_random_permutation(5, BP_STREAM_SHUFFLE, 9, COUNT, order[4]);
    assert_memory_equal(order[0], order[4], sizeof order[0]);
    for (int i = 1; i < 4; i++) {
        assert_memory_not_equal(order[0], order[i], sizeof order[0]);
    }
}

/* All 24 orders of four items over many epochs: chi-squared with 23 degrees of freedom, whose
 * 99.99 % point is 57.1; the seed is fixed, so this passes always or never. */
static void permutation_is_unbiased(void **state) {
    (void)state;
    enum { DRAWS = 48000 };
    unsigned seen[256] = {0};
    for (uint32_t epoch = 0; epoch < DRAWS; epoch++) {
        uint32_t order[4];
        bp_random_permutation(1, BP_STREAM_SHUFFLE, epoch, 4, order);
        seen[order[0] << 6 | order[1] << 4 | order[2] << 2 | order[3]]++;
    }
    double expected = DRAWS / 24.0, chi_squared = 0;
    int orders = 0;
    for (size_t i = 0; i < 256; i++) {
        if (seen[i] > 0) {
            orders++;
            chi_squared += (seen[i] - expected) * (seen[i] - expected) / expected;
        }
    }
    assert_int_equal(orders, 24);
    assert_true(chi_squared < 57.1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_answers),
        cmocka_unit_test(blocks_differ_in_every_part),
        cmocka_unit_test(block_is_philox_of_its_counter),
        cmocka_unit_test(a_run_is_made_of_blocks),
        cmocka_unit_test(unit_is_in_its_range),
        cmocka_unit_test(permutation_holds_each_once),
        cmocka_unit_test(permutation_repeats_and_follows_its_arguments),
        cmocka_unit_test(permutation_is_unbiased),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
