/* The edits and the checkpoints of a job. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "job_edits.h"
#include "job_marks.h"

static bp_job *new_job(uint64_t kept) {
    bp_job *job = NULL;
    bp_job_info info = {.id = 1, .state = BP_JOB_PAUSED, .epochs = 10};
    info.request.options = bp_train_defaults();
    info.request.options.epochs = 10;
    info.request.terms.checkpoints_kept = kept;
    assert_int_equal(bp_job_new(&job, &info, NULL, NULL), BP_OK);
    return job;
}

/* --- checkpoints ---------------------------------------------------------------------------- */

/* What is planned is what happens. */
static void add(bp_job *job, uint64_t step, const uint64_t *dropped, size_t dropped_count) {
    uint64_t planned[BP_MAX_CHECKPOINTS] = {0};
    const bp_job_checkpoint mark = {.step = step, .epoch = step / 10, .size = step * 100};
    const size_t before = job->checkpoint_count;
    assert_int_equal(bp_job_plan_checkpoint(job, &mark, planned), dropped_count);
    assert_int_equal(job->checkpoint_count, before); /* only planned */
    for (size_t i = 0; i < dropped_count; i++) {
        assert_int_equal(planned[i], dropped[i]);
    }
    bp_job_add_checkpoint(job, &mark);
    bp_job_info info;
    bp_job_describe(job, &info);
    assert_int_equal(info.checkpoint.step, step);
    assert_int_equal(info.checkpoint.size, step * 100);
}

static void assert_steps(bp_job *job, const uint64_t *steps, size_t count) {
    bp_job_checkpoint marks[BP_MAX_CHECKPOINTS];
    assert_int_equal(bp_job_copy_checkpoints(job, marks), count);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(marks[i].step, steps[i]);
    }
}

#define DROPS(...) ((const uint64_t[]){__VA_ARGS__}), sizeof((uint64_t[]){__VA_ARGS__}) / 8

static void the_last_ones_are_kept(void **state) {
    (void)state;
    bp_job *job = new_job(3);
    add(job, 10, NULL, 0);
    add(job, 20, NULL, 0);
    add(job, 30, NULL, 0);
    add(job, 40, DROPS(10));
    assert_steps(job, DROPS(20, 30, 40));
    add(job, 40, NULL, 0); /* the same step again replaces it */
    assert_steps(job, DROPS(20, 30, 40));
    bp_job_unref(job);
}

static void later_ones_go_when_training_was_set_back(void **state) {
    (void)state;
    bp_job *job = new_job(3);
    add(job, 10, NULL, 0);
    add(job, 20, NULL, 0);
    add(job, 30, NULL, 0);
    add(job, 15, DROPS(30, 20));
    assert_steps(job, DROPS(10, 15));
    uint64_t dropped[BP_MAX_CHECKPOINTS];
    assert_int_equal(bp_job_drop_checkpoints(job, 10, dropped), 1);
    assert_int_equal(dropped[0], 15);
    assert_steps(job, DROPS(10));
    assert_int_equal(bp_job_drop_checkpoints(job, 10, dropped), 0);
    assert_int_equal(bp_job_drop_checkpoints(job, 9, dropped), 1);
    bp_job_info info;
    bp_job_describe(job, &info);
    assert_int_equal(info.checkpoint.step, 0); /* none */
    bp_job_unref(job);
}

static void no_more_than_there_is_room_for(void **state) {
    (void)state;
    static const uint64_t limits[][2] = {{1, 1}, {BP_MAX_CHECKPOINTS, BP_MAX_CHECKPOINTS}, {0, 1}};
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
        bp_job *job = new_job(limits[i][0]);
        for (uint64_t step = 1; step <= 40; step++) {
            const uint64_t first = step - limits[i][1];
            add(job, step, &first, step > limits[i][1] ? 1 : 0);
        }
        assert_int_equal(job->checkpoint_count, limits[i][1]);
        bp_job_unref(job);
    }
}

/* --- edits ---------------------------------------------------------------------------------- */

static void edit(bp_job *job, bp_job_edit change) {
    assert_int_equal(bp_job_reserve_edit(job, NULL), BP_OK);
    bp_job_add_edit(job, &change);
}

static void edits_of_one_step_are_one(void **state) {
    (void)state;
    bp_job *job = new_job(2);
    bp_job_edits edits;
    edit(job, (bp_job_edit){.step = 5, .learning_rate = 0.1});
    edit(job, (bp_job_edit){.step = 5, .epochs = 20});
    edit(job, (bp_job_edit){.step = 5, .learning_rate = 0.2});
    edit(job, (bp_job_edit){.step = 9, .epochs = 30});
    assert_int_equal(bp_job_copy_edits(job, &edits, NULL), BP_OK);
    assert_int_equal(edits.count, 2);
    assert_int_equal(edits.edit[0].step, 5);
    assert_true(edits.edit[0].learning_rate == 0.2);
    assert_int_equal(edits.edit[0].epochs, 20);
    assert_true(edits.edit[1].learning_rate == 0);
    free(edits.edit);
    bp_job_show_epochs(job);
    assert_int_equal(job->info.epochs, 30);
    bp_job_drop_edits(job, 5); /* keeps that of step 5 */
    bp_job_show_epochs(job);
    assert_int_equal(job->info.epochs, 20);
    bp_job_drop_edits(job, 4);
    bp_job_show_epochs(job);
    assert_int_equal(job->info.epochs, 10); /* as was asked */
    assert_int_equal(bp_job_copy_edits(job, &edits, NULL), BP_OK);
    assert_int_equal(edits.count, 0);
    free(edits.edit);
    bp_job_unref(job);
}

static void many_edits_find_room(void **state) {
    (void)state;
    bp_job *job = new_job(2);
    for (uint64_t step = 1; step <= 100; step++) {
        edit(job, (bp_job_edit){.step = step, .epochs = step + 10});
    }
    assert_int_equal(job->edits.count, 100);
    assert_int_equal(job->edits.edit[99].step, 100);
    bp_job_unref(job);
}

static void a_resting_job_is_edited_where_it_stands(void **state) {
    (void)state;
    bp_job *job = new_job(2);
    const bp_train_progress progress = {.step = 25, .epoch = 2, .steps_per_epoch = 10};
    bp_job_report(job, &progress);
    bp_job_edit good = {.epochs = 3}, few = {.epochs = 2}, fast = {.learning_rate = 1e30};
    bp_error err = {0};
    assert_int_equal(bp_job_edit_resting(job, &few, &err), BP_INVALID); /* the third has begun */
    assert_string_equal(err.field, "/epochs");
    assert_int_equal(bp_job_edit_resting(job, &fast, &err), BP_OK); /* any finite rate may be */
    assert_int_equal(bp_job_edit_resting(job, &good, &err), BP_OK);
    assert_int_equal(good.step, 25);
    assert_int_equal(job->edits.count, 1);
    assert_int_equal(job->info.epochs, 3);
    assert_int_equal(job->info.steps_total, 30);
    bp_job_unref(job);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_last_ones_are_kept),
        cmocka_unit_test(later_ones_go_when_training_was_set_back),
        cmocka_unit_test(no_more_than_there_is_room_for),
        cmocka_unit_test(edits_of_one_step_are_one),
        cmocka_unit_test(many_edits_find_room),
        cmocka_unit_test(a_resting_job_is_edited_where_it_stands),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
