#include "preprocessing.h"

#include <string.h>

#define X(name, wire, meaning) wire,
static const char *const preprocessing_names[] = {BP_PREPROCESSING_TABLE(X)};
static const char *const missing_names[] = {BP_MISSING_TABLE(X)};
static const char *const target_scaling_names[] = {BP_TARGET_SCALING_TABLE(X)};
#undef X
#define X(name, wire, meaning) meaning,
static const char *const preprocessing_meanings[] = {BP_PREPROCESSING_TABLE(X)};
static const char *const missing_meanings[] = {BP_MISSING_TABLE(X)};
static const char *const target_scaling_meanings[] = {BP_TARGET_SCALING_TABLE(X)};
#undef X

const bp_vocabulary bp_preprocessings = {"preprocessing", BP_PREPROCESSING_COUNT,
                                         preprocessing_names, preprocessing_meanings};
const bp_vocabulary bp_missings = {"way with missing values", BP_MISSING_COUNT, missing_names,
                                   missing_meanings};
const bp_vocabulary bp_target_scalings = {"scaling of targets", BP_TARGET_SCALING_COUNT,
                                          target_scaling_names, target_scaling_meanings};

bp_status bp_column_rules_add(bp_column_rules *rules, const char *name, const bp_column_rule *rule,
                              bp_error *err) {
    const size_t size = strlen(name) + 1;
    if (bp_column_rules_find(rules, name) != NULL) {
        return bp_fail(err, BP_INVALID, NULL, "the column '%.60s' has two rules", name);
    }
    if (rules->count == BP_MAX_COLUMN_RULES || size > BP_COLUMN_RULE_TEXT - rules->text_size) {
        return bp_fail(err, BP_TOO_LARGE, NULL,
                       "at most %d columns with names of %d bytes together can have a rule of "
                       "their own",
                       BP_MAX_COLUMN_RULES, BP_COLUMN_RULE_TEXT);
    }
    rules->rule[rules->count] = *rule;
    rules->name[rules->count] = (uint16_t)rules->text_size;
    memcpy(rules->text + rules->text_size, name, size);
    rules->text_size += size;
    rules->count++;
    return BP_OK;
}

const char *bp_column_rules_name(const bp_column_rules *rules, size_t i) {
    return rules->text + rules->name[i];
}

const bp_column_rule *bp_column_rules_find(const bp_column_rules *rules, const char *name) {
    for (size_t i = 0; i < rules->count; i++) {
        if (strcmp(bp_column_rules_name(rules, i), name) == 0) {
            return &rules->rule[i];
        }
    }
    return NULL;
}

bp_missing bp_missing_of_labels(bp_missing missing) {
    return missing == BP_MISSING_MEAN || missing == BP_MISSING_MEDIAN ? BP_MISSING_MOST_FREQUENT
                                                                      : missing;
}
