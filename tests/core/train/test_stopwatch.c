/* The seconds of the parts: that they add up to the time that the steps took, and that each is
 * where its work is. */
#include "stopwatch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "made_dataset.h"
#include "optimizer_rule.h"
#include "trainer.h"

enum { ROWS = 512 };

typedef struct training {
    bp_pool *pool;
    bp_trainer *trainer;
    bp_dataset *data;
} training;

static bp_dataset *make_data(size_t features) {
    float *x = calloc(ROWS * features, sizeof *x), *y = calloc(ROWS, sizeof *y);
    assert_non_null(x);
    assert_non_null(y);
    for (size_t i = 0; i < ROWS * features; i++) {
        x[i] = (float)(i * 37 % 101) / 101.0F;
    }
    for (size_t i = 0; i < ROWS; i++) {
        y[i] = (float)(i % 7);
    }
    bp_made_table table = {.rows = ROWS, .features = features, .targets = 1, .x = x, .y = y};
    bp_dataset *data;
    assert_int_equal(bp_made_dataset(&data, &table, NULL), BP_OK);
    free(x);
    free(y);
    return data;
}

typedef struct shape {
    size_t features, units, batch, threads;
    bp_optimizer optimizer;
} shape;

static training begin(shape s) {
    training t = {.data = make_data(s.features)};
    bp_model_spec spec = {.layer_count = 3, .initializer = BP_INITIALIZER_HE_UNIFORM};
    spec.layers[0] = (bp_layer_spec){.units = s.units, .activation = BP_ACTIVATION_RELU};
    spec.layers[1] = (bp_layer_spec){.units = s.units, .activation = BP_ACTIVATION_RELU};
    spec.layers[2] = (bp_layer_spec){.units = 0, .activation = BP_ACTIVATION_LINEAR};
    spec.loss = BP_LOSS_MSE;
    bp_train_options options = bp_train_defaults();
    bp_train_set_optimizer(&options, s.optimizer);
    options.momentum = 0;
    options.learning_rate = 1e-6F;
    options.batch_size = s.batch;
    options.epochs = BP_MAX_EPOCHS;
    bp_train_place place = {0};
    bp_snapshot *start;
    assert_int_equal(bp_pool_new(&t.pool, s.threads, NULL), BP_OK);
    place.pool = t.pool;
    assert_int_equal(bp_kernels_find(NULL, &place.kernels, NULL), BP_OK);
    assert_int_equal(bp_train_bind(&start, &spec, NULL, t.data, &options, NULL), BP_OK);
    assert_int_equal(bp_trainer_new(&t.trainer, start, t.data, &options, place, NULL), BP_OK);
    bp_snapshot_unref(start);
    return t;
}

static void end(training *t) {
    bp_trainer_free(t->trainer);
    bp_pool_free(t->pool);
    bp_dataset_unref(t->data);
}

/* Whole epochs for about `seconds`; returns how long they took. */
static double train(const training *t, double seconds) {
    double began = bp_clock_seconds(), now = began;
    uint64_t steps = bp_trainer_progress(t->trainer).steps_per_epoch;
    while (now - began < seconds) {
        for (uint64_t i = 0; i < steps; i++) {
            assert_int_equal(bp_trainer_step(t->trainer, NULL), BP_OK);
        }
        now = bp_clock_seconds();
    }
    return now - began;
}

static double total_of(bp_phase_seconds seconds) {
    double total = 0;
    for (size_t i = 0; i < BP_PART_COUNT; i++) {
        assert_true(seconds.part[i] >= 0);
        total += seconds.part[i];
    }
    return total;
}

static const shape shapes[] = {
    {4, 8, 1, 1, BP_OPTIMIZER_SGD},       {4, 8, 32, 2, BP_OPTIMIZER_ADAM},
    {64, 128, 64, 2, BP_OPTIMIZER_SGD},   {64, 128, 512, 1, BP_OPTIMIZER_ADAM},
    {256, 512, 128, 2, BP_OPTIMIZER_SGD}, {256, 512, 128, 2, BP_OPTIMIZER_NADAM},
};

