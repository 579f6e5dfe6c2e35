/* The engine as a whole: the same bits for any number of workers, any instruction set and the naive
 * loops; the numbers that PyTorch computed; what it refuses. */
#include "inference.h"
#include "made_dataset.h"
#include "optimizer_rule.h"
#include "torch_run.h"
#include "trainer.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "philox.h"

enum { MOST_TABLES = 8 };

/* --- material ------------------------------------------------------------------------------- */

/* Rows of numbers in (-1, 1); the class or the targets follow from them. */
static bp_dataset *make_data(size_t rows, size_t features, size_t classes, size_t targets) {
    float *x = calloc(rows * features, sizeof *x), *y = calloc(rows * targets, sizeof *y);
    int32_t *class_index = calloc(rows, sizeof *class_index);
    assert_true(x != NULL && y != NULL && class_index != NULL);
    uint32_t words[4];
    for (size_t i = 0; i < rows * features; i++) {
        bp_random_block(3, BP_STREAM_SAMPLE, 1, i, words);
        x[i] = 2 * bp_random_unit(words[0]) - 1;
    }
    for (size_t r = 0; r < rows; r++) {
        const float *row = x + r * features;
        class_index[r] =
            classes == 0 ? 0 : (int32_t)(fabsf(row[0] * 7 + row[1] * 5)) % (int)classes;
        for (size_t t = 0; t < targets; t++) {
            y[r * targets + t] = row[t % features] * row[(t + 1) % features];
        }
    }
    bp_made_table table = {.rows = rows, .features = features, .x = x};
    table.targets = classes > 0 ? 1 : targets;
    table.classes = classes;
    table.y = classes > 0 ? NULL : y;
    table.class_index = classes > 0 ? class_index : NULL;
    bp_dataset *data;
    assert_int_equal(bp_made_dataset(&data, &table, NULL), BP_OK);
    free(x);
    free(y);
    free(class_index);
    return data;
}

static bp_train_options options_of(uint64_t epochs, size_t batch, float momentum) {
    bp_train_options o = bp_train_defaults();
    bp_train_set_optimizer(&o, BP_OPTIMIZER_SGD);
    o.epochs = epochs;
    o.batch_size = batch;
    o.learning_rate = 0.05f;
    o.momentum = momentum;
    o.seed = 11;
    return o;
}

typedef struct run {
    const char *isa;
    size_t threads;
    double last_loss; /* out */
    char sha256[BP_DIGEST_HEX_SIZE];
} run;

static void train(run *out, const bp_model_spec *spec, bp_dataset *data,
                  const bp_train_options *options) {
    bp_pool *pool;
    bp_train_place place = {.flops_per_worker = 1};
    bp_snapshot *start, *end;
    bp_trainer *trainer;
    bp_error err = {0};
    assert_int_equal(bp_pool_new(&pool, out->threads, NULL), BP_OK);
    place.pool = pool;
    assert_int_equal(bp_kernels_find(out->isa, &place.kernels, NULL), BP_OK);
    if (bp_train_bind(&start, spec, NULL, data, options, &err) != BP_OK) {
        fail_msg("%s: %s", err.field, err.message);
    }
    assert_int_equal(bp_trainer_new(&trainer, start, data, options, place, NULL), BP_OK);
    while (!bp_trainer_done(trainer)) {
        assert_int_equal(bp_trainer_step(trainer, NULL), BP_OK);
    }
    bp_train_progress progress = bp_trainer_progress(trainer);
    out->last_loss = progress.epoch_loss + progress.validation.loss;
    assert_int_equal(bp_trainer_snapshot(trainer, &end, NULL), BP_OK);
    assert_int_equal(bp_snapshot_digest(end, out->sha256, NULL), BP_OK);
    bp_snapshot_unref(end);
    bp_snapshot_unref(start);
    bp_trainer_free(trainer);
    bp_pool_free(pool);
}

/* --- the same bits -------------------------------------------------------------------------- */

