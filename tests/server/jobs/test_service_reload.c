/* What the service held before it was closed is what it holds when it is opened again. */
#include <dirent.h>
#include <math.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "dataset_builder.h"
#include "service_fixture.h"

static void assert_same_names(const bp_names *a, const bp_names *b) {
    assert_int_equal(a->count, b->count);
    for (size_t i = 0; i < a->count; i++) {
        assert_string_equal(a->item[i], b->item[i]);
    }
}

static void assert_same_number(double a, double b) {
    assert_true(a == b || (isnan(a) && isnan(b)));
}

/* --- data sets ------------------------------------------------------------------------------ */

static void assert_same_stats(const bp_dataset *a, const bp_dataset *b) {
    for (size_t i = 0; i < a->features.count + a->targets.count + a->weights.count; i++) {
        const bp_column_stats *one = &a->stats[i], *other = &b->stats[i];
        assert_same_number(one->min, other->min);
        assert_same_number(one->max, other->max);
        assert_same_number(one->mean, other->mean);
        assert_same_number(one->standard_deviation, other->standard_deviation);
        assert_int_equal(one->distinct, other->distinct);
        assert_int_equal(one->missing, other->missing);
        assert_int_equal(one->non_finite, other->non_finite);
        for (size_t q = 0; q < 3; q++) {
            assert_same_number(one->quartile[q], other->quartile[q]);
        }
        assert_memory_equal(one->histogram, other->histogram, sizeof one->histogram);
        assert_int_equal(one->frequent_count, other->frequent_count);
        for (size_t f = 0; f < one->frequent_count; f++) {
            assert_true(one->frequent[f].value == other->frequent[f].value);
            assert_int_equal(one->frequent[f].count, other->frequent[f].count);
        }
        assert_int_equal(one->earliest_row, other->earliest_row);
        assert_int_equal(one->latest_row, other->latest_row);
    }
}

static void assert_same_sources(const bp_dataset *a, const bp_dataset *b) {
    assert_int_equal(a->source_count, b->source_count);
    for (size_t i = 0; i < a->source_count; i++) {
        const bp_source_column *x = &a->source[i], *y = &b->source[i];
        assert_string_equal(x->name, y->name);
        assert_int_equal(x->type, y->type);
        assert_int_equal(x->role, y->role);
        assert_int_equal(x->is_declared, y->is_declared);
        assert_int_equal(x->first, y->first);
        assert_int_equal(x->cells, y->cells);
        assert_same_names(&x->labels, &y->labels);
    }
}

static void assert_same_rejects(const bp_rejects *a, const bp_rejects *b) {
    assert_int_equal(a->count, b->count);
    assert_int_equal(a->kept, b->kept);
    for (size_t i = 0; i < a->kept; i++) {
        assert_int_equal(a->first[i].code, b->first[i].code);
        assert_int_equal(a->first[i].line, b->first[i].line);
        assert_int_equal(a->first[i].column, b->first[i].column);
        assert_string_equal(a->first[i].field, b->first[i].field);
        assert_string_equal(a->first[i].message, b->first[i].message);
    }
}

static void assert_same_dataset(const bp_dataset *a, const bp_dataset *b) {
    assert_int_equal(a->rows, b->rows);
    assert_same_names(&a->features, &b->features);
    assert_same_names(&a->targets, &b->targets);
    assert_same_names(&a->classes, &b->classes);
    assert_string_equal(a->sha256, b->sha256);
    assert_memory_equal(a->x, b->x, a->rows * a->features.count * sizeof *a->x);
    assert_int_equal((uintptr_t)b->x % 64, 0);
    assert_true((a->y == NULL) == (b->y == NULL));
    assert_true((a->class_index == NULL) == (b->class_index == NULL));
    if (a->y != NULL) {
        assert_memory_equal(a->y, b->y, a->rows * a->targets.count * sizeof *a->y);
    }
    if (a->class_index != NULL) {
        assert_memory_equal(a->class_index, b->class_index, a->rows * sizeof *a->class_index);
    }
    assert_same_names(&a->weights, &b->weights);
    assert_true((a->weight == NULL) == (b->weight == NULL));
    if (a->weight != NULL) {
        assert_memory_equal(a->weight, b->weight, a->rows * sizeof *a->weight);
    }
    assert_same_stats(a, b);
    assert_int_equal(a->sampled_rows, b->sampled_rows);
    assert_same_sources(a, b);
    assert_same_rejects(&a->rejects, &b->rejects);
    char hex[BP_DIGEST_HEX_SIZE];
    bp_dataset_digest(b, hex);
    assert_string_equal(hex, a->sha256);
}

