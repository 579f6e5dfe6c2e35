/* A job's "validation" from JSON and back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "validation_json.h"

static bp_status read_text(bp_split_options *out, const char *text, bp_error *err) {
    json_t *json = json_loads(text, 0, NULL);
    assert_non_null(json);
    *out = (bp_split_options){.fraction = 0.1};
    bp_status status = bp_validation_from_json(out, json, err);
    json_decref(json);
    return status;
}

/* What is read, and what is written of it; NULL: the same. */
static const struct {
    const char *text;
    bp_split_options options;
    const char *written;
} good[] = {
    {"{}", {.fraction = 0.1}, "{\"fraction\": 0.10000000000000001}"},
    {"{\"fraction\": 0.25}", {.fraction = 0.25}, NULL},
    {"{\"fraction\": 0.25, \"stratify\": false, \"order\": \"random\"}",
     {.fraction = 0.25},
     "{\"fraction\": 0.25}"},
    {"{\"fraction\": 0.25, \"stratify\": true}", {.fraction = 0.25, .stratify = true}, NULL},
    {"{\"fraction\": 0.5, \"order\": \"last\"}", {.kind = BP_SPLIT_LAST, .fraction = 0.5}, NULL},
    {"{\"fraction\": 0.5, \"order\": \"time\"}", {.kind = BP_SPLIT_TIME, .fraction = 0.5}, NULL},
    {"{\"fraction\": 0.5, \"order\": \"time\", \"time_column\": \"day\"}",
     {.kind = BP_SPLIT_TIME, .fraction = 0.5, .column = "day"},
     NULL},
    {"{\"folds\": 5, \"fold\": 0}", {.kind = BP_SPLIT_FOLDS, .fraction = 0.1, .folds = 5}, NULL},
    {"{\"folds\": 5, \"fold\": 4, \"stratify\": true}",
     {.kind = BP_SPLIT_FOLDS, .fraction = 0.1, .folds = 5, .fold = 4, .stratify = true},
     NULL},
    {"{\"column\": \"fold\", \"value\": \"3\"}",
     {.kind = BP_SPLIT_COLUMN, .fraction = 0.1, .column = "fold", .value = "3"},
     NULL},
    {"{\"column\": \"fold\", \"value\": 3}",
     {.kind = BP_SPLIT_COLUMN, .fraction = 0.1, .column = "fold", .value = "3"},
     "{\"column\": \"fold\", \"value\": \"3\"}"},
    {"{\"column\": \"fold\", \"value\": 0.5}",
     {.kind = BP_SPLIT_COLUMN, .fraction = 0.1, .column = "fold", .value = "0.5"},
     "{\"column\": \"fold\", \"value\": \"0.5\"}"},
    {"{\"dataset\": \"other\"}",
     {.kind = BP_SPLIT_DATASET, .fraction = 0.1, .dataset = "other"},
     NULL},
    {"{\"fraction\": 0.25, \"every_epochs\": 5, \"every_steps\": 100, \"max_share\": 0.5}",
     {.fraction = 0.25, .every_epochs = 5, .every_steps = 100, .max_share = 0.5F},
     NULL},
    {"{\"fraction\": 0.25, \"every_epochs\": 1, \"every_steps\": 0, \"max_share\": 0.2}",
     {.fraction = 0.25, .every_epochs = 1, .max_share = 0.2F},
     "{\"fraction\": 0.25}"},
    {"{\"fraction\": 0.5, \"order\": \"last\", \"every_epochs\": 2}",
     {.kind = BP_SPLIT_LAST, .fraction = 0.5, .every_epochs = 2},
     NULL},
    {"{\"fraction\": 0.5, \"order\": \"time\", \"time_column\": \"day\", \"every_steps\": 7}",
     {.kind = BP_SPLIT_TIME, .fraction = 0.5, .column = "day", .every_steps = 7},
     NULL},
    {"{\"folds\": 5, \"fold\": 4, \"stratify\": true, \"max_share\": 1.0}",
     {.kind = BP_SPLIT_FOLDS,
      .fraction = 0.1,
      .folds = 5,
      .fold = 4,
      .stratify = true,
      .max_share = 1},
     NULL},
    {"{\"column\": \"fold\", \"value\": \"3\", \"every_epochs\": 3}",
     {.kind = BP_SPLIT_COLUMN, .fraction = 0.1, .column = "fold", .value = "3", .every_epochs = 3},
     NULL},
    {"{\"dataset\": \"other\", \"every_epochs\": 4}",
     {.kind = BP_SPLIT_DATASET, .fraction = 0.1, .dataset = "other", .every_epochs = 4},
     NULL},
};

