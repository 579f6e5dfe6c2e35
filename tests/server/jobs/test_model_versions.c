/* Versions of models: what is pinned stays as it was, in memory and on the disk, until it is
 * released; what fails leaves nothing. */
#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>

#include "model_versions.h"
#include "service_fixture.h"
#include "store.h"

static void make_model(bp_service *service, const char *name, uint64_t seed) {
    bp_model_spec spec = classifier(6);
    spec.inputs = 4;
    spec.layers[1].units = 3;
    spec.seed = seed;
    create_model(service, name, &spec);
}

static void pin(bp_service *service, const char *model, const char *name) {
    EXPECT_OK(bp_service_pin_version(service, model, name, NULL, &err_));
}

static void train(bp_service *service, const char *model) {
    const bp_job_request request = ask(model, "blobs", 2);
    assert_int_equal(wait_for_end(service, start(service, &request)).state, BP_JOB_SUCCEEDED);
}

/* The digest of the weights that a version gives; "": there is no such version. */
static void digest_at(bp_service *service, const char *version, char hex[BP_DIGEST_HEX_SIZE]) {
    bp_model_info info;
    hex[0] = '\0';
    if (bp_service_get_model_at(service, "m", version, &info, NULL) == BP_OK) {
        EXPECT_OK(bp_snapshot_digest(info.snapshot, hex, &err_));
        bp_model_info_clear(&info);
    }
}

static size_t count_versions(bp_service *service, const char *model) {
    bp_version_info infos[8];
    bp_version_page page = {.limit = 8, .infos = infos};
    EXPECT_OK(bp_service_list_versions(service, model, &page, &err_));
    for (size_t i = 0; i < page.count; i++) {
        bp_version_info_clear(&infos[i]);
    }
    return page.count;
}

static void a_version_stays_as_it_was(void **state) {
    fixture *made = *state;
    char number[24], first[BP_DIGEST_HEX_SIZE], now[BP_DIGEST_HEX_SIZE], hex[BP_DIGEST_HEX_SIZE];
    put_dataset(made->service, "blobs", make_blobs(90, 4));
    make_model(made->service, "m", 1);
    pin(made->service, "m", "first");
    digest_at(made->service, NULL, first);
    train(made->service, "m");
    digest_at(made->service, NULL, now);
    assert_string_not_equal(first, now);
    for (int round = 0; round < 2; round++) {
        bp_version_info info;
        EXPECT_OK(bp_service_get_version(made->service, "m", "first", &info, &err_));
        assert_string_equal(info.sha256, first);
        assert_int_equal(info.snapshot->version, 0);
        bp_version_info_clear(&info);
        digest_at(made->service, "first", hex);
        assert_string_equal(hex, first);
        snprintf(number, sizeof number, "%u", (unsigned)model_version(made->service, "m"));
        digest_at(made->service, number, hex);
        assert_string_equal(hex, now);
        digest_at(made->service, "0", hex);
        assert_string_equal(hex, "");
        reopen(made);
    }
    EXPECT_OK(bp_service_restore_version(made->service, "m", "first", &err_));
    reopen(made);
    digest_at(made->service, NULL, hex);
    assert_string_equal(hex, first);
}

static void numbers_are_names_first(void **state) {
    fixture *made = *state;
    char pinned[BP_DIGEST_HEX_SIZE], hex[BP_DIGEST_HEX_SIZE];
    put_dataset(made->service, "blobs", make_blobs(90, 4));
    make_model(made->service, "m", 1);
    digest_at(made->service, NULL, pinned);
    digest_at(made->service, "0", hex);
    assert_string_equal(hex, pinned);
    pin(made->service, "m", "12");
    train(made->service, "m");
    assert_int_equal(model_version(made->service, "m"), 6);
    train(made->service, "m");
    assert_int_equal(model_version(made->service, "m"), 12);
    digest_at(made->service, "12", hex);
    assert_string_equal(hex, pinned);
}

static void a_full_disk_changes_nothing(void **state) {
    fixture *made = *state;
    bp_error errs[3] = {0};
    bp_status status[3];
    char before[BP_DIGEST_HEX_SIZE], hex[BP_DIGEST_HEX_SIZE];
    put_dataset(made->service, "blobs", make_blobs(90, 4));
    make_model(made->service, "m", 1);
    pin(made->service, "m", "kept");
    train(made->service, "m");
    digest_at(made->service, NULL, before);
    fill_disk(true);
    status[0] = bp_service_pin_version(made->service, "m", "more", NULL, &errs[0]);
    status[1] = bp_service_release_version(made->service, "m", "kept", &errs[1]);
    status[2] = bp_service_restore_version(made->service, "m", "kept", &errs[2]);
    fill_disk(false);
    for (int i = 0; i < 3; i++) {
        expect(status[i], BP_IO, &errs[i]);
    }
    for (int round = 0; round < 2; round++) {
        assert_int_equal(count_versions(made->service, "m"), 1);
        digest_at(made->service, NULL, hex);
        assert_string_equal(hex, before);
        reopen(made);
    }
    train(made->service, "m"); /* it is not left marked */
    pin(made->service, "m", "more");
    assert_int_equal(count_versions(made->service, "m"), 2);
}

