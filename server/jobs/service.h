/* Everything the daemon holds: models, data sets, jobs, the pool they train on and the store that
 * keeps them. All functions may be called from any thread; those marked (slow) write files and are
 * not for HTTP threads. Names match [A-Za-z0-9][A-Za-z0-9._-]{0,63}. */
#ifndef BP_SERVICE_H
#define BP_SERVICE_H

#include <stdbool.h>

#include "commit_hook.h"
#include "estimate.h"
#include "event_log.h"
#include "inference.h"
#include "trainer.h"

typedef struct bp_service bp_service;

enum { BP_NAME_SIZE = 65, BP_TIME_SIZE = 32 };

typedef struct bp_service_options {
    const char *data_dir; /* made if missing, locked; NULL: nothing is kept */
    size_t threads;       /* of the pool; 0: one for each core */
    const char *isa;      /* NULL or "auto": the fastest */
    size_t most_queued;   /* jobs that may wait at once; 0: BP_MOST_QUEUED_JOBS */
    /* Bytes that models, data sets in memory and a job may take together; 0: no limit. */
    size_t memory_limit;
} bp_service_options;
enum { BP_MOST_QUEUED_JOBS = 10000 };

/* Opens the store and loads models, data sets and jobs; those that had not ended go on (slow).
 * INVALID, IO, CONFLICT (another process has the data directory), NO_MEMORY. */
BP_NODISCARD bp_status bp_service_new(bp_service **out, const bp_service_options *options,
                                      bp_error *err);
/* Puts off what runs, within a minibatch and with a checkpoint each; joins the threads, closes the
 * store (slow). */
void bp_service_free(bp_service *service); /* NULL is allowed */

typedef struct bp_service_info {
    size_t threads;
    const char *isa;
    double started_at; /* wall seconds */
    size_t models, datasets, jobs_running, jobs_queued, most_queued;
    const char *data_dir; /* NULL: none */
} bp_service_info;
void bp_service_describe(bp_service *service, bp_service_info *out);
const bp_kernels *bp_service_kernels(const bp_service *service);

/* --- models --------------------------------------------------------------------------------- */

typedef struct bp_model_info {
    char name[BP_NAME_SIZE];
    double created_at; /* wall seconds */
    bp_model_spec spec;
    bp_snapshot *snapshot; /* a reference, for the caller to drop; NULL: the sizes are still open */
    size_t jobs;           /* unfinished jobs that use it */
} bp_model_info;
void bp_model_info_clear(bp_model_info *info);

/* (slow) EXISTS "/name"; INVALID "/name" and as bp_model_spec_check. When the spec names inputs and
 * the last units, the model has its initial weights at once. */
BP_NODISCARD bp_status bp_service_create_model(bp_service *service, const char *name,
                                               const bp_model_spec *spec, bp_error *err);
/* The same with a hook (NULL: none), which is given a bp_model_info. */
BP_NODISCARD bp_status bp_service_create_model_with(bp_service *service, const char *name,
                                                    const bp_model_spec *spec,
                                                    const bp_commit_hook *hook, bp_error *err);
BP_NODISCARD bp_status bp_service_get_model(bp_service *service, const char *name,
                                            bp_model_info *out, bp_error *err);
/* (slow) With its versions. CONFLICT: an unfinished job uses it. */
BP_NODISCARD bp_status bp_service_delete_model(bp_service *service, const char *name,
                                               bp_error *err);
/* Up to `limit` models with names after `after` (NULL: from the first), by name, into `out`; the
 * count to *count, whether more follow to *more. */
BP_NODISCARD bp_status bp_service_list_models(bp_service *service, const char *after, size_t limit,
                                              bp_model_info *out, size_t *count, bool *more,
                                              bp_error *err);

/* --- data sets ------------------------------------------------------------------------------ */

typedef struct bp_dataset_info {
    char name[BP_NAME_SIZE];
    double created_at;
    bp_dataset *dataset; /* a reference, for the caller to drop */
    size_t jobs;
} bp_dataset_info;
void bp_dataset_info_clear(bp_dataset_info *info);

