/* What is told of a step that met numbers that are not finite: made so that it is known which
 * tensor was the first. */
#include "divergence.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "made_dataset.h"
#include "optimizer_rule.h"
#include "resumable_training.h"

enum { DATA_ROWS = 150, UNITS = 20, LATE_ROW = 100, VARIANTS = 4 };

/* A net of one input and `layers` layers of `units` units, the last of one; every weight of a layer
 * is the same. */
typedef struct trial {
    size_t layers, units;
    bp_activation activation;
    float w[3], b[3]; /* of layers 1, 2 and all that follow */
    float x;          /* of all rows, but of LATE_ROW where late is not 0 */
    float late;
    float input_scale;
    bp_train_options options;
} trial;

/* Plain SGD on all rows at once, in the data's order, nothing held out. */
static trial make_trial(size_t layers) {
    trial t = {.layers = layers, .units = UNITS, .activation = BP_ACTIVATION_LINEAR, .x = 1};
    t.input_scale = 1;
    t.options = bp_train_defaults();
    bp_train_set_optimizer(&t.options, BP_OPTIMIZER_SGD);
    t.options.momentum = 0;
    t.options.batch_size = DATA_ROWS;
    t.options.shuffle = false;
    t.options.validation.fraction = 0;
    return t;
}

/* A buffer of the gradient, and its norm. */
static void clip(trial *t) {
    t->options.gradient_clipping.norm = 1;
}

static void fill(bp_snapshot *start, const trial *t) {
    const bp_network *n = &start->network;
    for (size_t l = 1; l <= n->layer_count; l++) {
        const size_t like = l < 3 ? l - 1 : 2;
        const size_t weights = n->width[l - 1] * n->width[l];
        for (size_t i = 0; i < weights; i++) {
            start->parameters[n->weight_offset[l] + i] = t->w[like];
        }
        for (size_t i = 0; i < n->width[l]; i++) {
            start->parameters[n->bias_offset[l] + i] = t->b[like];
        }
    }
    start->input_mean[0] = 0;
    start->input_scale[0] = t->input_scale;
}

static bp_dataset *make_data(const trial *t) {
    float x[DATA_ROWS], y[DATA_ROWS] = {0};
    for (size_t i = 0; i < DATA_ROWS; i++) {
        x[i] = i == LATE_ROW && t->late != 0 ? t->late : t->x;
    }
    bp_made_table table = {.rows = DATA_ROWS, .features = 1, .targets = 1, .x = x, .y = y};
    bp_dataset *data;
    assert_int_equal(bp_made_dataset(&data, &table, NULL), BP_OK);
    return data;
}

static bp_model_spec make_spec(const trial *t) {
    bp_model_spec spec = {.layer_count = t->layers, .loss = BP_LOSS_MSE};
    for (size_t l = 0; l < t->layers; l++) {
        const bool last = l + 1 == t->layers;
        spec.layers[l] = (bp_layer_spec){.units = last ? 0 : t->units,
                                         .activation = last ? BP_ACTIVATION_LINEAR : t->activation};
    }
    spec.preprocessing = BP_PREPROCESSING_NONE;
    return spec;
}

typedef struct running {
    bp_pool *pool;
    bp_trainer *trainer;
    bp_snapshot *start;
    bp_dataset *data;
} running;

static running begin(const trial *t, size_t variant) {
    running r;
    bp_train_options options = t->options;
    bp_train_place place = {.flops_per_worker = 1};
    const bp_model_spec spec = make_spec(t);
    bp_error err = {0};
    options.activation_checkpointing = variant % 2 == 1;
    r.data = make_data(t);
    assert_int_equal(bp_pool_new(&r.pool, 1 + variant / 2, NULL), BP_OK);
    place.pool = r.pool;
    assert_int_equal(bp_kernels_find(NULL, &place.kernels, NULL), BP_OK);
    if (bp_train_bind(&r.start, &spec, NULL, r.data, &options, &err) != BP_OK) {
        fail_msg("%s: %s", err.field, err.message);
    }
    fill(r.start, t);
    assert_int_equal(bp_trainer_new(&r.trainer, r.start, r.data, &options, place, NULL), BP_OK);
    assert_int_equal(bp_trainer_divergence(r.trainer).epoch, 0);
    return r;
}

