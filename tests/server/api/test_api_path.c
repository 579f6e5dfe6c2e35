/* The whole path: data set, model, job, history, predictions, evaluation. */
#include "api_fixture.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "digest.h"
#include "philox.h"
#include "text_buffer.h"

/* Three clouds that are easy to tell apart; the CSV is the caller's to free. */
static char *make_clouds(size_t rows) {
    static const char *const labels[] = {"cat", "dog", "emu"};
    bp_text text = {0};
    bp_text_puts(&text, "x,y,kind\n");
    for (size_t i = 0; i < rows; i++) {
        uint32_t words[4];
        bp_random_block(1, BP_STREAM_SAMPLE, 0, i, words);
        double angle = 2.0 * (double)(i % 3), radius = 3.0 + (double)bp_random_unit(words[2]);
        bp_text_printf(&text, "%.5f,%.5f,%s\n",
                       radius * cos(angle) + (double)bp_random_unit(words[0]),
                       radius * sin(angle) + (double)bp_random_unit(words[1]), labels[i % 3]);
    }
    bp_text_put(&text, "", 1);
    assert_false(text.failed);
    return text.bytes;
}

static void put_clouds(void **state, const char *name, size_t rows, size_t piece) {
    char target[80], *csv = make_clouds(rows);
    snprintf(target, sizeof target, "/v1/datasets/%s?target=kind", name);
    bp_sent sent = {.method = "PUT", .target = target, .body = csv, .piece = piece};
    json_decref(bp_expect(state, 201, sent));
    free(csv);
}

static void create(void **state, const char *body) {
    json_decref(bp_expect(state, 201, (bp_sent){.target = "/v1/models", .body = body}));
}

static json_t *train(void **state, const char *body) {
    json_t *accepted = bp_expect(state, 202, (bp_sent){.target = "/v1/jobs", .body = body});
    json_t *job = bp_wait_for_job(state, bp_integer(accepted, "id"));
    json_decref(accepted);
    return job;
}

#define CLASSIFIER                                                                                 \
    "{\"name\": \"m\", \"layers\": [{\"units\": 8}, {\"activation\": \"softmax\"}], \"seed\": 1}"
#define JOB                                                                                        \
    "{\"model\": \"m\", \"dataset\": \"d\", \"epochs\": 20, \"seed\": 3, \"optimizer\": "          \
    "{\"type\": \"sgd\"}}"

static void check_predictions(void **state) {
    json_t *answer =
        bp_expect(state, 200,
                  (bp_sent){.target = "/v1/models/m/predict",
                            .body = "{\"instances\": [[4, 0.5], [-1, 3.5], [-2, -2.2]]}"});
    static const char *const wanted[] = {"cat", "dog", "emu"};
    json_t *predictions = json_object_get(answer, "predictions");
    assert_int_equal(json_array_size(predictions), 3);
    for (size_t i = 0; i < 3; i++) {
        json_t *prediction = json_array_get(predictions, i);
        assert_string_equal(bp_string(prediction, "class"), wanted[i]);
        json_t *probabilities = json_object_get(prediction, "probabilities");
        double sum = 0;
        for (size_t k = 0; k < 3; k++) {
            double p = json_number_value(json_object_get(probabilities, wanted[k]));
            json_t *output = json_array_get(json_object_get(prediction, "outputs"), k);
            assert_true(p == json_number_value(output));
            sum += p;
        }
        assert_true(fabs(sum - 1) < 1e-5);
    }
    json_decref(answer);
}

static void check_history(void **state, const json_t *job) {
    json_t *answer = bp_expect(state, 200, (bp_sent){.target = "/v1/jobs/1/metrics"});
    json_t *points = json_object_get(answer, "points");
    assert_int_equal(json_array_size(points), 20);
    json_t *last = json_array_get(points, 19);
    assert_int_equal(bp_integer(last, "epoch"), 20);
    assert_true(
        json_equal(json_object_get(last, "train_loss"), json_object_get(job, "train_loss")));
    assert_true(json_is_number(json_object_get(last, "validation_accuracy")));
    assert_null(json_object_get(last, "validation_r2"));
    json_decref(answer);
    answer = bp_expect(state, 200, (bp_sent){.target = "/v1/jobs/1/metrics?after=15&max_points=3"});
    assert_in_range(json_array_size(json_object_get(answer, "points")), 1, 3);
    json_decref(answer);
}

