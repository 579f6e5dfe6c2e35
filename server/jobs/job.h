/* A job: what was asked, where it stands, its loss history, and what is asked of it while it runs.
 *
 * One thread at a time drives a job: who creates it, then a lane of the scheduler; of a queued job,
 * who took it out of the queue; of a paused one, who called bp_job_take. Only the driver changes
 * its facts, in moves that hold `lock`; any thread reads them. */
#ifndef BP_JOB_H
#define BP_JOB_H

#include <pthread.h>
#include <stdatomic.h>

#include "job_events.h"
#include "registry.h"
#include "service.h"

/* What a lane looks for between two minibatches. */
typedef enum bp_job_ask {
    BP_ASK_PAUSE = 1,
    BP_ASK_SHUTDOWN = 2, /* put off until the server runs again */
    BP_ASK_CANCEL = 4,
    BP_ASK_EDIT = 8
} bp_job_ask_kind;

typedef struct bp_job_points {
    bp_job_point *point; /* [count], steps ascending */
    size_t count, capacity;
} bp_job_points;

/* Changes of the training on its way, in the order in which they took effect. */
typedef struct bp_job_edits {
    bp_job_edit *edit; /* [count], steps ascending */
    size_t count, capacity;
} bp_job_edits;

/* Events by their sequences. */
typedef struct bp_event_span {
    uint64_t after, up_to; /* equal: none */
} bp_event_span;

typedef struct bp_training bp_training;     /* training.h */
typedef struct bp_job_errand bp_job_errand; /* job_writer.h */

/* An edit that a thread wants a running job to take up; on that thread's stack. */
typedef struct bp_job_wish {
    bp_job_edit edit; /* its step is filled in */
    bool taken;       /* the lane has read it, and will answer */
    bool done;
    bp_status status;
    bp_error error;
} bp_job_wish;

typedef struct bp_job {
    atomic_uint references;
    uint64_t id;         /* fixed */
    atomic_uint asked;   /* bp_job_ask_kind bits; any thread sets them, the driver reads them */
    atomic_size_t share; /* workers that it has now; the scheduler sets it, the driver reads it */

    /* Of an unfinished job; the driver's. */
    bp_registry_entry *model;
    bp_registry_entry *dataset;
    bp_dataset *data;
    bp_registry_entry *held_out; /* another data set whose rows are held out; NULL: none */
    bp_dataset *held_out_data;
    bp_training *training; /* NULL: it has not begun, or goes on from its checkpoint */
    bp_event_pace pace;
    bp_job_errand *last_errand;       /* what its end needs; NULL: it is on its way */
    atomic_bool checkpoint_under_way; /* to the disk; the driver sets it, who writes clears it */
    double checkpoint_after;          /* monotonic; none before. Whose `checkpoint_under_way` is */

    /* Taken before `lock`, by who writes the job's record, until the write is in the store's queue:
     * so records come in the order of the facts. */
    pthread_mutex_t recording;
    bp_event_log *events;      /* fixed; appended to under `recording`, as what follows */
    uint64_t events_sent;      /* sequence of the last event that is on its way to the store */
    bp_event_span events_lost; /* before it, of batches that failed: they go with the next one */
    bool events_under_way;     /* alone, without a record */
    bp_job_state recorded;     /* the state in the record that was sent last */
    bool closed;               /* the last record is on its way */

    pthread_mutex_t lock;     /* guards what follows */
    pthread_cond_t changed;   /* the state, `taken`, or a wish */
    bool taken;               /* a paused job has a driver */
    atomic_bool start_stored; /* what it began with is on the disk, beside its checkpoints */
    bool ending;              /* it trains no more; its end is on the way to the disk */
    bp_job_wish *wish;        /* NULL: none */
    bp_job_info info;         /* queue_position and the rates are filled in by the reader */
    bool clock_runs;
    double started_clock;  /* monotonic: when the clock began to run */
    double elapsed_before; /* seconds of the turns before */
    bp_job_points history;
    bp_job_edits edits;
    bp_job_checkpoint checkpoints[BP_MAX_CHECKPOINTS]; /* [checkpoint_count], steps ascending */
    size_t checkpoint_count;
    bp_job_checkpoint planned; /* on its way to the disk; step 0: none */
} bp_job;

/* What a job is made of, beside its facts; all is taken on success. */
typedef struct bp_job_parts {
    bp_job_points history;
    bp_job_edits edits;
    bp_job_checkpoint checkpoints[BP_MAX_CHECKPOINTS];
    size_t checkpoint_count;
} bp_job_parts;
void bp_job_parts_clear(bp_job_parts *parts);

/* A job with these facts and one reference, with a reference of its own to what the request holds;
 * `last` and `best` come from the history. `parts` NULL: none. NO_MEMORY. */
BP_NODISCARD bp_status bp_job_new(bp_job **out, const bp_job_info *info, bp_job_parts *parts,
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
/* Workers that it may have; 0 is never. */
size_t bp_job_most_workers(bp_job *job);

/* --- the driver, takes job->lock -------------------------------------------------------------- */

/* Whether the table of transitions has this one. */
bool bp_job_may_become(bp_job_state from, bp_job_state to);

/* queued or paused -> running, now. CONFLICT: no such transition. */
BP_NODISCARD bp_status bp_job_begin(bp_job *job, bp_error *err);
/* Between states that a job can leave again: running, queued and paused. CONFLICT. */
BP_NODISCARD bp_status bp_job_park(bp_job *job, bp_job_state state, bp_error *err);
/* The turn is over: elapsed time stands where it is now. */
void bp_job_stop_clock(bp_job *job);
/* What the job knows once it is bound to its data. */
void bp_job_set_sizes(bp_job *job, uint64_t steps_total, size_t validation_rows);
/* Publishes how far the training is. */
void bp_job_report(bp_job *job, const bp_train_progress *progress);
/* Appends to the history; keeps last and best. NO_MEMORY. */
BP_NODISCARD bp_status bp_job_add_point(bp_job *job, const bp_job_point *point, bp_error *err);
/* Replaces the history, by one that ends earlier or that a checkpoint had; takes it. */
void bp_job_set_history(bp_job *job, bp_job_points *history);
/* After an edit. */
void bp_job_set_epochs(bp_job *job, uint64_t epochs);
void bp_job_set_terms(bp_job *job, int priority, size_t threads);
/* Training time of the turns so far, from a checkpoint. */
void bp_job_set_elapsed(bp_job *job, double seconds);
double bp_job_elapsed(bp_job *job);
/* From now on it takes no wishes: its end is on the way. */
void bp_job_set_ending(bp_job *job);
/* The facts as they will be in `state`, from now on; the job itself does not change. */
void bp_job_draft(bp_job *job, bp_job_state state, bp_job_info *draft);
/* Makes the draft the facts, but for the checkpoint. CONFLICT: no such transition. */
BP_NODISCARD bp_status bp_job_end(bp_job *job, const bp_job_info *draft, bp_error *err);

#endif
