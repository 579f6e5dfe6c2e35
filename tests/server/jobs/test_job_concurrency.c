/* Jobs while other threads read, predict, start and cancel. Run under ThreadSanitizer too. */
#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

#include "clock.h"
#include "service_fixture.h"

enum { FEATURES = 4, READERS = 3 };

static void prepare(bp_service *service) {
    bp_model_spec spec = classifier(8);
    put_dataset(service, "blobs", make_blobs(120, FEATURES));
    create_model(service, "m", &spec);
}

typedef struct reader {
    bp_service *service;
    uint64_t job;
    atomic_bool *stop; /* written by the test's own thread */
    size_t predictions;
    const char *wrong; /* NULL: nothing was */
} reader;

/* A whole snapshot gives probabilities; half an update would be caught by the thread sanitizer. */
static const char *check_outputs(const float *outputs, size_t count) {
    double sum = 0;
    for (size_t i = 0; i < count; i++) {
        if (!(outputs[i] >= 0 && outputs[i] <= 1)) {
            return "a probability is out of range";
        }
        sum += outputs[i];
    }
    return fabs(sum - 1) < 1e-4 ? NULL : "probabilities do not sum to 1";
}

static void predict_once(reader *self, uint64_t *version) {
    static const float row[FEATURES] = {0.5F, 2.5F, 0.5F, 0.5F};
    float outputs[3];
    bp_model_info info = {0};
    if (bp_service_get_model(self->service, "m", &info, NULL) != BP_OK) {
        self->wrong = "the model is gone";
        return;
    }
    if (info.snapshot != NULL) {
        self->predictions++;
        if (info.snapshot->version < *version) {
            self->wrong = "the version went back";
        }
        *version = info.snapshot->version;
        if (bp_predict(info.snapshot, bp_service_kernels(self->service), row, 1, outputs, NULL) !=
            BP_OK) {
            self->wrong = "no prediction";
        } else if (check_outputs(outputs, 3) != NULL) {
            self->wrong = check_outputs(outputs, 3);
        }
    }
    bp_model_info_clear(&info);
}

static void poll_once(reader *self, uint64_t *step) {
    bp_job_info infos[2];
    bp_job_point *points = NULL;
    size_t count;
    bool more;
    if (bp_service_get_job(self->service, self->job, &infos[0], NULL) != BP_OK ||
        bp_service_list_jobs(self->service, 0, 2, infos, &count, &more, NULL) != BP_OK) {
        self->wrong = "the job is gone";
        return;
    }
    if (infos[0].progress.step < *step) {
        self->wrong = "progress went back";
    }
    *step = infos[0].progress.step;
    if (bp_service_job_history(self->service, self->job, 0, 100, &points, &count, NULL) == BP_OK) {
        free(points);
    }
}

static void *read_much(void *argument) {
    reader *self = argument;
    uint64_t version = 0, step = 0;
    /* Relaxed: the flag only ends the loop. */
    while (self->wrong == NULL && !atomic_load_explicit(self->stop, memory_order_relaxed)) {
        predict_once(self, &version);
        poll_once(self, &step);
    }
    return NULL;
}

static void predicts_and_polls_while_training(void **state) {
    bp_service *service = ((fixture *)*state)->service;
    prepare(service);
    bp_job_request first = ask("m", "blobs", 2), endless = ask("m", "blobs", BP_MAX_EPOCHS);
    wait_for_end(service, start(service, &first)); /* from here on there is a snapshot */
    uint64_t id = start(service, &endless);
    atomic_bool stop = false;
    pthread_t threads[READERS];
    reader readers[READERS];
    for (int i = 0; i < READERS; i++) {
        readers[i] = (reader){.service = service, .job = id, .stop = &stop};
        assert_int_equal(pthread_create(&threads[i], NULL, read_much, &readers[i]), 0);
    }
    uint64_t before = model_version(service, "m");
    double since = bp_clock_seconds();
    while (model_version(service, "m") == before && bp_clock_seconds() - since < 30) {
        nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
    }
    assert_true(model_version(service, "m") > before); /* published while it runs */
    assert_int_equal(job_of(service, id).state, BP_JOB_RUNNING);
    EXPECT_OK(bp_service_cancel_job(service, id, &err_));
    wait_for_end(service, id);
    atomic_store_explicit(&stop, true, memory_order_relaxed);
    for (int i = 0; i < READERS; i++) {
        pthread_join(threads[i], NULL);
        if (readers[i].wrong != NULL) {
            fail_msg("%s", readers[i].wrong);
        }
        assert_true(readers[i].predictions > 0);
    }
}

