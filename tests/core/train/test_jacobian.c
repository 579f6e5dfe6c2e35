/* The Jacobian against finite differences of the double-precision reference, and integrated
 * gradients by their axioms: completeness, linear models by hand, symmetry of paths. */
#include "gradient_check.h"
#include "inference.h"
#include "jacobian.h"
#include "random_model.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define LAYER(count, name)                                                                         \
    { .units = count, .activation = BP_ACTIVATION_##name }
static const bp_model_spec specs[] = {
    {.inputs = 6,
     .layer_count = 3,
     .layers = {LAYER(19, TANH), LAYER(40, RELU), LAYER(4, SOFTMAX)},
     .loss = BP_LOSS_CROSS_ENTROPY},
    {.inputs = 17,
     .layer_count = 2,
     .layers = {LAYER(9, SIGMOID), LAYER(2, TANH)},
     .loss = BP_LOSS_MSE},
    {.inputs = 3, .layer_count = 1, .layers = {LAYER(1, LINEAR)}, .loss = BP_LOSS_MSE},
    {.inputs = 17,
     .layer_count = 4,
     .layers =
         {{.units = 17, .activation = BP_ACTIVATION_GELU, .residual = true},
          {.units = 9, .activation = BP_ACTIVATION_TANH, .layer_norm = true},
          {.units = 9, .activation = BP_ACTIVATION_SIGMOID, .layer_norm = true, .residual = true},
          {.units = 4, .activation = BP_ACTIVATION_SOFTMAX, .layer_norm = true}},
     .loss = BP_LOSS_CROSS_ENTROPY},
    {.inputs = 4,
     .layer_count = 2,
     .layers =
         {LAYER(4, SILU),
          {.units = 4, .activation = BP_ACTIVATION_GELU, .layer_norm = true, .residual = true}},
     .loss = BP_LOSS_MSE},
};
enum { SPECS = sizeof specs / sizeof *specs, ROWS = 5, MOST = 6 * 17 };

static bp_instances instances_of(const bp_random_model *m, const char *table) {
    bp_instances instances = {m->snapshot, NULL, m->rows, m->count};
    assert_int_equal(bp_kernels_find(table, &instances.kernels, NULL), BP_OK);
    return instances;
}

static size_t outputs_of(const bp_model_spec *spec) {
    return spec->layers[spec->layer_count - 1].units;
}

/* d x(L)_i / d x_j of every row by central differences of x(0), through the scaling. */
static void differences(const bp_instances *instances, double *out) {
    const bp_network *network = &instances->model->network;
    const size_t inputs = network->width[0], outputs = network->width[network->layer_count];
    const double h = 0x1p-17;
    int32_t zeros[ROWS] = {0};
    bp_reference_target any = {.class_index = zeros};
    bp_reference *r;
    assert_int_equal(bp_reference_of(&r, instances, NULL), BP_OK);
    for (size_t p = 0; p < ROWS * inputs; p++) {
        const size_t n = p / inputs, j = p % inputs;
        const double x = r->x[0][p], scale = (double)instances->model->input_scale[j];
        const double *output = r->x[network->layer_count] + n * outputs;
        for (int side = -1; side <= 1; side += 2) {
            r->x[0][p] = x + side * h;
            bp_reference_forward(r, any);
            for (size_t i = 0; i < outputs; i++) {
                double *d = &out[(n * outputs + i) * inputs + j];
                *d = side < 0 ? -output[i] : (*d + output[i]) / (2 * h) * scale;
            }
        }
        r->x[0][p] = x;
    }
    bp_reference_free(r);
}

static void differences_agree(void **state) {
    (void)state;
    for (size_t s = 0; s < SPECS; s++) {
        bp_random_model m;
        bp_random_model_make(&m, &specs[s], ROWS, 20 + s);
        bp_instances instances = instances_of(&m, NULL);
        float ours[ROWS * MOST];
        double theirs[ROWS * MOST], largest = 0;
        assert_int_equal(bp_jacobian(&instances, ours, NULL), BP_OK);
        differences(&instances, theirs);
        const size_t count = ROWS * outputs_of(&specs[s]) * specs[s].inputs;
        for (size_t i = 0; i < count; i++) {
            largest = fmax(largest, fabs(theirs[i]));
        }
        assert_true(largest > 0);
        for (size_t i = 0; i < count; i++) {
            assert_true(fabs((double)ours[i] - theirs[i]) < 1e-5 * largest);
        }
        bp_random_model_clear(&m);
    }
}

/* softmax's outputs add up to 1 wherever it stands */
static void probabilities_move_against_one_another(void **state) {
    (void)state;
    bp_random_model m;
    bp_random_model_make(&m, &specs[0], ROWS, 3);
    bp_instances instances = instances_of(&m, NULL);
    float jacobian[ROWS * MOST];
    assert_int_equal(bp_jacobian(&instances, jacobian, NULL), BP_OK);
    for (size_t n = 0; n < ROWS; n++) {
        for (size_t j = 0; j < 6; j++) {
            double sum = 0;
            for (size_t i = 0; i < 4; i++) {
                sum += (double)jacobian[(n * 4 + i) * 6 + j];
            }
            assert_float_equal(sum, 0, 1e-6);
        }
    }
    bp_random_model_clear(&m);
}

static void every_table_gives_the_same_bits(void **state) {
    (void)state;
    const char *tables[8];
    size_t count = bp_kernels_available(tables, 8);
    for (size_t s = 0; s < SPECS; s++) {
        bp_random_model m;
        bp_random_model_make(&m, &specs[s], ROWS, 30 + s);
        bp_instances naive = instances_of(&m, "naive");
        float one[ROWS * MOST], other[ROWS * MOST];
        assert_int_equal(bp_jacobian(&naive, one, NULL), BP_OK);
        for (size_t t = 0; t < count; t++) {
            bp_instances instances = instances_of(&m, tables[t]);
            assert_int_equal(bp_jacobian(&instances, other, NULL), BP_OK);
            assert_memory_equal(one, other,
                                ROWS * outputs_of(&specs[s]) * specs[s].inputs * sizeof *one);
        }
        bp_random_model_clear(&m);
    }
}

/* --- integrated gradients ------------------------------------------------------------------- */

typedef struct attributed {
    float value[ROWS * MOST];
    double error[ROWS * MOST];
    double worst_error;
} attributed;

static void attribute(attributed *out, const bp_random_model *m, const float *baseline,
                      size_t steps) {
    const bp_network *network = &m->snapshot->network;
    bp_instances instances = instances_of(m, NULL);
    bp_attribution_options options = {baseline, steps};
    bp_attributions places = {out->value, out->error};
    assert_int_equal(bp_integrated_gradients(&places, &instances, &options, NULL), BP_OK);
    out->worst_error = 0;
    for (size_t i = 0; i < ROWS * network->width[network->layer_count]; i++) {
        out->worst_error = fmax(out->worst_error, fabs(out->error[i]));
    }
}

static void smooth(bp_model_spec *spec) {
    for (size_t l = 0; l < spec->layer_count; l++) {
        if (spec->layers[l].activation == BP_ACTIVATION_RELU) {
            spec->layers[l].activation = BP_ACTIVATION_SIGMOID;
        }
    }
}

/* The midpoint rule errs by the square of the step: 10 times the steps, a hundredth of the error,
 * down to float32's own. */
static void attributions_are_complete(void **state) {
    (void)state;
    for (size_t s = 0; s < SPECS; s++) {
        bp_model_spec spec = specs[s];
        smooth(&spec);
        bp_random_model m;
        bp_random_model_make(&m, &spec, ROWS, 40 + s);
        for (size_t i = 0; i < ROWS * spec.inputs; i++) {
            m.rows[i] += 2; /* a way long enough to bend */
        }
        attributed coarse, fine;
        const size_t steps = spec.layers[1].layer_norm ? 100 : 10; /* which turns sharply */
        attribute(&coarse, &m, NULL, steps);
        attribute(&fine, &m, NULL, 10 * steps);
        assert_true(fine.worst_error < 1e-4);
        assert_true(fine.worst_error < coarse.worst_error / 20 || fine.worst_error < 1e-6);
        bp_random_model_clear(&m);
    }
}

/* The reported error is what it says: the sum less the difference of the predictions. */
static void the_completeness_error_is_honest(void **state) {
    (void)state;
    bp_random_model m;
    bp_random_model_make(&m, &specs[0], ROWS, 2);
    float baseline[6] = {0.5f, -1, 0, 2, 1, 1}, at[ROWS * 4], from[4];
    attributed a;
    attribute(&a, &m, baseline, 3);
    bp_instances i = instances_of(&m, NULL);
    assert_int_equal(bp_predict(m.snapshot, i.kernels, m.rows, ROWS, at, NULL), BP_OK);
    assert_int_equal(bp_predict(m.snapshot, i.kernels, baseline, 1, from, NULL), BP_OK);
    assert_true(a.worst_error > 1e-4); /* 3 steps are few */
    for (size_t k = 0; k < ROWS * 4; k++) {
        double sum = 0;
        for (size_t j = 0; j < 6; j++) {
            sum += (double)a.value[k * 6 + j];
        }
        assert_float_equal(a.error[k], sum - ((double)at[k] - (double)from[k % 4]), 1e-5);
    }
    bp_random_model_clear(&m);
}

/* Of a linear model: (x_j - x'_j) w_j, after one step; and 0 where the row is the baseline. */
static void a_linear_model_owes_its_weights(void **state) {
    (void)state;
    bp_random_model m;
    bp_random_model_make(&m, &specs[2], ROWS, 5);
    attributed a;
    attribute(&a, &m, m.rows, 1);
    const float *w = m.snapshot->parameters + m.snapshot->network.weight_offset[1];
    for (size_t i = 0; i < ROWS * 3; i++) {
        double slope = (double)w[i % 3] * (double)m.snapshot->input_scale[i % 3];
        double way = (double)m.rows[i] - (double)m.rows[i % 3];
        assert_float_equal(a.value[i], way * slope, 1e-5);
        assert_true(i >= 3 || a.value[i] == 0);
    }
    bp_random_model_clear(&m);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(differences_agree),
        cmocka_unit_test(probabilities_move_against_one_another),
        cmocka_unit_test(every_table_gives_the_same_bits),
        cmocka_unit_test(attributions_are_complete),
        cmocka_unit_test(the_completeness_error_is_honest),
        cmocka_unit_test(a_linear_model_owes_its_weights),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