static void each_kind_is_read_and_written(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        bp_split_options found;
        bp_error err = {0};
        if (read_text(&found, good[i].text, &err) != BP_OK) {
            fail_msg("%s: %s %s", good[i].text, err.field, err.message);
        }
        const bp_split_options *wanted = &good[i].options;
        assert_int_equal(found.kind, wanted->kind);
        assert_true(found.fraction == wanted->fraction);
        assert_int_equal(found.stratify, wanted->stratify);
        assert_int_equal(found.folds, wanted->folds);
        assert_int_equal(found.fold, wanted->fold);
        assert_string_equal(found.column, wanted->column);
        assert_string_equal(found.value, wanted->value);
        assert_string_equal(found.dataset, wanted->dataset);
        assert_int_equal(found.every_epochs, wanted->every_epochs);
        assert_int_equal(found.every_steps, wanted->every_steps);
        assert_true(found.max_share == wanted->max_share);
        json_t *json = bp_validation_to_json(&found);
        char *text = json_dumps(json, JSON_REAL_PRECISION(17));
        assert_string_equal(text, good[i].written != NULL ? good[i].written : good[i].text);
        free(text);
        json_decref(json);
    }
}

static const struct {
    const char *text, *field;
} bad[] = {
    {"{\"fractoin\": 0.1}", "/validation/fractoin"},
    {"{\"fraction\": \"0.1\"}", "/validation/fraction"},
    {"{\"fraction\": 0.1, \"fold\": 1}", "/validation/fold"},
    {"{\"fraction\": 0.1, \"time_column\": \"t\"}", "/validation/time_column"},
    {"{\"fraction\": 0.1, \"order\": \"first\"}", "/validation/order"},
    {"{\"fraction\": 0.1, \"order\": 1}", "/validation/order"},
    {"{\"fraction\": 0.1, \"order\": \"last\", \"stratify\": true}", "/validation/stratify"},
    {"{\"fraction\": 0.1, \"order\": \"time\", \"time_column\": 1}", "/validation/time_column"},
    {"{\"folds\": 5}", "/validation/fold"},
    {"{\"folds\": 5, \"fold\": -1}", "/validation/fold"},
    {"{\"folds\": 5, \"fold\": 1, \"fraction\": 0.1}", "/validation/fraction"},
    {"{\"column\": \"c\"}", "/validation/value"},
    {"{\"column\": \"c\", \"value\": true}", "/validation/value"},
    {"{\"column\": 1, \"value\": 1}", "/validation/column"},
    {"{\"every_epochs\": 0}", "/validation/every_epochs"},
    {"{\"every_epochs\": 1000001}", "/validation/every_epochs"},
    {"{\"every_steps\": -1}", "/validation/every_steps"},
    {"{\"max_share\": 0}", "/validation/max_share"},
    {"{\"max_share\": 1.5}", "/validation/max_share"},
    {"{\"max_share\": -0.5}", "/validation/max_share"},
    {"{\"dataset\": 1}", "/validation/dataset"},
    {"{\"dataset\": \"d\", \"fraction\": 0.1}", "/validation/fraction"},
};

static void what_cannot_be_is_told(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        bp_split_options found;
        bp_error err = {0};
        assert_int_equal(read_text(&found, bad[i].text, &err), BP_INVALID);
        assert_string_equal(err.field, bad[i].field);
        assert_int_equal(read_text(&found, bad[i].text, NULL), BP_INVALID);
    }
}

static void texts_have_a_length(void **state) {
    (void)state;
    char text[BP_SPLIT_TEXT_SIZE + 64], name[BP_SPLIT_TEXT_SIZE + 1];
    bp_split_options found;
    memset(name, 'n', sizeof name);
    for (size_t size = BP_SPLIT_TEXT_SIZE - 1; size <= BP_SPLIT_TEXT_SIZE; size++) {
        name[size] = '\0';
        snprintf(text, sizeof text, "{\"dataset\": \"%s\"}", name);
        bp_error err = {0};
        const bool fits = size < BP_SPLIT_TEXT_SIZE;
        assert_int_equal(read_text(&found, text, &err), fits ? BP_OK : BP_INVALID);
        assert_string_equal(err.field, fits ? "" : "/validation/dataset");
        assert_string_equal(found.dataset, fits ? name : "");
        name[size] = 'n';
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_kind_is_read_and_written),
        cmocka_unit_test(what_cannot_be_is_told),
        cmocka_unit_test(texts_have_a_length),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
