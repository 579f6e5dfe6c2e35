/* What an estimate tells is what a training takes: memory against every call of the allocators,
 * which the linker sends here (-Wl,--wrap, see CMakeLists.txt), operations against those counted by
 * hand, steps against a trainer's. Time is compared in tests/bench/estimate, on a quiet machine. */
#include "estimate.h"

#include <malloc.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "made_dataset.h"
#include "philox.h"
#include "trainer_state.h"

enum { ROWS = 3000, FEATURES = 20, CLASSES = 3 };

/* --- what is held ----------------------------------------------------------------------------- */

static atomic_size_t held, most_held;

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
int __real_posix_memalign(void **out, size_t alignment, size_t size);
char *__real_strdup(const char *text);
void __real_free(void *memory);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);
int __wrap_posix_memalign(void **out, size_t alignment, size_t size);
char *__wrap_strdup(const char *text);
void __wrap_free(void *memory);

static void *note(void *memory) {
    const size_t now = atomic_fetch_add(&held, malloc_usable_size(memory));
    const size_t more = now + malloc_usable_size(memory);
    if (more > atomic_load(&most_held)) {
        atomic_store(&most_held, more);
    }
    return memory;
}

void *__wrap_malloc(size_t size) {
    return note(__real_malloc(size));
}

void *__wrap_calloc(size_t count, size_t size) {
    return note(__real_calloc(count, size));
}

void *__wrap_realloc(void *old, size_t size) {
    atomic_fetch_sub(&held, malloc_usable_size(old));
    return note(__real_realloc(old, size));
}

/* Not on the border of a huge page: what lies between an array and that is never touched. */
int __wrap_posix_memalign(void **out, size_t alignment, size_t size) {
    const int code = __real_posix_memalign(out, alignment < 64 ? alignment : 64, size);
    if (code == 0) {
        note(*out);
    }
    return code;
}

char *__wrap_strdup(const char *text) {
    return note(__real_strdup(text));
}

void __wrap_free(void *memory) {
    atomic_fetch_sub(&held, malloc_usable_size(memory));
    __real_free(memory);
}

/* --- material --------------------------------------------------------------------------------- */

static bp_dataset *make_data(void) {
    float *x = calloc((size_t)ROWS * FEATURES, sizeof *x), *weight = calloc(ROWS, sizeof *weight);
    int32_t *class_index = calloc(ROWS, sizeof *class_index);
    assert_true(x != NULL && class_index != NULL && weight != NULL);
    uint32_t words[4];
    for (size_t i = 0; i < (size_t)ROWS * FEATURES; i++) {
        bp_random_block(5, BP_STREAM_SAMPLE, 0, i, words);
        x[i] = bp_random_unit(words[0]);
    }
    for (size_t r = 0; r < ROWS; r++) {
        class_index[r] = (int32_t)(r % CLASSES);
        weight[r] = 1;
    }
    const bp_made_table table = {.rows = ROWS,
                                 .features = FEATURES,
                                 .targets = 1,
                                 .classes = CLASSES,
                                 .x = x,
                                 .class_index = class_index,
                                 .weight = weight};
    bp_dataset *data = NULL;
    assert_int_equal(bp_made_dataset(&data, &table, NULL), BP_OK);
    free(x);
    free(weight);
    free(class_index);
    return data;
}

/* Hidden layers of the same width, and softmax. */
typedef struct net {
    size_t layers, units, batch, threads;
    bp_optimizer optimizer;
    float momentum;
    bool norm, residual, again, stops, clips, drops, folds;
} net;

static bp_model_spec spec_of(const net *n) {
    bp_model_spec spec = {.layer_count = n->layers + 1,
                          .initializer = BP_INITIALIZER_HE_UNIFORM,
                          .loss = BP_LOSS_CROSS_ENTROPY};
    for (size_t l = 0; l < n->layers; l++) {
        spec.layers[l] = (bp_layer_spec){.units = n->units,
                                         .activation = BP_ACTIVATION_GELU,
                                         .layer_norm = n->norm,
                                         .residual = n->residual && l > 0};
    }
    spec.layers[n->layers] = (bp_layer_spec){.activation = BP_ACTIVATION_SOFTMAX};
    return spec;
}

static bp_train_options options_of(const net *n) {
    bp_train_options o = bp_train_defaults();
    bp_train_set_optimizer(&o, n->optimizer);
    o.batch_size = n->batch;
    o.epochs = 1;
    o.learning_rate = 1e-6F;
    o.momentum = n->optimizer == BP_OPTIMIZER_SGD ? n->momentum : o.momentum;
    o.activation_checkpointing = n->again;
    o.gradient_clipping.norm = n->clips ? 1 : 0;
    o.regularization.dropout = n->drops ? 0.1F : 0;
    if (n->stops) {
        o.early_stopping = bp_early_stopping_defaults();
    }
    if (n->folds) {
        o.validation.kind = BP_SPLIT_FOLDS;
        o.validation.folds = 3;
    }
    return o;
}

