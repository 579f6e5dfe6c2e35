#include "targets.h"

#include <stdlib.h>
#include <string.h>

bool bp_targets_are_classes(bp_loss loss, size_t outputs, const bp_dataset *data) {
    if (loss == BP_LOSS_CROSS_ENTROPY || data->y == NULL) {
        return true;
    }
    return outputs != 0 && outputs != data->targets.count && outputs == data->classes.count;
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

bp_status bp_targets_read(bp_targets *out, const bp_snapshot *model, const bp_dataset *data,
                          bp_error *err) {
    bp_targets targets = {.width = model->network.width[model->network.layer_count]};
    if (model->classes.count > 0) {
        bp_status status = read_classes(&targets, model, data, err);
        if (status != BP_OK) {
            return status;
        }
    } else if (data->y == NULL) {
        return bp_fail(err, BP_INVALID, "/dataset",
                       "the model predicts numbers and the target '%.60s' is text",
                       data->targets.item[0]);
    } else if (data->targets.count != targets.width) {
        return bp_fail(err, BP_INVALID, "/model", "the model has %zu outputs, the data %zu targets",
                       targets.width, data->targets.count);
    } else {
        targets.y = data->y;
    }
    *out = targets;
    return BP_OK;
}

void bp_targets_clear(bp_targets *targets) {
    free(targets->class_index);
    *targets = (bp_targets){0};
}

void bp_targets_gather(const bp_targets *targets, const uint32_t *index, size_t first, size_t rows,
                       float *y) {
    const size_t width = targets->width;
    for (size_t i = 0; i < rows; i++) {
        size_t row = index != NULL ? index[i] : first + i;
        if (targets->y != NULL) {
            memcpy(y + i * width, targets->y + row * width, width * sizeof *y);
        } else {
            memset(y + i * width, 0, width * sizeof *y);
            y[i * width + (size_t)targets->class_index[row]] = 1.0f;
        }
    }
}
