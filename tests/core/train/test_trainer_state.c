/* A training that is put down and taken up again, at any step, by other workers with other
 * instructions: the same bits as one that nobody interrupted. */
#include "resumable_training.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "optimizer_rule.h"

enum { MOST_STEPS = 80 };

/* A sanitizer makes this much slower. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
static const float histories[] = {3};
enum { ITERATIONS = 12, PARTED_EPOCHS = 2 };
#else
static const float histories[] = {1, 2, 5, 40};
enum { ITERATIONS = 25, PARTED_EPOCHS = 4 };
#endif

static bool same_real(double a, double b) {
    return memcmp(&a, &b, sizeof a) == 0;
}

static void check_progress(const char *what, const bp_train_progress *a,
                           const bp_train_progress *b) {
    const bool same =
        a->epoch == b->epoch && a->step == b->step && a->steps_per_epoch == b->steps_per_epoch &&
        a->samples_seen == b->samples_seen && same_real(a->batch_loss, b->batch_loss) &&
        same_real(a->epoch_loss, b->epoch_loss) && same_real(a->grad_norm, b->grad_norm) &&
        a->converged == b->converged && same_real(a->learning_rate, b->learning_rate) &&
        a->validation.rows == b->validation.rows &&
        same_real(a->validation.loss, b->validation.loss) &&
        same_real(a->validation.accuracy, b->validation.accuracy) &&
        same_real(a->validation.r2, b->validation.r2) && a->best.epoch == b->best.epoch &&
        a->best.metric == b->best.metric && same_real(a->best.value, b->best.value) &&
        a->stopped_early == b->stopped_early;
    if (!same) {
        fail_msg("%s: step %llu, loss %a, rate %a, validation %a, not step %llu, %a, %a, %a", what,
                 (unsigned long long)a->step, a->epoch_loss, a->learning_rate, a->validation.loss,
                 (unsigned long long)b->step, b->epoch_loss, b->learning_rate, b->validation.loss);
    }
}

static void digest(const bp_trainer *trainer, char hex[BP_DIGEST_HEX_SIZE]) {
    bp_snapshot *snapshot;
    assert_int_equal(bp_trainer_snapshot(trainer, &snapshot, NULL), BP_OK);
    assert_int_equal(bp_snapshot_digest(snapshot, hex, NULL), BP_OK);
    bp_snapshot_unref(snapshot);
}

/* Both have ended: what they show, and all that they know. */
static void check_same(const char *what, const bp_trainer *one, const bp_trainer *other) {
    char a[BP_DIGEST_HEX_SIZE], b[BP_DIGEST_HEX_SIZE];
    const bp_train_progress p = bp_trainer_progress(one), q = bp_trainer_progress(other);
    check_progress(what, &p, &q);
    digest(one, a);
    digest(other, b);
    if (strcmp(a, b) != 0) {
        fail_msg("%s: weights %.8s, not %.8s", what, a, b);
    }
    bp_state_bytes s = bp_state_bytes_write(one), t = bp_state_bytes_write(other);
    assert_int_equal(s.size, t.size);
    memset(s.at + SECONDS_AT, 0, SECONDS_SIZE);
    memset(t.at + SECONDS_AT, 0, SECONDS_SIZE);
    assert_memory_equal(s.at, t.at, s.size);
    free(s.at);
    free(t.at);
}

/* A new trainer takes the state, knows all of it, and goes on to the same end. */
static void check_resumed(const char *what, const bp_resumable *m, const bp_state_bytes *state,
                          size_t variant, const bp_trainer *whole) {
    bp_training t = bp_training_begin(m, variant);
    bp_state_bytes_read(t.trainer, state);
    bp_state_bytes again = bp_state_bytes_write(t.trainer);
    assert_int_equal(again.size, state->size);
    assert_memory_equal(again.at, state->at, state->size);
    free(again.at);
    bp_training_run(t.trainer, MOST_STEPS);
    check_same(what, t.trainer, whole);
    bp_training_end(&t);
}

/* Each step by another trainer. */
static void check_relay(const char *what, const bp_resumable *m, const bp_trainer *whole) {
    bp_training t = bp_training_begin(m, 0);
    for (size_t i = 1; !bp_trainer_done(t.trainer); i++) {
        bp_training_run(t.trainer, 1);
        bp_state_bytes state = bp_state_bytes_write(t.trainer);
        bp_training_end(&t);
        t = bp_training_begin(m, i);
        bp_state_bytes_read(t.trainer, &state);
        free(state.at);
    }
    check_same(what, t.trainer, whole);
    bp_training_end(&t);
}

