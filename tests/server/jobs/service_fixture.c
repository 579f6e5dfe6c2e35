#include "service_fixture.h"

#include <signal.h>
#include <sys/resource.h>
#include <time.h>

#include "clock.h"
#include "dataset_builder.h"

/* --- the data directory --------------------------------------------------------------------- */

void expect(bp_status status, bp_status expected, const bp_error *err) {
    if (status != expected) {
        print_message("status %s, expected %s: %s (%s)\n", bp_status_name(status),
                      bp_status_name(expected), err->message, err->field);
    }
    assert_int_equal(status, expected);
}

bp_service *open_service(const char *data_dir) {
    bp_service_options options = {.data_dir = data_dir, .threads = 2};
    bp_service *service = NULL;
    bp_error err = {0};
    expect(bp_service_new(&service, &options, &err), BP_OK, &err);
    return service;
}

void reopen(fixture *made) {
    bp_service_free(made->service);
    made->service = NULL;
    made->service = open_service(made->data_dir);
}

int set_up(void **state) {
    fixture *made = calloc(1, sizeof *made);
    if (made == NULL) {
        return -1;
    }
    if (!make_temporary_folder(made->root)) {
        return -1;
    }
    snprintf(made->data_dir, sizeof made->data_dir, "%.200s/data", made->root);
    made->service = open_service(made->data_dir);
    *state = made;
    return 0;
}

int tear_down(void **state) {
    fixture *made = *state;
    bp_service_free(made->service);
    remove_folder(made->root);
    free(made);
    return 0;
}

