/* A job from its request to its end, whatever that end is. */
#include <math.h>

#include "clock.h"
#include "service_fixture.h"

enum { ROWS = 240, FEATURES = 4, HELD_OUT = 24, STEPS_PER_EPOCH = 7 }; /* (240 - 24) / 32, up */

static void prepare(bp_service *service) {
    bp_model_spec spec = classifier(8);
    put_dataset(service, "blobs", make_blobs(ROWS, FEATURES));
    create_model(service, "m", &spec);
}

static uint64_t start_endless(bp_service *service) {
    bp_job_request request = ask("m", "blobs", BP_MAX_EPOCHS);
    return start(service, &request);
}

static void end_endless(bp_service *service, uint64_t id) {
    EXPECT_OK(bp_service_cancel_job(service, id, &err_));
    assert_int_equal(wait_for_end(service, id).state, BP_JOB_CANCELLED);
}

/* --- the good end --------------------------------------------------------------------------- */

static void assert_history(bp_service *service, const bp_job_info *info, uint64_t epochs) {
    bp_job_point *points = NULL;
    size_t count = 0;
    EXPECT_OK(bp_service_job_history(service, info->id, 0, SIZE_MAX, &points, &count, &err_));
    assert_int_equal(count, epochs);
    double best = INFINITY;
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(points[i].epoch, i + 1);
        assert_int_equal(points[i].step, (i + 1) * STEPS_PER_EPOCH);
        assert_true(isfinite(points[i].train_loss) && isfinite(points[i].validation_loss));
        assert_true(isnan(points[i].validation_r2));
        best = fmin(best, points[i].validation_loss);
    }
    assert_true(info->best.validation_loss == best);
    assert_memory_equal(&info->last, &points[count - 1], sizeof info->last);
    assert_true(points[count - 1].train_loss < 0.5 * points[0].train_loss);
    assert_true(points[count - 1].validation_accuracy > 0.9);
    free(points);
    EXPECT_OK(bp_service_job_history(service, info->id, 3, 4, &points, &count, &err_));
    assert_int_equal(count, 4);
    assert_int_equal(points[0].epoch, 4);
    free(points);
    EXPECT_OK(bp_service_job_history(service, info->id, epochs, 4, &points, &count, &err_));
    assert_int_equal(count, 0);
    free(points);
}

static void trains_to_the_end(void **state) {
    bp_service *service = ((fixture *)*state)->service;
    prepare(service);
    bp_job_request request = ask("m", "blobs", 20);
    bp_job_info info = wait_for_end(service, start(service, &request));
    assert_int_equal(info.id, 1);
    assert_int_equal(info.state, BP_JOB_SUCCEEDED);
    assert_int_equal(info.error.code, BP_OK);
    assert_int_equal(info.rows, ROWS);
    assert_int_equal(info.validation_rows, HELD_OUT);
    assert_int_equal(info.steps_total, 20 * STEPS_PER_EPOCH);
    assert_int_equal(info.progress.step, 20 * STEPS_PER_EPOCH);
    assert_int_equal(info.progress.epoch, 20);
    assert_int_equal(info.progress.samples_seen, 20 * (ROWS - HELD_OUT));
    assert_true(info.created_at <= info.started_at && info.started_at <= info.finished_at);
    assert_true(info.elapsed_seconds > 0 && info.samples_per_second > 0 && info.eta_seconds == 0);
    assert_history(service, &info, 20);
    char hex[BP_DIGEST_HEX_SIZE];
    model_sha256(service, "m", hex);
    assert_string_equal(info.sha256, hex);
    assert_int_equal(model_version(service, "m"), 20 * STEPS_PER_EPOCH);
}

static void works_without_a_data_directory_and_without_validation(void **state) {
    (void)state;
    bp_service *service = open_service(NULL);
    bp_model_spec spec = regressor(4);
    put_dataset(service, "plane", make_plane(64));
    create_model(service, "r", &spec);
    bp_job_request request = ask("r", "plane", 5);
    request.options.validation.fraction = 0;
    bp_job_info info = wait_for_end(service, start(service, &request));
    assert_int_equal(info.state, BP_JOB_SUCCEEDED);
    assert_int_equal(info.validation_rows, 0);
    assert_true(isnan(info.last.validation_loss) && isnan(info.last.validation_accuracy));
    assert_true(info.best.step > 0 && info.best.train_loss <= info.last.train_loss);
    bp_service_info all;
    bp_service_describe(service, &all);
    assert_int_equal(all.models, 1);
    assert_int_equal(all.datasets, 1);
    assert_int_equal(all.threads, 2);
    assert_null(all.data_dir);
    bp_service_free(service);
}

