/* Between two minibatches a training looks at the clock and publishes, and nothing else: progress
 * under the job's lock at most every REPORT_SECONDS, a snapshot of the weights to the model at ends
 * of epochs at most every PUBLISH_SECONDS, and always at its end. */
#include "training.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#include "checkpoint.h"
#include "clock.h"
#include "job_journal.h"
#include "job_marks.h"
#include "records.h"
#include "service_state.h"
#include "trainer_state.h"

#define REPORT_SECONDS 0.010
#define PUBLISH_SECONDS 0.5

/* --- what goes out -------------------------------------------------------------------------- */

static void report(bp_training *t, const bp_train_progress *progress, double now) {
    bp_job_report(t->job, progress);
    t->reported = now;
}

void bp_training_report(bp_training *t) {
    const bp_train_progress progress = bp_trainer_progress(t->trainer);
    report(t, &progress, bp_clock_seconds());
}

bp_status bp_training_publish(bp_training *t, bp_error *err) {
    bp_snapshot *snapshot = NULL;
    bp_status status = bp_trainer_snapshot(t->trainer, &snapshot, err);
    if (status == BP_OK) {
        bp_model_publish(t->service, t->model, snapshot);
        t->published = bp_clock_seconds();
        t->published_step = bp_trainer_progress(t->trainer).step;
    }
    return status;
}

static bp_status add_point(bp_training *t, const bp_job_point *point, bp_error *err) {
    bp_status status = bp_job_add_point(t->job, point, err);
    if (status == BP_OK) {
        bp_journal_point(t->service, t->job, point);
    }
    return status;
}

static bp_status end_epoch(bp_training *t, const bp_train_progress *progress, double now,
                           bp_error *err) {
    const bp_evaluation *held_out = &progress->validation;
    const bp_job_point point = {.epoch = progress->epoch,
                                .step = progress->step,
                                .train_loss = progress->epoch_loss,
                                .validation_loss = held_out->loss,
                                .validation_accuracy = held_out->accuracy,
                                .validation_r2 = held_out->r2,
                                .learning_rate = progress->learning_rate,
                                .elapsed_seconds = bp_job_elapsed(t->job)};
    report(t, progress, now);
    t->observed_step = progress->observation.step; /* one at the end says nothing more */
    bp_status status = add_point(t, &point, err);
    if (status == BP_OK && now - t->published >= PUBLISH_SECONDS) {
        status = bp_training_publish(t, err);
    }
    return status;
}

/* The held-out rows within an epoch. */
static bp_status observe(bp_training *t, const bp_train_progress *progress, bp_error *err) {
    const bp_observation *seen = &progress->observation;
    const bp_job_point point = {.epoch = progress->epoch + 1,
                                .step = seen->step,
                                .train_loss = seen->train_loss,
                                .validation_loss = seen->validation.loss,
                                .validation_accuracy = seen->validation.accuracy,
                                .validation_r2 = seen->validation.r2,
                                .learning_rate = progress->learning_rate,
                                .elapsed_seconds = bp_job_elapsed(t->job),
                                .observed = 1};
    t->observed_step = seen->step;
    return add_point(t, &point, err);
}

/* --- a step --------------------------------------------------------------------------------- */

/* The edit that comes first from `step` on; its step goes to edit_step. False: none. */
static bool find_edit(bp_training *t, uint64_t step, bp_job_edit *out) {
    const bp_job_edits *edits = &t->job->edits; /* the driver's to change, so to read */
    t->edit_step = UINT64_MAX;
    for (size_t i = 0; i < edits->count; i++) {
        if (edits->edit[i].step >= step) {
            *out = edits->edit[i];
            t->edit_step = out->step;
            return true;
        }
    }
    return false;
}

static bp_status apply(bp_training *t, const bp_job_edit *edit, bp_error *err) {
    const bp_train_edit change = {.learning_rate = (float)edit->learning_rate,
                                  .epochs = edit->epochs};
    bp_status status = bp_trainer_edit(t->trainer, &change, err);
    if (status == BP_OK && edit->epochs > 0) {
        bp_job_set_epochs(t->job, edit->epochs);
    }
    return status;
}

/* Edits that were made at this step, before. */
static bp_status apply_due(bp_training *t, bp_error *err) {
    const uint64_t step = bp_trainer_progress(t->trainer).step;
    bp_job_edit edit;
    bp_status status = BP_OK;
    if (find_edit(t, step, &edit) && edit.step == step) {
        status = apply(t, &edit, err);
        find_edit(t, step + 1, &edit);
    }
    return status;
}

bp_status bp_training_edit(bp_training *t, bp_job_edit *edit, bp_error *err) {
    edit->step = bp_trainer_progress(t->trainer).step;
    bp_status status = bp_job_reserve_edit(t->job, err);
    if (status == BP_OK) {
        status = apply(t, edit, err);
    }
    if (status == BP_OK) {
        bp_job_add_edit(t->job, edit);
    }
    return status;
}

static void note_place(bp_training *t, const bp_train_progress *progress) {
    t->step = progress->step;
    t->epoch = progress->epoch;
    t->now = bp_clock_seconds();
}