void fill_disk(bool full) {
    struct rlimit limit;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = full ? 0 : limit.rlim_max;
    signal(SIGXFSZ, full ? SIG_IGN : SIG_DFL);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

/* --- data ----------------------------------------------------------------------------------- */

/* In [0, 1): a multiplicative generator, enough for data to separate. */
static double draw(uint32_t *state) {
    *state = *state * 1664525u + 1013904223u;
    return (double)(*state >> 8) / (double)(1u << 24);
}

static bp_dataset_builder *begin_data(size_t features, const char *target) {
    bp_dataset_builder *builder = NULL;
    bp_dataset_options options = {0};
    bp_names columns = {0};
    char name[16];
    for (size_t i = 0; i < features; i++) {
        int size = snprintf(name, sizeof name, "x%zu", i);
        EXPECT_OK(bp_names_add(&columns, name, (size_t)size, &err_));
    }
    EXPECT_OK(bp_names_add(&columns, target, strlen(target), &err_));
    EXPECT_OK(bp_dataset_builder_new(&builder, &options, &err_));
    EXPECT_OK(bp_dataset_builder_header(builder, &columns, &err_));
    bp_names_clear(&columns);
    return builder;
}

enum { MOST_CELLS = 32, CELL_SIZE = 24 };

static void add_row(bp_dataset_builder *builder, const double *x, size_t features,
                    const char *target) {
    char text[MOST_CELLS][CELL_SIZE];
    bp_cell cells[MOST_CELLS + 1];
    for (size_t i = 0; i < features; i++) {
        cells[i].size = (size_t)snprintf(text[i], CELL_SIZE, "%.6f", x[i]);
        cells[i].text = text[i];
    }
    cells[features] = (bp_cell){.text = target, .size = strlen(target)};
    EXPECT_OK(bp_dataset_builder_row(builder, cells, features + 1, 1, &err_));
}

static bp_dataset *end_data(bp_dataset_builder *builder) {
    bp_dataset *data = NULL;
    EXPECT_OK(bp_dataset_builder_finish(builder, &data, &err_));
    bp_dataset_builder_free(builder);
    return data;
}

bp_dataset *make_blobs(size_t rows, size_t features) {
    static const char *const labels[] = {"a", "b", "c"};
    bp_dataset_builder *builder = begin_data(features, "class");
    uint32_t state = 1;
    double x[MOST_CELLS];
    for (size_t row = 0; row < rows; row++) {
        size_t class = row % 3;
        for (size_t i = 0; i < features; i++) {
            x[i] = draw(&state) + (i % 3 == class ? 2.0 : 0.0);
        }
        add_row(builder, x, features, labels[class]);
    }
    return end_data(builder);
}

bp_dataset *make_plane(size_t rows) {
    bp_dataset_builder *builder = begin_data(2, "y");
    uint32_t state = 1;
    char target[CELL_SIZE];
    for (size_t row = 0; row < rows; row++) {
        double x[2] = {draw(&state), draw(&state)};
        snprintf(target, sizeof target, "%.6f", x[0] - 2 * x[1]);
        add_row(builder, x, 2, target);
    }
    return end_data(builder);
}

void put_dataset(bp_service *service, const char *name, bp_dataset *data) {
    bool created;
    EXPECT_OK(bp_service_put_dataset(service, name, data, NULL, &created, &err_));
    bp_dataset_unref(data);
}

/* --- models --------------------------------------------------------------------------------- */

bp_model_spec classifier(size_t hidden) {
    bp_model_spec spec = {.layer_count = 2, .loss = BP_LOSS_CROSS_ENTROPY, .seed = 7};
    spec.layers[0] = (bp_layer_spec){.units = hidden, .activation = BP_ACTIVATION_RELU};
    spec.layers[1] = (bp_layer_spec){.activation = BP_ACTIVATION_SOFTMAX};
    return spec;
}

bp_model_spec regressor(size_t hidden) {
    bp_model_spec spec = classifier(hidden);
    spec.loss = BP_LOSS_MSE;
    spec.layers[1].activation = BP_ACTIVATION_LINEAR;
    return spec;
}

void create_model(bp_service *service, const char *name, const bp_model_spec *spec) {
    EXPECT_OK(bp_service_create_model(service, name, spec, &err_));
}

void model_sha256(bp_service *service, const char *name, char hex[BP_DIGEST_HEX_SIZE]) {
    bp_model_info info;
    EXPECT_OK(bp_service_get_model(service, name, &info, &err_));
    hex[0] = '\0';
    if (info.snapshot != NULL) {
        EXPECT_OK(bp_snapshot_digest(info.snapshot, hex, &err_));
    }
    bp_model_info_clear(&info);
}

uint64_t model_version(bp_service *service, const char *name) {
    bp_model_info info;
    EXPECT_OK(bp_service_get_model(service, name, &info, &err_));
    uint64_t version = info.snapshot != NULL ? info.snapshot->version : 0;
    bp_model_info_clear(&info);
    return version;
}

/* --- jobs ----------------------------------------------------------------------------------- */

bp_job_request ask(const char *model, const char *dataset, uint64_t epochs) {
    bp_job_request request = {.options = bp_train_defaults()};
    bp_train_set_optimizer(&request.options, BP_OPTIMIZER_SGD);
    request.options.epochs = epochs;
    snprintf(request.model, sizeof request.model, "%s", model);
    snprintf(request.dataset, sizeof request.dataset, "%s", dataset);
    return request;
}

uint64_t start(bp_service *service, const bp_job_request *request) {
    uint64_t id = 0;
    EXPECT_OK(bp_service_start_job(service, request, &id, &err_));
    return id;
}

bp_job_info job_of(bp_service *service, uint64_t id) {
    bp_job_info info;
    EXPECT_OK(bp_service_get_job(service, id, &info, &err_));
    return info;
}

#define PATIENCE_SECONDS 60.0

static void wait_a_moment(double since, uint64_t id) {
    const struct timespec moment = {.tv_nsec = 1000000};
    if (bp_clock_seconds() - since > PATIENCE_SECONDS) {
        fail_msg("job %llu takes too long", (unsigned long long)id);
    }
    nanosleep(&moment, NULL);
}

bp_job_info wait_for_end(bp_service *service, uint64_t id) {
    double since = bp_clock_seconds();
    bp_job_info info = job_of(service, id);
    while (!bp_job_state_is_terminal(info.state)) {
        wait_a_moment(since, id);
        info = job_of(service, id);
    }
    return info;
}

void wait_for_steps(bp_service *service, uint64_t id, uint64_t steps) {
    double since = bp_clock_seconds();
    while (job_of(service, id).progress.step < steps) {
        wait_a_moment(since, id);
    }
}

bp_job_info wait_for_state(bp_service *service, uint64_t id, bp_job_state state) {
    double since = bp_clock_seconds();
    bp_job_info info = job_of(service, id);
    while (info.state != state) {
        wait_a_moment(since, id);
        info = job_of(service, id);
    }
    return info;
}
