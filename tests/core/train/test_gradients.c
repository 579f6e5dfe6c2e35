/* x, s, dl/dx, dl/ds, dl/dw and dl/db of the float32 engine: against PyTorch and against the
 * double-precision reference, to 1e-5 of the largest number of each tensor; against the naive table
 * and a step of training, bit for bit. */
#include "gradient_check.h"
#include "made_dataset.h"
#include "random_model.h"
#include "torch_fixture.h"
#include "trainer.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const double relative_bound = 1e-5;
enum { MOST_TABLES = 8 };

static const bp_kernels *kernels_of(const char *name) {
    const bp_kernels *kernels;
    assert_int_equal(bp_kernels_find(name, &kernels, NULL), BP_OK);
    return kernels;
}

static bp_gradients *gradients_of(const bp_instances *instances, const bp_targets *targets,
                                  bp_reduction reduction) {
    bp_gradients *gradients;
    assert_int_equal(bp_gradients_new(&gradients, instances, targets, reduction, NULL), BP_OK);
    return gradients;
}

/* One field at one layer, for the caller to free. */
static float *read_field(bp_gradients *gradients, const bp_instances *instances,
                         bp_gradient_field field, size_t l, bp_reduction reduction) {
    bp_gradient_shape shape =
        bp_gradients_shape(&instances->model->network, field, l, reduction, instances->count);
    assert_true(shape.rank > 0);
    float *values = malloc(shape.count * sizeof *values);
    assert_non_null(values);
    memset(values, 0x7f, shape.count * sizeof *values); /* what is not written is seen */
    bp_gradients_write(gradients, field, l, values);
    return values;
}

static void assert_close(const char *what, size_t l, const float *ours, const double *theirs,
                         size_t count) {
    double largest = 0, worst = 0;
    for (size_t i = 0; i < count; i++) {
        double error = fabs((double)ours[i] - theirs[i]);
        largest = fmax(largest, fabs(theirs[i]));
        worst = error > worst || isnan(error) ? error : worst;
    }
    if (!(worst <= relative_bound * largest)) {
        fail_msg("%s(%zu) is off by %g of %g", what, l, worst, largest);
    }
}

static bool is_there(const bp_network *network, bp_gradient_field field, size_t l) {
    return bp_gradients_shape(network, field, l, BP_REDUCTION_MEAN, 1).rank > 0;
}

/* --- PyTorch -------------------------------------------------------------------------------- */

static bp_snapshot *snapshot_of(const bp_torch_fixture *f) {
    bp_snapshot *model;
    assert_int_equal(bp_snapshot_new(&model, &f->spec, &f->network, NULL), BP_OK);
    bp_torch_fixture_give(f, model);
    return model;
}

static void compare_with_torch(const bp_torch_fixture *f, const bp_instances *instances,
                               const bp_targets *targets) {
    bp_gradients *gradients = gradients_of(instances, targets, BP_REDUCTION_MEAN);
    for (int field = 0; field < BP_GRADIENT_FIELD_COUNT; field++) {
        const char *name = bp_gradient_fields.names[field];
        for (size_t l = 1; l <= f->network.layer_count; l++) {
            const bp_torch_tensor *theirs = bp_torch_fixture_find(f, name, l);
            if (!is_there(&f->network, (bp_gradient_field)field, l)) {
                assert_null(theirs);
                continue;
            }
            assert_non_null(theirs);
            float *ours =
                read_field(gradients, instances, (bp_gradient_field)field, l, BP_REDUCTION_MEAN);
            assert_close(name, l, ours, theirs->value, theirs->rows * theirs->columns);
            free(ours);
        }
    }
    double loss = 0;
    for (size_t n = 0; n < f->rows; n++) {
        loss += (double)bp_gradients_losses(gradients)[n] / (double)f->rows;
    }
    assert_true(fabs(loss / bp_torch_fixture_find(f, "loss", 0)->value[0] - 1) < relative_bound);
    bp_gradients_free(gradients);
}

