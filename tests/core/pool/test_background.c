#include "background.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>

#include <cmocka.h>

#include "pool.h"

enum { THREADS = 3, WORST = 19 };

static int own_nice(void) {
    return getpriority(PRIO_PROCESS, 0);
}

static void note_nice(void *context) {
    *(int *)context = own_nice();
}

static void an_errand_runs_behind_its_caller(void **state) {
    (void)state;
    int before = own_nice(), inside = -100;
    assert_int_equal(bp_background_run(note_nice, &inside, NULL), BP_OK);
    assert_true(before == WORST || inside > before);
    assert_int_equal(own_nice(), before);
}

static void enter_often(void *context) {
    for (int i = 0; i < 40; i++) {
        bp_background_enter();
    }
    note_nice(context);
}

static void the_last_place_is_no_error(void **state) {
    (void)state;
    int inside = -100;
    assert_int_equal(bp_background_run(enter_often, &inside, NULL), BP_OK);
    assert_int_equal(inside, WORST);
}

typedef struct roll {
    atomic_int nice[THREADS];
    atomic_uint met;
} roll;

/* Waits for the others, so that every worker has one. */
static void note_worker(void *context, size_t task, size_t worker) {
    (void)task;
    roll *r = context;
    atomic_store(&r->nice[worker], own_nice());
    atomic_fetch_add(&r->met, 1);
    while (atomic_load(&r->met) < THREADS) {
    }
}

static void call_roll(roll *r, bp_status (*make)(bp_pool **, size_t, bp_error *)) {
    bp_pool *pool;
    assert_int_equal(make(&pool, THREADS, NULL), BP_OK);
    bp_pool_run(pool, THREADS, note_worker, r, THREADS);
    bp_pool_free(pool);
    assert_int_equal(atomic_load(&r->nice[0]), own_nice()); /* the caller, who stays as it was */
}

static void workers_of_a_background_pool_are_behind(void **state) {
    (void)state;
    roll usual = {0}, behind = {0};
    call_roll(&usual, bp_pool_new);
    call_roll(&behind, bp_pool_new_background);
    for (size_t i = 1; i < THREADS; i++) {
        assert_int_equal(atomic_load(&usual.nice[i]), own_nice());
        assert_true(own_nice() == WORST || atomic_load(&behind.nice[i]) > own_nice());
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_errand_runs_behind_its_caller),
        cmocka_unit_test(the_last_place_is_no_error),
        cmocka_unit_test(workers_of_a_background_pool_are_behind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
