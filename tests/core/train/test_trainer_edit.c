/* Edits of a training that has begun: from the next step on the training is the other one, and a
 * trainer that is made of the original options takes up a state from after them. */
#include "resumable_training.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "optimizer_rule.h"

enum { MOST_STEPS = 80, STEPS_PER_EPOCH = 6 };

static void digest(const bp_trainer *trainer, char hex[BP_DIGEST_HEX_SIZE]) {
    bp_snapshot *snapshot;
    assert_int_equal(bp_trainer_snapshot(trainer, &snapshot, NULL), BP_OK);
    assert_int_equal(bp_snapshot_digest(snapshot, hex, NULL), BP_OK);
    bp_snapshot_unref(snapshot);
}

/* Weights, and all else that the two know, but the fingerprint and the seconds. */
static void check_same(const char *what, const bp_trainer *one, const bp_trainer *other) {
    char a[BP_DIGEST_HEX_SIZE], b[BP_DIGEST_HEX_SIZE];
    digest(one, a);
    digest(other, b);
    if (strcmp(a, b) != 0) {
        fail_msg("%s: weights %.8s after %llu steps, not %.8s after %llu", what, a,
                 (unsigned long long)bp_trainer_progress(one).step, b,
                 (unsigned long long)bp_trainer_progress(other).step);
    }
    bp_state_bytes s = bp_state_bytes_write(one), t = bp_state_bytes_write(other);
    assert_int_equal(s.size, t.size);
    for (size_t at = PROGRESS_AT; at < s.size; at++) {
        const bool time = at >= SECONDS_AT && at < SECONDS_AT + SECONDS_SIZE;
        if (!time && s.at[at] != t.at[at]) {
            fail_msg("%s: byte %zu of the states differs", what, at);
        }
    }
    free(s.at);
    free(t.at);
}

/* --- the edits of one training --------------------------------------------------------------- */

typedef struct timed_edit {
    uint64_t step; /* before which it is made */
    bp_train_edit edit;
} timed_edit;

/* Within an epoch, at its end, and one that makes the training shorter than it was. */
static const timed_edit edits[] = {
    {0, {.learning_rate = 0.02F}},
    {3, {.learning_rate = 0.005F, .epochs = 3}},
    {6, {.learning_rate = 0.01F}},
    {9, {.epochs = 2}},
};
/* The same for full batches, whose epochs have one step. */
static const timed_edit full_edits[] = {
    {0, {.learning_rate = 0.02F}},
    {3, {.learning_rate = 0.5F, .epochs = 20}},
    {6, {.learning_rate = 0.1F}},
    {8, {.epochs = 10}},
};
enum { EDITS = sizeof edits / sizeof edits[0] };

static void edit(bp_trainer *trainer, bp_train_edit what) {
    bp_error err = {0};
    if (bp_trainer_edit(trainer, &what, &err) != BP_OK) {
        fail_msg("%s: %s", err.field, err.message);
    }
}

/* A step, before it the edits that are due there. */
static void step(bp_trainer *trainer, const timed_edit *all) {
    const uint64_t at = bp_trainer_progress(trainer).step;
    for (size_t i = 0; i < EDITS; i++) {
        if (all[i].step == at) {
            edit(trainer, all[i].edit);
        }
    }
    bp_training_run(trainer, 1);
}

/* --- states ---------------------------------------------------------------------------------- */

/* Interrupted at every step. */
static void check_states(const char *what, const bp_train_options *options) {
    const timed_edit *all = bp_optimizer_is_full_batch(options->optimizer) ? full_edits : edits;
    bp_resumable m = bp_resumable_new(bp_resumable_data(ROWS, 5, true), options);
    bp_training whole = bp_training_begin(&m, 1);
    bp_state_bytes states[MOST_STEPS];
    size_t count = 0;
    while (!bp_trainer_done(whole.trainer)) {
        step(whole.trainer, all);
        assert_true(count < MOST_STEPS);
        states[count++] = bp_state_bytes_write(whole.trainer);
    }
    for (size_t i = 0; i < count; i++) {
        bp_training t = bp_training_begin(&m, i);
        bp_state_bytes_read(t.trainer, &states[i]);
        bp_state_bytes again = bp_state_bytes_write(t.trainer);
        assert_memory_equal(again.at, states[i].at, states[i].size);
        while (!bp_trainer_done(t.trainer)) {
            step(t.trainer, all);
        }
        check_same(what, t.trainer, whole.trainer);
        free(again.at);
        free(states[i].at);
        bp_training_end(&t);
    }
    bp_training_end(&whole);
    bp_resumable_clear(&m);
}

static void every_optimizer_goes_on_from_its_state(void **state) {
    (void)state;
    for (int o = 0; o < BP_OPTIMIZER_COUNT; o++) {
        bp_train_options options = bp_resumable_options((bp_optimizer)o);
        check_states(bp_optimizers.names[o], &options);
    }
}

