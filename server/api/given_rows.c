#include "given_rows.h"

#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "called_model.h"
#include "encoder.h"
#include "instance_cells.h"
#include "json_fields.h"

/* --- numbers and rows ----------------------------------------------------------------------- */

/* `what` names the cell in the message. */
static bp_status read_number(float *out, const json_t *cell, const char *what, bp_error *err) {
    const double value = json_number_value(cell);
    if (!json_is_number(cell)) {
        return bp_fail(err, BP_INVALID, NULL, "expected a number for '%.80s', found %s", what,
                       bp_json_kind(cell));
    }
    if (fabs(value) > (double)FLT_MAX) {
        return bp_fail(err, BP_INVALID, NULL, "%g is beyond the range of float32", value);
    }
    *out = (float)value;
    return BP_OK;
}

/* An array of numbers named after `names`, where there are any. */
static bp_status read_numbers(float *out, const json_t *array, const bp_names *names,
                              bp_error *err) {
    for (size_t i = 0; i < json_array_size(array); i++) {
        char place[32];
        snprintf(place, sizeof place, "number %zu", i + 1);
        const char *what = i < names->count ? names->item[i] : place;
        bp_status status = read_number(&out[i], json_array_get(array, i), what, err);
        if (status != BP_OK) {
            bp_error_nest(err, "/%zu", i);
            return status;
        }
    }
    return BP_OK;
}

/* A model that has met no data knows no columns. */
static bp_status read_inputs(float *out, const bp_snapshot *model, const json_t *row,
                             bp_error *err) {
    const size_t width = model->network.width[0];
    if (!json_is_array(row)) {
        return bp_fail(err, BP_INVALID, NULL,
                       "an instance must be an array of %zu numbers, found %s", width,
                       bp_json_kind(row));
    }
    if (json_array_size(row) != width) {
        return bp_fail(err, BP_INVALID, NULL, "the instance has %zu numbers, the model %zu inputs",
                       json_array_size(row), width);
    }
    return read_numbers(out, row, &model->features, err);
}

/* Rows of numbers are their inputs, but for what is missing. */
static void fill_numbers(float *row, const bp_recipe *recipe) {
    for (size_t i = 0; i < recipe->inputs; i++) {
        row[i] = isnan(row[i]) ? recipe->columns[i].fill[0] : row[i];
    }
}

/* Where the cells of `count` rows are read to: `out` itself where inputs are cells, else an array
 * for the caller to free. */
static bp_status make_cells(float **cells, float *out, const bp_recipe *recipe, size_t count,
                            bp_error *err) {
    *cells = bp_recipe_keeps_numbers(recipe) ? out : calloc(count, recipe->cells * sizeof *out);
    return *cells != NULL ? BP_OK
                          : bp_fail(err, BP_NO_MEMORY, NULL, "no memory for %zu instances", count);
}

static bp_status finish_cells(float *out, float *cells, const bp_recipe *recipe, size_t count,
                              bp_error *err) {
    if (cells != out) {
        return bp_encode_cells(out, recipe, cells, count, err);
    }
    for (size_t i = 0; i < count; i++) {
        fill_numbers(out + i * recipe->inputs, recipe);
    }
    return BP_OK;
}

bp_status bp_read_row(float *out, const bp_snapshot *model, const json_t *row, bp_error *err) {
    float *cells;
    if (model->recipe.column_count == 0) {
        return read_inputs(out, model, row, err);
    }
    bp_status status = make_cells(&cells, out, &model->recipe, 1, err);
    if (status != BP_OK) {
        return status;
    }
    status = bp_instance_read(cells, model, row, err);
    if (status == BP_OK) {
        status = finish_cells(out, cells, &model->recipe, 1, err);
    }
    free(cells != out ? cells : NULL);
    return status;
}

