/* The order in which jobs wait. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "job_queue.h"

static int jobs[512];

static bp_job_place place(int priority, uint64_t id) {
    return (bp_job_place){.priority = priority, .id = id, .job = &jobs[id]};
}

static void by_priority_and_then_by_id(void **state) {
    (void)state;
    static const struct {
        int priority;
        uint64_t id;
    } put[] = {{0, 5}, {0, 2}, {10, 9}, {-3, 1}, {10, 4}, {0, 7}, {100, 8}};
    static const uint64_t expected[] = {8, 4, 9, 2, 5, 7, 1};
    bp_job_queue queue = {0};
    assert_int_equal(bp_job_queue_reserve(&queue, 7, NULL), BP_OK);
    for (size_t i = 0; i < 7; i++) {
        const bp_job_place each = place(put[i].priority, put[i].id);
        const size_t foreseen = bp_job_queue_place(&queue, &each);
        bp_job_queue_insert(&queue, &each);
        assert_int_equal(bp_job_queue_find(&queue, each.job), foreseen);
    }
    for (size_t i = 0; i < 7; i++) {
        assert_int_equal(queue.place[i].id, expected[i]);
    }
    bp_job_queue_remove(&queue, 0);
    bp_job_queue_remove(&queue, 2);
    static const uint64_t left[] = {4, 9, 5, 7, 1};
    assert_int_equal(queue.count, 5);
    for (size_t i = 0; i < 5; i++) {
        assert_int_equal(queue.place[i].id, left[i]);
    }
    assert_int_equal(bp_job_queue_find(&queue, &jobs[8]), queue.count); /* it is not there */
    bp_job_queue_clear(&queue);
    assert_int_equal(queue.count, 0);
    bp_job_queue_clear(&queue);
}

static void room_is_made_before(void **state) {
    (void)state;
    bp_job_queue queue = {0};
    for (uint64_t id = 1; id < 500; id++) {
        assert_int_equal(bp_job_queue_reserve(&queue, id, NULL), BP_OK);
        assert_true(queue.capacity >= id);
        const bp_job_place each = place((int)(id % 7), id);
        bp_job_queue_insert(&queue, &each);
    }
    for (size_t i = 1; i < queue.count; i++) {
        const bp_job_place *a = &queue.place[i - 1], *b = &queue.place[i];
        assert_true(a->priority > b->priority || (a->priority == b->priority && a->id < b->id));
    }
    const size_t room = queue.capacity;
    assert_int_equal(bp_job_queue_reserve(&queue, 1, NULL), BP_OK); /* never smaller */
    assert_int_equal(queue.capacity, room);
    bp_job_queue_clear(&queue);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(by_priority_and_then_by_id),
        cmocka_unit_test(room_is_made_before),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
