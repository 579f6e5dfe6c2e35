/* Data sets that go to the disk as they come and are trained on where they lie. */
#include <dirent.h>
#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include "dataset_builder.h"
#include "row_spool.h"
#include "service_fixture.h"
#include "store.h"

enum { FEATURES = 64 };
static const size_t large_rows = BP_STORE_LARGE_BLOB / (FEATURES * sizeof(float)) + 5000;

/* --- helpers -------------------------------------------------------------------------------- */

/* Files in the folder of blobs; the largest one's path goes to `path`, which may be NULL. */
static size_t count_blobs(const fixture *made, char path[FIXTURE_PATH_SIZE + 300]) {
    char folder[FIXTURE_PATH_SIZE];
    snprintf(folder, sizeof folder, "%.200s/blobs", made->data_dir);
    DIR *entries = opendir(folder);
    assert_non_null(entries);
    size_t count = 0;
    for (struct dirent *entry; (entry = readdir(entries)) != NULL;) {
        if (entry->d_name[0] != '.') {
            count++;
            if (path != NULL) {
                snprintf(path, FIXTURE_PATH_SIZE + 300, "%s/%s", folder, entry->d_name);
            }
        }
    }
    closedir(entries);
    return count;
}

static void name_columns(bp_dataset_builder *builder) {
    bp_names names = {0};
    char name[16];
    for (size_t i = 0; i < FEATURES; i++) {
        int size = snprintf(name, sizeof name, "x%zu", i);
        EXPECT_OK(bp_names_add(&names, name, (size_t)size, &err_));
    }
    EXPECT_OK(bp_names_add(&names, "w", 1, &err_));
    EXPECT_OK(bp_names_add(&names, "y", 1, &err_));
    EXPECT_OK(bp_dataset_builder_header(builder, &names, &err_));
    bp_names_clear(&names);
}

/* y = x0 - x1, which is one of a few whole numbers; every row is weighted. */
static bp_status try_build(bp_dataset **out, const int *file, size_t rows, bp_error *err) {
    const bp_dataset_options options = {.target = "y", .weight = "w", .file = file};
    bp_dataset_builder *builder;
    EXPECT_OK(bp_dataset_builder_new(&builder, &options, &err_));
    name_columns(builder);
    bp_status status = BP_OK;
    for (size_t i = 0; status == BP_OK && i < rows; i++) {
        float row[FEATURES + 2];
        for (size_t j = 0; j < FEATURES; j++) {
            row[j] = (float)((i * 7 + j * j + i / 64 * j) % 5);
        }
        row[FEATURES] = (float)(i % 3);
        row[FEATURES + 1] = row[0] - row[1];
        status = bp_dataset_builder_numbers(builder, row, 1, err);
    }
    if (status == BP_OK) {
        status = bp_dataset_builder_finish(builder, out, err);
    }
    bp_dataset_builder_free(builder);
    return status;
}

static bp_dataset *build(const int *file, size_t rows) {
    bp_dataset *data = NULL;
    EXPECT_OK(try_build(&data, file, rows, &err_));
    return data;
}

static void upload(fixture *made, const char *name, size_t rows) {
    bp_dataset_draft *draft = NULL;
    bool created;
    EXPECT_OK(bp_service_begin_dataset(made->service, &draft, &err_));
    bp_dataset *data = build(bp_dataset_draft_file(draft), rows);
    EXPECT_OK(bp_service_put_dataset(made->service, name, data, &(bp_dataset_put){.draft = draft},
                                     &created, &err_));
    bp_dataset_unref(data);
    bp_dataset_draft_free(draft);
}

static bp_dataset *get(fixture *made, const char *name) {
    bp_dataset_info info;
    EXPECT_OK(bp_service_get_dataset(made->service, name, &info, &err_));
    return info.dataset;
}

static bool is_in_mapping(const bp_dataset *data, const void *array) {
    const char *at = array, *first = data->mapping;
    return first != NULL && at >= first && at < first + data->mapping_size;
}

static void assert_same(const bp_dataset *a, const bp_dataset *b) {
    char hex[BP_DIGEST_HEX_SIZE];
    assert_string_equal(a->sha256, b->sha256);
    bp_dataset_digest(b, hex); /* rows, names, x, y, classes, weights */
    assert_string_equal(hex, a->sha256);
    assert_int_equal(a->source_count, b->source_count);
    assert_int_equal((uintptr_t)b->x % 64, 0);
}

static bp_job_info train(fixture *made, const char *model, const char *dataset) {
    bp_job_request request = ask(model, dataset, 1);
    request.options.batch_size = 1024;
    request.options.learning_rate = 0.001F;
    return wait_for_end(made->service, start(made->service, &request));
}

/* --- tests ---------------------------------------------------------------------------------- */

