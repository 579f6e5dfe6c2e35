/* What a model is asked to do with the columns of its data before its first layer sees them. The
 * numbers that this takes are fitted to the training rows and kept in a recipe (recipe.h). */
#ifndef BP_PREPROCESSING_H
#define BP_PREPROCESSING_H

#include <stdbool.h>

#include "vocabulary.h"

/* Of numbers. Boolean inputs and those of categories stay 0 and 1. */
#define BP_PREPROCESSING_TABLE(X)                                                                  \
    X(STANDARDIZE, "standardize", "(x - mean) / standard deviation of the training rows")          \
    X(NONE, "none", "the numbers as they are")                                                     \
    X(MIN_MAX, "min_max", "(x - min) / (max - min) of the training rows")                          \
    X(ROBUST, "robust", "(x - median) / (third quartile - first quartile) of the training rows")   \
    X(LOG1P, "log1p", "ln(1 + x), x > -1, then as standardize")

/* mean and median of labels and booleans are most_frequent. */
#define BP_MISSING_TABLE(X)                                                                        \
    X(MEAN, "mean", "the mean of the training rows that have a value")                             \
    X(MEDIAN, "median", "their median")                                                            \
    X(CONSTANT, "constant", "the number fill; of labels: the place of the unseen")                 \
    X(MOST_FREQUENT, "most_frequent", "what most training rows have; of equals the smallest")      \
    X(DROP, "drop", "a row without a value takes no part")                                         \
    X(REFUSE, "refuse", "a row without a value is an error")

#define BP_TARGET_SCALING_TABLE(X)                                                                 \
    X(NONE, "none", "the numbers as they are")                                                     \
    X(STANDARDIZE, "standardize", "(y - mean) / standard deviation of the training rows")

#define X(name, wire, meaning) BP_PREPROCESSING_##name,
typedef enum bp_preprocessing { BP_PREPROCESSING_TABLE(X) BP_PREPROCESSING_COUNT } bp_preprocessing;
#undef X
#define X(name, wire, meaning) BP_MISSING_##name,
typedef enum bp_missing { BP_MISSING_TABLE(X) BP_MISSING_COUNT } bp_missing;
#undef X
#define X(name, wire, meaning) BP_TARGET_SCALING_##name,
typedef enum bp_target_scaling {
    BP_TARGET_SCALING_TABLE(X) BP_TARGET_SCALING_COUNT
} bp_target_scaling;
#undef X
extern const bp_vocabulary bp_preprocessings, bp_missings, bp_target_scalings;

enum {
    BP_MAX_COLUMN_RULES = 64,
    BP_COLUMN_RULE_TEXT = 2048, /* of all their names, each with its terminator */
    BP_USUAL_CATEGORIES = 100,
    BP_MAX_CATEGORIES = 65535
};

/* Zeroed: the usual. */
typedef struct bp_column_rule {
    bp_preprocessing scale;
    bp_missing missing;
    float fill;              /* of CONSTANT; finite */
    bool indicator;          /* one more input: 1 where the value is missing */
    uint32_t max_categories; /* labels with an input of their own; 0: BP_USUAL_CATEGORIES */
} bp_column_rule;

/* Rules for columns by name. */
typedef struct bp_column_rules {
    size_t count;
    bp_column_rule rule[BP_MAX_COLUMN_RULES];
    uint16_t name[BP_MAX_COLUMN_RULES]; /* where it begins in text */
    size_t text_size;
    char text[BP_COLUMN_RULE_TEXT];
} bp_column_rules;

/* TOO_LARGE: more rules or longer names than there is room for. INVALID: the name has one. */
BP_NODISCARD bp_status bp_column_rules_add(bp_column_rules *rules, const char *name,
                                           const bp_column_rule *rule, bp_error *err);
/* NULL: it has none. Borrowed, as the next. */
const bp_column_rule *bp_column_rules_find(const bp_column_rules *rules, const char *name);
const char *bp_column_rules_name(const bp_column_rules *rules, size_t i);

/* What a missing value of labels or booleans is replaced by: mean and median become most_frequent.
 */
bp_missing bp_missing_of_labels(bp_missing missing);

#endif
