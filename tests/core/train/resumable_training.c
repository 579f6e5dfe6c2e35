#include "resumable_training.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "made_dataset.h"
#include "optimizer_rule.h"
#include "philox.h"

enum { FEATURES = 5, CLASSES = 3 };

bp_dataset *bp_resumable_data(size_t rows, uint64_t seed, bool classes) {
    float *x = calloc(rows * FEATURES, sizeof *x), *y = calloc(rows, sizeof *y);
    int32_t *class_index = calloc(rows, sizeof *class_index);
    assert_true(x != NULL && y != NULL && class_index != NULL);
    uint32_t words[4];
    for (size_t i = 0; i < rows * FEATURES; i++) {
        bp_random_block(seed, BP_STREAM_SAMPLE, 0, i, words);
        x[i] = 2 * bp_random_unit(words[0]) - 1;
    }
    for (size_t r = 0; r < rows; r++) {
        y[r] = x[r * FEATURES] * x[r * FEATURES + 1];
        class_index[r] = (int32_t)((r * r + r / 3) % CLASSES);
    }
    bp_made_table table = {.rows = rows, .features = FEATURES, .targets = 1, .x = x};
    table.classes = classes ? CLASSES : 0;
    table.y = classes ? NULL : y;
    table.class_index = classes ? class_index : NULL;
    bp_dataset *data;
    assert_int_equal(bp_made_dataset(&data, &table, NULL), BP_OK);
    bp_dataset_digest(data, data->sha256);
    free(x);
    free(y);
    free(class_index);
    return data;
}

bp_model_spec bp_resumable_spec(bool classes) {
    bp_model_spec spec = {.layer_count = 4, .initializer = BP_INITIALIZER_HE_UNIFORM, .seed = 3};
    spec.layers[0] = (bp_layer_spec){.units = 17, .activation = BP_ACTIVATION_TANH};
    spec.layers[1] = (bp_layer_spec){
        .units = 17, .activation = BP_ACTIVATION_RELU, .layer_norm = true, .residual = true};
    spec.layers[2] = (bp_layer_spec){.units = 6, .activation = BP_ACTIVATION_TANH};
    spec.layers[3] =
        (bp_layer_spec){.activation = classes ? BP_ACTIVATION_SOFTMAX : BP_ACTIVATION_LINEAR};
    spec.loss = classes ? BP_LOSS_CROSS_ENTROPY : BP_LOSS_MSE;
    return spec;
}

bp_resumable bp_resumable_new(bp_dataset *data, const bp_train_options *options) {
    bp_resumable m = {.data = data, .options = *options};
    const bp_model_spec spec = bp_resumable_spec(data->classes.count > 0);
    bp_error err = {0};
    if (bp_train_bind(&m.start, &spec, NULL, m.data, options, &err) != BP_OK) {
        fail_msg("%s: %s", err.field, err.message);
    }
    return m;
}

void bp_resumable_clear(bp_resumable *m) {
    bp_snapshot_unref(m->start);
    bp_dataset_unref(m->data);
}

bp_training bp_training_begin(const bp_resumable *m, size_t variant) {
    const char *names[8];
    const size_t machines = bp_kernels_available(names, 8);
    bp_train_place place = {.flops_per_worker = variant % 3 == 2 ? 0 : 1};
    bp_train_options options = m->options;
    bp_training t;
    bp_error err = {0};
    options.activation_checkpointing = variant % 2 == 1;
    options.threads = variant % 5 == 4 ? 1 : 0;
    assert_int_equal(bp_pool_new(&t.pool, 1 + variant % 4, NULL), BP_OK);
    place.pool = t.pool;
    assert_int_equal(bp_kernels_find(names[variant % machines], &place.kernels, NULL), BP_OK);
    if (bp_trainer_new(&t.trainer, m->start, m->data, &options, place, &err) != BP_OK) {
        fail_msg("%s: %s", err.field, err.message);
    }
    return t;
}

void bp_training_end(bp_training *t) {
    bp_trainer_free(t->trainer);
    bp_pool_free(t->pool);
}

bp_state_bytes bp_state_bytes_write(const bp_trainer *trainer) {
    bp_state_bytes b = {.size = bp_trainer_state_size(trainer)};
    b.at = malloc(b.size);
    assert_non_null(b.at);
    memset(b.at, 0xa5, b.size);
    bp_trainer_state_write(trainer, b.at);
    return b;
}

void bp_state_bytes_read(bp_trainer *trainer, const bp_state_bytes *state) {
    bp_error err = {0};
    if (bp_trainer_state_read(trainer, state->at, state->size, &err) != BP_OK) {
        fail_msg("%s", err.message);
    }
}

void bp_training_run(bp_trainer *trainer, uint64_t steps) {
    bp_error err = {0};
    for (uint64_t i = 0; i < steps && !bp_trainer_done(trainer); i++) {
        if (bp_trainer_step(trainer, &err) != BP_OK) {
            fail_msg("%s", err.message);
        }
    }
}

bp_train_options bp_resumable_options(bp_optimizer optimizer) {
    const bool full = bp_optimizer_is_full_batch(optimizer);
    bp_train_options options = bp_train_defaults();
    bp_train_set_optimizer(&options, optimizer);
    options.validation.fraction = 0.2;
    options.batch_size = full ? 0 : BATCH;
    options.epochs = full ? 14 : 2;
    options.seed = 11;
    return options;
}