static void assert_survives(fixture *made, const char *name) {
    bp_dataset_info before, after;
    EXPECT_OK(bp_service_get_dataset(made->service, name, &before, &err_));
    reopen(made);
    EXPECT_OK(bp_service_get_dataset(made->service, name, &after, &err_));
    assert_true(before.created_at == after.created_at);
    assert_ptr_not_equal(before.dataset, after.dataset);
    assert_same_dataset(before.dataset, after.dataset);
    bp_dataset_info_clear(&before);
    bp_dataset_info_clear(&after);
}

/* Features x and z, the weights in between, and a number to learn; the last row is rejected. */
static bp_dataset *make_weighted(size_t rows) {
    static const char *const header[] = {"x", "w", "z", "y"};
    bp_dataset_builder *builder;
    bp_names names = {0};
    bp_dataset *data;
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(bp_names_add(&names, header[i], 1, NULL), BP_OK);
    }
    EXPECT_OK(bp_dataset_builder_new(
        &builder, &(bp_dataset_options){.target = "y", .weight = "w", .skip_rejects = true},
        &err_));
    EXPECT_OK(bp_dataset_builder_header(builder, &names, &err_));
    for (size_t i = 0; i < rows; i++) {
        char text[24];
        bp_cell cells[4] = {{"1", 1}, {text, 0}, {"2", 1}, {"0.5", 3}};
        cells[1].size = (size_t)snprintf(text, sizeof text, "%zu.125", i);
        EXPECT_OK(bp_dataset_builder_row(builder, cells, 4, i + 2, &err_));
    }
    const bp_cell wrong[4] = {{"inf", 3}, {"1", 1}, {"2", 1}, {"0.5", 3}};
    bp_error why = {0};
    assert_int_equal(bp_dataset_builder_row(builder, wrong, 4, rows + 2, &why), BP_INVALID);
    EXPECT_OK(bp_dataset_builder_reject(builder, &why, &err_));
    EXPECT_OK(bp_dataset_builder_finish(builder, &data, &err_));
    assert_int_equal(data->stats[0].non_finite, 1);
    bp_dataset_builder_free(builder);
    bp_names_clear(&names);
    return data;
}

