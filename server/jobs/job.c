#include "job.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "job_writer.h"
#include "training.h"

/* --- states --------------------------------------------------------------------------------- */

static const char *const state_names[] = {
#define X(name, wire) [BP_JOB_##name] = wire,
    BP_JOB_STATE_TABLE(X)
#undef X
};

/* The legal transitions: all of them. A running job is queued again where the server stops before
 * its end; a state without a row here is terminal. */
#define BIT(state) (1u << BP_JOB_##state)
static const unsigned transitions[BP_JOB_STATE_COUNT] = {
    [BP_JOB_QUEUED] = BIT(RUNNING) | BIT(PAUSED) | BIT(CANCELLED) | BIT(FAILED),
    [BP_JOB_RUNNING] = BIT(QUEUED) | BIT(PAUSED) | BIT(SUCCEEDED) | BIT(FAILED) | BIT(CANCELLED),
    [BP_JOB_PAUSED] = BIT(QUEUED) | BIT(RUNNING) | BIT(FAILED) | BIT(CANCELLED),
};
#undef BIT

const char *bp_job_state_name(bp_job_state state) {
    return (unsigned)state < BP_JOB_STATE_COUNT ? state_names[state] : "unknown";
}

bool bp_job_state_is_terminal(bp_job_state state) {
    return (unsigned)state < BP_JOB_STATE_COUNT && transitions[state] == 0;
}

bool bp_job_may_become(bp_job_state from, bp_job_state to) {
    return (unsigned)from < BP_JOB_STATE_COUNT && (transitions[from] >> to & 1u) != 0;
}

const char *bp_job_ending_name(bp_job_ending ending) {
    static const char *const names[] = {[BP_ENDING_NONE] = NULL,
#define X(name, wire, meaning) [BP_ENDING_##name] = wire,
                                        BP_JOB_ENDING_TABLE(X)
#undef X
    };
    return (unsigned)ending < sizeof names / sizeof *names ? names[ending] : NULL;
}

static bp_status check_transition(const bp_job_info *info, bp_job_state to, bp_error *err) {
    if (bp_job_may_become(info->state, to)) {
        return BP_OK;
    }
    return bp_fail(err, BP_CONFLICT, NULL, "job %" PRIu64 " is %s and cannot become %s", info->id,
                   bp_job_state_name(info->state), bp_job_state_name(to));
}

static bp_monitor monitor_of(const bp_job_info *info, const bp_job_point *point) {
    return bp_early_stopping_monitor(&info->request.options.early_stopping,
                                     info->validation_rows > 0 || !isnan(point->validation_loss));
}

static double watched(bp_monitor monitor, const bp_job_point *point) {
    bp_epoch_end end = {.train_loss = point->train_loss,
                        .validation = {.loss = point->validation_loss,
                                       .accuracy = point->validation_accuracy,
                                       .r2 = point->validation_r2}};
    return bp_monitor_read(monitor, &end);
}

/* As the trainer's best (early_stopping.h): what is restored is what is called best. */
static void note_point(bp_job_info *info, const bp_job_point *point) {
    if (point->observed) {
        return;
    }
    const bp_monitor monitor = monitor_of(info, point);
    const double best = info->best.step > 0 ? watched(monitor, &info->best) : (double)NAN;
    info->last = *point;
    if (bp_monitor_improves(monitor, watched(monitor, point), best, 0)) {
        info->best = *point;
    }
}

void bp_job_info_clear(bp_job_info *info) {
    bp_class_weights_unref(info->request.options.loss_weighting.classes);
    info->request.options.loss_weighting.classes = NULL;
}

bp_best_epoch bp_job_best(const bp_job_info *info) {
    if (info->best.step == 0) {
        return (bp_best_epoch){.epoch = 0};
    }
    const bp_monitor monitor = monitor_of(info, &info->best);
    return (bp_best_epoch){
        .epoch = info->best.epoch, .metric = monitor, .value = watched(monitor, &info->best)};
}

/* --- life ----------------------------------------------------------------------------------- */

void bp_job_parts_clear(bp_job_parts *parts) {
    free(parts->history.point);
    free(parts->edits.edit);
    *parts = (bp_job_parts){0};
}

static void take_parts(bp_job *job, bp_job_parts *parts) {
    job->history = parts->history;
    job->edits = parts->edits;
    job->checkpoint_count = parts->checkpoint_count;
    memcpy(job->checkpoints, parts->checkpoints, sizeof job->checkpoints);
    *parts = (bp_job_parts){0};
    for (size_t i = 0; i < job->history.count; i++) {
        note_point(&job->info, &job->history.point[i]);
    }
}

/* Its waits are of so many seconds from now, whatever happens to the wall's clock. */
static void init_changed(bp_job *job) {
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&job->changed, &attributes);
    pthread_condattr_destroy(&attributes);
}

