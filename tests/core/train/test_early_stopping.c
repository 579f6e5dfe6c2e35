/* Early stopping: when training ends, and whose weights leave the trainer. */
#include "early_stopping.h"
#include "made_dataset.h"
#include "philox.h"
#include "trainer.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* --- the rule, on written numbers ------------------------------------------------------------- */

enum { WEIGHTS = 3, MOST_EPOCHS = 10 };

typedef struct course {
    bp_early_stopping options;
    double values[MOST_EPOCHS]; /* of the metric, epoch after epoch; 0: the end */
    uint64_t stop, best;        /* epochs expected; stop 0: never */
} course;

static const course courses[] = {
    {{BP_MONITOR_VALIDATION_LOSS, 2, 0, true}, {5, 4, 3, 4, 5, 1}, 5, 3},
    {{BP_MONITOR_VALIDATION_LOSS, 2, 0, true}, {5, 4, 4, 3, 3.5, 2, 2, 9}, 8, 6},
    {{BP_MONITOR_TRAIN_LOSS, 1, 0, true}, {5, 5, 1}, 2, 1},
    {{BP_MONITOR_VALIDATION_LOSS, 9, 0, true}, {5, 6, 7, 8, 9}, 0, 1},
    /* falls too slowly for the patience, but the best is the best */
    {{BP_MONITOR_VALIDATION_LOSS, 3, 1, true}, {5, 4.9, 4.8, 4.7, 1}, 4, 4},
    /* slow, and far in the end: the patience is counted from the last mark */
    {{BP_MONITOR_VALIDATION_LOSS, 3, 1, true}, {5, 4.5, 3.9, 3.5, 3.4, 2.5, 2.4}, 0, 7},
    {{BP_MONITOR_VALIDATION_ACCURACY, 2, 0, true}, {0.5, 0.7, 0.6, 0.7, 0.9}, 4, 2},
    {{BP_MONITOR_VALIDATION_R2, 1, 0, true}, {-3, -1, -2}, 3, 2},
    {{BP_MONITOR_VALIDATION_LOSS, 2, 0, true}, {(double)NAN, 4, (double)NAN, 3, 3, 3}, 6, 4},
    {{BP_MONITOR_VALIDATION_LOSS, 2, 0, true}, {(double)NAN, (double)NAN, 1}, 2, 0},
};

/* The watched metric is the value, the others would stop at once. */
static bp_epoch_end end_of(const course *c, uint64_t epoch) {
    bp_epoch_end end = {.epoch = epoch, .train_loss = 1, .validation = {7, 1, 1, 1}};
    double *const places[] = {
        [BP_MONITOR_VALIDATION_LOSS] = &end.validation.loss,
        [BP_MONITOR_TRAIN_LOSS] = &end.train_loss,
        [BP_MONITOR_VALIDATION_ACCURACY] = &end.validation.accuracy,
        [BP_MONITOR_VALIDATION_R2] = &end.validation.r2,
    };
    *places[c->options.metric] = c->values[epoch - 1];
    return end;
}

static void the_patience_ends_where_it_should(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof courses / sizeof courses[0]; i++) {
        const course *c = &courses[i];
        bp_best_weights best;
        assert_int_equal(bp_best_weights_new(&best, &c->options, false, WEIGHTS, NULL), BP_OK);
        uint64_t stop = 0;
        float weights[WEIGHTS] = {0};
        assert_ptr_equal(bp_best_weights_shown(&best, weights), weights);
        for (uint64_t e = 1; e <= MOST_EPOCHS && c->values[e - 1] != 0 && stop == 0; e++) {
            weights[1] = (float)e;
            bp_epoch_end end = end_of(c, e);
            stop = bp_best_weights_note(&best, &end, weights) ? e : 0;
        }
        assert_int_equal(stop, c->stop);
        assert_int_equal(best.best.epoch, c->best);
        if (c->best > 0) {
            assert_true(best.best.value == c->values[c->best - 1]);
            assert_true(bp_best_weights_shown(&best, weights)[1] == (float)c->best);
        } else {
            assert_ptr_equal(bp_best_weights_shown(&best, weights), weights);
        }
        bp_best_weights_clear(&best);
    }
}

