#include "scheduler.h"

#include <stdlib.h>
#include <string.h>

#include "background.h"
#include "job_control.h"
#include "job_queue.h"

typedef struct runner {
    bp_scheduler *scheduler;
    pthread_t thread;
    bp_lane lane;    /* the thread's own */
    bp_job *running; /* borrowed from the thread; NULL: the lane is free */
} runner;

struct bp_scheduler {
    bp_scheduler_options options;
    runner *runners; /* [options.workers] */
    size_t started;  /* threads; by who starts and stops */
    /* Room for a deal: [options.workers] each. Guarded by lock. */
    bp_job **dealt;
    size_t *most, *share;

    pthread_mutex_t lock; /* guards what follows, and the runners' `running` */
    pthread_cond_t wake;  /* something is queued, a model is free, or stopping */
    bp_id_list jobs;      /* every job; the table's references */
    bp_job_queue queue;   /* those that wait for a lane */
    bp_job_queue begun;   /* those in the middle of a training, on a lane or not */
    uint64_t next_id;
    bool stopping;
};

/* --- whose turn it is ------------------------------------------------------------------------ */

/* Another job is in the middle of training the model. Holds scheduler->lock. */
static bool model_is_taken_locked(const bp_scheduler *scheduler, const bp_job_place *place) {
    const bp_job_queue *begun = &scheduler->begun;
    for (size_t i = 0; i < begun->count; i++) {
        if (begun->place[i].key == place->key && begun->place[i].job != place->job) {
            return true;
        }
    }
    return false;
}

/* The first job that may run; count: none. Holds scheduler->lock. */
static size_t next_locked(const bp_scheduler *scheduler) {
    size_t i = 0;
    while (i < scheduler->queue.count &&
           model_is_taken_locked(scheduler, &scheduler->queue.place[i])) {
        i++;
    }
    return i;
}

/* Holds scheduler->lock. */
static void deal_locked(bp_scheduler *scheduler) {
    bp_job **running = scheduler->dealt;
    size_t count = 0;
    for (size_t i = 0; i < scheduler->options.workers; i++) {
        if (scheduler->runners[i].running != NULL) {
            running[count] = scheduler->runners[i].running;
            scheduler->most[count] = bp_job_most_workers(running[count]);
            count++;
        }
    }
    bp_deal_workers(scheduler->options.workers, count, scheduler->most, scheduler->share);
    for (size_t i = 0; i < count; i++) {
        bp_job_set_share(running[i], scheduler->share[i]);
    }
}

/* Holds scheduler->lock. */
static void forget_begun_locked(bp_scheduler *scheduler, const bp_job *job) {
    const size_t index = bp_job_queue_find(&scheduler->begun, job);
    if (index < scheduler->begun.count) {
        bp_job_queue_remove(&scheduler->begun, index);
        pthread_cond_broadcast(&scheduler->wake);
    }
}

/* --- the lanes ------------------------------------------------------------------------------ */

/* Waits for a job that may run; NULL: stopping. A reference. Holds scheduler->lock. */
static bp_job *take_locked(bp_scheduler *scheduler, runner *self) {
    size_t index = 0;
    while (!scheduler->stopping && (index = next_locked(scheduler)) == scheduler->queue.count) {
        pthread_cond_wait(&scheduler->wake, &scheduler->lock);
    }
    if (scheduler->stopping) {
        return NULL;
    }
    const bp_job_place place = scheduler->queue.place[index];
    bp_job_queue_remove(&scheduler->queue, index);
    if (bp_job_queue_find(&scheduler->begun, place.job) == scheduler->begun.count) {
        bp_job_queue_insert(&scheduler->begun, &place);
    }
    self->running = bp_job_ref(place.job);
    deal_locked(scheduler);
    return self->running;
}

static void *run_thread(void *argument) {
    runner *self = argument;
    bp_scheduler *scheduler = self->scheduler;
    const bp_scheduler_options *options = &scheduler->options;
    bp_background_enter();
    pthread_mutex_lock(&scheduler->lock);
    for (bp_job *job; (job = take_locked(scheduler, self)) != NULL;) {
        pthread_mutex_unlock(&scheduler->lock);
        const bp_turn turn = options->run(options->context, job, &self->lane);
        pthread_mutex_lock(&scheduler->lock);
        self->running = NULL;
        if (turn == BP_TURN_ENDED) {
            forget_begun_locked(scheduler, job);
        }
        deal_locked(scheduler);
        bp_job_unref(job);
    }
    pthread_mutex_unlock(&scheduler->lock);
    return NULL;
}

