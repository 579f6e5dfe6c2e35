/* Activation checkpointing changes what is kept and what is computed again: never a bit of the
 * result, and the memory as it should. */
#include "checkpointing.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "made_dataset.h"
#include "optimizer_rule.h"
#include "philox.h"
#include "row_buffers.h"
#include "trainer.h"

/* --- segments ------------------------------------------------------------------------------- */

static void segments_are_all_layers(void **state) {
    (void)state;
    for (size_t layers = 1; layers <= BP_MAX_LAYERS; layers++) {
        for (size_t count = 1; count <= layers; count++) {
            const bp_segments s = bp_segments_cut(layers, count);
            size_t longest = s.last[0], next = 1;
            assert_int_equal(s.count, count);
            for (size_t i = 0; i < count; i++) {
                const size_t length = s.last[i] + 1 - bp_segments_first(&s, i);
                assert_int_equal(bp_segments_first(&s, i), next);
                assert_true(length == longest || length + 1 == longest);
                next = s.last[i] + 1;
            }
            assert_int_equal(next, layers + 1);
        }
    }
}

static void one_segment_shares_nothing(void **state) {
    (void)state;
    const bp_segments s = bp_segments_cut(17, 1);
    for (size_t l = 0; l <= 17; l++) {
        const bp_array_owners owner = bp_segments_owners(&s, l);
        assert_int_equal(owner.x, l);
        assert_int_equal(owner.trace, l);
        assert_int_equal(owner.ds, l);
    }
}

/* Segment i goes back from `border` to the border below: what it reads and writes must be apart. */
static void check_apart(const bp_segments *s, size_t i) {
    const size_t first = bp_segments_first(s, i), border = s->last[i];
    for (size_t l = first - 1; l <= border; l++) {
        for (size_t m = l + 1; m <= border; m++) {
            const bp_array_owners a = bp_segments_owners(s, l), b = bp_segments_owners(s, m);
            assert_int_not_equal(a.x, b.x);
            assert_true(l == 0 || a.ds != b.ds);
            assert_true(l < first || a.trace != b.trace);
        }
    }
}

static void what_is_used_together_is_apart(void **state) {
    (void)state;
    for (size_t layers = 1; layers <= BP_MAX_LAYERS; layers += 3) {
        for (size_t count = 1; count <= layers; count++) {
            const bp_segments s = bp_segments_cut(layers, count);
            for (size_t i = 0; i < count; i++) {
                check_apart(&s, i);
                assert_int_equal(bp_segments_owners(&s, s.last[i]).x, s.last[i]);
            }
        }
    }
}

/* --- material ------------------------------------------------------------------------------- */

enum { FEATURES = 7 };

static bp_dataset *make_data(size_t rows) {
    float *x = calloc(rows * FEATURES, sizeof *x), *y = calloc(rows, sizeof *y);
    assert_true(x != NULL && y != NULL);
    uint32_t words[4];
    for (size_t i = 0; i < rows * FEATURES; i++) {
        bp_random_block(3, BP_STREAM_SAMPLE, 1, i, words);
        x[i] = 2 * bp_random_unit(words[0]) - 1;
    }
    for (size_t r = 0; r < rows; r++) {
        y[r] = x[r * FEATURES] * x[r * FEATURES + 1];
    }
    bp_made_table table = {.rows = rows, .features = FEATURES, .targets = 1, .x = x, .y = y};
    bp_dataset *data;
    assert_int_equal(bp_made_dataset(&data, &table, NULL), BP_OK);
    free(x);
    free(y);
    return data;
}

typedef enum shape { RESIDUAL, RAGGED, NORMALIZED, SHAPES } shape;

/* `layers` layers with all activations in turn: of equal widths with residual connections; of
 * widths that all differ from their neighbours'; of equal widths, residual and normalised. */
