#include "encoder.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cell_text.h"
#include "column_reader.h"
#include "double_math.h"
#include "feature_columns.h"
#include "label_table.h"

/* What is done for some cells of a row. */
typedef struct step step;
typedef void (*write_cells)(const step *s, const float *cells, float *out);
struct step {
    write_cells write;
    size_t from, to; /* first cell, first input */
    size_t count;    /* cells; of labels: inputs */
    const float *fill;
    const float *place; /* by code; NULL: the code is the place */
};

struct bp_encoder {
    const float *x;
    size_t stride, inputs;
    size_t step_count;
    step *steps;
    float *fill;  /* [cells] by the first cell in a raw row */
    float *place; /* of all columns' codes */
};

/* Where the cells of the recipe's columns are. */
typedef struct source {
    size_t first;
    const bp_names *labels; /* NULL: cells are as in a raw row */
} source;

/* --- a row ---------------------------------------------------------------------------------- */

static void write_numbers(const step *s, const float *cells, float *out) {
    for (size_t i = 0; i < s->count; i++) {
        const float x = cells[s->from + i];
        out[s->to + i] = isnan(x) ? s->fill[i] : x;
    }
}

static void write_logarithms(const step *s, const float *cells, float *out) {
    write_numbers(s, cells, out);
    for (size_t i = 0; i < s->count; i++) {
        out[s->to + i] = (float)bp_log1p_double((double)out[s->to + i]);
    }
}

static float place_of(const step *s, const float *cells) {
    const float code = cells[s->from];
    if (isnan(code)) {
        return s->fill[0];
    }
    return s->place != NULL ? s->place[(size_t)code] : code;
}

static void write_label(const step *s, const float *cells, float *out) {
    memset(out + s->to, 0, s->count * sizeof *out);
    out[s->to + (size_t)place_of(s, cells)] = 1.0f;
}

static void write_boolean(const step *s, const float *cells, float *out) {
    out[s->to] = place_of(s, cells);
}

static void write_indicator(const step *s, const float *cells, float *out) {
    out[s->to] = isnan(cells[s->from]) ? 1.0f : 0.0f;
}

void bp_encoder_write(const bp_encoder *e, const uint32_t *index, size_t first, size_t rows,
                      float *out) {
    for (size_t i = 0; i < rows; i++, out += e->inputs) {
        const float *cells = e->x + (index != NULL ? index[i] : first + i) * e->stride;
        for (size_t s = 0; s < e->step_count; s++) {
            e->steps[s].write(&e->steps[s], cells, out);
        }
    }
}

/* --- the steps ------------------------------------------------------------------------------ */

/* Numbers that lie side by side are one step. */
static void add_step(bp_encoder *e, step next) {
    step *last = e->step_count > 0 ? &e->steps[e->step_count - 1] : NULL;
    if (last != NULL && next.write == write_numbers && last->write == write_numbers &&
        last->from + last->count == next.from && last->to + last->count == next.to &&
        last->fill + last->count == next.fill) {
        last->count += next.count;
        return;
    }
    e->steps[e->step_count++] = next;
}

static void find_truths(float *place, const bp_names *labels) {
    for (size_t i = 0; i < labels->count; i++) {
        place[i] = bp_boolean_word(bp_cell_of(labels->item[i])) == 1 ? 1.0f : 0.0f;
    }
}

/* place <- that of each label of the data; unknown ones have the one past the model's. */
static bp_status find_places(float *place, const bp_recipe_column *column, const bp_names *labels,
                             bp_error *err) {
    bp_label_table table;
    size_t at;
    bp_status status = BP_OK;
    bp_label_table_start(&table);
    for (size_t i = 0; status == BP_OK && i < column->labels.count; i++) {
        status = bp_label_table_add(&table, bp_cell_of(column->labels.item[i]), &at, err);
    }
    for (size_t i = 0; status == BP_OK && i < labels->count; i++) {
        at = bp_label_table_find(&table, bp_cell_of(labels->item[i]));
        place[i] = (float)(at == SIZE_MAX ? column->labels.count : at);
    }
    bp_label_table_clear(&table);
    return status;
}

/* `place` is where those of its labels are. */
static void add_column(bp_encoder *e, const bp_recipe_column *column, const source *from,
                       const float *place) {
    static const write_cells writers[BP_RECIPE_TYPE_COUNT] = {
        [BP_RECIPE_NUMERIC] = write_numbers,
        [BP_RECIPE_BOOLEAN] = write_boolean,
        [BP_RECIPE_CATEGORICAL] = write_label,
        [BP_RECIPE_DATETIME] = write_numbers,
    };
    step s = {.write = writers[column->type],
              .from = from->first,
              .to = column->input,
              .count = column->inputs - column->rule.indicator,
              .fill = e->fill + column->first};
    memcpy(e->fill + column->first, column->fill, column->cells * sizeof *e->fill);
    if (s.write == write_numbers && column->rule.scale == BP_PREPROCESSING_LOG1P) {
        s.write = write_logarithms;
    }
    s.place = from->labels != NULL ? place : NULL;
    add_step(e, s);
    if (column->rule.indicator) {
        add_step(e, (step){.write = write_indicator,
                           .from = from->first,
                           .to = column->input + s.count,
                           .count = 1});
    }
}

