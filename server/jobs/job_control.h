/* How one thread makes a job do something that another thread is driving.
 *
 * A running job is asked: a bit in job->asked, which its lane looks at between two minibatches. An
 * edit comes with the step at which it took effect, so that the same training can be made again:
 * who wants one waits for the lane's answer. A paused job has no driver until somebody takes it. */
#ifndef BP_JOB_CONTROL_H
#define BP_JOB_CONTROL_H

#include "job.h"

/* --- any thread, no lock ---------------------------------------------------------------------- */

void bp_job_ask(bp_job *job, bp_job_ask_kind what);
void bp_job_forget_ask(bp_job *job, bp_job_ask_kind what);
/* bp_job_ask_kind bits; one load. */
unsigned bp_job_asked(const bp_job *job);
void bp_job_set_share(bp_job *job, size_t workers);
size_t bp_job_share(const bp_job *job);

/* --- any thread, takes job->lock -------------------------------------------------------------- */

/* Waits until the job neither runs nor waits for its end's record, at most so long. */
void bp_job_wait_until_off(bp_job *job, double seconds);
/* Waits until its end is durable; it is on the way. */
void bp_job_wait_until_ended(bp_job *job);
bool bp_job_is_ending(bp_job *job);
/* Takes the driving of a paused job. CONFLICT: it is in another state, or has a driver for longer
 * than a moment. */
BP_NODISCARD bp_status bp_job_take(bp_job *job, bp_error *err);
/* Gives it up again, whatever state the job has now. */
void bp_job_let_go(bp_job *job);
/* Has a running job take up an edit between two minibatches; fills edit->step. CONFLICT: it runs no
 * more (edit->step is 0) or the edit cannot be, as bp_trainer_edit says; INVALID likewise. BUSY:
 * its minibatch takes too long; nothing was changed. */
BP_NODISCARD bp_status bp_job_edit_running(bp_job *job, bp_job_edit *edit, bp_error *err);

/* --- the driver, takes job->lock -------------------------------------------------------------- */

/* What is wished, if anything, until bp_job_answer. False: nothing (any more). */
BP_NODISCARD bool bp_job_next_wish(bp_job *job, bp_job_edit *out);
/* `edit` is what took effect, if `status` is OK. Who wished may have gone. */
void bp_job_answer(bp_job *job, const bp_job_edit *edit, bp_status status, const bp_error *err);

#endif