/* Every type of column, missing cells, and more rejects than are kept. */
static bp_dataset *make_mixed(size_t rows) {
    static const char *const header[] = {"size", "colour", "sold", "open", "note", "count", "kind"};
    enum { COLUMNS = 7 };
    bp_dataset_builder *builder;
    bp_names names = {0};
    bp_dataset *data;
    for (size_t i = 0; i < COLUMNS; i++) {
        EXPECT_OK(bp_names_add(&names, header[i], strlen(header[i]), &err_));
    }
    const bp_dataset_options options = {.target = "kind",
                                        .weight = "count",
                                        .ignore = "note",
                                        .types = "colour:categorical",
                                        .skip_rejects = true};
    EXPECT_OK(bp_dataset_builder_new(&builder, &options, &err_));
    EXPECT_OK(bp_dataset_builder_header(builder, &names, &err_));
    for (size_t i = 0; i < rows; i++) {
        char colour[24], weight[24];
        const char *const texts[COLUMNS] = {
            i % 5 == 1 ? "" : "1.5",   colour, "2024-02-29",
            i % 2 == 0 ? "yes" : "no", "said", i % 3 == 2 ? "-1" : weight,
            i % 4 == 0 ? "a" : "b"};
        snprintf(colour, sizeof colour, "c\xc3\xb6%zu", i % 11);
        snprintf(weight, sizeof weight, "%zu", i);
        bp_cell cells[COLUMNS];
        for (size_t j = 0; j < COLUMNS; j++) {
            cells[j] = (bp_cell){texts[j], strlen(texts[j])};
        }
        bp_error why = {0};
        if (bp_dataset_builder_row(builder, cells, COLUMNS, i + 2, &why) != BP_OK) {
            EXPECT_OK(bp_dataset_builder_reject(builder, &why, &err_));
        }
    }
    EXPECT_OK(bp_dataset_builder_finish(builder, &data, &err_));
    bp_dataset_builder_free(builder);
    bp_names_clear(&names);
    return data;
}

static void columns_of_any_type_come_back(void **state) {
    fixture *made = *state;
    bp_dataset *data = make_mixed(100);
    assert_int_equal(data->rejects.count, 33);
    assert_int_equal(data->rejects.kept, BP_FIRST_REJECTS);
    assert_true(data->stats[0].missing > 0);
    assert_int_equal(data->source[1].labels.count, 11);
    assert_int_equal(data->features.count, 10);
    put_dataset(made->service, "mixed", data);
    assert_survives(made, "mixed");
}

static void data_sets_come_back(void **state) {
    fixture *made = *state;
    put_dataset(made->service, "blobs", make_blobs(33, 5));
    put_dataset(made->service, "plane", make_plane(20));
    put_dataset(made->service, "weighted", make_weighted(17));
    assert_survives(made, "blobs");
    assert_survives(made, "plane");
    assert_survives(made, "weighted");
    put_dataset(made->service, "plane", make_plane(21)); /* replaced */
    assert_survives(made, "plane");
    EXPECT_OK(bp_service_delete_dataset(made->service, "blobs", &err_));
    reopen(made);
    bp_dataset_info info;
    bp_error err = {0};
    expect(bp_service_get_dataset(made->service, "blobs", &info, &err), BP_NOT_FOUND, &err);
}

/* JSON has only UTF-8; the bytes must not be lost or half stored. */
static void a_label_that_cannot_be_stored_is_refused(void **state) {
    fixture *made = *state;
    bp_dataset *data = make_blobs(9, 2);
    memcpy(data->classes.item[0], "\xff", 2);
    bp_error err = {0};
    bool created;
    expect(bp_service_put_dataset(made->service, "d", data, NULL, &created, &err), BP_INVALID,
           &err);
    bp_dataset_unref(data);
    bp_dataset_info info;
    expect(bp_service_get_dataset(made->service, "d", &info, &err), BP_NOT_FOUND, &err);
    reopen(made);
    expect(bp_service_get_dataset(made->service, "d", &info, &err), BP_NOT_FOUND, &err);
}

/* --- models --------------------------------------------------------------------------------- */

static void assert_same_snapshot(const bp_snapshot *a, const bp_snapshot *b) {
    size_t inputs = a->network.width[0];
    assert_memory_equal(&a->network, &b->network, sizeof a->network);
    assert_int_equal(a->version, b->version);
    assert_same_names(&a->features, &b->features);
    assert_same_names(&a->targets, &b->targets);
    assert_same_names(&a->classes, &b->classes);
    assert_memory_equal(a->input_mean, b->input_mean, inputs * sizeof(float));
    assert_memory_equal(a->input_scale, b->input_scale, inputs * sizeof(float));
    char first[BP_DIGEST_HEX_SIZE], second[BP_DIGEST_HEX_SIZE];
    EXPECT_OK(bp_snapshot_digest(a, first, &err_));
    EXPECT_OK(bp_snapshot_digest(b, second, &err_));
    assert_string_equal(first, second);
}

