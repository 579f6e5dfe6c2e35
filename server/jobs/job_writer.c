#include "job_writer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "checkpoint.h"
#include "clock.h"
#include "job_control.h"
#include "job_journal.h"
#include "job_marks.h"
#include "job_receipt.h"
#include "record_json.h"
#include "records.h"
#include "service_state.h"

/* Until an end or a checkpoint that could not be written is tried again. */
#define RETRY_SECONDS 1.0

struct bp_job_errand {
    bp_errand base; /* first: the keeper's */
    bool told;      /* the event of its end is in the log */
    bool warned;    /* that it could not be written */
    uint64_t event; /* of the checkpoint, which may still fail; 0: none */
    bp_service *service;
    bp_job *job; /* a reference */
    bp_job_info facts;
    bp_job_state state;       /* that the job has when this is durable */
    bp_checkpoint checkpoint; /* no bytes: none */
    bp_snapshot *weights;     /* a reference: the model's, after this; NULL: they stay */
    uint64_t number;          /* of the weights, among those of the model */
    uint64_t before;          /* the number of those that they replaced */
    bp_snapshot *start;       /* a reference: what the training began with; NULL: not known */
    bool undrawn;             /* the model had no weights at all before */
    bp_train_options options; /* of an end with weights */
};
typedef struct bp_job_errand errand;

static void clear_errand(errand *self) {
    bp_checkpoint_clear(&self->checkpoint);
    bp_snapshot_unref(self->weights);
    bp_snapshot_unref(self->start);
    bp_job_unref(self->job);
    free(self);
}

/* NULL: no memory. */
static errand *new_errand(bp_service *service, bp_job *job) {
    errand *self = calloc(1, sizeof *self);
    if (self != NULL) {
        self->service = service;
        self->job = bp_job_ref(job);
    }
    return self;
}

bp_status bp_writer_prepare(bp_job_errand **out, bp_error *err) {
    *out = calloc(1, sizeof **out);
    return *out != NULL ? BP_OK : bp_fail(err, BP_NO_MEMORY, NULL, "no memory for a job's end");
}

static void note_training(errand *self, const bp_training *t) {
    self->start = bp_snapshot_ref(t->start);
    self->undrawn = t->undrawn;
    self->options = t->options;
}

/* --- parts of a batch ----------------------------------------------------------------------- */

/* What a job left goes to the store a second time where the first failed. By then a job after it
 * may have left weights too, which these must not replace. */
static void number_weights(errand *self, bp_model *model) {
    self->number = atomic_fetch_add(&model->weights_left, 1) + 1;
}

/* They did not arrive; those before them may. */
static void take_back_weights(const errand *self) {
    uint_least64_t number = self->number;
    if (self->weights != NULL && number > 0) {
        atomic_compare_exchange_strong(&((bp_model *)self->job->model)->weights_sent, &number,
                                       self->before);
    }
}

static bp_status add_weights(errand *self, bp_store_batch *batch, bp_error *err) {
    bp_model *model = (bp_model *)self->job->model;
    if (self->weights == NULL || atomic_load(&model->weights_sent) > self->number) {
        return BP_OK;
    }
    self->before = atomic_exchange(&model->weights_sent, self->number);
    bp_model_info info = {.created_at = model->entry.created_at, /* fixed, as the next two */
                          .spec = model->spec,
                          .snapshot = self->weights};
    memcpy(info.name, model->entry.name, sizeof info.name);
    return bp_record_add_model(batch, &info, err);
}

/* What the training began with, so that it can be made again from there. */
static bp_status add_start(const errand *self, bp_store_batch *batch, bp_error *err) {
    const bp_model_info start = {.created_at = self->job->info.created_at, /* fixed */
                                 .spec = ((bp_model *)self->job->model)->spec,
                                 .snapshot = self->start};
    return bp_record_add_start(batch, self->job->id, &start, err);
}

static bool needs_start(const errand *self) {
    return self->start != NULL && !self->undrawn && !atomic_load(&self->job->start_stored);
}

