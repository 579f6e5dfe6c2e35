/* What a job would take is told, nothing of it stays, and what does not fit is refused. */
#include <math.h>

#include "service_fixture.h"

enum { ROWS = 300, FEATURES = 6 };

static bp_service *open_limited(size_t bytes) {
    const bp_service_options options = {.threads = 2, .memory_limit = bytes};
    bp_service *service = NULL;
    EXPECT_OK(bp_service_new(&service, &options, &err_));
    return service;
}

static void fill(bp_service *service, size_t hidden) {
    const bp_model_spec spec = classifier(hidden);
    create_model(service, "m", &spec);
    put_dataset(service, "d", make_blobs(ROWS, FEATURES));
}

static bp_job_estimate estimate(bp_service *service, const bp_job_request *request) {
    bp_job_estimate out;
    EXPECT_OK(bp_service_estimate_job(service, request, &out, &err_));
    return out;
}

static void what_is_told_is_what_happens(void **state) {
    const fixture *made = *state;
    fill(made->service, 8);
    const bp_job_request request = ask("m", "d", 3);
    const bp_job_estimate told = estimate(made->service, &request);
    const bp_job_info done = wait_for_end(made->service, start(made->service, &request));
    assert_int_equal(told.training.steps, done.progress.step);
    assert_int_equal(told.training.samples, done.progress.samples_seen);
    assert_int_equal(told.training.validation, done.validation_rows);
    assert_true(told.seconds > 0 && isfinite(told.seconds));
    assert_true(told.fits);
    assert_int_equal(told.limit_bytes, 0);
    assert_int_equal(told.refusal.code, BP_OK);
}

static void nothing_is_created(void **state) {
    const fixture *made = *state;
    bp_service_info info;
    fill(made->service, 8);
    const bp_job_request request = ask("m", "d", 3);
    estimate(made->service, &request);
    bp_service_describe(made->service, &info);
    assert_int_equal(info.jobs_queued + info.jobs_running, 0);
    assert_int_equal(info.models, 1);
    assert_int_equal(model_version(made->service, "m"), 0);
    bp_model_info model;
    EXPECT_OK(bp_service_get_model(made->service, "m", &model, &err_));
    assert_null(model.snapshot);
    assert_int_equal(model.jobs, 0);
    bp_model_info_clear(&model);
}

/* A checkpoint is on its way to the disk only where there is one. */
static void without_a_store_there_is_no_checkpoint(void **state) {
    const fixture *made = *state;
    bp_service *service = open_limited(0);
    fill(made->service, 8);
    fill(service, 8);
    const bp_job_request request = ask("m", "d", 3);
    const bp_job_estimate kept = estimate(made->service, &request);
    const bp_job_estimate not_kept = estimate(service, &request);
    assert_int_equal(kept.peak_bytes, not_kept.peak_bytes + kept.training.checkpoint_bytes);
    assert_int_equal(not_kept.peak_bytes, not_kept.training.bytes.total + not_kept.snapshot_bytes);
    bp_service_free(service);
}

static void models_and_data_sets_are_in_use(void **state) {
    (void)state;
    bp_service *service = open_limited(0); /* without a store nothing is mapped from a file */
    fill(service, 8);
    const bp_job_request request = ask("m", "d", 3);
    const size_t first = estimate(service, &request).in_use_bytes;
    put_dataset(service, "more", make_blobs(10 * ROWS, FEATURES));
    const size_t with_data = estimate(service, &request).in_use_bytes;
    assert_true(with_data >= first + (size_t)10 * ROWS * (FEATURES * sizeof(float) + 4));
    bp_model_spec spec = classifier(500);
    spec.inputs = FEATURES;
    spec.layers[1].units = 3; /* no size is open: it has its weights at once */
    create_model(service, "more", &spec);
    const size_t with_model = estimate(service, &request).in_use_bytes;
    assert_true(with_model >= with_data + (size_t)500 * (FEATURES + 3) * sizeof(float));
    bp_service_free(service);
}

static void what_does_not_fit_is_refused(void **state) {
    (void)state;
    bp_service *service = open_limited(10 << 20);
    uint64_t id = 0;
    bp_error err = {0};
    fill(service, 100000 / 2); /* 450 000 weights, of which adam makes four arrays */
    const bp_job_request request = ask("m", "d", 3);
    const bp_job_estimate told = estimate(service, &request);
    assert_false(told.fits);
    assert_true(isnan(told.seconds));
    expect(bp_service_start_job(service, &request, &id, &err), BP_TOO_LARGE, &err);
    assert_string_equal(err.field, "/model");
    assert_string_equal(err.message, told.refusal.message);
    bp_service_info info;
    bp_service_describe(service, &info);
    assert_int_equal(info.jobs_queued + info.jobs_running, 0);
    EXPECT_OK(bp_service_delete_model(service, "m", &err_)); /* nobody uses it */
    bp_service_free(service);
}

/* The last byte counts. */
static void what_fits_just_so_runs(void **state) {
    (void)state;
    bp_service *service = open_limited(0);
    fill(service, 100);
    const bp_job_request request = ask("m", "d", 1);
    const bp_job_estimate told = estimate(service, &request);
    const size_t needed = told.peak_bytes + told.in_use_bytes;
    bp_service_free(service);
    for (size_t lack = 0; lack < 2; lack++) {
        uint64_t id = 0;
        bp_error err = {0};
        service = open_limited(needed - lack);
        fill(service, 100);
        expect(bp_service_start_job(service, &request, &id, &err), lack ? BP_TOO_LARGE : BP_OK,
               &err);
        bp_service_free(service);
    }
}

static void errors_are_those_of_a_job(void **state) {
    const fixture *made = *state;
    fill(made->service, 8);
    bp_job_request requests[] = {ask("nobody", "d", 1), ask("m", "nobody", 1), ask("m", "d", 0),
                                 ask("m", "d", 1), ask("m", "d", 1)};
    requests[3].options.validation.kind = requests[4].options.validation.kind = BP_SPLIT_DATASET;
    snprintf(requests[3].options.validation.dataset, BP_SPLIT_TEXT_SIZE, "d");
    snprintf(requests[4].options.validation.dataset, BP_SPLIT_TEXT_SIZE, "nobody");
    for (size_t i = 0; i < sizeof requests / sizeof *requests; i++) {
        bp_error of_job = {0}, of_estimate = {0};
        bp_job_estimate out;
        uint64_t id = 0;
        const bp_status status = bp_service_start_job(made->service, &requests[i], &id, &of_job);
        assert_int_not_equal(status, BP_OK);
        expect(bp_service_estimate_job(made->service, &requests[i], &out, &of_estimate), status,
               &of_estimate);
        assert_string_equal(of_estimate.field, of_job.field);
        assert_string_equal(of_estimate.message, of_job.message);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(what_is_told_is_what_happens),
        TEST(nothing_is_created),
        TEST(without_a_store_there_is_no_checkpoint),
        TEST(models_and_data_sets_are_in_use),
        TEST(what_does_not_fit_is_refused),
        TEST(what_fits_just_so_runs),
        TEST(errors_are_those_of_a_job),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
