#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "request_guard.h"

static const struct {
    const char *target;
    unsigned status;
    const char *path, *query; /* where it is let through */
} targets[] = {
    {"/", 0, "/", NULL},
    {"/v1/models", 0, "/v1/models", NULL},
    {"/v1/models?limit=2&after=a%20b", 0, "/v1/models", "limit=2&after=a%20b"},
    {"/a?", 0, "/a", ""},
    {"/a?b?c", 0, "/a", "b?c"},
    {"/a%20b%2Ec", 0, "/a b.c", NULL},
    {"/%C3%A9", 0, "/\xc3\xa9", NULL},
    {"/...", 0, "/...", NULL},
    {"/a..b/.c", 0, "/a..b/.c", NULL},
    {"http://example.org/a?b", 0, "/a", "b"},
    {"http://example.org", 0, "/", NULL},
    {"/a?line=%0A", 0, "/a", "line=%0A"},
    {NULL, 400, NULL, NULL},
    {"", 400, NULL, NULL},
    {"*", 400, NULL, NULL},
    {"example.org:80", 400, NULL, NULL},
    {"v1/models", 400, NULL, NULL},
    {"/a%00b", 400, NULL, NULL},
    {"/a?b=%00", 400, NULL, NULL},
    {"/a%0Ab", 400, NULL, NULL},
    {"/a%7f", 400, NULL, NULL},
    {"/a%", 400, NULL, NULL},
    {"/a%2", 400, NULL, NULL},
    {"/a%2g", 400, NULL, NULL},
    {"/a%g2", 400, NULL, NULL},
    {"/a%?22", 400, NULL, NULL},
    {"/a?b=%zz", 400, NULL, NULL},
    {"/..%2fetc", 400, NULL, NULL},
    {"/..%2Fetc", 400, NULL, NULL},
    {"/..%5cetc", 400, NULL, NULL},
    {"/a%2fb", 400, NULL, NULL},
    {"/..", 400, NULL, NULL},
    {"/a/../b", 400, NULL, NULL},
    {"/a/./b", 400, NULL, NULL},
    {"/a/.", 400, NULL, NULL},
    {"/%2e%2e/a", 400, NULL, NULL},
    {"/.%2E", 400, NULL, NULL},
    {"/a b", 400, NULL, NULL},
    {"/a#b", 400, NULL, NULL},
    {"/a\x01", 400, NULL, NULL},
    {"/\xc3\xa9", 400, NULL, NULL},
    {"/%C3", 400, NULL, NULL},
    {"/%C3/", 400, NULL, NULL},
    {"/%C0%AF", 400, NULL, NULL},       /* an overlong slash */
    {"/%ED%A0%80", 400, NULL, NULL},    /* a surrogate */
    {"/%F4%90%80%80", 400, NULL, NULL}, /* beyond U+10FFFF */
    {"/a?b=%FF", 400, NULL, NULL},
};

static void targets_are_judged_and_decoded(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof targets / sizeof targets[0]; i++) {
        char path[BP_GUARD_MAX_TARGET + 1] = "untouched";
        const char *query = "untouched";
        bp_guard_verdict verdict = bp_guard_target(targets[i].target, path, &query);
        if (verdict.status != targets[i].status)
            fail_msg("%s: %u", targets[i].target, verdict.status);
        if (verdict.status != 0) {
            assert_non_null(verdict.detail);
            continue;
        }
        assert_string_equal(path, targets[i].path);
        assert_int_equal(query == NULL, targets[i].query == NULL);
        if (query != NULL)
            assert_string_equal(query, targets[i].query);
    }
}

static void a_target_may_be_8192_bytes_and_no_more(void **state) {
    (void)state;
    char *target = malloc(BP_GUARD_MAX_TARGET + 2);
    char path[BP_GUARD_MAX_TARGET + 1];
    const char *query;
    assert_non_null(target);
    memset(target, 'a', BP_GUARD_MAX_TARGET + 1);
    target[0] = '/';
    target[BP_GUARD_MAX_TARGET + 1] = '\0';
    assert_int_equal(bp_guard_target(target, path, &query).status, 400);
    target[BP_GUARD_MAX_TARGET] = '\0';
    assert_int_equal(bp_guard_target(target, path, &query).status, 0);
    assert_int_equal(strlen(path), BP_GUARD_MAX_TARGET);
    free(target);
}

static const struct {
    const char *why;
    bp_guard_facts facts;
    unsigned status;
} framings[] = {
    {"plain", {.version = "HTTP/1.1", .host_count = 1}, 0},
    {"1.0 without host", {.version = "HTTP/1.0"}, 0},
    {"a length",
     {.version = "HTTP/1.1", .host_count = 1, .content_length_count = 1, .content_length = "12"},
     0},
    {"chunked",
     {.version = "HTTP/1.1",
      .host_count = 1,
      .transfer_encoding_count = 1,
      .transfer_encoding = "Chunked"},
     0},
    {"no host", {.version = "HTTP/1.1"}, 400},
    {"two hosts", {.version = "HTTP/1.1", .host_count = 2}, 400},
    {"two lengths",
     {.version = "HTTP/1.1", .host_count = 1, .content_length_count = 2, .content_length = "3"},
     400},
    {"both",
     {.version = "HTTP/1.1",
      .host_count = 1,
      .content_length_count = 1,
      .content_length = "3",
      .transfer_encoding_count = 1,
      .transfer_encoding = "chunked"},
     400},
    {"empty length",
     {.version = "HTTP/1.1", .host_count = 1, .content_length_count = 1, .content_length = ""},
     400},
    {"signed length",
     {.version = "HTTP/1.1", .host_count = 1, .content_length_count = 1, .content_length = "+3"},
     400},
    {"list of lengths",
     {.version = "HTTP/1.1", .host_count = 1, .content_length_count = 1, .content_length = "3, 3"},
     400},
    {"huge length",
     {.version = "HTTP/1.1",
      .host_count = 1,
      .content_length_count = 1,
      .content_length = "9999999999999999999"},
     413},
    {"two encodings",
     {.version = "HTTP/1.1",
      .host_count = 1,
      .transfer_encoding_count = 2,
      .transfer_encoding = "chunked"},
     400},
    {"encoding in 1.0",
     {.version = "HTTP/1.0", .transfer_encoding_count = 1, .transfer_encoding = "chunked"},
     400},
    {"unknown encoding",
     {.version = "HTTP/1.1",
      .host_count = 1,
      .transfer_encoding_count = 1,
      .transfer_encoding = "gzip, chunked"},
     501},
};

static void framing_headers_are_judged(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof framings / sizeof framings[0]; i++) {
        bp_guard_verdict verdict = bp_guard_headers(&framings[i].facts);
        if (verdict.status != framings[i].status)
            fail_msg("%s: %u", framings[i].why, verdict.status);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(targets_are_judged_and_decoded),
        cmocka_unit_test(a_target_may_be_8192_bytes_and_no_more),
        cmocka_unit_test(framing_headers_are_judged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