/* A file of the data directory that an upload's rows go to as they come, so that they need not fit
 * in memory. It goes with bp_dataset_draft_free, at the end or where the client has gone. */
typedef struct bp_dataset_draft bp_dataset_draft;
/* *out NULL: rows stay in memory, for nothing is kept. IO, NO_SPACE, NO_MEMORY. */
BP_NODISCARD bp_status bp_service_begin_dataset(bp_service *service, bp_dataset_draft **out,
                                                bp_error *err);
/* For bp_dataset_options.file; NULL where the draft is NULL. */
const int *bp_dataset_draft_file(const bp_dataset_draft *draft);
void bp_dataset_draft_free(bp_dataset_draft *draft); /* NULL is allowed */

/* How a data set is put; all zero, or NULL: in any case, from memory. */
typedef struct bp_dataset_put {
    bp_dataset_draft *draft; /* it was built with this one's file; spent, also by a failure */
    const char *expected;    /* sha256 of the one that must be there, "": none, "*": any */
} bp_dataset_put;

/* (slow) Creates or replaces; takes a reference of its own. *created tells which. A large one with
 * a draft is then held in a mapping of its file and nowhere else. PRECONDITION: what is there is
 * not as expected. CONFLICT: an unfinished job uses the one that is there. IO, NO_SPACE. */
BP_NODISCARD bp_status bp_service_put_dataset(bp_service *service, const char *name,
                                              bp_dataset *dataset, const bp_dataset_put *how,
                                              bool *created, bp_error *err);
/* Whether what is there now is as `expected`. NOT_FOUND is none. */
BP_NODISCARD bp_status bp_service_expect_dataset(bp_service *service, const char *name,
                                                 const char *expected, bp_error *err);
BP_NODISCARD bp_status bp_service_get_dataset(bp_service *service, const char *name,
                                              bp_dataset_info *out, bp_error *err);
/* (slow) NOT_FOUND; CONFLICT: an unfinished job uses it. */
BP_NODISCARD bp_status bp_service_delete_dataset(bp_service *service, const char *name,
                                                 bp_error *err);
BP_NODISCARD bp_status bp_service_list_datasets(bp_service *service, const char *after,
                                                size_t limit, bp_dataset_info *out, size_t *count,
                                                bool *more, bp_error *err);

/* --- jobs ----------------------------------------------------------------------------------- */

#define BP_JOB_STATE_TABLE(X)                                                                      \
    X(QUEUED, "queued")                                                                            \
    X(RUNNING, "running")                                                                          \
    X(PAUSED, "paused")                                                                            \
    X(SUCCEEDED, "succeeded")                                                                      \
    X(FAILED, "failed")                                                                            \
    X(CANCELLED, "cancelled")

typedef enum bp_job_state {
#define X(name, wire) BP_JOB_##name,
    BP_JOB_STATE_TABLE(X)
#undef X
        BP_JOB_STATE_COUNT
} bp_job_state;
const char *bp_job_state_name(bp_job_state state);
bool bp_job_state_is_terminal(bp_job_state state);

/* How a job is run. The weights do not depend on it, but for where a budget ends. */
typedef struct bp_job_terms {
    int priority;              /* BP_LEAST_PRIORITY..BP_MOST_PRIORITY; the larger first */
    double checkpoint_seconds; /* at least so often a checkpoint is written; 0: not by time */
    uint64_t checkpoint_steps; /* each so many steps; 0: not by steps */
    uint64_t checkpoints_kept; /* 1..BP_MAX_CHECKPOINTS: the last ones */
    double budget_seconds;     /* of training time, after which it ends; 0: none */
    uint64_t budget_samples;   /* likewise; 0: none */
} bp_job_terms;
enum { BP_LEAST_PRIORITY = -100, BP_MOST_PRIORITY = 100, BP_MAX_CHECKPOINTS = 16 };

/* Priority 0, a checkpoint each 30 s of which 2 are kept, no budget. */
bp_job_terms bp_job_terms_defaults(void);

typedef struct bp_job_request {
    char model[BP_NAME_SIZE];
    char dataset[BP_NAME_SIZE];
    bp_train_options options; /* may hold class weights: who reads a request clears its info */
    bp_job_terms terms;
} bp_job_request;

