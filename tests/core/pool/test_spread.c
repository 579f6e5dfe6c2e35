#include "spread.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <sched.h>

#include <cmocka.h>

enum { OTHERS = 2, OWN = 0 };

static cpu_set_t allowed_now(void) {
    cpu_set_t set;
    assert_int_equal(sched_getaffinity(0, sizeof set, &set), 0);
    return set;
}

static bp_place *nowhere(bp_place places[1 + OTHERS]) {
    for (size_t i = 0; i <= OTHERS; i++) {
        bp_spread_forget(&places[i]);
    }
    return places;
}

static void who_meets_another_moves_and_stays_free(void **state) {
    (void)state;
    bp_place storage[1 + OTHERS], *places = nowhere(storage);
    cpu_set_t before = allowed_now();
    for (int i = 0; i < 20; i++) {
        const int here = sched_getcpu();
        atomic_store(&places[1].processor, here);
        bp_spread_apart(places, 1 + OTHERS, OWN);
        const int own = atomic_load(&places[OWN].processor);
        /* the kernel may have moved it in between, before or after */
        assert_true(CPU_COUNT(&before) == 1 || own != here || sched_getcpu() != here);
        cpu_set_t after = allowed_now();
        assert_true(CPU_EQUAL(&before, &after));
    }
}

static void nobody_moves_where_there_is_no_place(void **state) {
    (void)state;
    bp_place storage[1 + OTHERS], *places = nowhere(storage);
    cpu_set_t before = allowed_now(), one;
    CPU_ZERO(&one);
    CPU_SET((size_t)sched_getcpu(), &one);
    assert_int_equal(sched_setaffinity(0, sizeof one, &one), 0);
    const int here = sched_getcpu();
    bp_spread_note(&places[2]);
    bp_spread_apart(places, 1 + OTHERS, OWN);
    assert_int_equal(atomic_load(&places[OWN].processor), here);
    cpu_set_t after = allowed_now();
    assert_true(CPU_EQUAL(&one, &after));
    assert_int_equal(sched_setaffinity(0, sizeof before, &before), 0);
}

static void who_is_alone_or_beside_sleepers_only_notes(void **state) {
    (void)state;
    bp_place storage[1 + OTHERS], *places = nowhere(storage);
    bp_spread_apart(places, 1 + OTHERS, OWN);
    assert_true(atomic_load(&places[OWN].processor) >= 0);
    bp_spread_forget(&places[OWN]);
    assert_int_equal(atomic_load(&places[OWN].processor), BP_NOWHERE);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_meets_another_moves_and_stays_free),
        cmocka_unit_test(nobody_moves_where_there_is_no_place),
        cmocka_unit_test(who_is_alone_or_beside_sleepers_only_notes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
