/* The thread that writes: its order, what is tried again, how it closes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>
#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

#include "clock.h"
#include "keeper.h"

enum { MANY = 600, WAITING_AT_MOST = 256 };

typedef struct diary {
    bp_keeper *keeper;
    int told[MANY]; /* written by the keeper's thread, read once it is closed */
    atomic_size_t count;
    pthread_mutex_t gate; /* an errand that waits at it holds the keeper up */
} diary;

typedef struct errand {
    bp_errand base; /* first: the keeper's */
    diary *diary;
    int number, again; /* how often it wants to be tried again */
    double seconds;    /* after which */
    bool refused;      /* the keeper did not take it again */
} errand;

static void note(const errand *self) {
    const size_t at = atomic_fetch_add(&self->diary->count, 1);
    if (at < MANY) {
        self->diary->told[at] = self->number;
    }
}

static void write_down(bp_errand *base) {
    errand *self = (errand *)base;
    note(self);
    if (self->again > 0) {
        self->again--;
        self->refused = !bp_keeper_try_again(self->diary->keeper, base, self->seconds);
    }
}

static void write_and_free(bp_errand *base) {
    note((errand *)base);
    free(base);
}

static void wait_at_the_gate(bp_errand *base) {
    errand *self = (errand *)base;
    pthread_mutex_lock(&self->diary->gate);
    pthread_mutex_unlock(&self->diary->gate);
    note(self);
}

static void rest(long ms) {
    nanosleep(&(struct timespec){.tv_nsec = ms * 1000000}, NULL);
}

static void write_slowly(bp_errand *base) {
    rest(60);
    note((errand *)base);
}

static void open_diary(diary *made) {
    bp_error err = {0};
    *made = (diary){.gate = PTHREAD_MUTEX_INITIALIZER};
    assert_int_equal(bp_keeper_new(&made->keeper, &err), BP_OK);
}

static void wait_for(const diary *made, size_t count) {
    const double since = bp_clock_seconds();
    while (atomic_load(&made->count) < count && bp_clock_seconds() - since < 30) {
        rest(1);
    }
    assert_true(atomic_load(&made->count) >= count);
}

/* --- tests ---------------------------------------------------------------------------------- */

static void what_comes_first_is_done_first(void **state) {
    (void)state;
    diary made;
    open_diary(&made);
    for (int i = 0; i < MANY; i++) {
        errand *each = malloc(sizeof *each);
        assert_non_null(each);
        *each = (errand){.base.run = write_and_free, .diary = &made, .number = i};
        bp_keeper_hand_over(made.keeper, &each->base);
    }
    bp_keeper_free(made.keeper); /* does what is left */
    assert_int_equal(made.count, MANY);
    for (int i = 0; i < MANY; i++) {
        assert_int_equal(made.told[i], i);
    }
}

static void what_failed_is_tried_again_when_it_is_due(void **state) {
    (void)state;
    diary made;
    open_diary(&made);
    errand late = {.base.run = write_down, .diary = &made, .number = 1, .again = 1, .seconds = 0.2};
    errand soon = {
        .base.run = write_down, .diary = &made, .number = 2, .again = 2, .seconds = 0.02};
    errand once = {.base.run = write_down, .diary = &made, .number = 3};
    const double since = bp_clock_seconds();
    bp_keeper_hand_over(made.keeper, &late.base);
    bp_keeper_hand_over(made.keeper, &soon.base);
    bp_keeper_hand_over(made.keeper, &once.base); /* is not held up by the others */
    wait_for(&made, 6);
    assert_true(bp_clock_seconds() - since >= 0.2);
    bp_keeper_free(made.keeper);
    static const int expected[] = {1, 2, 3, 2, 2, 1};
    assert_int_equal(made.count, 6);
    assert_memory_equal(made.told, expected, sizeof expected);
}

/* However late the keeper comes to them. */
static void what_is_due_first_is_tried_first(void **state) {
    (void)state;
    diary made;
    open_diary(&made);
    errand first = {
        .base.run = write_down, .diary = &made, .number = 1, .again = 1, .seconds = 0.01};
    errand second = {
        .base.run = write_down, .diary = &made, .number = 2, .again = 1, .seconds = 0.02};
    errand gate = {.base.run = wait_at_the_gate, .diary = &made, .number = 3};
    errand slow = {.base.run = write_slowly, .diary = &made, .number = 4};
    pthread_mutex_lock(&made.gate); /* until all are handed over */
    bp_keeper_hand_over(made.keeper, &gate.base);
    bp_keeper_hand_over(made.keeper, &first.base);
    bp_keeper_hand_over(made.keeper, &second.base);
    bp_keeper_hand_over(made.keeper, &slow.base); /* after it both are due */
    pthread_mutex_unlock(&made.gate);
    wait_for(&made, 6);
    bp_keeper_free(made.keeper);
    static const int expected[] = {3, 1, 2, 4, 1, 2};
    assert_memory_equal(made.told, expected, sizeof expected);
}

static void closing_tries_a_last_time(void **state) {
    (void)state;
    diary made;
    open_diary(&made);
    errand later = {
        .base.run = write_down, .diary = &made, .number = 1, .again = 2, .seconds = 3600};
    bp_keeper_hand_over(made.keeper, &later.base);
    wait_for(&made, 1);
    const double since = bp_clock_seconds();
    bp_keeper_close(made.keeper);
    assert_true(bp_clock_seconds() - since < 30);
    assert_int_equal(made.count, 2); /* at once, and that was the last */
    assert_true(later.refused);
    assert_false(bp_keeper_try_again(made.keeper, &later.base, 0)); /* it can still be asked */
    bp_keeper_free(made.keeper);
    assert_int_equal(made.count, 2);
}

typedef struct hands {
    errand *errands;
    atomic_int over; /* handed over so far */
} hands;

static void *hand_over_counting(void *argument) {
    hands *self = argument;
    for (int i = 0; i < MANY / 2; i++) {
        bp_keeper_hand_over(self->errands[i].diary->keeper, &self->errands[i].base);
        atomic_fetch_add(&self->over, 1);
    }
    return NULL;
}

/* A disk that stands still: the 256th waits, who brings the next waits too. */
static void who_brings_very_many_waits(void **state) {
    (void)state;
    diary made;
    open_diary(&made);
    errand *errands = calloc(MANY / 2, sizeof *errands);
    assert_non_null(errands);
    for (int i = 0; i < MANY / 2; i++) {
        errands[i] = (errand){.base.run = wait_at_the_gate, .diary = &made, .number = i};
    }
    hands self = {.errands = errands};
    pthread_t thread;
    pthread_mutex_lock(&made.gate);
    assert_int_equal(pthread_create(&thread, NULL, hand_over_counting, &self), 0);
    const int most = WAITING_AT_MOST + 1; /* one of them is being done */
    while (atomic_load(&self.over) < most) {
        rest(1);
    }
    rest(50);
    assert_int_equal(atomic_load(&self.over), most);
    pthread_mutex_unlock(&made.gate);
    pthread_join(thread, NULL);
    bp_keeper_free(made.keeper);
    assert_int_equal(made.count, MANY / 2);
    free(errands);
}

static void nothing_is_freed_too(void **state) {
    (void)state;
    bp_keeper_close(NULL);
    bp_keeper_free(NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_comes_first_is_done_first),
        cmocka_unit_test(what_failed_is_tried_again_when_it_is_due),
        cmocka_unit_test(what_is_due_first_is_tried_first),
        cmocka_unit_test(closing_tries_a_last_time),
        cmocka_unit_test(who_brings_very_many_waits),
        cmocka_unit_test(nothing_is_freed_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