static void assert_same_spec(const bp_model_spec *a, const bp_model_spec *b) {
    assert_int_equal(a->inputs, b->inputs);
    assert_int_equal(a->layer_count, b->layer_count);
    for (size_t l = 0; l < a->layer_count; l++) {
        assert_int_equal(a->layers[l].units, b->layers[l].units);
        assert_int_equal(a->layers[l].activation, b->layers[l].activation);
    }
    assert_int_equal(a->loss, b->loss);
    assert_int_equal(a->initializer, b->initializer);
    assert_true(a->initializer_value == b->initializer_value);
    assert_int_equal(a->bias_initializer, b->bias_initializer);
    assert_true(a->bias_value == b->bias_value);
    assert_int_equal(a->preprocessing, b->preprocessing);
    assert_int_equal(a->seed, b->seed);
}

static void assert_model_survives(fixture *made, const char *name) {
    bp_model_info before, after;
    EXPECT_OK(bp_service_get_model(made->service, name, &before, &err_));
    reopen(made);
    EXPECT_OK(bp_service_get_model(made->service, name, &after, &err_));
    assert_true(before.created_at == after.created_at);
    assert_same_spec(&before.spec, &after.spec);
    assert_true((before.snapshot == NULL) == (after.snapshot == NULL));
    if (before.snapshot != NULL) {
        assert_same_snapshot(before.snapshot, after.snapshot);
    }
    bp_model_info_clear(&before);
    bp_model_info_clear(&after);
}

static void models_come_back(void **state) {
    fixture *made = *state;
    bp_model_spec open = classifier(6), closed = regressor(5);
    closed.inputs = 3;
    closed.layers[1].units = 2;
    closed.initializer = BP_INITIALIZER_XAVIER_NORMAL;
    closed.bias_initializer = BP_BIAS_INITIALIZER_CONSTANT;
    closed.bias_value = 0.1F;
    closed.preprocessing = BP_PREPROCESSING_NONE;
    closed.seed = INT64_MAX;
    create_model(made->service, "open", &open);
    create_model(made->service, "closed", &closed);
    assert_model_survives(made, "open");
    assert_model_survives(made, "closed");
    put_dataset(made->service, "blobs", make_blobs(90, 4));
    bp_job_request request = ask("open", "blobs", 3);
    wait_for_end(made->service, start(made->service, &request));
    assert_model_survives(made, "open"); /* now with names, scaling and weights */
    EXPECT_OK(bp_service_delete_model(made->service, "closed", &err_));
    reopen(made);
    bp_service_info all;
    bp_service_describe(made->service, &all);
    assert_int_equal(all.models, 1);
    assert_string_equal(all.data_dir, made->data_dir);
}

/* --- jobs ----------------------------------------------------------------------------------- */

static void assert_same_points(const bp_job_point *a, const bp_job_point *b) {
    assert_memory_equal(a, b, sizeof *a);
}

