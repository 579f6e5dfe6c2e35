/* Keys of requests: claimed by one at a time, kept with what was created, and for a day. */
#include <pthread.h>
#include <stdatomic.h>

#include "clock.h"
#include "request_keys.h"
#include "service_fixture.h"
#include "store.h"

static bp_key_claim claim_of(const char *key, const char *request) {
    return (bp_key_claim){.key = key, .request_sha256 = request};
}

static void want_claim(bp_service *service, bp_key_claim *claim, bp_status wanted) {
    bp_error err = {0};
    bp_kept_reply kept = {0};
    expect(bp_service_claim_key(service, claim, &kept, &err), wanted, &err);
    assert_int_equal(kept.status, 0);
    assert_true(wanted == BP_OK || strstr(err.message, claim->key) != NULL);
}

static void one_at_a_time(void **state) {
    fixture *made = *state;
    bp_key_claim first = claim_of("k", "r"), again = claim_of("k", "r");
    bp_key_claim other = claim_of("k", "s"), unrelated = claim_of("K", "s");
    want_claim(made->service, &first, BP_OK);
    want_claim(made->service, &again, BP_CONFLICT);
    want_claim(made->service, &other, BP_EXISTS);
    want_claim(made->service, &unrelated, BP_OK);
    bp_service_release_key(made->service, &first);
    want_claim(made->service, &other, BP_OK); /* nothing was created */
    bp_service_release_key(made->service, &unrelated);
    bp_service_release_key(made->service, &other);
}

/* --- what is kept --------------------------------------------------------------------------- */

static bp_status keep(void *context, const void *made, bp_store_batch *batch, bp_error *err) {
    char type[] = "application/json", body[] = "{\"é\": \"'\"}";
    const bp_kept_reply reply = {.status = 201, .content_type = type, .body = body};
    assert_non_null(made);
    return batch != NULL ? bp_key_keep(batch, context, &reply, err) : BP_OK;
}

/* Does the request that creates the model. */
static bp_status create(bp_service *service, const char *model, bp_key_claim *claim) {
    const bp_model_spec spec = classifier(6);
    const bp_commit_hook hook = {.context = claim, .add = keep};
    want_claim(service, claim, BP_OK);
    bp_status status = bp_service_create_model_with(service, model, &spec, &hook, NULL);
    bp_service_release_key(service, claim);
    return status;
}

static void want_kept(bp_service *service, const char *key, const char *request) {
    bp_kept_reply kept = {0};
    bp_key_claim claim = claim_of(key, request);
    EXPECT_OK(bp_service_claim_key(service, &claim, &kept, &err_));
    bp_service_release_key(service, &claim);
    assert_int_equal(kept.status, 201);
    assert_string_equal(kept.content_type, "application/json");
    assert_null(kept.location);
    assert_string_equal(kept.body, "{\"é\": \"'\"}");
    bp_kept_reply_clear(&kept);
}

static void a_reply_is_kept_with_what_was_created(void **state) {
    fixture *made = *state;
    bp_key_claim claim = claim_of("k", "r"), other = claim_of("k", "s");
    assert_int_equal(create(made->service, "m", &claim), BP_OK);
    for (int round = 0; round < 2; round++) {
        want_kept(made->service, "k", "r");
        want_claim(made->service, &other, BP_EXISTS);
        want_kept(made->service, "k", "r"); /* neither is left claimed */
        reopen(made);
    }
}

static void nothing_is_kept_of_a_failure(void **state) {
    fixture *made = *state;
    bp_key_claim claim = claim_of("k", "r"), again = claim_of("l", "r");
    assert_int_equal(create(made->service, "m", &claim), BP_OK);
    assert_int_equal(create(made->service, "m", &again), BP_EXISTS);
    assert_int_equal(create(made->service, "n", &again), BP_OK);
    want_kept(made->service, "l", "r");
}

/* As if it had been kept some time ago. */
static void put_old_key(fixture *made, const char *key, double seconds_ago) {
    bp_store *store = NULL;
    bp_store_batch *batch = NULL;
    const bp_store_key kept = {.key = key,
                               .request_sha256 = "r",
                               .at = bp_clock_wall_seconds() - seconds_ago,
                               .status = 201,
                               .content_type = "application/json",
                               .body = "{\"é\": \"'\"}"};
    bp_service_free(made->service);
    made->service = NULL;
    EXPECT_OK(bp_store_open(&store, made->data_dir, &err_));
    EXPECT_OK(bp_store_batch_new(&batch, store, &err_));
    EXPECT_OK(bp_store_batch_key(batch, &kept, &err_));
    EXPECT_OK(bp_store_commit(store, batch, &err_));
    bp_store_close(store);
    made->service = open_service(made->data_dir);
}

static void a_day_is_enough(void **state) {
    fixture *made = *state;
    bp_key_claim old = claim_of("old", "s");
    put_old_key(made, "young", BP_KEY_SECONDS - 60);
    put_old_key(made, "old", BP_KEY_SECONDS + 60);
    want_kept(made->service, "young", "r");
    assert_int_equal(create(made->service, "m", &old), BP_OK);
    want_kept(made->service, "old", "s");
    want_kept(made->service, "young", "r");
}

static void without_a_store_keys_are_claimed_only(void **state) {
    (void)state;
    bp_service *service = open_service(NULL);
    bp_key_claim claim = claim_of("k", "r"), again = claim_of("k", "r");
    assert_int_equal(create(service, "m", &claim), BP_OK);
    want_claim(service, &claim, BP_OK);
    want_claim(service, &again, BP_CONFLICT);
    bp_service_release_key(service, &claim);
    bp_service_free(service);
}

/* --- many threads --------------------------------------------------------------------------- */

enum { THREADS = 4, ROUNDS = 200 };

typedef struct race {
    bp_service *service;
    atomic_int holders, claimed, wrong;
} race;

static void *claim_and_release(void *argument) {
    race *self = argument;
    for (int i = 0; i < ROUNDS; i++) {
        bp_key_claim claim = claim_of("k", "r");
        bp_kept_reply kept = {0};
        bp_status status = bp_service_claim_key(self->service, &claim, &kept, NULL);
        if (status == BP_OK) {
            self->wrong += self->holders++ != 0;
            self->claimed++;
            self->holders--;
            bp_service_release_key(self->service, &claim);
        }
        self->wrong += (status != BP_OK && status != BP_CONFLICT) || kept.status != 0;
    }
    return NULL;
}

static void many_threads_claim_one_key(void **state) {
    fixture *made = *state;
    race self = {.service = made->service};
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, claim_and_release, &self), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
    }
    assert_int_equal(self.wrong, 0);
    assert_true(self.claimed > 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(one_at_a_time),
        TEST(a_reply_is_kept_with_what_was_created),
        TEST(nothing_is_kept_of_a_failure),
        TEST(a_day_is_enough),
        cmocka_unit_test(without_a_store_keys_are_claimed_only),
        TEST(many_threads_claim_one_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
