/* When the held-out rows are looked at: at the ends of some epochs, and within them to observe
 * only. */
#include "validation_interval.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "optimizer_rule.h"
#include "resumable_training.h"

enum { MOST_EPOCHS = 16, EPOCHS = 12, STEPS_PER_EPOCH = 6, HELD_OUT = 10 };

/* What was told after each epoch, and the weights in the end. */
typedef struct course {
    size_t epochs;
    bp_train_progress end[MOST_EPOCHS + 1]; /* [1..epochs] */
    char sha256[BP_DIGEST_HEX_SIZE];
} course;

static void finish(course *out, const bp_trainer *trainer) {
    bp_snapshot *snapshot;
    assert_int_equal(bp_trainer_snapshot(trainer, &snapshot, NULL), BP_OK);
    assert_int_equal(bp_snapshot_digest(snapshot, out->sha256, NULL), BP_OK);
    bp_snapshot_unref(snapshot);
}

static void train(course *out, const bp_train_options *options, size_t variant) {
    bp_resumable m = bp_resumable_new(bp_resumable_data(ROWS, 5, true), options);
    bp_training t = bp_training_begin(&m, variant);
    out->epochs = 0;
    while (!bp_trainer_done(t.trainer)) {
        bp_training_run(t.trainer, 1);
        const bp_train_progress p = bp_trainer_progress(t.trainer);
        assert_true(p.epoch <= MOST_EPOCHS);
        if (p.epoch > out->epochs) {
            out->epochs = p.epoch;
            out->end[out->epochs] = p;
        }
    }
    finish(out, t.trainer);
    bp_training_end(&t);
    bp_resumable_clear(&m);
}

static bool is_none(const bp_evaluation *e) {
    return e->rows == 0 && isnan(e->loss) && isnan(e->accuracy) && isnan(e->r2);
}

static bool is_same(const bp_evaluation *a, const bp_evaluation *b) {
    return a->rows == b->rows && a->loss == b->loss && a->accuracy == b->accuracy;
}

/* --- epochs ---------------------------------------------------------------------------------- */

static bp_train_options adam(uint64_t epochs) {
    bp_train_options options = bp_resumable_options(BP_OPTIMIZER_ADAM);
    options.epochs = epochs;
    options.learning_rate = 0.02F;
    return options;
}

/* Each, each second and third, and none but the last. */
static void epochs_between_have_no_numbers(void **state) {
    (void)state;
    bp_train_options options = adam(7);
    course each, some;
    train(&each, &options, 0);
    for (uint64_t every = 0; every < 10; every++) {
        options.validation.every_epochs = every;
        train(&some, &options, (size_t)every);
        assert_string_equal(some.sha256, each.sha256);
        for (size_t e = 1; e <= some.epochs; e++) {
            const bp_evaluation *found = &some.end[e].validation;
            const bool looked = every == 0 || e % every == 0 || e == 7;
            assert_true(looked ? is_same(found, &each.end[e].validation) : is_none(found));
        }
    }
}

/* The best epoch and the patience, of the validation loss, among epochs 3, 6, 9, ... only. */
static void patience_counts_the_epochs_that_were_looked_at(void **state) {
    (void)state;
    bp_train_options options = adam(EPOCHS);
    options.learning_rate = 0.1F;
    course whole, stopped;
    train(&whole, &options, 0);
    uint64_t best = 3, stop = EPOCHS;
    for (uint64_t e = 6; e < EPOCHS && stop == EPOCHS; e += 3) {
        if (whole.end[e].validation.loss < whole.end[best].validation.loss) {
            best = e;
        } else {
            stop = e;
        }
    }
    assert_true(stop < EPOCHS);
    options.validation.every_epochs = 3;
    options.early_stopping = bp_early_stopping_defaults();
    options.early_stopping.patience = 1;
    train(&stopped, &options, 1);
    assert_int_equal(stopped.epochs, stop);
    assert_true(stopped.end[stop].stopped_early);
    assert_int_equal(stopped.end[stop].best.epoch, best);
    /* Without early stopping it is the same metric that is told. */
    options.early_stopping.patience = 0;
    train(&stopped, &options, 2);
    assert_int_equal(stopped.end[4].best.metric, BP_MONITOR_VALIDATION_LOSS);
    assert_int_equal(stopped.end[4].best.epoch, 3);
    assert_int_equal(stopped.end[2].best.epoch, 0);
}

/* The training loss is there after each epoch; where it ends the training, that end is looked at.
 */