/* What the engine gives without the service. */
static void train_by_hand(const bp_model_spec *spec, bp_snapshot **weights, bp_dataset *data,
                          const bp_train_options *options, const bp_kernels *kernels) {
    bp_pool *pool = NULL;
    bp_snapshot *start_at = NULL, *end_at = NULL;
    bp_trainer *trainer = NULL;
    EXPECT_OK(bp_pool_new(&pool, 1, &err_));
    EXPECT_OK(bp_train_bind(&start_at, spec, *weights, data, options, &err_));
    bp_train_place place = {.pool = pool, .kernels = kernels};
    EXPECT_OK(bp_trainer_new(&trainer, start_at, data, options, place, &err_));
    while (!bp_trainer_done(trainer)) {
        EXPECT_OK(bp_trainer_step(trainer, &err_));
    }
    EXPECT_OK(bp_trainer_snapshot(trainer, &end_at, &err_));
    bp_trainer_free(trainer);
    bp_snapshot_unref(start_at);
    bp_snapshot_unref(*weights);
    bp_pool_free(pool);
    *weights = end_at;
}

static void the_second_job_continues_from_the_first(void **state) {
    bp_service *service = ((fixture *)*state)->service;
    prepare(service);
    bp_job_request first = ask("m", "blobs", 3), second = ask("m", "blobs", 2);
    second.options.seed = 5;
    second.options.learning_rate = 0.01F;
    uint64_t ids[2] = {start(service, &first), start(service, &second)};
    bp_job_info infos[2] = {wait_for_end(service, ids[0]), wait_for_end(service, ids[1])};
    assert_true(infos[0].finished_at <= infos[1].started_at);
    assert_int_equal(model_version(service, "m"), 5 * STEPS_PER_EPOCH);

    bp_model_spec spec = classifier(8);
    bp_dataset *data = make_blobs(ROWS, FEATURES);
    bp_snapshot *weights = NULL;
    char hex[BP_DIGEST_HEX_SIZE];
    train_by_hand(&spec, &weights, data, &first.options, bp_service_kernels(service));
    EXPECT_OK(bp_snapshot_digest(weights, hex, &err_));
    assert_string_equal(infos[0].sha256, hex);
    train_by_hand(&spec, &weights, data, &second.options, bp_service_kernels(service));
    EXPECT_OK(bp_snapshot_digest(weights, hex, &err_));
    assert_string_equal(infos[1].sha256, hex);
    bp_snapshot_unref(weights);
    bp_dataset_unref(data);
}

/* --- other ends ----------------------------------------------------------------------------- */

static void cancels_what_runs(void **state) {
    bp_service *service = ((fixture *)*state)->service;
    prepare(service);
    uint64_t id = start_endless(service);
    wait_for_steps(service, id, 50);
    bp_job_info running = job_of(service, id);
    assert_int_equal(running.state, BP_JOB_RUNNING);
    assert_int_equal(running.queue_position, 0);
    assert_true(running.eta_seconds > 0 && running.samples_per_second > 0);
    assert_true(running.steps_total == (uint64_t)BP_MAX_EPOCHS * STEPS_PER_EPOCH);
    double asked = bp_clock_seconds();
    EXPECT_OK(bp_service_cancel_job(service, id, &err_));
    bp_job_info info = wait_for_end(service, id);
    assert_true(bp_clock_seconds() - asked < 5);
    assert_int_equal(info.state, BP_JOB_CANCELLED);
    assert_int_equal(info.error.code, BP_OK);
    assert_true(info.progress.step >= 50);
    assert_int_equal(model_version(service, "m"), info.progress.step);
    char hex[BP_DIGEST_HEX_SIZE];
    model_sha256(service, "m", hex);
    assert_string_equal(info.sha256, hex);
    bp_error err = {0};
    expect(bp_service_cancel_job(service, id, &err), BP_CONFLICT, &err);
    assert_non_null(strstr(err.message, "cancelled"));
}

static void cancels_what_is_queued(void **state) {
    bp_service *service = ((fixture *)*state)->service;
    prepare(service);
    put_dataset(service, "other", make_blobs(30, FEATURES));
    uint64_t running = start_endless(service);
    bp_job_request request = ask("m", "other", 1);
    uint64_t first = start(service, &request), second = start(service, &request);
    wait_for_steps(service, running, 1);
    assert_int_equal(job_of(service, first).queue_position, 1);
    assert_int_equal(job_of(service, second).queue_position, 2);
    EXPECT_OK(bp_service_cancel_job(service, first, &err_));
    bp_job_info info = job_of(service, first);
    assert_int_equal(info.state, BP_JOB_CANCELLED);
    assert_true(info.started_at == 0 && info.finished_at > 0);
    assert_string_equal(info.sha256, "");
    assert_int_equal(job_of(service, second).queue_position, 1);
    EXPECT_OK(bp_service_cancel_job(service, second, &err_));
    EXPECT_OK(bp_service_delete_dataset(service, "other", &err_)); /* nobody uses it now */
    end_endless(service, running);
}