typedef struct architecture {
    const char *name;
    size_t features, classes, targets;
    bp_model_spec spec;
} architecture;

#define LAYER(count, name)                                                                         \
    { .units = count, .activation = BP_ACTIVATION_##name }
static const architecture architectures[] = {
    {"23-61-37-5 softmax",
     23,
     5,
     1,
     {.layer_count = 3,
      .layers = {LAYER(61, RELU), LAYER(37, TANH), LAYER(0, SOFTMAX)},
      .loss = BP_LOSS_CROSS_ENTROPY}},
    {"64-128-10 softmax",
     64,
     10,
     1,
     {.layer_count = 2,
      .layers = {LAYER(128, RELU), LAYER(10, SOFTMAX)},
      .loss = BP_LOSS_CROSS_ENTROPY,
      .initializer = BP_INITIALIZER_HE_NORMAL}},
    {"300-33-3 mse",
     300,
     0,
     3,
     {.layer_count = 2,
      .layers = {LAYER(33, SIGMOID), LAYER(3, LINEAR)},
      .loss = BP_LOSS_MSE,
      .initializer = BP_INITIALIZER_XAVIER_NORMAL}},
};
/* A sanitizer makes this a hundred times slower; one ragged minibatch then has to do. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
static const size_t batches[] = {37};
enum { ROWS = 60, EPOCHS = 1 };
#else
static const size_t batches[] = {1, 37, 64};
enum { ROWS = 211, EPOCHS = 2 };
#endif
static const size_t workers[] = {1, 2, 3, 4};

/* The hash of the naive loops on one worker, then every table on every number of workers. */
static void compare_runs(const architecture *a, size_t batch, float momentum) {
    bp_dataset *data = make_data(ROWS, a->features, a->classes, a->targets);
    bp_train_options options = options_of(EPOCHS, batch, momentum);
    run naive = {.isa = "naive", .threads = 1};
    train(&naive, &a->spec, data, &options);
    assert_true(isfinite(naive.last_loss));
    const char *tables[MOST_TABLES];
    size_t count = bp_kernels_available(tables, MOST_TABLES);
    for (size_t i = 0; i < count; i++) {
        for (size_t w = 0; w < sizeof workers / sizeof workers[0]; w++) {
            run r = {.isa = tables[i], .threads = workers[w]};
            train(&r, &a->spec, data, &options);
            if (strcmp(r.sha256, naive.sha256) != 0 || r.last_loss != naive.last_loss) {
                fail_msg("%s, batch %zu, momentum %g: %s on %zu workers gives %.8s, not %.8s",
                         a->name, batch, (double)momentum, r.isa, r.threads, r.sha256,
                         naive.sha256);
            }
        }
    }
    print_message("%-20s batch %2zu momentum %g: %.16s\n", a->name, batch, (double)momentum,
                  naive.sha256);
    bp_dataset_unref(data);
}

static void bits_depend_on_no_worker_and_no_instruction_set(void **state) {
    (void)state;
    for (size_t a = 0; a < sizeof architectures / sizeof architectures[0]; a++) {
        for (size_t b = 0; b < sizeof batches / sizeof batches[0]; b++) {
            compare_runs(&architectures[a], batches[b], 0.9f);
            compare_runs(&architectures[a], batches[b], 0.0f);
        }
    }
}

/* Trains the first architecture by the naive loops and by the widest ones: the same bits, and
 * others than `previous`, which becomes these. */
static void compare_with_naive(bp_dataset *data, const bp_train_options *options,
                               char previous[BP_DIGEST_HEX_SIZE]) {
    run naive = {.isa = "naive", .threads = 1}, fast = {.isa = "auto", .threads = 3};
    train(&naive, &architectures[0].spec, data, options);
    train(&fast, &architectures[0].spec, data, options);
    assert_true(isfinite(naive.last_loss));
    assert_string_equal(naive.sha256, fast.sha256);
    assert_string_not_equal(naive.sha256, previous);
    memcpy(previous, naive.sha256, BP_DIGEST_HEX_SIZE);
}

static void every_optimizer_has_the_same_bits(void **state) {
    (void)state;
    const architecture *a = &architectures[0];
    bp_dataset *data = make_data(ROWS, a->features, a->classes, a->targets);
    char previous[BP_DIGEST_HEX_SIZE] = "";
    for (int o = 0; o < BP_OPTIMIZER_COUNT; o++) {
        bp_train_options options = options_of(2, 37, 0);
        bp_train_set_optimizer(&options, (bp_optimizer)o);
        options.weight_decay = 0.01f;
        options.batch_size = bp_optimizer_is_full_batch((bp_optimizer)o) ? 0 : 37;
        compare_with_naive(data, &options, previous);
    }
    bp_dataset_unref(data);
}

/* Every stage of an update, against the naive loops. */
static void shaped_updates_have_the_same_bits(void **state) {
    (void)state;
    static const bp_train_options cases[] = {
        {.regularization = {.l1 = 0.01f}},
        {.regularization = {.l2 = 0.01f}},
        {.regularization = {.max_norm = 0.5f}},
        {.gradient_clipping = {.value = 0.001f}},
        {.gradient_clipping = {.norm = 0.1f}},
        {.momentum = 0.9f,
         .regularization = {.l1 = 0.01f, .l2 = 0.02f, .max_norm = 0.7f},
         .gradient_clipping = {.value = 0.01f, .norm = 0.05f}},
        {.regularization = {.dropout = 0.5f}},
        {.regularization = {.input_dropout = 0.2f}},
        {.regularization = {.input_noise = 0.1f}},
        {.momentum = 0.9f,
         .regularization = {.dropout = 0.3f, .input_dropout = 0.1f, .input_noise = 0.2f}},
    };
    const architecture *a = &architectures[0];
    bp_dataset *data = make_data(ROWS, a->features, a->classes, a->targets);
    char previous[BP_DIGEST_HEX_SIZE] = "";
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        bp_train_options options = options_of(EPOCHS, 37, cases[i].momentum);
        options.regularization = cases[i].regularization;
        options.gradient_clipping = cases[i].gradient_clipping;
        compare_with_naive(data, &options, previous);
    }
    bp_dataset_unref(data);
}

