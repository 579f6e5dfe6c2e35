/* A job's turn on a lane: from where it stands to its end, a pause or a shutdown. */
#ifndef BP_TURN_H
#define BP_TURN_H

#include "scheduler.h"

/* For bp_scheduler_options.run; `service` is a bp_service. */
bp_turn bp_take_turn(void *service, bp_job *job, bp_lane *lane);

/* One minibatch of a paused job, on the caller's thread; it is paused again after that, with a
 * checkpoint, or has ended. As bp_training_open; the failure of the step itself is the job's. The
 * driver (bp_job_take). */
BP_NODISCARD bp_status bp_take_step(bp_service *service, bp_job *job, bp_error *err);

#endif