static void a_large_upload_lies_in_its_blob(void **state) {
    fixture *made = *state;
    bp_dataset *memory = build(NULL, large_rows);
    upload(made, "large", large_rows);
    assert_int_equal(count_blobs(made, NULL), 1);
    for (int round = 0; round < 2; round++) {
        bp_dataset *data = get(made, "large");
        assert_same(memory, data);
        assert_true(is_in_mapping(data, data->x));
        assert_true(is_in_mapping(data, data->y));
        assert_true(is_in_mapping(data, data->class_index));
        assert_true(is_in_mapping(data, data->weight));
        assert_int_equal(atomic_load(&data->is_unchecked), round > 0);
        EXPECT_OK(bp_dataset_check(data, &err_));
        assert_false(atomic_load(&data->is_unchecked));
        bp_dataset_unref(data);
        reopen(made);
    }
    bp_dataset_unref(memory);
}

static void a_small_upload_stays_in_memory(void **state) {
    fixture *made = *state;
    upload(made, "small", 200);
    assert_int_equal(count_blobs(made, NULL), 1);
    bp_dataset *before = get(made, "small");
    reopen(made);
    bp_dataset *after = get(made, "small");
    assert_same(before, after);
    assert_null(after->mapping);
    assert_false(atomic_load(&after->is_unchecked));
    bp_dataset_unref(before);
    bp_dataset_unref(after);
}

static void what_the_client_leaves_goes(void **state) {
    fixture *made = *state;
    bp_dataset_draft *draft = NULL;
    EXPECT_OK(bp_service_begin_dataset(made->service, &draft, &err_));
    bp_dataset *data = build(bp_dataset_draft_file(draft), large_rows);
    assert_int_equal(count_blobs(made, NULL), 1);
    bp_dataset_draft_free(draft);
    assert_int_equal(count_blobs(made, NULL), 0);
    bp_dataset_unref(data);
}

static void without_a_data_directory_rows_stay_in_memory(void **state) {
    (void)state;
    bp_service *service = open_service(NULL);
    bp_dataset_draft *draft = NULL;
    bool created;
    EXPECT_OK(bp_service_begin_dataset(service, &draft, &err_));
    assert_null(draft);
    assert_null(bp_dataset_draft_file(draft));
    bp_dataset *data = build(bp_dataset_draft_file(draft), 100);
    EXPECT_OK(bp_service_put_dataset(service, "d", data, &(bp_dataset_put){.draft = draft},
                                     &created, &err_));
    bp_dataset_unref(data);
    bp_service_free(service);
}