/* A gradient in a buffer is gathered over parts of a large minibatch. With a limit that is never
 * reached, that is all that clipping does. */
static void parts_of_a_minibatch_change_no_bit(void **state) {
    (void)state;
    const architecture *a = &architectures[0];
    bp_dataset *data = make_data(2700, a->features, a->classes, a->targets);
    bp_train_options options = options_of(2, 2500, 0.9f);
    options.validation.fraction = 0;
    for (int noisy = 0; noisy < 2; noisy++) {
        run whole = {.isa = "auto", .threads = 2}, parts = whole;
        options.gradient_clipping.norm = 0;
        options.regularization.dropout = noisy ? 0.2f : 0;
        options.regularization.input_noise = noisy ? 0.1f : 0;
        train(&whole, &a->spec, data, &options);
        options.gradient_clipping.norm = 1e30f;
        train(&parts, &a->spec, data, &options);
        assert_string_equal(parts.sha256, whole.sha256);
    }
    bp_dataset_unref(data);
}

/* A full batch, in parts, on any number of workers, and with nothing to shuffle. */
static void compare_full_batches(bp_optimizer optimizer, float l2) {
    static const size_t threads[] = {1, 2, 3, 5, 8};
    const architecture *a = &architectures[0];
    bp_dataset *data = make_data(1300, a->features, a->classes, a->targets);
    bp_train_options options = options_of(4, 0, 0);
    bp_train_set_optimizer(&options, optimizer);
    options.regularization.l2 = l2;
    run naive = {.isa = "naive", .threads = 1};
    train(&naive, &a->spec, data, &options);
    const char *tables[MOST_TABLES];
    size_t count = bp_kernels_available(tables, MOST_TABLES);
    for (size_t i = 0; i < count * sizeof threads / sizeof threads[0]; i++) {
        run fast = {.isa = tables[i % count], .threads = threads[i / count]};
        options.batch_size = i % 2 == 0 ? 0 : 1300;
        options.shuffle = i % 2 == 0;
        train(&fast, &a->spec, data, &options);
        assert_string_equal(fast.sha256, naive.sha256);
    }
    bp_dataset_unref(data);
}

