/* Weights of classes and rows, and the two reductions: what they are, and that training takes them.
 */
#include "made_dataset.h"
#include "trainer.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { ROWS = 40, STEPS_OF_SIZE = 8 };

/* Class 0 on every fourth row, class 1 on the others; class 2 nowhere. */
static void fill(float x[2 * ROWS], int32_t class_index[ROWS]) {
    for (int i = 0; i < ROWS; i++) {
        x[2 * i] = (float)((i * 7) % 11) - 5;
        x[2 * i + 1] = (float)((i * 5) % 13) - 6;
        class_index[i] = i % 4 != 0;
    }
}

static bp_dataset *make(const float *weight) {
    float x[2 * ROWS];
    int32_t class_index[ROWS];
    fill(x, class_index);
    const bp_made_table table = {.rows = ROWS,
                                 .features = 2,
                                 .targets = 1,
                                 .classes = 3,
                                 .x = x,
                                 .class_index = class_index,
                                 .weight = weight};
    bp_dataset *data;
    assert_int_equal(bp_made_dataset(&data, &table, NULL), BP_OK);
    return data;
}

static bp_train_options usual(void) {
    bp_train_options o = bp_train_defaults();
    bp_train_set_optimizer(&o, BP_OPTIMIZER_SGD);
    o.learning_rate = 0.25f;
    o.momentum = 0;
    o.batch_size = STEPS_OF_SIZE;
    o.validation.fraction = 0;
    o.epochs = 3;
    return o;
}

static const bp_model_spec spec = {.layer_count = 2,
                                   .layers = {{.units = 5, .activation = BP_ACTIVATION_TANH},
                                              {.units = 3, .activation = BP_ACTIVATION_SOFTMAX}},
                                   .loss = BP_LOSS_CROSS_ENTROPY};

/* The weights' digest after all epochs; *loss: the last epoch's. `data` is dropped. */
static void train(bp_dataset *data, const bp_train_options *o, const char *isa,
                  char hex[BP_DIGEST_HEX_SIZE], double *loss) {
    bp_snapshot *start = NULL, *end = NULL;
    bp_trainer *trainer = NULL;
    bp_pool *pool;
    assert_int_equal(bp_pool_new(&pool, 2, NULL), BP_OK);
    bp_train_place place = {.pool = pool, .flops_per_worker = 1};
    assert_int_equal(bp_kernels_find(isa, &place.kernels, NULL), BP_OK);
    assert_int_equal(bp_train_bind(&start, &spec, NULL, data, o, NULL), BP_OK);
    assert_int_equal(bp_trainer_new(&trainer, start, data, o, place, NULL), BP_OK);
    while (!bp_trainer_done(trainer)) {
        assert_int_equal(bp_trainer_step(trainer, NULL), BP_OK);
    }
    *loss = bp_trainer_progress(trainer).epoch_loss;
    assert_int_equal(bp_trainer_snapshot(trainer, &end, NULL), BP_OK);
    assert_int_equal(bp_snapshot_digest(end, hex, NULL), BP_OK);
    bp_snapshot_unref(start);
    bp_snapshot_unref(end);
    bp_trainer_free(trainer);
    bp_pool_free(pool);
    bp_dataset_unref(data);
}

static void assert_same(bp_dataset *one, const bp_train_options *of_one, bp_dataset *other,
                        const bp_train_options *of_other, bool same) {
    char first[BP_DIGEST_HEX_SIZE], second[BP_DIGEST_HEX_SIZE], naive[BP_DIGEST_HEX_SIZE];
    double loss, other_loss, naive_loss;
    bp_dataset_ref(one);
    train(one, of_one, "naive", naive, &naive_loss);
    train(one, of_one, NULL, first, &loss);
    train(other, of_other, NULL, second, &other_loss);
    assert_string_equal(first, naive);
    assert_true(loss == naive_loss);
    assert_int_equal(strcmp(first, second) == 0, same);
    assert_int_equal(loss == other_loss, same);
}

static bp_class_weights *weights_of(const char *label, double weight) {
    bp_class_weights *weights;
    assert_int_equal(bp_class_weights_new(&weights, 1, NULL), BP_OK);
    assert_int_equal(bp_class_weights_add(weights, label, weight, NULL), BP_OK);
    return weights;
}