static void assert_same_job(const bp_job_info *a, const bp_job_info *b) {
    assert_int_equal(a->id, b->id);
    assert_string_equal(a->request.model, b->request.model);
    assert_string_equal(a->request.dataset, b->request.dataset);
    assert_int_equal(a->request.options.epochs, b->request.options.epochs);
    assert_int_equal(a->request.options.seed, b->request.options.seed);
    assert_true(a->request.options.learning_rate == b->request.options.learning_rate);
    assert_true(a->request.options.validation.fraction == b->request.options.validation.fraction);
    assert_int_equal(a->state, b->state);
    assert_true(a->created_at == b->created_at && a->started_at == b->started_at &&
                a->finished_at == b->finished_at);
    assert_same_number(a->elapsed_seconds, b->elapsed_seconds);
    assert_same_number(a->samples_per_second, b->samples_per_second);
    assert_same_number(a->eta_seconds, b->eta_seconds);
    assert_int_equal(a->steps_total, b->steps_total);
    assert_int_equal(a->rows, b->rows);
    assert_int_equal(a->validation_rows, b->validation_rows);
    assert_int_equal(a->progress.epoch, b->progress.epoch);
    assert_int_equal(a->progress.step, b->progress.step);
    assert_int_equal(a->progress.samples_seen, b->progress.samples_seen);
    assert_same_number(a->progress.batch_loss, b->progress.batch_loss);
    assert_same_number(a->progress.epoch_loss, b->progress.epoch_loss);
    for (size_t part = 0; part < BP_PART_COUNT; part++) {
        assert_true(a->progress.seconds.part[part] == b->progress.seconds.part[part]);
    }
    assert_same_points(&a->last, &b->last);
    assert_same_points(&a->best, &b->best);
    assert_int_equal(a->error.code, b->error.code);
    assert_string_equal(a->error.field, b->error.field);
    assert_string_equal(a->error.message, b->error.message);
    assert_int_equal(a->error_epoch, b->error_epoch);
    assert_int_equal(a->error_step, b->error_step);
    assert_string_equal(a->sha256, b->sha256);
}

static void assert_job_survives(fixture *made, uint64_t id) {
    bp_job_info before = job_of(made->service, id);
    bp_job_point *points[2] = {NULL, NULL};
    size_t count[2];
    EXPECT_OK(bp_service_job_history(made->service, id, 0, 1000, &points[0], &count[0], &err_));
    reopen(made);
    bp_job_info after = job_of(made->service, id);
    assert_same_job(&before, &after);
    EXPECT_OK(bp_service_job_history(made->service, id, 0, 1000, &points[1], &count[1], &err_));
    assert_int_equal(count[0], count[1]);
    assert_memory_equal(points[0], points[1], count[0] * sizeof *points[0]);
    free(points[0]);
    free(points[1]);
}

static void ended_jobs_come_back(void **state) {
    fixture *made = *state;
    bp_model_spec spec = classifier(6);
    create_model(made->service, "m", &spec);
    put_dataset(made->service, "blobs", make_blobs(90, 4));
    bp_job_request good = ask("m", "blobs", 30), bad = ask("m", "blobs", 30);
    good.options.learning_rate = 0.1F;
    bad.options.learning_rate = 3e38F;
    uint64_t first = start(made->service, &good), second = start(made->service, &bad);
    uint64_t third = start(made->service, &good);
    bp_status cancelled = bp_service_cancel_job(made->service, third, NULL);
    assert_true(cancelled == BP_OK || cancelled == BP_CONFLICT);
    assert_int_equal(wait_for_end(made->service, first).state, BP_JOB_SUCCEEDED);
    assert_int_equal(wait_for_end(made->service, second).error.code, BP_DIVERGED);
    wait_for_end(made->service, third);
    assert_job_survives(made, first);
    assert_job_survives(made, second);
    assert_job_survives(made, third);
    EXPECT_OK(bp_service_delete_job(made->service, second, &err_));
    reopen(made);
    bp_job_info infos[3];
    size_t count;
    bool more;
    EXPECT_OK(bp_service_list_jobs(made->service, 0, 3, infos, &count, &more, &err_));
    assert_int_equal(count, 2);
    assert_int_equal(start(made->service, &good), third + 1); /* ids go on */
}

/* A child trains and is killed with SIGKILL; what it was doing goes on at the next start. */
static void run_until_killed(const char *data_dir, int ready) {
    bp_service *service = open_service(data_dir);
    bp_model_spec spec = classifier(6);
    create_model(service, "m", &spec);
    put_dataset(service, "blobs", make_blobs(90, 4));
    bp_job_request request = ask("m", "blobs", BP_MAX_EPOCHS), brief = ask("m", "blobs", 2);
    wait_for_end(service, start(service, &brief));
    uint64_t id = start(service, &request);
    start(service, &request);
    wait_for_steps(service, id, 10);
    if (write(ready, "r", 1) == 1) {
        pause();
    }
    _exit(1);
}