static const net nets[] = {
    {1, 16, 32, 1, BP_OPTIMIZER_SGD, 0, .norm = false},
    {1, 16, 32, 1, BP_OPTIMIZER_ADAM, 0, .stops = true},
    {2, 300, 64, 1, BP_OPTIMIZER_SGD, 0.9F, .norm = true},
    {2, 300, 1024, 2, BP_OPTIMIZER_ADAM, 0, .norm = true, .residual = true},
    {3, 600, 64, 2, BP_OPTIMIZER_SGD, 0, .clips = true},
    {3, 600, 200, 2, BP_OPTIMIZER_ADAMW, 0, .stops = true, .folds = true},
    {40, 64, 1024, 1, BP_OPTIMIZER_SGD, 0, .norm = false},
    {40, 64, 1024, 2, BP_OPTIMIZER_SGD, 0.9F, .again = true},
    {40, 48, 3000, 2, BP_OPTIMIZER_ADAM, 0, .again = true, .norm = true, .drops = true},
    {2, 200, 0, 2, BP_OPTIMIZER_LBFGS, 0, .folds = true},
    {2, 200, 0, 1, BP_OPTIMIZER_RPROP, 0, .drops = true},
    {1, 2000, 500, 3, BP_OPTIMIZER_NADAM, 0, .clips = true, .stops = true, .residual = true},
};
enum { NETS = sizeof nets / sizeof *nets };

/* --- tests ------------------------------------------------------------------------------------ */

/* A trainer of the net, and what is told of it. */
typedef struct fitted {
    bp_dataset *data;
    bp_train_options options;
    bp_snapshot *start;
    bp_pool *pool;
    bp_train_place place;
} fitted;

static void fit(fitted *f, const net *n) {
    const bp_model_spec spec = spec_of(n);
    *f = (fitted){.data = make_data(), .options = options_of(n)};
    assert_int_equal(bp_train_bind(&f->start, &spec, NULL, f->data, &f->options, NULL), BP_OK);
    assert_int_equal(bp_pool_new(&f->pool, n->threads, NULL), BP_OK);
    f->place.pool = f->pool;
    assert_int_equal(bp_kernels_find(NULL, &f->place.kernels, NULL), BP_OK);
}

static void unfit(fitted *f) {
    bp_snapshot_unref(f->start);
    bp_pool_free(f->pool);
    bp_dataset_unref(f->data);
}

static bp_estimate tell(const fitted *f) {
    bp_estimate e = {0};
    const size_t threads = bp_pool_threads(f->pool);
    assert_int_equal(bp_estimate_make(&e, f->start, f->data, &f->options, threads, NULL), BP_OK);
    return e;
}

static void assert_near(size_t told, size_t taken, size_t which) {
    const size_t apart = told > taken ? told - taken : taken - told;
    if (apart > taken / 20 && apart > 64 << 10) {
        fail_msg("net %zu: %zu bytes told, %zu taken", which, told, taken);
    }
}

static void the_bytes_are_those_that_are_allocated(void **state) {
    (void)state;
    for (size_t i = 0; i < NETS; i++) {
        fitted f;
        bp_trainer *trainer = NULL;
        fit(&f, &nets[i]);
        const bp_estimate e = tell(&f);
        const size_t before = atomic_load(&held);
        atomic_store(&most_held, before);
        assert_int_equal(bp_trainer_new(&trainer, f.start, f.data, &f.options, f.place, NULL),
                         BP_OK);
        assert_int_equal(bp_trainer_step(trainer, NULL), BP_OK);
        assert_near(e.bytes.total, atomic_load(&most_held) - before, i);
        assert_near(e.checkpoint_bytes, bp_trainer_state_size(trainer), i);
        bp_trainer_free(trainer);
        unfit(&f);
    }
}

static void the_steps_are_those_that_are_taken(void **state) {
    (void)state;
    for (size_t i = 0; i < NETS; i++) {
        fitted f;
        bp_trainer *trainer = NULL;
        fit(&f, &nets[i]);
        const bp_estimate e = tell(&f);
        assert_int_equal(bp_trainer_new(&trainer, f.start, f.data, &f.options, f.place, NULL),
                         BP_OK);
        assert_int_equal(e.steps_per_epoch, bp_trainer_progress(trainer).steps_per_epoch);
        assert_int_equal(e.validation, bp_trainer_validation_rows(trainer));
        assert_int_equal(e.training + e.validation, ROWS);
        assert_int_equal(e.steps, e.steps_per_epoch * f.options.epochs);
        assert_int_equal(e.repeats, f.options.optimizer == BP_OPTIMIZER_LBFGS);
        bp_trainer_free(trainer);
        unfit(&f);
    }
}

static void the_operations_are_counted(void **state) {
    (void)state;
    const net n = {1, 16, 32, 1, BP_OPTIMIZER_ADAM, 0, .norm = false};
    fitted f;
    fit(&f, &n);
    const bp_estimate e = tell(&f);
    const double first = FEATURES * 16, weights = first + 16 * CLASSES;
    assert_int_equal(e.parameters, FEATURES * 16 + 16 + 16 * CLASSES + CLASSES);
    assert_true(e.flops.forward == 2 * weights * 32);
    assert_true(e.flops.backward == (4 * weights - 2 * first) * 32);
    assert_true(e.flops.update == 12.0 * (double)e.parameters);
    assert_true(e.flops.again == 0);
    unfit(&f);
}

