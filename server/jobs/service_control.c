/* What can be done to a job that has not ended. Slow threads: each waits until what it
 * did is durable. */
#include <inttypes.h>
#include <math.h>
#include <time.h>

#include "checkpoint.h"
#include "clock.h"
#include "job_actions.h"
#include "job_control.h"
#include "job_edits.h"
#include "job_journal.h"
#include "job_marks.h"
#include "job_writer.h"
#include "records.h"
#include "service_state.h"
#include "turn.h"

/* How long an answer waits for a running job to do what it is asked; it will in any case. */
#define HEED_SECONDS 2.0

static bp_job_state state_of(bp_job *job) {
    bp_job_info info;
    bp_job_describe(job, &info);
    return info.state;
}

/* Who is to be cancelled is not taken away from those who do it. */
static bp_status check_action(bp_job *job, bp_job_action action, bp_error *err) {
    bp_status status = bp_job_check_action(job->id, state_of(job), action, err);
    const bool cancelled = (bp_job_asked(job) & BP_ASK_CANCEL) != 0;
    return status == BP_OK && cancelled && action != BP_JOB_CANCEL
               ? bp_fail(err, BP_CONFLICT, NULL, "job %" PRIu64 " is being cancelled", job->id)
               : status;
}

/* The job, if its state allows the action. */
static bp_status find_for(bp_service *service, uint64_t id, bp_job_action action, bp_job **out,
                          bp_error *err) {
    bp_job *job = NULL;
    bp_status status = bp_service_find_job(service, id, &job, err);
    if (status == BP_OK) {
        status = check_action(job, action, err);
    }
    if (status != BP_OK) {
        bp_job_unref(job);
        return status;
    }
    *out = job;
    return BP_OK;
}

/* Whether to try again: a queued job that is in no queue has another driver for the moment, who
 * edits it, pauses it or is about to run it. */
static bool try_again(double until) {
    nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    return bp_clock_seconds() < until;
}

static bool trains_no_more(bp_job *job) {
    return bp_job_state_is_terminal(state_of(job)) || bp_job_is_ending(job);
}

static bp_status fail_busy(const bp_job *job, bp_error *err) {
    return bp_fail(err, BP_BUSY, NULL, "something else is being done to job %" PRIu64, job->id);
}

/* The driver of a paused job; where it is paused no more, what is possible then. */
static bp_status take(bp_job *job, bp_job_action action, bp_error *err) {
    bp_status status = bp_job_take(job, err);
    if (status == BP_CONFLICT && state_of(job) != BP_JOB_PAUSED) {
        status = bp_job_check_action(job->id, state_of(job), action, err);
        return status == BP_OK
                   ? bp_fail(err, BP_CONFLICT, NULL, "job %" PRIu64 " has gone on", job->id)
                   : status;
    }
    return status;
}

static bp_status write_state(bp_service *service, bp_job *job, bp_job_state state, bp_error *err) {
    bp_store_batch *batch = NULL;
    bp_status status = bp_journal_batch(service, &batch, err);
    const bp_journal_entry entry = {.batch = batch, .state = state};
    return status == BP_OK ? bp_journal_write(service, job, &entry, err) : status;
}

/* --- cancel --------------------------------------------------------------------------------- */

static bp_status cancel_parked(bp_service *service, bp_job *job) {
    bp_writer_end(service, job, BP_JOB_CANCELLED, NULL);
    bp_scheduler_release(service->scheduler, job);
    bp_job_wait_until_ended(job);
    return BP_OK;
}

static bp_status cancel_paused(bp_service *service, bp_job *job, bp_error *err) {
    bp_status status = take(job, BP_JOB_CANCEL, err);
    if (status == BP_OK) {
        status = cancel_parked(service, job);
        bp_job_let_go(job);
    }
    return status == BP_CONFLICT && state_of(job) != BP_JOB_PAUSED ? BP_OK : status; /* went on */
}

/* One try, by the state that the job has now. */
static bp_status try_cancel(bp_service *service, bp_job *job, bp_error *err) {
    const bp_job_state state = state_of(job);
    if (bp_scheduler_dequeue(service->scheduler, job)) {
        return cancel_parked(service, job);
    }
    if (state == BP_JOB_PAUSED) {
        return cancel_paused(service, job, err);
    }
    bp_job_wait_until_off(job, HEED_SECONDS);
    return BP_OK;
}

bp_status bp_service_cancel_job(bp_service *service, uint64_t id, bp_error *err) {
    bp_job *job = NULL;
    bp_status status = find_for(service, id, BP_JOB_CANCEL, &job, err);
    if (status != BP_OK) {
        return status;
    }
    /* It may be paused, or made to take a step, at this moment. */
    bp_job_ask(job, BP_ASK_CANCEL);
    const double until = bp_clock_seconds() + HEED_SECONDS;
    do {
        status = try_cancel(service, job, err);
    } while (status == BP_OK && !trains_no_more(job) && try_again(until));
    if (status == BP_OK && !trains_no_more(job) && state_of(job) != BP_JOB_RUNNING) {
        status = fail_busy(job, err); /* a running one will see that it is asked */
    }
    if (status != BP_OK) {
        bp_job_forget_ask(job, BP_ASK_CANCEL);
    }
    bp_job_unref(job);
    return status;
}