static void without_patience_nothing_stops_or_is_kept(void **state) {
    (void)state;
    bp_best_weights best;
    bp_early_stopping none = {.restore_best = true};
    float weights[WEIGHTS] = {0};
    assert_int_equal(bp_best_weights_new(&best, &none, false, WEIGHTS, NULL), BP_OK);
    for (uint64_t e = 1; e < 100; e++) {
        bp_epoch_end end = {.epoch = e, .train_loss = 1 + (double)e, .validation = {.rows = 0}};
        assert_false(bp_best_weights_note(&best, &end, weights));
    }
    assert_int_equal(best.best.epoch, 1);
    assert_int_equal(best.best.metric, BP_MONITOR_TRAIN_LOSS);
    assert_null(best.weights);
    bp_best_weights_clear(&best);
}

/* --- in training ------------------------------------------------------------------------------ */

enum { ROWS = 48, FEATURES = 6, EPOCHS = 40 };

/* Classes that follow from nothing: what is learned of them is soon learned by heart. */
static bp_dataset *make_data(bool classes) {
    float x[ROWS * FEATURES], y[ROWS];
    int32_t class_index[ROWS];
    uint32_t words[4];
    for (size_t i = 0; i < ROWS * FEATURES; i++) {
        bp_random_block(5, BP_STREAM_SAMPLE, 0, i, words);
        x[i] = 2 * bp_random_unit(words[0]) - 1;
    }
    for (size_t r = 0; r < ROWS; r++) {
        bp_random_block(5, BP_STREAM_SAMPLE, 1, r, words);
        float noise = 2 * bp_random_unit(words[0]) - 1;
        y[r] = x[r * FEATURES] + noise;
        class_index[r] = y[r] > 0;
    }
    bp_made_table table = {.rows = ROWS, .features = FEATURES, .targets = 1, .x = x};
    table.classes = classes ? 2 : 0;
    table.y = classes ? NULL : y;
    table.class_index = classes ? class_index : NULL;
    bp_dataset *data;
    assert_int_equal(bp_made_dataset(&data, &table, NULL), BP_OK);
    return data;
}

static bp_train_options options_of(void) {
    bp_train_options o = bp_train_defaults();
    bp_train_set_optimizer(&o, BP_OPTIMIZER_ADAM);
    o.learning_rate = 0.005f;
    o.epochs = EPOCHS;
    o.batch_size = 8;
    o.seed = 3;
    o.validation.fraction = 0.4;
    return o;
}

static bp_model_spec spec_of(bool classes) {
    return (bp_model_spec){
        .layer_count = 2,
        .layers = {{.units = 40, .activation = BP_ACTIVATION_TANH},
                   {.activation = classes ? BP_ACTIVATION_SOFTMAX : BP_ACTIVATION_LINEAR}},
        .loss = classes ? BP_LOSS_CROSS_ENTROPY : BP_LOSS_MSE};
}

/* What each epoch ended with, and the weights at its end and in the middle of the next. */
typedef struct run {
    size_t epochs;
    bp_epoch_end end[EPOCHS + 1]; /* [1..epochs] */
    char sha256[EPOCHS + 1][BP_DIGEST_HEX_SIZE];
    bp_train_progress last;
    uint64_t version;
    char best_sha256[BP_DIGEST_HEX_SIZE]; /* of the best epoch's weights, when all was over */
} run;

static void digest(const bp_trainer *trainer, char hex[BP_DIGEST_HEX_SIZE], uint64_t *version) {
    bp_snapshot *snapshot;
    assert_int_equal(bp_trainer_snapshot(trainer, &snapshot, NULL), BP_OK);
    assert_int_equal(bp_snapshot_digest(snapshot, hex, NULL), BP_OK);
    *version = snapshot->version;
    bp_snapshot_unref(snapshot);
}

static void train(run *out, bool classes, const bp_train_options *options, size_t threads) {
    bp_dataset *data = make_data(classes);
    bp_model_spec spec = spec_of(classes);
    bp_train_place place = {.flops_per_worker = 1};
    bp_snapshot *start;
    bp_trainer *trainer;
    assert_int_equal(bp_pool_new(&place.pool, threads, NULL), BP_OK);
    assert_int_equal(bp_kernels_find(NULL, &place.kernels, NULL), BP_OK);
    assert_int_equal(bp_train_bind(&start, &spec, NULL, data, options, NULL), BP_OK);
    assert_int_equal(bp_trainer_new(&trainer, start, data, options, place, NULL), BP_OK);
    *out = (run){.epochs = 0};
    while (!bp_trainer_done(trainer)) {
        assert_int_equal(bp_trainer_step(trainer, NULL), BP_OK);
        out->last = bp_trainer_progress(trainer);
        if (out->last.epoch > out->epochs) {
            out->epochs++;
            out->end[out->epochs] =
                (bp_epoch_end){out->epochs, out->last.epoch_loss, out->last.validation, false};
            digest(trainer, out->sha256[out->epochs], &out->version);
        }
    }
    assert_int_equal(bp_trainer_step(trainer, NULL), BP_INVALID);
    bp_snapshot *best;
    assert_int_equal(bp_trainer_best_snapshot(trainer, &best, NULL), BP_OK);
    assert_int_equal(bp_snapshot_digest(best, out->best_sha256, NULL), BP_OK);
    assert_int_equal(best->version, out->version);
    bp_snapshot_unref(best);
    bp_trainer_free(trainer);
    bp_snapshot_unref(start);
    bp_pool_free(place.pool);
    bp_dataset_unref(data);
}

