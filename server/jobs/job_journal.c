#include "job_journal.h"

#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "record_json.h"
#include "records.h"
#include "service_state.h"

enum { EVENTS_AT_ONCE = 64 };

/* A batch on its way. */
typedef struct parcel {
    bp_service *service;
    bp_job *job;          /* a reference */
    bp_event_span events; /* new ones */
    bp_event_span again;  /* that failed before */
    bool only_events;
    bp_store_done done;
    void *context;
} parcel;

/* --- events --------------------------------------------------------------------------------- */

/* The text of what an event says; takes `data`. NULL: no memory. */
static char *text_of(json_t *data) {
    char *text = data != NULL ? json_dumps(data, JSON_COMPACT | JSON_REAL_PRECISION(15)) : NULL;
    json_decref(data);
    return text != NULL ? text : strdup("{}");
}

void bp_journal_state(bp_job *job, const bp_job_info *info) {
    bp_event_type type;
    json_t *data = bp_job_state_event(info, &type);
    bp_journal_event(job, type, data);
}

/* An event less is no harm: the record says what counts. */
uint64_t bp_journal_event(bp_job *job, bp_event_type type, json_t *data) {
    uint64_t sequence = 0;
    char *text = text_of(data);
    pthread_mutex_lock(&job->recording);
    if (text != NULL && bp_event_log_append(job->events, type, bp_clock_wall_seconds(), text,
                                            &sequence, NULL) != BP_OK) {
        sequence = 0;
    }
    pthread_mutex_unlock(&job->recording);
    return sequence;
}

void bp_journal_amend(bp_job *job, uint64_t sequence, bp_event_type type, json_t *data) {
    char *text = text_of(data);
    pthread_mutex_lock(&job->recording);
    if (text != NULL) {
        bp_event_log_amend(job->events, sequence, type, text);
    }
    pthread_mutex_unlock(&job->recording);
}

/* The events of the span go into the batch (NULL: none); the last of them to span->up_to. Holds
 * job->recording. */
static bp_status add_span_locked(bp_job *job, bp_store_batch *batch, bp_event_span *span,
                                 bp_error *err) {
    bp_event events[EVENTS_AT_ONCE];
    bp_status status = BP_OK;
    uint64_t last = span->after;
    for (size_t count;
         status == BP_OK && last < span->up_to &&
         (count = bp_event_log_appended(job->events, last, events, EVENTS_AT_ONCE)) > 0;) {
        for (size_t i = 0; status == BP_OK && i < count && last < span->up_to; i++) {
            const bp_store_event event = {.job = job->id,
                                          .sequence = events[i].sequence,
                                          .at = events[i].at,
                                          .type = bp_event_type_name(events[i].type),
                                          .data = events[i].data};
            status = batch != NULL ? bp_store_batch_event(batch, &event, err) : BP_OK;
            last = event.sequence;
        }
    }
    if (status == BP_OK) {
        span->up_to = last;
    }
    return status;
}

/* --- parcels -------------------------------------------------------------------------------- */

/* All events that are not on their way go into its batch. Holds job->recording. */
static bp_status pack_events_locked(parcel *self, bp_store_batch *batch, bp_error *err) {
    bp_job *job = self->job;
    self->again = job->events_lost;
    self->events = (bp_event_span){.after = job->events_sent, .up_to = UINT64_MAX};
    bp_status status = add_span_locked(job, batch, &self->again, err);
    return status == BP_OK ? add_span_locked(job, batch, &self->events, err) : status;
}

/* They are on their way. Holds job->recording. */
static void note_sent_locked(const parcel *self) {
    self->job->events_sent = self->events.up_to;
    self->job->events_lost = (bp_event_span){0};
}

/* There is one span of lost events; they are of batches that followed one another. What has no
 * place in it is gone. Holds job->recording. */
