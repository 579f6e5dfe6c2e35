#include "recipe_json.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "json_fields.h"
#include "record_json.h"

/* --- the record ----------------------------------------------------------------------------- */

static json_t *exact_floats(const float *values, size_t count) {
    json_t *array = json_array();
    for (size_t i = 0; array != NULL && i < count; i++) {
        if (json_array_append_new(array, json_real((double)values[i])) != 0) {
            json_decref(array);
            return NULL;
        }
    }
    return array;
}

static json_t *column_to_record(const bp_recipe_column *column) {
    return json_pack(
        "{s:s, s:s, s:s, s:s, s:f, s:b, s:I, s:o, s:o}", "name", column->name, "type",
        bp_recipe_types.names[column->type], "scale", bp_preprocessings.names[column->rule.scale],
        "missing", bp_missings.names[column->rule.missing], "constant", (double)column->rule.fill,
        "indicator", (int)column->rule.indicator, "max_categories",
        (json_int_t)column->rule.max_categories, "fill", exact_floats(column->fill, column->cells),
        "labels", bp_record_names(&column->labels));
}

/* Whether a recipe is what bp_recipe_get makes of features and scaling alone. */
static bool follows(const bp_snapshot *snapshot) {
    const bp_recipe *recipe = &snapshot->recipe;
    for (size_t i = 0; i < recipe->column_count; i++) {
        if (memcmp(&recipe->columns[i].fill[0], &snapshot->input_mean[i], sizeof(float)) != 0) {
            return false;
        }
    }
    return true;
}

static int put_columns(json_t *json, const bp_recipe *recipe) {
    json_t *columns = json_array();
    int failed = json_object_set_new(json, "recipe", columns);
    for (size_t i = 0; failed == 0 && i < recipe->column_count; i++) {
        failed = json_array_append_new(columns, column_to_record(&recipe->columns[i]));
    }
    return failed;
}

int bp_recipe_put(json_t *json, const bp_snapshot *snapshot, const bp_model_spec *spec) {
    const size_t outputs = snapshot->network.width[snapshot->network.layer_count];
    int failed = 0;
    if (spec->column_rules.count > 0 || !bp_recipe_is_plain(&snapshot->recipe) ||
        !follows(snapshot)) {
        failed |= put_columns(json, &snapshot->recipe);
    }
    if (snapshot->recipe.skipped.count > 0) {
        failed |= json_object_set_new(json, "skipped", bp_record_names(&snapshot->recipe.skipped));
    }
    if (snapshot->recipe.missing_words.count > 0) {
        failed |= json_object_set_new(json, "missing_words",
                                      bp_record_names(&snapshot->recipe.missing_words));
    }
    if (snapshot->target_scale != NULL) {
        failed |=
            json_object_set_new(json, "target_mean", exact_floats(snapshot->target_mean, outputs)) |
            json_object_set_new(json, "target_scale",
                                exact_floats(snapshot->target_scale, outputs));
    }
    return failed;
}

static bool read_floats(float *out, size_t count, const json_t *array) {
    for (size_t i = 0; i < count; i++) {
        const json_t *value = json_array_get(array, i);
        if (!json_is_number(value)) {
            return false;
        }
        out[i] = (float)json_number_value(value);
    }
    return json_array_size(array) == count;
}

static bool read_words(bp_recipe_column *out, const json_t *json) {
    const struct {
        const char *name;
        const bp_vocabulary *words;
    } choices[] = {
        {"type", &bp_recipe_types}, {"scale", &bp_preprocessings}, {"missing", &bp_missings}};
    int found[3];
    for (size_t i = 0; i < 3; i++) {
        const char *word = json_string_value(json_object_get(json, choices[i].name));
        if (word == NULL ||
            bp_vocabulary_find(choices[i].words, word, NULL, &found[i], NULL) != BP_OK) {
            return false;
        }
    }
    out->type = (bp_recipe_type)found[0];
    out->rule.scale = (bp_preprocessing)found[1];
    out->rule.missing = (bp_missing)found[2];
    return true;
}

