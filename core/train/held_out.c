#include "held_out.h"

#include <stdio.h>

static bp_status blame(bp_status status, bp_error *err) {
    if (status == BP_INVALID && err != NULL) { /* whichever it blames, this one does not fit */
        snprintf(err->field, sizeof err->field, "/validation/dataset");
    }
    return status;
}

bp_status bp_held_out_read(bp_held_out *out, const bp_snapshot *model, const bp_dataset *data,
                           bp_error *err) {
    bp_held_out held_out = {.data = data};
    bp_status status = bp_encoder_new(&held_out.encoder, model, data, err);
    if (status == BP_OK) {
        status = bp_targets_read(&held_out.targets, model, data, err);
    }
    if (status != BP_OK) {
        bp_held_out_clear(&held_out);
        return blame(status, err);
    }
    *out = held_out;
    return BP_OK;
}

void bp_held_out_clear(bp_held_out *held_out) {
    bp_targets_clear(&held_out->targets);
    bp_encoder_free(held_out->encoder);
    *held_out = (bp_held_out){0};
}

bp_status bp_held_out_check(const bp_snapshot *model, const bp_split_options *options,
                            bp_error *err) {
    bp_held_out held_out;
    if (options->kind != BP_SPLIT_DATASET) {
        return BP_OK;
    }
    bp_status status = bp_held_out_read(&held_out, model, options->held_out, err);
    if (status == BP_OK) {
        bp_held_out_clear(&held_out);
    }
    return status;
}