/* The rule once more, naively: the epoch after which `patience` epochs brought nothing better. */
static size_t expected_stop(const run *r, bp_monitor metric, size_t patience, size_t *best) {
    *best = 1;
    for (size_t e = 2; e <= r->epochs; e++) {
        if (bp_monitor_improves(metric, bp_monitor_read(metric, &r->end[e]),
                                bp_monitor_read(metric, &r->end[*best]), 0)) {
            *best = e;
        }
        if (e - *best == patience) {
            return e;
        }
    }
    return r->epochs;
}

static void check_training(bool classes, bp_monitor metric, size_t patience, bool restore) {
    bp_train_options o = options_of();
    run whole, stopped;
    size_t best;
    train(&whole, classes, &o, 1);
    assert_int_equal(whole.epochs, EPOCHS);
    assert_false(whole.last.stopped_early);
    size_t stop = expected_stop(&whole, metric, patience, &best);
    o.early_stopping = (bp_early_stopping){metric, patience, 0, restore};
    train(&stopped, classes, &o, 2);
    assert_int_equal(stopped.epochs, stop);
    assert_int_equal(stopped.last.stopped_early, stop < EPOCHS);
    assert_int_equal(stopped.last.best.epoch, best);
    assert_int_equal(stopped.last.best.metric, metric);
    assert_true(stopped.last.best.value == bp_monitor_read(metric, &whole.end[best]));
    assert_string_equal(stopped.sha256[stop], whole.sha256[restore ? best : stop]);
    assert_string_equal(stopped.best_sha256, whole.sha256[best]);
    assert_string_equal(whole.best_sha256, whole.sha256[whole.last.best.epoch]);
    assert_int_equal(stopped.version, stopped.last.step);
    print_message("%s, patience %zu: stopped after epoch %zu, best %zu\n",
                  bp_monitors.names[metric], patience, stop, best);
}

static void training_stops_with_the_best_weights(void **state) {
    (void)state;
    check_training(true, BP_MONITOR_VALIDATION_LOSS, 3, true);
    check_training(true, BP_MONITOR_VALIDATION_LOSS, 3, false);
    check_training(true, BP_MONITOR_VALIDATION_ACCURACY, 4, true);
    check_training(false, BP_MONITOR_VALIDATION_LOSS, 5, true);
    check_training(false, BP_MONITOR_VALIDATION_R2, 2, true);
    check_training(false, BP_MONITOR_VALIDATION_LOSS, EPOCHS,
                   true); /* out of epochs, not patience */
    check_training(false, BP_MONITOR_TRAIN_LOSS, 2, true);
}

static bp_status best_snapshot(const bp_train_options *o, size_t steps) {
    bp_dataset *data = make_data(true);
    bp_model_spec spec = spec_of(true);
    bp_train_place place = {0};
    bp_snapshot *start, *best;
    bp_trainer *trainer;
    assert_int_equal(bp_pool_new(&place.pool, 1, NULL), BP_OK);
    assert_int_equal(bp_kernels_find(NULL, &place.kernels, NULL), BP_OK);
    assert_int_equal(bp_train_bind(&start, &spec, NULL, data, o, NULL), BP_OK);
    assert_int_equal(bp_trainer_new(&trainer, start, data, o, place, NULL), BP_OK);
    for (size_t i = 0; i < steps; i++) {
        assert_int_equal(bp_trainer_step(trainer, NULL), BP_OK);
    }
    const bp_status status = bp_trainer_best_snapshot(trainer, &best, NULL);
    if (status == BP_OK) {
        bp_snapshot_unref(best);
    }
    bp_trainer_free(trainer);
    bp_snapshot_unref(start);
    bp_pool_free(place.pool);
    bp_dataset_unref(data);
    return status;
}