/* --- life ----------------------------------------------------------------------------------- */

bp_status bp_scheduler_new(bp_scheduler **out, const bp_scheduler_options *options, bp_error *err) {
    bp_scheduler *scheduler = calloc(1, sizeof *scheduler);
    if (scheduler == NULL) {
        return bp_fail(err, BP_NO_MEMORY, NULL, "no memory for the scheduler");
    }
    pthread_mutex_init(&scheduler->lock, NULL);
    pthread_cond_init(&scheduler->wake, NULL);
    scheduler->options = *options;
    scheduler->next_id = 1;
    scheduler->runners = calloc(options->workers, sizeof *scheduler->runners);
    scheduler->dealt = calloc(options->workers, sizeof(bp_job *));
    scheduler->most = calloc(options->workers, sizeof *scheduler->most);
    scheduler->share = calloc(options->workers, sizeof *scheduler->share);
    if (scheduler->runners == NULL || scheduler->dealt == NULL || scheduler->most == NULL ||
        scheduler->share == NULL) {
        bp_scheduler_free(scheduler);
        return bp_fail(err, BP_NO_MEMORY, NULL, "no memory for the scheduler");
    }
    *out = scheduler;
    return BP_OK;
}

bp_status bp_scheduler_start(bp_scheduler *scheduler, bp_error *err) {
    while (scheduler->started < scheduler->options.workers) {
        runner *next = &scheduler->runners[scheduler->started];
        next->scheduler = scheduler;
        int code = pthread_create(&next->thread, NULL, run_thread, next);
        if (code != 0) {
            return bp_fail(err, BP_INTERNAL, NULL, "cannot start a thread that runs jobs: %s",
                           strerror(code));
        }
        scheduler->started++;
    }
    return BP_OK;
}

void bp_scheduler_stop(bp_scheduler *scheduler) {
    pthread_mutex_lock(&scheduler->lock);
    scheduler->stopping = true;
    for (size_t i = 0; i < scheduler->started; i++) {
        if (scheduler->runners[i].running != NULL) {
            bp_job_ask(scheduler->runners[i].running, BP_ASK_SHUTDOWN);
        }
    }
    pthread_cond_broadcast(&scheduler->wake);
    pthread_mutex_unlock(&scheduler->lock);
    for (; scheduler->started > 0; scheduler->started--) {
        pthread_join(scheduler->runners[scheduler->started - 1].thread, NULL);
    }
}

void bp_scheduler_free(bp_scheduler *scheduler) {
    if (scheduler == NULL) {
        return;
    }
    bp_scheduler_stop(scheduler);
    for (size_t i = 0; scheduler->runners != NULL && i < scheduler->options.workers; i++) {
        bp_lane_clear(&scheduler->runners[i].lane);
    }
    for (size_t i = 0; i < scheduler->jobs.count; i++) {
        bp_job_unref(scheduler->jobs.item[i].value);
    }
    bp_id_list_clear(&scheduler->jobs);
    bp_job_queue_clear(&scheduler->queue);
    bp_job_queue_clear(&scheduler->begun);
    free(scheduler->runners);
    free(scheduler->dealt);
    free(scheduler->most);
    free(scheduler->share);
    pthread_cond_destroy(&scheduler->wake);
    pthread_mutex_destroy(&scheduler->lock);
    free(scheduler);
}

/* --- the table ------------------------------------------------------------------------------ */

