#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "clock.h"
#include "connection_watch.h"

static const bp_watch_limits limits = {
    .header_ms = 200, .idle_ms = 500, .body_grace_ms = 200, .body_bytes_per_second = 1000};

static atomic_int reaped;

static void on_reap(void *context, const char *reason) {
    (void)context;
    assert_non_null(reason);
    atomic_fetch_add(&reaped, 1);
}

typedef struct watched {
    bp_watch *watch;
    bp_watch_entry *entry;
    int ours, theirs;
} watched;

static watched begin(void) {
    watched it = {0};
    int pair[2];
    atomic_store(&reaped, 0);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    it.ours = pair[0];
    it.theirs = pair[1];
    const struct timeval patience = {.tv_sec = 10};
    assert_int_equal(setsockopt(it.theirs, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience), 0);
    assert_int_equal(bp_watch_new(&it.watch, &limits, on_reap, NULL, NULL), BP_OK);
    it.entry = bp_watch_add(it.watch, it.ours);
    assert_non_null(it.entry);
    return it;
}

static void end(watched *it) {
    bp_watch_remove(it->watch, it->entry);
    bp_watch_free(it->watch);
    close(it->ours);
    close(it->theirs);
}

static void nap(unsigned ms) {
    const struct timespec time = {.tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000};
    nanosleep(&time, NULL);
}

/* Milliseconds until the watched end was shut, from `since`. */
static double wait_shut(const watched *it, double since) {
    char byte;
    assert_int_equal(recv(it->theirs, &byte, 1, 0), 0);
    return (bp_clock_seconds() - since) * 1e3;
}

static void late_headers_are_reaped_once(void **state) {
    (void)state;
    double since = bp_clock_seconds();
    watched it = begin();
    nap(100);
    bp_watch_enter(it.watch, it.entry, BP_WATCH_HEADERS); /* the first line renews nothing */
    double ms = wait_shut(&it, since);
    assert_true(ms >= 200 && ms < 5000);
    nap(150);
    assert_int_equal(atomic_load(&reaped), 1);
    end(&it);
}

static void an_idle_connection_is_reaped(void **state) {
    (void)state;
    watched it = begin();
    bp_watch_enter(it.watch, it.entry, BP_WATCH_IDLE);
    double ms = wait_shut(&it, bp_clock_seconds());
    assert_true(ms >= 400 && ms < 5000);
    end(&it);
}

static void a_slow_body_is_reaped(void **state) {
    (void)state;
    watched it = begin();
    bp_watch_enter(it.watch, it.entry, BP_WATCH_BODY);
    bp_watch_received(it.watch, it.entry, 400); /* enough for 0.4 s */
    double ms = wait_shut(&it, bp_clock_seconds());
    assert_true(ms >= 350 && ms < 5000);
    end(&it);
}

static void a_fast_body_and_a_slow_server_are_left_alone(void **state) {
    (void)state;
    watched it = begin();
    bp_watch_enter(it.watch, it.entry, BP_WATCH_BODY);
    bp_watch_received(it.watch, it.entry, 1000000);
    nap(700);
    bp_watch_enter(it.watch, it.entry, BP_WATCH_SERVING);
    nap(700);
    assert_int_equal(atomic_load(&reaped), 0);
    end(&it);
}

static void the_watch_sleeps_while_there_is_nothing(void **state) {
    (void)state;
    bp_watch *watch = NULL;
    assert_int_equal(bp_watch_new(&watch, &limits, NULL, NULL, NULL), BP_OK);
    nap(20);
    struct timespec before, after;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &before);
    nap(500);
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &after);
    double used =
        (double)(after.tv_sec - before.tv_sec) + (double)(after.tv_nsec - before.tv_nsec) * 1e-9;
    assert_true(used < 0.05);
    bp_watch_free(watch);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(late_headers_are_reaped_once),
        cmocka_unit_test(an_idle_connection_is_reaped),
        cmocka_unit_test(a_slow_body_is_reaped),
        cmocka_unit_test(a_fast_body_and_a_slow_server_are_left_alone),
        cmocka_unit_test(the_watch_sleeps_while_there_is_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
