/* What the API tells of a data set's columns, and its rows, against tables worked by hand. */
#include "api_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "csv.h"
#include "moment_text.h"

/* Every type of column; three rows are rejected, one of them for an infinite number. */
static const char table[] = "n,color,id,ok,when,w,y\n"
                            "0.1,red,a1,yes,2024-02-29,1,0\n"
                            "10,blue,a2,no,2024-03-01T10:30:05.25,0.5,1\n"
                            "inf,red,a3,no,2024-03-02,1,1\n"
                            ",red,a4,yes,NA,1,3\n"
                            "3,,a5,,2023-12-31T23:59:59,2,1\n"
                            "nope,red,a6,yes,2024-01-01,1,1\n"
                            "3,red,a7,yes,2024-01-01,1\n";

static void put_table(void **state, const char *body, const bp_dataset_options *options) {
    bp_dataset_builder *builder;
    bp_csv *csv;
    bp_dataset *data = NULL;
    bp_error err = {0};
    bool created;
    assert_int_equal(bp_dataset_builder_new(&builder, options, NULL), BP_OK);
    assert_int_equal(bp_csv_new(&csv, builder, NULL, NULL), BP_OK);
    bp_status status = bp_csv_feed(csv, body, strlen(body), &err);
    status = status == BP_OK ? bp_csv_finish(csv, &err) : status;
    status = status == BP_OK ? bp_dataset_builder_finish(builder, &data, &err) : status;
    if (status != BP_OK) {
        fail_msg("%s", err.message);
    }
    bp_csv_free(csv);
    bp_dataset_builder_free(builder);
    bp_service *service = ((bp_api_fixture *)*state)->service;
    assert_int_equal(bp_service_put_dataset(service, "d", data, NULL, &created, NULL), BP_OK);
    bp_dataset_unref(data);
}

static void put_every_type(void **state) {
    put_table(state, table,
              &(bp_dataset_options){.weight = "w",
                                    .ignore = "id",
                                    .types = "n:numeric,color:categorical,y:numeric",
                                    .skip_rejects = true});
}

static void assert_json(const json_t *found, const char *wanted) {
    json_t *parsed = json_loads(wanted, JSON_DECODE_ANY, NULL);
    assert_non_null(parsed);
    if (!json_equal(found, parsed)) {
        char *text = json_dumps(found, JSON_ENCODE_ANY);
        fail_msg("%s, not %s", text, wanted);
    }
    json_decref(parsed);
}

static void assert_member(const json_t *object, const char *key, const char *wanted) {
    assert_json(json_object_get(object, key), wanted);
}

static void the_columns_are_the_clients(void **state) {
    static const char *const wanted[][3] = {
        {"n", "feature", "numeric"},     {"color", "feature", "categorical"},
        {"id", "ignored", "text"},       {"ok", "feature", "boolean"},
        {"when", "feature", "datetime"}, {"w", "weight", "numeric"},
        {"y", "target", "numeric"}};
    put_every_type(state);
    json_t *answer = bp_expect(state, 200, (bp_sent){.target = "/v1/datasets/d"});
    json_t *columns = json_object_get(answer, "columns");
    assert_int_equal(json_array_size(columns), 7);
    for (size_t i = 0; i < 7; i++) {
        const json_t *column = json_array_get(columns, i);
        assert_string_equal(bp_string(column, "name"), wanted[i][0]);
        assert_string_equal(bp_string(column, "role"), wanted[i][1]);
        if (i != 2) { /* of what is ignored nothing is known */
            assert_string_equal(bp_string(column, "type"), wanted[i][2]);
        }
    }
    assert_int_equal(bp_integer(answer, "rows"), 4);
    assert_int_equal(bp_integer(answer, "sampled_rows"), 4);
    assert_int_equal(bp_integer(answer, "features"), 10);
    json_decref(answer);
}

static void numbers_are_described(void **state) {
    put_every_type(state);
    json_t *answer = bp_expect(state, 200, (bp_sent){.target = "/v1/datasets/d"});
    const json_t *n = json_array_get(json_object_get(answer, "columns"), 0);
    assert_member(n, "min", "0.1");
    assert_member(n, "max", "10.0");
    assert_member(n, "missing", "1");
    assert_member(n, "non_finite", "1");
    assert_member(n, "distinct", "3");
    /* 0.1f 3 10 at places 0.5, 1 and 1.5 */
    json_t *quartiles = json_object_get(n, "quartiles");
    assert_int_equal(json_array_size(quartiles), 3);
    assert_true(json_number_value(json_array_get(quartiles, 1)) == 3);
    assert_true(json_number_value(json_array_get(quartiles, 2)) == 6.5);
    assert_member(n, "histogram",
                  "{\"from\": 0.1, \"to\": 10.0, \"counts\": [1, 0, 1, 0, 0, 0, 0, 0, 0, 1]}");
    assert_member(n, "frequent",
                  "[{\"value\": 0.1, \"count\": 1}, {\"value\": 3.0, \"count\": 1},"
                  " {\"value\": 10.0, \"count\": 1}]");
    json_decref(answer);
}