/* Every job of the table has room in both lists. Holds scheduler->lock. */
static bp_status reserve_locked(bp_scheduler *scheduler, bp_error *err) {
    const size_t count = scheduler->jobs.count + 1;
    bp_status status = bp_id_list_reserve(&scheduler->jobs, err);
    if (status == BP_OK) {
        status = bp_job_queue_reserve(&scheduler->queue, count, err);
    }
    return status == BP_OK ? bp_job_queue_reserve(&scheduler->begun, count, err) : status;
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
    if (scheduler->queue.count >= scheduler->options.most_queued) {
        return bp_fail(err, BP_BUSY, NULL, "%zu jobs are queued already, the most that may be",
                       scheduler->queue.count);
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

static bp_job_place place_of(bp_job *job, const bp_job_info *info) {
    return (bp_job_place){
        .priority = info->request.terms.priority, .id = job->id, .job = job, .key = job->model};
}

void bp_scheduler_add(bp_scheduler *scheduler, bp_job *job, bool begun) {
    bp_job_info info;
    bp_job_describe(job, &info);
    const bp_job_place place = place_of(job, &info);
    pthread_mutex_lock(&scheduler->lock);
    bp_id_list_insert(&scheduler->jobs, job->id, job);
    if (info.state == BP_JOB_QUEUED) {
        bp_job_queue_insert(&scheduler->queue, &place);
        pthread_cond_broadcast(&scheduler->wake);
    }
    if (begun && !bp_job_state_is_terminal(info.state)) {
        bp_job_queue_insert(&scheduler->begun, &place);
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

void bp_scheduler_enqueue(bp_scheduler *scheduler, bp_job *job) {
    bp_job_info info;
    bp_job_describe(job, &info);
    const bp_job_place place = place_of(job, &info);
    pthread_mutex_lock(&scheduler->lock);
    bp_job_queue_insert(&scheduler->queue, &place);
    pthread_cond_broadcast(&scheduler->wake);
    pthread_mutex_unlock(&scheduler->lock);
}

bool bp_scheduler_dequeue(bp_scheduler *scheduler, const bp_job *job) {
    pthread_mutex_lock(&scheduler->lock);
    const size_t index = bp_job_queue_find(&scheduler->queue, job);
    const bool queued = index < scheduler->queue.count;
    if (queued) {
        bp_job_queue_remove(&scheduler->queue, index);
    }
    pthread_mutex_unlock(&scheduler->lock);
    return queued;
}

bool bp_scheduler_hold(bp_scheduler *scheduler, bp_job *job) {
    const bp_job_place place = {.id = job->id, .job = job, .key = job->model};
    pthread_mutex_lock(&scheduler->lock);
    const bool is_free = !model_is_taken_locked(scheduler, &place);
    if (is_free && bp_job_queue_find(&scheduler->begun, job) == scheduler->begun.count) {
        bp_job_queue_insert(&scheduler->begun, &place);
    }
    pthread_mutex_unlock(&scheduler->lock);
    return is_free;
}

void bp_scheduler_release(bp_scheduler *scheduler, const bp_job *job) {
    pthread_mutex_lock(&scheduler->lock);
    forget_begun_locked(scheduler, job);
    pthread_mutex_unlock(&scheduler->lock);
}

void bp_scheduler_reorder(bp_scheduler *scheduler, bp_job *job) {
    bp_job_info info;
    bp_job_describe(job, &info);
    pthread_mutex_lock(&scheduler->lock);
    const size_t index = bp_job_queue_find(&scheduler->queue, job);
    if (index < scheduler->queue.count) {
        bp_job_place place = scheduler->queue.place[index];
        place.priority = info.request.terms.priority;
        bp_job_queue_remove(&scheduler->queue, index);
        bp_job_queue_insert(&scheduler->queue, &place);
    }
    deal_locked(scheduler);
    pthread_mutex_unlock(&scheduler->lock);
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
    out->queue_position = 0;
    if (out->state == BP_JOB_QUEUED) {
        const size_t index = bp_job_queue_find(&scheduler->queue, job);
        out->queue_position = index < scheduler->queue.count ? index + 1 : 0;
    }
}

void bp_scheduler_describe(bp_scheduler *scheduler, bp_job *job, bp_job_info *out) {
    pthread_mutex_lock(&scheduler->lock);
    describe_locked(scheduler, job, out);
    pthread_mutex_unlock(&scheduler->lock);
}

void bp_scheduler_foresee(bp_scheduler *scheduler, bp_job *job, bp_job_info *out) {
    pthread_mutex_lock(&scheduler->lock);
    describe_locked(scheduler, job, out);
    if (out->state == BP_JOB_QUEUED) {
        const bp_job_place place = place_of(job, out);
        out->queue_position = bp_job_queue_place(&scheduler->queue, &place) + 1;
    }
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
    *running = 0;
    for (size_t i = 0; i < scheduler->options.workers; i++) {
        *running += scheduler->runners[i].running != NULL;
    }
    *queued = scheduler->queue.count;
    pthread_mutex_unlock(&scheduler->lock);
}
