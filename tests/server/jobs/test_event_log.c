/* A job's log of events: what is seen when, and who is told. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "event_log.h"

static int make(void **state) {
    bp_event_log *log = NULL;
    int failed = bp_event_log_new(&log, NULL) != BP_OK;
    *state = log;
    return failed;
}

static int drop(void **state) {
    bp_event_log_unref(*state);
    return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make, drop)

static uint64_t append(bp_event_log *log, bp_event_type type) {
    uint64_t sequence = 0;
    assert_int_equal(bp_event_log_append(log, type, 1.5, strdup("{}"), &sequence, NULL), BP_OK);
    return sequence;
}

static void types_have_names_and_meanings(void **state) {
    (void)state;
    assert_string_equal(bp_event_type_name(BP_EVENT_QUEUED), "queued");
    assert_string_equal(bp_event_type_name(BP_EVENT_CANCELLED), "cancelled");
    assert_string_equal(bp_event_type_name(BP_EVENT_TYPE_COUNT), "unknown");
    for (int type = 0; type < BP_EVENT_TYPE_COUNT; type++)
        assert_true(strlen(bp_event_type_meaning((bp_event_type)type)) > 10);
}

static void events_are_seen_once_they_are_committed(void **state) {
    bp_event_log *log = *state;
    bp_event seen[4];
    bp_event_view view;
    assert_int_equal(bp_event_log_read(log, 0, seen, 4, &view), 0);
    assert_int_equal(view.last, 0);
    assert_int_equal(append(log, BP_EVENT_QUEUED), 1);
    assert_int_equal(append(log, BP_EVENT_EPOCH), 2);
    assert_int_equal(append(log, BP_EVENT_WARNING), 3);
    assert_int_equal(bp_event_log_read(log, 0, seen, 4, &view), 0);
    bp_event_log_commit(log, 2);
    assert_int_equal(bp_event_log_read(log, 0, seen, 4, &view), 2);
    assert_int_equal(seen[1].sequence, 2);
    assert_int_equal(seen[1].type, BP_EVENT_EPOCH);
    assert_true(seen[1].at == 1.5);
    assert_string_equal(seen[1].data, "{}");
    assert_int_equal(view.last, 2);
    assert_int_equal(view.last_epoch, 2);
    assert_false(view.closed);
    bp_event_log_commit(log, 1); /* late: takes nothing back */
    assert_int_equal(bp_event_log_read(log, 0, seen, 4, &view), 2);
    bp_event_log_commit(log, 99);
    assert_int_equal(bp_event_log_read(log, 2, seen, 4, &view), 1);
    assert_int_equal(seen[0].sequence, 3);
    assert_int_equal(view.last, 3);
}

static void a_read_is_limited_and_goes_on(void **state) {
    bp_event_log *log = *state;
    bp_event seen[3];
    bp_event_view view;
    for (int i = 0; i < 100; i++)
        bp_event_log_commit(log, append(log, i % 2 == 0 ? BP_EVENT_EPOCH : BP_EVENT_WARNING));
    uint64_t after = 0;
    size_t count, total = 0;
    while ((count = bp_event_log_read(log, after, seen, 3, &view)) > 0) {
        for (size_t i = 0; i < count; i++)
            assert_int_equal(seen[i].sequence, after + i + 1);
        after = seen[count - 1].sequence;
        total += count;
    }
    assert_int_equal(total, 100);
    assert_int_equal(view.last_epoch, 99);
    assert_int_equal(bp_event_log_read(log, UINT64_MAX, seen, 3, &view), 0);
}

static void what_is_restored_is_seen_and_goes_on(void **state) {
    bp_event_log *log = *state;
    const bp_event kept[] = {
        {.sequence = 3, .at = 1, .type = BP_EVENT_EPOCH, .data = strdup("{\"epoch\":1}")},
        {.sequence = 7, .at = 2, .type = BP_EVENT_WARNING, .data = strdup("{}")}};
    bp_event seen[4];
    bp_event_view view;
    assert_int_equal(bp_event_log_restore(log, kept, 2, NULL), BP_OK);
    assert_int_equal(bp_event_log_read(log, 0, seen, 4, &view), 2);
    assert_int_equal(view.last, 7);
    assert_int_equal(view.last_epoch, 3);
    assert_int_equal(append(log, BP_EVENT_FAILED), 8);
    assert_int_equal(bp_event_log_read(log, 5, seen, 4, &view), 1);
}

