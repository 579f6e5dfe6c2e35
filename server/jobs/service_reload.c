/* Jobs as the store has them: those that had not ended go on. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "checkpoint.h"
#include "clock.h"
#include "job_journal.h"
#include "job_marks.h"
#include "record_json.h"
#include "records.h"
#include "service_state.h"

/* --- checkpoints ---------------------------------------------------------------------------- */

/* Before the jobs there are their checkpoints: in the order in which they were first written. */
typedef struct found_mark {
    uint64_t job;
    bp_job_checkpoint mark;
} found_mark;

typedef struct reload {
    bp_service *service;
    bp_id_list jobs;   /* references, until the scheduler has them */
    found_mark *marks; /* [count] */
    size_t count, capacity;
    bp_event *events; /* [event_count] of one job, gathered */
    size_t event_count, event_capacity;
    uint64_t events_of;
} reload;

static bp_status reserve(void **array, size_t *capacity, size_t count, size_t size, bp_error *err) {
    if (count < *capacity) {
        return BP_OK;
    }
    const size_t larger = *capacity < 8 ? 16 : *capacity * 2;
    void *grown = realloc(*array, larger * size);
    if (grown == NULL) {
        return bp_fail(err, BP_NO_MEMORY, NULL, "no memory for the jobs of the store");
    }
    *array = grown;
    *capacity = larger;
    return BP_OK;
}

static bp_status note_mark(void *context, const bp_store_object *object, bp_error *err) {
    reload *self = context;
    found_mark found;
    if (bp_checkpoint_read_mark(object, &found.job, &found.mark, NULL) != BP_OK) {
        return BP_OK; /* its job goes on from another one */
    }
    bp_status status =
        reserve((void **)&self->marks, &self->capacity, self->count, sizeof found, err);
    if (status == BP_OK) {
        self->marks[self->count++] = found;
    }
    return status;
}

static int by_step(const void *a, const void *b) {
    const bp_job_checkpoint *left = a, *right = b;
    return (left->step > right->step) - (left->step < right->step);
}

static void take_marks(const reload *self, uint64_t id, bp_job_info *info, bp_job_parts *parts) {
    for (size_t i = 0; i < self->count; i++) {
        if (self->marks[i].job == id && parts->checkpoint_count < BP_MAX_CHECKPOINTS) {
            parts->checkpoints[parts->checkpoint_count++] = self->marks[i].mark;
        }
    }
    if (parts->checkpoint_count > 0) {
        qsort(parts->checkpoints, parts->checkpoint_count, sizeof *parts->checkpoints, by_step);
        info->checkpoint = parts->checkpoints[parts->checkpoint_count - 1];
    }
}

/* --- jobs that go on ------------------------------------------------------------------------ */

/* What it needs is gone, which should not be. */
static bp_status fail_reload(bp_service *service, bp_job *job, const bp_error *cause,
                             bp_error *err) {
    bp_job_info facts;
    bp_store_batch *batch = NULL;
    bp_service_release_uses(service, job);
    bp_job_draft(job, BP_JOB_FAILED, &facts);
    facts.error = *cause;
    facts.error.code = BP_INTERRUPTED;
    bp_journal_state(job, &facts);
    bp_status status = bp_journal_batch(service, &batch, err);
    const bp_journal_entry entry = {
        .batch = batch, .facts = &facts, .with_history = true, .last = true};
    status = status == BP_OK ? bp_journal_write(service, job, &entry, err) : status;
    bp_event_log_close(job->events);
    return status == BP_OK ? bp_job_end(job, &facts, err) : status;
}

/* A running job waits for its turn again; a paused one stays so. Its history is the checkpoint's.
 */
static bp_status take_up(bp_service *service, bp_job *job, bp_error *err) {
    bp_error cause = {0};
    bp_status status = bp_service_take_uses(service, job, &job->info.request, &cause);
    if (status == BP_OK && job->checkpoint_count > 0) {
        atomic_store(&job->start_stored, true);
        status = bp_checkpoint_show(service->store, job,
                                    job->checkpoints[job->checkpoint_count - 1].step, &cause);
        status = status == BP_IO || status == BP_NOT_FOUND ? BP_OK : status; /* when it opens */
    }
    return status == BP_OK ? BP_OK : fail_reload(service, job, &cause, err);
}

/* Training goes on from the last checkpoint, whatever the last record has seen. */
static void settle_facts(bp_job_info *info) {
    bp_train_progress *progress = &info->progress;
    if (bp_job_state_is_terminal(info->state)) {
        return;
    }
    if (info->state == BP_JOB_RUNNING) {
        info->state = BP_JOB_QUEUED;
    }
    if (progress->step != info->checkpoint.step) {
        progress->step = info->checkpoint.step;
        progress->epoch = info->checkpoint.epoch;
        progress->converged = progress->stopped_early = false;
    }
    info->elapsed_seconds = progress->step > 0 ? info->elapsed_seconds : 0;
}