/* --- hooks ---------------------------------------------------------------------------------- */

static bp_status refuse(void *context, const void *made, bp_store_batch *batch, bp_error *err) {
    assert_non_null(made);
    assert_non_null(batch);
    ++*(int *)context;
    return bp_fail(err, BP_NO_MEMORY, NULL, "no memory for the answer");
}

static void a_refusing_hook_creates_nothing(void **state) {
    fixture *made = *state;
    int calls = 0;
    uint64_t id = 0;
    bp_error err = {0};
    const bp_commit_hook hook = {.context = &calls, .add = refuse};
    const bp_model_spec spec = classifier(6);
    put_dataset(made->service, "blobs", make_blobs(90, 4));
    make_model(made->service, "m", 1);
    const bp_job_request request = ask("m", "blobs", 2);
    expect(bp_service_create_model_with(made->service, "n", &spec, &hook, &err), BP_NO_MEMORY,
           &err);
    expect(bp_service_pin_version(made->service, "m", "v", &hook, &err), BP_NO_MEMORY, &err);
    expect(bp_service_start_job_with(made->service, &request, &hook, &id, &err), BP_NO_MEMORY,
           &err);
    assert_int_equal(calls, 3);
    for (int round = 0; round < 2; round++) {
        bp_service_info all;
        bp_job_info job;
        bp_service_describe(made->service, &all);
        assert_int_equal(all.models, 1);
        assert_int_equal(count_versions(made->service, "m"), 0);
        expect(bp_service_get_job(made->service, 1, &job, &err), BP_NOT_FOUND, &err);
        reopen(made);
    }
    assert_int_equal(start(made->service, &request), 1);
    wait_for_end(made->service, 1);
}

/* What a hook is told is what is there afterwards. */
typedef struct told {
    uint64_t id;
    size_t queue_position;
    bp_job_state state;
    size_t edits;
} told;

static bp_status note_job(void *context, const void *made, bp_store_batch *batch, bp_error *err) {
    const bp_made_job *job = made;
    (void)batch, (void)err;
    *(told *)context =
        (told){job->info.id, job->info.queue_position, job->info.state, job->edit_count};
    return BP_OK;
}

static void a_hook_is_told_the_place_in_the_queue(void **state) {
    fixture *made = *state;
    told last = {0};
    uint64_t id = 0;
    const bp_commit_hook hook = {.context = &last, .add = note_job};
    put_dataset(made->service, "blobs", make_blobs(90, 4));
    make_model(made->service, "m", 1);
    const bp_job_request endless = ask("m", "blobs", BP_MAX_EPOCHS);
    bp_job_request request = ask("m", "blobs", 1);
    wait_for_steps(made->service, start(made->service, &endless), 1);
    const int priorities[] = {0, 0, 5};
    const size_t places[] = {1, 2, 1};
    for (int i = 0; i < 3; i++) { /* they wait for the model */
        request.terms.priority = priorities[i];
        EXPECT_OK(bp_service_start_job_with(made->service, &request, &hook, &id, &err_));
        assert_int_equal(last.id, id);
        assert_int_equal(last.state, BP_JOB_QUEUED);
        assert_int_equal(last.queue_position, places[i]);
        assert_int_equal(job_of(made->service, id).queue_position, places[i]);
    }
    for (; id > 0; id--) {
        EXPECT_OK(bp_service_cancel_job(made->service, id, &err_));
    }
}