/* From the end of the first epoch that is looked at on; 4 steps are an epoch. Where nothing is
 * watched, never. */
static void the_best_weights_are_kept_where_something_is_watched(void **state) {
    (void)state;
    bp_train_options o = options_of();
    assert_int_equal(best_snapshot(&o, 0), BP_NOT_FOUND);
    assert_int_equal(best_snapshot(&o, 3), BP_NOT_FOUND);
    assert_int_equal(best_snapshot(&o, 4), BP_OK);
    o.validation.every_epochs = 2;
    assert_int_equal(best_snapshot(&o, 7), BP_NOT_FOUND);
    assert_int_equal(best_snapshot(&o, 8), BP_OK);
    o = options_of();
    o.batch_size = 12; /* 4 steps of all rows */
    o.validation.fraction = 0;
    assert_int_equal(best_snapshot(&o, 9), BP_NOT_FOUND);
    o.early_stopping = (bp_early_stopping){.metric = BP_MONITOR_TRAIN_LOSS, .patience = 40};
    assert_int_equal(best_snapshot(&o, 3), BP_NOT_FOUND);
    assert_int_equal(best_snapshot(&o, 4), BP_OK);
}

/* The known course of one of them: a change of these numbers is a change of the training. */
static void the_epochs_are_known(void **state) {
    (void)state;
    bp_train_options o = options_of();
    o.early_stopping = bp_early_stopping_defaults();
    o.early_stopping.patience = 3;
    run r;
    train(&r, true, &o, 3);
    assert_true(r.last.stopped_early);
    assert_int_equal(r.epochs, 9);
    assert_int_equal(r.last.best.epoch, 6);
}

/* A schedule that follows the validation, and early stopping, on any number of workers. */
static void followers_have_the_same_bits_on_any_workers(void **state) {
    (void)state;
    for (int classes = 0; classes < 2; classes++) {
        bp_train_options o = options_of();
        o.schedule = bp_schedule_defaults(BP_SCHEDULE_REDUCE_ON_PLATEAU);
        o.schedule.patience = 1;
        o.early_stopping = bp_early_stopping_defaults();
        run one, more;
        train(&one, classes, &o, 1);
        assert_true(one.last.learning_rate < (double)o.learning_rate);
        for (size_t threads = 2; threads <= 4; threads++) {
            train(&more, classes, &o, threads);
            assert_int_equal(more.epochs, one.epochs);
            assert_true(more.last.learning_rate == one.last.learning_rate);
            assert_memory_equal(more.sha256, one.sha256, sizeof one.sha256);
        }
    }
}

/* --- what it refuses -------------------------------------------------------------------------- */

static void assert_refused(bool classes, const bp_train_options *o, const char *field) {
    bp_dataset *data = make_data(classes);
    bp_model_spec spec = spec_of(classes);
    bp_snapshot *out = NULL;
    bp_error err = {0};
    assert_int_equal(bp_train_bind(&out, &spec, NULL, data, o, &err), BP_INVALID);
    assert_string_equal(err.field, field);
    assert_null(out);
    bp_dataset_unref(data);
}

static void metrics_that_are_not_there_are_refused(void **state) {
    (void)state;
    bp_train_options o = options_of();
    o.early_stopping = bp_early_stopping_defaults();
    o.early_stopping.metric = BP_MONITOR_VALIDATION_R2;
    assert_refused(true, &o, "/early_stopping/metric");
    o.early_stopping.metric = BP_MONITOR_VALIDATION_ACCURACY;
    assert_refused(false, &o, "/early_stopping/metric");
    o.early_stopping.metric = BP_MONITOR_VALIDATION_LOSS;
    o.validation.fraction = 0.02; /* of 48 rows: none */
    assert_refused(true, &o, "/early_stopping/metric");
    o.early_stopping.min_delta = -1;
    assert_refused(true, &o, "/early_stopping/min_delta");
    o.early_stopping = (bp_early_stopping){0};
    o.schedule = bp_schedule_defaults(BP_SCHEDULE_REDUCE_ON_PLATEAU);
    assert_refused(true, &o, "/schedule/metric");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_patience_ends_where_it_should),
        cmocka_unit_test(without_patience_nothing_stops_or_is_kept),
        cmocka_unit_test(training_stops_with_the_best_weights),
        cmocka_unit_test(the_best_weights_are_kept_where_something_is_watched),
        cmocka_unit_test(the_epochs_are_known),
        cmocka_unit_test(followers_have_the_same_bits_on_any_workers),
        cmocka_unit_test(metrics_that_are_not_there_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