static void a_full_batch_has_the_same_bits(void **state) {
    (void)state;
    compare_full_batches(BP_OPTIMIZER_RPROP, 0);
    compare_full_batches(BP_OPTIMIZER_LBFGS, 0);
    compare_full_batches(BP_OPTIMIZER_LBFGS, 0.01f);
}

static void another_seed_gives_other_bits(void **state) {
    (void)state;
    const architecture *a = &architectures[0];
    bp_dataset *data = make_data(211, a->features, a->classes, a->targets);
    bp_train_options options = options_of(1, 16, 0.9f);
    run one = {.isa = "auto", .threads = 1}, other = one;
    train(&one, &a->spec, data, &options);
    options.seed++;
    train(&other, &a->spec, data, &options);
    assert_string_not_equal(one.sha256, other.sha256);
    bp_dataset_unref(data);
}

/* --- PyTorch -------------------------------------------------------------------------------- */

static bp_torch_fixture *load(const char *name) {
    bp_torch_fixture *fixture;
    assert_int_equal(bp_torch_fixture_load(&fixture, name, NULL), BP_OK);
    return fixture;
}

static void loss_curves_are_pytorchs(void **state) {
    (void)state;
    static const char *const names[] = {"torch_classifier",      "torch_regressor",
                                        "torch_activations",     "torch_mae",
                                        "torch_huber",           "torch_poisson",
                                        "torch_quantile",        "torch_huber_delta",
                                        "torch_label_smoothing", "torch_binary_cross_entropy",
                                        "torch_hinge",           "torch_weights",
                                        "torch_smooth",          "torch_layers"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        bp_torch_fixture *f = load(names[i]);
        bp_train_options o = options_of(1000, f->batch_size, 0);
        o.learning_rate = (float)f->learning_rate;
        assert_int_equal(bp_torch_fixture_find(f, "sgd_losses", 0)->columns, 20);
        compare_with_fixture(f, o, "sgd");
        o.momentum = (float)f->momentum;
        compare_with_fixture(f, o, "momentum");
        bp_torch_fixture_free(f);
    }
}

/* The settings of make_torch_fixture.py's OPTIMIZERS. */
static void optimizers_are_pytorchs(void **state) {
    (void)state;
    static const struct {
        bp_optimizer optimizer;
        bp_train_options settings;
    } cases[] = {
        {BP_OPTIMIZER_NESTEROV, {.learning_rate = 0.05f, .momentum = 0.8f, .weight_decay = 0.01f}},
        {BP_OPTIMIZER_RMSPROP,
         {.learning_rate = 0.01f, .rho = 0.95f, .epsilon = 1e-6f, .weight_decay = 0.01f}},
        {BP_OPTIMIZER_ADAGRAD, {.learning_rate = 0.02f, .epsilon = 1e-6f, .weight_decay = 0.01f}},
        {BP_OPTIMIZER_ADADELTA,
         {.learning_rate = 0.5f, .rho = 0.9f, .epsilon = 1e-4f, .weight_decay = 0.01f}},
        {BP_OPTIMIZER_ADAM,
         {.learning_rate = 0.01f,
          .beta1 = 0.8f,
          .beta2 = 0.95f,
          .epsilon = 1e-6f,
          .weight_decay = 0.01f}},
        {BP_OPTIMIZER_ADAMW,
         {.learning_rate = 0.01f,
          .beta1 = 0.8f,
          .beta2 = 0.95f,
          .epsilon = 1e-6f,
          .weight_decay = 0.1f}},
        {BP_OPTIMIZER_NADAM,
         {.learning_rate = 0.01f,
          .beta1 = 0.8f,
          .beta2 = 0.95f,
          .epsilon = 1e-6f,
          .weight_decay = 0.01f}},
        {BP_OPTIMIZER_LION,
         {.learning_rate = 0.01f, .beta1 = 0.8f, .beta2 = 0.95f, .weight_decay = 0.1f}},
    };
    bp_torch_fixture *f = load("torch_optimizers");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        bp_train_options o = cases[i].settings;
        o.optimizer = cases[i].optimizer;
        o.epochs = 1000;
        compare_with_fixture(f, o, bp_optimizers.names[o.optimizer]);
    }
    bp_torch_fixture_free(f);
}

