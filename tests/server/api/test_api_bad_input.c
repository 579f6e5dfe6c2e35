/* Bad input: a problem with the field at fault, and nothing lost or half made. */
#include "api_fixture.h"

#include <stdio.h>
#include <string.h>

#define CSV "x,y,kind\n1,2,a\n2,1,b\n3,4,a\n4,3,b\n5,6,a\n6,5,b\n"
#define MODEL "{\"name\": \"m\", \"layers\": [{\"units\": 4}, {\"activation\": \"softmax\"}]}"
#define JOB "{\"model\": \"m\", \"dataset\": \"d\", \"epochs\": 2}"
#define ENDLESS "{\"model\": \"m\", \"dataset\": \"d\", \"epochs\": 1000000, \"batch_size\": 1}"

/* A data set d and a model m that fit each other. */
static int setup(void **state) {
    if (bp_api_setup(state) != 0) {
        return -1;
    }
    bp_sent put = {.method = "PUT", .target = "/v1/datasets/d", .body = CSV};
    json_decref(bp_expect(state, 201, put));
    json_decref(bp_expect(state, 201, (bp_sent){.target = "/v1/models", .body = MODEL}));
    return 0;
}

static void put_csv(void **state, const char *name, const char *body) {
    char target[100];
    snprintf(target, sizeof target, "/v1/datasets/%s", name);
    json_decref(bp_expect(state, 201, (bp_sent){.method = "PUT", .target = target, .body = body}));
}

static json_t *train(void **state, const char *body) {
    json_t *accepted = bp_expect(state, 202, (bp_sent){.target = "/v1/jobs", .body = body});
    json_t *job = bp_wait_for_job(state, bp_integer(accepted, "id"));
    json_decref(accepted);
    return job;
}

typedef struct bad_body {
    const char *body, *pointer, *word;
} bad_body;

static void refuse_all(void **state, const char *target, const bad_body *bodies, size_t count) {
    for (size_t i = 0; i < count; i++) {
        bp_sent sent = {.target = target, .body = bodies[i].body};
        bp_refused(state, sent, 400, bodies[i].pointer, bodies[i].word);
    }
}
#define REFUSE_ALL(state, target, bodies)                                                          \
    refuse_all(state, target, bodies, sizeof(bodies) / sizeof *(bodies))

static void test_models(void **state) {
    static const bad_body bodies[] = {
        {"{\"name\": \"n\"}", "/layers", "missing"},
        {"{\"layers\": [{}]}", "/name", "missing"},
        {"{\"name\": 3, \"layers\": [{}]}", "/name", "must be a string"},
        {"{\"name\": \"a b\", \"layers\": [{}]}", "/name", "letters"},
        {"{\"name\": \"n\", \"layers\": []}", "/layers", NULL},
        {"{\"name\": \"n\", \"layers\": [{}], \"colour\": 1}", "/colour", "unknown field"},
        {"{\"name\": \"n\", \"layers\": [{\"units\": 0}]}", "/layers/0/units", "from 1"},
        {"{\"name\": \"n\", \"layers\": [{\"units\": 65537}]}", "/layers/0/units", "65536"},
        {"{\"name\": \"n\", \"layers\": [{}, {\"units\": 2}]}", "/layers/0/units", NULL},
        {"{\"name\": \"n\", \"inputs\": 65536, \"layers\": [{\"units\": 65536}]}", "/layers",
         "parameters"},
    };
    REFUSE_ALL(state, "/v1/models", bodies);
    bp_refused(state, (bp_sent){.target = "/v1/models", .body = MODEL}, 409, "/name", "m");
    bp_refused(state, (bp_sent){.target = "/v1/models/n"}, 404, NULL, "n");
}

static void test_malformed_json(void **state) {
    bp_answer answer =
        bp_send(state, (bp_sent){.target = "/v1/models", .body = "{\n \"name\": oops}"});
    assert_int_equal(answer.response.status, 400);
    json_t *place = json_array_get(json_object_get(answer.json, "errors"), 0);
    assert_int_equal(bp_integer(place, "line"), 2);
    bp_answer_clear(&answer);
    static const bad_body bodies[] = {{"[]", NULL, "an array"},
                                      {"{\"name\": \"a\", \"name\": \"b\"}", NULL, "duplicate"},
                                      {"{\"seed\": NaN}", NULL, "not JSON"},
                                      {"{} x", NULL, "not JSON"},
                                      {"{\"seed\": 99999999999999999999}", NULL, "not JSON"}};
    REFUSE_ALL(state, "/v1/models", bodies);
    bp_refused(state, (bp_sent){.method = "POST", .target = "/v1/models"}, 400, NULL, "empty");
}