static void a_fork_has_a_hook_too(void **state) {
    fixture *made = *state;
    bp_error err = {0};
    bp_model_info model;
    int calls = 0;
    told last = {0};
    uint64_t id = 0;
    const bp_commit_hook refusing = {.context = &calls, .add = refuse};
    const bp_commit_hook noting = {.context = &last, .add = note_job};
    bp_job_fork fork = {.model = "fork", .change = {.epochs = 4}, .hook = &refusing};
    put_dataset(made->service, "blobs", make_blobs(90, 4));
    make_model(made->service, "m", 1);
    bp_job_request request = ask("m", "blobs", 3);
    request.terms.checkpoint_steps = 1;
    const uint64_t from = start(made->service, &request);
    wait_for_end(made->service, from);
    expect(bp_service_fork_job(made->service, from, &fork, &id, &err), BP_NO_MEMORY, &err);
    assert_int_equal(calls, 1);
    expect(bp_service_get_model(made->service, "fork", &model, &err), BP_NOT_FOUND, &err);
    fork.hook = &noting;
    EXPECT_OK(bp_service_fork_job(made->service, from, &fork, &id, &err_));
    assert_int_equal(last.id, id);
    assert_int_equal(last.state, BP_JOB_QUEUED);
    assert_int_equal(last.edits, 1);
    assert_int_equal(wait_for_end(made->service, id).state, BP_JOB_SUCCEEDED);
}

/* --- records -------------------------------------------------------------------------------- */

static void without_a_store_versions_are_in_memory(void **state) {
    (void)state;
    bp_service *service = open_service(NULL);
    make_model(service, "m", 1);
    pin(service, "m", "v");
    assert_int_equal(count_versions(service, "m"), 1);
    EXPECT_OK(bp_service_restore_version(service, "m", "v", &err_));
    EXPECT_OK(bp_service_release_version(service, "m", "v", &err_));
    EXPECT_OK(bp_service_delete_model(service, "m", &err_));
    bp_service_free(service);
}

static void a_version_without_its_model_is_named(void **state) {
    fixture *made = *state;
    bp_store *store = NULL;
    bp_error err = {0};
    const bp_service_options options = {.data_dir = made->data_dir, .threads = 1};
    make_model(made->service, "m", 1);
    pin(made->service, "m", "v");
    bp_service_free(made->service);
    made->service = NULL;
    EXPECT_OK(bp_store_open(&store, made->data_dir, &err_));
    EXPECT_OK(bp_store_delete(store, BP_STORE_MODEL, "m", &err_));
    bp_store_close(store);
    expect(bp_service_new(&made->service, &options, &err), BP_IO, &err);
    assert_non_null(strstr(err.message, "version 'm@v'"));
}

/* --- many threads --------------------------------------------------------------------------- */

enum { THREADS = 4, ROUNDS = 25 };

static bool is_among(bp_status status, bp_status other, bp_status another) {
    return status == BP_OK || status == other || status == another;
}

/* Pins, reads, restores and releases the same few names. */
static void *churn(void *argument) {
    bp_service *service = argument;
    for (int round = 0; round < ROUNDS; round++) {
        const char name[2] = {(char)('a' + round % 2), '\0'};
        bp_model_info info;
        bp_version_info version;
        bp_status read = bp_service_get_model_at(service, "m", name, &info, NULL);
        if (read == BP_OK) {
            bp_model_info_clear(&info);
        }
        if (bp_service_get_version(service, "m", name, &version, NULL) == BP_OK) {
            bp_version_info_clear(&version);
        }
        if (!is_among(read, BP_NOT_FOUND, BP_OK) ||
            !is_among(bp_service_pin_version(service, "m", name, NULL, NULL), BP_EXISTS, BP_OK) ||
            !is_among(bp_service_restore_version(service, "m", name, NULL), BP_NOT_FOUND,
                      BP_CONFLICT) ||
            !is_among(bp_service_release_version(service, "m", name, NULL), BP_NOT_FOUND, BP_OK)) {
            return argument;
        }
    }
    return NULL;
}

static void many_threads_change_and_read(void **state) {
    fixture *made = *state;
    pthread_t threads[THREADS];
    put_dataset(made->service, "blobs", make_blobs(90, 4));
    make_model(made->service, "m", 1);
    const bp_job_request request = ask("m", "blobs", 200);
    const uint64_t id = start(made->service, &request);
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, churn, made->service), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        void *failed = NULL;
        pthread_join(threads[i], &failed);
        assert_null(failed);
    }
    wait_for_end(made->service, id);
    const size_t left = count_versions(made->service, "m");
    reopen(made);
    assert_int_equal(count_versions(made->service, "m"), left);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_version_stays_as_it_was),
        TEST(numbers_are_names_first),
        TEST(a_full_disk_changes_nothing),
        TEST(a_refusing_hook_creates_nothing),
        TEST(a_hook_is_told_the_place_in_the_queue),
        TEST(a_fork_has_a_hook_too),
        cmocka_unit_test(without_a_store_versions_are_in_memory),
        TEST(a_version_without_its_model_is_named),
        TEST(many_threads_change_and_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