static void divergence_keeps_the_last_good_weights(void **state) {
    bp_service *service = ((fixture *)*state)->service;
    bp_model_spec spec = regressor(8);
    put_dataset(service, "plane", make_plane(64));
    create_model(service, "r", &spec);
    bp_job_request good = ask("r", "plane", 3), bad = ask("r", "plane", 50);
    bp_job_info before = wait_for_end(service, start(service, &good));
    bad.options.learning_rate = 1e8F;
    bp_job_info info = wait_for_end(service, start(service, &bad));
    assert_int_equal(info.state, BP_JOB_FAILED);
    assert_int_equal(info.error.code, BP_DIVERGED);
    assert_true(info.error_step >= 1 && info.error_step <= 50 * 2);
    assert_int_equal(info.error_epoch, (info.error_step - 1) / 2 + 1);
    assert_true(info.error.message[0] != '\0');
    char hex[BP_DIGEST_HEX_SIZE];
    model_sha256(service, "r", hex);
    assert_string_equal(hex, before.sha256);
    assert_string_equal(info.sha256, "");
    assert_int_equal(wait_for_end(service, start(service, &good)).state, BP_JOB_SUCCEEDED);
}

/* Both fit the fresh model when they are accepted; the first one gives it its columns. */
static void a_job_that_no_longer_fits_fails(void **state) {
    bp_service *service = ((fixture *)*state)->service;
    prepare(service);
    put_dataset(service, "few", make_blobs(60, FEATURES - 1));
    bp_model_spec spec = classifier(4);
    create_model(service, "open", &spec);
    create_model(service, "other", &spec);
    uint64_t running = start_endless(service); /* it and the next keep both lanes */
    bp_job_request endless = ask("other", "blobs", BP_MAX_EPOCHS);
    uint64_t beside = start(service, &endless);
    wait_for_steps(service, beside, 1);
    bp_job_request all = ask("open", "blobs", 1), few = ask("open", "few", 1);
    uint64_t first = start(service, &all), second = start(service, &few);
    end_endless(service, running);
    EXPECT_OK(bp_service_cancel_job(service, beside, &err_));
    assert_int_equal(wait_for_end(service, first).state, BP_JOB_SUCCEEDED);
    bp_job_info info = wait_for_end(service, second);
    assert_int_equal(info.state, BP_JOB_FAILED);
    assert_int_equal(info.error.code, BP_INVALID);
    assert_string_equal(info.error.field, "/dataset");
    assert_int_equal(info.error_step, 0);
}

/* --- refusals ------------------------------------------------------------------------------- */

static void refuse(bp_service *service, const bp_job_request *request, bp_status code,
                   const char *field) {
    bp_error err = {0};
    uint64_t id = 0;
    expect(bp_service_start_job(service, request, &id, &err), code, &err);
    assert_string_equal(err.field, field);
    assert_int_equal(id, 0);
}

static void bad_requests_leave_nothing(void **state) {
    bp_service *service = ((fixture *)*state)->service;
    prepare(service);
    bp_model_spec fixed = classifier(4);
    fixed.inputs = FEATURES + 3;
    create_model(service, "fixed", &fixed);
    put_dataset(service, "plane", make_plane(30));
    bp_job_request request = ask("nobody", "blobs", 1);
    refuse(service, &request, BP_NOT_FOUND, "/model");
    request = ask("m", "nothing", 1);
    refuse(service, &request, BP_NOT_FOUND, "/dataset");
    request = ask("m", "plane", 1);
    refuse(service, &request, BP_INVALID, "/dataset");
    request = ask("m", "blobs", 0);
    refuse(service, &request, BP_INVALID, "/epochs");
    request = ask("fixed", "blobs", 1);
    bp_error err = {0};
    uint64_t id = 0;
    expect(bp_service_start_job(service, &request, &id, &err), BP_INVALID, &err);
    assert_memory_equal(err.field, "/model", 6);

    bp_job_info infos[2];
    size_t count;
    bool more;
    EXPECT_OK(bp_service_list_jobs(service, 0, 2, infos, &count, &more, &err_));
    assert_int_equal(count, 0);
    EXPECT_OK(bp_service_delete_model(service, "fixed", &err_)); /* no use is left behind */
    EXPECT_OK(bp_service_delete_dataset(service, "blobs", &err_));
    expect(bp_service_get_job(service, 1, &infos[0], &err), BP_NOT_FOUND, &err);
    expect(bp_service_cancel_job(service, 1, &err), BP_NOT_FOUND, &err);
    expect(bp_service_delete_job(service, 1, &err), BP_NOT_FOUND, &err);
}

