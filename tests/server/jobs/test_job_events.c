/* What jobs tell in their logs of events. */
#include "service_fixture.h"

#include <jansson.h>

#include "job_events.h"

enum { MOST = 64 };

static size_t events_of(bp_service *service, uint64_t id, bp_event_log **log, bp_event *out,
                        bp_event_view *view) {
    EXPECT_OK(bp_service_find_events(service, id, log, &err_));
    return bp_event_log_read(*log, 0, out, MOST, view);
}

static void epochs_are_told_ten_times_a_second(void **state) {
    (void)state;
    bp_event_pace pace = {0};
    double told[1000];
    size_t count = 0;
    for (int ms = 0; ms < 5000; ms++)
        if (bp_event_pace_allows(&pace, 100 + ms * 1e-3))
            told[count++] = ms * 1e-3;
    assert_true(told[9] < 0.010); /* a short job shows its first epochs */
    assert_in_range(count, 45, 50);
    for (size_t i = 10; i < count; i++) {
        assert_true(told[i] - told[i - 10] >= 1 - 1e-9);
        assert_true(told[i] - told[i - 1] >= 0.1 - 1e-9);
    }
}

static void a_long_job_tells_its_epochs_rarely(void **state) {
    (void)state;
    bp_event_pace pace = {0};
    size_t count = 0;
    for (int tenth = 0; tenth < 24 * 36000; tenth++)
        count += bp_event_pace_allows(&pace, 100 + tenth * 0.1);
    assert_in_range(count, 80000, 100000); /* a day's */
}

static void a_job_tells_its_life(void **state) {
    fixture *made = *state;
    put_dataset(made->service, "d", make_blobs(60, 2));
    bp_model_spec spec = classifier(4);
    create_model(made->service, "m", &spec);
    bp_job_request request = ask("m", "d", 3);
    uint64_t id = start(made->service, &request);
    wait_for_end(made->service, id);
    bp_event events[MOST];
    bp_event_log *log = NULL;
    bp_event_view view;
    static const bp_event_type expected[] = {BP_EVENT_QUEUED, BP_EVENT_STARTED, BP_EVENT_EPOCH,
                                             BP_EVENT_EPOCH,  BP_EVENT_EPOCH,   BP_EVENT_SUCCEEDED};
    /* The state is to be seen a moment before the event is. */
    do {
        bp_event_log_unref(log);
        assert_int_not_equal(events_of(made->service, id, &log, events, &view), 0);
    } while (!view.closed);
    assert_int_equal(view.last, 6);
    for (size_t i = 0; i < 6; i++)
        assert_int_equal(events[i].type, expected[i]);
    json_t *epoch = json_loads(events[4].data, 0, NULL);
    assert_int_equal(json_integer_value(json_object_get(epoch, "epoch")), 3);
    assert_true(json_is_real(json_object_get(epoch, "train_loss")));
    json_decref(epoch);
    EXPECT_OK(bp_service_delete_job(made->service, id, &err_));
    assert_int_equal(bp_event_log_read(log, 5, events, MOST, &view),
                     1); /* the handle outlives it */
    bp_event_log_unref(log);
    bp_error err = {0};
    expect(bp_service_find_events(made->service, id, &log, &err), BP_NOT_FOUND, &err);
}

static void a_cancelled_job_says_so(void **state) {
    fixture *made = *state;
    put_dataset(made->service, "d", make_blobs(60, 2));
    bp_model_spec spec = classifier(4);
    create_model(made->service, "m", &spec);
    bp_job_request request = ask("m", "d", 1000000);
    uint64_t id = start(made->service, &request);
    wait_for_steps(made->service, id, 10);
    EXPECT_OK(bp_service_cancel_job(made->service, id, &err_));
    wait_for_end(made->service, id);
    bp_event_log *log = NULL;
    bp_event event;
    bp_event_view view;
    EXPECT_OK(bp_service_find_events(made->service, id, &log, &err_));
    do
        bp_event_log_read(log, 0, &event, 1, &view);
    while (!view.closed);
    assert_int_equal(bp_event_log_read(log, view.last - 1, &event, 1, &view), 1);
    assert_int_equal(event.type, BP_EVENT_CANCELLED);
    bp_event_log_unref(log);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(epochs_are_told_ten_times_a_second),
        cmocka_unit_test(a_long_job_tells_its_epochs_rarely),
        TEST(a_job_tells_its_life),
        TEST(a_cancelled_job_says_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
