/* A job: what was asked, where it stands, and its loss history.
 *
 * One thread at a time drives a job: who creates it, then the runner (or who cancels it while it is
 * queued). Only the driver changes its facts, in moves that hold `lock`; any thread reads them. */
#ifndef BP_JOB_H
#define BP_JOB_H

#include <pthread.h>
#include <stdatomic.h>

#include "job_events.h"
#include "registry.h"
#include "service.h"

/* Why a job shall end before its last epoch. */
typedef enum bp_job_stop { BP_STOP_NONE, BP_STOP_CANCEL, BP_STOP_SHUTDOWN } bp_job_stop;

typedef struct bp_job_points {
    bp_job_point *point; /* [count], epochs ascending */
    size_t count, capacity;
} bp_job_points;

typedef struct bp_job {
    atomic_uint references;
    uint64_t id;     /* fixed */
    atomic_int stop; /* a bp_job_stop; any thread sets it once, the driver reads it */

    /* Of an unfinished job; the driver's. */
    bp_registry_entry *model;
    bp_registry_entry *dataset;
    bp_dataset *data;
    bp_registry_entry *held_out; /* another data set whose rows are held out; NULL: none */
    bp_dataset *held_out_data;

    bp_event_log *events; /* fixed, locked inside; closed when the job has ended */
    bp_event_pace pace;   /* the driver's */

    pthread_mutex_t lock; /* guards what follows */
    bp_job_info info;     /* queue_position and the rates are filled in by the reader */
    double started_clock; /* monotonic; of a running job */
    bp_job_points history;
} bp_job;

/* A job with these facts and one reference, with a reference of its own to what the request holds;
 * `last` and `best` come from the history, which it takes
 * on success (NULL: none). NO_MEMORY. */
BP_NODISCARD bp_status bp_job_new(bp_job **out, const bp_job_info *info, bp_job_points *history,
                                  bp_error *err);
bp_job *bp_job_ref(bp_job *job);
void bp_job_unref(bp_job *job); /* NULL is allowed */

/* --- any thread, takes job->lock -------------------------------------------------------------- */

/* The facts, with elapsed time, rate and remaining time as of now. What the request holds stays the
 * job's. */
void bp_job_describe(bp_job *job, bp_job_info *out);
typedef struct bp_job_span {
    uint64_t after; /* points of later epochs */
    size_t limit;
} bp_job_span;
/* As bp_service_job_history. */
BP_NODISCARD bp_status bp_job_history(bp_job *job, bp_job_span span, bp_job_point **out,
                                      size_t *count, bp_error *err);
/* Asks the driver to stop; the first reason given stays. Takes no lock. */
void bp_job_ask_stop(bp_job *job, bp_job_stop why);
bp_job_stop bp_job_asked_stop(const bp_job *job);

/* --- the driver, takes job->lock -------------------------------------------------------------- */

/* Whether the table of transitions has this one. */
bool bp_job_may_become(bp_job_state from, bp_job_state to);

/* queued -> running, now. CONFLICT: no such transition. */
BP_NODISCARD bp_status bp_job_begin(bp_job *job, bp_error *err);
/* What the job knows once it is bound to its data. */
void bp_job_set_sizes(bp_job *job, uint64_t steps_total, size_t validation_rows);
/* Publishes how far the training is. */
void bp_job_report(bp_job *job, const bp_train_progress *progress);
/* Appends to the history; keeps last and best. NO_MEMORY. */
BP_NODISCARD bp_status bp_job_add_point(bp_job *job, const bp_job_point *point, bp_error *err);
/* The facts as they will be when the job ends now in `state`; the job itself does not change. */
void bp_job_draft_end(bp_job *job, bp_job_state state, bp_job_info *draft);
/* Makes the draft the facts. CONFLICT: no such transition. */
BP_NODISCARD bp_status bp_job_end(bp_job *job, const bp_job_info *draft, bp_error *err);

#endif