static void what_a_job_uses_stays(void **state) {
    bp_service *service = ((fixture *)*state)->service;
    prepare(service);
    uint64_t id = start_endless(service);
    wait_for_steps(service, id, 1);
    bp_dataset *other = make_blobs(30, FEATURES);
    bp_error err = {0};
    bool created = true;
    expect(bp_service_delete_model(service, "m", &err), BP_CONFLICT, &err);
    assert_non_null(strstr(err.message, "job 1"));
    expect(bp_service_delete_dataset(service, "blobs", &err), BP_CONFLICT, &err);
    assert_non_null(strstr(err.message, "job 1"));
    expect(bp_service_put_dataset(service, "blobs", other, NULL, &created, &err), BP_CONFLICT,
           &err);
    expect(bp_service_delete_job(service, id, &err), BP_CONFLICT, &err);
    bp_model_info model;
    EXPECT_OK(bp_service_get_model(service, "m", &model, &err_));
    assert_int_equal(model.jobs, 1);
    bp_model_info_clear(&model);
    end_endless(service, id);
    EXPECT_OK(bp_service_put_dataset(service, "blobs", other, NULL, &created, &err_));
    assert_false(created);
    EXPECT_OK(bp_service_delete_model(service, "m", &err_));
    EXPECT_OK(bp_service_delete_dataset(service, "blobs", &err_));
    EXPECT_OK(bp_service_delete_job(service, id, &err_));
    expect(bp_service_delete_job(service, id, &err), BP_NOT_FOUND, &err);
    bp_dataset_unref(other);
}

static void models_are_checked(void **state) {
    bp_service *service = ((fixture *)*state)->service;
    bp_model_spec spec = classifier(4);
    bp_error err = {0};
    create_model(service, "m", &spec);
    expect(bp_service_create_model(service, "m", &spec, &err), BP_EXISTS, &err);
    assert_string_equal(err.field, "/name");
    expect(bp_service_create_model(service, "no/name", &spec, &err), BP_INVALID, &err);
    spec.layers[0].units = 0;
    expect(bp_service_create_model(service, "n", &spec, &err), BP_INVALID, &err);
    assert_string_equal(err.field, "/layers/0/units");
    spec = classifier(4);
    spec.inputs = 3;
    spec.layers[1].units = 2;
    create_model(service, "closed", &spec); /* has its initial weights at once */
    char hex[BP_DIGEST_HEX_SIZE];
    model_sha256(service, "closed", hex);
    assert_int_equal(strlen(hex), 64);
    model_sha256(service, "m", hex);
    assert_string_equal(hex, "");
}

/* --- lists ---------------------------------------------------------------------------------- */

static void lists_in_pages(void **state) {
    bp_service *service = ((fixture *)*state)->service;
    prepare(service);
    for (int i = 0; i < 7; i++) {
        bp_job_request request = ask("m", "blobs", 1);
        wait_for_end(service, start(service, &request));
    }
    EXPECT_OK(bp_service_delete_job(service, 4, &err_));
    bp_job_info infos[3];
    size_t count;
    bool more;
    EXPECT_OK(bp_service_list_jobs(service, 0, 3, infos, &count, &more, &err_));
    assert_int_equal(count, 3);
    assert_true(more);
    assert_int_equal(infos[0].id, 7);
    assert_int_equal(infos[2].id, 5);
    EXPECT_OK(bp_service_list_jobs(service, 5, 3, infos, &count, &more, &err_));
    assert_int_equal(count, 3);
    assert_false(more);
    assert_int_equal(infos[0].id, 3);
    bp_model_info models[2];
    EXPECT_OK(bp_service_list_models(service, NULL, 2, models, &count, &more, &err_));
    assert_int_equal(count, 1);
    assert_false(more);
    bp_model_info_clear(&models[0]);
    bp_dataset_info datasets[2];
    EXPECT_OK(bp_service_list_datasets(service, "blobs", 2, datasets, &count, &more, &err_));
    assert_int_equal(count, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(trains_to_the_end),
        TEST(works_without_a_data_directory_and_without_validation),
        TEST(the_second_job_continues_from_the_first),
        TEST(cancels_what_runs),
        TEST(cancels_what_is_queued),
        TEST(divergence_keeps_the_last_good_weights),
        TEST(a_job_that_no_longer_fits_fails),
        TEST(bad_requests_leave_nothing),
        TEST(what_a_job_uses_stays),
        TEST(models_are_checked),
        TEST(lists_in_pages),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