static bp_model_spec make_spec(size_t layers, shape kind) {
    bp_model_spec spec = {.inputs = FEATURES, .layer_count = layers, .loss = BP_LOSS_MSE};
    spec.initializer = BP_INITIALIZER_XAVIER_UNIFORM;
    for (size_t l = 0; l < layers; l++) {
        bp_layer_spec *layer = &spec.layers[l];
        layer->units = kind == RAGGED ? 3 + l * 7 % 23 : 19;
        layer->activation = (bp_activation)(l % BP_ACTIVATION_COUNT);
        if (layer->activation == BP_ACTIVATION_SOFTMAX) {
            layer->activation = BP_ACTIVATION_TANH;
        }
        layer->residual = kind != RAGGED && l > 0 && l % 3 != 0;
        layer->layer_norm = kind == NORMALIZED && l % 4 != 1;
    }
    spec.layers[layers - 1] = (bp_layer_spec){.units = 1, .activation = BP_ACTIVATION_LINEAR};
    return spec;
}

typedef struct outcome {
    char sha256[BP_DIGEST_HEX_SIZE];
    double epoch_loss, validation_loss, grad_norm;
} outcome;

static outcome train(const bp_model_spec *spec, bp_dataset *data, const bp_train_options *options,
                     size_t workers) {
    bp_pool *pool;
    bp_train_place place = {.flops_per_worker = 1};
    bp_snapshot *start, *end;
    bp_trainer *trainer;
    bp_error err = {0};
    outcome out;
    memset(&out, 0, sizeof out);
    assert_int_equal(bp_pool_new(&pool, workers, NULL), BP_OK);
    place.pool = pool;
    assert_int_equal(bp_kernels_find(NULL, &place.kernels, NULL), BP_OK);
    if (bp_train_bind(&start, spec, NULL, data, options, &err) != BP_OK ||
        bp_trainer_new(&trainer, start, data, options, place, &err) != BP_OK) {
        fail_msg("%s: %s", err.field, err.message);
    }
    while (!bp_trainer_done(trainer)) {
        assert_int_equal(bp_trainer_step(trainer, NULL), BP_OK);
    }
    out.validation_loss = bp_trainer_progress(trainer).validation.loss;
    out.epoch_loss = bp_trainer_progress(trainer).epoch_loss;
    out.grad_norm = bp_trainer_progress(trainer).grad_norm;
    assert_int_equal(bp_trainer_snapshot(trainer, &end, NULL), BP_OK);
    assert_int_equal(bp_snapshot_digest(end, out.sha256, NULL), BP_OK);
    bp_snapshot_unref(end);
    bp_snapshot_unref(start);
    bp_trainer_free(trainer);
    bp_pool_free(pool);
    return out;
}

/* --- the same bits -------------------------------------------------------------------------- */

/* A sanitizer makes this much slower. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
static const size_t workers[] = {3};
static const size_t batches[] = {37};
enum { ROWS = 60, EPOCHS = 1 };
#else
static const size_t workers[] = {1, 2, 3, 5};
static const size_t batches[] = {1, 64, 150};
enum { ROWS = 211, EPOCHS = 2 };
#endif

#define LENGTH(array) (sizeof(array) / sizeof *(array))

/* Everything kept on one worker, against everything computed again on any number. */
static void compare(const char *what, const bp_model_spec *spec, bp_train_options options) {
    bp_dataset *data = make_data(ROWS);
    const outcome kept = train(spec, data, &options, 1);
    options.activation_checkpointing = true;
    for (size_t w = 0; w < LENGTH(workers); w++) {
        const outcome again = train(spec, data, &options, workers[w]);
        if (strcmp(kept.sha256, again.sha256) != 0 ||
            memcmp(&kept.epoch_loss, &again.epoch_loss, sizeof kept.epoch_loss) != 0 ||
            memcmp(&kept.grad_norm, &again.grad_norm, sizeof kept.grad_norm) != 0 ||
            kept.validation_loss != again.validation_loss) {
            fail_msg("%s, %zu layers, batch %zu, %zu workers: %.8s, loss %a, not %.8s, %a", what,
                     spec->layer_count, options.batch_size, workers[w], again.sha256,
                     again.epoch_loss, kept.sha256, kept.epoch_loss);
        }
    }
    bp_dataset_unref(data);
}