/* Takes the data. Returns the steps that were taken. */
static size_t interrupt(const char *what, const bp_train_options *options, bp_dataset *data) {
    bp_resumable m = bp_resumable_new(data, options);
    bp_training whole = bp_training_begin(&m, 1);
    bp_state_bytes states[MOST_STEPS + 1];
    size_t count = 0;
    states[count++] = bp_state_bytes_write(whole.trainer);
    while (!bp_trainer_done(whole.trainer)) {
        bp_training_run(whole.trainer, 1);
        assert_true(count <= MOST_STEPS);
        states[count++] = bp_state_bytes_write(whole.trainer);
    }
    for (size_t i = 0; i < count; i++) {
        check_resumed(what, &m, &states[i], i, whole.trainer);
        free(states[i].at);
    }
    check_relay(what, &m, whole.trainer);
    bp_training_end(&whole);
    bp_resumable_clear(&m);
    return count - 1;
}

static size_t interrupt_everywhere(const char *what, const bp_train_options *options) {
    return interrupt(what, options, bp_resumable_data(ROWS, 5, true));
}

static void every_optimizer_goes_on(void **state) {
    (void)state;
    for (int o = 0; o < BP_OPTIMIZER_COUNT; o++) {
        bp_train_options options = bp_resumable_options((bp_optimizer)o);
        interrupt_everywhere(bp_optimizers.names[o], &options);
    }
}

/* A history that comes round, is forgotten and ends. */
static void lbfgs_goes_on(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof histories / sizeof histories[0]; i++) {
        bp_train_options options = bp_resumable_options(BP_OPTIMIZER_LBFGS);
        options.history = histories[i];
        options.epochs = ITERATIONS;
        options.regularization.l2 = 0.01F;
        const size_t steps = interrupt("lbfgs", &options, bp_resumable_data(ROWS, 5, false));
        print_message("%zu iterations, history %g\n", steps, (double)options.history);
        assert_true(steps > 8);
    }
}

static void every_schedule_goes_on(void **state) {
    (void)state;
    for (int s = 0; s < BP_SCHEDULE_TYPE_COUNT; s++) {
        for (int per = 0; per < BP_SCHEDULE_UNIT_COUNT; per++) {
            bp_train_options options = bp_resumable_options(BP_OPTIMIZER_SGD);
            options.schedule = bp_schedule_defaults((bp_schedule_type)s);
            options.schedule.per = (bp_schedule_unit)per;
            if (s == BP_SCHEDULE_REDUCE_ON_PLATEAU && per == BP_PER_STEP) {
                continue;
            }
            interrupt_everywhere(bp_schedules.names[s], &options);
        }
    }
}

/* The rate falls again and again, the patience ends, and the best epoch is not the last. */
static void watching_goes_on(void **state) {
    (void)state;
    bp_train_options options = bp_resumable_options(BP_OPTIMIZER_ADAM);
    options.epochs = 9;
    options.learning_rate = 0.05F;
    options.schedule = bp_schedule_defaults(BP_SCHEDULE_REDUCE_ON_PLATEAU);
    options.schedule.patience = 1;
    options.early_stopping = bp_early_stopping_defaults();
    options.early_stopping.patience = 4;
    bp_resumable m = bp_resumable_new(bp_resumable_data(ROWS, 5, true), &options);
    bp_training t = bp_training_begin(&m, 0);
    bp_training_run(t.trainer, MOST_STEPS);
    const bp_train_progress p = bp_trainer_progress(t.trainer);
    assert_true(p.stopped_early);
    assert_true(p.best.epoch > 0 && p.best.epoch < p.epoch);
    assert_true(p.learning_rate < (double)options.learning_rate / 2);
    bp_training_end(&t);
    bp_resumable_clear(&m);
    interrupt_everywhere("watching", &options);
    options.early_stopping.restore_best = false;
    interrupt_everywhere("the last weights", &options);
}

static void noise(bp_train_options *o) {
    o->regularization.dropout = 0.3F;
    o->regularization.input_dropout = 0.1F;
    o->regularization.input_noise = 0.1F;
}

static void limits(bp_train_options *o) {
    o->regularization.l1 = o->regularization.l2 = 0.001F;
    o->regularization.max_norm = 1;
    o->gradient_clipping.norm = 0.5F;
    o->gradient_clipping.value = 0.1F;
}

