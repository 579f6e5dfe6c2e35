/* States that a trainer must not take: of other trainings, cut, or damaged. Nothing is changed by
 * them, and nothing breaks. */
#include "resumable_training.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Reading fails with `status`, and the trainer is as it was. */
static void check_refused(bp_trainer *trainer, const unsigned char *at, size_t size,
                          bp_status status) {
    bp_state_bytes before = bp_state_bytes_write(trainer);
    assert_int_equal(bp_trainer_state_read(trainer, at, size, NULL), status);
    bp_state_bytes after = bp_state_bytes_write(trainer);
    assert_memory_equal(before.at, after.at, before.size);
    free(before.at);
    free(after.at);
}

/* In memory of just that size, for the sanitizer to watch. */
static void check_truncated(bp_trainer *trainer, const bp_state_bytes *whole, size_t step) {
    for (size_t size = 0; size < whole->size; size += size < NUMBERS_END ? 1 : step) {
        unsigned char *cut = malloc(size + (size == 0));
        assert_non_null(cut);
        memcpy(cut, whole->at, size);
        check_refused(trainer, cut, size, BP_SYNTAX);
        free(cut);
    }
    unsigned char *longer = calloc(1, whole->size + 1);
    assert_non_null(longer);
    memcpy(longer, whole->at, whole->size);
    check_refused(trainer, longer, whole->size + 1, BP_SYNTAX);
    free(longer);
}

static void put_whole(unsigned char *at, uint64_t value) {
    for (size_t i = 0; i < 8; i++) {
        at[i] = (unsigned char)(value >> 8 * i);
    }
}

/* A state that says itself that it is shorter. */
static void check_short_by_its_word(bp_trainer *trainer, const bp_state_bytes *whole) {
    const size_t size = whole->size - 4;
    assert_true(size > NUMBERS_END);
    unsigned char *at = malloc(size);
    assert_non_null(at);
    memcpy(at, whole->at, size);
    put_whole(at + SIZE_AT, size);
    check_refused(trainer, at, size, BP_SYNTAX);
    free(at);
}

static void a_part_of_a_state_is_refused(void **state) {
    (void)state;
    static const bp_optimizer optimizers[] = {BP_OPTIMIZER_ADAM, BP_OPTIMIZER_LBFGS};
    for (size_t i = 0; i < 2; i++) {
        bp_train_options options = bp_resumable_options(optimizers[i]);
        options.early_stopping = bp_early_stopping_defaults();
        bp_resumable m = bp_resumable_new(bp_resumable_data(ROWS, 5, true), &options);
        bp_training t = bp_training_begin(&m, 0), fresh = bp_training_begin(&m, 1);
        bp_training_run(t.trainer, 9);
        bp_state_bytes whole = bp_state_bytes_write(t.trainer);
        check_truncated(fresh.trainer, &whole, i == 0 ? 1 : 97);
        check_short_by_its_word(fresh.trainer, &whole);
        bp_state_bytes_read(fresh.trainer, &whole); /* nothing of it was harmed by all that */
        free(whole.at);
        bp_training_end(&t);
        bp_training_end(&fresh);
        bp_resumable_clear(&m);
    }
}

/* With one bit of the byte turned: refused, or taken for what it says; never a crash. */
static bool is_taken(const bp_resumable *m, const bp_state_bytes *whole, size_t at, unsigned bit) {
    bp_training t = bp_training_begin(m, 0);
    whole->at[at] ^= (unsigned char)(1U << bit);
    const bp_status status = bp_trainer_state_read(t.trainer, whole->at, whole->size, NULL);
    whole->at[at] ^= (unsigned char)(1U << bit);
    if (at < PROGRESS_AT) {
        assert_int_equal(status, at < FINGERPRINT_AT ? BP_SYNTAX : BP_CONFLICT);
    }
    if (status != BP_OK) {
        bp_state_bytes_read(t.trainer, whole);
    }
    for (int i = 0; i < 3 && !bp_trainer_done(t.trainer); i++) {
        const bp_status stepped = bp_trainer_step(t.trainer, NULL);
        assert_true(stepped == BP_OK || (stepped == BP_DIVERGED && status == BP_OK));
    }
    bp_training_end(&t);
    return status == BP_OK;
}

