/* What is decided at the headers: route, method, query, type and length of the body. */
#include "api_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "route_table.h"

#define MODEL "{\"name\": \"m\", \"inputs\": 2, \"layers\": [{\"units\": 1}]}"
#define FORM "application/x-www-form-urlencoded"

static void test_routes(void **state) {
    (void)state;
    static const struct {
        const char *method, *path, *pattern, *capture, *second;
    } cases[] = {
        {"GET", "/", "/", "", ""},
        {"HEAD", "/livez", "/livez", "", ""},
        {"GET", "/v1/models", "/v1/models", "", ""},
        {"PUT", "/v1/datasets/a.b", "/v1/datasets/{name}", "a.b", ""},
        {"POST", "/v1/models/x/predict", "/v1/models/{name}/predict", "x", ""},
        {"POST", "/v1/jobs/17/cancel", "/v1/jobs/{id}/cancel", "17", ""},
        {"GET", "/assets/app.js", "/assets/{file}", "app.js", ""},
        {"GET", "/v1/models/x/versions", "/v1/models/{name}/versions", "x", ""},
        {"DELETE", "/v1/models/x/versions/y", "/v1/models/{name}/versions/{version}", "x", "y"},
        {"POST", "/v1/models/a/versions/1.2/restore",
         "/v1/models/{name}/versions/{version}/restore", "a", "1.2"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const bp_route *route;
        bp_captures captures;
        char allow[BP_ALLOW_SIZE];
        assert_int_equal(bp_route_find(&route, cases[i].method, cases[i].path, &captures, allow),
                         BP_OK);
        assert_string_equal(route->pattern, cases[i].pattern);
        assert_string_equal(captures.text[0], cases[i].capture);
        assert_string_equal(captures.text[1], cases[i].second);
    }
}

static void test_unknown_paths(void **state) {
    static const char *const paths[] = {"",
                                        "//",
                                        "/v1",
                                        "/v1/",
                                        "/v1/models/",
                                        "/v1/models//predict",
                                        "/v1/models/a/b",
                                        "/livez/",
                                        "/livezx",
                                        "/v1/job",
                                        "/v1/models/a/versions/",
                                        "/v1/models/a/versions/b/c",
                                        "/assets/",
                                        "/V1/models"};
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        bp_refused(state, (bp_sent){.target = paths[i]}, 404, NULL, "openapi.json");
    }
    char *longest = calloc(1, 401);
    memset(longest, 'a', 400);
    memcpy(longest, "/v1/models/", 11);
    bp_refused(state, (bp_sent){.target = longest}, 404, NULL, NULL);
    free(longest);
}

static void test_wrong_method(void **state) {
    static const struct {
        const char *method, *target, *allow;
    } cases[] = {
        {"POST", "/livez", "GET, HEAD"},
        {"PATCH", "/v1/datasets/x", "PUT, GET, HEAD, DELETE"},
        {"GET", "/v1/jobs/1/cancel", "POST"},
        {"OPTIONS", "/v1/models", "GET, HEAD, POST"},
        {"get", "/v1/models", "GET, HEAD, POST"},
        {"HEAD", "/v1/models/x/predict", "POST"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        bp_answer answer =
            bp_send(state, (bp_sent){.method = cases[i].method, .target = cases[i].target});
        assert_int_equal(answer.response.status, 405);
        assert_string_equal(bp_header_of(&answer.response, "Allow"), cases[i].allow);
        bp_answer_clear(&answer);
    }
}

static void test_head_is_get(void **state) {
    json_t *json = bp_expect(state, 200, (bp_sent){.method = "HEAD", .target = "/v1/info"});
    assert_string_equal(bp_string(json, "name"), "backpropd");
    json_decref(json);
}

static void test_unknown_query(void **state) {
    bp_refused(state, (bp_sent){.target = "/livez?verbose=1"}, 400, NULL, "verbose");
    bp_refused(state, (bp_sent){.target = "/v1/models?limit=0"}, 400, NULL, "1 to 1000");
    bp_refused(state, (bp_sent){.target = "/v1/models", .method = "DELETE"}, 405, NULL, NULL);
}

/* --- bodies --------------------------------------------------------------------------------- */

static void test_types_of_json(void **state) {
    static const char *const good[] = {
        "application/json", "application/json; charset=utf-8", "Application/JSON", FORM, NULL, ""};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        bp_sent sent = {.target = "/v1/models", .body = MODEL, .type = good[i]};
        json_decref(bp_expect(state, 201, sent));
        bp_expect(state, 204, (bp_sent){.method = "DELETE", .target = "/v1/models/m"});
    }
    static const char *const bad[] = {"text/plain", "text/csv", "application/jsonx", "application",
                                      "multipart/form-data"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        bp_sent sent = {.target = "/v1/models", .body = MODEL, .type = bad[i]};
        bp_refused(state, sent, 415, NULL, bad[i]);
    }
}

