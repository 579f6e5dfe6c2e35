/* Events of jobs and keys of requests. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "store_fixture.h"

/* --- events --------------------------------------------------------------------------------- */

static void events_come_by_job_and_sequence(void **state) {
    store_fixture *made = *state;
    bp_store_batch *batch = new_batch(made);
    add_event(batch, 10, 1, "a");
    add_event(batch, 2, 11, "b");
    add_event(batch, 2, 2, "c");
    add_event(batch, 0, 0, "d");
    commit(made, batch);
    expect_events(made, "0.0=d 2.2=c 2.11=b 10.1=a ");
    reopen_store(made);
    expect_events(made, "0.0=d 2.2=c 2.11=b 10.1=a ");
}

static void an_event_happens_once(void **state) {
    store_fixture *made = *state;
    bp_error err = {0};
    bp_store_batch *batch = new_batch(made);
    add_event(batch, 1, 1, "first");
    commit(made, batch);
    batch = new_batch(made);
    add_event(batch, 1, 2, "next");
    add_event(batch, 1, 1, "again");
    assert_int_equal(bp_store_commit(made->store, batch, &err), BP_EXISTS);
    expect_events(made, "1.1=first ");
}

static void a_job_is_forgotten_and_may_begin_again(void **state) {
    store_fixture *made = *state;
    bp_error err = {0};
    bp_store_batch *batch = new_batch(made);
    add_event(batch, 1, 1, "a");
    add_event(batch, 2, 1, "b");
    commit(made, batch);
    batch = new_batch(made);
    assert_int_equal(bp_store_batch_forget_events(batch, 1, &err), BP_OK);
    add_event(batch, 1, 1, "new");
    commit(made, batch);
    expect_events(made, "1.1=new 2.1=b ");
}

typedef struct recount {
    uint64_t job, sequence; /* of the last one */
    size_t count, stop_at;
} recount;

static bp_status look_at_event(void *context, const bp_store_event *event, bp_error *err) {
    recount *all = context;
    if (all->count > 0) {
        assert_true(event->job > all->job ||
                    (event->job == all->job && event->sequence > all->sequence));
    }
    all->job = event->job;
    all->sequence = event->sequence;
    assert_true(event->at == 1.5);
    assert_string_equal(event->type, "epoch");
    return ++all->count == all->stop_at ? bp_fail(err, BP_INVALID, NULL, "enough") : BP_OK;
}

/* More than one page, which ends in the midst of a job. */
static void many_events_come_in_order(void **state) {
    store_fixture *made = *state;
    bp_error err = {0};
    bp_store_batch *batch = new_batch(made);
    for (uint64_t sequence = 300; sequence > 0; sequence--) {
        for (uint64_t job = 7; job > 0; job--) {
            add_event(batch, job, sequence, "{}");
        }
    }
    commit(made, batch);
    recount all = {0};
    expect_status(bp_store_load_events(made->store, look_at_event, &all, &err), BP_OK, &err);
    assert_int_equal(all.count, 2100);
    recount some = {.stop_at = 600};
    assert_int_equal(bp_store_load_events(made->store, look_at_event, &some, &err), BP_INVALID);
    assert_int_equal(some.count, 600);
    assert_string_equal(err.message, "enough");
}

/* --- keys ----------------------------------------------------------------------------------- */

static void check_key(void *context, const bp_store_key *key) {
    assert_string_equal(key->key, "a");
    assert_string_equal(key->request_sha256, "0123");
    assert_true(key->at == 1234.5);
    assert_int_equal(key->status, 201);
    assert_string_equal(key->content_type, "application/json");
    assert_string_equal(key->location, "/v1/jobs/1");
    assert_string_equal(key->body, "{\"id\": 1}");
    ++*(int *)context;
}

static void a_key_brings_its_response_back(void **state) {
    store_fixture *made = *state;
    bp_error err = {0};
    const bp_store_key key = {.key = "a",
                              .request_sha256 = "0123",
                              .at = 1234.5,
                              .status = 201,
                              .content_type = "application/json",
                              .location = "/v1/jobs/1",
                              .body = "{\"id\": 1}"};
    bp_store_batch *batch = new_batch(made);
    expect_status(bp_store_batch_key(batch, &key, &err), BP_OK, &err);
    add_key(batch, "b", 3);
    commit(made, batch);
    reopen_store(made);
    int calls = 0;
    expect_status(bp_store_find_key(made->store, "a", check_key, &calls, &err), BP_OK, &err);
    assert_int_equal(calls, 1);
    assert_true(has_key(made, "b"));
    assert_int_equal(bp_store_find_key(made->store, "c", check_key, &calls, &err), BP_NOT_FOUND);
    assert_non_null(strstr(err.message, "'c'"));
    assert_int_equal(calls, 1);
}

static void check_no_location(void *context, const bp_store_key *key) {
    (void)context;
    assert_null(key->location);
    assert_string_equal(key->body, "{}");
}

static void a_response_may_have_no_location(void **state) {
    store_fixture *made = *state;
    bp_error err = {0};
    bp_store_batch *batch = new_batch(made);
    add_key(batch, "a", 3);
    commit(made, batch);
    expect_status(bp_store_find_key(made->store, "a", check_no_location, NULL, &err), BP_OK, &err);
}

static void old_keys_are_forgotten(void **state) {
    store_fixture *made = *state;
    bp_error err = {0};
    bp_store_batch *batch = new_batch(made);
    add_key(batch, "old", 1);
    add_key(batch, "just", 2);
    add_key(batch, "new", 3);
    commit(made, batch);
    batch = new_batch(made);
    assert_int_equal(bp_store_batch_forget_keys(batch, 2, &err), BP_OK);
    commit(made, batch);
    assert_false(has_key(made, "old"));
    assert_true(has_key(made, "just"));
    assert_true(has_key(made, "new"));
    batch = new_batch(made);
    add_key(batch, "old", 4); /* may come again */
    commit(made, batch);
    assert_true(has_key(made, "old"));
}

static void what_lacks_a_part_is_refused(void **state) {
    store_fixture *made = *state;
    bp_error err = {0};
    bp_store_batch *batch = new_batch(made);
    add_key(batch, NULL, 1);
    assert_int_equal(bp_store_commit(made->store, batch, &err), BP_IO);
    batch = new_batch(made);
    add_key(batch, "k", NAN);
    assert_int_equal(bp_store_commit(made->store, batch, &err), BP_IO);
    batch = new_batch(made);
    add_event(batch, 1, 1, NULL);
    assert_int_equal(bp_store_commit(made->store, batch, &err), BP_IO);
    assert_false(has_key(made, "k"));
    expect_events(made, "");
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up_store, tear_down_store)
    const struct CMUnitTest tests[] = {
        TEST(events_come_by_job_and_sequence),
        TEST(an_event_happens_once),
        TEST(a_job_is_forgotten_and_may_begin_again),
        TEST(many_events_come_in_order),
        TEST(a_key_brings_its_response_back),
        TEST(a_response_may_have_no_location),
        TEST(old_keys_are_forgotten),
        TEST(what_lacks_a_part_is_refused),
    };
#undef TEST
    return cmocka_run_group_tests(tests, NULL, NULL);
}