/* --- pause and resume ----------------------------------------------------------------------- */

/* It is out of the queue, and the caller's. */
static bp_status pause_queued(bp_service *service, bp_job *job, bp_error *err) {
    bp_job_info facts;
    bp_job_draft(job, BP_JOB_PAUSED, &facts);
    bp_journal_state(job, &facts);
    bp_status status = write_state(service, job, BP_JOB_PAUSED, err);
    if (status != BP_OK) {
        bp_scheduler_enqueue(service->scheduler, job);
        return status;
    }
    return bp_job_park(job, BP_JOB_PAUSED, err);
}

/* One try, by the state that the job has now. */
static bp_status try_pause(bp_service *service, bp_job *job, bp_error *err) {
    if (bp_scheduler_dequeue(service->scheduler, job)) {
        return pause_queued(service, job, err);
    }
    if (state_of(job) == BP_JOB_RUNNING) {
        bp_job_ask(job, BP_ASK_PAUSE);
        bp_job_wait_until_off(job, HEED_SECONDS);
    }
    return BP_OK;
}

bp_status bp_service_pause_job(bp_service *service, uint64_t id, bp_error *err) {
    bp_job *job = NULL;
    bp_status status = find_for(service, id, BP_JOB_PAUSE, &job, err);
    if (status != BP_OK) {
        return status;
    }
    const double until = bp_clock_seconds() + HEED_SECONDS;
    do {
        status = try_pause(service, job, err);
    } while (status == BP_OK && state_of(job) == BP_JOB_QUEUED && try_again(until));
    if (status == BP_OK && state_of(job) == BP_JOB_QUEUED) {
        status = fail_busy(job, err);
    }
    bp_job_unref(job);
    return status;
}

bp_status bp_service_resume_job(bp_service *service, uint64_t id, bp_error *err) {
    bp_job *job = NULL;
    bp_status status = find_for(service, id, BP_JOB_RESUME, &job, err);
    if (status != BP_OK) {
        return status;
    }
    status = take(job, BP_JOB_RESUME, err);
    if (status == BP_OK) {
        bp_journal_event(job, BP_EVENT_RESUMED, NULL);
        status = write_state(service, job, BP_JOB_QUEUED, err);
        if (status == BP_OK) {
            bp_job_forget_ask(job, BP_ASK_PAUSE);
            status = bp_job_park(job, BP_JOB_QUEUED, err);
        }
        if (status == BP_OK) {
            bp_scheduler_enqueue(service->scheduler, job);
        }
        bp_job_let_go(job);
    }
    bp_job_unref(job);
    return status;
}

/* --- step ----------------------------------------------------------------------------------- */

bp_status bp_service_step_job(bp_service *service, uint64_t id, bp_error *err) {
    bp_job *job = NULL;
    bp_status status = find_for(service, id, BP_JOB_STEP, &job, err);
    if (status == BP_OK) {
        status = take(job, BP_JOB_STEP, err);
    }
    if (status == BP_OK) {
        status = bp_scheduler_hold(service->scheduler, job)
                     ? bp_take_step(service, job, err)
                     : bp_fail(err, BP_CONFLICT, NULL,
                               "another job is in the middle of training the model '%s'",
                               job->info.request.model);
        bp_job_let_go(job);
    }
    bp_job_unref(job);
    return status;
}

/* --- rewind --------------------------------------------------------------------------------- */

/* The facts as they were then. */
static void show_progress(bp_job *job, const bp_job_checkpoint *mark) {
    bp_train_progress progress = job->info.progress; /* the driver's to change */
    progress.step = mark->step;
    progress.epoch = mark->epoch;
    progress.epoch_loss = job->info.last.step > 0 ? job->info.last.train_loss : (double)NAN;
    progress.batch_loss = (double)NAN;
    progress.converged = progress.stopped_early = false;
    bp_job_report(job, &progress);
}

static bp_status write_rewound(bp_service *service, bp_job *job, const uint64_t *dropped,
                               size_t count, bp_error *err) {
    bp_store_batch *batch = NULL;
    bp_status status = bp_journal_batch(service, &batch, err);
    for (size_t i = 0; status == BP_OK && i < count; i++) {
        status = bp_checkpoint_forget(batch, job->id, dropped[i], err);
    }
    if (status != BP_OK) {
        bp_store_batch_free(batch);
        return status;
    }
    const bp_journal_entry entry = {.batch = batch, .state = BP_JOB_PAUSED};
    return bp_journal_write(service, job, &entry, err);
}

static bp_status rewind_taken(bp_service *service, bp_job *job, uint64_t step, bp_error *err) {
    bp_job_checkpoint mark = {0};
    bp_status status = bp_job_find_checkpoint(job, step, &mark, err);
    if (status == BP_OK) {
        status = bp_checkpoint_show(service->store, job, mark.step, err);
    }
    if (status != BP_OK) {
        return status;
    }
    uint64_t dropped[BP_MAX_CHECKPOINTS];
    bp_training_free(job->training);
    job->training = NULL;
    bp_job_drop_edits(job, mark.step);
    const size_t count = bp_job_drop_checkpoints(job, mark.step, dropped);
    show_progress(job, &mark);
    bp_job_show_epochs(job);
    bp_journal_event(
        job, BP_EVENT_REWOUND,
        json_pack("{s:I, s:I}", "step", (json_int_t)mark.step, "epoch", (json_int_t)mark.epoch));
    return write_rewound(service, job, dropped, count, err);
}

