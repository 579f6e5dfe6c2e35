#include "recipe_fit.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cell_text.h"
#include "column_reader.h"
#include "column_summary.h"
#include "feature_columns.h"

/* --- the plan ------------------------------------------------------------------------------- */

static bp_status check_rules(const bp_recipe *recipe, const bp_column_rules *rules, bp_error *err) {
    for (size_t i = 0; i < rules->count; i++) {
        const char *name = bp_column_rules_name(rules, i);
        if (bp_recipe_find(recipe, name, 0) == NULL) {
            return bp_fail(err, BP_INVALID, "/model",
                           "the preprocessing names the column '%.60s', and the data set has no "
                           "such feature",
                           name);
        }
    }
    return BP_OK;
}

static bp_status plan(bp_recipe *recipe, const bp_model_spec *spec,
                      const bp_feature_column *columns, bp_error *err) {
    for (size_t i = 0; i < recipe->column_count; i++) {
        bp_recipe_column *column = &recipe->columns[i];
        column->name = strdup(columns[i].name);
        column->type = columns[i].type;
        column->rule = bp_model_spec_rule(spec, columns[i].name);
        if (column->name == NULL) {
            return bp_fail(err, BP_NO_MEMORY, NULL, "no memory for a column's name");
        }
    }
    bp_recipe_lay_out(recipe);
    return check_rules(recipe, &spec->column_rules, err);
}

/* Takes the column of that name out of the list. */
static void set_apart(bp_feature_column *columns, size_t *count, const char *apart) {
    size_t kept = 0;
    for (size_t i = 0; i < *count; i++) {
        if (apart == NULL || strcmp(columns[i].name, apart) != 0) {
            columns[kept++] = columns[i];
        }
    }
    *count = kept;
}

/* What a row of the data has besides. */
static bp_status note_skipped(bp_recipe *recipe, const bp_dataset *data, const char *apart,
                              bp_error *err) {
    bp_status status =
        apart != NULL ? bp_names_add(&recipe->skipped, apart, strlen(apart), err) : BP_OK;
    for (size_t i = 0; status == BP_OK && i < data->source_count; i++) {
        const bp_source_column *source = &data->source[i];
        if (source->role == BP_ROLE_WEIGHT || source->role == BP_ROLE_IGNORED) {
            status = bp_names_add(&recipe->skipped, source->name, strlen(source->name), err);
        }
    }
    return status;
}

bp_status bp_recipe_plan(bp_recipe *out, const bp_model_spec *spec, const bp_dataset *data,
                         const char *apart, bp_error *err) {
    bp_feature_column *columns;
    size_t count;
    bp_recipe recipe = {0};
    bp_status status = bp_feature_columns_list(&columns, &count, data, err);
    if (status != BP_OK) {
        return status;
    }
    set_apart(columns, &count, apart);
    if (count == 0) {
        status = bp_fail(err, BP_INVALID, "/dataset", "no column of the data set is a feature");
    }
    if (status == BP_OK) {
        status = bp_recipe_new(&recipe, count, err);
    }
    if (status == BP_OK) {
        status = plan(&recipe, spec, columns, err);
    }
    if (status == BP_OK) {
        status = note_skipped(&recipe, data, apart, err);
    }
    if (status == BP_OK) {
        status = bp_names_copy(&recipe.missing_words, &data->missing_words, err);
    }
    free(columns);
    if (status != BP_OK) {
        bp_recipe_clear(&recipe);
        return status;
    }
    *out = recipe;
    return BP_OK;
}

/* --- labels --------------------------------------------------------------------------------- */

typedef struct counted_label {
    size_t count;
    const char *text;
} counted_label;

static int most_frequent_first(const void *a, const void *b) {
    const counted_label *x = a, *y = b;
    return x->count != y->count ? (x->count < y->count ? 1 : -1) : strcmp(x->text, y->text);
}

/* count[code] <- training rows that have it. */
static void count_codes(counted_label *labels, const bp_feature_column *column,
                        const bp_dataset *data, const bp_split *split) {
    for (size_t i = 0; i < split->training; i++) {
        const float code = data->x[split->rows[i] * data->features.count + column->first];
        if (!isnan(code)) {
            labels[(size_t)code].count++;
        }
    }
}

