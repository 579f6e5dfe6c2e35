/* Means and deviations, ranges and quartiles of the training rows: the scaling of inputs and
 * targets. */
#include <math.h>
#include <stdlib.h>

#include "column_summary.h"
#include "encoder.h"
#include "feature_columns.h"
#include "recipe_fit.h"

/* 1 / spread, or 1 where that is none. */
static float scale_of(float spread) {
    return spread > 0 && isfinite(1.0f / spread) ? 1.0f / spread : 1;
}

/* --- by rows: means and deviations of all inputs -------------------------------------------- */

/* Rows as numbers side by side. */
typedef struct rows {
    const float *x; /* [*, width] */
    size_t width;
    const bp_encoder *encoder; /* NULL: x as it is */
    float *row;                /* [width], of the encoder */
} rows;

/* Per-column sums over the training rows in double, rows in order: sum[c] += f(x[r, c]). */
static void add_columns(const rows *from, const bp_split *split, const double *mean, double *sum) {
    for (size_t i = 0; i < split->training; i++) {
        const float *x = from->row;
        if (from->encoder != NULL) {
            bp_encoder_write(from->encoder, &split->rows[i], 0, 1, from->row);
        } else {
            x = from->x + (size_t)split->rows[i] * from->width;
        }
        for (size_t c = 0; c < from->width; c++) {
            double d = (double)x[c] - (mean != NULL ? mean[c] : 0.0);
            sum[c] += mean != NULL ? d * d : d;
        }
    }
}

/* Mean and 1 / standard deviation; a constant column is only centred. */
static bp_status standardize(float *out_mean, float *out_scale, const rows *from,
                             const bp_split *split, bp_error *err) {
    const size_t width = from->width;
    double *mean = calloc(2 * width, sizeof *mean), *variance = mean + width;
    if (mean == NULL) {
        return bp_fail(err, BP_NO_MEMORY, NULL, "no memory to scale %zu columns", width);
    }
    add_columns(from, split, NULL, mean);
    for (size_t c = 0; c < width; c++) {
        mean[c] /= (double)split->training;
    }
    add_columns(from, split, mean, variance);
    for (size_t c = 0; c < width; c++) {
        out_mean[c] = (float)mean[c];
        out_scale[c] = scale_of((float)sqrt(variance[c] / (double)split->training));
    }
    free(mean);
    return BP_OK;
}

/* --- by columns: ranges and quartiles ------------------------------------------------------- */

static void min_max(bp_column_values *values, float *mean, float *scale) {
    const double low = bp_column_quantile(values, 0), high = bp_column_quantile(values, 1);
    *mean = (float)low;
    *scale = scale_of((float)(high - low));
}

static void robust(bp_column_values *values, float *mean, float *scale) {
    const double low = bp_column_quantile(values, 0.25), high = bp_column_quantile(values, 0.75);
    *mean = (float)bp_column_quantile(values, 0.5);
    *scale = scale_of((float)(high - low));
}

/* NULL: not by columns. */
static void (*const by_columns[BP_PREPROCESSING_COUNT])(bp_column_values *, float *, float *) = {
    [BP_PREPROCESSING_MIN_MAX] = min_max, [BP_PREPROCESSING_ROBUST] = robust};

static bool is_number(const bp_recipe_column *column) {
    return column->type == BP_RECIPE_NUMERIC || column->type == BP_RECIPE_DATETIME;
}

static bool is_standardized(const bp_recipe_column *column) {
    return is_number(column) && (column->rule.scale == BP_PREPROCESSING_STANDARDIZE ||
                                 column->rule.scale == BP_PREPROCESSING_LOG1P);
}