bp_status bp_service_rewind_job(bp_service *service, uint64_t id, uint64_t step, bp_error *err) {
    bp_job *job = NULL;
    bp_status status = find_for(service, id, BP_JOB_REWIND, &job, err);
    if (status == BP_OK) {
        status = take(job, BP_JOB_REWIND, err);
    }
    if (status == BP_OK) {
        status = rewind_taken(service, job, step, err);
        bp_job_let_go(job);
    }
    bp_job_unref(job);
    return status;
}

/* --- edit ----------------------------------------------------------------------------------- */

/* One try, by the state that the job has now. */
static bp_status try_edit(bp_service *service, bp_job *job, bp_job_edit *edit, bp_error *err) {
    if (bp_scheduler_dequeue(service->scheduler, job)) {
        bp_status status = bp_job_edit_resting(job, edit, err);
        bp_scheduler_enqueue(service->scheduler, job);
        return status;
    }
    if (state_of(job) != BP_JOB_PAUSED) {
        return bp_job_edit_running(job, edit, err);
    }
    bp_status status = take(job, BP_JOB_EDIT, err);
    if (status == BP_OK) {
        status = bp_job_edit_resting(job, edit, err);
        bp_job_let_go(job);
    }
    return status;
}

/* Has the edit take effect, whatever the job does now. */
static bp_status edit_training(bp_service *service, bp_job *job, bp_job_edit *edit, bp_error *err) {
    const double until = bp_clock_seconds() + HEED_SECONDS;
    bp_status status;
    do {
        status = try_edit(service, job, edit, err);
    } while (status == BP_CONFLICT && !trains_no_more(job) && try_again(until));
    return status;
}

static void edit_terms(bp_service *service, bp_job *job, const bp_job_change *change) {
    bp_job_info info;
    bp_job_describe(job, &info);
    const size_t threads = change->threads > 0 ? change->threads : info.request.options.threads;
    bp_job_set_terms(job, change->has_priority ? change->priority : info.request.terms.priority,
                     threads < service->threads ? threads : service->threads);
    bp_scheduler_reorder(service->scheduler, job);
}

static json_t *describe_change(const bp_job_change *change, const bp_job_edit *edit) {
    json_t *json = json_object();
    if (change->learning_rate > 0) {
        json_object_set_new(json, "learning_rate", json_real(change->learning_rate));
    }
    if (change->epochs > 0) {
        json_object_set_new(json, "epochs", json_integer((json_int_t)change->epochs));
    }
    if (change->threads > 0) {
        json_object_set_new(json, "threads", json_integer((json_int_t)change->threads));
    }
    if (change->has_priority) {
        json_object_set_new(json, "priority", json_integer(change->priority));
    }
    if (change->learning_rate > 0 || change->epochs > 0) {
        json_object_set_new(json, "step", json_integer((json_int_t)edit->step));
    }
    return json;
}

static bp_status edit_job(bp_service *service, bp_job *job, const bp_job_change *change,
                          bp_error *err) {
    bp_job_edit edit = {.learning_rate = change->learning_rate, .epochs = change->epochs};
    bp_status status = BP_OK;
    if (bp_job_is_ending(job)) {
        return bp_fail(err, BP_CONFLICT, NULL, "job %" PRIu64 " is at its end", job->id);
    }
    if (edit.learning_rate > 0 || edit.epochs > 0) {
        status = edit_training(service, job, &edit, err);
    }
    if (status != BP_OK) {
        return status;
    }
    if (change->has_priority || change->threads > 0) {
        edit_terms(service, job, change);
    }
    bp_store_batch *batch = NULL;
    bp_journal_event(job, BP_EVENT_EDITED, describe_change(change, &edit));
    status = bp_journal_batch(service, &batch, err);
    const bp_journal_entry entry = {.batch = batch, .same_state = true};
    status = status == BP_OK ? bp_journal_write(service, job, &entry, err) : status;
    if (status == BP_CONFLICT) { /* it ended in this moment: its last record has the edit too */
        bp_job_wait_until_ended(job);
        return BP_OK;
    }
    return status;
}

bp_status bp_service_edit_job(bp_service *service, uint64_t id, const bp_job_change *change,
                              bp_error *err) {
    bp_job *job = NULL;
    bp_status status = find_for(service, id, BP_JOB_EDIT, &job, err);
    if (status == BP_OK) {
        status = edit_job(service, job, change, err);
    }
    if (job != NULL && status == BP_CONFLICT && bp_job_state_is_terminal(state_of(job))) {
        status = bp_job_check_action(id, state_of(job), BP_JOB_EDIT, err);
    }
    bp_job_unref(job);
    return status;
}