static void test_types_of_a_dataset(void **state) {
    static const char *const good[] = {"text/csv",   "text/csv; header=present",
                                       "text/plain", "application/octet-stream",
                                       FORM,         NULL};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        bp_sent sent = {.method = "PUT", .target = "/v1/datasets/d", .body = "x,y\n1,a\n2,b\n"};
        sent.type = good[i];
        json_decref(bp_expect(state, i == 0 ? 201 : 200, sent));
    }
    bp_sent sent = {.method = "PUT", .target = "/v1/datasets/d", .body = "x", .type = "image/png"};
    bp_refused(state, sent, 415, NULL, "image/png");
}

/* A page of another site can make a browser send forms and empty posts here; curl cannot be it. */
static void test_other_sites(void **state) {
    bp_sent form = {.target = "/v1/models", .body = MODEL, .type = FORM};
    form.headers[0] = "Origin";
    form.headers[1] = "http://elsewhere.example";
    form.headers[2] = "Host";
    form.headers[3] = "localhost:8080";
    bp_refused(state, form, 415, NULL, "another site");
    form.type = NULL;
    bp_refused(state, form, 415, NULL, "another site");
    form.headers[0] = "Sec-Fetch-Site";
    form.headers[1] = "cross-site";
    bp_refused(state, form, 415, NULL, "another site");
    bp_sent cancel = {.method = "POST", .target = "/v1/jobs/1/cancel"};
    memcpy(cancel.headers, form.headers, sizeof form.headers);
    bp_refused(state, cancel, 403, NULL, "other sites");
    cancel.headers[1] = "same-origin";
    bp_refused(state, cancel, 404, NULL, NULL); /* let through: there is no job 1 */
    form.headers[0] = "Origin";
    form.headers[1] = "http://localhost:8080";
    json_decref(bp_expect(state, 201, form));
    form.type = "application/json"; /* a browser asks before it sends this */
    form.headers[1] = "http://elsewhere.example";
    bp_refused(state, form, 409, "/name", NULL);
}

static void test_body_where_none_belongs(void **state) {
    bp_refused(state, (bp_sent){.target = "/v1/jobs/1/cancel", .body = "{}"}, 400, NULL, "no body");
    bp_refused(state, (bp_sent){.method = "GET", .target = "/livez", .body = "{}"}, 400, NULL,
               "no body");
}

/* --- lengths -------------------------------------------------------------------------------- */

static bp_answer send_spaces(void **state, bp_sent sent, size_t size) {
    char *spaces = malloc(size + 1);
    assert_non_null(spaces);
    memset(spaces, ' ', size);
    spaces[size] = '\0';
    sent.body = spaces;
    bp_answer answer = bp_send(state, sent);
    free(spaces);
    return answer;
}

static void check_length(void **state, bp_sent sent, size_t size, unsigned status,
                         bp_body_plan plan) {
    bp_answer answer = send_spaces(state, sent, size);
    assert_int_equal(answer.response.status, status);
    assert_int_equal(answer.plan, plan);
    bp_answer_clear(&answer);
}

static void test_lengths(void **state) {
    bp_sent json = {.method = "POST", .target = "/v1/models"};
    bp_sent upload = {.method = "PUT", .target = "/v1/datasets/d"};
    check_length(state, json, 65536, 400, BP_BODY_READ);   /* blank, but no larger than allowed */
    check_length(state, json, 65537, 413, BP_BODY_REFUSE); /* known at the headers */
    check_length(state, upload, 262145, 413, BP_BODY_REFUSE);
    json.chunked = upload.chunked = true;
    json.piece = upload.piece = 1000;
    check_length(state, json, 65537, 413, BP_BODY_READ); /* known on the way */
    check_length(state, upload, 262145, 413, BP_BODY_READ);
}

/* A refused request's short body is read, which keeps the connection; a long one is not. */
static void test_plan_for_refused_requests(void **state) {
    bp_sent lost = {.method = "PUT", .target = "/nowhere"};
    check_length(state, lost, 1000, 404, BP_BODY_READ);
    check_length(state, lost, 65537, 404, BP_BODY_REFUSE);
    lost.chunked = true;
    check_length(state, lost, 10, 404, BP_BODY_REFUSE);
    bp_answer answer = bp_send(state, (bp_sent){.target = "/nowhere"});
    assert_int_equal(answer.plan, BP_BODY_READ);
    bp_answer_clear(&answer);
}

