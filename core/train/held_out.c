#include "held_out.h"

#include <stdio.h>
#include <string.h>

static bp_status check_features(const bp_names *wanted, const bp_names *found, bp_error *err) {
    if (wanted->count != found->count) {
        return bp_fail(err, BP_INVALID, "/validation/dataset",
                       "the rows that are held out have %zu features, those of the training %zu",
                       found->count, wanted->count);
    }
    for (size_t i = 0; i < wanted->count; i++) {
        if (strcmp(wanted->item[i], found->item[i]) != 0) {
            return bp_fail(err, BP_INVALID, "/validation/dataset",
                           "feature %zu is '%.60s', and '%.60s' where rows are trained on", i + 1,
                           found->item[i], wanted->item[i]);
        }
    }
    return BP_OK;
}

bp_status bp_held_out_read(bp_targets *out, const bp_snapshot *model, const bp_dataset *data,
                           const bp_split_options *options, bp_error *err) {
    bp_status status = check_features(&data->features, &options->held_out->features, err);
    if (status != BP_OK) {
        return status;
    }
    status = bp_targets_read(out, model, options->held_out, err);
    if (status == BP_INVALID && err != NULL) { /* whichever it blames, this one does not fit */
        snprintf(err->field, sizeof err->field, "/validation/dataset");
    }
    return status;
}

bp_status bp_held_out_check(const bp_snapshot *model, const bp_dataset *data,
                            const bp_split_options *options, bp_error *err) {
    if (options->kind != BP_SPLIT_DATASET) {
        return BP_OK;
    }
    bp_targets targets;
    bp_status status = bp_held_out_read(&targets, model, data, options, err);
    if (status == BP_OK) {
        bp_targets_clear(&targets);
    }
    return status;
}
