/* What is written of a job: its record and its events, in the order in which they came to be.
 *
 * All of it goes to the store in batches, without waiting for the disk. An event can be seen once
 * its batch is durable. Without a store everything is durable at once. Takes job->recording, and
 * inside it job->lock for moments; any thread, but the store's only where it says so. */
#ifndef BP_JOB_JOURNAL_H
#define BP_JOB_JOURNAL_H

#include <jansson.h>

#include "job.h"
#include "store.h"

/* Appends an event; `data` (stolen; NULL: none) is what it says. It goes out with the next batch of
 * the job, or on its own as soon as bp_journal_send is called. Where memory is short there is no
 * event, which is 0; else its sequence is returned. */
uint64_t bp_journal_event(bp_job *job, bp_event_type type, json_t *data);
/* What was appended and has not been written has turned out otherwise. */
void bp_journal_amend(bp_job *job, uint64_t sequence, bp_event_type type, json_t *data);
/* The event that says that the job is in the state of `info`. */
void bp_journal_state(bp_job *job, const bp_job_info *info);
/* Sends what has been appended, unless a batch of events of this job is under way already, after
 * which they go. Also the store's thread. */
void bp_journal_send(bp_service *service, bp_job *job);
/* The event of a point of the history, sent; of epochs, at most ten a second. */
void bp_journal_point(bp_service *service, bp_job *job, const bp_job_point *point);

/* Submits `batch` (taken; NULL where there is no store) with the job's record and its new events;
 * `done` (NULL: none) is called when it is durable or has failed, on the store's thread or, without
 * a store, on this one. The record says `facts` or, where these are NULL, what is so now, of a job
 * that is `state`. */
typedef struct bp_journal_entry {
    bp_store_batch *batch;
    const bp_job_info *facts;
    bp_job_state state;
    bool same_state;   /* as in the record before, whatever `state` says */
    bool with_history; /* in the record, where no checkpoint has it */
    bool last;         /* nothing is written of the job after this */
    bp_store_done done;
    void *context;
} bp_journal_entry;
/* NO_MEMORY, INVALID as bp_record_add_job: nothing is submitted, the batch is freed, and `done` is
 * not called. CONFLICT: the last record was written before. */
BP_NODISCARD bp_status bp_journal_submit(bp_service *service, bp_job *job,
                                         const bp_journal_entry *entry, bp_error *err);
/* The same, and waits until it is durable. Any thread but the store's. */
BP_NODISCARD bp_status bp_journal_write(bp_service *service, bp_job *job,
                                        const bp_journal_entry *entry, bp_error *err);

/* A new batch, or NULL where there is no store. NO_MEMORY. */
BP_NODISCARD bp_status bp_journal_batch(bp_service *service, bp_store_batch **out, bp_error *err);

#endif