/* The parts are some of what the training took; returns which share of it. */
static double share_of_parts(shape s) {
    training t = begin(s);
    double took = train(&t, 0.1);
    bp_phase_seconds seconds = bp_trainer_progress(t.trainer).seconds;
    double total = total_of(seconds);
    print_message("%zu-%zu B %zu: %.4f of %.4f s: gather %.1f forward %.1f backward %.1f update "
                  "%.1f %%\n",
                  s.features, s.units, s.batch, total, took, 100 * seconds.part[0] / total,
                  100 * seconds.part[1] / total, 100 * seconds.part[2] / total,
                  100 * seconds.part[3] / total);
    assert_true(total <= took);
    for (size_t part = 0; part < BP_PART_COUNT; part++) {
        assert_true(seconds.part[part] > 0);
    }
    end(&t);
    return total / took;
}

/* Less the test's own, between epochs, and what a busy machine does there. */
static void the_parts_add_up(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        double share = 0;
        for (int attempt = 0; attempt < 20 && share < 0.8; attempt++) {
            share = share_of_parts(shapes[i]);
        }
        assert_true(share >= 0.8);
    }
}

/* On a busy machine one part may be interrupted more than its share: then it is tried again. */
static bool comes_true(shape s, bool (*is_so)(bp_phase_seconds)) {
    bool so = false;
    for (int attempt = 0; attempt < 20 && !so; attempt++) {
        training t = begin(s);
        train(&t, 0.05);
        so = is_so(bp_trainer_progress(t.trainer).seconds);
        end(&t);
    }
    return so;
}

/* Many rows: forward one product, backward nearly two. */
static bool backward_is_most(bp_phase_seconds s) {
    return s.part[BP_PART_BACKWARD] > s.part[BP_PART_FORWARD] &&
           s.part[BP_PART_UPDATE] < 0.2 * s.part[BP_PART_BACKWARD];
}

/* One row, and three numbers to change for each weight. */
static bool update_is_most(bp_phase_seconds s) {
    return s.part[BP_PART_UPDATE] > s.part[BP_PART_FORWARD] &&
           s.part[BP_PART_UPDATE] > s.part[BP_PART_GATHER];
}

/* Wide rows into few units. */
static bool gather_is_much(bp_phase_seconds s) {
    return s.part[BP_PART_GATHER] > 0.1 * total_of(s);
}

static void each_part_is_where_its_work_is(void **state) {
    (void)state;
    assert_true(comes_true((shape){64, 256, 256, 1, BP_OPTIMIZER_SGD}, backward_is_most));
    assert_true(comes_true((shape){64, 256, 1, 1, BP_OPTIMIZER_ADAM}, update_is_most));
    assert_true(comes_true((shape){2000, 1, 64, 1, BP_OPTIMIZER_SGD}, gather_is_much));
}

/* A pause is not training. */
static void pauses_do_not_count(void **state) {
    (void)state;
    training t = begin((shape){64, 128, 64, 2, BP_OPTIMIZER_ADAM});
    train(&t, 0.01);
    assert_int_equal(bp_trainer_step(t.trainer, NULL), BP_OK); /* within an epoch */
    bp_trainer_pause(t.trainer);
    double before = total_of(bp_trainer_progress(t.trainer).seconds),
           until = bp_clock_seconds() + 0.2;
    while (bp_clock_seconds() < until) {
    }
    double began = bp_clock_seconds();
    assert_int_equal(bp_trainer_step(t.trainer, NULL), BP_OK);
    bp_trainer_pause(t.trainer);
    double more = total_of(bp_trainer_progress(t.trainer).seconds) - before;
    assert_true(more > 0 && more <= bp_clock_seconds() - began);
    end(&t);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_parts_add_up),
        cmocka_unit_test(each_part_is_where_its_work_is),
        cmocka_unit_test(pauses_do_not_count),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
