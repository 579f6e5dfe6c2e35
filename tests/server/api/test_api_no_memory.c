/* Out of memory at any place of a request or a reply: the answer is 503, never one that lacks a
 * part or that blames the request, and nothing leaks or crashes. jansson's allocations are made to
 * fail, one alone or all from one on. */
#include "api_fixture.h"

#include <stdlib.h>
#include <string.h>

#include "route_table.h"

static long until_failure = -1; /* below 0: never */
static bool failure_stays, has_failed;

static void *fragile_malloc(size_t size) {
    if (until_failure == 0) {
        has_failed = true;
        until_failure -= !failure_stays;
        return NULL;
    }
    until_failure -= until_failure > 0;
    return malloc(size);
}

static int setup(void **state) {
    json_set_alloc_funcs(fragile_malloc, free);
    if (bp_api_setup(state) != 0) {
        return -1;
    }
    bp_sent put = {.method = "PUT",
                   .target = "/v1/datasets/d",
                   .body = "x,y,kind\n1,2,a\n2,1,b\n3,4,a\n4,3,b\n"};
    json_decref(bp_expect(state, 201, put));
    bp_sent model = {.target = "/v1/models",
                     .body = "{\"name\": \"m\", \"layers\": [{\"activation\": \"softmax\"}]}"};
    json_decref(bp_expect(state, 201, model));
    bp_sent job = {.target = "/v1/jobs",
                   .body = "{\"model\": \"m\", \"dataset\": \"d\", \"epochs\": 3}"};
    json_decref(bp_expect(state, 202, job));
    json_decref(bp_wait_for_job(state, 1));
    bp_sent pin = {.target = "/v1/models/m/versions", .body = "{\"name\": \"v\"}"};
    json_decref(bp_expect(state, 201, pin));
    return 0;
}

/* The request with only `allocations` of jansson's; the status. */
static unsigned send_starved(void **state, const bp_sent *sent, long allocations) {
    bp_request request = {.method = sent->body != NULL ? "POST" : "GET",
                          .path = sent->target,
                          .content_length = -1,
                          .request_id = "r"};
    bp_body_plan plan;
    bp_response response = {0};
    has_failed = false;
    until_failure = allocations;
    bp_exchange *exchange = bp_exchange_begin(((bp_api_fixture *)*state)->api, &request, &plan);
    if (sent->body != NULL) {
        bp_exchange_feed(exchange, sent->body, strlen(sent->body));
    }
    bp_exchange_finish(exchange, &response);
    bp_exchange_free(exchange);
    until_failure = -1;
    unsigned status = response.status;
    assert_true(response.body != NULL || response.static_body != NULL);
    bp_response_clear(&response);
    return status;
}

/* Until no allocation fails: only then it may succeed. */
static void starve_so(void **state, const bp_sent *sent, unsigned good) {
    enum { MOST = 5000 };
    for (long allocations = 0; allocations < MOST; allocations++) {
        unsigned status = send_starved(state, sent, allocations);
        if (!has_failed) {
            assert_int_equal(status, good);
            return;
        }
        if (status != 503) {
            fail_msg("%s with %ld allocations: %u", sent->target, allocations, status);
        }
    }
    fail_msg("%s allocates without end", sent->target);
}

static void starve(void **state, const bp_sent *sent, unsigned good) {
    for (int stays = 0; stays < 2; stays++) {
        failure_stays = stays == 1;
        starve_so(state, sent, good);
    }
}

static void test_replies(void **state) {
    static const bp_sent sent[] = {
        {.target = "/v1/info"},
        {.target = "/v1/datasets"},
        {.target = "/v1/datasets/d"},
        {.target = "/v1/datasets/d/rows"},
        {.target = "/v1/models"},
        {.target = "/v1/models/m"},
        {.target = "/v1/models/m/versions"},
        {.target = "/v1/models/m/versions/v"},
        {.target = "/v1/jobs"},
        {.target = "/v1/jobs/1"},
        {.target = "/v1/jobs/1/metrics"},
        {.target = "/v1/jobs/1/events"},
        {.target = "/v1/models/m/predict", .body = "{\"instances\": [[1, 2], [3, 4]]}"},
        {.target = "/v1/jobs/1/verify", .body = "{\"threads\": 1, \"isa\": \"naive\"}"},
        {.target = "/v1/models/m/evaluate", .body = "{\"dataset\": \"d\"}"},
        {.target = "/v1/models/m/evaluate", .body = "{\"dataset\": \"d\", \"predictions\": true}"},
        {.target = "/v1/models/m/evaluate",
         .body = "{\"dataset\": \"d\", \"predictions\": \"csv\"}"},
        {.target = "/v1/models/m/gradients",
         .body = "{\"instances\": [[1, 2]], \"targets\": [\"a\"], \"layers\": [0, 1]}"},
        {.target = "/v1/models/m/gradcheck",
         .body = "{\"instances\": [[1, 2]], \"targets\": [\"a\"]}"},
        {.target = "/v1/models/m/jacobian",
         .body = "{\"instances\": [[1, 2]], \"method\": \"integrated_gradients\"}"},
    };
    for (size_t i = 0; i < sizeof sent / sizeof *sent; i++) {
        starve(state, &sent[i], 200);
    }
}

static void test_problems(void **state) {
    starve(state, &(bp_sent){.target = "/v1/models/x"}, 404);
}

/* With more and more allocations until it is created, once. */
static void create_starved(void **state, const bp_sent *sent, unsigned good) {
    enum { MOST = 5000 };
    unsigned status = 0;
    for (long allocations = 0; allocations < MOST && status != good; allocations++) {
        status = send_starved(state, sent, allocations);
        if (status != good && status != 503) {
            fail_msg("%s with %ld allocations: %u", sent->target, allocations, status);
        }
    }
    assert_int_equal(status, good);
}

/* Where there is no memory for the answer nothing is created, and so the name is free. */
static void test_creations(void **state) {
    static const struct {
        unsigned good;
        bp_sent sent;
    } creations[] = {
        {201, {.target = "/v1/models", .body = "{\"name\": \"n\", \"layers\": [{}]}"}},
        {201, {.target = "/v1/models/m/versions", .body = "{\"name\": \"w\"}"}},
        {202, {.target = "/v1/jobs", .body = "{\"model\": \"m\", \"dataset\": \"d\"}"}},
    };
    for (size_t i = 0; i < sizeof creations / sizeof *creations; i++) {
        create_starved(state, &creations[i].sent, creations[i].good);
    }
    json_decref(bp_wait_for_job(state, 2)); /* of those that failed nothing is left */
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_replies),
        cmocka_unit_test(test_problems),
        cmocka_unit_test(test_creations),
    };
    return cmocka_run_group_tests(tests, setup, bp_api_teardown);
}
