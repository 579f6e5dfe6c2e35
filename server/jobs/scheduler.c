#include "scheduler.h"

#include <stdlib.h>
#include <string.h>

#include "background.h"

struct bp_scheduler {
    bp_scheduler_run run;
    void *context;
    pthread_t thread;
    bool started; /* by the thread that starts and stops */

    pthread_mutex_t lock; /* guards what follows */
    pthread_cond_t wake;  /* something is queued, or stopping */
    bp_id_list jobs;      /* every job; the table's references */
    bp_id_list queue;     /* those that wait for the runner */
    bp_job *running;      /* borrowed from the runner */
    uint64_t next_id;
    bool stopping;
};

/* --- the runner ----------------------------------------------------------------------------- */

/* Waits for the oldest queued job; NULL: stopping. Holds scheduler->lock. */
static bp_job *take_locked(bp_scheduler *scheduler) {
    while (scheduler->queue.count == 0 && !scheduler->stopping) {
        pthread_cond_wait(&scheduler->wake, &scheduler->lock);
    }
    if (scheduler->stopping) {
        return NULL;
    }
    bp_job *job = bp_job_ref(scheduler->queue.item[0].value);
    bp_id_list_remove(&scheduler->queue, job->id);
    scheduler->running = job;
    return job;
}

static void *run_thread(void *argument) {
    bp_scheduler *scheduler = argument;
    bp_background_enter();
    pthread_mutex_lock(&scheduler->lock);
    for (bp_job *job; (job = take_locked(scheduler)) != NULL;) {
        pthread_mutex_unlock(&scheduler->lock);
        scheduler->run(scheduler->context, job);
        pthread_mutex_lock(&scheduler->lock);
        scheduler->running = NULL;
        bp_job_unref(job);
    }
    pthread_mutex_unlock(&scheduler->lock);
    return NULL;
}

/* --- life ----------------------------------------------------------------------------------- */

bp_status bp_scheduler_new(bp_scheduler **out, bp_scheduler_run run, void *context, bp_error *err) {
    bp_scheduler *scheduler = calloc(1, sizeof *scheduler);
    if (scheduler == NULL) {
        return bp_fail(err, BP_NO_MEMORY, NULL, "no memory for the scheduler");
    }
    scheduler->run = run;
    scheduler->context = context;
    scheduler->next_id = 1;
    pthread_mutex_init(&scheduler->lock, NULL);
    pthread_cond_init(&scheduler->wake, NULL);
    *out = scheduler;
    return BP_OK;
}

bp_status bp_scheduler_start(bp_scheduler *scheduler, bp_error *err) {
    int code = pthread_create(&scheduler->thread, NULL, run_thread, scheduler);
    if (code != 0) {
        return bp_fail(err, BP_INTERNAL, NULL, "cannot start the thread that runs jobs: %s",
                       strerror(code));
    }
    scheduler->started = true;
    return BP_OK;
}

void bp_scheduler_stop(bp_scheduler *scheduler) {
    pthread_mutex_lock(&scheduler->lock);
    scheduler->stopping = true;
    if (scheduler->running != NULL) {
        bp_job_ask_stop(scheduler->running, BP_STOP_SHUTDOWN);
    }
    pthread_cond_signal(&scheduler->wake);
    pthread_mutex_unlock(&scheduler->lock);
    if (scheduler->started) {
        pthread_join(scheduler->thread, NULL);
        scheduler->started = false;
    }
}

void bp_scheduler_free(bp_scheduler *scheduler) {
    if (scheduler == NULL) {
        return;
    }
    bp_scheduler_stop(scheduler);
    for (size_t i = 0; i < scheduler->jobs.count; i++) {
        bp_job_unref(scheduler->jobs.item[i].value);
    }
    bp_id_list_clear(&scheduler->jobs);
    bp_id_list_clear(&scheduler->queue);
    pthread_cond_destroy(&scheduler->wake);
    pthread_mutex_destroy(&scheduler->lock);
    free(scheduler);
}

/* --- the table ------------------------------------------------------------------------------ */

/* Holds scheduler->lock. */
static bp_status reserve_locked(bp_scheduler *scheduler, bp_error *err) {
    bp_status status = bp_id_list_reserve(&scheduler->jobs, err);
    return status == BP_OK ? bp_id_list_reserve(&scheduler->queue, err) : status;
}

bp_status bp_scheduler_reserve(bp_scheduler *scheduler, bp_error *err) {
    pthread_mutex_lock(&scheduler->lock);
    bp_status status = reserve_locked(scheduler, err);
    pthread_mutex_unlock(&scheduler->lock);
    return status;
}