static bp_status add_columns(bp_encoder *e, const bp_recipe *recipe, const source *sources,
                             bp_error *err) {
    float *place = e->place;
    bp_status status = BP_OK;
    for (size_t i = 0; status == BP_OK && i < recipe->column_count; i++) {
        const bp_recipe_column *column = &recipe->columns[i];
        const bp_names *labels = sources[i].labels;
        if (labels != NULL && column->type == BP_RECIPE_BOOLEAN) {
            find_truths(place, labels);
        } else if (labels != NULL) {
            status = find_places(place, column, labels, err);
        }
        add_column(e, column, &sources[i], place);
        place += labels != NULL ? labels->count : 0;
    }
    return status;
}

static bp_status build(bp_encoder **out, const bp_recipe *recipe, const source *sources,
                       bp_error *err) {
    size_t labels = 0;
    for (size_t i = 0; i < recipe->column_count; i++) {
        labels += sources[i].labels != NULL ? sources[i].labels->count : 0;
    }
    bp_encoder *e = calloc(1, sizeof *e);
    if (e != NULL) {
        *e = (bp_encoder){.inputs = recipe->inputs,
                          .steps = calloc(2 * recipe->column_count, sizeof *e->steps),
                          .fill = calloc(recipe->cells, sizeof *e->fill),
                          .place = calloc(labels + 1, sizeof *e->place)};
    }
    if (e == NULL || e->steps == NULL || e->fill == NULL || e->place == NULL) {
        bp_encoder_free(e);
        return bp_fail(err, BP_NO_MEMORY, NULL, "no memory to prepare %zu columns",
                       recipe->column_count);
    }
    bp_status status = add_columns(e, recipe, sources, err);
    if (status != BP_OK) {
        bp_encoder_free(e);
        return status;
    }
    *out = e;
    return BP_OK;
}

void bp_encoder_free(bp_encoder *encoder) {
    if (encoder != NULL) {
        free(encoder->steps);
        free(encoder->fill);
        free(encoder->place);
        free(encoder);
    }
}

/* --- a recipe meets data -------------------------------------------------------------------- */

static bp_status fail_column(bp_error *err, const bp_recipe_column *wanted,
                             const bp_feature_column *found) {
    if (found == NULL) {
        return bp_fail(err, BP_INVALID, "/dataset",
                       "the model needs the column '%.60s', and the data set has no such feature",
                       wanted->name);
    }
    return bp_fail(err, BP_INVALID, "/dataset",
                   "the column '%.60s' is %s, and %s where the model was first trained",
                   wanted->name, found->type_name, bp_recipe_types.names[wanted->type]);
}

/* Whether the values of a column are such as its rule takes. */
static bp_status check_values(const bp_recipe_column *column, const bp_feature_column *found,
                              const bp_dataset *data, bp_error *err) {
    const size_t missing = bp_feature_column_missing(found, data);
    if (column->rule.missing == BP_MISSING_REFUSE && missing > 0) {
        return bp_fail(err, BP_INVALID, "/dataset",
                       "the column '%.60s' has no value in %zu of %zu rows, and the model refuses "
                       "such rows",
                       column->name, missing, data->rows);
    }
    const bool labels = column->type == BP_RECIPE_BOOLEAN || column->type == BP_RECIPE_CATEGORICAL;
    if (column->rule.scale != BP_PREPROCESSING_LOG1P || labels) {
        return BP_OK;
    }
    for (size_t r = 0; r < data->rows; r++) {
        for (size_t c = 0; c < found->cells; c++) {
            const float x = data->x[r * data->features.count + found->first + c];
            if (x <= -1.0f) {
                return bp_fail(err, BP_INVALID, "/dataset",
                               "the column '%.60s' is %g in row %zu, and log1p takes numbers "
                               "above -1",
                               column->name, (double)x, r + 1);
            }
        }
    }
    return BP_OK;
}

/* Sources of all columns; *as_they_are: rows of x are the inputs. */
static bp_status match(source *sources, bool *as_they_are, const bp_recipe *recipe,
                       const bp_dataset *data, bp_error *err) {
    bp_feature_column *columns;
    size_t count;
    bp_status status = bp_feature_columns_list(&columns, &count, data, err);
    if (status != BP_OK) {
        return status;
    }
    bool same = bp_recipe_keeps_numbers(recipe) && recipe->cells == data->features.count;
    for (size_t i = 0; status == BP_OK && i < recipe->column_count; i++) {
        const bp_recipe_column *column = &recipe->columns[i];
        const bp_feature_column *found = bp_feature_columns_find(columns, count, column->name, i);
        if (found == NULL || found->type != column->type) {
            status = fail_column(err, column, found);
            break;
        }
        status = check_values(column, found, data, err);
        same = same && found->first == column->first && bp_feature_column_missing(found, data) == 0;
        sources[i] = (source){.first = found->first, .labels = found->labels};
    }
    free(columns);
    *as_they_are = same;
    return status;
}