static bp_status load_one(void *context, const bp_store_object *object, bp_error *err) {
    reload *self = context;
    bp_job_parts parts = {0};
    bp_job_info info = {0};
    bp_job *job = NULL;
    bp_status status = bp_record_read_job(object, &info, &parts, err);
    if (status == BP_OK) {
        take_marks(self, info.id, &info, &parts);
        settle_facts(&info);
        status = bp_id_list_reserve(&self->jobs, err);
    }
    if (status == BP_OK) {
        status = bp_job_new(&job, &info, &parts, err);
    }
    bp_job_info_clear(&info);
    bp_job_parts_clear(&parts);
    if (status != BP_OK) {
        return status;
    }
    bp_id_list_insert(&self->jobs, job->id, job);
    return BP_OK;
}

/* --- events --------------------------------------------------------------------------------- */

static bp_event_type type_of(const char *name) {
    int type = 0;
    while (type < BP_EVENT_TYPE_COUNT &&
           strcmp(bp_event_type_name((bp_event_type)type), name) != 0) {
        type++;
    }
    return type < BP_EVENT_TYPE_COUNT ? (bp_event_type)type : BP_EVENT_WARNING;
}

/* Those gathered become the job's; of a job that is gone they are dropped. */
static bp_status give_events(reload *self, bp_error *err) {
    bp_status status = BP_OK;
    const bp_id_item *item = bp_id_list_find(&self->jobs, self->events_of);
    bp_job *job = item != NULL ? item->value : NULL;
    if (job != NULL && self->event_count > 0) {
        status = bp_event_log_restore(job->events, self->events, self->event_count, err);
        job->events_sent = self->events[self->event_count - 1].sequence;
    }
    if (job == NULL || status != BP_OK) {
        for (size_t i = 0; i < self->event_count; i++) {
            free(self->events[i].data);
        }
    }
    self->event_count = 0;
    return status;
}

static bp_status gather_event(void *context, const bp_store_event *event, bp_error *err) {
    reload *self = context;
    bp_status status = BP_OK;
    if (event->job != self->events_of) {
        status = give_events(self, err);
        self->events_of = event->job;
    }
    if (status == BP_OK) {
        status = reserve((void **)&self->events, &self->event_capacity, self->event_count,
                         sizeof *self->events, err);
    }
    char *data = status == BP_OK ? strdup(event->data) : NULL;
    if (data == NULL) {
        return status != BP_OK
                   ? status
                   : bp_fail(err, BP_NO_MEMORY, NULL, "no memory for the events of the store");
    }
    self->events[self->event_count++] = (bp_event){
        .sequence = event->sequence, .at = event->at, .type = type_of(event->type), .data = data};
    return BP_OK;
}

/* --- the whole ------------------------------------------------------------------------------ */

/* With its events there, a job may say that it goes on. */
static bp_status start_one(bp_service *service, bp_job *job, bp_error *err) {
    bp_job_info info;
    bp_job_describe(job, &info);
    if (bp_job_state_is_terminal(info.state)) {
        bp_event_log_close(job->events);
        job->closed = true;
        return BP_OK;
    }
    bp_status status = take_up(service, job, err);
    if (status == BP_OK && info.state == BP_JOB_QUEUED && info.started_at > 0) {
        bp_journal_event(job, BP_EVENT_RECOVERED,
                         json_pack("{s:I}", "step", (json_int_t)info.checkpoint.step));
        bp_journal_send(service, job);
    }
    return status;
}

/* The jobs go to the scheduler, as far as all is well. */
static bp_status start_all(reload *self, bp_status status, bp_error *err) {
    bp_service *service = self->service;
    for (size_t i = 0; i < self->jobs.count; i++) {
        bp_job *job = self->jobs.item[i].value;
        if (status == BP_OK) {
            status = start_one(service, job, err);
        }
        if (status == BP_OK) {
            status = bp_scheduler_reserve(service->scheduler, err);
        }
        if (status == BP_OK) {
            bp_scheduler_add(service->scheduler, job, job->checkpoint_count > 0);
        } else {
            bp_job_unref(job);
        }
    }
    bp_id_list_clear(&self->jobs);
    return status;
}

bp_status bp_service_load_jobs(bp_service *service, bp_error *err) {
    reload self = {.service = service};
    bp_status status = bp_store_list(service->store, BP_STORE_CHECKPOINT, note_mark, &self, err);
    if (status == BP_OK) {
        status = bp_store_load(service->store, BP_STORE_JOB, load_one, &self, err);
    }
    if (status == BP_OK) {
        status = bp_store_load_events(service->store, gather_event, &self, err);
    }
    if (status == BP_OK) {
        status = give_events(&self, err);
    }
    status = start_all(&self, status, err);
    free(self.marks);
    free(self.events);
    return status;
}
