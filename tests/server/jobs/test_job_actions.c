/* What can be done to a job in each state. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "job_actions.h"

/* Rows: actions; columns: queued, running, paused, succeeded, failed, cancelled. */
static const struct {
    const char *name, *states;
} expected[BP_JOB_ACTION_COUNT] = {
    [BP_JOB_CANCEL] = {"cancel", "yyynnn"}, [BP_JOB_PAUSE] = {"pause", "yynnnn"},
    [BP_JOB_RESUME] = {"resume", "nnynnn"}, [BP_JOB_STEP] = {"step", "nnynnn"},
    [BP_JOB_REWIND] = {"rewind", "nnynnn"}, [BP_JOB_EDIT] = {"edit", "yyynnn"},
    [BP_JOB_FORK] = {"fork", "yyyyyy"},     [BP_JOB_DELETE] = {"delete", "nnnyyy"},
};

static void every_pair(void **state) {
    (void)state;
    for (int action = 0; action < BP_JOB_ACTION_COUNT; action++) {
        assert_string_equal(bp_job_action_name((bp_job_action)action), expected[action].name);
        for (int in = 0; in < BP_JOB_STATE_COUNT; in++) {
            const bool allowed = expected[action].states[in] == 'y';
            bp_error err = {0};
            bp_status status =
                bp_job_check_action(12, (bp_job_state)in, (bp_job_action)action, &err);
            assert_int_equal(bp_job_allows((bp_job_state)in, (bp_job_action)action), allowed);
            assert_int_equal(status, allowed ? BP_OK : BP_CONFLICT);
            assert_int_equal(err.code, status);
            assert_true(allowed || (strstr(err.message, "job 12 is ") != NULL &&
                                    strstr(err.message, bp_job_state_name((bp_job_state)in)) &&
                                    strstr(err.message, expected[action].name)));
        }
    }
}

static void a_refusal_says_what_is_possible(void **state) {
    (void)state;
    static const struct {
        bp_job_state state;
        bp_job_action action;
        const char *message;
    } cases[] = {
        {BP_JOB_SUCCEEDED, BP_JOB_PAUSE,
         "job 3 is succeeded: no pause then; possible are: fork, delete"},
        {BP_JOB_PAUSED, BP_JOB_DELETE,
         "job 3 is paused: no delete then; possible are: cancel, resume, step, rewind, edit, fork"},
        {BP_JOB_RUNNING, BP_JOB_RESUME,
         "job 3 is running: no resume then; possible are: cancel, pause, edit, fork"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        bp_error err = {0};
        bp_status status = bp_job_check_action(3, cases[i].state, cases[i].action, &err);
        assert_int_equal(status, BP_CONFLICT);
        assert_string_equal(err.message, cases[i].message);
        assert_string_equal(err.field, "");
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_pair),
        cmocka_unit_test(a_refusal_says_what_is_possible),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