static void pytorch_has_the_same_quantities(void **state) {
    (void)state;
    static const char *const names[] = {"torch_classifier",      "torch_regressor",
                                        "torch_activations",     "torch_mae",
                                        "torch_huber",           "torch_poisson",
                                        "torch_quantile",        "torch_huber_delta",
                                        "torch_label_smoothing", "torch_binary_cross_entropy",
                                        "torch_hinge",           "torch_smooth",
                                        "torch_layers"};
    const char *tables[MOST_TABLES];
    size_t table_count = bp_kernels_available(tables, MOST_TABLES);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        bp_torch_fixture *f;
        assert_int_equal(bp_torch_fixture_load(&f, names[i], NULL), BP_OK);
        bp_snapshot *model = snapshot_of(f);
        bp_targets targets = {.width = f->network.width[f->network.layer_count],
                              .y = bp_torch_fixture_find(f, "y", 0)->single};
        if (f->class_index != NULL) {
            targets.y = NULL;
            targets.class_index = f->class_index;
        }
        for (size_t t = 0; t < table_count; t++) {
            bp_instances instances = {model, kernels_of(tables[t]),
                                      bp_torch_fixture_find(f, "x", 0)->single, f->rows};
            compare_with_torch(f, &instances, &targets);
        }
        bp_snapshot_unref(model);
        bp_torch_fixture_free(f);
    }
}

/* --- the reference -------------------------------------------------------------------------- */