/* --- data sets ------------------------------------------------------------------------------ */

static void refuse_csv(void **state, const char *body, int line, int column) {
    bp_answer answer =
        bp_send(state, (bp_sent){.method = "PUT", .target = "/v1/datasets/n", .body = body});
    assert_int_equal(answer.response.status, 400);
    json_t *place = json_array_get(json_object_get(answer.json, "errors"), 0);
    assert_int_equal(bp_integer(place, "line"), line);
    if (column > 0) {
        assert_int_equal(bp_integer(place, "column"), column);
    }
    bp_answer_clear(&answer);
    bp_refused(state, (bp_sent){.target = "/v1/datasets/n"}, 404, NULL, NULL);
}

static void test_csv(void **state) {
    refuse_csv(state, "x,y\n1,a\n2\n", 3, 0);
    refuse_csv(state, "x,y\n.5,a\ntwo,b\n", 3, 1);
    refuse_csv(state, "x,y\n1,a\n2,\n", 3, 2);
    bp_sent empty = {.method = "PUT", .target = "/v1/datasets/n", .body = "x,y\n"};
    bp_refused(state, empty, 400, NULL, "row");
    empty.target = "/v1/datasets/n?target=z";
    empty.body = CSV;
    bp_refused(state, empty, 400, "/target", "z");
    empty.target = "/v1/datasets/-n";
    bp_refused(state, empty, 400, "/name", NULL);
}

static void test_json_rows(void **state) {
    static const bad_body bodies[] = {
        {"{\"columns\": [\"x\", \"y\"], \"rows\": []}", "/rows", "no rows"},
        {"{\"columns\": [\"x\", \"y\"], \"rows\": [[1, 2], [3]]}", "/rows/1", "1 cells"},
        {"{\"columns\": [\"x\", \"y\"], \"rows\": [[0.5, 2], [\"three\", 4]]}", "/rows/1/0",
         "three"},
        {"{\"columns\": [\"x\", \"y\"], \"rows\": [[1, null]]}", "/rows/0/1", "no value"},
        {"{\"columns\": [\"x\", \"y\"], \"rows\": [7]}", "/rows/0", "an array"},
        {"{\"columns\": [\"x\", 5], \"rows\": [[1, 2]]}", "/columns/1", "a number"},
        {"{\"columns\": [\"x\", \"x\"], \"rows\": [[1, 2]]}", "/columns/1", NULL},
        {"{\"columns\": [\"x\"], \"rows\": [[1]]}", "/columns", NULL},
        {"{\"columns\": [\"x\", \"y\"], \"rows\": [[1, 2]], \"target\": \"z\"}", "/target", "z"},
        {"{\"columns\": [\"x\", \"y\"]}", "/rows", "missing"},
        {"{\"columns\": [\"x\", \"y\"], \"rows\": [[1, 2]], \"more\": 1}", "/more", "unknown"},
    };
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
        bp_sent sent = {.method = "PUT",
                        .target = "/v1/datasets/n",
                        .type = "application/json",
                        .body = bodies[i].body};
        bp_refused(state, sent, 400, bodies[i].pointer, bodies[i].word);
    }
}

static void test_bad_replacement_keeps_the_old_one(void **state) {
    json_t *before = bp_expect(state, 200, (bp_sent){.target = "/v1/datasets/d"});
    bp_sent bad = {.method = "PUT", .target = "/v1/datasets/d", .body = "x,y\n1,a\n2"};
    bp_refused(state, bad, 400, NULL, NULL);
    json_t *after = bp_expect(state, 200, (bp_sent){.target = "/v1/datasets/d"});
    assert_true(json_equal(before, after));
    json_decref(before);
    json_decref(after);
}

/* --- jobs ----------------------------------------------------------------------------------- */