static bp_train_options options_of(bp_optimizer optimizer, size_t batch) {
    bp_train_options options = bp_train_defaults();
    bp_train_set_optimizer(&options, optimizer);
    options.learning_rate = 0.001F;
    options.epochs = EPOCHS;
    options.batch_size = batch;
    return options;
}

static void bits_are_those_of_ordinary_training(void **state) {
    (void)state;
    static const size_t depths[] = {1, 2, 3, 5, 17, 64};
    static const char *const names[] = {"residual", "ragged", "normalized"};
    for (size_t d = 0; d < LENGTH(depths); d++) {
        for (int s = 0; s < SHAPES; s++) {
            const bp_model_spec spec = make_spec(depths[d], (shape)s);
            for (size_t b = 0; b < LENGTH(batches); b++) {
                bp_train_options options = options_of(BP_OPTIMIZER_SGD, batches[b]);
                compare(names[s], &spec, options);
                options.momentum = 0; /* the product itself is the update */
                compare(names[s], &spec, options);
            }
        }
    }
}

static void bits_are_the_same_with_every_optimizer(void **state) {
    (void)state;
    for (int s = 0; s < SHAPES; s++) {
        const bp_model_spec spec = make_spec(9, (shape)s);
        for (int o = 0; o < BP_OPTIMIZER_COUNT; o++) {
            const size_t batch = bp_optimizer_is_full_batch((bp_optimizer)o) ? 0 : 64;
            compare(bp_optimizers.names[o], &spec, options_of((bp_optimizer)o, batch));
        }
    }
}

/* A gradient that is whole before any weight changes; weights that are looked at after it. */
static void bits_are_the_same_with_clipping_and_limits(void **state) {
    (void)state;
    for (int s = 0; s < SHAPES; s++) {
        const bp_model_spec spec = make_spec(11, (shape)s);
        bp_train_options options = options_of(BP_OPTIMIZER_ADAM, 64);
        options.gradient_clipping.norm = 0.1F;
        compare("norm", &spec, options);
        options = options_of(BP_OPTIMIZER_SGD, 64);
        options.gradient_clipping.value = 0.001F;
        options.regularization.max_norm = 0.9F;
        options.regularization.l1 = options.regularization.l2 = 0.001F;
        compare("max-norm", &spec, options);
    }
}

/* Masks are functions of (seed, step, layer, element): drawn again, they are the same. */
static void bits_are_the_same_with_noise(void **state) {
    (void)state;
    for (int s = 0; s < SHAPES; s++) {
        const bp_model_spec spec = make_spec(13, (shape)s);
        bp_train_options options = options_of(BP_OPTIMIZER_ADAM, 64);
        options.regularization.dropout = 0.3F;
        options.regularization.input_noise = 0.1F;
        compare("dropout", &spec, options);
        options = options_of(BP_OPTIMIZER_SGD, 37);
        options.momentum = 0;
        options.regularization.dropout = 0.1F;
        options.regularization.input_dropout = 0.2F;
        compare("input dropout", &spec, options);
    }
}

/* A minibatch of more rows than are taken at once. */
static void bits_are_the_same_in_parts(void **state) {
    (void)state;
    enum { MANY = 2300 };
    const bp_model_spec spec = make_spec(7, NORMALIZED);
    bp_train_options options = options_of(BP_OPTIMIZER_ADAM, MANY);
    options.gradient_clipping.norm = 0.1F;
    bp_dataset *data = make_data(MANY);
    const outcome kept = train(&spec, data, &options, 2);
    options.activation_checkpointing = true;
    const outcome again = train(&spec, data, &options, 2);
    assert_string_equal(kept.sha256, again.sha256);
    assert_true(kept.epoch_loss == again.epoch_loss && kept.grad_norm == again.grad_norm);
    bp_dataset_unref(data);
}

