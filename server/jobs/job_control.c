#include "job_control.h"

#include <errno.h>
#include <inttypes.h>

#include "clock.h"

/* A minibatch that takes longer than this is not waited for. */
#define EDIT_SECONDS 10.0
/* Who drives a paused job writes a record or trains one minibatch, and lets go. */
#define TAKE_SECONDS 10.0

/* --- asking --------------------------------------------------------------------------------- */

/* Relaxed, here and below: the bit or number is all that passes; nothing else is read because of
 * it. */
void bp_job_ask(bp_job *job, bp_job_ask_kind what) {
    atomic_fetch_or_explicit(&job->asked, (unsigned)what, memory_order_relaxed);
}

void bp_job_forget_ask(bp_job *job, bp_job_ask_kind what) {
    atomic_fetch_and_explicit(&job->asked, ~(unsigned)what, memory_order_relaxed);
}

unsigned bp_job_asked(const bp_job *job) {
    return atomic_load_explicit(&job->asked, memory_order_relaxed);
}

void bp_job_set_share(bp_job *job, size_t workers) {
    atomic_store_explicit(&job->share, workers, memory_order_relaxed);
}

size_t bp_job_share(const bp_job *job) {
    const size_t share = atomic_load_explicit(&job->share, memory_order_relaxed);
    return share > 0 ? share : 1;
}

/* --- waiting -------------------------------------------------------------------------------- */

/* False: the time is up. Holds job->lock. */
static bool wait_locked(bp_job *job, const struct timespec *until) {
    return pthread_cond_timedwait(&job->changed, &job->lock, until) != ETIMEDOUT;
}

void bp_job_wait_until_off(bp_job *job, double seconds) {
    const struct timespec until = bp_clock_moment(seconds);
    pthread_mutex_lock(&job->lock);
    while (job->info.state == BP_JOB_RUNNING && wait_locked(job, &until)) {
    }
    pthread_mutex_unlock(&job->lock);
}

void bp_job_wait_until_ended(bp_job *job) {
    pthread_mutex_lock(&job->lock);
    while (!bp_job_state_is_terminal(job->info.state)) {
        pthread_cond_wait(&job->changed, &job->lock);
    }
    pthread_mutex_unlock(&job->lock);
}

bool bp_job_is_ending(bp_job *job) {
    pthread_mutex_lock(&job->lock);
    const bool ending = job->ending;
    pthread_mutex_unlock(&job->lock);
    return ending;
}

bp_status bp_job_take(bp_job *job, bp_error *err) {
    const struct timespec until = bp_clock_moment(TAKE_SECONDS);
    pthread_mutex_lock(&job->lock);
    while (job->taken && wait_locked(job, &until)) {
    }
    const bp_job_state state = job->info.state;
    const bool free_now = !job->taken && state == BP_JOB_PAUSED;
    if (free_now) {
        job->taken = true;
    }
    pthread_mutex_unlock(&job->lock);
    return free_now ? BP_OK
                    : bp_fail(err, BP_CONFLICT, NULL, "job %" PRIu64 " is %s", job->id,
                              state == BP_JOB_PAUSED ? "paused, and something is being done to it"
                                                     : bp_job_state_name(state));
}

void bp_job_let_go(bp_job *job) {
    pthread_mutex_lock(&job->lock);
    job->taken = false;
    pthread_cond_broadcast(&job->changed);
    pthread_mutex_unlock(&job->lock);
}

/* --- edits of a running job ----------------------------------------------------------------- */

/* Holds job->lock. */
static bool takes_wishes_locked(const bp_job *job) {
    return job->info.state == BP_JOB_RUNNING && !job->ending;
}

/* Puts the wish where the lane finds it and waits. False: it was not taken up. Holds job->lock. */
static bool present_wish_locked(bp_job *job, bp_job_wish *wish, const struct timespec *until) {
    while (job->wish != NULL && takes_wishes_locked(job) && wait_locked(job, until)) {
    }
    if (job->wish != NULL || !takes_wishes_locked(job)) {
        return false;
    }
    job->wish = wish;
    bp_job_ask(job, BP_ASK_EDIT);
    while (!wish->taken && takes_wishes_locked(job) && wait_locked(job, until)) {
    }
    if (!wish->taken) {
        job->wish = NULL;
        bp_job_forget_ask(job, BP_ASK_EDIT);
    }
    while (wish->taken && !wish->done) {
        pthread_cond_wait(&job->changed, &job->lock);
    }
    return wish->done;
}

bp_status bp_job_edit_running(bp_job *job, bp_job_edit *edit, bp_error *err) {
    const struct timespec until = bp_clock_moment(EDIT_SECONDS);
    bp_job_wish wish = {.edit = *edit};
    pthread_mutex_lock(&job->lock);
    const bool answered = present_wish_locked(job, &wish, &until);
    const bool runs = takes_wishes_locked(job);
    pthread_mutex_unlock(&job->lock);
    if (!answered) {
        return bp_fail(err, runs ? BP_BUSY : BP_CONFLICT, NULL,
                       runs ? "job %" PRIu64 " is in the middle of a long minibatch"
                            : "job %" PRIu64 " runs no more",
                       job->id);
    }
    if (wish.status != BP_OK && err != NULL) {
        *err = wish.error;
    }
    edit->step = wish.edit.step;
    return wish.status;
}

bool bp_job_next_wish(bp_job *job, bp_job_edit *out) {
    pthread_mutex_lock(&job->lock);
    const bool wished = job->wish != NULL;
    if (wished) {
        *out = job->wish->edit;
        job->wish->taken = true;
        pthread_cond_broadcast(&job->changed);
    }
    bp_job_forget_ask(job, BP_ASK_EDIT);
    pthread_mutex_unlock(&job->lock);
    return wished;
}

void bp_job_answer(bp_job *job, const bp_job_edit *edit, bp_status status, const bp_error *err) {
    pthread_mutex_lock(&job->lock);
    if (job->wish != NULL) {
        *job->wish = (bp_job_wish){
            .edit = *edit, .taken = true, .done = true, .status = status, .error = *err};
        job->wish = NULL;
        pthread_cond_broadcast(&job->changed);
    }
    pthread_mutex_unlock(&job->lock);
}
