/* What can be done to a job, by its state: one table. */
#ifndef BP_JOB_ACTIONS_H
#define BP_JOB_ACTIONS_H

#include "service.h"

/* X(action, name, the states in which it may be done) */
#define BP_JOB_ACTION_TABLE(X)                                                                     \
    X(CANCEL, "cancel", BP_IN(QUEUED) | BP_IN(RUNNING) | BP_IN(PAUSED))                            \
    X(PAUSE, "pause", BP_IN(QUEUED) | BP_IN(RUNNING))                                              \
    X(RESUME, "resume", BP_IN(PAUSED))                                                             \
    X(STEP, "step", BP_IN(PAUSED))                                                                 \
    X(REWIND, "rewind", BP_IN(PAUSED))                                                             \
    X(EDIT, "edit", BP_IN(QUEUED) | BP_IN(RUNNING) | BP_IN(PAUSED))                                \
    X(FORK, "fork",                                                                                \
      BP_IN(QUEUED) | BP_IN(RUNNING) | BP_IN(PAUSED) | BP_IN(SUCCEEDED) | BP_IN(FAILED) |          \
          BP_IN(CANCELLED))                                                                        \
    X(DELETE, "delete", BP_IN(SUCCEEDED) | BP_IN(FAILED) | BP_IN(CANCELLED))

typedef enum bp_job_action {
#define X(name, wire, states) BP_JOB_##name,
    BP_JOB_ACTION_TABLE(X)
#undef X
        BP_JOB_ACTION_COUNT
} bp_job_action;

const char *bp_job_action_name(bp_job_action action);
bool bp_job_allows(bp_job_state state, bp_job_action action);
/* CONFLICT: "job 3 is succeeded: no pause then; possible are: fork, delete". */
BP_NODISCARD bp_status bp_job_check_action(uint64_t id, bp_job_state state, bp_job_action action,
                                           bp_error *err);

#endif
