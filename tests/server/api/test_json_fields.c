/* The table-driven reader of JSON objects. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <float.h>
#include <math.h>
#include <string.h>

#include "json_fields.h"

typedef struct record {
    const char *text;
    uint64_t count;
    double real;
    float narrow;
    bool flag;
    int choice;
    const json_t *object, *array;
} record;

static const bp_field fields[] = {
    {.name = "text", .type = BP_FIELD_STRING, .offset = offsetof(record, text)},
    {.name = "count",
     .type = BP_FIELD_COUNT,
     .min = 1,
     .max = 100,
     .offset = offsetof(record, count)},
    {.name = "real", .type = BP_FIELD_DOUBLE, .offset = offsetof(record, real)},
    {.name = "narrow", .type = BP_FIELD_FLOAT, .offset = offsetof(record, narrow)},
    {.name = "flag", .type = BP_FIELD_BOOL, .offset = offsetof(record, flag)},
    {.name = "choice",
     .type = BP_FIELD_CHOICE,
     .choices = &bp_losses,
     .offset = offsetof(record, choice)},
    {.name = "object", .type = BP_FIELD_OBJECT, .offset = offsetof(record, object)},
    {.name = "array", .type = BP_FIELD_ARRAY, .offset = offsetof(record, array)},
    {.name = "other", .type = BP_FIELD_IGNORED},
    {.name = "a/b~c", .type = BP_FIELD_BOOL, .offset = offsetof(record, flag)},
};

static bp_status read_text(record *out, const char *text, json_t **json, bp_error *err) {
    *json = json_loads(text, JSON_DECODE_ANY, NULL);
    assert_non_null(*json);
    return bp_fields_read(out, fields, sizeof fields / sizeof *fields, *json, err);
}

static void test_every_type(void **state) {
    (void)state;
    record out = {0};
    bp_error err = {0};
    json_t *json;
    assert_int_equal(read_text(&out,
                               "{\"text\": \"hi\", \"count\": 32.0, \"real\": 1, \"narrow\": 0.1,"
                               " \"flag\": true, \"choice\": \"mse\", \"object\": {\"x\": 1},"
                               " \"array\": [1], \"other\": null}",
                               &json, &err),
                     BP_OK);
    assert_string_equal(out.text, "hi");
    assert_int_equal(out.count, 32);
    assert_true(out.real == 1.0);
    assert_true(out.narrow == 0.1f);
    assert_true(out.flag);
    assert_int_equal(out.choice, BP_LOSS_MSE);
    assert_int_equal(json_object_size(out.object), 1);
    assert_int_equal(json_array_size(out.array), 1);
    json_decref(json);
}

static void test_what_is_absent_stays(void **state) {
    (void)state;
    record out = {.count = 7, .narrow = 0.5f, .choice = -1};
    json_t *json;
    assert_int_equal(read_text(&out, "{}", &json, NULL), BP_OK);
    assert_int_equal(out.count, 7);
    assert_true(out.narrow == 0.5f);
    assert_int_equal(out.choice, -1);
    json_decref(json);
}

/* text of the object, pointer, word of the message */
static const struct {
    const char *text, *pointer, *word;
} refused[] = {
    {"[]", "", "an array"},
    {"null", "", "null"},
    {"{\"cuont\": 1}", "/cuont", "count, real, narrow"},
    {"{\"x/y~z\": 1}", "/x~1y~0z", "unknown"},
    {"{\"text\": 1}", "/text", "must be a string, found a number"},
    {"{\"count\": \"1\"}", "/count", "must be an integer, found a string"},
    {"{\"count\": 1.5}", "/count", "found a fraction"},
    {"{\"count\": true}", "/count", "found true"},
    {"{\"count\": null}", "/count", "found null"},
    {"{\"count\": 0}", "/count", "from 1 to 100"},
    {"{\"count\": 101}", "/count", "from 1 to 100"},
    {"{\"count\": -1}", "/count", "found -1"},
    {"{\"count\": 1e300}", "/count", "from 1 to 100"},
    {"{\"real\": \"1\"}", "/real", "must be a number, found a string"},
    {"{\"narrow\": 1e39}", "/narrow", "cannot be"},
    {"{\"narrow\": []}", "/narrow", "found an array"},
    {"{\"flag\": 1}", "/flag", "true or false"},
    {"{\"choice\": \"cosine\"}", "/choice", "cross_entropy"},
    {"{\"choice\": 1}", "/choice", "must be a string"},
    {"{\"object\": []}", "/object", "must be an object"},
    {"{\"array\": {}}", "/array", "must be an array"},
    {"{\"a/b~c\": 0}", "/a~1b~0c", "true or false"},
};

static void test_refusals(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        record out = {0};
        bp_error err = {0};
        json_t *json;
        assert_int_equal(read_text(&out, refused[i].text, &json, &err), BP_INVALID);
        assert_string_equal(err.field, refused[i].pointer);
        if (strstr(err.message, refused[i].word) == NULL) {
            fail_msg("%s: '%s' does not say '%s'", refused[i].text, err.message, refused[i].word);
        }
        json_decref(json);
    }
}

static void test_required(void **state) {
    (void)state;
    static const bp_field one = {.name = "name", .type = BP_FIELD_STRING, .required = true};
    const char *name = NULL;
    bp_error err = {0};
    json_t *json = json_pack("{s:i}", "other", 1);
    assert_int_equal(bp_fields_read_one(&name, &one, json, &err), BP_INVALID);
    assert_string_equal(err.field, "/name");
    json_object_set_new(json, "name", json_string("x"));
    assert_int_equal(bp_fields_read_one(&name, &one, json, &err), BP_OK);
    assert_string_equal(name, "x");
    json_decref(json);
}

/* A name longer than the message still makes a terminated, escaped pointer. */
static void test_long_names_are_cut(void **state) {
    (void)state;
    char name[2000];
    memset(name, '/', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    json_t *json = json_pack("{s:i}", name, 1);
    record out = {0};
    bp_error err = {0};
    assert_int_equal(bp_fields_read(&out, fields, 2, json, &err), BP_INVALID);
    assert_true(strlen(err.field) < BP_FIELD_SIZE);
    assert_string_equal(err.field + strlen(err.field) - 2, "~1");
    json_decref(json);
}

static void test_values_that_must_not_fail(void **state) {
    (void)state;
    json_t *nan = bp_json_number((double)NAN), *text = bp_json_text("caf\xc3");
    assert_true(json_is_null(nan));
    assert_string_equal(json_string_value(text), "caf?");
    json_decref(nan);
    json_decref(text);
    assert_true(bp_shortest_double(0.1f) == 0.1);
    float hard[] = {FLT_MAX, FLT_MIN, FLT_TRUE_MIN, 16777217.0f, 1.0f / 3, -0.0f};
    for (size_t i = 0; i < sizeof hard / sizeof *hard; i++) {
        assert_true((float)bp_shortest_double(hard[i]) == hard[i]);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_type),         cmocka_unit_test(test_what_is_absent_stays),
        cmocka_unit_test(test_refusals),           cmocka_unit_test(test_required),
        cmocka_unit_test(test_long_names_are_cut), cmocka_unit_test(test_values_that_must_not_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