/* Holds scheduler->lock. */
static bp_status admit_locked(bp_scheduler *scheduler, uint64_t *id, bp_error *err) {
    if (scheduler->stopping) {
        return bp_fail(err, BP_BUSY, NULL, "the server is stopping");
    }
    if (scheduler->queue.count >= BP_MAX_QUEUED_JOBS) {
        return bp_fail(err, BP_BUSY, NULL, "%zu jobs are queued already", scheduler->queue.count);
    }
    bp_status status = reserve_locked(scheduler, err);
    if (status == BP_OK) {
        *id = scheduler->next_id;
    }
    return status;
}

bp_status bp_scheduler_admit(bp_scheduler *scheduler, uint64_t *id, bp_error *err) {
    pthread_mutex_lock(&scheduler->lock);
    bp_status status = admit_locked(scheduler, id, err);
    pthread_mutex_unlock(&scheduler->lock);
    return status;
}

void bp_scheduler_add(bp_scheduler *scheduler, bp_job *job) {
    bp_job_info info;
    bp_job_describe(job, &info);
    pthread_mutex_lock(&scheduler->lock);
    bp_id_list_insert(&scheduler->jobs, job->id, job);
    if (!bp_job_state_is_terminal(info.state)) {
        bp_id_list_insert(&scheduler->queue, job->id, job);
        pthread_cond_signal(&scheduler->wake);
    }
    if (job->id >= scheduler->next_id) {
        scheduler->next_id = job->id + 1;
    }
    pthread_mutex_unlock(&scheduler->lock);
}

bp_job *bp_scheduler_find(bp_scheduler *scheduler, uint64_t id) {
    pthread_mutex_lock(&scheduler->lock);
    bp_id_item *item = bp_id_list_find(&scheduler->jobs, id);
    bp_job *job = item != NULL ? bp_job_ref(item->value) : NULL;
    pthread_mutex_unlock(&scheduler->lock);
    return job;
}

bool bp_scheduler_dequeue(bp_scheduler *scheduler, const bp_job *job) {
    pthread_mutex_lock(&scheduler->lock);
    bool queued = bp_id_list_remove(&scheduler->queue, job->id);
    pthread_mutex_unlock(&scheduler->lock);
    return queued;
}

void bp_scheduler_remove(bp_scheduler *scheduler, uint64_t id) {
    pthread_mutex_lock(&scheduler->lock);
    bp_id_item *item = bp_id_list_find(&scheduler->jobs, id);
    bp_job *job = item != NULL ? item->value : NULL;
    bp_id_list_remove(&scheduler->jobs, id);
    pthread_mutex_unlock(&scheduler->lock);
    bp_job_unref(job);
}

/* --- reading -------------------------------------------------------------------------------- */

/* For a reader, who clears it. Takes job->lock inside scheduler->lock, which it holds. */
static void describe_locked(bp_scheduler *scheduler, bp_job *job, bp_job_info *out) {
    bp_job_describe(job, out);
    bp_class_weights_ref(out->request.options.loss_weighting.classes);
    const bp_id_item *item = bp_id_list_find(&scheduler->queue, job->id);
    out->queue_position = item != NULL ? (size_t)(item - scheduler->queue.item) + 1 : 0;
}

void bp_scheduler_describe(bp_scheduler *scheduler, bp_job *job, bp_job_info *out) {
    pthread_mutex_lock(&scheduler->lock);
    describe_locked(scheduler, job, out);
    pthread_mutex_unlock(&scheduler->lock);
}

void bp_scheduler_list(bp_scheduler *scheduler, uint64_t before, bp_job_info *out, size_t *count,
                       bool *more) {
    size_t limit = *count;
    pthread_mutex_lock(&scheduler->lock);
    size_t index =
        before == 0 ? scheduler->jobs.count : bp_id_list_lower_bound(&scheduler->jobs, before);
    size_t taken = 0;
    while (index > 0 && taken < limit) {
        describe_locked(scheduler, scheduler->jobs.item[--index].value, &out[taken++]);
    }
    pthread_mutex_unlock(&scheduler->lock);
    *count = taken;
    *more = index > 0;
}

void bp_scheduler_count(bp_scheduler *scheduler, size_t *running, size_t *queued) {
    pthread_mutex_lock(&scheduler->lock);
    *running = scheduler->running != NULL;
    *queued = scheduler->queue.count;
    pthread_mutex_unlock(&scheduler->lock);
}