/* The settings of make_torch_fixture.py's SHAPED. */
static void shaped_gradients_are_pytorchs(void **state) {
    (void)state;
    static const struct {
        const char *run;
        bp_train_options settings;
    } cases[] = {
        {"penalties",
         {.optimizer = BP_OPTIMIZER_ADAM,
          .learning_rate = 0.01f,
          .beta1 = 0.8f,
          .beta2 = 0.95f,
          .epsilon = 1e-6f,
          .regularization = {.l1 = 0.02f, .l2 = 0.03f}}},
        {"clip_norm", {.learning_rate = 0.5f, .gradient_clipping = {.norm = 0.2f}}},
        {"clip_value", {.learning_rate = 0.5f, .gradient_clipping = {.value = 0.02f}}},
        {"max_norm", {.learning_rate = 0.5f, .regularization = {.max_norm = 0.9f}}},
        {"everything",
         {.learning_rate = 0.5f,
          .momentum = 0.8f,
          .weight_decay = 0.05f,
          .regularization = {.l1 = 0.02f, .l2 = 0.03f, .max_norm = 0.9f},
          .gradient_clipping = {.norm = 0.3f, .value = 0.05f}}},
    };
    bp_torch_fixture *f = load("torch_shaped");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        bp_train_options o = cases[i].settings;
        o.epochs = 1000;
        compare_with_fixture(f, o, cases[i].run);
    }
    bp_torch_fixture_free(f);
}

static void full_batch_optimizers_are_pytorchs(void **state) {
    (void)state;
    bp_torch_fixture *f = load("torch_full_batch");
    bp_train_options o = options_of(1000, f->batch_size, 0);
    bp_train_set_optimizer(&o, BP_OPTIMIZER_RPROP);
    o.learning_rate = 0.02f;
    compare_with_fixture(f, o, "rprop");
    bp_train_set_optimizer(&o, BP_OPTIMIZER_LBFGS);
    compare_with_fixture(f, o, "lbfgs");
    bp_torch_fixture_free(f);
}

/* The settings of make_torch_fixture.py's NOISES, with the masks and the noise of philox.py. */
static void dropout_is_pytorchs(void **state) {
    (void)state;
    static const struct {
        const char *run;
        bp_regularization regularization;
    } cases[] = {
        {"dropout", {.dropout = 0.5f}},
        {"input_dropout", {.input_dropout = 0.25f}},
        {"input_noise", {.input_noise = 0.5f}},
        {"all_noise", {.dropout = 0.25f, .input_dropout = 0.125f, .input_noise = 0.25f}},
    };
    bp_torch_fixture *f = load("torch_dropout");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const bp_train_options o = {.learning_rate = 0.5f,
                                    .epochs = 1000,
                                    .seed = (UINT64_C(1) << 33) + 5,
                                    .regularization = cases[i].regularization};
        compare_with_fixture(f, o, cases[i].run);
    }
    bp_torch_fixture_free(f);
}