/* A change of the training from the step on that follows `step`. */
typedef struct bp_job_edit {
    uint64_t step;
    double learning_rate; /* 0: as it was */
    uint64_t epochs;      /* 0: as it was */
} bp_job_edit;

/* A training as it stood after `step`, on the disk. */
typedef struct bp_job_checkpoint {
    uint64_t step, epoch;            /* finished */
    double at;                       /* wall seconds */
    uint64_t size;                   /* bytes */
    char sha256[BP_DIGEST_HEX_SIZE]; /* of the weights, as those of a model */
} bp_job_checkpoint;

#define BP_JOB_ENDING_TABLE(X)                                                                     \
    X(EPOCHS, "epochs", "all epochs are done")                                                     \
    X(EARLY_STOPPING, "early_stopping", "the patience of early stopping was at its end")           \
    X(CONVERGED, "converged", "lbfgs converged")                                                   \
    X(SECONDS, "seconds", "the budget of seconds was spent")                                       \
    X(SAMPLES, "samples", "the budget of samples was spent")

/* Why a job that succeeded ended when it did. */
typedef enum bp_job_ending {
    BP_ENDING_NONE,
#define X(name, wire, meaning) BP_ENDING_##name,
    BP_JOB_ENDING_TABLE(X)
#undef X
} bp_job_ending;
const char *bp_job_ending_name(bp_job_ending ending); /* NULL: none */

/* One point of the loss history: the end of an epoch, or an observation within one, whose losses
 * are those of the epoch so far. NAN: none. */
typedef struct bp_job_point {
    uint64_t epoch, step; /* 1-based: the epoch that the step is in */
    double train_loss, validation_loss, validation_accuracy, validation_r2, learning_rate,
        elapsed_seconds;
    uint64_t observed; /* 1: within an epoch */
} bp_job_point;

/* What a job's weights were made from, and what came of it. Nothing else has a part in them: not
 * the number of threads, not the instruction set. */
typedef struct bp_receipt {
    char data_sha256[BP_DIGEST_HEX_SIZE];          /* as bp_dataset.sha256 */
    char configuration_sha256[BP_DIGEST_HEX_SIZE]; /* of spec and options: receipt.h */
    char start_sha256[BP_DIGEST_HEX_SIZE];         /* of the parameters that training began with */
    char scaling_sha256[BP_DIGEST_HEX_SIZE];       /* input_mean, input_scale, recipe, targets */
    char weights_sha256[BP_DIGEST_HEX_SIZE];       /* final; "": there are none, and no receipt */
    uint64_t seed;                                 /* of the training */
    uint64_t steps;                                /* after which the weights were so */
    /* For information: */
    char version[16]; /* of the program */
    char isa[16];
    size_t threads;
    /* For the replay: */
    bp_model_spec spec; /* with the sizes that the model had */
    bool fresh;         /* the start is what the spec draws */
    bool start_kept;    /* in the store, where it is not fresh */
} bp_receipt;

typedef struct bp_job_info {
    uint64_t id;
    bp_job_request request;
    bp_job_state state;
    size_t queue_position;                                   /* 1: next; 0: not queued */
    double created_at, started_at, finished_at;              /* wall seconds; 0: not yet */
    double elapsed_seconds, samples_per_second, eta_seconds; /* NAN: not known */
    uint64_t steps_total;                                    /* 0 until it runs */
    size_t rows, validation_rows; /* of the data set; those held out of them (0 until it runs) */
    bp_train_progress progress;
    bp_job_point last; /* last point of the history; step 0: none */
    bp_job_point best; /* of the best epoch; step 0: none */
    uint64_t epochs;   /* that it shall have, after all edits */
    bp_job_ending ended_by;
    uint64_t forked_from;                   /* another job; 0: none */
    bp_job_checkpoint checkpoint;           /* the last on the disk; step 0: none */
    bp_error error;                         /* code BP_OK: none */
    uint64_t error_epoch, error_step;       /* 1-based, of a divergence; 0: none */
    size_t error_layer;                     /* 0: of no layer */
    char error_tensor[BP_TENSOR_NAME_SIZE]; /* which was not finite first; "": not known */
    char sha256[BP_DIGEST_HEX_SIZE]; /* of the final weights; "": not ended, or no step done */
    bp_receipt receipt;
} bp_job_info;

