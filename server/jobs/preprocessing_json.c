#include "preprocessing_json.h"

#include <stddef.h>

#include "json_fields.h"

#define LENGTH(array) (sizeof(array) / sizeof *(array))

/* --- in ------------------------------------------------------------------------------------- */

typedef struct rule_body {
    int scale, missing;
    float fill;
    bool indicator;
    uint64_t max_categories;
} rule_body;

typedef struct preprocessing_body {
    rule_body rule;
    int targets;
    const json_t *columns;
} preprocessing_body;

/* At an offset into rule_body, which is where both objects begin. */
#define RULE_FIELDS                                                                                \
    {.name = "scale",                                                                              \
     .type = BP_FIELD_CHOICE,                                                                      \
     .choices = &bp_preprocessings,                                                                \
     .offset = offsetof(rule_body, scale)},                                                        \
        {.name = "missing",                                                                        \
         .type = BP_FIELD_CHOICE,                                                                  \
         .choices = &bp_missings,                                                                  \
         .offset = offsetof(rule_body, missing)},                                                  \
        {.name = "fill", .type = BP_FIELD_FLOAT, .offset = offsetof(rule_body, fill)},             \
        {.name = "indicator", .type = BP_FIELD_BOOL, .offset = offsetof(rule_body, indicator)}, {  \
        .name = "max_categories", .type = BP_FIELD_COUNT, .min = 1, .max = BP_MAX_CATEGORIES,      \
        .offset = offsetof(rule_body, max_categories)                                              \
    }

static const bp_field rule_fields[] = {RULE_FIELDS};
_Static_assert(offsetof(preprocessing_body, rule) == 0, "the fields of a rule come first");

static const bp_field preprocessing_fields[] = {
    RULE_FIELDS,
    {.name = "targets",
     .type = BP_FIELD_CHOICE,
     .choices = &bp_target_scalings,
     .offset = offsetof(preprocessing_body, targets)},
    {.name = "columns", .type = BP_FIELD_OBJECT, .offset = offsetof(preprocessing_body, columns)},
};

static bp_column_rule rule_of(const rule_body *body) {
    return (bp_column_rule){.scale = (bp_preprocessing)body->scale,
                            .missing = (bp_missing)body->missing,
                            .fill = body->fill,
                            .indicator = body->indicator,
                            .max_categories = body->max_categories == BP_USUAL_CATEGORIES
                                                  ? 0
                                                  : (uint32_t)body->max_categories};
}

static bp_status read_columns(bp_column_rules *out, const rule_body *usual, const json_t *columns,
                              bp_error *err) {
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)columns, name, value) {
        char pointer[BP_FIELD_SIZE];
        rule_body body = *usual;
        bp_status status = bp_fields_read(&body, rule_fields, LENGTH(rule_fields), value, err);
        if (status == BP_OK) {
            const bp_column_rule rule = rule_of(&body);
            status = bp_column_rules_add(out, name, &rule, err);
        }
        if (status != BP_OK) {
            bp_pointer_to(name, pointer);
            bp_error_nest(err, "/columns%s", pointer);
            return status;
        }
    }
    return BP_OK;
}

static bp_status read_object(bp_model_spec *spec, const json_t *value, bp_error *err) {
    preprocessing_body body = {.rule.scale = BP_PREPROCESSING_STANDARDIZE,
                               .rule.missing = BP_MISSING_MEAN,
                               .rule.max_categories = BP_USUAL_CATEGORIES,
                               .targets = BP_TARGET_SCALING_NONE};
    bp_column_rules rules = {0};
    bp_status status =
        bp_fields_read(&body, preprocessing_fields, LENGTH(preprocessing_fields), value, err);
    if (status == BP_OK && body.columns != NULL) {
        status = read_columns(&rules, &body.rule, body.columns, err);
    }
    if (status != BP_OK) {
        return status;
    }
    spec->preprocessing = (bp_preprocessing)body.rule.scale;
    spec->column_rule = rule_of(&body.rule);
    spec->column_rule.scale = BP_PREPROCESSING_STANDARDIZE;
    spec->column_rules = rules;
    spec->targets = (bp_target_scaling)body.targets;
    return BP_OK;
}