/* The settings of make_torch_fixture.py's SCHEDULES; 3 minibatches are an epoch. */
static void schedules_are_pytorchs(void **state) {
    (void)state;
    static const struct {
        const char *run;
        bp_schedule schedule;
    } cases[] = {
        {"step", {.type = BP_SCHEDULE_STEP, .step_size = 4, .gamma = 0.5}},
        {"exponential", {.type = BP_SCHEDULE_EXPONENTIAL, .gamma = 0.9}},
        {"cosine",
         {.type = BP_SCHEDULE_COSINE, .period = 4, .multiplier = 2, .min_learning_rate = 0.001}},
        {"cosine_once", {.type = BP_SCHEDULE_COSINE, .multiplier = 1}},
        {"warmup", {.type = BP_SCHEDULE_LINEAR_WARMUP, .warmup = 5}},
        {"one_cycle",
         {.type = BP_SCHEDULE_ONE_CYCLE,
          .max_factor = 3,
          .pct_start = 0.25,
          .div_factor = 10,
          .final_div_factor = 100}},
    };
    bp_torch_fixture *f = load("torch_schedules");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        bp_train_options o = {.epochs = 10, .learning_rate = 0.1f, .momentum = 0.9f};
        o.schedule = cases[i].schedule;
        o.schedule.per = BP_PER_STEP;
        compare_with_fixture(f, o, cases[i].run);
    }
    bp_torch_fixture_free(f);
}

/* --- what it refuses ------------------------------------------------------------------------ */

static void training_to_divergence_is_told(void **state) {
    (void)state;
    bp_dataset *data = make_data(64, 4, 0, 1);
    bp_model_spec spec = {.layer_count = 1, .layers = {LAYER(0, LINEAR)}, .loss = BP_LOSS_MSE};
    bp_train_options o = options_of(1000, 8, 0);
    o.learning_rate = 1e20f;
    bp_pool *pool;
    assert_int_equal(bp_pool_new(&pool, 1, NULL), BP_OK);
    bp_train_place place = {.pool = pool, .flops_per_worker = 1};
    assert_int_equal(bp_kernels_find(NULL, &place.kernels, NULL), BP_OK);
    bp_snapshot *start;
    bp_trainer *trainer;
    assert_int_equal(bp_train_bind(&start, &spec, NULL, data, &o, NULL), BP_OK);
    assert_int_equal(bp_trainer_new(&trainer, start, data, &o, place, NULL), BP_OK);
    bp_status status = BP_OK;
    bp_error err = {0};
    while (status == BP_OK) {
        status = bp_trainer_step(trainer, &err);
    }
    assert_int_equal(status, BP_DIVERGED);
    assert_non_null(strstr(err.message, "epoch 1"));
    bp_trainer_free(trainer);
    bp_snapshot_unref(start);
    bp_pool_free(pool);
    bp_dataset_unref(data);
}

/* Binding `spec` to made data must fail with this field. */
static void assert_refused(const bp_model_spec *spec, const bp_snapshot *current, bp_dataset *data,
                           const char *field) {
    bp_train_options o = options_of(1, 8, 0);
    bp_snapshot *out = NULL;
    bp_error err = {0};
    assert_int_equal(bp_train_bind(&out, spec, current, data, &o, &err), BP_INVALID);
    assert_null(out);
    assert_memory_equal(err.field, field, strlen(field));
    assert_true(strlen(err.message) > 10);
    bp_dataset_unref(data);
}

/* weight[l]: all weights of layer l + 1, whose biases are then 0; NULL: as they are drawn. */
static bp_trainer *make_trainer(bp_pool *pool, const bp_model_spec *spec, bp_dataset *data,
                                const bp_train_options *options, const float *weight) {
    bp_train_place place = {.pool = pool, .flops_per_worker = 1};
    bp_snapshot *start;
    bp_trainer *trainer;
    assert_int_equal(bp_kernels_find(NULL, &place.kernels, NULL), BP_OK);
    assert_int_equal(bp_train_bind(&start, spec, NULL, data, options, NULL), BP_OK);
    for (size_t l = 1; weight != NULL && l <= spec->layer_count; l++) {
        const float w[] = {weight[l - 1], weight[l - 1], weight[l - 1], weight[l - 1]};
        bp_snapshot_set_layer(start, l, w, (const float[]){0});
    }
    assert_int_equal(bp_trainer_new(&trainer, start, data, options, place, NULL), BP_OK);
    bp_snapshot_unref(start);
    return trainer;
}

