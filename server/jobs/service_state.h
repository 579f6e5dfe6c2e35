/* What is behind bp_service, for the files of this folder.
 *
 * Locks, and the order in which a thread that needs several takes them:
 *   starting            one admission of a job at a time; slow threads
 *   registry->writing   one durable change of a registry at a time; slow threads
 *   scheduler's lock    table of jobs and queue; moments
 *   job->lock           one job's facts; moments
 *   registry->lock      names, users, current snapshot; moments; taken with none of the others but
 *                       `starting` and `writing` held
 * No store write happens while one of the last three is held: these are all that readers need. */
#ifndef BP_SERVICE_STATE_H
#define BP_SERVICE_STATE_H

#include "registry.h"
#include "scheduler.h"
#include "service.h"
#include "store.h"

struct bp_service {
    /* Fixed once bp_service_new has returned. */
    char *data_dir;  /* NULL: none */
    bp_store *store; /* NULL: none */
    bp_pool *pool;   /* the runner's */
    const bp_kernels *kernels;
    double started_at;
    bp_scheduler *scheduler;
    /* Locked inside. */
    bp_registry models;
    bp_registry datasets;
    pthread_mutex_t starting;
    atomic_bool replaying;      /* one verification at a time; who sets it clears it */
    atomic_bool replays_ending; /* set once, by bp_service_end_replays */
};

typedef struct bp_model {
    bp_registry_entry entry;
    bp_model_spec spec;
    bp_snapshot *snapshot; /* current; NULL: sizes still open; guarded by models.lock */
} bp_model;

typedef struct bp_stored_dataset {
    bp_registry_entry entry;
    bp_dataset *dataset; /* fixed */
} bp_stored_dataset;

/* Opening and closing of the parts; the loads come before the scheduler starts. */
void bp_service_models_init(bp_service *service);
void bp_service_datasets_init(bp_service *service);
BP_NODISCARD bp_status bp_service_load_models(bp_service *service, bp_error *err);
BP_NODISCARD bp_status bp_service_load_datasets(bp_service *service, bp_error *err);
/* A job that had not ended becomes failed, "interrupted", and its record says so. */
BP_NODISCARD bp_status bp_service_load_jobs(bp_service *service, bp_error *err);

/* The current snapshot, a reference; NULL: sizes still open. Any thread, takes models.lock. */
bp_snapshot *bp_model_current(bp_service *service, bp_model *model);
/* Makes the snapshot current and takes the caller's reference. The runner, takes models.lock. */
void bp_model_publish(bp_service *service, bp_model *model, bp_snapshot *snapshot);
/* Stores the model as it is now. The runner, no lock; the job's use keeps the model in place. */
BP_NODISCARD bp_status bp_model_save(bp_service *service, bp_model *model, bp_error *err);

/* Drops what an unfinished job holds. The job's driver, takes both registries' locks in turn. */
void bp_service_release_uses(bp_service *service, bp_job *job);
/* Records the draft, gives the uses back and ends the job, in this order: who sees the end finds it
 * durable and the data set free. Where the record cannot be written the job ends all the same and
 * the error says so. The job's driver, no lock. */
BP_NODISCARD bp_status bp_service_settle(bp_service *service, bp_job *job, bp_job_info *draft,
                                         bp_error *err);

/* Trains a queued job to its end (training_run.c). The runner, no lock. */
void bp_service_run_job(void *service, bp_job *job);

#endif