static void a_killed_server_goes_on(void **state) {
    fixture *made = *state;
    int ready[2];
    char byte;
    bp_service_free(made->service);
    made->service = NULL;
    assert_int_equal(pipe(ready), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        close(ready[0]);
        run_until_killed(made->data_dir, ready[1]);
    }
    close(ready[1]);
    assert_int_equal(read(ready[0], &byte, 1), 1);
    kill(child, SIGKILL);
    assert_int_equal(waitpid(child, NULL, 0), child);
    close(ready[0]);
    made->service = open_service(made->data_dir);
    bp_job_info done = job_of(made->service, 1);
    assert_int_equal(done.state, BP_JOB_SUCCEEDED);
    char hex[BP_DIGEST_HEX_SIZE];
    model_sha256(made->service, "m", hex);
    assert_string_equal(hex, done.sha256); /* as after the last job that ended */
    assert_int_equal(job_of(made->service, 3).state, BP_JOB_QUEUED);
    wait_for_steps(made->service, 2, 10); /* from its start: it had no checkpoint */
    for (uint64_t id = 3; id >= 2; id--) {
        EXPECT_OK(bp_service_cancel_job(made->service, id, &err_));
        assert_int_equal(wait_for_end(made->service, id).state, BP_JOB_CANCELLED);
        assert_job_survives(made, id);
    }
    EXPECT_OK(bp_service_delete_model(made->service, "m", &err_)); /* nobody uses it */
}

/* --- damage --------------------------------------------------------------------------------- */

static void damage_blobs(const fixture *made) {
    char folder[FIXTURE_PATH_SIZE], path[FIXTURE_PATH_SIZE + 64];
    snprintf(folder, sizeof folder, "%.200s/blobs", made->data_dir);
    DIR *entries = opendir(folder);
    assert_non_null(entries);
    for (struct dirent *entry; (entry = readdir(entries)) != NULL;) {
        if (entry->d_name[0] != '.') {
            snprintf(path, sizeof path, "%.200s/%.60s", folder, entry->d_name);
            FILE *file = fopen(path, "r+b");
            assert_non_null(file);
            assert_true(fputc('!', file) != EOF);
            assert_int_equal(fclose(file), 0);
        }
    }
    closedir(entries);
}

static void damage_is_named_at_the_start(void **state) {
    fixture *made = *state;
    put_dataset(made->service, "precious", make_plane(20));
    bp_service_free(made->service);
    made->service = NULL;
    damage_blobs(made);
    bp_service_options options = {.data_dir = made->data_dir, .threads = 1};
    bp_error err = {0};
    expect(bp_service_new(&made->service, &options, &err), BP_IO, &err);
    assert_null(made->service);
    assert_non_null(strstr(err.message, "'precious'"));
}

typedef struct outcome {
    bp_status status;
    bp_error err;
} outcome;

