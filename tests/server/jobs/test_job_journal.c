/* What is written of a job: events in order and without gaps, and a paused job as it was. */
#include <time.h>

#include "service_fixture.h"

enum { MOST_EVENTS = 1000 };

typedef struct told {
    bp_event_log *log;
    bp_event event[MOST_EVENTS];
    size_t count;
} told;

static void read_events(bp_service *service, uint64_t id, told *out) {
    bp_event_view view;
    EXPECT_OK(bp_service_find_events(service, id, &out->log, &err_));
    out->count = bp_event_log_read(out->log, 0, out->event, MOST_EVENTS, &view);
    for (size_t i = 0; i < out->count; i++) {
        assert_int_equal(out->event[i].sequence, i + 1);
    }
}

static void assert_same_events(const told *a, const told *b) {
    assert_int_equal(a->count, b->count);
    for (size_t i = 0; i < a->count; i++) {
        assert_int_equal(a->event[i].type, b->event[i].type);
        assert_true(a->event[i].at == b->event[i].at);
        assert_string_equal(a->event[i].data, b->event[i].data);
    }
}

static size_t count_type(const told *events, bp_event_type type) {
    size_t count = 0;
    for (size_t i = 0; i < events->count; i++) {
        count += events->event[i].type == type;
    }
    return count;
}

static uint64_t start_endless(bp_service *service, uint64_t checkpoint_steps) {
    bp_model_spec spec = classifier(8);
    put_dataset(service, "blobs", make_blobs(120, 4));
    create_model(service, "m", &spec);
    bp_job_request request = ask("m", "blobs", BP_MAX_EPOCHS);
    request.terms.checkpoint_steps = checkpoint_steps;
    request.terms.checkpoints_kept = 5;
    return start(service, &request);
}

static bp_job_info pause_job(bp_service *service, uint64_t id) {
    EXPECT_OK(bp_service_pause_job(service, id, &err_));
    return wait_for_state(service, id, BP_JOB_PAUSED);
}

static bp_status edit_rate(bp_service *service, uint64_t id, double rate) {
    const bp_job_change change = {.learning_rate = rate};
    return bp_service_edit_job(service, id, &change, NULL);
}

static void rest(void) {
    nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
}

/* --- a paused job --------------------------------------------------------------------------- */

static void a_paused_job_is_the_same_after_a_restart(void **state) {
    fixture *made = *state;
    static told events[2];
    bp_job_info info[2];
    bp_job_point *points[2] = {NULL, NULL};
    bp_job_checkpoint marks[2][BP_MAX_CHECKPOINTS];
    size_t point_count[2], mark_count[2];
    const uint64_t id = start_endless(made->service, 30);
    wait_for_steps(made->service, id, 100);
    assert_int_equal(edit_rate(made->service, id, 0.02), BP_OK);
    pause_job(made->service, id);
    for (int i = 0; i < 2; i++) {
        info[i] = job_of(made->service, id);
        read_events(made->service, id, &events[i]);
        EXPECT_OK(bp_service_job_history(made->service, id, 0, SIZE_MAX, &points[i],
                                         &point_count[i], &err_));
        EXPECT_OK(bp_service_job_checkpoints(made->service, id, marks[i], &mark_count[i], &err_));
        if (i == 0) {
            reopen(made);
        }
    }
    assert_same_events(&events[0], &events[1]);
    assert_int_equal(point_count[0], point_count[1]);
    assert_memory_equal(points[0], points[1], point_count[0] * sizeof *points[0]);
    assert_int_equal(mark_count[0], mark_count[1]);
    for (size_t i = 0; i < mark_count[0]; i++) {
        assert_int_equal(marks[0][i].step, marks[1][i].step);
        assert_int_equal(marks[0][i].epoch, marks[1][i].epoch);
        assert_int_equal(marks[0][i].size, marks[1][i].size);
        assert_true(marks[0][i].at == marks[1][i].at);
        assert_string_equal(marks[0][i].sha256, marks[1][i].sha256);
    }
    assert_int_equal(info[0].state, info[1].state);
    assert_int_equal(info[0].progress.step, info[1].progress.step);
    assert_int_equal(info[0].progress.epoch, info[1].progress.epoch);
    assert_int_equal(info[0].progress.samples_seen, info[1].progress.samples_seen);
    assert_int_equal(info[0].steps_total, info[1].steps_total);
    assert_int_equal(info[0].validation_rows, info[1].validation_rows);
    assert_int_equal(info[0].epochs, info[1].epochs);
    assert_true(info[0].elapsed_seconds == info[1].elapsed_seconds);
    assert_true(info[0].started_at == info[1].started_at);
    assert_int_equal(info[0].checkpoint.step, info[1].checkpoint.step);
    assert_memory_equal(&info[0].last, &info[1].last, sizeof info[0].last);
    assert_memory_equal(&info[0].best, &info[1].best, sizeof info[0].best);
    for (int i = 0; i < 2; i++) {
        free(points[i]);
        bp_event_log_unref(events[i].log);
    }
}