static bp_status keep_labels(bp_recipe_column *out, const counted_label *labels, size_t count,
                             bp_error *err) {
    const size_t asked = out->rule.max_categories;
    const size_t most = asked > 0 ? asked : BP_USUAL_CATEGORIES;
    bp_status status = BP_OK;
    for (size_t i = 0; status == BP_OK && i < count && i < most && labels[i].count > 0; i++) {
        status = bp_names_add(&out->labels, labels[i].text, strlen(labels[i].text), err);
    }
    return status;
}

static void settle_truth(bp_recipe_column *out, const counted_label *labels, size_t count) {
    size_t rows[2] = {0, 0};
    for (size_t i = 0; i < count; i++) {
        rows[bp_boolean_word(bp_cell_of(labels[i].text)) == 1] += labels[i].count;
    }
    const bool asked = out->rule.missing == BP_MISSING_CONSTANT;
    out->fill[0] = (asked ? out->rule.fill != 0 : rows[1] > rows[0]) ? 1.0f : 0.0f;
}

static bp_status fit_labels(bp_recipe_column *out, const bp_feature_column *column,
                            const bp_dataset *data, const bp_split *split, bp_error *err) {
    const size_t count = column->labels != NULL ? column->labels->count : 0;
    counted_label *labels = calloc(count + 1, sizeof *labels);
    if (labels == NULL) {
        return bp_fail(err, BP_NO_MEMORY, NULL, "no memory for %zu labels", count);
    }
    for (size_t i = 0; i < count; i++) {
        labels[i].text = column->labels->item[i];
    }
    count_codes(labels, column, data, split);
    bp_status status = BP_OK;
    if (out->type == BP_RECIPE_BOOLEAN) {
        settle_truth(out, labels, count);
    } else {
        qsort(labels, count, sizeof *labels, most_frequent_first);
        status = keep_labels(out, labels, count, err);
        const bool unseen = out->rule.missing == BP_MISSING_CONSTANT;
        out->fill[0] = unseen ? (float)out->labels.count : 0;
    }
    free(labels);
    return status;
}

/* --- what stands for missing numbers -------------------------------------------------------- */

typedef float (*summary)(bp_column_values *values);

static float mean_of(bp_column_values *values) {
    return (float)bp_column_mean(values);
}

static float median_of(bp_column_values *values) {
    return (float)bp_column_quantile(values, 0.5);
}

/* By the rule; NULL: none is fitted. Rows that take no part can still be predicted. */
static const summary summaries[BP_MISSING_COUNT] = {[BP_MISSING_MEAN] = mean_of,
                                                    [BP_MISSING_DROP] = mean_of,
                                                    [BP_MISSING_MEDIAN] = median_of,
                                                    [BP_MISSING_MOST_FREQUENT] = bp_column_mode};

static bp_status check_fill(const bp_recipe_column *column, bp_error *err) {
    if (column->rule.scale == BP_PREPROCESSING_LOG1P && column->fill[0] <= -1.0f) {
        return bp_fail(
            err, BP_INVALID, "/model",
            "the preprocessing fills the column '%.60s' with %g, and log1p takes numbers "
            "above -1",
            column->name, (double)column->fill[0]);
    }
    return BP_OK;
}

/* Where no value is missing and the scaling needs the mean too, that is where it is found. */
static bool scaling_knows(const bp_recipe_column *out, const bp_feature_column *column,
                          const bp_dataset *data) {
    return out->rule.missing == BP_MISSING_MEAN &&
           out->rule.scale == BP_PREPROCESSING_STANDARDIZE &&
           bp_feature_column_missing(column, data) == 0;
}

static bp_status fit_numbers(bp_recipe_column *out, const bp_feature_column *column,
                             const bp_dataset *data, const bp_split *split, bp_error *err) {
    const summary summarize = summaries[out->rule.missing];
    bp_status status = BP_OK;
    if (scaling_knows(out, column, data)) {
        return BP_OK;
    }
    for (size_t c = 0; status == BP_OK && c < column->cells; c++) {
        bp_column_values values = {0};
        out->fill[c] = out->rule.missing == BP_MISSING_CONSTANT ? out->rule.fill : 0;
        if (summarize != NULL) {
            status = bp_column_values_take(&values, data, split, column->first + c, err);
        }
        if (values.count > 0) {
            out->fill[c] = summarize(&values);
        }
        bp_column_values_clear(&values);
    }
    return status == BP_OK ? check_fill(out, err) : status;
}