static void plain(bp_train_options *o) {
    bp_train_set_optimizer(o, BP_OPTIMIZER_SGD);
    o->momentum = 0;
}

static void fixed_order(bp_train_options *o) {
    o->shuffle = false;
}

static void weights(bp_train_options *o) {
    o->loss_weighting.balanced = true;
    o->loss_weighting.reduction = BP_BATCH_REDUCTION_SUM;
}

static void no_validation(bp_train_options *o) {
    o->validation.fraction = 0;
}

static void one_minibatch(bp_train_options *o) {
    o->batch_size = 1000;
    o->epochs = 5;
}

static void every_option_goes_on(void **state) {
    (void)state;
    static const struct {
        const char *what;
        void (*set)(bp_train_options *options);
    } cases[] = {{"noise", noise},
                 {"limits", limits},
                 {"plain", plain},
                 {"fixed order", fixed_order},
                 {"weights", weights},
                 {"no validation", no_validation},
                 {"one minibatch", one_minibatch}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        bp_train_options options = bp_resumable_options(BP_OPTIMIZER_ADAM);
        cases[i].set(&options);
        interrupt_everywhere(cases[i].what, &options);
    }
}

/* A gradient that is gathered over parts of a minibatch. */
static void parts_go_on(void **state) {
    (void)state;
    static const bp_optimizer optimizers[] = {BP_OPTIMIZER_RPROP, BP_OPTIMIZER_LBFGS};
    for (size_t i = 0; i < sizeof optimizers / sizeof optimizers[0]; i++) {
        bp_train_options options = bp_resumable_options(optimizers[i]);
        options.epochs = PARTED_EPOCHS;
        options.history = 2;
        interrupt("parts", &options, bp_resumable_data(1500, 8, false));
    }
}

static void weights_of_classes_go_on(void **state) {
    (void)state;
    bp_train_options options = bp_resumable_options(BP_OPTIMIZER_RMSPROP);
    bp_class_weights *classes;
    assert_int_equal(bp_class_weights_new(&classes, 2, NULL), BP_OK);
    assert_int_equal(bp_class_weights_add(classes, "1", 3, NULL), BP_OK);
    assert_int_equal(bp_class_weights_add(classes, "2", 0.25, NULL), BP_OK);
    options.loss_weighting.classes = classes;
    interrupt_everywhere("weights of classes", &options);
    bp_class_weights_unref(classes);
}

static void held_out_sets_go_on(void **state) {
    (void)state;
    bp_train_options options = bp_resumable_options(BP_OPTIMIZER_NADAM);
    options.validation = (bp_split_options){.kind = BP_SPLIT_DATASET};
    options.validation.held_out = bp_resumable_data(9, 6, true);
    interrupt_everywhere("another data set", &options);
    bp_dataset_unref(options.validation.held_out);
}

static void seconds_go_on(void **state) {
    (void)state;
    bp_train_options options = bp_resumable_options(BP_OPTIMIZER_ADAM);
    bp_resumable m = bp_resumable_new(bp_resumable_data(ROWS, 5, true), &options);
    bp_training t = bp_training_begin(&m, 1), next = bp_training_begin(&m, 2);
    bp_training_run(t.trainer, 7);
    bp_trainer_pause(t.trainer);
    bp_state_bytes state_bytes = bp_state_bytes_write(t.trainer);
    bp_state_bytes_read(next.trainer, &state_bytes);
    const bp_phase_seconds before = bp_trainer_progress(t.trainer).seconds;
    const bp_phase_seconds after = bp_trainer_progress(next.trainer).seconds;
    assert_memory_equal(&before, &after, sizeof before);
    assert_true(before.part[BP_PART_FORWARD] > 0);
    bp_training_run(next.trainer, 5);
    assert_true(bp_trainer_progress(next.trainer).seconds.part[BP_PART_GATHER] >
                before.part[BP_PART_GATHER]);
    free(state_bytes.at);
    bp_training_end(&t);
    bp_training_end(&next);
    bp_resumable_clear(&m);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_optimizer_goes_on),
        cmocka_unit_test(lbfgs_goes_on),
        cmocka_unit_test(every_schedule_goes_on),
        cmocka_unit_test(watching_goes_on),
        cmocka_unit_test(every_option_goes_on),
        cmocka_unit_test(parts_go_on),
        cmocka_unit_test(weights_of_classes_go_on),
        cmocka_unit_test(held_out_sets_go_on),
        cmocka_unit_test(seconds_go_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
