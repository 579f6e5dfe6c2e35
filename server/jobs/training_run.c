/* One job from its turn to its end, on the runner's thread.
 *
 * Between two minibatches the run looks at the job's stop flag and at the clock, and nothing else:
 * progress goes out under the job's lock at most every REPORT_SECONDS, a snapshot of the weights to
 * the model at ends of epochs at most every PUBLISH_SECONDS and always at the end. */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "clock.h"
#include "receipt.h"
#include "records.h"
#include "service_state.h"

#define REPORT_SECONDS 0.010
#define PUBLISH_SECONDS 0.5

typedef struct training {
    bp_service *service;
    bp_job *job;
    bp_model *model;
    bp_trainer *trainer;
    bp_snapshot *start; /* a reference: what the trainer began with */
    bool undrawn;       /* the model had no weights at all before */
    bp_train_options options;
    double started;          /* monotonic seconds, as the two below */
    double reported;         /* when progress was last published */
    double published;        /* when weights were */
    uint64_t published_step; /* their step; 0: none by this job */
    uint64_t error_step;     /* where training diverged, 1-based */
} training;

/* --- preparation ---------------------------------------------------------------------------- */

/* The weights may have moved since the job was accepted, by jobs before it: binds again. */
static bp_status make_trainer(training *run, bp_error *err) {
    bp_service *service = run->service;
    bp_snapshot *current = bp_model_current(service, run->model);
    run->undrawn = current == NULL;
    bp_status status =
        bp_train_bind(&run->start, &run->model->spec, current, run->job->data, &run->options, err);
    if (status == BP_OK) {
        bp_train_place place = {.pool = service->pool, .kernels = service->kernels};
        status =
            bp_trainer_new(&run->trainer, run->start, run->job->data, &run->options, place, err);
    }
    bp_snapshot_unref(current);
    return status;
}

static bp_status prepare(training *run, bp_error *err) {
    bp_status status = bp_dataset_check(run->job->data, err);
    if (status == BP_OK && run->job->held_out_data != NULL) {
        status = bp_dataset_check(run->job->held_out_data, err);
    }
    if (status == BP_OK) {
        status = make_trainer(run, err);
    }
    if (status == BP_OK) {
        uint64_t steps = bp_trainer_progress(run->trainer).steps_per_epoch;
        bp_job_set_sizes(run->job, run->options.epochs * steps,
                         bp_trainer_validation_rows(run->trainer));
    }
    return status;
}

/* --- what goes out -------------------------------------------------------------------------- */

static void report(training *run, const bp_train_progress *progress, double now) {
    bp_job_report(run->job, progress);
    run->reported = now;
}

/* The present weights become the model's. DIVERGED: they are not finite, the model stays. */
static bp_status publish(training *run, const bp_train_progress *progress, bp_error *err) {
    bp_snapshot *snapshot = NULL;
    bp_status status = bp_trainer_snapshot(run->trainer, &snapshot, err);
    if (status == BP_DIVERGED) {
        run->error_step = progress->step;
    }
    if (status == BP_OK) {
        bp_model_publish(run->service, run->model, snapshot);
        run->published = bp_clock_seconds();
        run->published_step = progress->step;
    }
    return status;
}

static bp_status end_epoch(training *run, const bp_train_progress *progress, bp_error *err) {
    const bp_evaluation *held_out = &progress->validation;
    double now = bp_clock_seconds();
    bp_job_point point = {.epoch = progress->epoch,
                          .step = progress->step,
                          .train_loss = progress->epoch_loss,
                          .validation_loss = held_out->loss,
                          .validation_accuracy = held_out->accuracy,
                          .validation_r2 = held_out->r2,
                          .learning_rate = progress->learning_rate,
                          .elapsed_seconds = now - run->started};
    report(run, progress, now);
    bp_status status = bp_job_add_point(run->job, &point, err);
    if (status == BP_OK && now - run->published >= PUBLISH_SECONDS) {
        status = publish(run, progress, err);
    }
    return status;
}

/* --- the loop ------------------------------------------------------------------------------- */

static bp_status check_stop(const training *run, bp_error *err) {
    switch (bp_job_asked_stop(run->job)) {
    case BP_STOP_NONE:
        return BP_OK;
    case BP_STOP_CANCEL:
        return bp_fail(err, BP_CANCELLED, NULL, "cancelled on request");
    case BP_STOP_SHUTDOWN:
        break;
    }
    return bp_fail(err, BP_INTERRUPTED, NULL,
                   "the server stopped while the job was running; the model keeps the weights that"
                   " it had reached");
}

static bp_status step(training *run, bp_error *err) {
    uint64_t epoch = bp_trainer_progress(run->trainer).epoch;
    bp_status status = bp_trainer_step(run->trainer, err);
    bp_train_progress progress = bp_trainer_progress(run->trainer);
    if (status == BP_DIVERGED) {
        run->error_step = progress.step + 1;
    }
    if (status != BP_OK) {
        return status;
    }
    if (progress.epoch > epoch) {
        return end_epoch(run, &progress, err);
    }
    double now = bp_clock_seconds();
    if (now - run->reported >= REPORT_SECONDS) {
        report(run, &progress, now);
    }
    return BP_OK;
}