static bool is_refused(const bp_schedule *schedule) {
    return schedule->type == BP_SCHEDULE_REDUCE_ON_PLATEAU && schedule->per == BP_PER_STEP;
}

/* Of plain SGD, with each schedule. */
static bp_train_options scheduled(int type, int per) {
    bp_train_options options = bp_resumable_options(BP_OPTIMIZER_SGD);
    options.schedule = bp_schedule_defaults((bp_schedule_type)type);
    options.schedule.per = (bp_schedule_unit)per;
    options.schedule.warmup = type == BP_SCHEDULE_STEP ? 2 : options.schedule.warmup;
    options.schedule.patience = 0;
    options.schedule.threshold = type == BP_SCHEDULE_REDUCE_ON_PLATEAU ? 0.5 : 0;
    return options;
}

static void every_schedule_goes_on_from_its_state(void **state) {
    (void)state;
    for (int type = 0; type < BP_SCHEDULE_TYPE_COUNT; type++) {
        for (int per = 0; per < BP_SCHEDULE_UNIT_COUNT; per++) {
            const bp_train_options options = scheduled(type, per);
            if (!is_refused(&options.schedule)) {
                check_states(bp_schedules.names[type], &options);
            }
        }
    }
}

/* --- what an edit is ------------------------------------------------------------------------- */

/* Before the first step: the training with other options. */
static void check_first_edit(const char *what, const bp_train_options *options) {
    bp_train_options other = *options;
    other.learning_rate = options->learning_rate * 0.7F;
    other.epochs = options->epochs + 1;
    bp_resumable m = bp_resumable_new(bp_resumable_data(ROWS, 5, true), options), n = m;
    n.options = other;
    bp_training a = bp_training_begin(&m, 0), b = bp_training_begin(&n, 1);
    edit(a.trainer, (bp_train_edit){other.learning_rate, other.epochs});
    assert_true(bp_trainer_progress(a.trainer).learning_rate ==
                bp_trainer_progress(b.trainer).learning_rate);
    bp_training_run(a.trainer, MOST_STEPS);
    bp_training_run(b.trainer, MOST_STEPS);
    check_same(what, a.trainer, b.trainer);
    bp_training_end(&a);
    bp_training_end(&b);
    bp_resumable_clear(&m);
}

static void an_edit_before_the_first_step_is_another_option(void **state) {
    (void)state;
    for (int o = 0; o < BP_OPTIMIZER_COUNT; o++) {
        const bp_train_options options = bp_resumable_options((bp_optimizer)o);
        check_first_edit(bp_optimizers.names[o], &options);
    }
    for (int type = 0; type < BP_SCHEDULE_TYPE_COUNT; type++) {
        const bp_train_options options = scheduled(type, BP_PER_EPOCH);
        check_first_edit(bp_schedules.names[type], &options);
    }
}

/* Of all schedules whose rate is a function of the step alone. */
static void rates_are_those_of_the_new_training(void **state) {
    (void)state;
    for (int type = 0; type < BP_SCHEDULE_REDUCE_ON_PLATEAU; type++) {
        for (int per = 0; per < BP_SCHEDULE_UNIT_COUNT; per++) {
            bp_train_options options = scheduled(type, per);
            bp_resumable m = bp_resumable_new(bp_resumable_data(ROWS, 5, true), &options);
            bp_training t = bp_training_begin(&m, 0);
            const bp_rate_clock clock = bp_rate_begin(&options.schedule, (double)0.25F,
                                                      (bp_training_length){5, STEPS_PER_EPOCH});
            bp_training_run(t.trainer, 8);
            edit(t.trainer, (bp_train_edit){0.25F, 5});
            for (uint64_t s = 8; s < 5ULL * STEPS_PER_EPOCH; s++) {
                bp_training_run(t.trainer, 1);
                assert_true(bp_trainer_progress(t.trainer).learning_rate ==
                            bp_rate_of_step(&clock, s));
            }
            assert_true(bp_trainer_done(t.trainer));
            bp_training_end(&t);
            bp_resumable_clear(&m);
        }
    }
}