static void the_last_epoch_is_looked_at(void **state) {
    (void)state;
    bp_train_options options = adam(EPOCHS);
    options.validation.every_epochs = 100;
    options.early_stopping =
        (bp_early_stopping){.metric = BP_MONITOR_TRAIN_LOSS, .patience = 2, .min_delta = 10};
    course c;
    train(&c, &options, 0);
    assert_int_equal(c.epochs, 3);
    assert_true(c.end[3].stopped_early);
    assert_int_equal(c.end[3].validation.rows, HELD_OUT);
    assert_true(is_none(&c.end[2].validation));
    options = bp_resumable_options(BP_OPTIMIZER_LBFGS);
    options.validation.every_epochs = 100;
    options.tolerance = 1000; /* it has converged at once */
    train(&c, &options, 0);
    assert_true(c.end[c.epochs].converged);
    assert_int_equal(c.end[c.epochs].validation.rows, HELD_OUT);
}

static void the_end_that_an_edit_makes_is_looked_at(void **state) {
    (void)state;
    for (int metric = BP_MONITOR_VALIDATION_LOSS; metric <= BP_MONITOR_TRAIN_LOSS; metric++) {
        bp_train_options options = adam(9);
        options.validation.every_epochs = 4;
        options.early_stopping = bp_early_stopping_defaults();
        options.early_stopping.metric = (bp_monitor)metric;
        bp_resumable m = bp_resumable_new(bp_resumable_data(ROWS, 5, true), &options);
        bp_training t = bp_training_begin(&m, 0);
        course c, whole;
        bp_training_run(t.trainer, 3 * STEPS_PER_EPOCH);
        const bp_best_epoch before = bp_trainer_progress(t.trainer).best;
        assert_int_equal(before.epoch > 0, metric == BP_MONITOR_TRAIN_LOSS);
        assert_int_equal(bp_trainer_edit(t.trainer, &(bp_train_edit){.epochs = 3}, NULL), BP_OK);
        const bp_train_progress p = bp_trainer_progress(t.trainer);
        finish(&c, t.trainer);
        options.epochs = 3;
        train(&whole, &options, 1);
        assert_true(is_same(&p.validation, &whole.end[3].validation));
        assert_int_equal(p.best.epoch, whole.end[3].best.epoch);
        assert_true(p.best.value == whole.end[3].best.value);
        assert_string_equal(c.sha256, whole.sha256);
        bp_training_end(&t);
        bp_resumable_clear(&m);
    }
}

/* A plateau of one epoch is two epochs that were looked at, not two epochs. */
static void a_plateau_counts_the_epochs_that_were_looked_at(void **state) {
    (void)state;
    bp_train_options options = adam(8);
    options.schedule = bp_schedule_defaults(BP_SCHEDULE_REDUCE_ON_PLATEAU);
    options.schedule.patience = 0;
    options.schedule.threshold = 1; /* nothing is better */
    options.validation.every_epochs = 3;
    course c;
    train(&c, &options, 0);
    const double rate = (double)options.learning_rate;
    for (size_t e = 1; e <= 8; e++) { /* of the epoch's steps: as epochs 3 and 6 left it */
        const double expected = e <= 6 ? rate : rate * options.schedule.factor;
        assert_true(c.end[e].learning_rate == expected);
    }
}

static void the_fingerprint_knows_what_decides(void **state) {
    (void)state;
    bp_train_options options = adam(2);
    bp_resumable m = bp_resumable_new(bp_resumable_data(ROWS, 5, true), &options), n = m, o = m;
    n.options.validation.every_steps = 3;
    n.options.validation.max_share = 1;
    o.options.validation.every_epochs = 2;
    bp_training t = bp_training_begin(&m, 0), u = bp_training_begin(&n, 0),
                v = bp_training_begin(&o, 0);
    bp_training_run(t.trainer, 2);
    bp_state_bytes bytes = bp_state_bytes_write(t.trainer);
    bp_state_bytes_read(u.trainer, &bytes);
    assert_int_equal(bp_trainer_state_read(v.trainer, bytes.at, bytes.size, NULL), BP_CONFLICT);
    free(bytes.at);
    bp_training_end(&t);
    bp_training_end(&u);
    bp_training_end(&v);
    bp_resumable_clear(&m);
}

/* --- observations ---------------------------------------------------------------------------- */

/* After each `every` steps of a training that is not changed by it: the numbers of another, which
 * ends there. */