/* OK: all epochs done. Else why it ended before. */
static bp_status train(training *run, bp_error *err) {
    bp_status status = check_stop(run, err);
    while (status == BP_OK && !bp_trainer_done(run->trainer)) {
        status = step(run, err);
        if (status == BP_OK && !bp_trainer_done(run->trainer)) {
            status = check_stop(run, err);
        }
    }
    return status;
}

/* --- the end -------------------------------------------------------------------------------- */

static bool keeps_weights(bp_status outcome) {
    return outcome == BP_OK || outcome == BP_CANCELLED || outcome == BP_INTERRUPTED;
}

/* The last weights go to the model, and the model to the store. Returns the outcome, or what went
 * wrong here. */
static bp_status keep_weights(training *run, bp_status outcome, bp_error *err) {
    if (run->trainer == NULL) {
        return outcome;
    }
    bp_train_progress progress = bp_trainer_progress(run->trainer);
    report(run, &progress, bp_clock_seconds());
    if (keeps_weights(outcome) && progress.step > run->published_step) {
        bp_status status = publish(run, &progress, err);
        outcome = status != BP_OK ? status : outcome;
    }
    if (run->published_step > 0) {
        bp_error cause = {0};
        if (bp_model_save(run->service, run->model, &cause) != BP_OK) {
            return bp_fail(err, BP_IO, NULL,
                           "the trained weights are in memory but could not be stored: %.400s",
                           cause.message);
        }
    }
    return outcome;
}

static bp_job_state final_state(bp_status outcome) {
    switch (outcome) {
    case BP_OK:
        return BP_JOB_SUCCEEDED;
    case BP_CANCELLED:
        return BP_JOB_CANCELLED;
    default:
        return BP_JOB_FAILED;
    }
}

static void note_failure(const training *run, const bp_error *err, bp_job_info *draft) {
    draft->error = *err;
    if (err->code == BP_DIVERGED && run->error_step > 0) {
        uint64_t steps = draft->progress.steps_per_epoch;
        draft->error_step = run->error_step;
        draft->error_epoch = steps > 0 ? (run->error_step - 1) / steps + 1 : 0;
    }
}

/* Weights that a model's spec does not draw again are kept for the replay, while disk lasts. */
static void keep_start(const training *run, bp_receipt *receipt) {
    const bp_job *job = run->job;
    receipt->fresh = run->undrawn || (run->start->version == 0 &&
                                      bp_receipt_start_is_drawn(receipt, job->data, &run->options));
    if (!receipt->fresh && run->service->store != NULL) {
        bp_model_info start = {.created_at = job->info.created_at, /* fixed */
                               .spec = receipt->spec,
                               .snapshot = run->start};
        receipt->start_kept =
            bp_record_put_start(run->service->store, job->id, &start, NULL) == BP_OK;
    }
}

static void note_receipt(const training *run, bp_job_info *draft) {
    bp_receipt_inputs inputs = {.spec = &run->model->spec,
                                .start = run->start,
                                .data = run->job->data,
                                .options = &run->options};
    bp_receipt *receipt = &draft->receipt;
    if (bp_receipt_begin(receipt, &inputs, NULL) == BP_OK) {
        size_t pool = bp_pool_threads(run->service->pool), asked = run->options.threads;
        bp_receipt_note_place(receipt, run->service->kernels,
                              asked > 0 && asked < pool ? asked : pool);
        keep_start(run, receipt);
        receipt->steps = run->published_step;
        memcpy(receipt->weights_sha256, draft->sha256, sizeof receipt->weights_sha256);
    }
}

/* Digests are a convenience: without the memory for them the job has none. */
static void note_digest(const training *run, bp_job_info *draft) {
    if (run->published_step > 0) {
        bp_snapshot *current = bp_model_current(run->service, run->model);
        if (bp_snapshot_digest(current, draft->sha256, NULL) == BP_OK) {
            note_receipt(run, draft);
        } else {
            draft->sha256[0] = '\0';
        }
        bp_snapshot_unref(current);
    }
}

void bp_service_run_job(void *service, bp_job *job) {
    bp_error err = {0};
    training run = {.service = service,
                    .job = job,
                    .model = (bp_model *)job->model,
                    .options = job->info.request.options, /* fixed, so it needs no lock */
                    .started = bp_clock_seconds()};
    run.options.validation.held_out = job->held_out_data;
    bp_status outcome = bp_job_begin(job, &err);
    if (outcome == BP_OK) {
        outcome = prepare(&run, &err);
    }
    if (outcome == BP_OK) {
        run.published = bp_clock_seconds();
        outcome = train(&run, &err);
    }
    outcome = keep_weights(&run, outcome, &err);
    bp_job_info draft;
    bp_job_draft_end(job, final_state(outcome), &draft);
    if (draft.state == BP_JOB_FAILED) {
        note_failure(&run, &err, &draft);
    }
    note_digest(&run, &draft);
    bp_trainer_free(run.trainer);
    bp_snapshot_unref(run.start);
    bp_status settled = bp_service_settle(service, job, &draft, &err);
    (void)settled; /* the job's own facts say what could not be recorded */
}