static void checkpointing_trades_memory_for_operations(void **state) {
    (void)state;
    fitted f;
    fit(&f, &nets[7]);
    const bp_estimate again = tell(&f);
    f.options.activation_checkpointing = false;
    const bp_estimate kept = tell(&f);
    assert_true(again.bytes.activations < kept.bytes.activations / 2);
    assert_true(again.flops.again > 0.5 * again.flops.forward);
    assert_true(again.flops.again < again.flops.forward);
    assert_true(kept.flops.again == 0);
    unfit(&f);
}

static void looks_at_held_out_rows_are_counted(void **state) {
    (void)state;
    fitted f;
    fit(&f, &nets[0]);
    f.options.epochs = 7;
    assert_int_equal(tell(&f).looks, 7);
    f.options.validation.every_epochs = 3; /* 3, 6 and the last */
    assert_int_equal(tell(&f).looks, 3);
    f.options.validation.every_steps = 1;
    f.options.validation.max_share = 1;
    assert_true(tell(&f).looks > 7);
    f.options.validation = (bp_split_options){.fraction = 0};
    assert_int_equal(tell(&f).looks, 0);
    unfit(&f);
}

/* --- trials ----------------------------------------------------------------------------------- */

static void a_trial_times_steps(void **state) {
    (void)state;
    for (size_t i = 0; i < NETS; i++) {
        fitted f;
        bp_trial trial = {0};
        fit(&f, &nets[i]);
        const bp_estimate e = tell(&f);
        const bp_trial_place place = {
            .kernels = f.place.kernels, .workers = nets[i].threads, .seconds = 0.01};
        assert_int_equal(bp_trial_run(&trial, f.start, f.data, &f.options, &place, NULL), BP_OK);
        assert_true(trial.steps > 0 && trial.batch > 0 && trial.batch <= ROWS);
        assert_true(trial.step_seconds > 0 && isfinite(trial.step_seconds));
        assert_true(trial.forward_seconds > 0 && trial.update_seconds >= 0);
        assert_true(trial.forward_seconds + trial.update_seconds <= trial.step_seconds);
        assert_true(bp_estimate_seconds(&e, &trial) > 0);
        unfit(&f);
    }
}

static void a_long_step_is_tried_with_fewer_rows(void **state) {
    (void)state;
    const net n = {2, 1500, 3000, 1, BP_OPTIMIZER_SGD, 0, .norm = false};
    fitted f;
    bp_trial trial = {0};
    fit(&f, &n);
    const bp_trial_place place = {.kernels = f.place.kernels, .workers = 1, .seconds = 0.01};
    assert_int_equal(bp_trial_run(&trial, f.start, f.data, &f.options, &place, NULL), BP_OK);
    assert_true(trial.batch < 500);
    unfit(&f);
}

/* Weights that are not numbers: the first step fails, and no time is told. */
static void a_trial_that_diverges_tells_nothing(void **state) {
    (void)state;
    fitted f;
    bp_trial trial = {0};
    fit(&f, &nets[0]);
    f.start->parameters[f.start->network.bias_offset[2]] = NAN;
    const bp_estimate e = tell(&f);
    const bp_trial_place place = {.kernels = f.place.kernels, .workers = 1, .seconds = 0.01};
    assert_int_equal(bp_trial_run(&trial, f.start, f.data, &f.options, &place, NULL), BP_OK);
    assert_int_equal(trial.steps, 0);
    assert_true(isnan(bp_estimate_seconds(&e, &trial)));
    unfit(&f);
}

static void seconds_follow_steps_and_looks(void **state) {
    (void)state;
    const bp_trial trial = {.batch = 10,
                            .steps = 1,
                            .step_seconds = 0.5,
                            .forward_seconds = 0.1,
                            .update_seconds = 0.3};
    bp_estimate e = {.training = 100, .batch = 10, .samples = 200, .steps = 20};
    e.flops.forward = 1;
    assert_true(fabs(bp_estimate_seconds(&e, &trial) - 10) < 1e-9);
    e.batch = 100; /* fewer updates, as many rows */
    assert_true(fabs(bp_estimate_seconds(&e, &trial) - (200 * 0.02 + 2 * 0.3)) < 1e-9);
    e.batch = 10;
    e.looks = 3;
    e.validation = 50;
    assert_true(fabs(bp_estimate_seconds(&e, &trial) - (10 + 3 * 50 * 0.01)) < 1e-9);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_bytes_are_those_that_are_allocated),
        cmocka_unit_test(the_steps_are_those_that_are_taken),
        cmocka_unit_test(the_operations_are_counted),
        cmocka_unit_test(checkpointing_trades_memory_for_operations),
        cmocka_unit_test(looks_at_held_out_rows_are_counted),
        cmocka_unit_test(a_trial_times_steps),
        cmocka_unit_test(a_long_step_is_tried_with_fewer_rows),
        cmocka_unit_test(a_trial_that_diverges_tells_nothing),
        cmocka_unit_test(seconds_follow_steps_and_looks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