/* A limit on the size of files stands in for a full disk. */
static void limit_files(rlim_t size) {
    struct rlimit limit;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = size < limit.rlim_max ? size : limit.rlim_max;
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

/* Full as the rows come, and full as the rest is written behind them. */
static void a_full_disk_keeps_what_was_there(void **state) {
    fixture *made = *state;
    const size_t cells = large_rows * FEATURES * sizeof(float);
    upload(made, "d", 100);
    for (int late = 0; late < 2; late++) {
        bp_dataset_draft *draft = NULL;
        bp_dataset *data = NULL;
        bp_error err = {0};
        bool created;
        EXPECT_OK(bp_service_begin_dataset(made->service, &draft, &err_));
        limit_files(late ? cells + 10000 : 5 << 20);
        bp_status status = try_build(&data, bp_dataset_draft_file(draft), large_rows, &err);
        if (late && status == BP_OK) {
            status = bp_service_put_dataset(made->service, "d", data,
                                            &(bp_dataset_put){.draft = draft}, &created, &err);
        }
        limit_files(RLIM_INFINITY);
        expect(status, BP_IO, &err);
        assert_true((data != NULL) == (late != 0));
        bp_dataset_unref(data);
        bp_dataset_draft_free(draft);
        assert_int_equal(count_blobs(made, NULL), 1);
        reopen(made);
        data = get(made, "d");
        assert_int_equal(data->rows, 100);
        bp_dataset_unref(data);
    }
}

static void training_from_the_blob_gives_the_same_bits(void **state) {
    fixture *made = *state;
    bp_model_spec spec = regressor(4);
    create_model(made->service, "a", &spec);
    create_model(made->service, "b", &spec);
    create_model(made->service, "c", &spec);
    put_dataset(made->service, "memory", build(NULL, large_rows));
    upload(made, "file", large_rows);
    bp_job_info memory = train(made, "a", "memory"), file = train(made, "b", "file");
    reopen(made);
    bp_job_info again = train(made, "c", "file");
    assert_int_equal(memory.state, BP_JOB_SUCCEEDED);
    assert_string_equal(memory.sha256, file.sha256);
    assert_string_equal(memory.sha256, again.sha256);
}

static void damage_is_found_before_the_training(void **state) {
    fixture *made = *state;
    char path[FIXTURE_PATH_SIZE + 300];
    bp_model_spec spec = regressor(4);
    upload(made, "large", large_rows);
    create_model(made->service, "m", &spec);
    assert_int_equal(count_blobs(made, path), 1);
    bp_service_free(made->service);
    made->service = NULL;
    int file = open(path, O_RDWR);
    assert_true(file >= 0);
    assert_int_equal(pwrite(file, "!", 1, 5000001), 1);
    close(file);
    made->service = open_service(made->data_dir);
    bp_job_info info = train(made, "m", "large");
    assert_int_equal(info.state, BP_JOB_FAILED);
    assert_int_equal(info.error.code, BP_IO);
    assert_non_null(strstr(info.error.message, "damaged"));
    assert_int_equal(model_version(made->service, "m"), 0);
}

static void a_data_set_that_is_replaced_stays_for_who_has_it(void **state) {
    fixture *made = *state;
    upload(made, "d", large_rows);
    bp_dataset *old = get(made, "d");
    upload(made, "d", large_rows + 1);
    assert_int_equal(count_blobs(made, NULL), 1);
    EXPECT_OK(bp_service_delete_dataset(made->service, "d", &err_));
    assert_int_equal(count_blobs(made, NULL), 0);
    bp_dataset *memory = build(NULL, large_rows);
    assert_same(memory, old);
    bp_dataset_unref(memory);
    bp_dataset_unref(old);
}

/* As a server of version 0.1 wrote it: no version, no columns, no gaps, and here a target of text.
 */
static void records_of_before_are_read(void **state) {
    fixture *made = *state;
    static const char json[] =
        "{\"created_at\":1700000000.5,\"rows\":3,\"features\":[\"a\",\"b\"],\"targets\":[\"t\"],"
        "\"classes\":[\"no\",\"yes\"],\"has_y\":false,\"weights\":[\"w\"],\"statistics\":["
        "{\"min\":1,\"max\":5,\"mean\":3,\"standard_deviation\":1.5,\"distinct\":0},"
        "{\"min\":2,\"max\":6,\"mean\":4,\"standard_deviation\":1.5,\"distinct\":0},"
        "{\"min\":null,\"max\":null,\"mean\":null,\"standard_deviation\":null,\"distinct\":2},"
        "{\"min\":0.5,\"max\":1,\"mean\":0.75,\"standard_deviation\":0.25,\"distinct\":0}],"
        "\"sha256\":\"0123\"}";
    static const struct {
        float x[6];
        int32_t class_index[3];
        float weight[3];
    } blob = {{1, 2, 3, 4, 5, 6}, {1, 0, 1}, {0.5F, 0.75F, 1}};
    const bp_store_object object = {.kind = BP_STORE_DATASET,
                                    .name = "old",
                                    .json = json,
                                    .blob = &blob,
                                    .blob_size = sizeof blob};
    bp_service_free(made->service);
    made->service = NULL;
    bp_store *store;
    EXPECT_OK(bp_store_open(&store, made->data_dir, &err_));
    EXPECT_OK(bp_store_put(store, &object, &err_));
    bp_store_close(store);
    made->service = open_service(made->data_dir);
    bp_dataset *data = get(made, "old");
    assert_memory_equal(data->x, blob.x, sizeof blob.x);
    assert_memory_equal(data->class_index, blob.class_index, sizeof blob.class_index);
    assert_memory_equal(data->weight, blob.weight, sizeof blob.weight);
    assert_null(data->y);
    assert_true(isnan(data->stats[2].mean));
    assert_true(bp_dataset_is_plain(data));
    assert_int_equal(data->source_count, 4);
    const bp_column_role roles[] = {BP_ROLE_FEATURE, BP_ROLE_FEATURE, BP_ROLE_TARGET,
                                    BP_ROLE_WEIGHT};
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(data->source[i].role, roles[i]);
        assert_int_equal(data->source[i].cells, i < 2);
        assert_int_equal(data->source[i].type, i == 2 ? BP_COLUMN_CATEGORICAL : BP_COLUMN_NUMERIC);
    }
    assert_string_equal(data->source[1].name, "b");
    assert_int_equal(data->source[1].first, 1);
    bp_dataset_unref(data);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_large_upload_lies_in_its_blob),
        TEST(a_small_upload_stays_in_memory),
        TEST(what_the_client_leaves_goes),
        TEST(without_a_data_directory_rows_stay_in_memory),
        TEST(a_full_disk_keeps_what_was_there),
        TEST(training_from_the_blob_gives_the_same_bits),
        TEST(damage_is_found_before_the_training),
        TEST(a_data_set_that_is_replaced_stays_for_who_has_it),
        TEST(records_of_before_are_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