/* --- events --------------------------------------------------------------------------------- */

/* Those of a batch that failed go with the next one, whatever was on its way behind it. */
static void what_failed_comes_later(void **state) {
    fixture *made = *state;
    static told before, after;
    const uint64_t id = start_endless(made->service, 40);
    wait_for_steps(made->service, id, 50);
    bp_status during[3];
    fill_disk(true);
    for (int i = 0; i < 3; i++) {
        during[i] = edit_rate(made->service, id, 0.01 + 0.001 * i);
        for (int k = 0; k < 300; k++) {
            rest(); /* epochs and checkpoints are told, and fail */
        }
    }
    fill_disk(false);
    const bp_status last = edit_rate(made->service, id, 0.02);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(during[i], BP_IO);
    }
    assert_int_equal(last, BP_OK);
    pause_job(made->service, id);
    read_events(made->service, id, &before);
    assert_int_equal(count_type(&before, BP_EVENT_EDITED), 4);
    assert_in_range(count_type(&before, BP_EVENT_WARNING), 1, 5); /* one a second, no flood */
    assert_int_equal(count_type(&before, BP_EVENT_PAUSED), 1);
    reopen(made);
    read_events(made->service, id, &after);
    assert_same_events(&before, &after);
    bp_event_log_unref(before.log);
    bp_event_log_unref(after.log);
}

static bool warns(bp_service *service, uint64_t id, const char *what) {
    static told events;
    bool found = false;
    read_events(service, id, &events);
    for (size_t i = 0; i < events.count; i++) {
        found = found || (events.event[i].type == BP_EVENT_WARNING &&
                          strstr(events.event[i].data, what) != NULL);
    }
    bp_event_log_unref(events.log);
    return found;
}

/* An end that could not be written is tried again a second later. By then another job of the same
 * model has ended, and it is that job's weights that stay. */
static void weights_of_a_later_job_stay(void **state) {
    fixture *made = *state;
    const uint64_t first = start_endless(made->service, 0);
    const bp_job_request request = ask("m", "blobs", BP_MAX_EPOCHS);
    const uint64_t second = start(made->service, &request);
    wait_for_steps(made->service, first, 10);
    fill_disk(true);
    EXPECT_OK(bp_service_cancel_job(made->service, first, &err_));
    while (!warns(made->service, first, "end_not_stored")) {
        rest();
    }
    fill_disk(false);
    wait_for_steps(made->service, second, 10);
    EXPECT_OK(bp_service_cancel_job(made->service, second, &err_));
    const bp_job_info later = wait_for_end(made->service, second);
    const bp_job_info earlier = wait_for_end(made->service, first);
    assert_string_not_equal(earlier.sha256, later.sha256);
    reopen(made);
    char hex[BP_DIGEST_HEX_SIZE];
    model_sha256(made->service, "m", hex);
    assert_string_equal(hex, later.sha256);
    assert_string_equal(job_of(made->service, first).sha256, earlier.sha256);
}

static void sequences_go_on_after_a_restart(void **state) {
    fixture *made = *state;
    static told events;
    const uint64_t id = start_endless(made->service, 25);
    for (int round = 0; round < 4; round++) {
        wait_for_steps(made->service, id, job_of(made->service, id).progress.step + 60);
        reopen(made);
    }
    pause_job(made->service, id);
    EXPECT_OK(bp_service_step_job(made->service, id, &err_));
    EXPECT_OK(bp_service_rewind_job(made->service, id, 0, &err_));
    EXPECT_OK(bp_service_cancel_job(made->service, id, &err_));
    wait_for_end(made->service, id);
    reopen(made);
    read_events(made->service, id, &events); /* 1, 2, 3, .. */
    assert_int_equal(count_type(&events, BP_EVENT_QUEUED), 1);
    assert_int_equal(count_type(&events, BP_EVENT_STARTED), 1);
    assert_int_equal(count_type(&events, BP_EVENT_RECOVERED), 4);
    assert_int_equal(count_type(&events, BP_EVENT_REWOUND), 1);
    assert_int_equal(events.event[events.count - 1].type, BP_EVENT_CANCELLED);
    bp_event_log_unref(events.log);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_paused_job_is_the_same_after_a_restart),
        TEST(what_failed_comes_later),
        TEST(weights_of_a_later_job_stay),
        TEST(sequences_go_on_after_a_restart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