bp_status bp_job_new(bp_job **out, const bp_job_info *info, bp_job_parts *parts, bp_error *err) {
    bp_job *job = calloc(1, sizeof *job);
    if (job == NULL) {
        return bp_fail(err, BP_NO_MEMORY, NULL, "no memory for a job");
    }
    bp_status status = bp_event_log_new(&job->events, err);
    if (status == BP_OK && !bp_job_state_is_terminal(info->state)) {
        status = bp_writer_prepare(&job->last_errand, err);
    }
    if (status != BP_OK) {
        bp_event_log_unref(job->events);
        free(job);
        return status;
    }
    atomic_init(&job->references, 1);
    atomic_init(&job->asked, 0);
    atomic_init(&job->share, 0);
    atomic_init(&job->checkpoint_under_way, false);
    pthread_mutex_init(&job->recording, NULL);
    pthread_mutex_init(&job->lock, NULL);
    init_changed(job);
    job->id = info->id;
    job->info = *info;
    job->elapsed_before = isfinite(info->elapsed_seconds) ? info->elapsed_seconds : 0;
    bp_class_weights_ref(info->request.options.loss_weighting.classes);
    if (parts != NULL) {
        take_parts(job, parts);
    }
    *out = job;
    return BP_OK;
}

bp_job *bp_job_ref(bp_job *job) {
    /* Relaxed: whoever calls this holds a reference or the lock of the table that holds one. */
    atomic_fetch_add_explicit(&job->references, 1, memory_order_relaxed);
    return job;
}

void bp_job_unref(bp_job *job) {
    /* Acquire-release: the last holder frees after every use by the holders before it. */
    if (job == NULL || atomic_fetch_sub_explicit(&job->references, 1, memory_order_acq_rel) != 1) {
        return;
    }
    bp_training_free(job->training);
    bp_registry_entry_unref(job->model);
    bp_registry_entry_unref(job->dataset);
    bp_dataset_unref(job->data);
    bp_registry_entry_unref(job->held_out);
    bp_dataset_unref(job->held_out_data);
    bp_event_log_unref(job->events);
    pthread_cond_destroy(&job->changed);
    pthread_mutex_destroy(&job->lock);
    pthread_mutex_destroy(&job->recording);
    bp_job_info_clear(&job->info);
    free(job->history.point);
    free(job->edits.edit);
    free(job->last_errand);
    free(job);
}

/* --- any thread ----------------------------------------------------------------------------- */

/* Elapsed time, rate and remaining time. Holds job->lock. */
static void fill_rates_locked(const bp_job *job, bp_job_info *out) {
    const bp_train_progress *progress = &job->info.progress;
    if (job->clock_runs) {
        out->elapsed_seconds = job->elapsed_before + bp_clock_seconds() - job->started_clock;
    }
    bool moved = progress->step > 0 && out->elapsed_seconds > 0;
    out->samples_per_second =
        moved ? (double)progress->samples_seen / out->elapsed_seconds : (double)NAN;
    out->eta_seconds = (double)NAN;
    if (out->state == BP_JOB_SUCCEEDED) {
        out->eta_seconds = 0;
    } else if (moved && out->state == BP_JOB_RUNNING && out->steps_total >= progress->step) {
        out->eta_seconds = out->elapsed_seconds * (double)(out->steps_total - progress->step) /
                           (double)progress->step;
    }
}

void bp_job_describe(bp_job *job, bp_job_info *out) {
    pthread_mutex_lock(&job->lock);
    *out = job->info;
    fill_rates_locked(job, out);
    pthread_mutex_unlock(&job->lock);
}