bp_status bp_preprocessing_from_json(bp_model_spec *spec, const json_t *value, bp_error *err) {
    int word = BP_PREPROCESSING_STANDARDIZE;
    bp_status status = BP_OK;
    if (json_is_object(value)) {
        status = read_object(spec, value, err);
        if (status != BP_OK) {
            bp_error_nest(err, "/preprocessing");
        }
        return status;
    }
    if (value != NULL && !json_is_string(value)) {
        return bp_fail(err, BP_INVALID, "/preprocessing",
                       "preprocessing must be a string or an object, found %s",
                       bp_json_kind(value));
    }
    if (value != NULL) {
        status = bp_vocabulary_find(&bp_preprocessings, json_string_value(value), "/preprocessing",
                                    &word, err);
    }
    if (status == BP_OK) {
        spec->preprocessing = (bp_preprocessing)word;
    }
    return status;
}

void bp_preprocessing_settle_targets(bp_model_spec *spec, const json_t *value) {
    static const bool scales[BP_LOSS_COUNT] = {
        [BP_LOSS_MSE] = true, [BP_LOSS_MAE] = true, [BP_LOSS_HUBER] = true};
    if (json_object_get(value, "targets") == NULL && scales[spec->loss] &&
        spec->preprocessing != BP_PREPROCESSING_NONE) {
        spec->targets = BP_TARGET_SCALING_STANDARDIZE;
    }
}

/* --- out ------------------------------------------------------------------------------------ */

static int put(json_t *object, const char *name, json_t *value) {
    return json_object_set_new(object, name, value);
}

/* What of `rule` is not that of `usual`, with the scale where it is asked for. */
static json_t *rule_to_json(const bp_column_rule *rule, const bp_column_rule *usual, bool scale) {
    json_t *json = json_object();
    int failed = json == NULL;
    if (scale || rule->scale != usual->scale) {
        failed |= put(json, "scale", json_string(bp_preprocessings.names[rule->scale]));
    }
    if (rule->missing != usual->missing) {
        failed |= put(json, "missing", json_string(bp_missings.names[rule->missing]));
    }
    if (rule->fill != usual->fill) {
        failed |= put(json, "fill", json_real(bp_shortest_double(rule->fill)));
    }
    if (rule->indicator != usual->indicator) {
        failed |= put(json, "indicator", json_boolean(rule->indicator));
    }
    if (rule->max_categories != usual->max_categories) {
        const uint32_t most = rule->max_categories > 0 ? rule->max_categories : BP_USUAL_CATEGORIES;
        failed |= put(json, "max_categories", json_integer((json_int_t)most));
    }
    if (failed) {
        json_decref(json);
        return NULL;
    }
    return json;
}

static json_t *columns_to_json(const bp_column_rules *rules, const bp_column_rule *usual) {
    json_t *json = json_object();
    for (size_t i = 0; json != NULL && i < rules->count; i++) {
        if (put(json, bp_column_rules_name(rules, i),
                rule_to_json(&rules->rule[i], usual, false)) != 0) {
            json_decref(json);
            return NULL;
        }
    }
    return json;
}

static bool is_usual(const bp_model_spec *spec) {
    const bp_column_rule *rule = &spec->column_rule;
    return spec->column_rules.count == 0 && spec->targets == BP_TARGET_SCALING_NONE &&
           rule->missing == BP_MISSING_MEAN && rule->fill == 0 && !rule->indicator &&
           rule->max_categories == 0;
}

json_t *bp_preprocessing_to_json(const bp_model_spec *spec) {
    static const bp_column_rule zero;
    bp_column_rule usual = spec->column_rule;
    usual.scale = spec->preprocessing;
    if (is_usual(spec)) {
        return json_string(bp_preprocessings.names[spec->preprocessing]);
    }
    json_t *json = rule_to_json(&usual, &zero, true);
    int failed = json == NULL ||
                 put(json, "targets", json_string(bp_target_scalings.names[spec->targets])) != 0;
    if (spec->column_rules.count > 0) {
        failed |= put(json, "columns", columns_to_json(&spec->column_rules, &usual)) != 0;
    }
    if (failed) {
        json_decref(json);
        return NULL;
    }
    return json;
}
