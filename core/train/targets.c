#include "targets.h"

#include <stdlib.h>
#include <string.h>

bool bp_targets_are_classes(bp_loss loss, size_t outputs, const bp_dataset *data) {
    const size_t classes = data->classes.count;
    if (loss == BP_LOSS_CROSS_ENTROPY || data->y == NULL) {
        return true;
    }
    if (bp_loss_takes_labels(loss) && classes >= 2) {
        return outputs == 0 || outputs == classes || (outputs == 1 && classes == 2);
    }
    return outputs != 0 && outputs != data->targets.count && outputs == data->classes.count;
}

size_t bp_targets_outputs(bp_loss loss, size_t outputs, const bp_dataset *data) {
    if (!bp_targets_are_classes(loss, outputs, data)) {
        return data->targets.count;
    }
    bool one_output = bp_loss_takes_labels(loss) && data->classes.count == 2 && outputs != 2;
    return one_output ? 1 : data->classes.count;
}

/* model's class of each class of the data, [classes]; INVALID: one that it does not know. */
static bp_status map_classes(int32_t *map, const bp_snapshot *model, const bp_dataset *data,
                             bp_error *err) {
    for (size_t i = 0; i < data->classes.count; i++) {
        /* the common case first: the same labels in the same order */
        const char *label = data->classes.item[i];
        bool same = i < model->classes.count && strcmp(model->classes.item[i], label) == 0;
        size_t found = same ? i : bp_names_find(&model->classes, label);
        if (found == SIZE_MAX) {
            return bp_fail(err, BP_INVALID, "/dataset",
                           "the model has never seen the label '%.60s' of column '%.60s'", label,
                           data->targets.item[0]);
        }
        map[i] = (int32_t)found;
    }
    return BP_OK;
}

static bp_status read_classes(bp_targets *out, const bp_snapshot *model, const bp_dataset *data,
                              bp_error *err) {
    if (data->class_index == NULL) {
        return bp_fail(err, BP_INVALID, "/dataset",
                       "the model predicts classes and the target '%.60s' is not a set of classes: "
                       "it needs text or integers",
                       data->targets.item[0]);
    }
    int32_t *map = malloc(data->classes.count * sizeof *map);
    int32_t *class_index = malloc(data->rows * sizeof *class_index);
    bp_status status =
        map == NULL || class_index == NULL
            ? bp_fail(err, BP_NO_MEMORY, NULL, "no memory for %zu labels", data->rows)
            : map_classes(map, model, data, err);
    if (status == BP_OK) {
        for (size_t i = 0; i < data->rows; i++) {
            class_index[i] = map[data->class_index[i]];
        }
        out->class_index = class_index;
    } else {
        free(class_index);
    }
    free(map);
    return status;
}

static bp_status check_reals(const bp_snapshot *model, const bp_dataset *data, bp_error *err) {
    const size_t width = data->targets.count;
    const bp_loss loss = model->network.loss_rule.loss;
    for (size_t i = 0; bp_loss_takes_labels(loss) && i < data->rows * width; i++) {
        if (!bp_loss_takes_target(loss, data->y[i])) {
            return bp_fail(err, BP_INVALID, "/dataset",
                           "the loss %s takes targets in [0, 1]; row %zu of column '%.60s' is %g",
                           bp_losses.names[loss], i / width + 1, data->targets.item[i % width],
                           (double)data->y[i]);
        }
    }
    return BP_OK;
}

static bp_status read_reals(bp_targets *out, const bp_snapshot *model, const bp_dataset *data,
                            bp_error *err) {
    if (data->y == NULL) {
        return bp_fail(err, BP_INVALID, "/dataset",
                       "the model predicts numbers and the target '%.60s' is text",
                       data->targets.item[0]);
    }
    if (data->targets.count != out->width) {
        return bp_fail(err, BP_INVALID, "/model", "the model has %zu outputs, the data %zu targets",
                       out->width, data->targets.count);
    }
    out->y = data->y;
    return check_reals(model, data, err);
}

bp_status bp_targets_check(const bp_dataset *data, bp_error *err) {
    return data->targets.count > 0
               ? BP_OK
               : bp_fail(err, BP_INVALID, "/dataset", "the data set has no target column");
}

bp_status bp_targets_read(bp_targets *out, const bp_snapshot *model, const bp_dataset *data,
                          bp_error *err) {
    bp_status checked = bp_targets_check(data, err);
    if (checked != BP_OK) {
        return checked;
    }
    bp_targets targets = {.width = model->network.width[model->network.layer_count],
                          .mean = model->target_mean,
                          .scale = model->target_scale};
    bp_status status = model->classes.count > 0 ? read_classes(&targets, model, data, err)
                                                : read_reals(&targets, model, data, err);
    if (status == BP_OK) {
        *out = targets;
    }
    return status;
}

void bp_targets_clear(bp_targets *targets) {
    free(targets->class_index);
    *targets = (bp_targets){0};
}

static void gather_reals(const bp_targets *targets, size_t row, float *y) {
    const float *from = targets->y + row * targets->width;
    if (targets->scale == NULL) {
        memcpy(y, from, targets->width * sizeof *y);
        return;
    }
    for (size_t j = 0; j < targets->width; j++) {
        y[j] = bp_targets_scale(targets, j, from[j]);
    }
}

/* The rows lie anywhere: those to come are fetched early enough. */
enum { FETCHED_ROWS = 16 };

static void fetch(const bp_targets *targets, size_t row) {
    if (targets->y != NULL) {
        __builtin_prefetch(targets->y + row * targets->width);
    } else {
        __builtin_prefetch(targets->class_index + row);
    }
}

void bp_targets_gather(const bp_targets *targets, const uint32_t *index, size_t first, size_t rows,
                       float *y) {
    const size_t width = targets->width;
    for (size_t i = 0; i < rows; i++) {
        size_t row = index != NULL ? index[i] : first + i;
        if (index != NULL && i + FETCHED_ROWS < rows) {
            fetch(targets, index[i + FETCHED_ROWS]);
        }
        if (targets->y != NULL) {
            gather_reals(targets, row, y + i * width);
        } else if (width == 1) {
            y[i] = (float)targets->class_index[row];
        } else {
            memset(y + i * width, 0, width * sizeof *y);
            y[i * width + (size_t)targets->class_index[row]] = 1.0f;
        }
    }
}