static bp_status scale_column(bp_snapshot *model, const bp_recipe_column *column, size_t first,
                              const bp_dataset *data, const bp_split *split, bp_error *err) {
    void (*const scale)(bp_column_values *, float *, float *) = by_columns[column->rule.scale];
    bp_status status = BP_OK;
    for (size_t c = 0; is_number(column) && scale != NULL && c < column->cells; c++) {
        bp_column_values values;
        status = bp_column_values_take(&values, data, split, first + c, err);
        if (status != BP_OK) {
            break;
        }
        if (values.count > 0) {
            const size_t at = column->input + c;
            scale(&values, &model->input_mean[at], &model->input_scale[at]);
        }
        bp_column_values_clear(&values);
    }
    return status;
}

static bp_status scale_columns(bp_snapshot *model, const bp_dataset *data, const bp_split *split,
                               bp_error *err) {
    bp_feature_column *columns;
    size_t count;
    bp_status status = bp_feature_columns_list(&columns, &count, data, err);
    if (status != BP_OK) {
        return status;
    }
    for (size_t i = 0; status == BP_OK && i < model->recipe.column_count; i++) {
        bp_recipe_column *column = &model->recipe.columns[i];
        const bp_feature_column *found = bp_feature_columns_find(columns, count, column->name, i);
        status = scale_column(model, column, found->first, data, split, err);
    }
    free(columns);
    return status;
}

/* --- both ----------------------------------------------------------------------------------- */

/* Inputs that are not standardised stay as they are until their turn comes. */
static void undo_others(bp_snapshot *model) {
    for (size_t i = 0; i < model->recipe.column_count; i++) {
        const bp_recipe_column *column = &model->recipe.columns[i];
        const size_t first =
            column->input + (is_standardized(column) ? column->inputs - column->rule.indicator : 0);
        for (size_t c = first; c < column->input + column->inputs; c++) {
            model->input_mean[c] = 0;
            model->input_scale[c] = 1;
        }
    }
}

/* The mean is what stands for a missing value of a column that has none; of one that has some, the
 * mean of all is the mean of those that are there. */
static void take_fills(bp_snapshot *model) {
    for (size_t i = 0; i < model->recipe.column_count; i++) {
        bp_recipe_column *column = &model->recipe.columns[i];
        for (size_t c = 0;
             is_number(column) && c < column->cells && column->rule.missing == BP_MISSING_MEAN &&
             column->rule.scale == BP_PREPROCESSING_STANDARDIZE;
             c++) {
            column->fill[c] = model->input_mean[column->input + c];
        }
    }
}

static bool any_standardized(const bp_recipe *recipe) {
    for (size_t i = 0; i < recipe->column_count; i++) {
        if (is_standardized(&recipe->columns[i])) {
            return true;
        }
    }
    return false;
}

static bp_status standardize_inputs(bp_snapshot *model, const bp_dataset *data,
                                    const bp_split *split, bp_error *err) {
    const size_t inputs = model->network.width[0];
    bp_encoder *encoder = NULL;
    bp_status status = bp_encoder_new(&encoder, model, data, err);
    if (status != BP_OK) {
        return status;
    }
    const rows from = {data->x, inputs, encoder, malloc(inputs * sizeof(float))};
    status = from.row != NULL
                 ? standardize(model->input_mean, model->input_scale, &from, split, err)
                 : bp_fail(err, BP_NO_MEMORY, NULL, "no memory to scale %zu inputs", inputs);
    free(from.row);
    bp_encoder_free(encoder);
    if (status == BP_OK) {
        undo_others(model);
        take_fills(model);
    }
    return status;
}

bp_status bp_scaling_fit(bp_snapshot *model, const bp_dataset *data, const bp_split *split,
                         bp_error *err) {
    bp_status status = BP_OK;
    if (any_standardized(&model->recipe)) {
        status = standardize_inputs(model, data, split, err);
    }
    return status == BP_OK ? scale_columns(model, data, split, err) : status;
}

bp_status bp_target_scaling_fit(bp_snapshot *model, const float *y, const bp_split *split,
                                bp_error *err) {
    bp_status status = bp_snapshot_scale_targets(model, err);
    const rows from = {.x = y, .width = model->network.width[model->network.layer_count]};
    return status == BP_OK ? standardize(model->target_mean, model->target_scale, &from, split, err)
                           : status;
}