/* A step may take less than a microsecond, so progress is copied and the clock read once. */
bp_status bp_training_step(bp_training *t, bp_error *err) {
    bp_status status = t->step == t->edit_step ? apply_due(t, err) : BP_OK;
    if (status == BP_OK && !bp_trainer_done(t->trainer)) {
        status = bp_trainer_step(t->trainer, err);
    }
    if (status != BP_OK) {
        return status;
    }
    const bp_train_progress progress = bp_trainer_progress(t->trainer);
    const bool ended = progress.epoch > t->epoch;
    note_place(t, &progress);
    if (ended) {
        return end_epoch(t, &progress, t->now, err);
    }
    if (progress.observation.step > t->observed_step) {
        return observe(t, &progress, err);
    }
    if (t->now - t->reported >= REPORT_SECONDS) {
        report(t, &progress, t->now);
    }
    return BP_OK;
}

/* --- the end -------------------------------------------------------------------------------- */

static bp_job_ending budget_ending(const bp_training *t) {
    const bp_job_terms *terms = &t->job->info.request.terms; /* what is read of it is fixed */
    if (terms->budget_samples > 0 &&
        bp_trainer_progress(t->trainer).samples_seen >= terms->budget_samples) {
        return BP_ENDING_SAMPLES;
    }
    if (terms->budget_seconds > 0 && bp_job_elapsed(t->job) >= terms->budget_seconds) {
        return BP_ENDING_SECONDS;
    }
    return BP_ENDING_NONE;
}

bp_job_ending bp_training_ending(const bp_training *t) {
    const bp_train_progress progress = bp_trainer_progress(t->trainer);
    if (progress.converged) {
        return BP_ENDING_CONVERGED;
    }
    if (progress.stopped_early) {
        return BP_ENDING_EARLY_STOPPING;
    }
    return bp_trainer_done(t->trainer) ? BP_ENDING_EPOCHS : budget_ending(t);
}

bool bp_training_done(const bp_training *t) {
    const bp_job_terms *terms = &t->job->info.request.terms;
    return bp_trainer_done(t->trainer) ||
           ((terms->budget_samples > 0 || terms->budget_seconds > 0) &&
            budget_ending(t) != BP_ENDING_NONE);
}

/* --- opening -------------------------------------------------------------------------------- */

/* What the training begins with: of one that goes on, what it began with then. */
static bp_status find_start(bp_training *t, bool goes_on, bp_snapshot **out, bp_error *err) {
    bp_model_info kept = {0};
    if (!goes_on) {
        *out = bp_model_current(t->service, t->model);
        t->undrawn = *out == NULL;
        return BP_OK;
    }
    bp_status status = bp_record_get_start(t->service->store, t->job->id, &kept, err);
    t->undrawn = status == BP_NOT_FOUND;
    *out = kept.snapshot;
    kept.snapshot = NULL;
    bp_model_info_clear(&kept);
    return status == BP_NOT_FOUND ? BP_OK : status;
}

static bp_status make_trainer(bp_training *t, bool goes_on, bp_pool *pool, bp_error *err) {
    bp_snapshot *begun = NULL;
    bp_status status = find_start(t, goes_on, &begun, err);
    if (status == BP_OK) {
        status = bp_train_bind(&t->start, &t->model->spec, begun, t->job->data, &t->options, err);
    }
    if (status == BP_OK) {
        bp_train_place place = {.pool = pool, .kernels = t->service->kernels};
        status = bp_trainer_new(&t->trainer, t->start, t->job->data, &t->options, place, err);
    }
    bp_snapshot_unref(begun);
    return status;
}

static bp_status prepare(bp_training *t, bp_pool *pool, bp_error *err) {
    const bool goes_on = t->job->checkpoint_count > 0;
    bp_status status = bp_dataset_check(t->job->data, err);
    if (status == BP_OK && t->job->held_out_data != NULL) {
        status = bp_dataset_check(t->job->held_out_data, err);
    }
    if (status == BP_OK) {
        status = make_trainer(t, goes_on, pool, err);
    }
    if (status == BP_OK && goes_on) {
        status = bp_checkpoint_take_up(t, err);
    }
    if (status == BP_OK) {
        const uint64_t steps = bp_trainer_progress(t->trainer).steps_per_epoch;
        bp_training_report(t);
        bp_job_set_sizes(t->job, t->job->info.epochs * steps,
                         bp_trainer_validation_rows(t->trainer));
        const bp_train_progress progress = bp_trainer_progress(t->trainer);
        note_place(t, &progress);
        t->checkpoint_step = progress.step;
        t->observed_step = progress.observation.step;
    }
    return status == BP_OK && t->checkpoint_step > 0 ? bp_training_publish(t, err) : status;
}

bp_status bp_training_open(bp_training **out, bp_service *service, bp_job *job, bp_pool *pool,
                           bp_error *err) {
    bp_training *t = calloc(1, sizeof *t);
    if (t == NULL) {
        return bp_fail(err, BP_NO_MEMORY, NULL, "no memory to train");
    }
    bp_job_info info;
    bp_job_describe(job, &info);
    t->service = service;
    t->job = job;
    t->model = (bp_model *)job->model;
    t->options = info.request.options; /* fixed but for the threads, which the lanes deal */
    t->options.threads = 0;
    t->options.validation.held_out = job->held_out_data;
    bp_status status = prepare(t, pool, err);
    if (status != BP_OK) {
        bp_training_free(t);
        return status;
    }
    *out = t;
    return BP_OK;
}

bp_status bp_training_begin_turn(bp_training *t, bp_error *err) {
    t->checkpointed = t->published = t->reported = bp_clock_seconds();
    return apply_due(t, err);
}

void bp_training_free(bp_training *t) {
    if (t != NULL) {
        bp_trainer_free(t->trainer);
        bp_snapshot_unref(t->start);
        free(t);
    }
}