/* --- divergence ----------------------------------------------------------------------------- */

static void a_step_that_diverges_changes_no_weight(void **state) {
    (void)state;
    const bp_model_spec spec = make_spec(17, RESIDUAL);
    bp_train_options options = options_of(BP_OPTIMIZER_SGD, 64);
    options.learning_rate = 1e30F;
    options.epochs = 20;
    options.activation_checkpointing = true;
    bp_dataset *data = make_data(ROWS);
    bp_train_place place = {0};
    bp_snapshot *start;
    bp_trainer *trainer;
    bp_pool *pool;
    char before[BP_DIGEST_HEX_SIZE] = "", after[BP_DIGEST_HEX_SIZE] = "";
    assert_int_equal(bp_pool_new(&pool, 2, NULL), BP_OK);
    place.pool = pool;
    assert_int_equal(bp_kernels_find(NULL, &place.kernels, NULL), BP_OK);
    assert_int_equal(bp_train_bind(&start, &spec, NULL, data, &options, NULL), BP_OK);
    assert_int_equal(bp_trainer_new(&trainer, start, data, &options, place, NULL), BP_OK);
    bp_status status = BP_OK;
    while (status == BP_OK) {
        bp_snapshot *now;
        assert_int_equal(bp_trainer_snapshot(trainer, &now, NULL), BP_OK);
        assert_int_equal(bp_snapshot_digest(now, before, NULL), BP_OK);
        bp_snapshot_unref(now);
        status = bp_trainer_step(trainer, NULL);
    }
    assert_int_equal(status, BP_DIVERGED);
    bp_snapshot *now;
    assert_int_equal(bp_trainer_snapshot(trainer, &now, NULL), BP_OK);
    assert_int_equal(bp_snapshot_digest(now, after, NULL), BP_OK);
    assert_string_equal(before, after);
    bp_snapshot_unref(now);
    bp_snapshot_unref(start);
    bp_trainer_free(trainer);
    bp_pool_free(pool);
    bp_dataset_unref(data);
}

/* --- memory --------------------------------------------------------------------------------- */

static double share_of_memory(const bp_model_spec *spec) {
    bp_network network;
    assert_int_equal(bp_network_resolve(&network, spec, FEATURES, 1, NULL), BP_OK);
    const bp_segments whole = bp_segments_cut(spec->layer_count, 1);
    const bp_segments chosen = bp_row_buffers_checkpoints(&network, BP_ROWS_BOTH);
    return (double)bp_row_buffers_floats(&network, BP_ROWS_BOTH, &chosen) /
           (double)bp_row_buffers_floats(&network, BP_ROWS_BOTH, &whole);
}

static void deep_networks_take_a_fraction(void **state) {
    (void)state;
    for (int s = 0; s < SHAPES; s++) {
        for (size_t layers = 1; layers <= BP_MAX_LAYERS; layers++) {
            const bp_model_spec spec = make_spec(layers, (shape)s);
            assert_true(share_of_memory(&spec) <= 1);
        }
        const bp_model_spec deepest = make_spec(BP_MAX_LAYERS, (shape)s);
        double share = share_of_memory(&deepest);
        print_message("shape %d: %.3f\n", s, share);
        assert_true(share <= 0.4);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(segments_are_all_layers),
        cmocka_unit_test(one_segment_shares_nothing),
        cmocka_unit_test(what_is_used_together_is_apart),
        cmocka_unit_test(bits_are_those_of_ordinary_training),
        cmocka_unit_test(bits_are_the_same_with_every_optimizer),
        cmocka_unit_test(bits_are_the_same_with_clipping_and_limits),
        cmocka_unit_test(bits_are_the_same_with_noise),
        cmocka_unit_test(bits_are_the_same_in_parts),
        cmocka_unit_test(a_step_that_diverges_changes_no_weight),
        cmocka_unit_test(deep_networks_take_a_fraction),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
