/* How workers are dealt, and the pool of a lane. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lane.h"

enum { MOST_JOBS = 6 };

static void workers_are_dealt_evenly_up_to_the_caps(void **state) {
    (void)state;
    static const struct {
        size_t workers, count, most[MOST_JOBS], share[MOST_JOBS];
    } cases[] = {
        {1, 1, {1}, {1}},
        {8, 1, {99}, {8}},
        {8, 1, {3}, {3}},
        {8, 2, {99, 99}, {4, 4}},
        {8, 3, {99, 99, 99}, {3, 3, 2}}, /* what is left over: to the first */
        {7, 4, {99, 99, 99, 99}, {2, 2, 2, 1}},
        {8, 3, {1, 99, 99}, {1, 4, 3}}, /* what one may not have goes to the others */
        {8, 3, {2, 1, 99}, {2, 1, 5}},
        {8, 3, {2, 2, 2}, {2, 2, 2}}, /* and where none may, it rests */
        {4, 4, {99, 99, 99, 99}, {1, 1, 1, 1}},
        {6, 5, {1, 1, 1, 1, 2}, {1, 1, 1, 1, 2}},
        {5, 0, {0}, {0}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        size_t share[MOST_JOBS] = {0};
        bp_deal_workers(cases[i].workers, cases[i].count, cases[i].most, share);
        assert_memory_equal(share, cases[i].share, sizeof share);
    }
}

static void any_deal_is_fair(void **state) {
    (void)state;
    uint32_t draw = 1;
    for (int round = 0; round < 2000; round++) {
        size_t most[MOST_JOBS], share[MOST_JOBS] = {0}, sum = 0, wanted = 0;
        const size_t count = 1 + (size_t)round % MOST_JOBS;
        const size_t workers = count + (size_t)round % 17;
        for (size_t i = 0; i < count; i++) {
            draw = draw * 1664525u + 1013904223u;
            most[i] = 1 + (draw >> 24) % 9;
            wanted += most[i];
        }
        bp_deal_workers(workers, count, most, share);
        for (size_t i = 0; i < count; i++) {
            assert_in_range(share[i], 1, most[i]);
            sum += share[i];
            for (size_t j = 0; j < count;
                 j++) { /* nobody has two more than one who may have more */
                assert_true(share[j] == most[j] || share[i] <= share[j] + 1);
            }
        }
        assert_int_equal(sum, workers < wanted ? workers : wanted);
    }
}

static void the_pool_grows_and_stays(void **state) {
    (void)state;
    bp_lane lane = {0};
    bp_pool *first = bp_lane_pool(&lane, 2);
    assert_non_null(first);
    assert_int_equal(bp_pool_threads(first), 2);
    assert_ptr_equal(bp_lane_pool(&lane, 1), first); /* large enough */
    assert_ptr_equal(bp_lane_pool(&lane, 2), first);
    assert_true(bp_pool_threads(bp_lane_pool(&lane, 4)) >= 4);
    bp_lane_clear(&lane);
    assert_null(lane.pool);
    bp_lane_clear(&lane);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(workers_are_dealt_evenly_up_to_the_caps),
        cmocka_unit_test(any_deal_is_fair),
        cmocka_unit_test(the_pool_grows_and_stays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