static void a_hundred_jobs_run_in_order(void **state) {
    bp_service *service = ((fixture *)*state)->service;
    prepare(service);
    bp_job_request request = ask("m", "blobs", 1);
    for (uint64_t i = 1; i <= 100; i++) {
        assert_int_equal(start(service, &request), i);
    }
    double before = 0;
    for (uint64_t i = 1; i <= 100; i++) {
        bp_job_info info = wait_for_end(service, i);
        assert_int_equal(info.state, BP_JOB_SUCCEEDED);
        assert_true(info.started_at >= before);
        before = info.finished_at;
    }
    assert_int_equal(model_version(service, "m"), 100 * 4); /* 108 rows in minibatches of 32 */
    bp_service_info all;
    bp_service_describe(service, &all);
    assert_int_equal(all.jobs_queued, 0);
}

/* --- starting and cancelling from many threads ---------------------------------------------- */

enum { STARTERS = 4, STARTS = 15 };

typedef struct starter {
    bp_service *service;
    unsigned number;
    const char *wrong;
} starter;

/* Every second job is cancelled at once, wherever it is by then. */
static void *start_and_cancel(void *argument) {
    starter *self = argument;
    for (unsigned i = 0; i < STARTS; i++) {
        bp_job_request request = ask("m", "blobs", 1);
        uint64_t id;
        if (bp_service_start_job(self->service, &request, &id, NULL) != BP_OK) {
            self->wrong = "a job was not accepted";
            continue;
        }
        if ((i + self->number) % 2 == 0) {
            bp_status status = bp_service_cancel_job(self->service, id, NULL);
            if (status != BP_OK && status != BP_CONFLICT) {
                self->wrong = "a cancellation failed";
            }
        }
    }
    return NULL;
}

static void many_threads_start_and_cancel(void **state) {
    bp_service *service = ((fixture *)*state)->service;
    prepare(service);
    pthread_t threads[STARTERS];
    starter starters[STARTERS];
    for (unsigned i = 0; i < STARTERS; i++) {
        starters[i] = (starter){.service = service, .number = i};
        assert_int_equal(pthread_create(&threads[i], NULL, start_and_cancel, &starters[i]), 0);
    }
    for (unsigned i = 0; i < STARTERS; i++) {
        pthread_join(threads[i], NULL);
        if (starters[i].wrong != NULL) {
            fail_msg("%s", starters[i].wrong);
        }
    }
    for (uint64_t id = 1; id <= STARTERS * STARTS; id++) {
        bp_job_state ended = wait_for_end(service, id).state;
        assert_true(ended == BP_JOB_SUCCEEDED || ended == BP_JOB_CANCELLED);
        EXPECT_OK(bp_service_delete_job(service, id, &err_));
    }
    EXPECT_OK(bp_service_delete_model(service, "m", &err_));
    EXPECT_OK(bp_service_delete_dataset(service, "blobs", &err_));
}

static void stops_at_once_and_goes_on_after(void **state) {
    fixture *made = *state;
    prepare(made->service);
    bp_job_request request = ask("m", "blobs", BP_MAX_EPOCHS);
    uint64_t running = start(made->service, &request);
    uint64_t queued = start(made->service, &request);
    wait_for_steps(made->service, running, 20);
    double asked = bp_clock_seconds();
    bp_service_free(made->service);
    made->service = NULL;
    assert_true(bp_clock_seconds() - asked < 5);
    made->service = open_service(made->data_dir);
    bp_job_info info = job_of(made->service, running);
    assert_true(info.state == BP_JOB_RUNNING || info.state == BP_JOB_QUEUED);
    assert_true(info.progress.step >= 20);
    assert_true(model_version(made->service, "m") >= 20);
    assert_int_equal(job_of(made->service, queued).state, BP_JOB_QUEUED); /* behind the other */
    wait_for_steps(made->service, running, info.progress.step + 5);
    EXPECT_OK(bp_service_cancel_job(made->service, queued, &err_));
    EXPECT_OK(bp_service_cancel_job(made->service, running, &err_));
}

static void a_full_queue_refuses(void **state) {
    (void)state;
    bp_service *service = open_service(NULL);
    prepare(service);
    bp_job_request request = ask("m", "blobs", BP_MAX_EPOCHS);
    uint64_t running = start(service, &request), id = 0;
    wait_for_steps(service, running, 1);
    for (int i = 0; i < BP_MOST_QUEUED_JOBS; i++) {
        id = start(service, &request);
    }
    assert_int_equal(job_of(service, id).queue_position, BP_MOST_QUEUED_JOBS);
    bp_error err = {0};
    uint64_t refused = 0;
    expect(bp_service_start_job(service, &request, &refused, &err), BP_BUSY, &err);
    EXPECT_OK(bp_service_cancel_job(service, running + 1, &err_));
    assert_int_equal(start(service, &request), id + 1);
    bp_service_free(service); /* with a full queue */
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(predicts_and_polls_while_training), TEST(a_hundred_jobs_run_in_order),
        TEST(many_threads_start_and_cancel),     TEST(a_full_queue_refuses),
        TEST(stops_at_once_and_goes_on_after),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
