/* Receipts, and the replays that hold them to their word. */
#include "service_fixture.h"
#include "store.h"

static bp_verification verify(bp_service *service, uint64_t id, bp_replay_options options) {
    bp_verification found = {0};
    EXPECT_OK(bp_service_verify_job(service, id, &options, &found, &err_));
    return found;
}

static void assert_verified(bp_service *service, uint64_t id, bp_replay_options options) {
    bp_verification found = verify(service, id, options);
    assert_string_equal(found.replayed.weights_sha256, found.expected.weights_sha256);
    assert_int_equal(found.differs_count, 0);
    assert_true(found.verified);
    assert_int_equal(found.replayed.steps, found.expected.steps);
}

static void refuse(bp_service *service, uint64_t id, bp_status expected, const char *word) {
    bp_verification found;
    bp_replay_options options = {0};
    bp_error err = {0};
    expect(bp_service_verify_job(service, id, &options, &found, &err), expected, &err);
    if (strstr(err.message, word) == NULL) {
        fail_msg("'%s' is not in: %s", word, err.message);
    }
}

static void prepare(bp_service *service) {
    bp_model_spec spec = classifier(8);
    put_dataset(service, "blobs", make_blobs(240, 4));
    create_model(service, "m", &spec);
}

static uint64_t train(bp_service *service, const bp_job_request *request) {
    uint64_t id = start(service, request);
    assert_int_equal(wait_for_end(service, id).state, BP_JOB_SUCCEEDED);
    return id;
}

static uint64_t train_some(bp_service *service) {
    bp_job_request request = ask("m", "blobs", 5);
    return train(service, &request);
}

/* --- what it says --------------------------------------------------------------------------- */

static void names_what_the_weights_came_from(void **state) {
    bp_service *service = ((fixture *)*state)->service;
    prepare(service);
    bp_job_request request = ask("m", "blobs", 5);
    request.options.seed = 77;
    bp_job_info job = job_of(service, train(service, &request));
    bp_dataset_info data;
    EXPECT_OK(bp_service_get_dataset(service, "blobs", &data, &err_));
    assert_string_equal(job.receipt.data_sha256, data.dataset->sha256);
    assert_string_equal(job.receipt.weights_sha256, job.sha256);
    assert_int_equal(job.receipt.steps, job.progress.step);
    assert_int_equal(job.receipt.seed, 77);
    assert_string_equal(job.receipt.version, BP_VERSION);
    assert_int_equal(job.receipt.spec.inputs, 4); /* open in the model */
    assert_true(job.receipt.fresh && !job.receipt.start_kept);
    bp_dataset_info_clear(&data);
}

static void configuration_is_what_matters_to_the_weights(void **state) {
    bp_service *service = ((fixture *)*state)->service;
    prepare(service);
    bp_model_spec closed = classifier(8);
    closed.inputs = 4;
    closed.layers[1].units = 3;
    create_model(service, "closed", &closed);
    bp_job_request same = ask("m", "blobs", 2), threads = ask("closed", "blobs", 2);
    bp_job_request other = ask("m", "blobs", 2);
    threads.options.threads = 1;
    other.options.learning_rate *= 2;
    bp_receipt a = job_of(service, train(service, &same)).receipt;
    bp_receipt b = job_of(service, train(service, &threads)).receipt;
    bp_receipt c = job_of(service, train(service, &other)).receipt;
    assert_string_equal(a.configuration_sha256, b.configuration_sha256);
    assert_string_equal(a.weights_sha256, b.weights_sha256);
    assert_string_equal(a.scaling_sha256, b.scaling_sha256);
    assert_true(b.fresh); /* its weights were drawn before it met data, from the same spec */
    assert_string_not_equal(a.configuration_sha256, c.configuration_sha256);
    assert_string_equal(a.weights_sha256, c.start_sha256);
    assert_true(!c.fresh && c.start_kept);
}

/* --- replays that agree --------------------------------------------------------------------- */

static void agrees_for_any_threads_and_instruction_set(void **state) {
    bp_service *service = ((fixture *)*state)->service;
    prepare(service);
    uint64_t id = train_some(service);
    uint64_t version = model_version(service, "m");
    const char *isa[8];
    size_t count = bp_kernels_available(isa, 8);
    assert_verified(service, id, (bp_replay_options){0});
    for (size_t i = 0; i < count && i < 8; i++) {
        assert_verified(service, id, (bp_replay_options){.isa = isa[i], .threads = 1 + 2 * i});
    }
    assert_int_equal(model_version(service, "m"), version);
}

static void agrees_after_a_restart_and_without_the_model(void **state) {
    fixture *made = *state;
    prepare(made->service);
    uint64_t first = train_some(made->service), second = train_some(made->service);
    bp_receipt before = job_of(made->service, second).receipt;
    EXPECT_OK(bp_service_delete_model(made->service, "m", &err_));
    reopen(made);
    bp_receipt after = job_of(made->service, second).receipt;
    assert_memory_equal(before.start_sha256, after.start_sha256, sizeof before.start_sha256);
    assert_string_equal(before.configuration_sha256, after.configuration_sha256);
    assert_string_equal(before.isa, after.isa);
    assert_int_equal(before.threads, after.threads);
    assert_verified(made->service, first, (bp_replay_options){0});
    assert_verified(made->service, second, (bp_replay_options){.threads = 3, .isa = "naive"});
}