/* Whether what stands for a missing label is one of the places there are. */
static bool places_are_there(const bp_recipe_column *column) {
    const float place = column->fill[0];
    return column->type != BP_RECIPE_CATEGORICAL ||
           (place >= 0 && place <= (float)column->labels.count && place == floorf(place));
}

static bp_status column_from_record(bp_recipe_column *out, const json_t *json, bp_error *err) {
    const char *name;
    double constant;
    int indicator;
    json_int_t most;
    if (!read_words(out, json) ||
        json_unpack((json_t *)json, "{s:s, s:F, s:b, s:I}", "name", &name, "constant", &constant,
                    "indicator", &indicator, "max_categories", &most) != 0 ||
        most < 0 || most > BP_MAX_CATEGORIES ||
        !read_floats(out->fill, bp_recipe_cells(out->type), json_object_get(json, "fill"))) {
        return bp_fail(err, BP_SYNTAX, NULL, "a column of a recipe is damaged");
    }
    out->rule.fill = (float)constant;
    out->rule.indicator = indicator != 0;
    out->rule.max_categories = (uint32_t)most;
    out->name = strdup(name);
    bp_status status = out->name != NULL
                           ? bp_record_get_names(json_object_get(json, "labels"), &out->labels, err)
                           : bp_fail(err, BP_NO_MEMORY, NULL, "no memory for a column's name");
    return status == BP_OK && !places_are_there(out)
               ? bp_fail(err, BP_SYNTAX, NULL, "a column of a recipe is damaged")
               : status;
}

static bp_status get_columns(bp_recipe *out, const json_t *columns, bp_error *err) {
    bp_recipe recipe = {0};
    bp_status status = bp_recipe_new(&recipe, json_array_size(columns), err);
    for (size_t i = 0; status == BP_OK && i < recipe.column_count; i++) {
        status = column_from_record(&recipe.columns[i], json_array_get(columns, i), err);
    }
    if (status != BP_OK) {
        bp_recipe_clear(&recipe);
        return status;
    }
    bp_recipe_lay_out(&recipe);
    *out = recipe;
    return BP_OK;
}

/* A record without one: columns are the features, numbers with the spec's rule. */
static bp_status make_columns(bp_snapshot *snapshot, const bp_model_spec *spec, bp_error *err) {
    bp_recipe *recipe = &snapshot->recipe;
    bp_status status = bp_recipe_of_numbers(recipe, &snapshot->features, snapshot->input_mean, err);
    for (size_t i = 0; status == BP_OK && i < recipe->column_count; i++) {
        recipe->columns[i].rule = bp_model_spec_rule(spec, recipe->columns[i].name);
    }
    return status;
}

static bp_status get_target_scaling(bp_snapshot *snapshot, const json_t *json, bp_error *err) {
    const size_t outputs = snapshot->network.width[snapshot->network.layer_count];
    const json_t *mean = json_object_get(json, "target_mean");
    if (mean == NULL) {
        return BP_OK;
    }
    bp_status status = bp_snapshot_scale_targets(snapshot, err);
    if (status == BP_OK &&
        (!read_floats(snapshot->target_mean, outputs, mean) ||
         !read_floats(snapshot->target_scale, outputs, json_object_get(json, "target_scale")))) {
        status = bp_fail(err, BP_SYNTAX, NULL, "a model's scaling of targets is damaged");
    }
    return status;
}

bp_status bp_recipe_get(bp_snapshot *snapshot, const json_t *json, const bp_model_spec *spec,
                        bp_error *err) {
    const json_t *columns = json_object_get(json, "recipe");
    bp_status status = BP_OK;
    if (columns != NULL) {
        status = get_columns(&snapshot->recipe, columns, err);
    } else if (snapshot->features.count > 0) {
        status = make_columns(snapshot, spec, err);
    }
    if (status == BP_OK && snapshot->recipe.column_count > 0 &&
        snapshot->recipe.inputs != snapshot->network.width[0]) {
        status = bp_fail(err, BP_SYNTAX, NULL, "a recipe makes other inputs than the model has");
    }
    const json_t *skipped = json_object_get(json, "skipped");
    if (status == BP_OK && skipped != NULL) {
        status = bp_record_get_names(skipped, &snapshot->recipe.skipped, err);
    }
    const json_t *missing = json_object_get(json, "missing_words");
    if (status == BP_OK && missing != NULL) {
        status = bp_record_get_names(missing, &snapshot->recipe.missing_words, err);
    }
    return status == BP_OK ? get_target_scaling(snapshot, json, err) : status;
}

