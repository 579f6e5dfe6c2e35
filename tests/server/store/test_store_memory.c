/* The Nth allocation fails, for every N, in the caller's thread or, while that waits, in the
 * store's: the answer is NO_MEMORY, no block stays behind, and the store is as it was or as it was
 * to be. */
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "failing_memory.h"
#include "store_fixture.h"

static char bytes[BP_STORE_INLINE_BLOB + 1];

static const bp_store_object small = {
    .kind = BP_STORE_MODEL, .name = "small", .json = "{}", .blob = bytes, .blob_size = 9};
static const bp_store_object large = {.kind = BP_STORE_MODEL,
                                      .name = "large",
                                      .json = "{}",
                                      .blob = bytes,
                                      .blob_size = sizeof bytes};
static const bp_store_event event = {.job = 1, .sequence = 1, .type = "epoch", .data = "{}"};
static const bp_store_key key = {
    .key = "k", .request_sha256 = "0", .content_type = "text/plain", .body = ""};

static bp_status prepare(bp_store_batch *batch, bp_error *err) {
    bp_status status = bp_store_batch_forget_keys(batch, 1, err);
    status = status == BP_OK ? bp_store_batch_forget_events(batch, 1, err) : status;
    status = status == BP_OK ? bp_store_batch_put(batch, &small, err) : status;
    status = status == BP_OK ? bp_store_batch_put(batch, &large, err) : status;
    status = status == BP_OK ? bp_store_batch_delete(batch, BP_STORE_JOB, "1", err) : status;
    status = status == BP_OK ? bp_store_batch_event(batch, &event, err) : status;
    return status == BP_OK ? bp_store_batch_key(batch, &key, err) : status;
}

static bp_status change(store_fixture *made, bp_error *err) {
    bp_store_batch *batch = NULL;
    bp_status status = bp_store_batch_new(&batch, made->store, err);
    if (status != BP_OK) {
        return status;
    }
    status = prepare(batch, err);
    if (status != BP_OK) {
        bp_store_batch_free(batch);
        return status;
    }
    return bp_store_commit(made->store, batch, err);
}

static bp_status put(store_fixture *made, bp_error *err) {
    return bp_store_put(made->store, &large, err);
}

static bp_status put_draft(store_fixture *made, bp_error *err) {
    bp_store_draft *draft = NULL;
    bp_status status = bp_store_draft_new(&draft, made->store, err);
    if (status != BP_OK) {
        return status;
    }
    status = bp_store_put_draft(made->store, &large, draft, err);
    bp_store_draft_free(draft);
    return status;
}

static bp_status look_at_object(void *context, const bp_store_object *object, bp_error *err) {
    (void)object, (void)err;
    ++*(int *)context;
    return BP_OK;
}

static bp_status look_at_event(void *context, const bp_store_event *seen, bp_error *err) {
    (void)seen, (void)err;
    ++*(int *)context;
    return BP_OK;
}

static void look_at_key(void *context, const bp_store_key *seen) {
    (void)seen;
    ++*(int *)context;
}

static bp_status look(store_fixture *made, bp_error *err) {
    int seen = 0;
    bp_status status = bp_store_load(made->store, BP_STORE_MODEL, look_at_object, &seen, err);
    status = status == BP_OK ? bp_store_load_one(made->store, &small, look_at_object, &seen, err)
                             : status;
    status =
        status == BP_OK ? bp_store_load_events(made->store, look_at_event, &seen, err) : status;
    status =
        status == BP_OK ? bp_store_find_key(made->store, "k", look_at_key, &seen, err) : status;
    return status == BP_OK && seen != 5 ? bp_fail(err, BP_INTERNAL, NULL, "saw %d", seen) : status;
}

/* The count of allocations that could fail. */
static long expect_survival(store_fixture *made, bp_status (*act)(store_fixture *, bp_error *)) {
    for (long n = 0;; n++) {
        bp_error err = {0};
        failing_memory_begin(n);
        bp_status status = act(made, &err);
        failing_memory_end();
        assert_int_equal(failing_memory_live_blocks(), 0);
        failing_memory_begin(LONG_MAX);
        if (status == BP_OK) {
            return n;
        }
        expect_status(status, BP_NO_MEMORY, &err);
        assert_true(err.message[0] != '\0');
    }
}

static void changes_survive(void **state) {
    store_fixture *made = *state;
    failing_memory_begin(LONG_MAX);
    assert_true(expect_survival(made, change) >= 8);
    expect_models(made, "small:mx9 large:mx65537 ");
    assert_int_equal(count_blob_files(made, NULL), 1);
    assert_true(expect_survival(made, put) >= 2);
    assert_true(expect_survival(made, put_draft) >= 3);
    assert_int_equal(count_blob_files(made, NULL), 1);
    expect_events(made, "1.1={} ");
    assert_true(has_key(made, "k"));
}

static void reading_survives(void **state) {
    store_fixture *made = *state;
    bp_error err = {0};
    failing_memory_begin(LONG_MAX);
    expect_status(change(made, &err), BP_OK, &err);
    assert_true(expect_survival(made, look) >= 12);
}

static int set_up(void **state) {
    failing_memory_begin(LONG_MAX);
    memset(bytes, 'm', sizeof bytes);
    return set_up_store(state);
}

static int tear_down(void **state) {
    failing_memory_begin(LONG_MAX);
    return tear_down_store(state);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(changes_survive),
        TEST(reading_survives),
    };
#undef TEST
    return cmocka_run_group_tests(tests, NULL, NULL);
}