static void test_jobs(void **state) {
    static const bad_body bodies[] = {
        {"{\"dataset\": \"d\"}", "/model", "missing"},
        {"{\"model\": \"m\"}", "/dataset", "missing"},
        {"{\"model\": \"m\", \"dataset\": \"d\", \"epochs\": 0}", "/epochs", NULL},
        {"{\"model\": \"m\", \"dataset\": \"d\", \"epocs\": 1}", "/epocs", "epochs"},
        {"{\"model\": \"m\", \"dataset\": \"d\", \"optimizer\": {\"learning_rate\": 0}}",
         "/optimizer/learning_rate", NULL},
    };
    REFUSE_ALL(state, "/v1/jobs", bodies);
    bp_sent lost = {.target = "/v1/jobs", .body = "{\"model\": \"x\", \"dataset\": \"d\"}"};
    bp_refused(state, lost, 404, "/model", "x");
    lost.body = "{\"model\": \"m\", \"dataset\": \"x\"}";
    bp_refused(state, lost, 404, "/dataset", "x");
    char body[300], name[101];
    memset(name, 'a', 100);
    name[100] = '\0';
    snprintf(body, sizeof body, "{\"model\": \"%s\", \"dataset\": \"d\"}", name);
    lost.body = body;
    bp_refused(state, lost, 404, "/model", NULL);
    static const char *const targets[] = {"/v1/jobs/1", "/v1/jobs/x", "/v1/jobs/-1", "/v1/jobs/1.0",
                                          "/v1/jobs/99999999999999999999999"};
    for (size_t i = 0; i < sizeof targets / sizeof *targets; i++) {
        bp_refused(state, (bp_sent){.target = targets[i]}, 404, NULL, "job");
    }
    json_t *page = bp_expect(state, 200, (bp_sent){.target = "/v1/jobs"});
    assert_int_equal(json_array_size(json_object_get(page, "jobs")), 0);
    json_decref(page);
}

static void test_data_that_does_not_fit(void **state) {
    json_decref(train(state, JOB));
    put_csv(state, "few", "x,kind\n1,a\n4,b\n");
    put_csv(state, "words", "x,y,kind\n1,p,a\n4,q,b\n");
    put_csv(state, "new", "x,y,kind\n1,2,a\n3,4,zebra\n");
    put_csv(state, "real", "x,y,v\n1,2,0.5\n3,4,0.25\n");
    static const bad_body bodies[] = {
        {"{\"model\": \"m\", \"dataset\": \"few\"}", "/dataset", "'y'"},
        {"{\"model\": \"m\", \"dataset\": \"words\"}", "/dataset", "categorical"},
        {"{\"model\": \"m\", \"dataset\": \"new\"}", "/dataset", "zebra"},
        {"{\"model\": \"m\", \"dataset\": \"real\"}", "/dataset", NULL},
    };
    REFUSE_ALL(state, "/v1/jobs", bodies);
    static const bad_body evaluations[] = {
        {"{\"dataset\": \"few\"}", "/dataset", "'y'"},
        {"{\"dataset\": \"new\"}", "/dataset", "zebra"},
        {"{\"dataset\": 1}", "/dataset", "must be a string"},
        {"{}", "/dataset", "missing"},
    };
    REFUSE_ALL(state, "/v1/models/m/evaluate", evaluations);
    bp_sent lost = {.target = "/v1/models/m/evaluate", .body = "{\"dataset\": \"x\"}"};
    bp_refused(state, lost, 404, "/dataset", "x");
}