static void classes_weigh_as_their_rows_would(void **state) {
    (void)state;
    float rows[ROWS], balanced[ROWS], twice[ROWS];
    for (int i = 0; i < ROWS; i++) {
        rows[i] = i % 4 != 0 ? 1 : 2.5f;
        twice[i] = rows[i] * rows[i];
        balanced[i] = (float)(i % 4 != 0 ? 40.0 / (2 * 30) : 40.0 / (2 * 10));
    }
    const bp_train_options plain = usual();
    bp_train_options weighted = plain;
    weighted.loss_weighting.classes = weights_of("0", 2.5);
    assert_same(make(NULL), &weighted, make(rows), &plain, true);
    assert_same(make(NULL), &weighted, make(NULL), &plain, false);
    assert_same(make(rows), &weighted, make(twice), &plain, true);
    bp_class_weights_unref(weighted.loss_weighting.classes);
    weighted.loss_weighting.classes = NULL;
    weighted.loss_weighting.balanced = true;
    assert_same(make(NULL), &weighted, make(balanced), &plain, true);
}

static void weights_of_1_change_no_bit(void **state) {
    (void)state;
    float ones[ROWS];
    for (int i = 0; i < ROWS; i++) {
        ones[i] = 1;
    }
    const bp_train_options plain = usual();
    assert_same(make(ones), &plain, make(NULL), &plain, true);
}

/* Powers of two: dividing by the 8 rows of each minibatch is exact. */
static void a_sum_is_a_mean_with_a_larger_rate(void **state) {
    (void)state;
    const bp_train_options mean = usual();
    bp_train_options sum = mean;
    sum.loss_weighting.reduction = BP_BATCH_REDUCTION_SUM;
    assert_same(make(NULL), &sum, make(NULL), &mean, false);
    sum.learning_rate = mean.learning_rate / STEPS_OF_SIZE;
    assert_same(make(NULL), &sum, make(NULL), &mean, true); /* the loss too: it is told as a mean */
}

static void assert_refused(const bp_model_spec *model, bp_dataset *data,
                           const bp_loss_weighting *weighting, const char *field) {
    bp_train_options o = usual();
    bp_snapshot *out = NULL;
    bp_error err = {0};
    o.loss_weighting = *weighting;
    assert_int_equal(bp_train_bind(&out, model, NULL, data, &o, &err), BP_INVALID);
    assert_string_equal(err.field, field);
    assert_null(out);
    bp_dataset_unref(data);
}

static void what_does_not_fit_is_refused(void **state) {
    (void)state;
    bp_class_weights *weights = weights_of("a/b", 1);
    assert_refused(&spec, make(NULL), &(bp_loss_weighting){.classes = weights},
                   "/class_weights/a~1b");
    const float x[4] = {0, 1, 2, 3};
    const bp_made_table table = {.rows = 4, .features = 1, .targets = 1, .x = x, .y = x};
    const bp_model_spec line = {.layer_count = 1,
                                .layers = {{.units = 1, .activation = BP_ACTIVATION_LINEAR}}};
    bp_dataset *data;
    assert_int_equal(bp_made_dataset(&data, &table, NULL), BP_OK);
    assert_refused(&line, bp_dataset_ref(data), &(bp_loss_weighting){.classes = weights},
                   "/class_weights");
    assert_refused(&line, data, &(bp_loss_weighting){.balanced = true}, "/class_weights");
    bp_class_weights_unref(weights);

    bp_error err = {0};
    assert_int_equal(bp_class_weights_new(&weights, 1, NULL), BP_OK);
    assert_int_equal(bp_class_weights_add(weights, "b", -1, &err), BP_INVALID);
    assert_string_equal(err.field, "/class_weights/b");
    assert_int_equal(bp_class_weights_add(weights, "b", 1e39, NULL), BP_INVALID);
    assert_int_equal(bp_class_weights_add(weights, "b", (double)NAN, NULL), BP_INVALID);
    bp_class_weights_unref(weights);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(classes_weigh_as_their_rows_would),
        cmocka_unit_test(weights_of_1_change_no_bit),
        cmocka_unit_test(a_sum_is_a_mean_with_a_larger_rate),
        cmocka_unit_test(what_does_not_fit_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