static void note_lost_locked(bp_job *job, bp_event_span span) {
    bp_event_span *lost = &job->events_lost;
    if (lost->after == lost->up_to) {
        *lost = span;
    } else if (lost->up_to == span.after) {
        lost->up_to = span.up_to;
    }
}

/* What could not be written goes with the next batch. */
static void take_back(parcel *self) {
    bp_job *job = self->job;
    pthread_mutex_lock(&job->recording);
    note_lost_locked(job, self->again);
    if (job->events_sent == self->events.up_to) {
        job->events_sent = self->events.after;
    } else {
        note_lost_locked(job, self->events); /* later ones are on their way */
    }
    if (job->events_sent == job->events_lost.up_to) {
        job->events_sent = job->events_lost.after;
        job->events_lost = (bp_event_span){0};
    }
    job->closed = false;
    pthread_mutex_unlock(&job->recording);
}

/* On the store's thread. What is durable can be seen before what follows from it; what failed can
 * be seen too, in the end, but may be amended before. */
static void arrive(void *context, bp_status status, const bp_error *err) {
    parcel *self = context;
    if (status == BP_OK) {
        bp_event_log_commit(self->job->events, self->events.up_to);
    } else {
        take_back(self);
    }
    if (self->only_events) {
        pthread_mutex_lock(&self->job->recording);
        self->job->events_under_way = false;
        pthread_mutex_unlock(&self->job->recording);
    }
    if (self->done != NULL) {
        self->done(self->context, status, err);
    }
    if (status != BP_OK) {
        bp_event_log_commit(self->job->events, self->events.up_to);
    } else if (self->only_events) {
        bp_journal_send(self->service, self->job);
    }
    bp_job_unref(self->job);
    free(self);
}

static void dispatch(bp_service *service, bp_store_batch *batch, parcel *self) {
    const bp_error none = {0};
    if (service->store != NULL) {
        bp_store_commit_later(service->store, batch, arrive, self);
    } else {
        arrive(self, BP_OK, &none);
    }
}

static bp_status new_parcel(parcel **out, bp_service *service, bp_job *job, bp_error *err) {
    parcel *self = calloc(1, sizeof *self);
    if (self == NULL) {
        return bp_fail(err, BP_NO_MEMORY, NULL, "no memory to write a job");
    }
    self->service = service;
    self->job = bp_job_ref(job);
    *out = self;
    return BP_OK;
}

static void drop_parcel(parcel *self) {
    if (self != NULL) {
        bp_job_unref(self->job);
        free(self);
    }
}

bp_status bp_journal_batch(bp_service *service, bp_store_batch **out, bp_error *err) {
    *out = NULL;
    return service->store != NULL ? bp_store_batch_new(out, service->store, err) : BP_OK;
}

/* --- events on their own -------------------------------------------------------------------- */

/* Whether there is anything to send. Holds job->recording. */
static bool has_events_locked(const bp_job *job) {
    bp_event first;
    return job->events_lost.after < job->events_lost.up_to ||
           bp_event_log_appended(job->events, job->events_sent, &first, 1) > 0;
}

/* What there is to send, if anything and if memory lasts. Holds job->recording. */
static bool pack_locked(bp_service *service, bp_job *job, parcel **out, bp_store_batch **batch) {
    *out = NULL;
    *batch = NULL;
    if (job->events_under_way || job->closed || !has_events_locked(job) ||
        new_parcel(out, service, job, NULL) != BP_OK) {
        return false;
    }
    if (bp_journal_batch(service, batch, NULL) != BP_OK ||
        pack_events_locked(*out, *batch, NULL) != BP_OK) {
        bp_store_batch_free(*batch);
        drop_parcel(*out);
        return false;
    }
    (*out)->only_events = true;
    note_sent_locked(*out);
    job->events_under_way = service->store != NULL;
    return true;
}

