/* A recipe through its record, whole and damaged. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "recipe_json.h"

enum { INPUTS = 7, OUTPUTS = 2 };

static bp_model_spec spec_of(size_t inputs) {
    return (bp_model_spec){.inputs = inputs,
                           .layer_count = 1,
                           .layers = {{.units = OUTPUTS, .activation = BP_ACTIVATION_LINEAR}},
                           .loss = BP_LOSS_MSE};
}

static bp_snapshot *make_model(size_t inputs) {
    const bp_model_spec spec = spec_of(inputs);
    bp_network network;
    bp_snapshot *model;
    assert_int_equal(bp_network_resolve(&network, &spec, inputs, OUTPUTS, NULL), BP_OK);
    assert_int_equal(bp_snapshot_new(&model, &spec, &network, NULL), BP_OK);
    return model;
}

/* A number with an indicator, a category with two labels, a boolean, and one more number. */
static bp_snapshot *make_mixed(void) {
    bp_snapshot *model = make_model(INPUTS);
    bp_recipe *recipe = &model->recipe;
    static const char *const names[] = {"age", "color", "member", "n"};
    assert_int_equal(bp_recipe_new(recipe, 4, NULL), BP_OK);
    for (size_t i = 0; i < 4; i++) {
        recipe->columns[i].name = strdup(names[i]);
    }
    recipe->columns[0].rule = (bp_column_rule){.missing = BP_MISSING_CONSTANT,
                                               .scale = BP_PREPROCESSING_LOG1P,
                                               .fill = 0.1F,
                                               .indicator = true};
    recipe->columns[0].fill[0] = 0.1F;
    recipe->columns[1].type = BP_RECIPE_CATEGORICAL;
    recipe->columns[1].rule.max_categories = 2;
    recipe->columns[1].fill[0] = 1;
    assert_int_equal(bp_names_add(&recipe->columns[1].labels, "red", 3, NULL), BP_OK);
    assert_int_equal(bp_names_add(&recipe->columns[1].labels, "blue", 4, NULL), BP_OK);
    recipe->columns[2].type = BP_RECIPE_BOOLEAN;
    recipe->columns[3].fill[0] = 1.0F / 3;
    bp_recipe_lay_out(recipe);
    assert_int_equal(recipe->inputs, INPUTS);
    assert_int_equal(bp_names_add(&recipe->skipped, "weight", 6, NULL), BP_OK);
    assert_int_equal(bp_snapshot_scale_targets(model, NULL), BP_OK);
    model->target_mean[1] = 1.0F / 7;
    model->target_scale[0] = 0.3F;
    return model;
}

static json_t *record_of(const bp_snapshot *model) {
    const bp_model_spec spec = spec_of(INPUTS);
    json_t *json = json_object();
    assert_int_equal(bp_recipe_put(json, model, &spec), 0);
    return json;
}

static void digest_of(const bp_snapshot *model, char hex[BP_DIGEST_HEX_SIZE]) {
    bp_digest digest;
    bp_digest_start(&digest);
    bp_recipe_digest(&model->recipe, &digest);
    bp_digest_finish(&digest, hex);
}

static void a_record_gives_back_every_bit(void **state) {
    (void)state;
    const bp_model_spec spec = spec_of(INPUTS);
    bp_snapshot *model = make_mixed(), *again = make_model(INPUTS);
    json_t *json = record_of(model);
    char *text = json_dumps(json, JSON_REAL_PRECISION(17));
    json_t *read = json_loads(text, 0, NULL);
    char expected[BP_DIGEST_HEX_SIZE], found[BP_DIGEST_HEX_SIZE];
    assert_int_equal(bp_recipe_get(again, read, &spec, NULL), BP_OK);
    digest_of(model, expected);
    digest_of(again, found);
    assert_string_equal(found, expected);
    assert_true(again->recipe.columns[0].rule.fill == 0.1F);
    assert_int_equal(again->recipe.columns[1].rule.max_categories, 2);
    assert_int_equal(again->recipe.inputs, INPUTS);
    assert_string_equal(again->recipe.skipped.item[0], "weight");
    assert_memory_equal(again->target_mean, model->target_mean, OUTPUTS * sizeof(float));
    assert_memory_equal(again->target_scale, model->target_scale, OUTPUTS * sizeof(float));
    json_decref(read);
    json_decref(json);
    free(text);
    bp_snapshot_unref(again);
    bp_snapshot_unref(model);
}

/* Of a plain model the record says nothing, and nothing is what makes one. */
static void plain_models_need_no_record(void **state) {
    (void)state;
    bp_model_spec spec = spec_of(2);
    spec.preprocessing = BP_PREPROCESSING_MIN_MAX;
    bp_snapshot *model = make_model(2);
    model->input_mean[1] = 5;
    assert_int_equal(bp_names_add(&model->features, "a", 1, NULL), BP_OK);
    assert_int_equal(bp_names_add(&model->features, "b", 1, NULL), BP_OK);
    json_t *json = json_object();
    assert_int_equal(bp_recipe_get(model, json, &spec, NULL), BP_OK);
    assert_int_equal(model->recipe.column_count, 2);
    assert_string_equal(model->recipe.columns[1].name, "b");
    assert_true(model->recipe.columns[1].fill[0] == 5);
    assert_int_equal(model->recipe.columns[1].rule.scale, BP_PREPROCESSING_MIN_MAX);
    assert_int_equal(bp_recipe_put(json, model, &spec), 0);
    assert_int_equal(json_object_size(json), 0);
    json_decref(json);
    bp_snapshot_unref(model);
}

static void a_damaged_record_is_refused(void **state) {
    (void)state;
    static const struct {
        size_t column;
        const char *key, *value;
    } damages[] = {
        {0, "type", "\"text\""},  {0, "missing", "7"},         {0, "fill", "[]"},
        {0, "fill", "[1, 2]"},    {0, "name", "null"},         {0, "max_categories", "-1"},
        {1, "fill", "[3]"},       {1, "fill", "[0.5]"},        {1, "labels", "[\"red\"]"},
        {1, "labels", "\"red\""}, {2, "type", "\"datetime\""},
    };
    const bp_model_spec spec = spec_of(INPUTS);
    bp_snapshot *model = make_mixed();
    for (size_t i = 0; i < sizeof damages / sizeof *damages; i++) {
        bp_snapshot *again = make_model(INPUTS);
        json_t *json = record_of(model);
        json_t *column = json_array_get(json_object_get(json, "recipe"), damages[i].column);
        json_object_set_new(column, damages[i].key,
                            json_loads(damages[i].value, JSON_DECODE_ANY, NULL));
        if (bp_recipe_get(again, json, &spec, NULL) != BP_SYNTAX) {
            fail_msg("%s of column %zu", damages[i].key, damages[i].column);
        }
        json_decref(json);
        bp_snapshot_unref(again);
    }
    bp_snapshot *again = make_model(INPUTS);
    json_t *json = record_of(model);
    json_object_del(json, "target_scale");
    assert_int_equal(bp_recipe_get(again, json, &spec, NULL), BP_SYNTAX);
    json_decref(json);
    bp_snapshot_unref(again);
    bp_snapshot_unref(model);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_record_gives_back_every_bit),
        cmocka_unit_test(plain_models_need_no_record),
        cmocka_unit_test(a_damaged_record_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