static void labels_and_moments_are_described(void **state) {
    put_every_type(state);
    json_t *answer = bp_expect(state, 200, (bp_sent){.target = "/v1/datasets/d"});
    const json_t *columns = json_object_get(answer, "columns");
    const json_t *color = json_array_get(columns, 1), *when = json_array_get(columns, 4);
    assert_member(color, "distinct", "2");
    assert_member(color, "missing", "1");
    assert_member(color, "min", "null");
    assert_member(color, "frequent",
                  "[{\"value\": \"red\", \"count\": 2},"
                  " {\"value\": \"blue\", \"count\": 1}]");
    assert_null(json_object_get(color, "histogram"));
    assert_member(when, "earliest", "\"2023-12-31T23:59:59\"");
    assert_member(when, "latest", "\"2024-03-01T10:30:05.25\"");
    assert_member(when, "missing", "1");
    assert_null(json_object_get(when, "frequent"));
    json_decref(answer);
}

static void rejected_rows_are_listed(void **state) {
    put_every_type(state);
    json_t *answer = bp_expect(state, 200, (bp_sent){.target = "/v1/datasets/d"});
    const json_t *rejected = json_object_get(answer, "rejected");
    const json_t *first = json_object_get(rejected, "first");
    assert_member(rejected, "count", "3");
    assert_int_equal(json_array_size(first), 3);
    assert_member(json_array_get(first, 0), "line", "4");
    assert_member(json_array_get(first, 0), "column", "1");
    assert_non_null(strstr(bp_string(json_array_get(first, 0), "detail"), "'inf'"));
    assert_member(json_array_get(first, 2), "column", "7");
    json_decref(answer);
    answer = bp_expect(state, 200, (bp_sent){.target = "/v1/datasets"});
    const json_t *listed = json_array_get(json_object_get(answer, "datasets"), 0);
    assert_null(json_object_get(listed, "columns"));
    assert_null(json_object_get(listed, "rejected"));
    json_decref(answer);
}

static void classes_are_counted_by_label(void **state) {
    put_table(state, "x,kind\n1,cat\n2,dog\n3,dog\n", NULL);
    json_t *answer = bp_expect(state, 200, (bp_sent){.target = "/v1/datasets/d"});
    const json_t *kind = json_array_get(json_object_get(answer, "columns"), 1);
    assert_member(kind, "type", "\"categorical\"");
    assert_member(kind, "mean", "null");
    assert_member(kind, "frequent",
                  "[{\"value\": \"dog\", \"count\": 2},"
                  " {\"value\": \"cat\", \"count\": 1}]");
    json_decref(answer);
    answer = bp_expect(state, 200, (bp_sent){.target = "/v1/datasets/d/rows"});
    assert_member(answer, "rows", "[[1, \"cat\"], [2, \"dog\"], [3, \"dog\"]]");
    json_decref(answer);
}

/* --- rows ----------------------------------------------------------------------------------- */

static void rows_come_as_the_client_had_them(void **state) {
    put_every_type(state);
    json_t *answer = bp_expect(state, 200, (bp_sent){.target = "/v1/datasets/d/rows"});
    assert_member(answer, "columns", "[\"n\", \"color\", \"ok\", \"when\", \"w\", \"y\"]");
    assert_member(answer, "rows",
                  "[[0.1, \"red\", \"yes\", \"2024-02-29T00:00:00\", 1, 0],"
                  " [10, \"blue\", \"no\", \"2024-03-01T10:30:05.25\", 0.5, 1],"
                  " [null, \"red\", \"yes\", null, 1, 3],"
                  " [3, null, null, \"2023-12-31T23:59:59\", 2, 1]]");
    assert_member(answer, "next", "null");
    json_decref(answer);
}