void bp_job_info_clear(bp_job_info *info); /* drops what its request holds */

/* The best epoch by the metric of early stopping; without early stopping by the validation loss, or
 * the training loss where no rows are held out. epoch 0: none yet. */
bp_best_epoch bp_job_best(const bp_job_info *info);

/* (slow) Queues a job. NOT_FOUND "/model" or "/dataset"; INVALID as bp_train_bind and
 * bp_train_options_check; TOO_LARGE "/model": its training does not fit into the memory limit;
 * BUSY: the queue is full. Jobs run by priority, then in the order of their ids. */
BP_NODISCARD bp_status bp_service_start_job(bp_service *service, const bp_job_request *request,
                                            uint64_t *id, bp_error *err);
/* What the hook of a new job is given; borrowed. */
typedef struct bp_made_job {
    bp_job_info info; /* with the queue position that it will have */
    const bp_job_edit *edits;
    size_t edit_count;
} bp_made_job;
/* The same with a hook (NULL: none), which is given a bp_made_job. */
BP_NODISCARD bp_status bp_service_start_job_with(bp_service *service, const bp_job_request *request,
                                                 const bp_commit_hook *hook, uint64_t *id,
                                                 bp_error *err);
/* What a job would take if it ran now, alone, on as many threads as it may have. */
typedef struct bp_job_estimate {
    bp_estimate training;
    size_t snapshot_bytes; /* the weights that it began with, and those that are being published */
    size_t peak_bytes;     /* of the training, the snapshots and a checkpoint: what it adds */
    size_t data_bytes;     /* of its data sets, in memory already */
    size_t in_use_bytes;   /* of all models and data sets in memory, these among them */
    size_t limit_bytes;    /* 0: none */
    bool fits;
    double seconds;   /* of all steps and validations; NAN: not known, for it does not fit or its
                         first step diverges */
    bp_error refusal; /* as bp_service_start_job would say it; code BP_OK: it fits */
} bp_job_estimate;
/* (slow) Creates nothing: counts, and where it fits tries some steps for a tenth of a second; one
 * trial at a time. Fails as bp_service_start_job, but for TOO_LARGE and BUSY. */
BP_NODISCARD bp_status bp_service_estimate_job(bp_service *service, const bp_job_request *request,
                                               bp_job_estimate *out, bp_error *err);

/* The caller clears *out, as those of a list. */
BP_NODISCARD bp_status bp_service_get_job(bp_service *service, uint64_t id, bp_job_info *out,
                                          bp_error *err);
/* Up to `limit` jobs with ids below `before` (0: from the newest), newest first. */
BP_NODISCARD bp_status bp_service_list_jobs(bp_service *service, uint64_t before, size_t limit,
                                            bp_job_info *out, size_t *count, bool *more,
                                            bp_error *err);
/* What follows answers CONFLICT in a state in which it is not possible and says what is
 * (job_actions.h), or where the job is being cancelled; BUSY where others do so much to the job
 * that it does not come to it; and returns when it is durable. (slow) */

/* A running job ends within a minibatch, its weights so far are kept; where that takes long the
 * call returns before. */
BP_NODISCARD bp_status bp_service_cancel_job(bp_service *service, uint64_t id, bp_error *err);
/* A running job is put down within a minibatch, with a checkpoint. Likewise. */
BP_NODISCARD bp_status bp_service_pause_job(bp_service *service, uint64_t id, bp_error *err);
/* A paused job waits for a lane again. */
BP_NODISCARD bp_status bp_service_resume_job(bp_service *service, uint64_t id, bp_error *err);
/* One minibatch of a paused job, with a checkpoint after it. */
BP_NODISCARD bp_status bp_service_step_job(bp_service *service, uint64_t id, bp_error *err);
/* A paused job goes back to its checkpoint of a step; 0: the last. What came after, edits too, is
 * forgotten. INVALID "/step"; CONFLICT: it has no checkpoint. */