static void damaged_numbers_do_no_harm(void **state) {
    (void)state;
    static const bp_optimizer optimizers[] = {BP_OPTIMIZER_ADAM, BP_OPTIMIZER_LBFGS};
    for (size_t i = 0; i < 2; i++) {
        bp_train_options options = bp_resumable_options(optimizers[i]);
        if (i == 0) {
            options.schedule = bp_schedule_defaults(BP_SCHEDULE_REDUCE_ON_PLATEAU);
        }
        options.early_stopping = bp_early_stopping_defaults();
        options.epochs = i == 0 ? 3 : 14;
        bp_resumable m = bp_resumable_new(bp_resumable_data(ROWS, 5, true), &options);
        bp_training t = bp_training_begin(&m, 0);
        bp_training_run(t.trainer, 9);
        bp_state_bytes whole = bp_state_bytes_write(t.trainer);
        bp_training_end(&t);
        const size_t last = NUMBERS_END + (i == 0 ? 64 : 6 * 8 + 10 * 8 + 64);
        size_t taken = 0;
        for (size_t at = 0; at < last; at++) {
            taken += is_taken(&m, &whole, at, (unsigned)(at * 5 % 8));
        }
        assert_true(taken > 0 && taken < last - PROGRESS_AT);
        free(whole.at);
        bp_resumable_clear(&m);
    }
}

/* Numbers that no training comes to. */
static void impossible_numbers_are_refused(void **state) {
    (void)state;
    static const struct {
        size_t at;
        uint64_t value;
    } cases[] = {
        {PROGRESS_AT, 8},      /* not the step of the clock */
        {PROGRESS_AT + 8, 1},  /* not the samples of its step */
        {PROGRESS_AT + 56, 1}, /* converged, which only lbfgs does */
        {PROGRESS_AT + 64, 2}, /* stopped_early */
        {CLOCK_AT, 10},        /* step */
        {RATE_AT, 0},          /* epochs */
        {RATE_AT, 1},          /* fewer than have begun */
        {RATE_AT, BP_MAX_EPOCHS + 1ULL},
        {RATE_AT + 8, 0}, /* the base rate */
        {RATE_AT + 8, 0x7ff0000000000000},
        {RATE_AT + 8, 0x3fb999999999999a}, /* 0.1, which no float is */
        {BEST_AT, 2},                      /* an epoch that has not ended */
        {BEST_AT + 8, BP_MONITOR_COUNT},
    };
    bp_train_options options = bp_resumable_options(BP_OPTIMIZER_ADAM);
    bp_resumable m = bp_resumable_new(bp_resumable_data(ROWS, 5, true), &options);
    bp_training t = bp_training_begin(&m, 0), fresh = bp_training_begin(&m, 1);
    bp_training_run(t.trainer, 9);
    bp_state_bytes whole = bp_state_bytes_write(t.trainer);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        unsigned char kept[8];
        memcpy(kept, whole.at + cases[i].at, sizeof kept);
        put_whole(whole.at + cases[i].at, cases[i].value);
        check_refused(fresh.trainer, whole.at, whole.size, BP_SYNTAX);
        memcpy(whole.at + cases[i].at, kept, sizeof kept);
    }
    put_whole(whole.at + PROGRESS_AT, 13); /* past the end, and the clock agrees */
    put_whole(whole.at + CLOCK_AT, 13);
    put_whole(whole.at + PROGRESS_AT + 8, 2 * TRAINING_ROWS + BATCH);
    check_refused(fresh.trainer, whole.at, whole.size, BP_SYNTAX);
    put_whole(whole.at + VERSION_AT, 0);
    check_refused(fresh.trainer, whole.at, whole.size, BP_SYNTAX);
    free(whole.at);
    bp_training_end(&t);
    bp_training_end(&fresh);
    bp_resumable_clear(&m);
}

static void a_trainer_that_has_begun_takes_no_state(void **state) {
    (void)state;
    bp_train_options options = bp_resumable_options(BP_OPTIMIZER_ADAM);
    bp_resumable m = bp_resumable_new(bp_resumable_data(ROWS, 5, true), &options);
    bp_training t = bp_training_begin(&m, 0);
    bp_training_run(t.trainer, 1);
    bp_state_bytes one = bp_state_bytes_write(t.trainer);
    check_refused(t.trainer, one.at, one.size, BP_CONFLICT);
    free(one.at);
    bp_training_end(&t);
    bp_resumable_clear(&m);
}

static void other_epochs(bp_train_options *o) {
    o->epochs++;
}

static void other_batch(bp_train_options *o) {
    o->batch_size++;
}

static void other_seed(bp_train_options *o) {
    o->seed++;
}

static void other_rate(bp_train_options *o) {
    o->learning_rate *= 2;
}

static void other_optimizer(bp_train_options *o) {
    const float rate = o->learning_rate;
    bp_train_set_optimizer(o, BP_OPTIMIZER_NADAM);
    o->learning_rate = rate;
}

static void other_fraction(bp_train_options *o) {
    o->validation.fraction = 0.201; /* as many rows */
}