/* Where the norm is known; and where it is not finite although the loss is, the weights stay. */
static void the_norm_of_the_gradient_is_told(void **state) {
    (void)state;
    bp_model_spec spec = {.layer_count = 1,
                          .layers = {LAYER(0, LINEAR)},
                          .loss = BP_LOSS_MAE,
                          .preprocessing = BP_PREPROCESSING_NONE};
    bp_dataset *data = make_data(64, 4, 0, 1);
    bp_train_options o = options_of(10, 8, 0);
    bp_pool *pool;
    bp_error err = {0};
    bp_snapshot *kept;
    assert_int_equal(bp_pool_new(&pool, 1, NULL), BP_OK);

    bp_trainer *trainer = make_trainer(pool, &spec, data, &o, NULL);
    assert_int_equal(bp_trainer_step(trainer, NULL), BP_OK);
    assert_true(isnan(bp_trainer_progress(trainer).grad_norm));
    bp_trainer_free(trainer);

    o.gradient_clipping.norm = 1e-3f;
    trainer = make_trainer(pool, &spec, data, &o, NULL);
    assert_true(isnan(bp_trainer_progress(trainer).grad_norm));
    assert_int_equal(bp_trainer_step(trainer, NULL), BP_OK);
    assert_true(bp_trainer_progress(trainer).grad_norm > 1e-3);
    bp_trainer_free(trainer);

    /* x w1 w2 is finite, the gradient of w1 = x w2 / 8 is not. */
    for (size_t i = 0; i < 64 * 4; i++) {
        data->x[i] = 0x1p100f;
    }
    spec.layer_count = 2;
    spec.layers[0] = spec.layers[1];
    spec.layers[0].units = 1;
    trainer = make_trainer(pool, &spec, data, &o, (const float[]){0x1p-120f, 0x1p100f});
    assert_int_equal(bp_trainer_step(trainer, &err), BP_DIVERGED);
    assert_non_null(strstr(err.message, "gradient"));
    assert_int_equal(bp_trainer_progress(trainer).step, 0);
    assert_int_equal(bp_trainer_snapshot(trainer, &kept, NULL), BP_OK);
    bp_snapshot_unref(kept);
    bp_trainer_free(trainer);
    bp_pool_free(pool);
    bp_dataset_unref(data);
}

static void unfit_data_is_refused(void **state) {
    (void)state;
    bp_model_spec spec = architectures[1].spec; /* classes from the data, inputs open */
    assert_refused(&spec, NULL, make_data(20, 4, 0, 2), "/dataset");
    spec.inputs = 5;
    assert_refused(&spec, NULL, make_data(20, 4, 10, 1), "/model");
    spec.inputs = 4;
    spec.layers[1].units = 3;
    assert_refused(&spec, NULL, make_data(20, 4, 10, 1), "/model");

    bp_train_options o = options_of(1, 8, 0);
    bp_snapshot *bound;
    bp_dataset *data = make_data(20, 4, 3, 1);
    assert_int_equal(bp_train_bind(&bound, &spec, NULL, data, &o, NULL), BP_OK);
    bp_dataset_unref(data);
    assert_refused(&spec, bound, make_data(20, 4, 4, 1), "/dataset"); /* a label never seen */
    assert_refused(&spec, bound, make_data(20, 3, 3, 1), "/dataset");
    bp_snapshot_unref(bound);
}

