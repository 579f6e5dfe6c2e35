#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "deferred_work.h"

typedef struct piece {
    bp_deferred_task task;
    atomic_int ran, dropped;
    pthread_mutex_t *gate; /* NULL: does not wait */
    atomic_int *entered;
} piece;

static void run(void *context) {
    piece *it = context;
    atomic_fetch_add(&it->ran, 1);
    if (it->gate != NULL) {
        atomic_fetch_add(it->entered, 1);
        pthread_mutex_lock(it->gate);
        pthread_mutex_unlock(it->gate);
    }
}

static void drop(void *context) {
    piece *it = context;
    atomic_fetch_add(&it->dropped, 1);
}

static void *close_it(void *deferred) {
    bp_deferred_close(deferred);
    return NULL;
}

static void every_task_runs_once(void **state) {
    (void)state;
    enum { PIECES = 2000 };
    piece *pieces = calloc(PIECES, sizeof *pieces);
    bp_deferred *deferred = NULL;
    assert_non_null(pieces);
    assert_int_equal(bp_deferred_new(&deferred, 3, 16, NULL), BP_OK);
    for (size_t i = 0; i < PIECES; i++) {
        pieces[i].task = (bp_deferred_task){.run = run, .drop = drop, .context = &pieces[i]};
        while (!bp_deferred_submit(deferred, &pieces[i].task))
            sched_yield();
    }
    bp_deferred_free(deferred);
    for (size_t i = 0; i < PIECES; i++)
        assert_int_equal(pieces[i].ran + pieces[i].dropped, 1);
    free(pieces);
}

static void a_full_queue_takes_no_more_and_closing_drops_what_waits(void **state) {
    (void)state;
    pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
    atomic_int entered = 0;
    piece pieces[4];
    memset(pieces, 0, sizeof pieces);
    bp_deferred *deferred = NULL;
    assert_int_equal(bp_deferred_new(&deferred, 1, 2, NULL), BP_OK);
    pthread_mutex_lock(&gate);
    for (size_t i = 0; i < 4; i++)
        pieces[i].task = (bp_deferred_task){.run = run, .drop = drop, .context = &pieces[i]};
    pieces[0].gate = &gate;
    pieces[0].entered = &entered;
    assert_true(bp_deferred_submit(deferred, &pieces[0].task));
    while (atomic_load(&entered) == 0)
        sched_yield();
    assert_true(bp_deferred_submit(deferred, &pieces[1].task));
    assert_true(bp_deferred_submit(deferred, &pieces[2].task));
    assert_false(bp_deferred_submit(deferred, &pieces[3].task));

    /* Closing waits for the running task, so another thread closes; the waiting ones are dropped
     * before the running one ends. */
    pthread_t closer;
    assert_int_equal(pthread_create(&closer, NULL, close_it, deferred), 0);
    while (atomic_load(&pieces[1].dropped) + atomic_load(&pieces[2].dropped) < 2)
        sched_yield();
    assert_false(bp_deferred_submit(deferred, &pieces[3].task));
    pthread_mutex_unlock(&gate);
    assert_int_equal(pthread_join(closer, NULL), 0);
    bp_deferred_free(deferred);
    assert_int_equal(pieces[0].ran, 1);
    assert_int_equal(pieces[0].dropped, 0);
    assert_int_equal(pieces[1].ran + pieces[2].ran, 0);
    assert_int_equal(pieces[3].ran + pieces[3].dropped, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_task_runs_once),
        cmocka_unit_test(a_full_queue_takes_no_more_and_closing_drops_what_waits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