static void end(running *r) {
    bp_trainer_free(r->trainer);
    bp_snapshot_unref(r->start);
    bp_dataset_unref(r->data);
    bp_pool_free(r->pool);
}

static void check_told(const running *r, const bp_divergence *expected, const char *message) {
    const bp_divergence found = bp_trainer_divergence(r->trainer);
    if (strcmp(found.tensor, expected->tensor) != 0) {
        fail_msg("%s, not %s", found.tensor, expected->tensor);
    }
    assert_int_equal(found.layer, expected->layer);
    assert_int_equal(found.epoch, expected->epoch);
    assert_int_equal(found.step, expected->step);
    assert_non_null(strstr(message, expected->tensor));
}

static unsigned char *write_state(const bp_trainer *trainer, size_t *size) {
    *size = bp_trainer_state_size(trainer);
    unsigned char *bytes = calloc(1, *size);
    assert_non_null(bytes);
    bp_trainer_state_write(trainer, bytes);
    memset(bytes + SECONDS_AT, 0, SECONDS_SIZE);
    return bytes;
}

/* The first step fails, and what a snapshot shows is the start. */
static void check_first_step(const trial *t, const char *tensor, size_t layer) {
    for (size_t variant = 0; variant < VARIANTS; variant++) {
        running r = begin(t, variant);
        bp_error err = {0};
        bp_snapshot *left;
        size_t size;
        unsigned char *before = write_state(r.trainer, &size);
        for (int again = 0; again < 2; again++) {
            assert_int_equal(bp_trainer_step(r.trainer, &err), BP_DIVERGED);
            bp_divergence expected = {.epoch = 1, .step = 1, .layer = layer};
            snprintf(expected.tensor, sizeof expected.tensor, "%s", tensor);
            check_told(&r, &expected, err.message);
        }
        assert_int_equal(bp_trainer_snapshot(r.trainer, &left, NULL), BP_OK);
        assert_memory_equal(left->parameters, r.start->parameters,
                            r.start->network.storage_count * sizeof(float));
        unsigned char *after = write_state(r.trainer, &size);
        if (t->options.optimizer != BP_OPTIMIZER_LBFGS) { /* which has evaluated */
            assert_memory_equal(before, after, size);
        }
        free(before);
        free(after);
        bp_snapshot_unref(left);
        end(&r);
    }
}

/* --- forward --------------------------------------------------------------------------------- */

static void inputs_overflow(void **state) {
    (void)state;
    trial t = make_trial(2);
    t.x = 1e38F;
    t.input_scale = 10;
    check_first_step(&t, "x(0)", 0);
    t.input_scale = 1;
    t.w[0] = 10;
    check_first_step(&t, "s(1)", 1);
    bp_train_set_optimizer(&t.options, BP_OPTIMIZER_LBFGS);
    t.options.batch_size = 0;
    check_first_step(&t, "s(1)", 1);
}

/* Each layer makes it a thousand times larger: 1000^13 is more than a float holds. */
static void a_deep_net_explodes(void **state) {
    (void)state;
    trial t = make_trial(30);
    t.units = 1;
    t.activation = BP_ACTIVATION_RELU;
    t.w[0] = t.w[1] = t.w[2] = 1000;
    check_first_step(&t, "s(13)", 13);
}

/* What dropout leaves is twice as large. */
static void activations_overflow(void **state) {
    (void)state;
    trial t = make_trial(3);
    t.w[0] = 3e38F;
    t.options.regularization.dropout = 0.5F;
    check_first_step(&t, "x(1)", 1);
}

static void the_loss_overflows(void **state) {
    (void)state;
    trial t = make_trial(2);
    t.b[1] = 1e30F;
    check_first_step(&t, "loss", 0);
}

/* Of one row in the second tile; earlier rows that overflow later do not hide it. */
static void one_row_is_enough(void **state) {
    (void)state;
    trial t = make_trial(2);
    t.x = 1e-8F;
    t.late = 100;
    t.w[0] = 1e37F;
    check_first_step(&t, "s(1)", 1);
    t.w[1] = 1; /* the others' loss is not finite */
    check_first_step(&t, "s(1)", 1);
    t.late = 0;
    check_first_step(&t, "loss", 0);
}

/* --- backward -------------------------------------------------------------------------------- */

