#include "job_edits.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "job_marks.h"

void bp_job_show_epochs(bp_job *job) {
    bp_job_set_epochs(job, bp_job_edited_epochs(&job->edits, job->info.request.options.epochs));
}

/* As bp_trainer_edit, without a trainer. */
static bp_status check_edit(const bp_job_info *info, const bp_job_edit *edit, bp_error *err) {
    const uint64_t per_epoch = info->progress.steps_per_epoch;
    const uint64_t begun =
        per_epoch > 0 ? (info->progress.step + per_epoch - 1) / per_epoch : info->progress.epoch;
    if (edit->epochs > 0 && edit->epochs < begun) {
        return bp_fail(err, BP_INVALID, "/epochs",
                       "epochs must be at least %" PRIu64 ", because so many have begun", begun);
    }
    bp_train_options options = info->request.options;
    options.learning_rate =
        edit->learning_rate > 0 ? (float)edit->learning_rate : options.learning_rate;
    options.epochs = edit->epochs > 0 ? edit->epochs : options.epochs;
    bp_status status = bp_train_options_check(&options, err);
    if (status != BP_OK && err != NULL && edit->learning_rate > 0 &&
        strstr(err->field, "learning_rate") != NULL) {
        snprintf(err->field, sizeof err->field, "/learning_rate");
    }
    return status;
}

bp_status bp_job_edit_resting(bp_job *job, bp_job_edit *edit, bp_error *err) {
    bp_job_info info;
    bp_job_describe(job, &info);
    bp_status status = check_edit(&info, edit, err);
    if (status == BP_OK) {
        status = bp_job_reserve_edit(job, err);
    }
    if (status == BP_OK) {
        edit->step = info.progress.step;
        bp_job_add_edit(job, edit);
        bp_job_show_epochs(job);
    }
    return status;
}