static void a_full_disk_leaves_nothing_half_made(void **state) {
    fixture *made = *state;
    bp_model_spec spec = classifier(6);
    bp_dataset *data = make_blobs(90, 4);
    bp_job_request request = ask("m", "blobs", 1);
    outcome model = {0}, dataset = {0}, job = {0};
    uint64_t id = 0;
    bool created;
    create_model(made->service, "m", &spec);
    EXPECT_OK(bp_service_put_dataset(made->service, "blobs", data, NULL, &created, &err_));
    fill_disk(true);
    model.status = bp_service_create_model(made->service, "n", &spec, &model.err);
    dataset.status =
        bp_service_put_dataset(made->service, "more", data, NULL, &created, &dataset.err);
    job.status = bp_service_start_job(made->service, &request, &id, &job.err);
    fill_disk(false);
    bp_dataset_unref(data);
    expect(model.status, BP_IO, &model.err);
    expect(dataset.status, BP_IO, &dataset.err);
    expect(job.status, BP_IO, &job.err);
    bp_service_info all;
    for (int round = 0; round < 2; round++) {
        bp_service_describe(made->service, &all);
        assert_int_equal(all.models, 1);
        assert_int_equal(all.datasets, 1);
        assert_int_equal(all.jobs_queued + all.jobs_running, 0);
        bp_error err = {0};
        bp_job_info info;
        expect(bp_service_get_job(made->service, 1, &info, &err), BP_NOT_FOUND, &err);
        reopen(made);
    }
    assert_int_equal(start(made->service, &request), 1);
    assert_int_equal(wait_for_end(made->service, 1).state, BP_JOB_SUCCEEDED);
}

/* The event of this type that says what, within a few seconds. */
static bool warns(bp_service *service, uint64_t id, const char *what) {
    bp_event_log *log = NULL;
    bp_event events[32];
    bp_event_view view;
    EXPECT_OK(bp_service_find_events(service, id, &log, &err_));
    const size_t count = bp_event_log_read(log, 0, events, 32, &view);
    bool found = false;
    for (size_t i = 0; i < count; i++) {
        found = found || (events[i].type == BP_EVENT_WARNING && strstr(events[i].data, what));
    }
    bp_event_log_unref(log);
    return found;
}

static void an_end_waits_for_the_disk(void **state) {
    fixture *made = *state;
    bp_model_spec spec = classifier(6);
    create_model(made->service, "m", &spec);
    put_dataset(made->service, "blobs", make_blobs(90, 4));
    bp_job_request request = ask("m", "blobs", 2), endless = ask("m", "blobs", BP_MAX_EPOCHS);
    uint64_t first = start(made->service, &endless), second = start(made->service, &request);
    wait_for_steps(made->service, first, 5);
    fill_disk(true);
    EXPECT_OK(bp_service_cancel_job(made->service, first, &err_));
    while (!warns(made->service, first, "end_not_stored") ||
           !warns(made->service, second, "end_not_stored")) {
        usleep(1000);
    }
    assert_int_equal(job_of(made->service, second).state, BP_JOB_RUNNING);
    assert_true(model_version(made->service, "m") > 0); /* predictions have the weights */
    fill_disk(false);
    assert_int_equal(wait_for_end(made->service, first).state, BP_JOB_CANCELLED);
    bp_job_info info = wait_for_end(made->service, second);
    assert_int_equal(info.state, BP_JOB_SUCCEEDED);
    reopen(made);
    char hex[BP_DIGEST_HEX_SIZE];
    model_sha256(made->service, "m", hex);
    assert_string_equal(hex, info.sha256);
    assert_int_equal(job_of(made->service, first).state, BP_JOB_CANCELLED);
}

static void two_services_do_not_share_a_directory(void **state) {
    fixture *made = *state;
    bp_service *second = NULL;
    bp_service_options options = {.data_dir = made->data_dir, .threads = 1};
    bp_error err = {0};
    expect(bp_service_new(&second, &options, &err), BP_CONFLICT, &err);
    options = (bp_service_options){.isa = "abacus", .threads = 1};
    expect(bp_service_new(&second, &options, &err), BP_INVALID, &err);
    assert_null(second);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(data_sets_come_back),
        TEST(columns_of_any_type_come_back),
        TEST(a_label_that_cannot_be_stored_is_refused),
        TEST(models_come_back),
        TEST(ended_jobs_come_back),
        TEST(a_killed_server_goes_on),
        TEST(damage_is_named_at_the_start),
        TEST(a_full_disk_leaves_nothing_half_made),
        TEST(an_end_waits_for_the_disk),
        TEST(two_services_do_not_share_a_directory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
