/* Verification of a receipt: the same training once more, from what the receipt names, on threads
 * of its own, so that the lanes' are left alone. The replay fills a receipt too, and the answer
 * is the comparison of the two. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "background.h"
#include "clock.h"
#include "receipt.h"
#include "records.h"
#include "service_state.h"

typedef struct replay {
    bp_service *service;
    bp_job_info job;
    bp_job_edits edits;
    bp_train_options options; /* the job's, with the threads of the replay */
    const bp_kernels *kernels;
    size_t threads;
    bp_dataset *data;
    bp_dataset *held_out; /* where it is a data set of its own; else NULL */
    bp_snapshot *start;
    bp_pool *pool;
    bp_trainer *trainer;
    bp_receipt receipt;
    /* of the request, for the thread that replays */
    const bp_replay_options *asked;
    bp_verification *out;
    bp_error *err;
    bp_status status;
} replay;

/* --- what it begins with -------------------------------------------------------------------- */

static bp_status check_ended(const bp_job_info *job, bp_error *err) {
    if (!bp_job_state_is_terminal(job->state)) {
        return bp_fail(err, BP_CONFLICT, NULL,
                       "job %" PRIu64 " is %s: only a job that has ended can be verified", job->id,
                       bp_job_state_name(job->state));
    }
    if (job->receipt.weights_sha256[0] == '\0') {
        return bp_fail(err, BP_CONFLICT, NULL,
                       "job %" PRIu64 " has no receipt: it ended without weights", job->id);
    }
    return BP_OK;
}

static bp_status find_place(replay *run, const bp_replay_options *asked, bp_error *err) {
    run->threads = asked->threads > 0 ? asked->threads : run->job.receipt.threads;
    run->options.threads = run->threads;
    run->kernels = run->service->kernels;
    if (asked->threads > BP_MAX_REPLAY_THREADS) {
        return bp_fail(err, BP_INVALID, "/threads", "%zu threads; at most %d are possible",
                       asked->threads, BP_MAX_REPLAY_THREADS);
    }
    bp_status status = asked->isa != NULL ? bp_kernels_find(asked->isa, &run->kernels, err) : BP_OK;
    if (status != BP_OK) {
        bp_error cause = *err;
        return bp_fail(err, status, "/isa", "%s", cause.message);
    }
    return BP_OK;
}

static bp_status find_data(replay *run, bp_error *err) {
    const char *name = run->job.request.dataset;
    bp_dataset_info info = {0};
    char hex[BP_DIGEST_HEX_SIZE];
    if (bp_service_get_dataset(run->service, name, &info, NULL) != BP_OK) {
        return bp_fail(err, BP_NOT_FOUND, NULL,
                       "the data set '%s' that job %" PRIu64 " was trained on is gone", name,
                       run->job.id);
    }
    run->data = info.dataset;
    /* Of what is there now, not what was noted. */
    if (!bp_dataset_has_digest(run->data, run->job.receipt.data_sha256)) {
        bp_dataset_digest(run->data, hex);
        return bp_fail(err, BP_CONFLICT, NULL,
                       "the data set '%s' is another than the one that job %" PRIu64
                       " was trained on: its sha256 is %s, the receipt's is %s",
                       name, run->job.id, hex, run->job.receipt.data_sha256);
    }
    return BP_OK;
}

/* Whether it is the one that was held out, the configuration's digest tells. */
static bp_status find_held_out(replay *run, bp_error *err) {
    const char *name = run->options.validation.dataset;
    bp_dataset_info info = {0};
    if (run->options.validation.kind != BP_SPLIT_DATASET) {
        return BP_OK;
    }
    if (bp_service_get_dataset(run->service, name, &info, NULL) != BP_OK) {
        return bp_fail(err, BP_NOT_FOUND, NULL,
                       "the data set '%s' that job %" PRIu64 " held out is gone", name,
                       run->job.id);
    }
    run->options.validation.held_out = run->held_out = info.dataset;
    return BP_OK;
}

static bp_status check_held_out(const replay *run, bp_error *err) {
    if (run->held_out != NULL &&
        strcmp(run->receipt.configuration_sha256, run->job.receipt.configuration_sha256) != 0) {
        return bp_fail(err, BP_CONFLICT, NULL,
                       "the data set '%s' is another than the one that job %" PRIu64 " held out",
                       run->options.validation.dataset, run->job.id);
    }
    return BP_OK;
}

/* The weights that the job began with; NULL where its spec draws them. */
static bp_status find_weights(replay *run, bp_model_info *out, bp_error *err) {
    const bp_receipt *receipt = &run->job.receipt;
    if (receipt->fresh) {
        return BP_OK;
    }
    bp_status status = receipt->start_kept
                           ? bp_record_get_start(run->service->store, run->job.id, out, err)
                           : BP_NOT_FOUND;
    if (status == BP_NOT_FOUND) {
        return bp_fail(err, BP_CONFLICT, NULL,
                       "job %" PRIu64 " went on from trained weights, and these were not kept",
                       run->job.id);
    }
    return status;
}