void bp_journal_send(bp_service *service, bp_job *job) {
    parcel *self;
    bp_store_batch *batch;
    pthread_mutex_lock(&job->recording);
    const bool packed = pack_locked(service, job, &self, &batch);
    if (packed && service->store != NULL) {
        dispatch(service, batch, self); /* in its turn, so with the lock */
    }
    pthread_mutex_unlock(&job->recording);
    if (packed && service->store == NULL) {
        bp_event_log_commit(job->events, self->events.up_to);
        drop_parcel(self);
    }
}

void bp_journal_point(bp_service *service, bp_job *job, const bp_job_point *point) {
    if (bp_event_pace_allows(&job->pace, bp_clock_seconds())) {
        bp_journal_event(job, BP_EVENT_EPOCH, bp_job_point_to_json(point));
        bp_journal_send(service, job);
    }
}

/* --- records -------------------------------------------------------------------------------- */

/* Holds job->recording. */
static bp_status pack_record_locked(bp_job *job, const bp_journal_entry *entry, parcel *self,
                                    bp_error *err) {
    bp_job_info now;
    if (job->closed) {
        return bp_fail(err, BP_CONFLICT, NULL, "the job has ended");
    }
    bp_job_draft(job, entry->same_state ? job->recorded : entry->state, &now);
    bp_status status = BP_OK;
    if (entry->batch != NULL) {
        status = bp_record_add_job(entry->batch, job, entry->facts != NULL ? entry->facts : &now,
                                   entry->with_history, err);
    }
    if (status == BP_OK) {
        status = pack_events_locked(self, entry->batch, err);
    }
    if (status == BP_OK) {
        note_sent_locked(self);
        job->recorded = entry->facts != NULL ? entry->facts->state : now.state;
        job->closed = entry->last;
        self->done = entry->done;
        self->context = entry->context;
    }
    return status;
}

bp_status bp_journal_submit(bp_service *service, bp_job *job, const bp_journal_entry *entry,
                            bp_error *err) {
    parcel *self = NULL;
    bp_status status = new_parcel(&self, service, job, err);
    if (status != BP_OK) {
        bp_store_batch_free(entry->batch);
        return status;
    }
    bp_job_ref(job); /* who is told of the end may drop the caller's */
    pthread_mutex_lock(&job->recording);
    status = pack_record_locked(job, entry, self, err);
    if (status == BP_OK && service->store != NULL) {
        dispatch(service, entry->batch, self);
    }
    pthread_mutex_unlock(&job->recording);
    bp_job_unref(job);
    if (status != BP_OK) {
        bp_store_batch_free(entry->batch);
        drop_parcel(self);
    } else if (service->store == NULL) {
        dispatch(service, NULL, self);
    }
    return status;
}

/* --- waiting -------------------------------------------------------------------------------- */

typedef struct waiter {
    pthread_mutex_t lock;
    pthread_cond_t arrived;
    bool done;
    bp_status status;
    bp_error error;
} waiter;

static void wake(void *context, bp_status status, const bp_error *err) {
    waiter *self = context;
    pthread_mutex_lock(&self->lock);
    self->status = status;
    self->error = *err;
    self->done = true;
    pthread_cond_signal(&self->arrived);
    pthread_mutex_unlock(&self->lock);
}

bp_status bp_journal_write(bp_service *service, bp_job *job, const bp_journal_entry *entry,
                           bp_error *err) {
    waiter self = {.lock = PTHREAD_MUTEX_INITIALIZER, .arrived = PTHREAD_COND_INITIALIZER};
    bp_journal_entry waited = *entry;
    waited.done = wake;
    waited.context = &self;
    bp_status status = bp_journal_submit(service, job, &waited, err);
    if (status != BP_OK) {
        return status;
    }
    pthread_mutex_lock(&self.lock);
    while (!self.done) {
        pthread_cond_wait(&self.arrived, &self.lock);
    }
    pthread_mutex_unlock(&self.lock);
    if (self.status != BP_OK && err != NULL) {
        *err = self.error;
    }
    return self.status;
}