static void test_what_a_job_uses(void **state) {
    json_t *job = bp_expect(state, 202, (bp_sent){.target = "/v1/jobs", .body = ENDLESS});
    json_decref(job);
    bp_refused(state, (bp_sent){.method = "DELETE", .target = "/v1/datasets/d"}, 409, NULL, "d");
    bp_refused(state, (bp_sent){.method = "DELETE", .target = "/v1/models/m"}, 409, NULL, "m");
    bp_refused(state, (bp_sent){.method = "DELETE", .target = "/v1/jobs/1"}, 409, NULL, NULL);
    bp_sent put = {.method = "PUT", .target = "/v1/datasets/d", .body = CSV};
    bp_refused(state, put, 409, NULL, "d");
    put.type = "application/json";
    put.body = "{\"columns\": [\"x\", \"y\"], \"rows\": [[1, 2]]}";
    bp_refused(state, put, 409, NULL, "d");
    bp_sent cancel = {.method = "POST", .target = "/v1/jobs/1/cancel"};
    json_decref(bp_expect(state, 202, cancel));
    job = bp_wait_for_job(state, 1);
    assert_string_equal(bp_string(job, "state"), "cancelled");
    json_decref(job);
    bp_refused(state, cancel, 409, NULL, "cancelled");
    bp_expect(state, 204, (bp_sent){.method = "DELETE", .target = "/v1/datasets/d"});
    bp_expect(state, 204, (bp_sent){.method = "DELETE", .target = "/v1/models/m"});
    bp_expect(state, 204, (bp_sent){.method = "DELETE", .target = "/v1/jobs/1"});
    bp_refused(state, (bp_sent){.target = "/v1/jobs/1/metrics"}, 404, NULL, NULL);
}

static void test_divergence(void **state) {
    put_csv(state, "line", "x,y\n1,1.5\n2,2.5\n3,3.5\n4,4.5\n");
    json_decref(bp_expect(
        state, 201,
        (bp_sent){.target = "/v1/models", .body = "{\"name\": \"l\", \"layers\": [{}]}"}));
    json_t *job = train(state, "{\"model\": \"l\", \"dataset\": \"line\", \"epochs\": 1000,"
                               " \"optimizer\": {\"type\": \"sgd\", \"learning_rate\": 1e30}}");
    assert_string_equal(bp_string(job, "state"), "failed");
    json_t *error = json_object_get(job, "error");
    assert_string_equal(bp_string(error, "code"), "diverged");
    assert_true(bp_integer(error, "epoch") >= 1 && bp_integer(error, "step") >= 1);
    json_decref(job);
    json_decref(bp_expect(state, 200, (bp_sent){.target = "/v1/jobs/1/metrics"}));
}

/* --- predict -------------------------------------------------------------------------------- */

static void test_predict(void **state) {
    bp_sent early = {.target = "/v1/models/m/predict", .body = "{\"instances\": [[1, 2]]}"};
    bp_refused(state, early, 409, NULL, "not trained");
    bp_refused(state, (bp_sent){.target = "/v1/models/m/parameters"}, 409, NULL, "sizes");
    early.target = "/v1/models/m/evaluate";
    early.body = "{\"dataset\": \"d\"}";
    bp_refused(state, early, 409, NULL, "not trained");
    json_decref(train(state, JOB));
    static const bad_body bodies[] = {
        {"{}", "/instances", "missing"},
        {"{\"instances\": 7}", "/instances", "an array"},
        {"{\"instances\": []}", "/instances", "no instances"},
        {"{\"instances\": [7]}", "/instances/0", "a number"},
        {"{\"instances\": [[1, 2], [1]]}", "/instances/1", "2 columns"},
        {"{\"instances\": [[1, 2], [1, 2, 3]]}", "/instances/1", "3 values"},
        {"{\"instances\": [[1, 2], [1, \"two\"]]}", "/instances/1/1", "'y'"},
        {"{\"instances\": [[1, false]]}", "/instances/0/1", "false"},
        {"{\"instances\": [[1e300, 1]]}", "/instances/0/0", "float32"},
        {"{\"instances\": [[1, 2]], \"rows\": 1}", "/rows", "instances"},
    };
    REFUSE_ALL(state, "/v1/models/m/predict", bodies);
    bp_sent lost = {.target = "/v1/models/x/predict", .body = "{\"instances\": [[1, 2]]}"};
    bp_refused(state, lost, 404, NULL, "x");
}

#define WITH_DATA(test) cmocka_unit_test_setup_teardown(test, setup, bp_api_teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        WITH_DATA(test_models),
        WITH_DATA(test_malformed_json),
        WITH_DATA(test_csv),
        WITH_DATA(test_json_rows),
        WITH_DATA(test_bad_replacement_keeps_the_old_one),
        WITH_DATA(test_jobs),
        WITH_DATA(test_data_that_does_not_fit),
        WITH_DATA(test_what_a_job_uses),
        WITH_DATA(test_divergence),
        WITH_DATA(test_predict),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