static void agrees_with_what_a_cancelled_job_reached(void **state) {
    bp_service *service = ((fixture *)*state)->service;
    prepare(service);
    bp_job_request request = ask("m", "blobs", BP_MAX_EPOCHS);
    uint64_t id = start(service, &request);
    wait_for_steps(service, id, 11);
    refuse(service, id, BP_CONFLICT, "running");
    EXPECT_OK(bp_service_cancel_job(service, id, &err_));
    bp_job_info job = wait_for_end(service, id);
    assert_int_equal(job.receipt.steps, job.progress.step);
    assert_verified(service, id, (bp_replay_options){.isa = "naive"});
}

static bp_job_request ask_held_out(const char *name) {
    bp_job_request request = ask("m", "blobs", 5);
    request.options.validation.kind = BP_SPLIT_DATASET;
    snprintf(request.options.validation.dataset, BP_SPLIT_TEXT_SIZE, "%s", name);
    return request;
}

/* The data set is held by the job as the one it is trained on is. */
static void agrees_where_a_data_set_is_held_out(void **state) {
    fixture *made = *state;
    prepare(made->service);
    put_dataset(made->service, "other", make_blobs(60, 4));
    bp_job_request request = ask_held_out("other");
    uint64_t id = train(made->service, &request);
    reopen(made);
    bp_job_info job = job_of(made->service, id);
    assert_int_equal(job.request.options.validation.kind, BP_SPLIT_DATASET);
    assert_string_equal(job.request.options.validation.dataset, "other");
    assert_int_equal(job.validation_rows, 60);
    assert_int_equal(job.rows, 240);
    assert_verified(made->service, id, (bp_replay_options){.threads = 1});
    put_dataset(made->service, "other", make_blobs(61, 4));
    refuse(made->service, id, BP_CONFLICT, "'other' is another");
    EXPECT_OK(bp_service_delete_dataset(made->service, "other", &err_));
    refuse(made->service, id, BP_NOT_FOUND, "is gone");
    put_dataset(made->service, "other", make_blobs(60, 4));
    assert_verified(made->service, id, (bp_replay_options){0});
}

static void holds_the_data_set_that_is_held_out(void **state) {
    bp_service *service = ((fixture *)*state)->service;
    bp_error err = {0};
    prepare(service);
    put_dataset(service, "other", make_blobs(60, 4));
    bp_job_request request = ask_held_out("other");
    request.options.epochs = BP_MAX_EPOCHS;
    uint64_t id = start(service, &request);
    expect(bp_service_delete_dataset(service, "other", &err), BP_CONFLICT, &err);
    EXPECT_OK(bp_service_cancel_job(service, id, &err_));
    wait_for_end(service, id);
    EXPECT_OK(bp_service_delete_dataset(service, "other", &err_));
    put_dataset(service, "few", make_blobs(60, 3));
    static const char *const names[] = {"other", "blobs", "few"};
    static const bp_status statuses[] = {BP_NOT_FOUND, BP_INVALID, BP_INVALID};
    for (size_t i = 0; i < 3; i++) {
        request = ask_held_out(names[i]);
        expect(bp_service_start_job(service, &request, &id, &err), statuses[i], &err);
        assert_string_equal(err.field, "/validation/dataset");
    }
    EXPECT_OK(bp_service_delete_dataset(service, "few", &err_)); /* nobody holds it */
}

/* --- replays that cannot be ----------------------------------------------------------------- */

static void needs_the_data(void **state) {
    bp_service *service = ((fixture *)*state)->service;
    prepare(service);
    uint64_t id = train_some(service);
    put_dataset(service, "blobs", make_blobs(241, 4));
    refuse(service, id, BP_CONFLICT, "'blobs' is another");
    EXPECT_OK(bp_service_delete_dataset(service, "blobs", &err_));
    refuse(service, id, BP_NOT_FOUND, "is gone");
    put_dataset(service, "blobs", make_blobs(240, 4));
    assert_verified(service, id, (bp_replay_options){0});
}

static void needs_weights(void **state) {
    bp_service *service = ((fixture *)*state)->service;
    prepare(service);
    bp_job_request endless = ask("m", "blobs", BP_MAX_EPOCHS);
    uint64_t running = start(service, &endless), queued = start(service, &endless);
    refuse(service, queued, BP_CONFLICT, "queued");
    EXPECT_OK(bp_service_cancel_job(service, queued, &err_));
    refuse(service, queued, BP_CONFLICT, "no receipt");
    EXPECT_OK(bp_service_cancel_job(service, running, &err_));
    wait_for_end(service, running);
    refuse(service, 99, BP_NOT_FOUND, "99");
}

