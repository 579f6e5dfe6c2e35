/* Defaults and limits of a training's options. */
#include <stdlib.h>

#include "encoder.h"
#include "optimizer_rule.h"
#include "validation_interval.h"

bp_train_options bp_train_defaults(void) {
    bp_train_options options = {
        .epochs = 10,
        .batch_size = 32,
        .shuffle = true,
        .seed = 0,
        .validation = {.fraction = 0.1, .every_epochs = 1, .max_share = BP_DEFAULT_MAX_SHARE},
        .threads = 0};
    bp_train_set_optimizer(&options, BP_OPTIMIZER_ADAM);
    return options;
}

bp_status bp_train_options_check_rows(const bp_train_options *o, size_t training, bp_error *err) {
    if (bp_optimizer_is_full_batch(o->optimizer) && o->batch_size > 0 && o->batch_size < training) {
        return bp_fail(err, BP_INVALID, "/batch_size",
                       "%s takes all %zu training rows in each step, not %zu; leave batch_size out",
                       bp_optimizers.names[o->optimizer], training, o->batch_size);
    }
    return BP_OK;
}

bp_status bp_train_split(bp_split *out, const bp_recipe *recipe, const bp_dataset *data,
                         const bp_train_options *o, bp_error *err) {
    uint8_t *excluded = NULL, *excluded_held_out = NULL;
    const bp_dataset *held_out =
        o->validation.kind == BP_SPLIT_DATASET ? o->validation.held_out : NULL;
    bp_status status = bp_encoder_excluded(&excluded, recipe, data, err);
    if (status == BP_OK && held_out != NULL) {
        status = bp_encoder_excluded(&excluded_held_out, recipe, held_out, err);
    }
    if (status == BP_OK) {
        const bp_split_request request = {.data = data,
                                          .options = &o->validation,
                                          .seed = o->seed,
                                          .excluded = excluded,
                                          .excluded_held_out = excluded_held_out};
        status = bp_split_draw(out, &request, err);
    }
    free(excluded);
    free(excluded_held_out);
    return status;
}

static bp_status check_schedule(const bp_train_options *o, bp_error *err) {
    if (bp_optimizer_is_full_batch(o->optimizer) && !bp_schedule_is_constant(&o->schedule)) {
        return bp_fail(err, BP_INVALID, "/schedule",
                       "%s finds the length of its steps itself and takes no schedule",
                       bp_optimizers.names[o->optimizer]);
    }
    return bp_schedule_check(&o->schedule, (double)o->learning_rate, err);
}

bp_status bp_train_options_check(const bp_train_options *o, bp_error *err) {
    if (o->epochs < 1 || o->epochs > BP_MAX_EPOCHS) {
        return bp_fail(err, BP_INVALID, "/epochs", "epochs must be in 1..%d", BP_MAX_EPOCHS);
    }
    const bool all_rows = o->batch_size == 0 && bp_optimizer_is_full_batch(o->optimizer);
    if (!all_rows && (o->batch_size < 1 || o->batch_size > BP_MAX_BATCH)) {
        return bp_fail(err, BP_INVALID, "/batch_size", "batch_size must be in 1..%d", BP_MAX_BATCH);
    }
    bp_status status = bp_split_options_check(&o->validation, err);
    if (status == BP_OK) {
        status = bp_optimizer_check(o, err);
    }
    if (status == BP_OK) {
        status = bp_regularization_check(&o->regularization, err);
    }
    if (status == BP_OK) {
        status = bp_gradient_clipping_check(&o->gradient_clipping, err);
    }
    if (status == BP_OK) {
        status = check_schedule(o, err);
    }
    return status == BP_OK ? bp_early_stopping_check(&o->early_stopping, err) : status;
}
