/* A step allocates nothing: the linker sends every call of the C library's allocators in the
 * program to the counters here (-Wl,--wrap, see CMakeLists.txt), which pass it on. */
#include "made_dataset.h"
#include "trainer_state.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "memory.h"
#include "philox.h"

enum { ROWS = 200 };

/* --- the counters --------------------------------------------------------------------------- */

/* Any thread adds; read when the pool is still. */
static atomic_size_t allocations, allocated_bytes;

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void *__real_aligned_alloc(size_t alignment, size_t size);
int __real_posix_memalign(void **out, size_t alignment, size_t size);
char *__real_strdup(const char *text);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);
void *__wrap_aligned_alloc(size_t alignment, size_t size);
int __wrap_posix_memalign(void **out, size_t alignment, size_t size);
char *__wrap_strdup(const char *text);

static void count_one(size_t bytes) {
    atomic_fetch_add_explicit(&allocations, 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&allocated_bytes, bytes, memory_order_relaxed);
}

void *__wrap_malloc(size_t size) {
    count_one(size);
    return __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size) {
    count_one(count * size);
    return __real_calloc(count, size);
}

void *__wrap_realloc(void *old, size_t size) {
    count_one(size);
    return __real_realloc(old, size);
}

void *__wrap_aligned_alloc(size_t alignment, size_t size) {
    count_one(size);
    return __real_aligned_alloc(alignment, size);
}

int __wrap_posix_memalign(void **out, size_t alignment, size_t size) {
    count_one(size);
    return __real_posix_memalign(out, alignment, size);
}

char *__wrap_strdup(const char *text) {
    count_one(strlen(text) + 1);
    return __real_strdup(text);
}

/* --- material ------------------------------------------------------------------------------- */

typedef struct training {
    bp_dataset *data;
    bp_pool *pool;
    bp_trainer *trainer;
} training;

