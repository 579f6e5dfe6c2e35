/* A model meets data: open sizes, scaling of the inputs and labels are fixed here, once. */
#include "encoder.h"
#include "held_out.h"
#include "recipe_fit.h"
#include "targets.h"
#include "trainer.h"

/* What a training begins with: a model's specification and, where there is one, what it is. */
typedef struct model_start {
    const bp_model_spec *spec;
    const bp_snapshot *current; /* NULL: sizes are open */
} model_start;

/* The model's own sizes against the data's. */
static bp_status check_sizes(const bp_network *network, size_t inputs, size_t outputs,
                             bp_error *err) {
    if (network->width[0] != inputs) {
        return bp_fail(err, BP_INVALID, "/model",
                       "the model has %zu inputs, the features of the data make %zu",
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

/* Whether the rows of the data are such as the model takes. */
static bp_status try_rows(const bp_snapshot *model, const bp_dataset *data, bp_error *err) {
    bp_encoder *encoder = NULL;
    bp_status status = bp_encoder_new(&encoder, model, data, err);
    bp_encoder_free(encoder);
    return status;
}

/* Recipe (taken), names and scaling of a model that meets its first data. */
static bp_status introduce(bp_snapshot *model, bp_recipe *recipe, const bp_dataset *data,
                           const bp_split *split, bp_error *err) {
    bp_recipe_clear(&model->recipe);
    model->recipe = *recipe;
    *recipe = (bp_recipe){0};
    bp_status status = bp_recipe_input_names(&model->features, &model->recipe, err);
    if (status == BP_OK) {
        status = bp_names_copy(&model->targets, &data->targets, err);
    }
    if (status == BP_OK) {
        status = try_rows(model, data, err);
    }
    return status == BP_OK ? bp_scaling_fit(model, data, split, err) : status;
}

static bool has_classes(const bp_model_spec *spec, const bp_dataset *data) {
    return bp_targets_are_classes(spec->loss, spec->layers[spec->layer_count - 1].units, data);
}

/* Classes or their absence, and the scaling of real targets. */
static bp_status introduce_targets(bp_snapshot *model, const bp_model_spec *spec,
                                   const bp_dataset *data, const bp_split *split, bp_error *err) {
    bp_status status =
        has_classes(spec, data) ? bp_names_copy(&model->classes, &data->classes, err) : BP_OK;
    if (status == BP_OK) {
        status = try_targets(model, data, err);
    }
    if (status == BP_OK && spec->targets == BP_TARGET_SCALING_STANDARDIZE &&
        model->classes.count == 0 && !bp_loss_takes_labels(spec->loss)) {
        status = bp_target_scaling_fit(model, data->y, split, err);
    }
    return status;
}

/* `recipe` is planned; it is fitted and taken. */
static bp_status bind_fresh(bp_snapshot **out, const model_start *first, bp_recipe *recipe,
                            const bp_dataset *data, const bp_split *split, bp_error *err) {
    const bp_model_spec *spec = first->spec;
    if (has_classes(spec, data) && data->class_index == NULL) {
        return bp_fail(err, BP_INVALID, "/dataset",
                       "the loss %s needs classes, and the target '%.60s' holds real numbers; the "
                       "loss mse takes them",
                       bp_losses.names[spec->loss], data->targets.item[0]);
    }
    bp_snapshot *model = NULL;
    const size_t units = spec->layers[spec->layer_count - 1].units;
    bp_status status = bp_recipe_fit(recipe, data, split, err);
    if (status == BP_OK) {
        status = open_model(&model, spec, first->current, recipe->inputs,
                            bp_targets_outputs(spec->loss, units, data), err);
    }
    if (status == BP_OK) {
        status = introduce(model, recipe, data, split, err);
    }
    if (status == BP_OK) {
        status = introduce_targets(model, spec, data, split, err);
    }
    if (status != BP_OK) {
        bp_snapshot_unref(model);
        return status;
    }
    *out = model;
    return BP_OK;
}

static bp_status check_bound(const bp_snapshot *model, const bp_dataset *data, bp_error *err) {
    bp_status status = try_rows(model, data, err);
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
static bp_status check_options(const bp_snapshot *model, const bp_split *split,
                               const bp_train_options *options, bp_error *err) {
    bp_status status = bp_loss_weighting_check(&options->loss_weighting, &model->classes, err);
    if (status == BP_OK) {
        status = bp_held_out_check(model, &options->validation, err);
    }
    return status == BP_OK ? check_watched(model, split, options, err) : status;
}

/* With a recipe that is planned, or the bound model's. */
static bp_status bind(bp_snapshot **out, const model_start *first, bp_recipe *planned,
                      const bp_dataset *data, const bp_train_options *options, bp_error *err) {
    bp_snapshot *bound = NULL;
    bp_split split = {0};
    const bp_recipe *recipe = planned != NULL ? planned : &first->current->recipe;
    bp_status status = bp_train_split(&split, recipe, data, options, err);
    if (status == BP_OK) {
        status = bp_train_options_check_rows(options, split.training, err);
    }
    if (status == BP_OK) {
        status = planned != NULL ? bind_fresh(&bound, first, planned, data, &split, err)
                                 : bind_bound(&bound, first->current, data, err);
    }
    if (status == BP_OK) {
        status = check_options(bound, &split, options, err);
    }
    bp_split_clear(&split);
    if (status != BP_OK) {
        bp_snapshot_unref(bound);
        return status;
    }
    *out = bound;
    return BP_OK;
}

bp_status bp_train_bind(bp_snapshot **out, const bp_model_spec *spec, const bp_snapshot *current,
                        const bp_dataset *data, const bp_train_options *options, bp_error *err) {
    const model_start first = {spec, current};
    bp_status status = bp_train_options_check(options, err);
    if (status == BP_OK) {
        status = bp_targets_check(data, err);
    }
    if (status != BP_OK) {
        return status;
    }
    if (current != NULL && current->features.count > 0) {
        return bind(out, &first, NULL, data, options, err);
    }
    bp_recipe recipe = {0};
    const bool by_column = options->validation.kind == BP_SPLIT_COLUMN;
    status =
        bp_recipe_plan(&recipe, spec, data, by_column ? options->validation.column : NULL, err);
    if (status == BP_OK) {
        status = bind(out, &first, &recipe, data, options, err);
    }
    bp_recipe_clear(&recipe);
    return status;
}