BP_NODISCARD bp_status bp_service_rewind_job(bp_service *service, uint64_t id, uint64_t step,
                                             bp_error *err);

/* What can be changed while a job has not ended; zero: it stays. */
typedef struct bp_job_change {
    double learning_rate;
    uint64_t epochs;
    size_t threads;
    bool has_priority;
    int priority;
} bp_job_change;
/* From the next minibatch on. INVALID as bp_trainer_edit; BUSY: a minibatch takes too long. */
BP_NODISCARD bp_status bp_service_edit_job(bp_service *service, uint64_t id,
                                           const bp_job_change *change, bp_error *err);

/* A new job that goes on from a checkpoint of this one, with a model of its own. */
typedef struct bp_job_fork {
    const char *model; /* its name */
    uint64_t step;     /* of the checkpoint; 0: the last */
    bp_job_change change;
    const bp_commit_hook *hook; /* is given a bp_made_job; NULL: none */
} bp_job_fork;
/* NOT_FOUND: the job, or its data set; EXISTS "/model"; INVALID "/model", "/step" and as the edits;
 * CONFLICT: there is no checkpoint; BUSY as bp_service_start_job. */
BP_NODISCARD bp_status bp_service_fork_job(bp_service *service, uint64_t id,
                                           const bp_job_fork *fork, uint64_t *new_id,
                                           bp_error *err);
/* The checkpoints on the disk, by step, into out [BP_MAX_CHECKPOINTS]. */
BP_NODISCARD bp_status bp_service_job_checkpoints(bp_service *service, uint64_t id,
                                                  bp_job_checkpoint *out, size_t *count,
                                                  bp_error *err);
/* The edits, by step; *out is malloc'd, the caller's. */
BP_NODISCARD bp_status bp_service_job_edits(bp_service *service, uint64_t id, bp_job_edit **out,
                                            size_t *count, bp_error *err);
/* With its checkpoints and events. */
BP_NODISCARD bp_status bp_service_delete_job(bp_service *service, uint64_t id, bp_error *err);
/* Points with epoch > after, at most `limit`, oldest first; *out is malloc'd, the caller's. */
BP_NODISCARD bp_status bp_service_job_history(bp_service *service, uint64_t id, uint64_t after,
                                              size_t limit, bp_job_point **out, size_t *count,
                                              bp_error *err);

/* The job's log of events: a reference, which stays good when the job is deleted. It is closed a
 * moment after the job's state says that it has ended. NOT_FOUND. */
BP_NODISCARD bp_status bp_service_find_events(bp_service *service, uint64_t id, bp_event_log **out,
                                              bp_error *err);

/* --- receipts ------------------------------------------------------------------------------- */

enum { BP_MAX_REPLAY_THREADS = 64, BP_RECEIPT_DIGESTS = 5 };

typedef struct bp_replay_options {
    size_t threads;  /* 0: as the job had; at most BP_MAX_REPLAY_THREADS */
    const char *isa; /* NULL: the server's; "auto": the fastest */
} bp_replay_options;

typedef struct bp_verification {
    bool verified;                           /* all digests are the same */
    bp_receipt expected, replayed;           /* the latter's weights "": the replay diverged */
    const char *differs[BP_RECEIPT_DIGESTS]; /* fields of the receipt */
    size_t differs_count;
    double seconds;
} bp_verification;

/* (slow) Trains once more from what the receipt names, with threads of its own, and compares; the
 * model stays as it is. As long as the training took, and one at a time: BUSY. NOT_FOUND: the job,
 * or its data set is gone. CONFLICT: the job has not ended or has no weights, the data set is
 * another, the start weights were not kept. INVALID "/threads", "/isa". INTERRUPTED: by
 * bp_service_end_replays. */
BP_NODISCARD bp_status bp_service_verify_job(bp_service *service, uint64_t id,
                                             const bp_replay_options *options, bp_verification *out,
                                             bp_error *err);
/* Ends a replay within a minibatch and lets none begin: before the threads that ask for them are
 * waited for. */
void bp_service_end_replays(bp_service *service);

#endif
