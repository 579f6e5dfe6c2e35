/* A model meets data: open sizes, scaling of the inputs and labels are fixed here, once. */
#include <math.h>
#include <stdlib.h>

#include "held_out.h"
#include "memory.h"
#include "targets.h"
#include "trainer.h"

/* Per-column sums over the training rows in double, rows in order: sum[c] += f(x[r, c]). */
static void add_columns(const bp_dataset *data, const bp_split *split, const double *mean,
                        double *sum) {
    const size_t width = data->features.count;
    for (size_t i = 0; i < split->training; i++) {
        const float *x = data->x + (size_t)split->rows[i] * width;
        for (size_t c = 0; c < width; c++) {
            double d = (double)x[c] - (mean != NULL ? mean[c] : 0.0);
            sum[c] += mean != NULL ? d * d : d;
        }
    }
}

/* Mean and 1 / standard deviation of the training rows; a constant column is only centred. */
static bp_status fit_scaling(bp_snapshot *model, const bp_dataset *data, const bp_split *split,
                             bp_error *err) {
    const size_t width = data->features.count;
    double *mean = calloc(2 * width, sizeof *mean), *variance = mean + width;
    if (mean == NULL) {
        return bp_fail(err, BP_NO_MEMORY, NULL, "no memory to scale %zu columns", width);
    }
    add_columns(data, split, NULL, mean);
    for (size_t c = 0; c < width; c++) {
        mean[c] /= (double)split->training;
    }
    add_columns(data, split, mean, variance);
    for (size_t c = 0; c < width; c++) {
        float deviation = (float)sqrt(variance[c] / (double)split->training);
        model->input_mean[c] = (float)mean[c];
        model->input_scale[c] = deviation > 0 && isfinite(1.0f / deviation) ? 1.0f / deviation : 1;
    }
    free(mean);
    return BP_OK;
}

/* The model's own sizes against the data's. */
static bp_status check_sizes(const bp_network *network, size_t inputs, size_t outputs,
                             bp_error *err) {
    if (network->width[0] != inputs) {
        return bp_fail(err, BP_INVALID, "/model", "the model has %zu inputs, the data %zu features",
                       network->width[0], inputs);
    }
    if (network->width[network->layer_count] != outputs) {
        return bp_fail(err, BP_INVALID, "/model",
                       "the model has %zu outputs, the data %zu classes or targets",
                       network->width[network->layer_count], outputs);
    }
    return BP_OK;
}

/* A model that has not met data yet, with the sizes it will have. */
static bp_status open_model(bp_snapshot **out, const bp_model_spec *spec,
                            const bp_snapshot *current, size_t inputs, size_t outputs,
                            bp_error *err) {
    bp_network network;
    bp_status status;
    if (current != NULL) {
        status = check_sizes(&current->network, inputs, outputs, err);
        return status == BP_OK ? bp_snapshot_copy(out, current, err) : status;
    }
    status = bp_network_resolve(&network, spec, inputs, outputs, err);
    if (status == BP_INVALID && err != NULL) {
        bp_error_nest(err, "/model");
    }
    return status == BP_OK ? bp_snapshot_new(out, spec, &network, err) : status;
}

/* Whether the targets of the data are such as the model takes. */
static bp_status try_targets(const bp_snapshot *model, const bp_dataset *data, bp_error *err) {
    bp_targets targets;
    bp_status status = bp_targets_read(&targets, model, data, err);
    if (status == BP_OK) {
        bp_targets_clear(&targets);
    }
    return status;
}

