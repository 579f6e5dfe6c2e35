/* Out of memory at any place of a training, from binding to the snapshot: NO_MEMORY, and nothing
 * stays allocated. Each allocation fails in turn, and with it all behind it. */
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "failing_memory.h"
#include "resumable_training.h"

enum { STEPS = 7 /* the first epoch with its validation, and one more */ };

static bp_status step(bp_trainer *trainer, bp_error *err) {
    bp_status status = BP_OK;
    for (int i = 0; i < STEPS && status == BP_OK && !bp_trainer_done(trainer); i++) {
        status = bp_trainer_step(trainer, err);
    }
    return status;
}

/* All of a training; whatever becomes of it, all is freed. */
static bp_status train(bp_dataset *data, const bp_train_options *options, bp_error *err) {
    const bp_model_spec spec = bp_resumable_spec(data->classes.count > 0);
    bp_snapshot *start = NULL, *end = NULL;
    bp_trainer *trainer = NULL;
    bp_train_place place = {.flops_per_worker = 1};
    bp_status status = bp_train_bind(&start, &spec, NULL, data, options, err);
    if (status == BP_OK) {
        status = bp_pool_new(&place.pool, 2, err);
    }
    if (status == BP_OK) {
        status = bp_kernels_find(NULL, &place.kernels, err);
    }
    if (status == BP_OK) {
        status = bp_trainer_new(&trainer, start, data, options, place, err);
    }
    if (status == BP_OK) {
        status = step(trainer, err);
    }
    if (status == BP_OK) {
        status = bp_trainer_snapshot(trainer, &end, err);
    }
    bp_snapshot_unref(end);
    bp_trainer_free(trainer);
    bp_pool_free(place.pool);
    bp_snapshot_unref(start);
    return status;
}

/* The allocations that a training needs. */
static long survives(bp_dataset *data, const bp_train_options *options) {
    for (long allocations = 0;; allocations++) {
        bp_error err = {0};
        failing_memory_begin(allocations);
        bp_status status = train(data, options, &err);
        long live = failing_memory_live_blocks();
        failing_memory_begin(LONG_MAX);
        if (live != 0) {
            fail_msg("%ld blocks stay after %ld allocations", live, allocations);
        }
        if (status == BP_OK) {
            return allocations;
        }
        assert_int_equal(status, BP_NO_MEMORY);
        assert_int_equal(err.code, BP_NO_MEMORY);
    }
}

static void train_all(bp_optimizer optimizer, bool classes) {
    failing_memory_begin(LONG_MAX);
    bp_dataset *data = bp_resumable_data(ROWS, 5, classes);
    bp_train_options options = bp_resumable_options(optimizer);
    assert_true(survives(data, &options) > 20);
    options.regularization.dropout = classes ? 0.2F : 0; /* lbfgs takes no random masks */
    options.activation_checkpointing = true;
    assert_true(survives(data, &options) > 20);
    bp_dataset_unref(data);
}

static void classes_by_adam(void **state) {
    (void)state;
    train_all(BP_OPTIMIZER_ADAM, true);
}

static void numbers_by_lbfgs(void **state) {
    (void)state;
    train_all(BP_OPTIMIZER_LBFGS, false);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(classes_by_adam),
        cmocka_unit_test(numbers_by_lbfgs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