#define LAYER(count, name)                                                                         \
    { .units = count, .activation = BP_ACTIVATION_##name }
static const bp_model_spec specs[] = {
    {.inputs = 9,
     .layer_count = 4,
     .layers = {LAYER(33, RELU), LAYER(17, TANH), LAYER(70, SIGMOID), LAYER(5, SOFTMAX)},
     .loss = BP_LOSS_CROSS_ENTROPY},
    {.inputs = 20,
     .layer_count = 3,
     .layers = {LAYER(31, TANH), LAYER(16, LINEAR), LAYER(3, SIGMOID)},
     .loss = BP_LOSS_MSE},
    {.inputs = 20,
     .layer_count = 5,
     .layers =
         {{.units = 20, .activation = BP_ACTIVATION_GELU, .residual = true},
          {.units = 33, .activation = BP_ACTIVATION_RELU, .layer_norm = true},
          {.units = 33, .activation = BP_ACTIVATION_SILU, .layer_norm = true, .residual = true},
          {.units = 33, .activation = BP_ACTIVATION_TANH, .residual = true},
          {.units = 3, .activation = BP_ACTIVATION_SIGMOID, .layer_norm = true}},
     .loss = BP_LOSS_MSE},
    {.inputs = 9,
     .layer_count = 2,
     .layers = {{.units = 17, .activation = BP_ACTIVATION_SILU, .layer_norm = true},
                {.units = 5, .activation = BP_ACTIVATION_SOFTMAX, .layer_norm = true}},
     .loss = BP_LOSS_CROSS_ENTROPY},
    {.inputs = 9,
     .layer_count = 2,
     .layers = {{.units = 9, .activation = BP_ACTIVATION_TANH, .residual = true},
                {.units = 19, .activation = BP_ACTIVATION_SIGMOID, .layer_norm = true}},
     .loss = BP_LOSS_BINARY_CROSS_ENTROPY},
    {.inputs = 1, .layer_count = 1, .layers = {LAYER(1, LINEAR)}, .loss = BP_LOSS_MSE},
};
enum { SPECS = sizeof specs / sizeof *specs };
static const size_t row_counts[] = {1, 3, 64, 131}; /* tiles of 64: below, full, ragged */
enum { ROW_COUNTS = sizeof row_counts / sizeof *row_counts };

/* The reference's dw and db lie where the parameters are; to [units, inputs]. */
static double *reference_weights(const bp_reference *r, size_t l) {
    const bp_network *network = r->network;
    const size_t in = network->width[l - 1], units = network->width[l];
    double *out = calloc(units, in * sizeof *out);
    assert_non_null(out);
    for (size_t i = 0; i < units * in; i++) {
        out[i] = r->gradient[network->weight_offset[l] + i % in * units + i / in];
    }
    return out;
}

static void compare_layer(bp_gradients *g, const bp_instances *instances, const bp_reference *r,
                          size_t l) {
    double *weights = reference_weights(r, l);
    const double *const theirs[BP_GRADIENT_FIELD_COUNT] = {
        [BP_GRADIENT_X] = r->x[l],
        [BP_GRADIENT_S] = r->s[l],
        [BP_GRADIENT_DX] = r->dx[l],
        [BP_GRADIENT_DS] = r->ds[l],
        [BP_GRADIENT_DW] = weights,
        [BP_GRADIENT_DB] = r->gradient + r->network->bias_offset[l],
        [BP_GRADIENT_DGAMMA] = r->gradient + r->network->gamma_offset[l],
        [BP_GRADIENT_DBETA] = r->gradient + r->network->beta_offset[l],
    };
    for (int field = 0; field < BP_GRADIENT_FIELD_COUNT; field++) {
        bp_gradient_shape shape =
            bp_gradients_shape(r->network, (bp_gradient_field)field, l, BP_REDUCTION_MEAN, r->rows);
        if (shape.rank == 0) {
            continue;
        }
        float *ours = read_field(g, instances, (bp_gradient_field)field, l, BP_REDUCTION_MEAN);
        assert_close(bp_gradient_fields.names[field], l, ours, theirs[field], shape.count);
        free(ours);
    }
    free(weights);
}

static void the_reference_has_the_same_quantities(void **state) {
    (void)state;
    for (size_t i = 0; i < (size_t)SPECS * ROW_COUNTS; i++) {
        bp_random_model m;
        bp_random_model_make(&m, &specs[i / ROW_COUNTS], row_counts[i % ROW_COUNTS], 5 + i);
        bp_instances instances = {m.snapshot, kernels_of(NULL), m.rows, m.count};
        bp_gradients *g = gradients_of(&instances, &m.targets, BP_REDUCTION_MEAN);
        bp_reference *r;
        assert_int_equal(bp_reference_of(&r, &instances, NULL), BP_OK);
        double *y = calloc(m.count * m.targets.width, sizeof *y);
        assert_non_null(y);
        for (size_t k = 0; k < m.count * m.targets.width; k++) {
            y[k] = (double)m.y[k];
        }
        bp_reference_target target = {m.targets.class_index, m.targets.y != NULL ? y : NULL};
        bp_reference_forward(r, target);
        bp_reference_backward(r, target);
        for (size_t l = 1; l <= r->network->layer_count; l++) {
            compare_layer(g, &instances, r, l);
        }
        free(y);
        bp_reference_free(r);
        bp_gradients_free(g);
        bp_random_model_clear(&m);
    }
}

/* --- bits ----------------------------------------------------------------------------------- */

static void assert_same_bits(const bp_instances *one, const bp_instances *other,
                             const bp_targets *targets, bp_reduction reduction) {
    bp_gradients *g = gradients_of(one, targets, reduction);
    bp_gradients *h = gradients_of(other, targets, reduction);
    const bp_network *network = &one->model->network;
    for (size_t i = 0; i < BP_GRADIENT_FIELD_COUNT * (network->layer_count + 1); i++) {
        bp_gradient_field field = (bp_gradient_field)(i % BP_GRADIENT_FIELD_COUNT);
        size_t l = i / BP_GRADIENT_FIELD_COUNT;
        bp_gradient_shape shape = bp_gradients_shape(network, field, l, reduction, one->count);
        if (shape.rank == 0) {
            continue;
        }
        float *a = read_field(g, one, field, l, reduction);
        float *b = read_field(h, other, field, l, reduction);
        if (memcmp(a, b, shape.count * sizeof *a) != 0) {
            fail_msg("%s(%zu) has other bits in the table %s", bp_gradient_fields.names[field], l,
                     bp_kernels_name(other->kernels));
        }
        free(a);
        free(b);
    }
    bp_gradients_free(g);
    bp_gradients_free(h);
}

static void every_table_gives_the_same_bits(void **state) {
    (void)state;
    const char *tables[MOST_TABLES];
    size_t count = bp_kernels_available(tables, MOST_TABLES);
    for (size_t i = 0; i < (size_t)SPECS * ROW_COUNTS; i++) {
        bp_random_model m;
        bp_random_model_make(&m, &specs[i / ROW_COUNTS], row_counts[i % ROW_COUNTS], i);
        bp_instances naive = {m.snapshot, kernels_of("naive"), m.rows, m.count};
        for (size_t t = 0; t < count; t++) {
            bp_instances other = naive;
            other.kernels = kernels_of(tables[t]);
            assert_same_bits(&naive, &other, &m.targets, BP_REDUCTION_MEAN);
            assert_same_bits(&naive, &other, &m.targets, BP_REDUCTION_NONE);
        }
        bp_random_model_clear(&m);
    }
}

/* A step with momentum from rest is w <- w - eta dl/dw, one fma. */
static void assert_is_the_step(const bp_instances *instances, const bp_targets *targets,
                               const bp_snapshot *after, float eta) {
    bp_gradients *g = gradients_of(instances, targets, BP_REDUCTION_MEAN);
    const bp_network *network = &after->network;
    for (size_t l = 1; l <= network->layer_count; l++) {
        const size_t in = network->width[l - 1], units = network->width[l];
        float *dw = read_field(g, instances, BP_GRADIENT_DW, l, BP_REDUCTION_MEAN);
        float *db = read_field(g, instances, BP_GRADIENT_DB, l, BP_REDUCTION_MEAN);
        const size_t w = network->weight_offset[l], b = network->bias_offset[l];
        for (size_t i = 0; i < units * in; i++) {
            size_t p = w + i % in * units + i / in;
            float stepped = fmaf(-eta, dw[i], instances->model->parameters[p]);
            assert_memory_equal(&after->parameters[p], &stepped, sizeof stepped);
        }
        for (size_t i = 0; i < units; i++) {
            float stepped = fmaf(-eta, db[i], instances->model->parameters[b + i]);
            assert_memory_equal(&after->parameters[b + i], &stepped, sizeof stepped);
        }
        for (int k = BP_PARAMETER_GAMMA; k < BP_PARAMETER_KINDS; k++) {
            const size_t at = bp_network_offset(network, l, (bp_parameter_kind)k);
            const size_t count = bp_network_count(network, l, (bp_parameter_kind)k);
            const bool is_gamma = k == BP_PARAMETER_GAMMA;
            float *d = count == 0 ? NULL
                                  : read_field(g, instances,
                                               is_gamma ? BP_GRADIENT_DGAMMA : BP_GRADIENT_DBETA, l,
                                               BP_REDUCTION_MEAN);
            for (size_t i = 0; i < count; i++) {
                float stepped = fmaf(-eta, d[i], instances->model->parameters[at + i]);
                assert_memory_equal(&after->parameters[at + i], &stepped, sizeof stepped);
            }
            free(d);
        }
        free(dw);
        free(db);
    }
    bp_gradients_free(g);
}

static void take_a_step(const bp_model_spec *spec) {
    bp_random_model m;
    bp_random_model_make(&m, spec, 131, 9);
    bp_made_table table = {.rows = m.count,
                           .features = spec->inputs,
                           .targets = 1,
                           .classes = m.targets.width,
                           .x = m.rows,
                           .class_index = m.class_index};
    bp_dataset *data;
    assert_int_equal(bp_made_dataset(&data, &table, NULL), BP_OK);
    bp_train_options o = bp_train_defaults();
    bp_train_set_optimizer(&o, BP_OPTIMIZER_SGD);
    o.batch_size = m.count;
    o.momentum = 0.5f;
    o.shuffle = false;
    o.validation.fraction = 0;
    bp_train_place place = {.kernels = kernels_of(NULL)};
    bp_snapshot *start, *after;
    bp_trainer *trainer;
    assert_int_equal(bp_pool_new(&place.pool, 2, NULL), BP_OK);
    assert_int_equal(bp_train_bind(&start, spec, NULL, data, &o, NULL), BP_OK);
    assert_int_equal(bp_trainer_new(&trainer, start, data, &o, place, NULL), BP_OK);
    assert_int_equal(bp_trainer_step(trainer, NULL), BP_OK);
    assert_int_equal(bp_trainer_snapshot(trainer, &after, NULL), BP_OK);
    bp_instances instances = {start, place.kernels, m.rows, m.count};
    assert_is_the_step(&instances, &m.targets, after, o.learning_rate);
    bp_snapshot_unref(after);
    bp_snapshot_unref(start);
    bp_trainer_free(trainer);
    bp_pool_free(place.pool);
    bp_dataset_unref(data);
    bp_random_model_clear(&m);
}

static void training_takes_these_gradients(void **state) {
    (void)state;
    take_a_step(&specs[0]);
    take_a_step(&specs[3]); /* with layer_norm */
}

/* --- reductions ----------------------------------------------------------------------------- */

/* Row n's own derivatives are those of a minibatch of that row alone. */
static void a_row_by_itself_is_a_minibatch_of_one(void **state) {
    (void)state;
    bp_random_model m;
    bp_random_model_make(&m, &specs[3], 67, 4);
    bp_instances all = {m.snapshot, kernels_of(NULL), m.rows, m.count};
    bp_gradients *g = gradients_of(&all, &m.targets, BP_REDUCTION_NONE);
    const size_t n = 66, l = 2;
    bp_instances one = all;
    one.rows += n * specs[3].inputs;
    one.count = 1;
    bp_targets target = m.targets;
    target.class_index += n;
    bp_gradients *h = gradients_of(&one, &target, BP_REDUCTION_SUM);
    for (int field = 0; field < BP_GRADIENT_FIELD_COUNT; field++) {
        if (!is_there(&m.snapshot->network, (bp_gradient_field)field, l)) {
            continue;
        }
        float *a = read_field(g, &all, (bp_gradient_field)field, l, BP_REDUCTION_NONE);
        float *b = read_field(h, &one, (bp_gradient_field)field, l, BP_REDUCTION_SUM);
        size_t count = bp_gradients_shape(&m.snapshot->network, (bp_gradient_field)field, l,
                                          BP_REDUCTION_SUM, 1)
                           .count;
        assert_memory_equal(a + n * count, b, count * sizeof *a);
        free(a);
        free(b);
    }
    bp_gradients_free(h);
    bp_gradients_free(g);
    bp_random_model_clear(&m);
}

static void the_sum_adds_rows_up_and_the_mean_divides(void **state) {
    (void)state;
    enum { COUNT = 8 }; /* a power of 2: dividing is exact */
    bp_random_model m;
    bp_random_model_make(&m, &specs[1], COUNT, 4);
    bp_instances all = {m.snapshot, kernels_of(NULL), m.rows, m.count};
    float *dw[BP_REDUCTION_COUNT];
    for (int reduction = 0; reduction < BP_REDUCTION_COUNT; reduction++) {
        bp_gradients *g = gradients_of(&all, &m.targets, (bp_reduction)reduction);
        dw[reduction] = read_field(g, &all, BP_GRADIENT_DW, 1, (bp_reduction)reduction);
        bp_gradients_free(g);
    }
    const size_t count = 31 * 20;
    for (size_t i = 0; i < count; i++) {
        double sum = 0;
        for (size_t n = 0; n < COUNT; n++) {
            sum += (double)dw[BP_REDUCTION_NONE][n * count + i];
        }
        assert_float_equal(dw[BP_REDUCTION_SUM][i], sum, 1e-5);
        assert_float_equal(dw[BP_REDUCTION_SUM][i], dw[BP_REDUCTION_MEAN][i] * COUNT, 1e-6);
    }
    for (int reduction = 0; reduction < BP_REDUCTION_COUNT; reduction++) {
        free(dw[reduction]);
    }
    bp_random_model_clear(&m);
}

static void without_targets_there_are_x_and_s(void **state) {
    (void)state;
    bp_random_model m;
    bp_random_model_make(&m, &specs[0], 67, 4);
    bp_instances all = {m.snapshot, kernels_of(NULL), m.rows, m.count};
    bp_gradients *forward = gradients_of(&all, NULL, BP_REDUCTION_NONE);
    bp_gradients *both = gradients_of(&all, &m.targets, BP_REDUCTION_NONE);
    assert_null(bp_gradients_losses(forward));
    for (size_t l = 1; l <= specs[0].layer_count; l++) {
        for (int field = BP_GRADIENT_X; field <= BP_GRADIENT_S; field++) {
            float *a = read_field(forward, &all, (bp_gradient_field)field, l, BP_REDUCTION_NONE);
            float *b = read_field(both, &all, (bp_gradient_field)field, l, BP_REDUCTION_NONE);
            assert_memory_equal(a, b, m.count * specs[0].layers[l - 1].units * sizeof *a);
            free(a);
            free(b);
        }
    }
    bp_gradients_free(both);
    bp_gradients_free(forward);
    bp_random_model_clear(&m);
}

/* dl/dx(0): the sum over the rows of dl/dx(0)_j is how the loss follows the input's scaled mean. */
static void the_input_has_a_derivative_too(void **state) {
    (void)state;
    bp_random_model m;
    bp_random_model_make(&m, &specs[1], 1, 6);
    bp_instances all = {m.snapshot, kernels_of(NULL), m.rows, m.count};
    bp_gradients *g = gradients_of(&all, &m.targets, BP_REDUCTION_SUM);
    float *dx = read_field(g, &all, BP_GRADIENT_DX, 0, BP_REDUCTION_SUM);
    bp_reference *r;
    assert_int_equal(bp_reference_of(&r, &all, NULL), BP_OK);
    double y[3] = {(double)m.y[0], (double)m.y[1], (double)m.y[2]};
    bp_reference_target target = {.y = y};
    const double h = 0x1p-17;
    for (size_t j = 0; j < specs[1].inputs; j++) {
        const double x = r->x[0][j];
        r->x[0][j] = x + h;
        bp_reference_forward(r, target);
        double above = r->loss;
        r->x[0][j] = x - h;
        bp_reference_forward(r, target);
        r->x[0][j] = x;
        assert_float_equal(dx[j], (above - r->loss) / (2 * h), 1e-6);
    }
    bp_reference_free(r);
    free(dx);
    bp_gradients_free(g);
    bp_random_model_clear(&m);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pytorch_has_the_same_quantities),
        cmocka_unit_test(the_reference_has_the_same_quantities),
        cmocka_unit_test(every_table_gives_the_same_bits),
        cmocka_unit_test(training_takes_these_gradients),
        cmocka_unit_test(a_row_by_itself_is_a_minibatch_of_one),
        cmocka_unit_test(the_sum_adds_rows_up_and_the_mean_divides),
        cmocka_unit_test(without_targets_there_are_x_and_s),
        cmocka_unit_test(the_input_has_a_derivative_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