static void other_schedule(bp_train_options *o) {
    o->schedule = bp_schedule_defaults(BP_SCHEDULE_EXPONENTIAL);
}

static void other_dropout(bp_train_options *o) {
    o->regularization.dropout = 0.5F;
}

static void other_clipping(bp_train_options *o) {
    o->gradient_clipping.norm = 1;
}

static void other_order(bp_train_options *o) {
    o->shuffle = false;
}

static void other_weights(bp_train_options *o) {
    o->loss_weighting.balanced = true;
}

static void other_patience(bp_train_options *o) {
    o->early_stopping.patience = 3;
}

static void the_state_of_other_options_is_refused(void **state) {
    (void)state;
    static void (*const changes[])(bp_train_options *) = {
        other_epochs,    other_batch,    other_seed,     other_rate,
        other_optimizer, other_fraction, other_schedule, other_patience,
        other_dropout,   other_clipping, other_order,    other_weights};
    bp_train_options options = bp_resumable_options(BP_OPTIMIZER_ADAM);
    bp_resumable m = bp_resumable_new(bp_resumable_data(ROWS, 5, true), &options);
    bp_training t = bp_training_begin(&m, 0);
    bp_training_run(t.trainer, 3);
    bp_state_bytes whole = bp_state_bytes_write(t.trainer);
    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
        bp_resumable other = m;
        changes[i](&other.options);
        bp_training fresh = bp_training_begin(&other, 1);
        check_refused(fresh.trainer, whole.at, whole.size, BP_CONFLICT);
        bp_training_end(&fresh);
    }
    free(whole.at);
    bp_training_end(&t);
    bp_resumable_clear(&m);
}

/* As many rows and columns, other numbers. */
static void the_state_of_other_data_is_refused(void **state) {
    (void)state;
    bp_train_options options = bp_resumable_options(BP_OPTIMIZER_ADAM);
    options.validation = (bp_split_options){.kind = BP_SPLIT_DATASET};
    options.validation.held_out = bp_resumable_data(9, 6, true);
    bp_resumable m = bp_resumable_new(bp_resumable_data(ROWS, 5, true), &options);
    bp_training t = bp_training_begin(&m, 0);
    bp_state_bytes whole = bp_state_bytes_write(t.trainer);
    bp_resumable other = m;
    other.data = bp_resumable_data(ROWS, 6, true);
    bp_training fresh = bp_training_begin(&other, 1);
    check_refused(fresh.trainer, whole.at, whole.size, BP_CONFLICT);
    bp_training_end(&fresh);
    bp_dataset_unref(other.data);
    other = m;
    other.options.validation.held_out = bp_resumable_data(9, 7, true);
    fresh = bp_training_begin(&other, 1);
    check_refused(fresh.trainer, whole.at, whole.size, BP_CONFLICT);
    bp_training_end(&fresh);
    bp_dataset_unref(other.options.validation.held_out);
    free(whole.at);
    bp_training_end(&t);
    bp_resumable_clear(&m);
    bp_dataset_unref(options.validation.held_out);
}

/* Arrays as long as before. */
static void the_state_of_another_model_is_refused(void **state) {
    (void)state;
    bp_train_options options = bp_resumable_options(BP_OPTIMIZER_ADAM);
    bp_resumable m = bp_resumable_new(bp_resumable_data(ROWS, 5, true), &options);
    bp_training t = bp_training_begin(&m, 0);
    bp_state_bytes whole = bp_state_bytes_write(t.trainer);
    for (int i = 0; i < 3; i++) {
        bp_model_spec spec = bp_resumable_spec(true);
        bp_resumable other = m;
        spec.layers[0].activation = i == 0 ? BP_ACTIVATION_RELU : spec.layers[0].activation;
        spec.preprocessing = i == 1 ? BP_PREPROCESSING_NONE : spec.preprocessing;
        spec.layers[1].residual = i != 2;
        assert_int_equal(bp_train_bind(&other.start, &spec, NULL, m.data, &options, NULL), BP_OK);
        bp_training fresh = bp_training_begin(&other, 1);
        check_refused(fresh.trainer, whole.at, whole.size, BP_CONFLICT);
        bp_training_end(&fresh);
        bp_snapshot_unref(other.start);
    }
    free(whole.at);
    bp_training_end(&t);
    bp_resumable_clear(&m);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_part_of_a_state_is_refused),
        cmocka_unit_test(damaged_numbers_do_no_harm),
        cmocka_unit_test(impossible_numbers_are_refused),
        cmocka_unit_test(a_trainer_that_has_begun_takes_no_state),
        cmocka_unit_test(the_state_of_other_options_is_refused),
        cmocka_unit_test(the_state_of_other_data_is_refused),
        cmocka_unit_test(the_state_of_another_model_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