/* With what it makes superfluous. */
static bp_status add_checkpoint(errand *self, bp_store_batch *batch, bp_error *err) {
    bp_job_checkpoint *mark = &self->checkpoint.mark;
    uint64_t dropped[BP_MAX_CHECKPOINTS];
    bp_status status = bp_snapshot_digest(self->weights, mark->sha256, err);
    if (status == BP_OK) {
        status = bp_checkpoint_add(batch, self->job->id, &self->checkpoint, err);
    }
    const size_t count = bp_job_plan_checkpoint(self->job, mark, dropped);
    for (size_t i = 0; status == BP_OK && i < count; i++) {
        status = bp_checkpoint_forget(batch, self->job->id, dropped[i], err);
    }
    return status == BP_OK && needs_start(self) ? add_start(self, batch, err) : status;
}

/* --- the end of a write --------------------------------------------------------------------- */

static json_t *describe_failure(const char *what, const bp_error *why) {
    return json_pack("{s:s, s:o}", "what", what, "message", bp_record_text(why->message));
}

static void warn(const errand *self, const char *what, const bp_error *why) {
    bp_journal_event(self->job, BP_EVENT_WARNING, describe_failure(what, why));
    bp_journal_send(self->service, self->job);
}

/* The checkpoint is on the disk. */
static void note_checkpoint(const errand *self) {
    atomic_store(&self->job->start_stored, true);
    bp_job_add_checkpoint(self->job, &self->checkpoint.mark);
}

/* It goes out with the checkpoint itself. */
static void tell_checkpoint(errand *self) {
    const bp_job_checkpoint *mark = &self->checkpoint.mark;
    self->event = bp_journal_event(self->job, BP_EVENT_CHECKPOINT,
                                   json_pack("{s:I, s:I, s:I, s:s}", "step", (json_int_t)mark->step,
                                             "epoch", (json_int_t)mark->epoch, "bytes",
                                             (json_int_t)mark->size, "sha256", mark->sha256));
}

/* --- checkpoints on the way ----------------------------------------------------------------- */

/* What says that there is one, and nobody has seen yet, says now that there is none. */
static void tell_failure(const errand *self, const bp_error *err) {
    bp_job_give_up_checkpoint(self->job, &self->checkpoint.mark);
    if (self->event == 0) {
        warn(self, "checkpoint_failed", err);
        return;
    }
    bp_journal_amend(self->job, self->event, BP_EVENT_WARNING,
                     describe_failure("checkpoint_failed", err));
}

static void checkpoint_done(void *context, bp_status status, const bp_error *err) {
    errand *self = context;
    if (status == BP_OK) {
        note_checkpoint(self);
    } else {
        tell_failure(self, err);
        self->job->checkpoint_after = bp_clock_seconds() + RETRY_SECONDS;
    }
    atomic_store(&self->job->checkpoint_under_way, false);
    clear_errand(self);
}

/* On the keeper's thread. */
static void write_checkpoint(bp_errand *base) {
    errand *self = (errand *)base;
    bp_error err = {0};
    bp_store_batch *batch = NULL;
    bp_status status = bp_journal_batch(self->service, &batch, &err);
    if (status == BP_OK) {
        status = add_checkpoint(self, batch, &err);
    }
    if (status == BP_OK) {
        tell_checkpoint(self);
    }
    const bp_journal_entry entry = {
        .batch = batch, .state = BP_JOB_RUNNING, .done = checkpoint_done, .context = self};
    if (status == BP_OK) {
        status = bp_journal_submit(self->service, self->job, &entry, &err);
    } else {
        bp_store_batch_free(batch);
    }
    if (status != BP_OK) {
        checkpoint_done(self, status, &err);
    }
}

/* Weights first: where they are not finite there is nothing to keep. */
static bp_status take_checkpoint(errand *self, bp_training *t, bp_error *err) {
    bp_status status = bp_training_publish(t, err);
    if (status == BP_OK) {
        self->weights = bp_model_current(t->service, t->model);
        status = bp_checkpoint_take(&self->checkpoint, t, err);
    }
    return status;
}