static bp_dataset *make_data(size_t features, size_t classes) {
    float *x = calloc(ROWS * features, sizeof *x), *y = calloc(ROWS, sizeof *y);
    int32_t *class_index = calloc(ROWS, sizeof *class_index);
    assert_true(x != NULL && y != NULL && class_index != NULL);
    uint32_t words[4];
    for (size_t i = 0; i < ROWS * features; i++) {
        bp_random_block(5, BP_STREAM_SAMPLE, 0, i, words);
        x[i] = bp_random_unit(words[0]);
    }
    for (size_t r = 0; r < ROWS; r++) {
        y[r] = x[r * features];
        class_index[r] = (int32_t)(r % (classes > 0 ? classes : 1));
    }
    bp_made_table table = {.rows = ROWS, .features = features, .targets = 1, .x = x};
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

static bp_model_spec make_spec(size_t classes, size_t units) {
    bp_model_spec spec = {.layer_count = 3, .initializer = BP_INITIALIZER_HE_UNIFORM};
    spec.layers[0] = (bp_layer_spec){.units = units, .activation = BP_ACTIVATION_RELU};
    spec.layers[1] = (bp_layer_spec){
        .units = units, .activation = BP_ACTIVATION_TANH, .layer_norm = true, .residual = true};
    spec.layers[2] =
        (bp_layer_spec){.activation = classes > 0 ? BP_ACTIVATION_SOFTMAX : BP_ACTIVATION_LINEAR};
    spec.loss = classes > 0 ? BP_LOSS_CROSS_ENTROPY : BP_LOSS_MSE;
    return spec;
}

static void begin(training *t, const bp_model_spec *spec, const bp_train_options *options,
                  size_t threads) {
    bp_train_place place = {0};
    bp_snapshot *start;
    assert_int_equal(bp_pool_new(&t->pool, threads, NULL), BP_OK);
    place.pool = t->pool;
    assert_int_equal(bp_kernels_find(NULL, &place.kernels, NULL), BP_OK);
    assert_int_equal(bp_train_bind(&start, spec, NULL, t->data, options, NULL), BP_OK);
    assert_int_equal(bp_trainer_new(&t->trainer, start, t->data, options, place, NULL), BP_OK);
    bp_snapshot_unref(start);
}

static void end(training *t) {
    bp_trainer_free(t->trainer);
    bp_pool_free(t->pool);
    bp_dataset_unref(t->data);
}

/* --- tests ---------------------------------------------------------------------------------- */

static void the_counter_counts(void **state) {
    (void)state;
    atomic_store(&allocations, 0);
    void *one = bp_calloc_aligned(3, 5);
    assert_int_equal(atomic_load(&allocations), 1);
    free(one);
    bp_model_spec spec = make_spec(3, 8);
    bp_train_options options = bp_train_defaults();
    training t = {.data = make_data(7, 3)};
    atomic_store(&allocations, 0);
    begin(&t, &spec, &options, 2);
    assert_true(atomic_load(&allocations) > 5);
    end(&t);
}

/* Each minibatch of two epochs and a bit: the borders of the epochs, with their shuffle and a last
 * minibatch that is short, are among them. */
static void count_steps(size_t classes, const bp_model_spec *spec, const bp_train_options *options,
                        size_t threads) {
    training t = {.data = make_data(7, classes)};
    begin(&t, spec, options, threads);
    size_t steps = 2 * (size_t)bp_trainer_progress(t.trainer).steps_per_epoch + 1;
    atomic_store(&allocations, 0);
    for (size_t i = 0; i < steps; i++) {
        assert_int_equal(bp_trainer_step(t.trainer, NULL), BP_OK);
        if (atomic_load(&allocations) != 0) {
            fail_msg("%zu allocations in step %zu: %zu classes, %zu units, minibatch %zu, momentum "
                     "%g, %zu threads, checkpointing %d",
                     atomic_load(&allocations), i, classes, spec->layers[0].units,
                     options->batch_size, (double)options->momentum, threads,
                     options->activation_checkpointing);
        }
    }
    end(&t);
}

static void check(size_t classes, size_t units, size_t batch, float momentum, size_t threads) {
    bp_model_spec spec = make_spec(classes, units);
    bp_train_options options = bp_train_defaults();
    bp_train_set_optimizer(&options, BP_OPTIMIZER_SGD);
    options.batch_size = batch;
    options.momentum = momentum;
    options.learning_rate = 0.0001F;
    options.epochs = 3;
    options.regularization.dropout = momentum > 0 ? 0.1F : 0;
    options.regularization.input_noise = momentum > 0 ? 0.1F : 0;
    for (int again = 0; again < 2; again++) {
        options.activation_checkpointing = again;
        count_steps(classes, &spec, &options, threads);
    }
}

static void a_step_allocates_nothing(void **state) {
    (void)state;
    static const size_t batches[] = {1, 16, 61, 1000}, widths[] = {5, 300};
    for (size_t b = 0; b < sizeof batches / sizeof batches[0]; b++) {
        for (size_t w = 0; w < sizeof widths / sizeof widths[0]; w++) {
            for (size_t threads = 1; threads <= 3; threads++) {
                check(3, widths[w], batches[b], 0, threads);
                check(3, widths[w], batches[b], 0.9F, threads);
                check(0, widths[w], batches[b], 0, threads);
            }
        }
    }
}

static void full_batches_allocate_nothing(void **state) {
    (void)state;
    static const bp_optimizer optimizers[] = {BP_OPTIMIZER_RPROP, BP_OPTIMIZER_LBFGS};
    bp_model_spec spec = make_spec(3, 20);
    for (size_t i = 0; i < sizeof optimizers / sizeof optimizers[0]; i++) {
        bp_train_options options = bp_train_defaults();
        bp_train_set_optimizer(&options, optimizers[i]);
        options.batch_size = 0;
        options.epochs = 15; /* more than the history holds */
        training t = {.data = make_data(7, 3)};
        begin(&t, &spec, &options, 2);
        atomic_store(&allocations, 0);
        while (!bp_trainer_done(t.trainer)) {
            assert_int_equal(bp_trainer_step(t.trainer, NULL), BP_OK);
        }
        assert_int_equal(atomic_load(&allocations), 0);
        assert_true(bp_trainer_progress(t.trainer).step > 10);
        end(&t);
    }
}

/* The ends of epochs: validation, a rate that follows it, and the best weights kept. */
static void the_end_of_an_epoch_allocates_nothing(void **state) {
    (void)state;
    bp_model_spec spec = make_spec(3, 20);
    bp_train_options options = bp_train_defaults();
    options.validation.fraction = 0.3;
    options.schedule = bp_schedule_defaults(BP_SCHEDULE_REDUCE_ON_PLATEAU);
    options.early_stopping = bp_early_stopping_defaults();
    training t = {.data = make_data(7, 3)};
    begin(&t, &spec, &options, 2);
    atomic_store(&allocations, 0);
    while (bp_trainer_progress(t.trainer).epoch < 3) {
        assert_int_equal(bp_trainer_step(t.trainer, NULL), BP_OK);
    }
    assert_true(bp_trainer_progress(t.trainer).best.epoch > 0);
    assert_int_equal(atomic_load(&allocations), 0);
    end(&t);
}

/* Nor does taking it up. */
static void writing_the_state_allocates_nothing(void **state) {
    (void)state;
    static const bp_optimizer optimizers[] = {BP_OPTIMIZER_ADAM, BP_OPTIMIZER_LBFGS};
    bp_model_spec spec = make_spec(3, 20);
    for (size_t i = 0; i < sizeof optimizers / sizeof optimizers[0]; i++) {
        bp_train_options options = bp_train_defaults();
        bp_train_set_optimizer(&options, optimizers[i]);
        options.batch_size = i == 0 ? 32 : 0;
        options.early_stopping = bp_early_stopping_defaults();
        training t = {.data = make_data(7, 3)}, next = {.data = bp_dataset_ref(t.data)};
        begin(&t, &spec, &options, 2);
        begin(&next, &spec, &options, 1);
        for (int step = 0; step < 9; step++) {
            assert_int_equal(bp_trainer_step(t.trainer, NULL), BP_OK);
        }
        void *bytes = malloc(bp_trainer_state_size(t.trainer));
        assert_non_null(bytes);
        atomic_store(&allocations, 0);
        const size_t size = bp_trainer_state_size(t.trainer);
        bp_trainer_state_write(t.trainer, bytes);
        assert_int_equal(bp_trainer_state_read(next.trainer, bytes, size, NULL), BP_OK);
        assert_int_equal(atomic_load(&allocations), 0);
        free(bytes);
        end(&t);
        end(&next);
    }
}

static size_t bytes_of_training(const bp_model_spec *spec, bool again) {
    bp_train_options options = bp_train_defaults();
    bp_train_set_optimizer(&options, BP_OPTIMIZER_SGD);
    options.momentum = 0;
    options.batch_size = ROWS;
    options.activation_checkpointing = again;
    training t = {.data = make_data(7, 3)};
    atomic_store(&allocated_bytes, 0);
    begin(&t, spec, &options, 1);
    const size_t bytes = atomic_load(&allocated_bytes);
    end(&t);
    return bytes;
}

/* All that a training of the deepest net holds, with the weights. */
static void checkpointing_takes_less_memory(void **state) {
    (void)state;
    bp_model_spec spec = make_spec(3, 24);
    spec.layers[BP_MAX_LAYERS - 1] = spec.layers[2];
    for (size_t l = 2; l + 1 < BP_MAX_LAYERS; l++) {
        spec.layers[l] = spec.layers[l % 2];
    }
    spec.layer_count = BP_MAX_LAYERS;
    const double kept = (double)bytes_of_training(&spec, false);
    const double share = (double)bytes_of_training(&spec, true) / kept;
    print_message("%.3f of %.0f bytes\n", share, kept);
    assert_true(share <= 0.4);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_counter_counts),
        cmocka_unit_test(a_step_allocates_nothing),
        cmocka_unit_test(full_batches_allocate_nothing),
        cmocka_unit_test(the_end_of_an_epoch_allocates_nothing),
        cmocka_unit_test(writing_the_state_allocates_nothing),
        cmocka_unit_test(checkpointing_takes_less_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