static void check_job(const json_t *job) {
    assert_string_equal(bp_string(job, "state"), "succeeded");
    assert_int_equal(bp_integer(job, "epoch"), 20);
    assert_int_equal(bp_integer(job, "step"), bp_integer(job, "steps_total"));
    assert_true(json_number_value(json_object_get(job, "progress")) == 1.0);
    assert_int_equal(bp_integer(job, "threads"), 2);
    assert_true(json_is_null(json_object_get(job, "error")));
    assert_true(json_is_null(json_object_get(job, "queue_position")));
    static const char *const times[] = {"created_at", "started_at", "finished_at"};
    for (size_t i = 0; i < 3; i++) {
        const char *time = bp_string(job, times[i]);
        assert_int_equal(strlen(time), strlen("2026-01-31T12:00:00.123Z"));
        assert_true(time[10] == 'T' && time[19] == '.' && time[23] == 'Z');
    }
}

static void test_classifier(void **state) {
    put_clouds(state, "d", 300, 7);
    create(state, CLASSIFIER);
    json_t *job = train(state, JOB);
    check_job(job);
    check_predictions(state);
    check_history(state, job);
    json_t *answer = bp_expect(
        state, 200, (bp_sent){.target = "/v1/models/m/evaluate", .body = "{\"dataset\": \"d\"}"});
    json_t *metrics = json_object_get(answer, "metrics");
    assert_true(json_number_value(json_object_get(metrics, "accuracy")) > 0.98);
    assert_null(json_object_get(metrics, "r2"));
    assert_int_equal(bp_integer(answer, "rows"), 300);
    assert_int_equal(bp_integer(answer, "model_version"), bp_integer(job, "step"));
    json_decref(answer);
    json_decref(job);
}

static void test_regression(void **state) {
    bp_sent put = {.method = "PUT",
                   .target = "/v1/datasets/d?target=u,v",
                   .body = "x,u,v\n1,2,-1\n2,4,-2\n3,6,-3\n4,8,-4\n5,10,-5\n6,12,-6\n"};
    json_decref(bp_expect(state, 201, put));
    create(state, "{\"name\": \"m\", \"layers\": [{}]}");
    json_t *job = train(state, "{\"model\": \"m\", \"dataset\": \"d\", \"epochs\": 300,"
                               " \"optimizer\": {\"type\": \"sgd\"}, \"validation\":"
                               " {\"fraction\": 0}}");
    assert_string_equal(bp_string(job, "state"), "succeeded");
    assert_true(json_is_null(json_object_get(job, "validation_loss")));
    json_decref(job);
    json_t *answer = bp_expect(
        state, 200, (bp_sent){.target = "/v1/models/m/predict", .body = "{\"instances\": [[10]]}"});
    json_t *prediction = json_array_get(json_object_get(answer, "predictions"), 0);
    json_t *values = json_object_get(prediction, "values");
    assert_true(fabs(json_number_value(json_object_get(values, "u")) - 20) < 0.1);
    assert_true(fabs(json_number_value(json_object_get(values, "v")) + 10) < 0.1);
    assert_null(json_object_get(prediction, "class"));
    json_decref(answer);
}

/* The printed digits give back the very parameters: their digest is that of the answer. */
static void test_parameters_are_exact(void **state) {
    create(state, "{\"name\": \"m\", \"inputs\": 5, \"layers\": [{\"units\": 7}, {\"units\": 3}],"
                  " \"seed\": 9}");
    json_t *answer = bp_expect(state, 200, (bp_sent){.target = "/v1/models/m/parameters"});
    bp_digest digest;
    bp_digest_start(&digest);
    size_t l, i, k;
    json_t *layer, *row, *number;
    json_array_foreach(json_object_get(answer, "layers"), l, layer) {
        json_t *weights = json_object_get(layer, "weights");
        assert_int_equal(json_array_size(weights), l == 0 ? 7 : 3);
        json_array_foreach(weights, i, row) {
            assert_int_equal(json_array_size(row), l == 0 ? 5 : 7);
            json_array_foreach(row, k, number) {
                bp_digest_add_floats(&digest, &(float){(float)json_number_value(number)}, 1);
            }
        }
        json_array_foreach(json_object_get(layer, "biases"), i, number) {
            bp_digest_add_floats(&digest, &(float){(float)json_number_value(number)}, 1);
        }
    }
    char hex[BP_DIGEST_HEX_SIZE];
    bp_digest_finish(&digest, hex);
    assert_string_equal(bp_string(answer, "sha256"), hex);
    json_decref(answer);
}