static bp_status read_each(float *cells, const bp_snapshot *model, const json_t *instances,
                           bp_error *err) {
    const bool known = model->recipe.column_count > 0;
    const size_t width = known ? model->recipe.cells : model->network.width[0];
    for (size_t i = 0; i < json_array_size(instances); i++) {
        const json_t *row = json_array_get(instances, i);
        bp_status status = known ? bp_instance_read(cells + i * width, model, row, err)
                                 : read_inputs(cells + i * width, model, row, err);
        if (status != BP_OK) {
            bp_error_nest(err, "/instances/%zu", i);
            return status;
        }
    }
    return BP_OK;
}

bp_status bp_read_instances(float *out, const bp_snapshot *model, const json_t *instances,
                            bp_error *err) {
    const size_t count = json_array_size(instances);
    float *cells = out;
    if (model->recipe.column_count == 0) {
        return read_each(out, model, instances, err);
    }
    bp_status status = make_cells(&cells, out, &model->recipe, count, err);
    if (status == BP_OK) {
        status = read_each(cells, model, instances, err);
    }
    if (status == BP_OK) {
        status = finish_cells(out, cells, &model->recipe, count, err);
    }
    free(cells != out ? cells : NULL);
    return status;
}

/* --- targets -------------------------------------------------------------------------------- */

/* The class of a label that the model has met. */
static bp_status find_label(int32_t *out, const bp_snapshot *model, const json_t *label,
                            bp_error *err) {
    char number[32];
    const char *text = json_string_value(label);
    if (json_is_integer(label)) {
        snprintf(number, sizeof number, "%" JSON_INTEGER_FORMAT, json_integer_value(label));
        text = number;
    }
    if (text == NULL) {
        return bp_fail(err, BP_INVALID, NULL,
                       "a target must be one of the model's labels, found %s",
                       json_is_real(label) ? "a fraction" : bp_json_kind(label));
    }
    const size_t found = bp_names_find(&model->classes, text);
    if (found == SIZE_MAX) {
        return bp_fail(err, BP_INVALID, NULL, "the model has never seen the label '%.60s'", text);
    }
    *out = (int32_t)found;
    return BP_OK;
}

/* The class of an index, for a model that has met no labels. */
static bp_status read_index(int32_t *out, const bp_snapshot *model, const json_t *index,
                            bp_error *err) {
    const size_t classes = model->network.width[model->network.layer_count];
    const json_int_t value = json_integer_value(index);
    if (!json_is_integer(index) || value < 0 || (size_t)value >= classes) {
        return bp_fail(err, BP_INVALID, NULL,
                       "the model has met no labels: a target is the index of a class, 0 to %zu",
                       classes - 1);
    }
    *out = (int32_t)value;
    return BP_OK;
}

/* The numbers that read_reals has read. */
static bp_status check_reals(const float *y, const bp_network *network, bool array, bp_error *err) {
    const bp_loss loss = network->loss_rule.loss;
    for (size_t i = 0; i < network->width[network->layer_count]; i++) {
        if (!bp_loss_takes_target(loss, y[i])) {
            bp_status status =
                bp_fail(err, BP_INVALID, NULL, "the loss %s takes targets in [0, 1], not %g",
                        bp_losses.names[loss], (double)y[i]);
            if (array) {
                bp_error_nest(err, "/%zu", i);
            }
            return status;
        }
    }
    return BP_OK;
}

static bp_status read_reals(float *out, const bp_snapshot *model, const json_t *target,
                            bp_error *err) {
    const size_t width = model->network.width[model->network.layer_count];
    const bool array = json_is_array(target);
    if (array ? json_array_size(target) == width : width == 1) {
        bp_status status = array ? read_numbers(out, target, &model->targets, err)
                                 : read_number(out, target, "target", err);
        return status == BP_OK ? check_reals(out, &model->network, array, err) : status;
    }
    return bp_fail(err, BP_INVALID, NULL, "a target must be an array of %zu numbers, found %s",
                   width, json_is_array(target) ? "another number of them" : bp_json_kind(target));
}

static bp_status read_target(bp_given *given, size_t i, const json_t *target, bp_error *err) {
    const bp_snapshot *model = given->model.snapshot;
    if (given->targets.class_index == NULL) {
        return read_reals(given->y + i * given->targets.width, model, target, err);
    }
    int32_t *class_index = &given->targets.class_index[i];
    return model->classes.count > 0 ? find_label(class_index, model, target, err)
                                    : read_index(class_index, model, target, err);
}