/* Reduced to a tenth, the base made four times as large; then so small that the least counts. */
static void a_reduced_rate_is_scaled(void **state) {
    (void)state;
    bp_schedule schedule = bp_schedule_defaults(BP_SCHEDULE_REDUCE_ON_PLATEAU);
    schedule.patience = 0;
    schedule.min_learning_rate = 0.01;
    const bp_training_length length = {9, 1};
    bp_rate_clock clock = bp_rate_begin(&schedule, 0.5, length);
    bp_rate_change(&clock, 0.3, length);
    assert_true(bp_rate_of_step(&clock, 0) == 0.3);
    bp_rate_change(&clock, 0.5, length);
    for (int i = 0; i < 2; i++) {
        bp_rate_end_epoch(&clock, &(bp_epoch_end){.validation = {.loss = 1}});
    }
    assert_true(bp_rate_of_step(&clock, 2) == 0.05);
    bp_rate_change(&clock, 2, length);
    assert_true(bp_rate_of_step(&clock, 2) == 0.05 * 4);
    bp_rate_change(&clock, 0.02, length);
    assert_true(bp_rate_of_step(&clock, 2) == 0.01);
    bp_rate_end_epoch(&clock, &(bp_epoch_end){.validation = {.loss = 0.9}});
    assert_true(clock.best == 0.9);
}

/* --- the end --------------------------------------------------------------------------------- */

static void a_training_grows_and_shrinks(void **state) {
    (void)state;
    bp_train_options options = bp_resumable_options(BP_OPTIMIZER_ADAM), longer = options;
    longer.epochs = 4;
    bp_resumable m = bp_resumable_new(bp_resumable_data(ROWS, 5, true), &options), n = m;
    n.options = longer;
    bp_training a = bp_training_begin(&m, 0), b = bp_training_begin(&n, 1);
    bp_training_run(a.trainer, MOST_STEPS);
    assert_true(bp_trainer_done(a.trainer));
    edit(a.trainer, (bp_train_edit){.epochs = 9});
    assert_false(bp_trainer_done(a.trainer));
    bp_training_run(a.trainer, STEPS_PER_EPOCH + 1);
    edit(a.trainer, (bp_train_edit){.epochs = 4}); /* the running one is the last */
    bp_training_run(a.trainer, MOST_STEPS);
    bp_training_run(b.trainer, MOST_STEPS);
    check_same("longer", a.trainer, b.trainer);
    edit(a.trainer, (bp_train_edit){.epochs = 7});
    edit(a.trainer, (bp_train_edit){.epochs = 4}); /* at its end: done at once */
    assert_true(bp_trainer_done(a.trainer));
    check_same("longer and back", a.trainer, b.trainer);
    bp_training_end(&a);
    bp_training_end(&b);
    bp_resumable_clear(&m);
}

static void check_refused(bp_trainer *trainer, bp_train_edit what, const char *field) {
    bp_state_bytes before = bp_state_bytes_write(trainer);
    bp_error err = {0};
    assert_int_equal(bp_trainer_edit(trainer, &what, &err), BP_INVALID);
    assert_string_equal(err.field, field);
    assert_int_equal(bp_trainer_edit(trainer, &what, NULL), BP_INVALID);
    bp_state_bytes after = bp_state_bytes_write(trainer);
    assert_memory_equal(before.at, after.at, before.size);
    free(before.at);
    free(after.at);
}

static void impossible_edits_are_refused(void **state) {
    (void)state;
    bp_train_options options = bp_resumable_options(BP_OPTIMIZER_SGD);
    options.schedule = bp_schedule_defaults(BP_SCHEDULE_COSINE);
    options.schedule.min_learning_rate = 0.01;
    options.epochs = 9;
    bp_resumable m = bp_resumable_new(bp_resumable_data(ROWS, 5, true), &options);
    bp_training t = bp_training_begin(&m, 0);
    bp_training_run(t.trainer, STEPS_PER_EPOCH + 1);
    check_refused(t.trainer, (bp_train_edit){.epochs = 1}, "/epochs");
    check_refused(t.trainer, (bp_train_edit){.learning_rate = 0.2F, .epochs = 1}, "/epochs");
    check_refused(t.trainer, (bp_train_edit){.epochs = BP_MAX_EPOCHS + 1}, "/epochs");
    static const float rates[] = {-1, (float)INFINITY, (float)NAN, 0.005F};
    for (size_t i = 0; i < sizeof rates / sizeof rates[0]; i++) {
        check_refused(t.trainer, (bp_train_edit){rates[i], 8}, "/learning_rate");
    }
    bp_error err = {0};
    assert_int_equal(bp_trainer_edit(t.trainer, &(bp_train_edit){.epochs = 1}, &err), BP_INVALID);
    assert_non_null(strstr(err.message, "2.."));
    edit(t.trainer, (bp_train_edit){.epochs = 2});
    bp_training_end(&t);
    bp_resumable_clear(&m);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_optimizer_goes_on_from_its_state),
        cmocka_unit_test(every_schedule_goes_on_from_its_state),
        cmocka_unit_test(an_edit_before_the_first_step_is_another_option),
        cmocka_unit_test(rates_are_those_of_the_new_training),
        cmocka_unit_test(a_reduced_rate_is_scaled),
        cmocka_unit_test(a_training_grows_and_shrinks),
        cmocka_unit_test(impossible_edits_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