/* --- for people ----------------------------------------------------------------------------- */

static json_t *short_number(float value) {
    return bp_json_number(bp_shortest_double(value));
}

/* One number as such, several as an array. */
static json_t *short_numbers(const float *values, size_t count) {
    if (count == 1) {
        return short_number(values[0]);
    }
    json_t *array = json_array();
    for (size_t i = 0; array != NULL && i < count; i++) {
        if (json_array_append_new(array, short_number(values[i])) != 0) {
            json_decref(array);
            return NULL;
        }
    }
    return array;
}

/* What stands for a missing value, in the words of the data; null: the place of the unseen, or
 * nothing does. */
static json_t *describe_fill(const bp_recipe_column *column) {
    const bp_missing missing = column->rule.missing;
    if (missing == BP_MISSING_DROP || missing == BP_MISSING_REFUSE) {
        return json_null();
    }
    if (column->type == BP_RECIPE_CATEGORICAL) {
        const size_t place = (size_t)column->fill[0];
        return place < column->labels.count ? json_string(column->labels.item[place]) : json_null();
    }
    return column->type == BP_RECIPE_BOOLEAN ? json_boolean(column->fill[0] != 0)
                                             : short_numbers(column->fill, column->cells);
}

static json_t *describe_column(const bp_snapshot *snapshot, const bp_recipe_column *column) {
    const bool number = column->type == BP_RECIPE_NUMERIC || column->type == BP_RECIPE_DATETIME;
    const bp_missing missing =
        number ? column->rule.missing : bp_missing_of_labels(column->rule.missing);
    json_t *json =
        json_pack("{s:s, s:s, s:I, s:s, s:o, s:b}", "name", column->name, "type",
                  bp_recipe_types.names[column->type], "inputs", (json_int_t)column->inputs,
                  "missing", bp_missings.names[missing], "fill", describe_fill(column), "indicator",
                  (int)column->rule.indicator);
    int failed = json == NULL;
    if (number) {
        failed |= json_object_set_new(json, "scale",
                                      json_string(bp_preprocessings.names[column->rule.scale]));
        failed |= json_object_set_new(
            json, "shift", short_numbers(snapshot->input_mean + column->input, column->cells));
        failed |= json_object_set_new(
            json, "factor", short_numbers(snapshot->input_scale + column->input, column->cells));
    }
    if (column->type == BP_RECIPE_CATEGORICAL) {
        failed |= json_object_set_new(json, "labels", bp_record_names(&column->labels));
    }
    if (failed) {
        json_decref(json);
        return NULL;
    }
    return json;
}

json_t *bp_fitted_columns_to_json(const bp_snapshot *snapshot) {
    const size_t count = snapshot != NULL ? snapshot->recipe.column_count : 0;
    json_t *array = json_array();
    for (size_t i = 0; array != NULL && i < count; i++) {
        if (json_array_append_new(array, describe_column(snapshot, &snapshot->recipe.columns[i])) !=
            0) {
            json_decref(array);
            return NULL;
        }
    }
    return array;
}

json_t *bp_target_scaling_to_json(const bp_snapshot *snapshot) {
    if (snapshot == NULL || snapshot->target_scale == NULL) {
        return json_null();
    }
    const size_t outputs = snapshot->network.width[snapshot->network.layer_count];
    json_t *mean = json_array(), *factor = json_array();
    int failed = mean == NULL || factor == NULL;
    for (size_t i = 0; failed == 0 && i < outputs; i++) {
        failed |= json_array_append_new(mean, short_number(snapshot->target_mean[i])) |
                  json_array_append_new(factor, short_number(snapshot->target_scale[i]));
    }
    if (failed) {
        json_decref(mean);
        json_decref(factor);
        return NULL;
    }
    return json_pack("{s:o, s:o}", "shift", mean, "factor", factor);
}
