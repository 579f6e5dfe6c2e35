#include "torch_run.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "made_dataset.h"

bp_dataset *torch_run_data(const bp_torch_fixture *f) {
    const bp_network *n = &f->network;
    bool classes = n->loss_rule.loss == BP_LOSS_CROSS_ENTROPY;
    bp_made_table table = {.rows = f->rows,
                           .features = n->width[0],
                           .targets = classes ? 1 : n->width[n->layer_count],
                           .classes = classes ? n->width[n->layer_count] : 0,
                           .x = bp_torch_fixture_find(f, "x", 0)->single,
                           .y = classes ? NULL : bp_torch_fixture_find(f, "y", 0)->single,
                           .class_index = f->class_index};
    const bp_torch_tensor *weights = bp_torch_fixture_find(f, "weights", 0);
    table.weight = weights != NULL ? weights->single : NULL;
    bp_dataset *data;
    assert_int_equal(bp_made_dataset(&data, &table, NULL), BP_OK);
    return data;
}

bp_snapshot *torch_run_start(const bp_torch_fixture *f, const bp_dataset *data,
                             const bp_train_options *options) {
    bp_snapshot *start;
    bp_model_spec spec = f->spec;
    spec.preprocessing = BP_PREPROCESSING_NONE;
    assert_int_equal(bp_train_bind(&start, &spec, NULL, data, options, NULL), BP_OK);
    bp_torch_fixture_give(f, start);
    return start;
}

static void assert_near(const char *what, double got, double want, double scale) {
    if (!(fabs(got - want) <= 1e-5 * scale)) {
        fail_msg("%s: %.9g, not %.9g", what, got, want);
    }
}

static void compare_array(const bp_torch_tensor *want, const float *got) {
    const size_t count = want->rows * want->columns;
    double largest = 0;
    for (size_t i = 0; i < count; i++) {
        largest = fmax(largest, fabs(want->value[i]));
    }
    for (size_t i = 0; i < count; i++) {
        assert_near(want->name, (double)got[i], want->value[i],
                    want->rows > 1 ? largest : fmax(1, largest));
    }
}

/* Those that the fixture calls {run}_w, {run}_b, and so on. */
static void compare_parameters(const bp_torch_fixture *f, const bp_snapshot *end,
                               const char *run_name) {
    char prefix[BP_TORCH_NAME_SIZE];
    snprintf(prefix, sizeof prefix, "%s_", run_name);
    float *got = calloc(bp_network_largest(&f->network), sizeof *got);
    assert_non_null(got);
    for (size_t l = 1; l <= f->network.layer_count; l++) {
        for (int k = 0; k < BP_PARAMETER_KINDS; k++) {
            const bp_parameter_kind kind = (bp_parameter_kind)k;
            if (bp_network_count(&f->network, l, kind) > 0) {
                bp_snapshot_get(end, l, kind, got);
                compare_array(bp_torch_fixture_array(f, prefix, l, kind), got);
            }
        }
    }
    free(got);
}

void compare_with_fixture(const bp_torch_fixture *f, bp_train_options o, const char *run_name) {
    char losses[BP_TORCH_NAME_SIZE];
    snprintf(losses, sizeof losses, "%s_losses", run_name);
    bp_dataset *data = torch_run_data(f);
    o.batch_size = f->batch_size;
    o.shuffle = false;
    o.validation.fraction = 0;
    bp_pool *pool;
    assert_int_equal(bp_pool_new(&pool, 2, NULL), BP_OK);
    bp_train_place place = {.pool = pool, .flops_per_worker = 1};
    assert_int_equal(bp_kernels_find(NULL, &place.kernels, NULL), BP_OK);
    bp_snapshot *start = torch_run_start(f, data, &o), *end;
    bp_trainer *trainer;
    assert_int_equal(bp_trainer_new(&trainer, start, data, &o, place, NULL), BP_OK);
    const bp_torch_tensor *want = bp_torch_fixture_find(f, losses, 0);
    for (size_t i = 0; i < want->columns; i++) {
        assert_int_equal(bp_trainer_step(trainer, NULL), BP_OK);
        double loss = bp_trainer_progress(trainer).batch_loss;
        assert_near(losses, loss, want->value[i], fabs(want->value[i]));
    }
    assert_int_equal(bp_trainer_snapshot(trainer, &end, NULL), BP_OK);
    assert_int_equal(end->version, want->columns);
    compare_parameters(f, end, run_name);
    bp_snapshot_unref(end);
    bp_snapshot_unref(start);
    bp_trainer_free(trainer);
    bp_pool_free(pool);
    bp_dataset_unref(data);
}
