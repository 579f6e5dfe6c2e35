/* A history cut to size keeps its order, its ends and its spikes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdlib.h>

#include "philox.h"
#include "thinning.h"

enum { MOST = 5000 };

/* Losses drawn from the seed; every seventh seed has no validation, some points no loss. */
static void draw(bp_job_point *points, size_t count, uint32_t seed) {
    for (size_t i = 0; i < count; i++) {
        uint32_t words[4];
        bp_random_block(seed, BP_STREAM_SAMPLE, 0, i, words);
        points[i] = (bp_job_point){
            .epoch = i + 1,
            .train_loss = words[3] % 11 == 0 ? (double)NAN : (double)bp_random_unit(words[0]),
            .validation_loss = seed % 7 == 0 ? (double)NAN : (double)bp_random_unit(words[1])};
    }
}

static bool holds(const bp_job_point *points, size_t count, double value, bool validation) {
    for (size_t i = 0; i < count; i++) {
        if ((validation ? points[i].validation_loss : points[i].train_loss) == value) {
            return true;
        }
    }
    return false;
}

static void check_extremes(const bp_job_point *all, size_t count, const bp_job_point *kept,
                           size_t used) {
    for (int validation = 0; validation < 2; validation++) {
        double low = (double)NAN, high = (double)NAN;
        for (size_t i = 0; i < count; i++) {
            double loss = validation ? all[i].validation_loss : all[i].train_loss;
            low = fmin(low, loss);
            high = fmax(high, loss);
        }
        assert_true(isnan(low) || holds(kept, used, low, validation));
        assert_true(isnan(high) || holds(kept, used, high, validation));
    }
}

static void check(size_t count, size_t limit, uint32_t seed) {
    static bp_job_point all[MOST], kept[MOST];
    draw(all, count, seed);
    draw(kept, count, seed);
    size_t used = bp_thin_points(kept, count, limit);
    assert_true(used <= limit && used <= count);
    if (count <= limit) {
        assert_int_equal(used, count);
    }
    assert_int_equal(kept[used - 1].epoch, count); /* the last point, always */
    for (size_t i = 0; i < used; i++) {
        const bp_job_point *original = &all[kept[i].epoch - 1];
        assert_memory_equal(original, &kept[i], sizeof kept[i]);
        assert_true(i == 0 || kept[i].epoch > kept[i - 1].epoch);
    }
    if (limit >= 6) {
        assert_int_equal(kept[0].epoch, 1);
        check_extremes(all, count, kept, used);
    }
}

static void test_all_sizes(void **state) {
    (void)state;
    uint32_t seed = 0;
    for (size_t count = 1; count < 60; count++) {
        for (size_t limit = 1; limit < 70; limit++) {
            check(count, limit, seed++);
        }
    }
    check(MOST, 1000, 1);
    check(MOST, 6, 2);
    check(MOST, MOST - 1, 3);
}

static void test_nothing_at_all(void **state) {
    (void)state;
    bp_job_point none;
    assert_int_equal(bp_thin_points(&none, 0, 1), 0);
}

/* The jump just before a divergence is what one looks for. */
static void test_infinite_loss_is_a_maximum(void **state) {
    (void)state;
    static bp_job_point points[1000];
    draw(points, 1000, 1);
    points[700].train_loss = (double)INFINITY;
    size_t used = bp_thin_points(points, 1000, 10);
    assert_true(holds(points, used, (double)INFINITY, false));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_sizes),
        cmocka_unit_test(test_nothing_at_all),
        cmocka_unit_test(test_infinite_loss_is_a_maximum),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
