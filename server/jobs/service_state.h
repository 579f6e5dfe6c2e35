/* What is behind bp_service, for the files of this folder.
 *
 * Locks, and the order in which a thread that needs several takes them:
 *   starting            one admission of a job at a time; slow threads
 *   registry->writing   one durable change of a registry at a time; slow threads
 *   job->recording      one job's records and events into the store's queue; moments
 *   scheduler's lock    table of jobs, queue, lanes; moments
 *   job->lock           one job's facts; moments
 *   registry->lock      names, users, current snapshot; moments; of the others only `starting` and
 *                       `writing` may be held then
 *
 * No store write happens while one of the last three is held: these are all that readers need. */
#ifndef BP_SERVICE_STATE_H
#define BP_SERVICE_STATE_H

#include "keeper.h"
#include "model_versions.h"
#include "registry.h"
#include "request_keys.h"
#include "scheduler.h"
#include "service.h"
#include "store.h"

/* Requests whose keys are claimed (request_keys.h): a list of their own claims. The lock is held
 * for moments, with none of the others. */
typedef struct bp_request_keys {
    pthread_mutex_t lock;
    bp_key_claim *first;
} bp_request_keys;

struct bp_service {
    /* Fixed once bp_service_new has returned. */
    char *data_dir;      /* NULL: none */
    bp_store *store;     /* NULL: none */
    size_t threads;      /* workers of all jobs together */
    size_t memory_limit; /* bytes; 0: none */
    size_t most_queued;
    bp_pool *single; /* one thread: who calls it; any number may at once */
    bp_keeper *keeper;
    const bp_kernels *kernels;
    double started_at;
    bp_scheduler *scheduler;
    /* Locked inside. */
    bp_registry models;
    bp_registry datasets;
    pthread_mutex_t starting;
    bp_request_keys keys;
    pthread_mutex_t trying;     /* one trial of a training at a time; slow threads, taken alone */
    atomic_bool replaying;      /* one verification at a time; who sets it clears it */
    atomic_bool replays_ending; /* set once, by bp_service_end_replays */
};

typedef struct bp_model {
    bp_registry_entry entry;
    bp_model_spec spec;
    bp_snapshot *snapshot; /* current; NULL: sizes still open; guarded by models.lock */
    /* Weights that jobs leave for the store are numbered: the last number given, by the drivers of
     * those jobs, and that of the last weights that are on their way or there (job_writer.c). */
    atomic_uint_least64_t weights_left, weights_sent;
    /* [version_count], pinned, by name; read with models.lock or models.writing, changed with both
     */
    bp_version_info *versions;
    size_t version_count, version_capacity;
} bp_model;

typedef struct bp_stored_dataset {
    bp_registry_entry entry;
    bp_dataset *dataset; /* fixed */
} bp_stored_dataset;

/* Opening and closing of the parts; the loads come before the scheduler starts. */
void bp_service_models_init(bp_service *service);
void bp_service_datasets_init(bp_service *service);
BP_NODISCARD bp_status bp_service_load_models(bp_service *service, bp_error *err);
/* After the models. */
BP_NODISCARD bp_status bp_service_load_versions(bp_service *service, bp_error *err);
BP_NODISCARD bp_status bp_service_load_datasets(bp_service *service, bp_error *err);
/* Those that had not ended are queued again, or paused as they were. */
BP_NODISCARD bp_status bp_service_load_jobs(bp_service *service, bp_error *err);

/* The current snapshot, a reference; NULL: sizes still open. Any thread, takes models.lock. */
bp_snapshot *bp_model_current(bp_service *service, bp_model *model);
/* Makes the snapshot current and takes the caller's reference. A job's driver, takes models.lock.
 */
void bp_model_publish(bp_service *service, bp_model *model, bp_snapshot *snapshot);

/* As bp_service_create_model, made durable by `persist` (registry.h). */
BP_NODISCARD bp_status bp_model_create_with(bp_service *service, const char *name,
                                            const bp_model_spec *spec, bp_registry_persist persist,
                                            void *context, bp_error *err);
/* Drops the versions of a model that is being freed. */
void bp_model_clear_versions(bp_model *model);
/* All versions of a model go with it. Holds models.writing. NO_MEMORY. */
BP_NODISCARD bp_status bp_model_forget_versions(bp_store_batch *batch, const bp_model *model,
                                                bp_error *err);
/* Ends a batch of bp_journal_batch: commits it where `status` is OK, else drops it. The outcome.
 * Not the store's thread. */
BP_NODISCARD bp_status bp_service_end_batch(bp_service *service, bp_store_batch *batch,
                                            bp_status status, bp_error *err);
/* Notes the job as a user of its model and data sets. NOT_FOUND, CONFLICT, as bp_registry_use; what
 * it got until then is the job's. Its creator. */
BP_NODISCARD bp_status bp_service_take_uses(bp_service *service, bp_job *job,
                                            const bp_job_request *request, bp_error *err);
/* The same for the data sets alone. */
BP_NODISCARD bp_status bp_service_take_data(bp_service *service, bp_job *job,
                                            const bp_job_request *request, bp_error *err);
/* Gives a new job, which nobody else sees yet, to the hook (NULL: none). As its add; NO_MEMORY. */
BP_NODISCARD bp_status bp_service_tell_job(bp_service *service, bp_job *job,
                                           const bp_commit_hook *hook, bp_store_batch *batch,
                                           bp_error *err);
/* Whether a training fits into the memory limit beside the models and data sets. `start` as
 * bp_train_bind made it. TOO_LARGE "/model", with the numbers. NO_MEMORY. Takes both registries'
 * locks in turn. */
BP_NODISCARD bp_status bp_service_check_memory(bp_service *service, const bp_snapshot *start,
                                               const bp_dataset *data,
                                               const bp_train_options *options, bp_error *err);
/* Drops what an unfinished job holds. The job's driver, takes both registries' locks in turn. */
void bp_service_release_uses(bp_service *service, bp_job *job);
/* A reference. NOT_FOUND. */
BP_NODISCARD bp_status bp_service_find_job(bp_service *service, uint64_t id, bp_job **out,
                                           bp_error *err);

#endif