/* The loss is finite, about 1e36; its derivative comes back through weights of 1e25, or meets
 * activations of 1e25. */
static void gradients_overflow(void **state) {
    (void)state;
    trial t = make_trial(2);
    clip(&t);
    t.b[1] = 1e18F;
    t.w[1] = 1e25F;
    check_first_step(&t, "dl/dx(1)", 1);
    t.w[1] = 0;
    t.b[0] = 1e25F;
    check_first_step(&t, "dl/dw(2)", 2);
    bp_train_set_optimizer(&t.options, BP_OPTIMIZER_LBFGS);
    t.options.batch_size = 0;
    t.options.gradient_clipping.norm = 0;
    check_first_step(&t, "dl/dw(2)", 2);
}

/* --- weights --------------------------------------------------------------------------------- */

/* The first step leaves weights of layer 2 that are not finite; those of layer 1 have no gradient.
 * The second, in another epoch, finds them. */
static void a_huge_rate_is_told_of_the_step_before(void **state) {
    (void)state;
    trial t = make_trial(2);
    t.w[0] = 100;
    t.b[1] = 100;
    t.options.learning_rate = 1e38F;
    for (size_t variant = 0; variant < VARIANTS; variant++) {
        running r = begin(&t, variant);
        bp_error err = {0};
        bp_snapshot *left;
        assert_int_equal(bp_trainer_step(r.trainer, NULL), BP_OK);
        assert_int_equal(bp_trainer_divergence(r.trainer).epoch, 0);
        assert_int_equal(bp_trainer_step(r.trainer, &err), BP_DIVERGED);
        const bp_divergence expected = {.epoch = 1, .step = 1, .layer = 2, .tensor = "w(2)"};
        check_told(&r, &expected, err.message);
        assert_non_null(strstr(err.message, "not finite in epoch 2, step 2;"));
        assert_int_equal(bp_trainer_snapshot(r.trainer, &left, NULL), BP_DIVERGED);
        end(&r);
    }
}

static void a_bias_can_be_the_first(void **state) {
    (void)state;
    trial t = make_trial(2);
    t.x = 0; /* and so no weight has a gradient */
    t.b[1] = 100;
    t.options.learning_rate = 1e38F;
    running r = begin(&t, 0);
    bp_error err = {0};
    assert_int_equal(bp_trainer_step(r.trainer, NULL), BP_OK);
    assert_int_equal(bp_trainer_step(r.trainer, &err), BP_DIVERGED);
    const bp_divergence expected = {.epoch = 1, .step = 1, .layer = 2, .tensor = "b(2)"};
    check_told(&r, &expected, err.message);
    end(&r);
}

/* The weights of the step before the failed one are finite, and are what is left. */
static void the_last_good_weights_are_left(void **state) {
    (void)state;
    trial t = make_trial(2);
    t.w[0] = t.w[1] = 1;
    t.options.learning_rate = 1e10F;
    running r = begin(&t, 0);
    bp_snapshot *before = NULL, *after;
    bp_status status = BP_OK;
    while (status == BP_OK) {
        bp_snapshot_unref(before);
        assert_int_equal(bp_trainer_snapshot(r.trainer, &before, NULL), BP_OK);
        status = bp_trainer_step(r.trainer, NULL);
    }
    const bp_divergence found = bp_trainer_divergence(r.trainer);
    assert_int_equal(status, BP_DIVERGED);
    assert_int_equal(found.step, bp_trainer_progress(r.trainer).step + 1);
    assert_int_equal(bp_trainer_snapshot(r.trainer, &after, NULL), BP_OK);
    assert_memory_equal(before->parameters, after->parameters,
                        before->network.storage_count * sizeof(float));
    bp_snapshot_unref(before);
    bp_snapshot_unref(after);
    end(&r);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(inputs_overflow),
        cmocka_unit_test(a_deep_net_explodes),
        cmocka_unit_test(activations_overflow),
        cmocka_unit_test(the_loss_overflows),
        cmocka_unit_test(one_row_is_enough),
        cmocka_unit_test(gradients_overflow),
        cmocka_unit_test(a_huge_rate_is_told_of_the_step_before),
        cmocka_unit_test(a_bias_can_be_the_first),
        cmocka_unit_test(the_last_good_weights_are_left),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