static void test_dataset_as_csv_and_as_json(void **state) {
    bp_sent csv = {.method = "PUT",
                   .target = "/v1/datasets/csv?target=kind",
                   .body = "kind,x\r\n\"cat, big\",0.1\r\ndog,-1e-3\r\n\"cat, big\",12345678901"};
    bp_sent json = {.method = "PUT",
                    .target = "/v1/datasets/json",
                    .type = "application/json",
                    .body =
                        "{\"columns\": [\"kind\", \"x\"], \"target\": \"kind\", \"rows\":"
                        " [[\"cat, big\", 0.1], [\"dog\", -1e-3], [\"cat, big\", 12345678901]]}"};
    json_t *one = bp_expect(state, 201, csv), *other = bp_expect(state, 201, json);
    assert_string_equal(bp_string(one, "sha256"), bp_string(other, "sha256"));
    assert_true(json_equal(json_object_get(one, "columns"), json_object_get(other, "columns")));
    assert_true(json_equal(json_object_get(one, "classes"), json_object_get(other, "classes")));
    json_t *x = json_array_get(json_object_get(one, "columns"), 1);
    assert_string_equal(bp_string(x, "name"), "x");
    assert_string_equal(bp_string(x, "role"), "feature");
    json_decref(one);
    json_decref(other);
}

static void test_location(void **state) {
    bp_answer answer = bp_send(state, (bp_sent){.target = "/v1/models", .body = CLASSIFIER});
    assert_int_equal(answer.response.status, 201);
    assert_string_equal(bp_header_of(&answer.response, "Location"), "/v1/models/m");
    bp_answer_clear(&answer);
    bp_sent put = {.method = "PUT", .target = "/v1/datasets/d", .body = "x,y\n1,a\n2,b\n3,a\n"};
    answer = bp_send(state, put);
    assert_string_equal(bp_header_of(&answer.response, "Location"), "/v1/datasets/d");
    bp_answer_clear(&answer);
    answer = bp_send(state, put);
    assert_int_equal(answer.response.status, 200);
    assert_null(bp_header_of(&answer.response, "Location"));
    bp_answer_clear(&answer);
    answer = bp_send(state, (bp_sent){.target = "/v1/jobs", .body = JOB});
    assert_int_equal(answer.response.status, 202);
    assert_string_equal(bp_header_of(&answer.response, "Location"), "/v1/jobs/1");
    bp_answer_clear(&answer);
}

static void test_lists_have_cursors(void **state) {
    static const char *const names[] = {"a", "b", "c"};
    for (size_t i = 0; i < 3; i++) {
        char body[100];
        snprintf(body, sizeof body, "{\"name\": \"%s\", \"layers\": [{}]}", names[i]);
        create(state, body);
    }
    json_t *page = bp_expect(state, 200, (bp_sent){.target = "/v1/models?limit=2"});
    assert_int_equal(json_array_size(json_object_get(page, "models")), 2);
    assert_string_equal(bp_string(page, "next"), "b");
    json_decref(page);
    page = bp_expect(state, 200, (bp_sent){.target = "/v1/models?limit=2&after=b"});
    json_t *models = json_object_get(page, "models");
    assert_int_equal(json_array_size(models), 1);
    assert_string_equal(bp_string(json_array_get(models, 0), "name"), "c");
    assert_true(json_is_null(json_object_get(page, "next")));
    json_decref(page);
}

#define WITH_API(test) cmocka_unit_test_setup_teardown(test, bp_api_setup, bp_api_teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        WITH_API(test_classifier),
        WITH_API(test_regression),
        WITH_API(test_parameters_are_exact),
        WITH_API(test_dataset_as_csv_and_as_json),
        WITH_API(test_location),
        WITH_API(test_lists_have_cursors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
