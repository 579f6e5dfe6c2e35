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
    bp_job *job;           /* a reference */
    uint64_t after, up_to; /* sequences: its events are those between */
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

/* The events that were not sent yet go into the batch (NULL: none); the last of them to *up_to.
 * Holds job->recording. */
static bp_status add_events_locked(bp_job *job, bp_store_batch *batch, uint64_t *up_to,
                                   bp_error *err) {
    bp_event events[EVENTS_AT_ONCE];
    bp_status status = BP_OK;
    *up_to = job->events_sent;
    for (size_t count; status == BP_OK && (count = bp_event_log_appended(
                                               job->events, *up_to, events, EVENTS_AT_ONCE)) > 0;) {
        for (size_t i = 0; status == BP_OK && i < count; i++) {
            const bp_store_event event = {.job = job->id,
                                          .sequence = events[i].sequence,
                                          .at = events[i].at,
                                          .type = bp_event_type_name(events[i].type),
                                          .data = events[i].data};
            status = batch != NULL ? bp_store_batch_event(batch, &event, err) : BP_OK;
            *up_to = status == BP_OK ? event.sequence : *up_to;
        }
    }
    return status;
}

/* --- parcels -------------------------------------------------------------------------------- */

/* What could not be written goes with the next batch, if none with later events is on its way. */
static void take_back(parcel *self) {
    bp_job *job = self->job;
    pthread_mutex_lock(&job->recording);
    if (job->events_sent == self->up_to) {
        job->events_sent = self->after;
    }
    job->closed = false;
    pthread_mutex_unlock(&job->recording);
}

/* On the store's thread. What is durable can be seen before what follows from it; what failed can
 * be seen too, in the end, but may be amended before. */
static void arrive(void *context, bp_status status, const bp_error *err) {
    parcel *self = context;
    if (status == BP_OK) {
        bp_event_log_commit(self->job->events, self->up_to);
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
        bp_event_log_commit(self->job->events, self->up_to);
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

/* What there is to send, if anything and if memory lasts. Holds job->recording. */
static bool pack_events_locked(bp_service *service, bp_job *job, parcel **out,
                               bp_store_batch **batch) {
    *out = NULL;
    *batch = NULL;
    bp_event first;
    if (job->events_under_way || job->closed ||
        bp_event_log_appended(job->events, job->events_sent, &first, 1) == 0 ||
        new_parcel(out, service, job, NULL) != BP_OK) {
        return false;
    }
    if (bp_journal_batch(service, batch, NULL) != BP_OK ||
        add_events_locked(job, *batch, &(*out)->up_to, NULL) != BP_OK) {
        bp_store_batch_free(*batch);
        drop_parcel(*out);
        return false;
    }
    (*out)->only_events = true;
    (*out)->after = job->events_sent;
    job->events_sent = (*out)->up_to;
    job->events_under_way = service->store != NULL;
    return true;
}

void bp_journal_send(bp_service *service, bp_job *job) {
    parcel *self;
    bp_store_batch *batch;
    pthread_mutex_lock(&job->recording);
    const bool packed = pack_events_locked(service, job, &self, &batch);
    if (packed && service->store != NULL) {
        dispatch(service, batch, self); /* in its turn, so with the lock */
    }
    pthread_mutex_unlock(&job->recording);
    if (packed && service->store == NULL) {
        bp_event_log_commit(job->events, self->up_to);
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
        status = add_events_locked(job, entry->batch, &self->up_to, err);
    }
    if (status == BP_OK) {
        self->after = job->events_sent;
        job->events_sent = self->up_to;
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