bp_status bp_writer_checkpoint(bp_training *t, bp_error *err) {
    bp_job *job = t->job;
    if (t->service->store == NULL || atomic_load(&job->checkpoint_under_way) ||
        bp_clock_seconds() < job->checkpoint_after) {
        return BP_OK;
    }
    errand *self = new_errand(t->service, job);
    if (self == NULL) {
        return bp_fail(err, BP_NO_MEMORY, NULL, "no memory for a checkpoint");
    }
    note_training(self, t);
    bp_training_report(t);
    bp_status status = take_checkpoint(self, t, err);
    if (status != BP_OK) {
        clear_errand(self);
        return status;
    }
    atomic_store(&job->checkpoint_under_way, true);
    self->base.run = write_checkpoint;
    bp_keeper_hand_over(t->service->keeper, &self->base);
    return BP_OK;
}

/* --- putting down --------------------------------------------------------------------------- */

static void put_down_done(void *context, bp_status status, const bp_error *err) {
    errand *self = context;
    if (status != BP_OK) {
        take_back_weights(self);
        bp_job_give_up_checkpoint(self->job, &self->checkpoint.mark);
        warn(self, "pause_not_stored", err);
    } else if (self->checkpoint.bytes != NULL) {
        note_checkpoint(self);
    }
    bp_status parked = bp_job_park(self->job, self->state, NULL);
    (void)parked; /* from running, always */
    clear_errand(self);
}

/* On the keeper's thread. */
static void write_put_down(bp_errand *base) {
    errand *self = (errand *)base;
    bp_error err = {0};
    bp_store_batch *batch = NULL;
    bp_status status = bp_journal_batch(self->service, &batch, &err);
    if (status == BP_OK && batch != NULL && self->checkpoint.bytes != NULL) {
        status = add_checkpoint(self, batch, &err);
        if (status == BP_OK) {
            status = add_weights(self, batch, &err);
        }
    }
    if (self->state == BP_JOB_PAUSED) {
        bp_journal_state(self->job, &self->facts);
    }
    const bp_journal_entry entry = {
        .batch = batch, .state = self->state, .done = put_down_done, .context = self};
    if (status == BP_OK) {
        status = bp_journal_submit(self->service, self->job, &entry, &err);
    } else {
        bp_store_batch_free(batch);
    }
    if (status != BP_OK) {
        put_down_done(self, status, &err);
    }
}

/* Where a checkpoint is not to be had the job is put down all the same: in memory. */
static void pack_training(errand *self, bp_training *t) {
    bp_error err = {0};
    bp_training_report(t);
    note_training(self, t);
    number_weights(self, t->model);
    if (bp_trainer_progress(t->trainer).step > 0 && self->service->store != NULL &&
        take_checkpoint(self, t, &err) != BP_OK) {
        warn(self, "checkpoint_failed", &err);
    }
}

/* There was no memory to write it: it is put down in memory alone. */
static void park_unwritten(bp_job *job, bp_job_state state) {
    bp_status parked = bp_job_park(job, state, NULL);
    (void)parked; /* from running, always */
}

void bp_writer_put_down(bp_service *service, bp_job *job, bp_job_state state) {
    errand *self = new_errand(service, job);
    bp_job_stop_clock(job);
    if (self == NULL) {
        park_unwritten(job, state);
        return;
    }
    self->state = state;
    if (job->training != NULL) {
        pack_training(self, job->training);
    }
    if (state != BP_JOB_PAUSED) {
        bp_training_free(job->training);
        job->training = NULL;
    }
    bp_job_draft(job, state, &self->facts);
    self->base.run = write_put_down;
    bp_keeper_hand_over(service->keeper, &self->base);
}

/* --- the end -------------------------------------------------------------------------------- */

/* The disk is full, or failed: the job stays as it is, at its end, until there is room, or until
 * the server stops, after which it goes on from its last checkpoint. */
static bool try_later(errand *self, const bp_error *why) {
    if (!self->warned) {
        warn(self, "end_not_stored", why);
        self->warned = true;
    }
    return bp_keeper_try_again(self->service->keeper, &self->base, RETRY_SECONDS);
}