static bp_status read_targets(bp_given *given, const json_t *targets, bp_error *err) {
    const bp_network *network = &given->model.snapshot->network;
    const size_t count = given->instances.count;
    if (json_array_size(targets) != count) {
        return bp_fail(err, BP_INVALID, "/targets", "there are %zu targets for %zu instances",
                       json_array_size(targets), count);
    }
    given->has_targets = true;
    given->targets.width = network->width[network->layer_count];
    given->targets.mean = given->model.snapshot->target_mean;
    given->targets.scale = given->model.snapshot->target_scale;
    if (given->model.snapshot->classes.count > 0 ||
        network->loss_rule.loss == BP_LOSS_CROSS_ENTROPY) {
        given->targets.class_index = calloc(count, sizeof *given->targets.class_index);
    } else {
        given->y = calloc(count, given->targets.width * sizeof *given->y);
        given->targets.y = given->y;
    }
    if (given->targets.class_index == NULL && given->y == NULL) {
        return bp_fail(err, BP_NO_MEMORY, NULL, "no memory for %zu targets", count);
    }
    for (size_t i = 0; i < count; i++) {
        bp_status status = read_target(given, i, json_array_get(targets, i), err);
        if (status != BP_OK) {
            bp_error_nest(err, "/targets/%zu", i);
            return status;
        }
    }
    return BP_OK;
}

/* --- the whole ------------------------------------------------------------------------------ */

static bp_status check_count(const bp_network *network, size_t count, bp_error *err) {
    size_t activations = 0;
    for (size_t l = 0; l <= network->layer_count; l++) {
        activations += network->width[l];
    }
    if (count == 0) {
        return bp_fail(err, BP_INVALID, "/instances", "there are no instances");
    }
    if (count > BP_GIVEN_MAX_ACTIVATIONS / activations) {
        return bp_fail(err, BP_TOO_LARGE, "/instances",
                       "%zu instances of %zu activations; at most %zu instances at a time", count,
                       activations, BP_GIVEN_MAX_ACTIVATIONS / activations);
    }
    return BP_OK;
}

static bp_status read_rows(bp_given *given, const json_t *instances, bp_error *err) {
    const bp_snapshot *model = given->model.snapshot;
    const size_t count = json_array_size(instances);
    bp_status status = check_count(&model->network, count, err);
    if (status != BP_OK) {
        return status;
    }
    given->rows = calloc(count, model->network.width[0] * sizeof *given->rows);
    if (given->rows == NULL) {
        return bp_fail(err, BP_NO_MEMORY, NULL, "no memory for %zu instances", count);
    }
    given->instances.model = model;
    given->instances.rows = given->rows;
    given->instances.count = count;
    return bp_read_instances(given->rows, model, instances, err);
}

bp_status bp_given_read(bp_given *out, const bp_call *call, const json_t *instances,
                        const json_t *targets, bp_error *err) {
    bp_given given = {.instances = {.kernels = bp_service_kernels(call->service)}};
    bp_status status = bp_get_called_model(call, &given.model, err);
    if (status != BP_OK) {
        return status;
    }
    if (given.model.snapshot == NULL) {
        status = bp_fail(err, BP_CONFLICT, NULL,
                         "model '%s' has no parameters yet: its sizes come from the data at the"
                         " first training",
                         given.model.name);
    }
    if (status == BP_OK) {
        status = read_rows(&given, instances, err);
    }
    if (status == BP_OK && targets != NULL) {
        status = read_targets(&given, targets, err);
    }
    if (status != BP_OK) {
        bp_given_clear(&given);
        return status;
    }
    *out = given;
    return BP_OK;
}

void bp_given_clear(bp_given *given) {
    bp_model_info_clear(&given->model);
    bp_targets_clear(&given->targets);
    free(given->rows);
    free(given->y);
    *given = (bp_given){0};
}