/* --- exchanges that do not go to their end -------------------------------------------------- */

static bp_exchange *begin(void **state, const char *method, const char *path) {
    bp_request request = {.method = method, .path = path, .content_length = -1, .request_id = "r"};
    bp_body_plan plan;
    return bp_exchange_begin(((bp_api_fixture *)*state)->api, &request, &plan);
}

static void test_client_that_leaves(void **state) {
    bp_exchange *exchange = begin(state, "PUT", "/v1/datasets/d");
    bp_exchange_feed(exchange, "x,y\n1,", 6);
    assert_true(bp_exchange_is_slow(exchange));
    bp_exchange_free(exchange);
    bp_exchange_free(begin(state, "GET", "/livez"));
    bp_refused(state, (bp_sent){.target = "/v1/datasets/d"}, 404, NULL, NULL);
}

static void test_no_memory_for_an_exchange(void **state) {
    (void)state;
    bp_response response = {0};
    bp_exchange_feed(NULL, "x", 1);
    assert_false(bp_exchange_is_slow(NULL));
    bp_exchange_finish(NULL, &response);
    bp_exchange_free(NULL);
    assert_int_equal(response.status, 503);
    bp_response_clear(&response);
}

static void test_what_is_slow(void **state) {
    static const struct {
        const char *method, *path;
        bool slow;
    } cases[] = {
        {"GET", "/livez", false},       {"GET", "/v1/jobs/1", false},
        {"POST", "/v1/models", true},   {"POST", "/v1/models/x/predict", false},
        {"DELETE", "/v1/jobs/1", true}, {"GET", "/nowhere", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        bp_exchange *exchange = begin(state, cases[i].method, cases[i].path);
        assert_int_equal(bp_exchange_is_slow(exchange), cases[i].slow);
        bp_exchange_free(exchange);
    }
    bp_exchange *large = begin(state, "POST", "/v1/models/x/predict");
    static const char bytes[20000];
    bp_exchange_feed(large, bytes, sizeof bytes);
    assert_true(bp_exchange_is_slow(large));
    bp_exchange_free(large);
}

/* --- files ---------------------------------------------------------------------------------- */

static void test_dashboard(void **state) {
    bp_answer page = bp_send(state, (bp_sent){.target = "/"});
    assert_int_equal(page.response.status, 200);
    assert_string_equal(page.response.content_type, "text/html; charset=utf-8");
    const char *policy = bp_header_of(&page.response, "Content-Security-Policy");
    assert_non_null(policy);
    assert_non_null(strstr(policy, "default-src 'none'"));
    assert_non_null(strstr(policy, "script-src 'self';"));
    char etag[80];
    assert_true(strlen(bp_header_of(&page.response, "ETag")) < sizeof etag);
    snprintf(etag, sizeof etag, "%s", bp_header_of(&page.response, "ETag"));
    bp_answer_clear(&page);
    bp_sent again = {.target = "/", .headers = {"If-None-Match", etag}};
    page = bp_send(state, again);
    assert_int_equal(page.response.status, 304);
    assert_int_equal(page.response.body_size, 0);
    bp_answer_clear(&page);
    bp_refused(state, (bp_sent){.target = "/assets/nothing.js"}, 404, NULL, "nothing.js");
    bp_refused(state, (bp_sent){.target = "/assets/index.html"}, 404, NULL, NULL);
    bp_refused(state, (bp_sent){.target = "/assets/.."}, 404, NULL, NULL);
}

#define WITH_API(test) cmocka_unit_test_setup_teardown(test, bp_api_setup, bp_api_teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_routes),
        WITH_API(test_unknown_paths),
        WITH_API(test_wrong_method),
        WITH_API(test_head_is_get),
        WITH_API(test_unknown_query),
        WITH_API(test_types_of_json),
        WITH_API(test_types_of_a_dataset),
        WITH_API(test_other_sites),
        WITH_API(test_body_where_none_belongs),
        WITH_API(test_lengths),
        WITH_API(test_plan_for_refused_requests),
        WITH_API(test_client_that_leaves),
        cmocka_unit_test(test_no_memory_for_an_exchange),
        WITH_API(test_what_is_slow),
        WITH_API(test_dashboard),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