static void end_done(void *context, bp_status status, const bp_error *err) {
    errand *self = context;
    bp_job *job = self->job;
    if (status != BP_OK) {
        take_back_weights(self);
        if (try_later(self, err)) {
            return;
        }
    }
    bp_service_release_uses(self->service, job);
    bp_event_log_commit(job->events, UINT64_MAX);
    bp_event_log_close(job->events);
    bp_status ended = bp_job_end(job, &self->facts, NULL);
    (void)ended; /* from a state that may, always */
    clear_errand(self);
}

/* What the receipt says of the start decides whether it is kept. */
static bp_status add_end(errand *self, bp_store_batch *batch, bp_error *err) {
    bp_status status = add_weights(self, batch, err);
    if (status != BP_OK || self->weights == NULL) {
        return status;
    }
    bp_receipt *receipt = &self->facts.receipt;
    if (receipt->fresh && atomic_load(&self->job->start_stored)) {
        char name[BP_RECORD_ID_SIZE];
        bp_record_job_name(self->job->id, name);
        return bp_store_batch_delete(batch, BP_STORE_START, name, err);
    }
    receipt->start_kept = !receipt->fresh && self->start != NULL;
    return receipt->start_kept && needs_start(self) ? add_start(self, batch, err) : BP_OK;
}

/* On the keeper's thread. */
static void write_end(bp_errand *base) {
    errand *self = (errand *)base;
    bp_error err = {0};
    bp_store_batch *batch = NULL;
    if (self->weights != NULL && self->facts.sha256[0] == '\0') {
        const bp_job_receipt_of of = {.service = self->service,
                                      .job = self->job,
                                      .start = self->start,
                                      .weights = self->weights,
                                      .options = &self->options,
                                      .undrawn = self->undrawn};
        bp_job_receipt_fill(&self->facts, &of);
    }
    bp_status status = bp_journal_batch(self->service, &batch, &err);
    if (status == BP_OK && batch != NULL) {
        status = add_end(self, batch, &err);
    }
    if (!self->told) {
        bp_journal_state(self->job, &self->facts);
        self->told = true;
    }
    const bp_journal_entry entry = {.batch = batch,
                                    .facts = &self->facts,
                                    .with_history = true,
                                    .last = true,
                                    .done = end_done,
                                    .context = self};
    if (status == BP_OK) {
        status = bp_journal_submit(self->service, self->job, &entry, &err);
    } else {
        bp_store_batch_free(batch);
    }
    if (status != BP_OK) {
        end_done(self, status, &err);
    }
}

/* The model's weights are this job's if it published any. */
static void pack_end(errand *self, bp_training *t) {
    note_training(self, t);
    number_weights(self, t->model);
    if (t->published_step > 0) {
        self->weights = bp_model_current(t->service, t->model);
    }
    self->facts.receipt.steps = t->published_step;
}

static void note_failure(bp_job_info *facts, const bp_training *t, const bp_error *err) {
    facts->error = *err;
    if (err->code == BP_DIVERGED && t != NULL) {
        const bp_divergence found = bp_trainer_divergence(t->trainer);
        const bp_train_progress progress = bp_trainer_progress(t->trainer);
        const bool traced = found.epoch > 0; /* else weights that were to be published */
        facts->error_epoch = traced ? found.epoch : progress.epoch + 1;
        facts->error_step = traced ? found.step : progress.step;
        facts->error_layer = found.layer;
        snprintf(facts->error_tensor, sizeof facts->error_tensor, "%s", found.tensor);
    }
}

void bp_writer_end(bp_service *service, bp_job *job, bp_job_state state, const bp_error *err) {
    errand *self = job->last_errand;
    bp_training *training = job->training;
    job->last_errand = NULL;
    job->training = NULL;
    self->service = service;
    self->job = bp_job_ref(job);
    bp_job_set_ending(job);
    bp_job_stop_clock(job);
    bp_job_draft(job, state, &self->facts);
    if (state == BP_JOB_SUCCEEDED && training != NULL) {
        self->facts.ended_by = bp_training_ending(training);
    }
    if (training != NULL) {
        pack_end(self, training);
    }
    if (state == BP_JOB_FAILED) {
        note_failure(&self->facts, training, err);
    }
    self->state = state;
    bp_training_free(training);
    self->base.run = write_end;
    bp_keeper_hand_over(service->keeper, &self->base);
}