static void count_notice(void *context) {
    atomic_fetch_add((atomic_int *)context, 1);
}

static void watchers_are_told_of_changes(void **state) {
    bp_event_log *log = *state;
    atomic_int first = 0, second = 0;
    bp_event_watcher one = {.notice = count_notice, .context = &first};
    bp_event_watcher two = {.notice = count_notice, .context = &second};
    bp_event_log_watch(log, &one);
    bp_event_log_watch(log, &two);
    uint64_t sequence = append(log, BP_EVENT_QUEUED);
    assert_int_equal(first, 0);
    bp_event_log_commit(log, sequence);
    bp_event_log_commit(log, sequence); /* nothing new */
    assert_int_equal(first, 1);
    assert_int_equal(second, 1);
    bp_event_log_unwatch(log, &one);
    bp_event_log_close(log);
    bp_event_log_close(log);
    assert_int_equal(first, 1);
    assert_int_equal(second, 2);
    bp_event_log_unwatch(log, &two);
    bp_event_view view;
    assert_int_equal(bp_event_log_read(log, 1, NULL, 0, &view), 0);
    assert_true(view.closed);
}

/* --- threads -------------------------------------------------------------------------------- */

enum { EVENTS = 3000, READERS = 3 };

typedef struct reader {
    bp_event_log *log;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool told;
    uint64_t seen;
} reader;

static void tell_reader(void *context) {
    reader *one = context;
    pthread_mutex_lock(&one->lock);
    one->told = true;
    pthread_cond_signal(&one->changed);
    pthread_mutex_unlock(&one->lock);
}

static void *follow(void *context) {
    reader *one = context;
    bp_event_watcher watcher = {.notice = tell_reader, .context = one};
    bp_event_view view = {0};
    bp_event_log_watch(one->log, &watcher);
    while (!view.closed || one->seen < view.last) {
        bp_event events[16];
        size_t count = bp_event_log_read(one->log, one->seen, events, 16, &view);
        for (size_t i = 0; i < count; i++)
            one->seen += events[i].sequence == one->seen + 1 && strcmp(events[i].data, "{}") == 0;
        pthread_mutex_lock(&one->lock);
        while (count == 0 && !view.closed && !one->told)
            pthread_cond_wait(&one->changed, &one->lock);
        one->told = false;
        pthread_mutex_unlock(&one->lock);
    }
    bp_event_log_unwatch(one->log, &watcher);
    bp_event_log_unref(one->log);
    return NULL;
}

/* Watches and leaves at once, again and again: after unwatch its memory may go. */
static void *come_and_go(void *context) {
    for (int i = 0; i < 2000; i++) {
        atomic_int *count = malloc(sizeof *count);
        atomic_init(count, 0);
        bp_event_watcher watcher = {.notice = count_notice, .context = count};
        bp_event_log_watch(context, &watcher);
        bp_event_log_unwatch(context, &watcher);
        free(count);
    }
    return NULL;
}

static void readers_see_everything_in_order(void **state) {
    bp_event_log *log = *state;
    reader readers[READERS];
    pthread_t passer;
    for (int i = 0; i < READERS; i++) {
        readers[i] = (reader){.log = bp_event_log_ref(log)};
        pthread_mutex_init(&readers[i].lock, NULL);
        pthread_cond_init(&readers[i].changed, NULL);
        assert_int_equal(pthread_create(&readers[i].thread, NULL, follow, &readers[i]), 0);
    }
    assert_int_equal(pthread_create(&passer, NULL, come_and_go, log), 0);
    for (int i = 0; i < EVENTS; i++)
        bp_event_log_commit(log, append(log, BP_EVENT_EPOCH));
    pthread_join(passer, NULL);
    bp_event_log_close(log);
    for (int i = 0; i < READERS; i++) {
        pthread_join(readers[i].thread, NULL);
        assert_int_equal(readers[i].seen, EVENTS);
        pthread_cond_destroy(&readers[i].changed);
        pthread_mutex_destroy(&readers[i].lock);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(types_have_names_and_meanings),
        TEST(events_are_seen_once_they_are_committed),
        TEST(a_read_is_limited_and_goes_on),
        TEST(what_is_restored_is_seen_and_goes_on),
        TEST(watchers_are_told_of_changes),
        TEST(readers_see_everything_in_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
