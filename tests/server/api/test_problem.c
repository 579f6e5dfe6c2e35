/* Errors on the wire. */
#include "api_fixture.h"

#include <stdlib.h>
#include <string.h>

#include "problem.h"

static json_t *reply(const bp_problem *problem, unsigned status) {
    bp_response response = {.body = strdup("half"), .body_size = 4, .status = 200};
    bp_problem_reply(&response, problem, "id-1");
    assert_int_equal(response.status, status);
    assert_string_equal(response.content_type, "application/problem+json");
    json_t *json = json_loadb(response.body, response.body_size, 0, NULL);
    assert_non_null(json);
    assert_int_equal(bp_integer(json, "status"), status);
    assert_string_equal(bp_string(json, "request_id"), "id-1");
    bp_response_clear(&response);
    return json;
}

static void test_every_code_has_a_status(void **state) {
    (void)state;
    for (int code = 1; code < BP_STATUS_COUNT; code++) {
        bp_problem problem = {.error = {.code = (bp_status)code, .message = "what happened"}};
        unsigned status = bp_problem_status((bp_status)code);
        assert_in_range(status, 400, 599);
        json_t *json = reply(&problem, status);
        assert_non_null(strstr(bp_string(json, "type"), bp_status_name((bp_status)code)));
        assert_string_equal(bp_string(json, "detail"), "what happened");
        assert_null(json_object_get(json, "errors"));
        json_decref(json);
    }
    assert_int_equal(bp_problem_status((bp_status)99), 500);
}

static void test_places(void **state) {
    (void)state;
    bp_problem problem = {.error = {.code = BP_INVALID, .line = 3, .column = 2, .message = "m"}};
    json_t *json = reply(&problem, 400);
    json_t *place = json_array_get(json_object_get(json, "errors"), 0);
    assert_int_equal(bp_integer(place, "line"), 3);
    assert_int_equal(bp_integer(place, "column"), 2);
    assert_null(json_object_get(place, "pointer"));
    json_decref(json);
    memcpy(problem.error.field, "/x", sizeof "/x");
    json = reply(&problem, 400);
    place = json_array_get(json_object_get(json, "errors"), 0);
    assert_string_equal(bp_string(place, "pointer"), "/x");
    json_decref(json);
}

/* A field that asks for too much is a bad value, not a large body. */
static void test_too_large(void **state) {
    (void)state;
    bp_problem problem = {.error = {.code = BP_TOO_LARGE, .message = "m"}};
    json_decref(reply(&problem, 413));
    memcpy(problem.error.field, "/layers", sizeof "/layers");
    json_decref(reply(&problem, 400));
}

/* A message that was cut within a character is still JSON. */
static void test_text_that_is_no_utf8(void **state) {
    (void)state;
    bp_problem problem = {.error = {.code = BP_INVALID, .field = "/\xc3", .message = "\xff \"x\""}};
    json_t *json = reply(&problem, 400);
    assert_string_equal(bp_string(json, "detail"), "? \"x\"");
    json_decref(json);
}

static void test_http_problems_have_no_type(void **state) {
    (void)state;
    bp_problem problem = {.status = 405, .error = {.message = "m"}};
    json_t *json = reply(&problem, 405);
    assert_string_equal(bp_string(json, "type"), "about:blank");
    assert_string_equal(bp_string(json, "title"), "Method Not Allowed");
    json_decref(json);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_code_has_a_status),
        cmocka_unit_test(test_places),
        cmocka_unit_test(test_too_large),
        cmocka_unit_test(test_text_that_is_no_utf8),
        cmocka_unit_test(test_http_problems_have_no_type),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