static bp_status bind(replay *run, bp_error *err) {
    const bp_model_spec *spec = &run->job.receipt.spec;
    bp_model_info kept = {0};
    bp_status status = find_weights(run, &kept, err);
    if (status == BP_OK) {
        status = bp_train_bind(&run->start, spec, kept.snapshot, run->data, &run->options, err);
    }
    bp_model_info_clear(&kept);
    if (status != BP_OK) {
        return status;
    }
    bp_receipt_inputs inputs = {.spec = spec,
                                .start = run->start,
                                .data = run->data,
                                .options = &run->options,
                                .edits = &run->edits};
    status = bp_receipt_begin(&run->receipt, &inputs, err);
    return status == BP_OK ? check_held_out(run, err) : status;
}

static bp_status prepare(replay *run, const bp_replay_options *asked, bp_error *err) {
    bp_status status = check_ended(&run->job, err);
    if (status == BP_OK) {
        status = find_place(run, asked, err);
    }
    if (status == BP_OK) {
        status = find_data(run, err);
    }
    if (status == BP_OK) {
        status = find_held_out(run, err);
    }
    if (status == BP_OK) {
        status = bind(run, err);
    }
    if (status == BP_OK) {
        status = bp_pool_new_background(&run->pool, run->threads, err);
    }
    if (status == BP_OK) {
        bp_train_place place = {.pool = run->pool, .kernels = run->kernels};
        status = bp_trainer_new(&run->trainer, run->start, run->data, &run->options, place, err);
        bp_receipt_note_place(&run->receipt, run->kernels, run->threads);
    }
    return status;
}

/* --- the training --------------------------------------------------------------------------- */

/* What was changed at this step. */
static bp_status apply_edits(replay *run, size_t *next, bp_error *err) {
    bp_status status = BP_OK;
    for (; status == BP_OK && *next < run->edits.count &&
           run->edits.edit[*next].step <= run->receipt.steps;
         ++*next) {
        const bp_train_edit edit = {.learning_rate = (float)run->edits.edit[*next].learning_rate,
                                    .epochs = run->edits.edit[*next].epochs};
        status = bp_trainer_edit(run->trainer, &edit, err);
    }
    return status;
}

/* As many steps as the weights of the receipt had. */
static bp_status train(replay *run, bp_error *err) {
    size_t next = 0;
    bp_status status = BP_OK;
    while (status == BP_OK && run->receipt.steps < run->job.receipt.steps &&
           (status = apply_edits(run, &next, err)) == BP_OK && !bp_trainer_done(run->trainer)) {
        /* Relaxed: the flag is all that passes. */
        if (atomic_load_explicit(&run->service->replays_ending, memory_order_relaxed)) {
            return bp_fail(err, BP_INTERRUPTED, NULL, "the server stops; nothing was verified");
        }
        status = bp_trainer_step(run->trainer, err);
        run->receipt.steps += status == BP_OK;
    }
    return status;
}

static bp_status finish(replay *run, bp_error *err) {
    bp_snapshot *end = NULL;
    bp_status status = bp_trainer_snapshot(run->trainer, &end, err);
    if (status == BP_OK) {
        status = bp_snapshot_digest(end, run->receipt.weights_sha256, err);
    }
    bp_snapshot_unref(end);
    return status;
}

static void compare(const replay *run, double seconds, bp_verification *out) {
    *out = (bp_verification){
        .expected = run->job.receipt, .replayed = run->receipt, .seconds = seconds};
    out->differs_count = bp_receipt_compare(&out->expected, &out->replayed, out->differs);
    out->verified = out->differs_count == 0;
}

/* Holds service->replaying; in the background, like any training. */
static void verify(void *context) {
    replay *run = context;
    bp_error *err = run->err;
    double began = bp_clock_seconds();
    bp_status status = prepare(run, run->asked, err);
    if (status == BP_OK) {
        status = train(run, err);
        if (status == BP_OK) {
            status = finish(run, err);
        }
        status = status == BP_DIVERGED ? BP_OK : status; /* then its weights are not the same */
    }
    if (status == BP_OK) {
        compare(run, bp_clock_seconds() - began, run->out);
    }
    bp_trainer_free(run->trainer);
    bp_pool_free(run->pool);
    bp_snapshot_unref(run->start);
    bp_dataset_unref(run->data);
    bp_dataset_unref(run->held_out);
    run->status = status;
}

bp_status bp_service_verify_job(bp_service *service, uint64_t id, const bp_replay_options *options,
                                bp_verification *out, bp_error *err) {
    bp_error own = {0}; /* messages are built on one another, so there must be a place for them */
    bp_error *place = err != NULL ? err : &own;
    replay run = {.service = service, .asked = options, .out = out, .err = place};
    bp_status status = bp_service_get_job(service, id, &run.job, place);
    if (status != BP_OK) {
        return status;
    }
    run.options = run.job.request.options;
    /* Acquire-release: one replay's memory is given back before the next takes its own. */
    if (atomic_exchange_explicit(&service->replaying, true, memory_order_acq_rel)) {
        bp_job_info_clear(&run.job);
        return bp_fail(place, BP_BUSY, NULL, "another job is being verified");
    }
    status = bp_service_job_edits(service, id, &run.edits.edit, &run.edits.count, place);
    status = status == BP_OK ? bp_background_run(verify, &run, place) : status;
    free(run.edits.edit);
    status = status == BP_OK ? run.status : status;
    bp_job_info_clear(&run.job);
    atomic_store_explicit(&service->replaying, false, memory_order_release);
    return status;
}

void bp_service_end_replays(bp_service *service) {
    if (service != NULL) {
        atomic_store_explicit(&service->replays_ending, true, memory_order_relaxed);
    }
}