/* Index of the first point of an epoch after `after`. Holds job->lock. */
static size_t first_point_locked(const bp_job *job, uint64_t after) {
    size_t low = 0;
    for (size_t high = job->history.count; low < high;) {
        size_t middle = low + (high - low) / 2;
        if (job->history.point[middle].epoch <= after) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

bp_status bp_job_history(bp_job *job, bp_job_span span, bp_job_point **out, size_t *count,
                         bp_error *err) {
    pthread_mutex_lock(&job->lock);
    size_t first = first_point_locked(job, span.after);
    size_t available = job->history.count - first;
    size_t taken = available < span.limit ? available : span.limit;
    bp_job_point *copy = malloc((taken > 0 ? taken : 1) * sizeof *copy);
    if (copy != NULL && taken > 0) {
        memcpy(copy, job->history.point + first, taken * sizeof *copy);
    }
    pthread_mutex_unlock(&job->lock);
    if (copy == NULL) {
        return bp_fail(err, BP_NO_MEMORY, NULL, "no memory for %zu points", taken);
    }
    *out = copy;
    *count = taken;
    return BP_OK;
}

size_t bp_job_most_workers(bp_job *job) {
    pthread_mutex_lock(&job->lock);
    const size_t threads = job->info.request.options.threads;
    pthread_mutex_unlock(&job->lock);
    return threads > 0 ? threads : SIZE_MAX;
}

/* --- the driver ----------------------------------------------------------------------------- */

/* Holds job->lock. */
static void set_state_locked(bp_job *job, bp_job_state state) {
    job->info.state = state;
    pthread_cond_broadcast(&job->changed);
}

bp_status bp_job_begin(bp_job *job, bp_error *err) {
    pthread_mutex_lock(&job->lock);
    bp_status status = check_transition(&job->info, BP_JOB_RUNNING, err);
    if (status == BP_OK) {
        set_state_locked(job, BP_JOB_RUNNING);
        if (job->info.started_at <= 0) {
            job->info.started_at = bp_clock_wall_seconds();
        }
        job->started_clock = bp_clock_seconds();
        job->clock_runs = true;
    }
    pthread_mutex_unlock(&job->lock);
    return status;
}

bp_status bp_job_park(bp_job *job, bp_job_state state, bp_error *err) {
    pthread_mutex_lock(&job->lock);
    bp_status status = check_transition(&job->info, state, err);
    if (status == BP_OK) {
        job->info.elapsed_seconds = job->elapsed_before;
        set_state_locked(job, state);
    }
    pthread_mutex_unlock(&job->lock);
    return status;
}

void bp_job_stop_clock(bp_job *job) {
    pthread_mutex_lock(&job->lock);
    if (job->clock_runs) {
        job->elapsed_before += bp_clock_seconds() - job->started_clock;
        job->info.elapsed_seconds = job->elapsed_before;
        job->clock_runs = false;
    }
    pthread_mutex_unlock(&job->lock);
}

void bp_job_set_sizes(bp_job *job, uint64_t steps_total, size_t validation_rows) {
    pthread_mutex_lock(&job->lock);
    job->info.steps_total = steps_total;
    job->info.validation_rows = validation_rows;
    pthread_mutex_unlock(&job->lock);
}

void bp_job_report(bp_job *job, const bp_train_progress *progress) {
    pthread_mutex_lock(&job->lock);
    job->info.progress = *progress;
    pthread_mutex_unlock(&job->lock);
}

/* Holds job->lock. */
static bp_status reserve_point_locked(bp_job_points *history, bp_error *err) {
    if (history->count < history->capacity) {
        return BP_OK;
    }
    size_t capacity = history->capacity == 0 ? 16 : history->capacity * 2;
    bp_job_point *point = realloc(history->point, capacity * sizeof *point);
    if (point == NULL) {
        return bp_fail(err, BP_NO_MEMORY, NULL, "no memory for %zu points of history", capacity);
    }
    history->point = point;
    history->capacity = capacity;
    return BP_OK;
}

bp_status bp_job_add_point(bp_job *job, const bp_job_point *point, bp_error *err) {
    pthread_mutex_lock(&job->lock);
    bp_status status = reserve_point_locked(&job->history, err);
    if (status == BP_OK) {
        job->history.point[job->history.count++] = *point;
        note_point(&job->info, point);
    }
    pthread_mutex_unlock(&job->lock);
    return status;
}

void bp_job_set_history(bp_job *job, bp_job_points *history) {
    pthread_mutex_lock(&job->lock);
    free(job->history.point);
    job->history = *history;
    job->info.last = job->info.best = (bp_job_point){0};
    for (size_t i = 0; i < job->history.count; i++) {
        note_point(&job->info, &job->history.point[i]);
    }
    pthread_mutex_unlock(&job->lock);
    *history = (bp_job_points){0};
}

void bp_job_set_epochs(bp_job *job, uint64_t epochs) {
    pthread_mutex_lock(&job->lock);
    job->info.epochs = epochs;
    job->info.steps_total = epochs * job->info.progress.steps_per_epoch;
    pthread_mutex_unlock(&job->lock);
}

void bp_job_set_terms(bp_job *job, int priority, size_t threads) {
    pthread_mutex_lock(&job->lock);
    job->info.request.terms.priority = priority;
    job->info.request.options.threads = threads;
    pthread_mutex_unlock(&job->lock);
}

void bp_job_set_elapsed(bp_job *job, double seconds) {
    pthread_mutex_lock(&job->lock);
    job->elapsed_before = seconds;
    job->info.elapsed_seconds = seconds;
    pthread_mutex_unlock(&job->lock);
}

double bp_job_elapsed(bp_job *job) {
    pthread_mutex_lock(&job->lock);
    double seconds = job->elapsed_before;
    if (job->clock_runs) {
        seconds += bp_clock_seconds() - job->started_clock;
    }
    pthread_mutex_unlock(&job->lock);
    return seconds;
}

void bp_job_set_ending(bp_job *job) {
    pthread_mutex_lock(&job->lock);
    job->ending = true;
    pthread_cond_broadcast(&job->changed);
    pthread_mutex_unlock(&job->lock);
}

void bp_job_draft(bp_job *job, bp_job_state state, bp_job_info *draft) {
    bp_job_describe(job, draft);
    draft->state = state;
    if (bp_job_state_is_terminal(state)) {
        draft->finished_at = bp_clock_wall_seconds();
    }
}

bp_status bp_job_end(bp_job *job, const bp_job_info *draft, bp_error *err) {
    pthread_mutex_lock(&job->lock);
    bp_status status = check_transition(&job->info, draft->state, err);
    if (status == BP_OK) {
        const bp_job_checkpoint last = job->info.checkpoint; /* it may be later than the draft */
        job->info = *draft;
        job->info.checkpoint = last;
        set_state_locked(job, draft->state);
    }
    pthread_mutex_unlock(&job->lock);
    return status;
}