static void needs_the_start(void **state) {
    (void)state;
    bp_service *service = open_service(NULL);
    prepare(service);
    uint64_t first = train_some(service), second = train_some(service);
    assert_verified(service, first, (bp_replay_options){0});
    refuse(service, second, BP_CONFLICT, "not kept");
    bp_service_free(service);
}

static void refuses_places_that_are_not_there(void **state) {
    bp_service *service = ((fixture *)*state)->service;
    prepare(service);
    uint64_t id = train_some(service);
    bp_verification found;
    bp_error err = {0};
    bp_replay_options abacus = {.isa = "abacus"}, crowd = {.threads = BP_MAX_REPLAY_THREADS + 1};
    expect(bp_service_verify_job(service, id, &abacus, &found, &err), BP_INVALID, &err);
    assert_string_equal(err.field, "/isa");
    assert_non_null(strstr(err.message, "naive"));
    expect(bp_service_verify_job(service, id, &crowd, &found, &err), BP_INVALID, &err);
    assert_string_equal(err.field, "/threads");
    bp_service_end_replays(service);
    refuse(service, id, BP_INTERRUPTED, "stops");
}

/* --- records that were tampered with -------------------------------------------------------- */

typedef struct tampering {
    bp_store *store;
    const char *after; /* the text before the character that is changed */
    char put;
} tampering;

static bp_status change(void *context, const bp_store_object *object, bp_error *err) {
    const tampering *wanted = context;
    char *json = strdup(object->json);
    assert_non_null(json);
    char *place = strstr(json, wanted->after);
    assert_non_null(place);
    place += strlen(wanted->after);
    *place = *place == wanted->put ? (char)(wanted->put + 1) : wanted->put;
    bp_store_object changed = *object;
    changed.json = json;
    bp_status status = bp_store_put(wanted->store, &changed, err);
    free(json);
    return status;
}

static void tamper(fixture *made, bp_store_kind kind, const char *after, char put) {
    bp_service_free(made->service);
    made->service = NULL;
    tampering wanted = {.after = after, .put = put};
    bp_store_object key = {.kind = kind, .name = "2"};
    EXPECT_OK(bp_store_open(&wanted.store, made->data_dir, &err_));
    EXPECT_OK(bp_store_load_one(wanted.store, &key, change, &wanted, &err_));
    bp_store_close(wanted.store);
    made->service = open_service(made->data_dir);
}

static void assert_differs(fixture *made, const char *first, const char *last) {
    bp_verification found = verify(made->service, 2, (bp_replay_options){0});
    assert_false(found.verified);
    assert_true(found.differs_count > 0);
    assert_string_equal(found.differs[0], first);
    assert_string_equal(found.differs[found.differs_count - 1], last);
}

static void a_tampered_record_is_found_out(void **state) {
    fixture *made = *state;
    prepare(made->service);
    train_some(made->service);
    train_some(made->service);
    assert_verified(made->service, 2, (bp_replay_options){0});
    tamper(made, BP_STORE_JOB, "\"weights_sha256\":\"", '0');
    assert_differs(made, "weights_sha256", "weights_sha256");
    tamper(made, BP_STORE_JOB, "\"start_sha256\":\"", '0');
    assert_differs(made, "start_sha256", "weights_sha256");
    tamper(made, BP_STORE_JOB, "\"batch_size\":", '1');
    assert_differs(made, "configuration_sha256", "weights_sha256");
}

/* --- what a deleted job leaves -------------------------------------------------------------- */

static bp_status count_one(void *context, const bp_store_object *object, bp_error *err) {
    (void)object;
    (void)err;
    ++*(size_t *)context;
    return BP_OK;
}

static void a_deleted_job_leaves_no_start(void **state) {
    fixture *made = *state;
    prepare(made->service);
    train_some(made->service);
    uint64_t kept = train_some(made->service), dropped = train_some(made->service);
    assert_true(job_of(made->service, kept).receipt.start_kept);
    EXPECT_OK(bp_service_delete_job(made->service, dropped, &err_));
    bp_service_free(made->service);
    made->service = NULL;
    bp_store *store = NULL;
    size_t count = 0;
    EXPECT_OK(bp_store_open(&store, made->data_dir, &err_));
    EXPECT_OK(bp_store_load(store, BP_STORE_START, count_one, &count, &err_));
    bp_store_close(store);
    assert_int_equal(count, 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(names_what_the_weights_came_from),
        TEST(configuration_is_what_matters_to_the_weights),
        TEST(agrees_for_any_threads_and_instruction_set),
        TEST(agrees_after_a_restart_and_without_the_model),
        TEST(agrees_with_what_a_cancelled_job_reached),
        TEST(agrees_where_a_data_set_is_held_out),
        TEST(holds_the_data_set_that_is_held_out),
        TEST(needs_the_data),
        TEST(needs_weights),
        cmocka_unit_test(needs_the_start),
        TEST(refuses_places_that_are_not_there),
        TEST(a_tampered_record_is_found_out),
        TEST(a_deleted_job_leaves_no_start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
