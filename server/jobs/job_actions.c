#include "job_actions.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define BP_IN(state) (1u << BP_JOB_##state)
static const struct {
    const char *name;
    unsigned states;
} actions[BP_JOB_ACTION_COUNT] = {
#define X(name, wire, states) [BP_JOB_##name] = {wire, states},
    BP_JOB_ACTION_TABLE(X)
#undef X
};

const char *bp_job_action_name(bp_job_action action) {
    return actions[action].name;
}

bool bp_job_allows(bp_job_state state, bp_job_action action) {
    return (actions[action].states >> state & 1u) != 0;
}

/* "fork, delete" */
static void list_allowed(bp_job_state state, char *out, size_t size) {
    size_t used = 0;
    out[0] = '\0';
    for (int i = 0; i < BP_JOB_ACTION_COUNT; i++) {
        if (bp_job_allows(state, (bp_job_action)i) && used < size) {
            used += (size_t)snprintf(out + used, size - used, "%s%s", used > 0 ? ", " : "",
                                     actions[i].name);
        }
    }
}

bp_status bp_job_check_action(uint64_t id, bp_job_state state, bp_job_action action,
                              bp_error *err) {
    if (bp_job_allows(state, action)) {
        return BP_OK;
    }
    char allowed[128];
    list_allowed(state, allowed, sizeof allowed);
    return bp_fail(err, BP_CONFLICT, NULL, "job %" PRIu64 " is %s: no %s then; possible are: %s",
                   id, bp_job_state_name(state), actions[action].name, allowed);
}