static void a_full_batch_is_not_cut(void **state) {
    (void)state;
    bp_dataset *data = make_data(20, 4, 0, 1);
    bp_model_spec spec = {.layer_count = 1, .layers = {LAYER(0, LINEAR)}, .loss = BP_LOSS_MSE};
    bp_train_options o = options_of(1, 17, 0);
    bp_train_set_optimizer(&o, BP_OPTIMIZER_RPROP);
    bp_snapshot *bound;
    bp_error err = {0};
    assert_int_equal(bp_train_bind(&bound, &spec, NULL, data, &o, &err), BP_INVALID);
    assert_string_equal(err.field, "/batch_size");
    o.batch_size = 18; /* two are held out */
    assert_int_equal(bp_train_bind(&bound, &spec, NULL, data, &o, NULL), BP_OK);
    o.batch_size = 17;
    bp_trainer *trainer;
    bp_train_place place = {0};
    assert_int_equal(bp_trainer_new(&trainer, bound, data, &o, place, &err), BP_INVALID);
    o.batch_size = 0;
    assert_int_equal(bp_train_options_check(&o, NULL), BP_OK);
    bp_train_set_optimizer(&o, BP_OPTIMIZER_ADAM);
    assert_int_equal(bp_train_options_check(&o, NULL), BP_INVALID);
    bp_snapshot_unref(bound);
    bp_dataset_unref(data);
}

static void predictions_do_not_depend_on_their_neighbours(void **state) {
    (void)state;
    bp_dataset *data = make_data(150, 23, 5, 1);
    bp_train_options o = options_of(1, 8, 0);
    bp_snapshot *model;
    const bp_kernels *kernels;
    assert_int_equal(bp_kernels_find(NULL, &kernels, NULL), BP_OK);
    assert_int_equal(bp_train_bind(&model, &architectures[0].spec, NULL, data, &o, NULL), BP_OK);
    float all[150 * 5], one[5];
    assert_int_equal(bp_predict(model, kernels, data->x, 150, all, NULL), BP_OK);
    for (size_t i = 0; i < 150; i++) {
        assert_int_equal(bp_predict(model, kernels, data->x + i * 23, 1, one, NULL), BP_OK);
        assert_memory_equal(one, all + i * 5, sizeof one);
    }
    bp_snapshot_unref(model);
    bp_dataset_unref(data);
}

static void mse_takes_classes_as_one_hot(void **state) {
    (void)state;
    bp_dataset *data = make_data(200, 6, 3, 1);
    bp_model_spec spec = {
        .layer_count = 2, .layers = {LAYER(16, TANH), LAYER(0, SIGMOID)}, .loss = BP_LOSS_MSE};
    bp_train_options o = options_of(3, 16, 0.9f);
    run r = {.isa = "auto", .threads = 2};
    train(&r, &spec, data, &o);
    assert_true(isfinite(r.last_loss));
    bp_dataset_unref(data);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bits_depend_on_no_worker_and_no_instruction_set),
        cmocka_unit_test(every_optimizer_has_the_same_bits),
        cmocka_unit_test(shaped_updates_have_the_same_bits),
        cmocka_unit_test(parts_of_a_minibatch_change_no_bit),
        cmocka_unit_test(a_full_batch_has_the_same_bits),
        cmocka_unit_test(another_seed_gives_other_bits),
        cmocka_unit_test(loss_curves_are_pytorchs),
        cmocka_unit_test(optimizers_are_pytorchs),
        cmocka_unit_test(shaped_gradients_are_pytorchs),
        cmocka_unit_test(full_batch_optimizers_are_pytorchs),
        cmocka_unit_test(dropout_is_pytorchs),
        cmocka_unit_test(schedules_are_pytorchs),
        cmocka_unit_test(training_to_divergence_is_told),
        cmocka_unit_test(the_norm_of_the_gradient_is_told),
        cmocka_unit_test(unfit_data_is_refused),
        cmocka_unit_test(a_full_batch_is_not_cut),
        cmocka_unit_test(predictions_do_not_depend_on_their_neighbours),
        cmocka_unit_test(mse_takes_classes_as_one_hot),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