static bp_status bind_fresh(bp_snapshot **out, const bp_model_spec *spec,
                            const bp_snapshot *current, const bp_dataset *data,
                            const bp_split *split, bp_error *err) {
    const size_t units = spec->layers[spec->layer_count - 1].units;
    const bool classes = bp_targets_are_classes(spec->loss, units, data);
    if (classes && data->class_index == NULL) {
        return bp_fail(err, BP_INVALID, "/dataset",
                       "the loss %s needs classes, and the target '%.60s' holds real numbers; the "
                       "loss mse takes them",
                       bp_losses.names[spec->loss], data->targets.item[0]);
    }
    size_t outputs = bp_targets_outputs(spec->loss, units, data);
    bp_snapshot *model;
    bp_status status = open_model(&model, spec, current, data->features.count, outputs, err);
    if (status != BP_OK) {
        return status;
    }
    status = bp_names_copy(&model->features, &data->features, err);
    if (status == BP_OK) {
        status = bp_names_copy(&model->targets, &data->targets, err);
    }
    if (status == BP_OK && classes) {
        status = bp_names_copy(&model->classes, &data->classes, err);
    }
    if (status == BP_OK) {
        status = try_targets(model, data, err);
    }
    if (status == BP_OK && spec->preprocessing == BP_PREPROCESSING_STANDARDIZE) {
        status = fit_scaling(model, data, split, err);
    }
    if (status != BP_OK) {
        bp_snapshot_unref(model);
        return status;
    }
    *out = model;
    return BP_OK;
}

static bp_status check_bound(const bp_snapshot *model, const bp_dataset *data, bp_error *err) {
    bp_status status = check_sizes(&model->network, data->features.count,
                                   model->network.width[model->network.layer_count], err);
    return status == BP_OK ? try_targets(model, data, err) : status;
}

/* What schedule and early stopping watch is there to be watched. */
static bp_status check_watched(const bp_snapshot *model, const bp_split *split,
                               const bp_train_options *o, bp_error *err) {
    const bp_monitored watched = {.validation_rows = split->validation,
                                  .labels = model->classes.count > 0 ||
                                            bp_loss_takes_labels(model->network.loss_rule.loss)};
    bp_status status = BP_OK;
    if (o->schedule.type == BP_SCHEDULE_REDUCE_ON_PLATEAU) {
        status = bp_monitor_check(o->schedule.metric, &watched, err);
        if (status != BP_OK) {
            bp_error_nest(err, "/schedule");
        }
    }
    if (status == BP_OK && o->early_stopping.patience > 0) {
        status = bp_monitor_check(o->early_stopping.metric, &watched, err);
        if (status != BP_OK) {
            bp_error_nest(err, "/early_stopping");
        }
    }
    return status;
}

static bp_status bind_bound(bp_snapshot **out, const bp_snapshot *current, const bp_dataset *data,
                            bp_error *err) {
    bp_status status = check_bound(current, data, err);
    return status == BP_OK ? bp_snapshot_copy(out, current, err) : status;
}

/* What the options ask of a model that is bound. */
static bp_status check_options(const bp_snapshot *model, const bp_dataset *data,
                               const bp_split *split, const bp_train_options *options,
                               bp_error *err) {
    bp_status status = bp_loss_weighting_check(&options->loss_weighting, &model->classes, err);
    if (status == BP_OK) {
        status = bp_held_out_check(model, data, &options->validation, err);
    }
    return status == BP_OK ? check_watched(model, split, options, err) : status;
}

bp_status bp_train_bind(bp_snapshot **out, const bp_model_spec *spec, const bp_snapshot *current,
                        const bp_dataset *data, const bp_train_options *options, bp_error *err) {
    bp_snapshot *bound = NULL;
    bp_split split = {0};
    bp_status status = bp_train_options_check(options, err);
    if (status == BP_OK) {
        status = bp_train_split(&split, data, options, err);
    }
    if (status == BP_OK) {
        status = bp_train_options_check_rows(options, split.training, err);
    }
    if (status == BP_OK) {
        status = current == NULL || current->features.count == 0
                     ? bind_fresh(&bound, spec, current, data, &split, err)
                     : bind_bound(&bound, current, data, err);
    }
    if (status == BP_OK) {
        status = check_options(bound, data, &split, options, err);
    }
    bp_split_clear(&split);
    if (status != BP_OK) {
        bp_snapshot_unref(bound);
        return status;
    }
    *out = bound;
    return BP_OK;
}
