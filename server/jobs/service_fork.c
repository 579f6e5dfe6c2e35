/* A fork: a new job that goes on from another one's checkpoint, with a model of its own. It gets
 * copies of what the other began with and of the checkpoint, and is then a job like any that was
 * interrupted there; what it shall do otherwise is its first edit. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "checkpoint.h"
#include "clock.h"
#include "job_edits.h"
#include "job_journal.h"
#include "job_marks.h"
#include "records.h"
#include "service_state.h"

typedef struct fork {
    bp_service *service;
    bp_job *from;
    const bp_job_fork *asked;
    uint64_t id;
    bp_job *job;
    bp_job_checkpoint mark;
    bool data_is_gone; /* a data set of the other's */
} fork;

enum { MOST_TRIES = 16 };

/* --- what it is made of --------------------------------------------------------------------- */

/* Those up to the checkpoint. */
static bp_status copy_edits(const fork *self, bp_job_edits *out, bp_error *err) {
    bp_status status = bp_job_copy_edits(self->from, out, err);
    while (status == BP_OK && out->count > 0 && out->edit[out->count - 1].step > self->mark.step) {
        out->count--;
    }
    return status;
}

static bp_job_info describe(const fork *self, const bp_job_info *theirs,
                            const bp_job_edits *edits) {
    const bp_job_change *change = &self->asked->change;
    bp_job_info info = {.id = self->id,
                        .request = theirs->request,
                        .state = BP_JOB_QUEUED,
                        .created_at = bp_clock_wall_seconds(),
                        .steps_total = theirs->steps_total,
                        .rows = theirs->rows,
                        .validation_rows = theirs->validation_rows,
                        .progress = theirs->progress,
                        .epochs = bp_job_edited_epochs(edits, theirs->request.options.epochs),
                        .forked_from = self->from->id,
                        .checkpoint = self->mark};
    snprintf(info.request.model, sizeof info.request.model, "%s", self->asked->model);
    info.progress.step = self->mark.step;
    info.progress.epoch = self->mark.epoch;
    info.progress.converged = info.progress.stopped_early = false;
    info.request.terms.priority =
        change->has_priority ? change->priority : info.request.terms.priority;
    if (change->threads > 0) {
        info.request.options.threads =
            change->threads < self->service->threads ? change->threads : self->service->threads;
    }
    return info;
}

static bp_status make_job(fork *self, bp_error *err) {
    bp_job_info theirs;
    bp_job_parts parts = {.checkpoint_count = 1, .checkpoints = {self->mark}};
    bp_job_describe(self->from, &theirs);
    bp_status status = copy_edits(self, &parts.edits, err);
    if (status == BP_OK) {
        const bp_job_info info = describe(self, &theirs, &parts.edits);
        status = bp_job_new(&self->job, &info, &parts, err);
    }
    bp_job_parts_clear(&parts);
    if (status == BP_OK) {
        atomic_store(&self->job->start_stored, true);
        status = bp_checkpoint_show_of(self->service->store, self->job, self->from->id,
                                       self->mark.step, err);
    }
    return status;
}

static bp_status edit(const fork *self, bp_error *err) {
    const bp_job_change *change = &self->asked->change;
    bp_job_edit edit = {.learning_rate = change->learning_rate, .epochs = change->epochs};
    return edit.learning_rate > 0 || edit.epochs > 0 ? bp_job_edit_resting(self->job, &edit, err)
                                                     : BP_OK;
}

/* --- making it durable ---------------------------------------------------------------------- */

/* The model's persist: model, start, checkpoint and job in one batch. Holds models.writing. */
static bp_status persist(void *context, bp_registry_entry *entry, bp_error *err) {
    fork *self = context;
    const bp_model *model = (bp_model *)entry;
    bp_model_info info = {.created_at = entry->created_at, .spec = model->spec};
    memcpy(info.name, entry->name, sizeof info.name);
    bp_store_batch *batch = NULL;
    bp_status status = bp_store_batch_new(&batch, self->service->store, err);
    if (status == BP_OK) {
        status = bp_record_add_model(batch, &info, err);
    }
    if (status == BP_OK) {
        status = bp_record_copy_start(batch, self->service->store, self->from->id, self->id, err);
    }
    if (status == BP_OK) {
        status = bp_checkpoint_copy(batch, self->service->store, self->from->id, self->id,
                                    self->mark.step, err);
    }
    if (status == BP_OK) {
        status = bp_service_tell_job(self->service, self->job, self->asked->hook, batch, err);
    }
    if (status != BP_OK) {
        bp_store_batch_free(batch);
        return status;
    }
    bp_job_info facts;
    bp_job_describe(self->job, &facts);
    bp_journal_state(self->job, &facts);
    const bp_journal_entry written = {.batch = batch};
    return bp_journal_write(self->service, self->job, &written, err);
}

