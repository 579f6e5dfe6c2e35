/* Between two minibatches a lane looks at what is asked of its job, at the workers that it has been
 * dealt, and at the clock; nothing of that waits for anybody. */
#include "turn.h"

#include <math.h>

#include "clock.h"
#include "job_control.h"
#include "job_journal.h"
#include "job_writer.h"
#include "service_state.h"

/* A disk that takes longer than this to write a checkpoint is not waited for. */
#define WRITE_SECONDS 600.0

typedef struct turn {
    bp_service *service;
    bp_job *job;
    bp_lane *lane;
} turn;

/* --- what is asked -------------------------------------------------------------------------- */

static void grant_wish(bp_job *job) {
    bp_job_edit edit;
    bp_error err = {0};
    if (job->training != NULL && bp_job_next_wish(job, &edit)) {
        bp_status status = bp_training_edit(job->training, &edit, &err);
        bp_job_answer(job, &edit, status, &err);
    }
}

/* Why the turn ends now: the strongest of what is asked; 0: it goes on. */
static unsigned heed(bp_job *job) {
    const unsigned asked = bp_job_asked(job);
    if ((asked & BP_ASK_EDIT) != 0) {
        grant_wish(job);
    }
    static const unsigned by_strength[] = {BP_ASK_CANCEL, BP_ASK_SHUTDOWN, BP_ASK_PAUSE};
    for (size_t i = 0; i < sizeof by_strength / sizeof *by_strength; i++) {
        if ((asked & by_strength[i]) != 0) {
            return by_strength[i];
        }
    }
    return 0;
}

/* --- the loop ------------------------------------------------------------------------------- */

/* To the workers that the job has been dealt. The lane's pool may be another one after that, so
 * where there is no memory for the move the training cannot go on. */
static bp_status move(const turn *self, bp_error *err) {
    const size_t share = bp_job_share(self->job);
    bp_pool *pool = bp_lane_pool(self->lane, share);
    return bp_trainer_move(self->job->training->trainer, pool, share, err);
}

static bool checkpoint_is_due(const bp_training *t) {
    const bp_job_terms *terms = &t->job->info.request.terms; /* what is read of it is fixed */
    return (terms->checkpoint_steps > 0 &&
            t->step - t->checkpoint_step >= terms->checkpoint_steps) ||
           (terms->checkpoint_seconds > 0 && t->now - t->checkpointed >= terms->checkpoint_seconds);
}

/* DIVERGED: the weights are not finite. Where there is no memory, the next one is tried. */
static bp_status checkpoint(bp_training *t, bp_error *err) {
    bp_status status = bp_writer_checkpoint(t, err);
    t->checkpointed = bp_clock_seconds();
    t->checkpoint_step = bp_trainer_progress(t->trainer).step;
    return status == BP_NO_MEMORY ? BP_OK : status;
}

/* Until all is done, or something is asked, which goes to *asked. */
static bp_status train(const turn *self, unsigned *asked, bp_error *err) {
    bp_training *t = self->job->training;
    bp_status status = BP_OK;
    *asked = 0;
    while (status == BP_OK && !bp_training_done(t) && (*asked = heed(self->job)) == 0) {
        if (bp_training_done(t)) {
            break; /* by an edit */
        }
        status = move(self, err);
        if (status == BP_OK) {
            status = bp_training_step(t, err);
        }
        if (status == BP_OK && checkpoint_is_due(t)) {
            status = checkpoint(t, err);
        }
    }
    return status;
}

/* --- begin and end -------------------------------------------------------------------------- */

/* Makes the training. One that is there from an earlier turn leaves that turn's pool, which may be
 * gone, or another job's, before anything is done with it. */
static bp_status open_training(bp_service *service, bp_job *job, bp_pool *pool, bp_error *err) {
    const bool first = job->info.progress.step == 0 && job->training == NULL;
    bp_status status = BP_OK;
    if (job->training == NULL) {
        status = bp_training_open(&job->training, service, job, pool, err);
    } else {
        status = bp_trainer_move(job->training->trainer, pool, 1, err);
    }
    if (status == BP_OK) {
        bp_job_info now;
        bp_job_describe(job, &now);
        if (first) {
            bp_journal_state(job, &now);
            bp_journal_send(service, job);
        }
        status = bp_training_begin_turn(job->training, err);
    }
    return status;
}

/* The last weights go to the model; after a divergence it keeps those that it has, for the last
 * ones before may be finite and of no use. */
static bp_status publish_last(bp_job *job, bp_status outcome, bp_error *err) {
    bp_training *t = job->training;
    if (t == NULL) {
        return outcome;
    }
    bp_training_report(t);
    const bool moved = bp_trainer_progress(t->trainer).step > t->published_step;
    return outcome == BP_OK && moved ? bp_training_publish(t, err) : outcome;
}

static void end(bp_service *service, bp_job *job, bp_status outcome, bool cancelled,
                bp_error *err) {
    outcome = publish_last(job, outcome, err);
    bp_job_state state = cancelled ? BP_JOB_CANCELLED : BP_JOB_SUCCEEDED;
    state = outcome != BP_OK ? BP_JOB_FAILED : state;
    bp_writer_end(service, job, state, err);
}

bp_turn bp_take_turn(void *service, bp_job *job, bp_lane *lane) {
    const turn self = {.service = service, .job = job, .lane = lane};
    bp_error err = {0};
    unsigned asked = heed(job); /* before anything is made */
    bp_status status = bp_job_begin(job, &err);
    bp_pool *pool = bp_lane_pool(lane, bp_job_share(job));
    if (status == BP_OK && pool == NULL) {
        status = bp_fail(&err, BP_NO_MEMORY, NULL, "no memory to train");
    }
    if (status == BP_OK && asked == 0) {
        status = open_training(service, job, pool, &err);
    }
    if (status == BP_OK && asked == 0) {
        status = train(&self, &asked, &err);
    }
    const bool parks = status == BP_OK && (asked == BP_ASK_PAUSE || asked == BP_ASK_SHUTDOWN);
    if (parks) {
        bp_job_forget_ask(job, (bp_job_ask_kind)asked);
        bp_writer_put_down(service, job, asked == BP_ASK_PAUSE ? BP_JOB_PAUSED : BP_JOB_QUEUED);
        return BP_TURN_PARKED;
    }
    end(service, job, status, asked == BP_ASK_CANCEL, &err);
    return BP_TURN_ENDED;
}

bp_status bp_take_step(bp_service *service, bp_job *job, bp_error *err) {
    bp_error cause = {0};
    bp_status status = bp_job_begin(job, err);
    if (status != BP_OK) {
        return status;
    }
    status = open_training(service, job, service->single, &cause);
    if (status == BP_OK && !bp_training_done(job->training)) {
        status = bp_training_step(job->training, &cause);
    }
    const bool cancelled = (bp_job_asked(job) & BP_ASK_CANCEL) != 0;
    if (status == BP_OK && !bp_training_done(job->training) && !cancelled) {
        bp_writer_put_down(service, job, BP_JOB_PAUSED);
    } else {
        end(service, job, status, cancelled, &cause);
        bp_scheduler_release(service->scheduler, job);
    }
    bp_job_wait_until_off(job, WRITE_SECONDS);
    return BP_OK;
}