static void rows_come_in_pages(void **state) {
    put_every_type(state);
    json_t *answer = bp_expect(state, 200, (bp_sent){.target = "/v1/datasets/d/rows?limit=3"});
    assert_int_equal(json_array_size(json_object_get(answer, "rows")), 3);
    assert_member(answer, "next", "3");
    json_decref(answer);
    answer = bp_expect(state, 200, (bp_sent){.target = "/v1/datasets/d/rows?offset=3&limit=3"});
    assert_member(answer, "rows", "[[3, null, null, \"2023-12-31T23:59:59\", 2, 1]]");
    assert_member(answer, "next", "null");
    json_decref(answer);
    answer = bp_expect(state, 200, (bp_sent){.target = "/v1/datasets/d/rows?offset=99"});
    assert_member(answer, "rows", "[]");
    assert_member(answer, "next", "null");
    json_decref(answer);
    bp_refused(state, (bp_sent){.target = "/v1/datasets/d/rows?limit=0"}, 400, NULL, "limit");
    bp_refused(state, (bp_sent){.target = "/v1/datasets/d/rows?limit=1001"}, 400, NULL, "limit");
    bp_refused(state, (bp_sent){.target = "/v1/datasets/none/rows"}, 404, NULL, "none");
}

/* 300 columns: a page holds 873 rows at most, whatever is asked for. */
static void wide_rows_come_in_smaller_pages(void **state) {
    enum { COLUMNS = 300, ROWS = 900 };
    char *body = malloc((size_t)COLUMNS * (ROWS + 1) * 6);
    assert_non_null(body);
    char *at = body;
    for (int i = 0; i <= ROWS; i++) {
        for (int j = 0; j < COLUMNS; j++) {
            at += sprintf(at, i == 0 ? "c%d%s" : "%d%s", j, j + 1 < COLUMNS ? "," : "\n");
        }
    }
    put_table(state, body, NULL);
    free(body);
    json_t *answer = bp_expect(state, 200, (bp_sent){.target = "/v1/datasets/d/rows?limit=1000"});
    assert_int_equal(json_array_size(json_object_get(answer, "rows")), 873);
    assert_member(answer, "next", "873");
    json_decref(answer);
}

/* A body is not terminated. */
static void assert_has(const bp_answer *answer, const char *text) {
    const bp_response *response = &answer->response;
    assert_non_null(memmem(response->body, response->body_size, text, strlen(text)));
}

/* float32 in its shortest form, also where it is whole and large. */
static void numbers_are_short(void **state) {
    put_table(state, "a,b,c,y\n16777216,0.3,1e-7,1.5\n-2.5e30,1234567,-0.0,2.5\n", NULL);
    bp_answer answer = bp_send(state, (bp_sent){.target = "/v1/datasets/d/rows"});
    assert_int_equal(answer.response.status, 200);
    assert_has(&answer, "[16777216, 0.3, 1e-07, 1.5]");
    assert_has(&answer, "[-2.5e+30, 1234567, 0, 2.5]");
    bp_answer_clear(&answer);
}

static void moments_have_the_seconds_they_need(void **state) {
    (void)state;
    static const struct {
        float parts[BP_DATETIME_PARTS];
        const char *text;
    } moments[] = {{{2024, 2, 29, 4, 0, 0, 0}, "2024-02-29T00:00:00"},
                   {{1, 1, 1, 1, 23, 59, 60}, "0001-01-01T23:59:60"},
                   {{9999, 12, 31, 5, 1, 2, 3.5f}, "9999-12-31T01:02:03.5"},
                   {{2000, 1, 2, 7, 1, 2, 10.001f}, "2000-01-02T01:02:10.001"},
                   {{2000, 1, 2, 7, 1, 2, 0.1f}, "2000-01-02T01:02:00.1"}};
    for (size_t i = 0; i < sizeof moments / sizeof *moments; i++) {
        char text[BP_MOMENT_SIZE];
        bp_moment_text(moments[i].parts, text);
        assert_string_equal(text, moments[i].text);
    }
}

#define WITH_API(test) cmocka_unit_test_setup_teardown(test, bp_api_setup, bp_api_teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        WITH_API(the_columns_are_the_clients),
        WITH_API(numbers_are_described),
        WITH_API(labels_and_moments_are_described),
        WITH_API(rejected_rows_are_listed),
        WITH_API(classes_are_counted_by_label),
        WITH_API(rows_come_as_the_client_had_them),
        WITH_API(rows_come_in_pages),
        WITH_API(wide_rows_come_in_smaller_pages),
        WITH_API(numbers_are_short),
        cmocka_unit_test(moments_have_the_seconds_they_need),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
