/* A training whose held-out rows lie in a data set of their own. */
#include "inference.h"
#include "made_dataset.h"
#include "philox.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { FEATURES = 4, ROWS = 60, OTHER_ROWS = 150, EPOCHS = 3 };

static const bp_model_spec spec = {.layer_count = 2,
                                   .layers = {{.units = 9, .activation = BP_ACTIVATION_TANH},
                                              {.activation = BP_ACTIVATION_SOFTMAX}},
                                   .loss = BP_LOSS_CROSS_ENTROPY};

static bp_dataset *make(size_t rows, size_t features, size_t classes, uint64_t seed) {
    float *x = calloc(rows * features, sizeof *x);
    int32_t *label = calloc(rows, sizeof *label);
    uint32_t *words = calloc(rows * features, sizeof *words);
    bp_random_words(&(bp_random_run){.seed = seed, .stream = BP_STREAM_SAMPLE}, rows * features,
                    words);
    for (size_t i = 0; i < rows * features; i++) {
        x[i] = bp_random_unit(words[i]) + (float)(i / features % classes);
    }
    for (size_t r = 0; r < rows; r++) {
        label[r] = (int32_t)(r % classes);
    }
    const bp_made_table table = {.rows = rows,
                                 .features = features,
                                 .targets = 1,
                                 .classes = classes,
                                 .x = x,
                                 .class_index = label};
    bp_dataset *data;
    assert_int_equal(bp_made_dataset(&data, &table, NULL), BP_OK);
    free(x);
    free(label);
    free(words);
    return data;
}

/* The digest of the weights; and whether what the last epoch tells of the held-out rows is what an
 * evaluation of their data set tells. */
static void train(bp_dataset *data, const bp_train_options *o, char hex[BP_DIGEST_HEX_SIZE]) {
    bp_snapshot *start, *end;
    bp_trainer *trainer;
    bp_pool *pool;
    assert_int_equal(bp_pool_new(&pool, 2, NULL), BP_OK);
    bp_train_place place = {.pool = pool, .flops_per_worker = 1};
    assert_int_equal(bp_kernels_find(NULL, &place.kernels, NULL), BP_OK);
    assert_int_equal(bp_train_bind(&start, &spec, NULL, data, o, NULL), BP_OK);
    assert_int_equal(bp_trainer_new(&trainer, start, data, o, place, NULL), BP_OK);
    while (!bp_trainer_done(trainer)) {
        assert_int_equal(bp_trainer_step(trainer, NULL), BP_OK);
    }
    assert_int_equal(bp_trainer_snapshot(trainer, &end, NULL), BP_OK);
    assert_int_equal(bp_snapshot_digest(end, hex, NULL), BP_OK);
    if (o->validation.held_out != NULL) {
        const bp_evaluation last = bp_trainer_progress(trainer).validation;
        bp_evaluation_report found;
        assert_int_equal(bp_evaluate(&found, end, place.kernels, o->validation.held_out,
                                     &(bp_evaluation_options){0}, NULL),
                         BP_OK);
        assert_int_equal(bp_trainer_validation_rows(trainer), OTHER_ROWS);
        assert_memory_equal(&last, &found.total, sizeof last);
        bp_evaluation_report_clear(&found);
    }
    bp_snapshot_unref(start);
    bp_snapshot_unref(end);
    bp_trainer_free(trainer);
    bp_pool_free(pool);
}

static bp_train_options usual(void) {
    bp_train_options o = bp_train_defaults();
    o.epochs = EPOCHS;
    o.validation = (bp_split_options){.kind = BP_SPLIT_FRACTION};
    return o;
}

static void all_rows_train_and_the_others_judge(void **state) {
    (void)state;
    char alone[BP_DIGEST_HEX_SIZE], judged[BP_DIGEST_HEX_SIZE];
    bp_dataset *data = make(ROWS, FEATURES, 3, 1), *other = make(OTHER_ROWS, FEATURES, 3, 2);
    bp_train_options o = usual();
    train(data, &o, alone);
    o.validation = (bp_split_options){.kind = BP_SPLIT_DATASET, .held_out = other};
    train(data, &o, judged);
    assert_string_equal(alone, judged);
    bp_dataset_unref(data);
    bp_dataset_unref(other);
}

static void refuse(bp_dataset *other) {
    bp_dataset *data = make(ROWS, FEATURES, 3, 1);
    bp_snapshot *bound = NULL;
    bp_error err = {0};
    bp_train_options o = usual();
    o.validation = (bp_split_options){.kind = BP_SPLIT_DATASET, .held_out = other};
    assert_int_equal(bp_train_bind(&bound, &spec, NULL, data, &o, &err), BP_INVALID);
    assert_string_equal(err.field, "/validation/dataset");
    assert_null(bound);
    bp_dataset_unref(data);
    bp_dataset_unref(other);
}

static void others_must_have_the_same_columns(void **state) {
    (void)state;
    refuse(make(OTHER_ROWS, FEATURES - 1, 3, 2));
    refuse(make(OTHER_ROWS, FEATURES, 4, 2)); /* a label that the model never sees */
    bp_dataset *other = make(OTHER_ROWS, FEATURES, 3, 2);
    memcpy(other->features.item[2], "z2", 2);
    refuse(other);
    refuse(NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_rows_train_and_the_others_judge),
        cmocka_unit_test(others_must_have_the_same_columns),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