static bp_status spec_of(const fork *self, bp_model_spec *out, bp_error *err) {
    bp_job_info info;
    bp_model_info model;
    bp_job_describe(self->from, &info);
    if (info.receipt.weights_sha256[0] != '\0') {
        *out = info.receipt.spec;
        return BP_OK;
    }
    bp_status status = bp_service_get_model(self->service, info.request.model, &model, err);
    if (status == BP_OK) {
        *out = model.spec;
        bp_model_info_clear(&model);
    }
    return status;
}

static bp_status put_model(fork *self, bp_error *err) {
    bp_model_spec spec;
    bp_status status = spec_of(self, &spec, err);
    if (status == BP_OK) {
        status = bp_model_create_with(self->service, self->asked->model, &spec, persist, self, err);
    }
    if (status != BP_OK && err != NULL && strcmp(err->field, "/name") == 0) {
        snprintf(err->field, sizeof err->field, "/model");
    }
    return status;
}

/* Holds service->starting. */
static bp_status fork_locked(fork *self, bp_error *err) {
    bp_status status = bp_scheduler_admit(self->service->scheduler, &self->id, err);
    if (status == BP_OK) {
        status = bp_job_find_checkpoint(self->from, self->asked->step, &self->mark, err);
    }
    if (status == BP_OK) {
        status = make_job(self, err);
    }
    if (status == BP_OK) {
        status = edit(self, err);
    }
    if (status == BP_OK) {
        status = bp_service_take_data(self->service, self->job, &self->job->info.request, err);
        self->data_is_gone = status == BP_NOT_FOUND;
    }
    if (status == BP_OK) {
        status = put_model(self, err);
    }
    if (status == BP_OK) {
        status = bp_registry_use(&self->service->models, self->asked->model, self->id,
                                 &self->job->model, err);
    }
    return status;
}

static void drop_job(fork *self) {
    if (self->job != NULL) {
        bp_service_release_uses(self->service, self->job);
        bp_job_unref(self->job);
        self->job = NULL;
    }
}

/* A job that runs writes its next checkpoint at any moment, and the one that was found may go while
 * it is read. */
static bool mark_is_gone(const fork *self) {
    bp_job_checkpoint marks[BP_MAX_CHECKPOINTS];
    const size_t count = bp_job_copy_checkpoints(self->from, marks);
    for (size_t i = 0; i < count; i++) {
        if (marks[i].step == self->mark.step) {
            return false;
        }
    }
    return self->mark.step > 0;
}

static bool read_too_late(const fork *self, bp_status status) {
    return !self->data_is_gone &&
           (status == BP_NOT_FOUND || (status == BP_IO && mark_is_gone(self)));
}

/* Holds service->starting. */
static bp_status fork_newest_locked(fork *self, bp_error *err) {
    bp_status status = fork_locked(self, err);
    for (int i = 1; i < MOST_TRIES && read_too_late(self, status); i++) {
        drop_job(self);
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
        status = fork_locked(self, err);
    }
    return status;
}

bp_status bp_service_fork_job(bp_service *service, uint64_t id, const bp_job_fork *asked,
                              uint64_t *new_id, bp_error *err) {
    fork self = {.service = service, .asked = asked};
    bp_status status = bp_service_find_job(service, id, &self.from, err);
    if (status != BP_OK) {
        return status;
    }
    pthread_mutex_lock(&service->starting);
    status = service->store != NULL
                 ? fork_newest_locked(&self, err)
                 : bp_fail(err, BP_CONFLICT, NULL, "without a data directory nothing is kept");
    if (status == BP_OK) {
        bp_scheduler_add(service->scheduler, self.job, true);
        *new_id = self.id;
    } else {
        drop_job(&self);
    }
    pthread_mutex_unlock(&service->starting);
    bp_job_unref(self.from);
    return status;
}