bp_status bp_recipe_fit(bp_recipe *recipe, const bp_dataset *data, const bp_split *split,
                        bp_error *err) {
    static bp_status (*const fitters[BP_RECIPE_TYPE_COUNT])(
        bp_recipe_column *, const bp_feature_column *, const bp_dataset *, const bp_split *,
        bp_error *) = {
        [BP_RECIPE_NUMERIC] = fit_numbers,
        [BP_RECIPE_BOOLEAN] = fit_labels,
        [BP_RECIPE_CATEGORICAL] = fit_labels,
        [BP_RECIPE_DATETIME] = fit_numbers,
    };
    bp_feature_column *columns;
    size_t count;
    bp_status status = bp_feature_columns_list(&columns, &count, data, err);
    if (status != BP_OK) {
        return status;
    }
    for (size_t i = 0; status == BP_OK && i < recipe->column_count; i++) {
        bp_recipe_column *column = &recipe->columns[i];
        status = fitters[column->type](
            column, bp_feature_columns_find(columns, count, column->name, i), data, split, err);
    }
    free(columns);
    bp_recipe_lay_out(recipe);
    return status;
}

/* --- names ---------------------------------------------------------------------------------- */

/* "when.month", or "log1p(age)": what the input holds. */
static bp_status add_cell_name(bp_names *out, const bp_recipe_column *column, size_t cell,
                               bp_error *err) {
    const bp_source_column source = {.name = column->name, .type = (bp_column_type)column->type};
    const bool logarithm =
        column->rule.scale == BP_PREPROCESSING_LOG1P && column->type != BP_RECIPE_BOOLEAN;
    const size_t size = strlen(column->name) + 32;
    char *text = malloc(size), *name = malloc(size);
    bp_status status = BP_NO_MEMORY;
    if (text != NULL && name != NULL) {
        bp_column_cell_name(&source, cell, name, size);
        snprintf(text, size, logarithm ? "log1p(%s)" : "%s", name);
        status = bp_names_add(out, text, strlen(text), err);
    } else {
        status = bp_fail(err, BP_NO_MEMORY, NULL, "no memory for a name");
    }
    free(text);
    free(name);
    return status;
}

/* The column's name, `link` and `end`. */
static bp_status add_joined(bp_names *out, const bp_recipe_column *column, const char *link,
                            const char *end, bp_error *err) {
    const size_t size = strlen(column->name) + strlen(link) + strlen(end) + 1;
    char *text = malloc(size);
    if (text == NULL) {
        return bp_fail(err, BP_NO_MEMORY, NULL, "no memory for a name");
    }
    snprintf(text, size, "%s%s%s", column->name, link, end);
    bp_status status = bp_names_add(out, text, size - 1, err);
    free(text);
    return status;
}

static bp_status add_names(bp_names *out, const bp_recipe_column *column, bp_error *err) {
    const size_t labels = column->labels.count;
    bp_status status = BP_OK;
    if (column->type == BP_RECIPE_CATEGORICAL) {
        for (size_t i = 0; status == BP_OK && i <= labels; i++) {
            status =
                add_joined(out, column, "=", i < labels ? column->labels.item[i] : "(other)", err);
        }
    } else {
        for (size_t i = 0; status == BP_OK && i < column->cells; i++) {
            status = add_cell_name(out, column, i, err);
        }
    }
    return status == BP_OK && column->rule.indicator ? add_joined(out, column, ".", "missing", err)
                                                     : status;
}

bp_status bp_recipe_input_names(bp_names *out, const bp_recipe *recipe, bp_error *err) {
    bp_status status = BP_OK;
    for (size_t i = 0; status == BP_OK && i < recipe->column_count; i++) {
        status = add_names(out, &recipe->columns[i], err);
    }
    return status;
}