static void check_observations(bp_optimizer optimizer, uint64_t every) {
    bp_train_options options = bp_resumable_options(optimizer);
    course quiet, observed;
    train(&quiet, &options, 0);
    options.validation.every_steps = every;
    options.validation.max_share = 1;
    train(&observed, &options, 1);
    assert_string_equal(quiet.sha256, observed.sha256);
    assert_true(is_same(&quiet.end[2].validation, &observed.end[2].validation));
    bp_resumable m = bp_resumable_new(bp_resumable_data(ROWS, 5, true), &options);
    bp_training t = bp_training_begin(&m, 2);
    uint64_t last = 0;
    assert_int_equal(bp_trainer_progress(t.trainer).validation_every_steps, every);
    while (!bp_trainer_done(t.trainer)) {
        bp_training_run(t.trainer, 1);
        const bp_train_progress p = bp_trainer_progress(t.trainer);
        last = p.step % every == 0 ? p.step : last;
        assert_int_equal(p.observation.step, last);
        assert_true(last > 0 || is_none(&p.observation.validation));
        assert_int_equal(p.observation.validation.rows, last > 0 ? HELD_OUT : 0);
        if (last == p.step && p.step % p.steps_per_epoch == 0) {
            assert_true(is_same(&p.observation.validation, &p.validation));
            assert_true(p.observation.train_loss == p.epoch_loss);
        } else if (last == p.step && p.epoch == 0) {
            assert_true(p.observation.train_loss == p.epoch_loss);
        }
    }
    bp_training_end(&t);
    bp_resumable_clear(&m);
}

static void observations_change_nothing(void **state) {
    (void)state;
    for (int o = 0; o < BP_OPTIMIZER_COUNT; o++) {
        check_observations((bp_optimizer)o, 1);
        check_observations((bp_optimizer)o, 4);
    }
}

/* The same rows as at an epoch's end, of the weights of that step: two trainings of one epoch, of
 * which one looks at the end and one observes it. */
static void an_observation_is_an_evaluation(void **state) {
    (void)state;
    bp_train_options options = adam(2);
    options.validation.every_epochs = 2;
    options.validation.every_steps = STEPS_PER_EPOCH;
    options.validation.max_share = 1;
    course observed, looked;
    train(&observed, &options, 0);
    options.validation.every_epochs = 1;
    options.validation.every_steps = 0;
    train(&looked, &options, 0);
    assert_true(is_none(&observed.end[1].validation));
    assert_int_equal(looked.end[1].observation.step, 0);
    const bp_train_progress *at = &observed.end[1];
    assert_int_equal(at->observation.step, STEPS_PER_EPOCH);
    assert_true(is_same(&at->observation.validation, &looked.end[1].validation));
}

/* The share of observing by counting products: validation / (3 batch steps). */
static void the_interval_bounds_the_share(void **state) {
    (void)state;
    static const struct {
        uint64_t asked;
        size_t validation, batch;
        float share;
        uint64_t used;
    } cases[] = {
        {0, 100, 10, 0.2F, 0}, {5, 0, 10, 0.2F, 0},   {1, 60, 10, 0.5F, 4},
        {4, 60, 10, 0.5F, 4},  {9, 60, 10, 0.5F, 9},  {1, 61, 10, 0.5F, 5},
        {1, 60, 10, 1, 2},     {1, 1, 1000, 0.2F, 1}, {1, 1000000, 1, 1, 333334},
        {3, 60, 10, 0, 10},    {7, 10, 8, 0.25F, 7},  {INT64_MAX, 10, 8, 0.25F, INT64_MAX},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const bp_split_options o = {.every_steps = cases[i].asked, .max_share = cases[i].share};
        const uint64_t used = bp_validation_every_steps(&o, cases[i].validation, cases[i].batch);
        if (used != cases[i].used) {
            fail_msg("case %zu: %llu steps", i, (unsigned long long)used);
        }
    }
}

static void impossible_intervals_are_refused(void **state) {
    (void)state;
    static const struct {
        bp_split_options options;
        const char *field;
    } cases[] = {
        {{.every_epochs = BP_MAX_EPOCHS + 1}, "/validation/every_epochs"},
        {{.max_share = -0.1F}, "/validation/max_share"},
        {{.max_share = 1.1F}, "/validation/max_share"},
        {{.max_share = (float)NAN}, "/validation/max_share"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        bp_train_options options = bp_train_defaults();
        options.validation = cases[i].options;
        bp_error err = {0};
        assert_int_equal(bp_train_options_check(&options, &err), BP_INVALID);
        assert_string_equal(err.field, cases[i].field);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(epochs_between_have_no_numbers),
        cmocka_unit_test(patience_counts_the_epochs_that_were_looked_at),
        cmocka_unit_test(the_last_epoch_is_looked_at),
        cmocka_unit_test(the_end_that_an_edit_makes_is_looked_at),
        cmocka_unit_test(a_plateau_counts_the_epochs_that_were_looked_at),
        cmocka_unit_test(the_fingerprint_knows_what_decides),
        cmocka_unit_test(observations_change_nothing),
        cmocka_unit_test(an_observation_is_an_evaluation),
        cmocka_unit_test(the_interval_bounds_the_share),
        cmocka_unit_test(impossible_intervals_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
