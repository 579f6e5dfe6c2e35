#include "pool.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { MOST_TASKS = 200, MOST_THREADS = 8 };

typedef struct record {
    unsigned
        runs[MOST_TASKS]; /* plain on purpose: a lost or doubled task is a race that TSan sees */
    atomic_uint worker_out_of_range;
    size_t workers;
} record;

static void count_run(void *context, size_t task, size_t worker) {
    record *r = context;
    r->runs[task]++;
    if (worker >= r->workers) {
        atomic_fetch_add(&r->worker_out_of_range, 1);
    }
}

static void every_task_runs_once(void **state) {
    (void)state;
    for (size_t threads = 1; threads <= MOST_THREADS; threads++) {
        bp_pool *pool;
        assert_int_equal(bp_pool_new(&pool, threads, NULL), BP_OK);
        assert_int_equal(bp_pool_threads(pool), threads);
        for (size_t phase = 0; phase < 300; phase++) {
            record r = {.workers = 1 + phase % threads};
            size_t tasks = phase * 37 % MOST_TASKS;
            bp_pool_run(pool, r.workers, count_run, &r, tasks);
            for (size_t i = 0; i < MOST_TASKS; i++) {
                assert_int_equal(r.runs[i], i < tasks);
            }
            assert_int_equal(atomic_load(&r.worker_out_of_range), 0);
        }
        bp_pool_free(pool);
    }
}

static void every_task_of_uneven_ranges_runs_once(void **state) {
    (void)state;
    const size_t ranges[][5] = {
        {0, 1, 2, 3, 4}, {0, 0, 0, 0, 1}, {0, 150, 150, 160, 200}, {0, 0, 7, 7, 7}, {0, 0, 0, 0, 0},
    };
    bp_pool *pool;
    assert_int_equal(bp_pool_new(&pool, 4, NULL), BP_OK);
    for (size_t phase = 0; phase < 2000; phase++) {
        const size_t *first = ranges[phase % 5];
        record r = {.workers = 1 + phase % 4};
        bp_pool_run_ranges(pool, r.workers, first, count_run, &r);
        for (size_t i = 0; i < MOST_TASKS; i++) {
            assert_int_equal(r.runs[i], i < first[r.workers]);
        }
        assert_int_equal(atomic_load(&r.worker_out_of_range), 0);
    }
    bp_pool_free(pool);
}

/* Each phase reads what other workers wrote in the one before. */
typedef struct relay {
    uint64_t cells[2][MOST_TASKS];
    size_t from;
} relay;

static void add_neighbours(void *context, size_t task, size_t worker) {
    (void)worker;
    relay *r = context;
    const uint64_t *in = r->cells[r->from];
    r->cells[1 - r->from][task] = in[task] * 3 + in[(task + MOST_TASKS / 2) % MOST_TASKS];
}

static uint64_t relay_result(size_t threads, size_t phases) {
    bp_pool *pool;
    assert_int_equal(bp_pool_new(&pool, threads, NULL), BP_OK);
    relay *r = calloc(1, sizeof *r);
    assert_non_null(r);
    for (size_t i = 0; i < MOST_TASKS; i++) {
        r->cells[0][i] = i;
    }
    for (size_t phase = 0; phase < phases; phase++) {
        bp_pool_run(pool, threads, add_neighbours, r, MOST_TASKS);
        r->from = 1 - r->from;
        if (phase % 500 == 0) {
            usleep(300); /* long enough for the workers to fall asleep */
        }
    }
    uint64_t hash = 0;
    for (size_t i = 0; i < MOST_TASKS; i++) {
        hash = hash * 31 + r->cells[r->from][i];
    }
    free(r);
    bp_pool_free(pool);
    return hash;
}

static void phases_see_each_other(void **state) {
    (void)state;
    const size_t phases = 5000;
    uint64_t alone = relay_result(1, phases);
    for (size_t threads = 2; threads <= 5; threads++) {
        assert_true(relay_result(threads, phases) == alone);
    }
}

static void pools_come_and_go(void **state) {
    (void)state;
    for (int i = 0; i < 50; i++) {
        bp_pool *pool;
        assert_int_equal(bp_pool_new(&pool, 4, NULL), BP_OK);
        record r = {.workers = 4};
        if (i % 2) {
            bp_pool_run(pool, 4, count_run, &r, 4);
        }
        bp_pool_free(pool);
    }
    bp_pool_free(NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_task_runs_once),
        cmocka_unit_test(every_task_of_uneven_ranges_runs_once),
        cmocka_unit_test(phases_see_each_other),
        cmocka_unit_test(pools_come_and_go),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