static bp_status of_recipe(bp_encoder **out, const bp_recipe *recipe, const bp_dataset *data,
                           source *sources, bp_error *err) {
    bool as_they_are = false;
    bp_encoder *encoder = NULL;
    bp_status status = match(sources, &as_they_are, recipe, data, err);
    if (status == BP_OK && !as_they_are) {
        status = build(&encoder, recipe, sources, err);
    }
    if (status != BP_OK) {
        return status;
    }
    if (encoder != NULL) {
        encoder->x = data->x;
        encoder->stride = data->features.count;
    }
    *out = encoder;
    return BP_OK;
}

bp_status bp_encoder_of_recipe(bp_encoder **out, const bp_recipe *recipe, const bp_dataset *data,
                               bp_error *err) {
    source *sources = calloc(recipe->column_count, sizeof *sources);
    bp_status status = sources != NULL ? of_recipe(out, recipe, data, sources, err)
                                       : bp_fail(err, BP_NO_MEMORY, NULL,
                                                 "no memory for %zu columns", recipe->column_count);
    free(sources);
    return status;
}

bp_status bp_encoder_new(bp_encoder **out, const bp_snapshot *model, const bp_dataset *data,
                         bp_error *err) {
    if (model->recipe.column_count > 0) {
        return bp_encoder_of_recipe(out, &model->recipe, data, err);
    }
    if (model->network.width[0] != data->features.count) {
        return bp_fail(err, BP_INVALID, "/model", "the model has %zu inputs, the data %zu features",
                       model->network.width[0], data->features.count);
    }
    *out = NULL;
    return BP_OK;
}

bp_status bp_encode_cells(float *out, const bp_recipe *recipe, const float *cells, size_t rows,
                          bp_error *err) {
    source *sources = calloc(recipe->column_count, sizeof *sources);
    bp_encoder *encoder = NULL;
    if (sources == NULL) {
        return bp_fail(err, BP_NO_MEMORY, NULL, "no memory for %zu columns", recipe->column_count);
    }
    for (size_t i = 0; i < recipe->column_count; i++) {
        sources[i].first = recipe->columns[i].first;
    }
    bp_status status = build(&encoder, recipe, sources, err);
    free(sources);
    if (status == BP_OK) {
        encoder->x = cells;
        encoder->stride = recipe->cells;
        bp_encoder_write(encoder, NULL, 0, rows, out);
        bp_encoder_free(encoder);
    }
    return status;
}

/* --- rows that take no part ----------------------------------------------------------------- */

static size_t mark_missing(uint8_t *mask, const bp_feature_column *column, const bp_dataset *data) {
    size_t marked = 0;
    for (size_t r = 0; r < data->rows; r++) {
        if (isnan(data->x[r * data->features.count + column->first])) {
            mask[r] = 1;
            marked++;
        }
    }
    return marked;
}

static size_t mark_columns(uint8_t *mask, const bp_recipe *recipe, const bp_dataset *data,
                           const bp_feature_column *columns, size_t count) {
    size_t marked = 0;
    for (size_t i = 0; i < recipe->column_count; i++) {
        if (recipe->columns[i].rule.missing == BP_MISSING_DROP) {
            const bp_feature_column *found =
                bp_feature_columns_find(columns, count, recipe->columns[i].name, i);
            marked += found != NULL ? mark_missing(mask, found, data) : 0;
        }
    }
    return marked;
}

static bool drops(const bp_recipe *recipe) {
    for (size_t i = 0; i < recipe->column_count; i++) {
        if (recipe->columns[i].rule.missing == BP_MISSING_DROP) {
            return true;
        }
    }
    return false;
}

bp_status bp_encoder_excluded(uint8_t **out, const bp_recipe *recipe, const bp_dataset *data,
                              bp_error *err) {
    bp_feature_column *columns;
    size_t count;
    if (!drops(recipe)) {
        *out = NULL;
        return BP_OK;
    }
    bp_status status = bp_feature_columns_list(&columns, &count, data, err);
    if (status != BP_OK) {
        return status;
    }
    uint8_t *mask = calloc(data->rows, sizeof *mask);
    if (mask == NULL) {
        free(columns);
        return bp_fail(err, BP_NO_MEMORY, NULL, "no memory for %zu rows", data->rows);
    }
    if (mark_columns(mask, recipe, data, columns, count) == 0) {
        free(mask);
        mask = NULL;
    }
    free(columns);
    *out = mask;
    return BP_OK;
}
