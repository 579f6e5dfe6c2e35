/* The gradient check: right gradients pass for every activation and loss, wrong ones do not, kinks
 * are told apart, and the same seed checks the same parameters. */
#include "gradient_check.h"
#include "random_model.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define LAYER(count, name)                                                                         \
    { .units = count, .activation = BP_ACTIVATION_##name }
static const bp_model_spec classifier = {
    .inputs = 6,
    .layer_count = 3,
    .layers = {LAYER(9, TANH), LAYER(7, RELU), LAYER(4, SOFTMAX)},
    .loss = BP_LOSS_CROSS_ENTROPY,
};
static const bp_model_spec line = {
    .inputs = 2, .layer_count = 1, .layers = {LAYER(1, LINEAR)}, .loss = BP_LOSS_MSE};

static bp_instances instances_of(const bp_random_model *m) {
    bp_instances instances = {m->snapshot, NULL, m->rows, m->count};
    assert_int_equal(bp_kernels_find(NULL, &instances.kernels, NULL), BP_OK);
    return instances;
}

static bp_gradient_check check(const bp_random_model *m, const bp_gradient_check_options *options) {
    bp_instances instances = instances_of(m);
    bp_gradient_check result;
    assert_int_equal(bp_gradient_check_run(&result, &instances, &m->targets, options, NULL), BP_OK);
    return result;
}

static void check_spec(const bp_model_spec *spec, uint64_t seed) {
    bp_random_model m;
    bp_random_model_make(&m, spec, 5, seed);
    bp_gradient_check_options options = bp_gradient_check_defaults();
    bp_gradient_check result = check(&m, &options);
    const bp_worst_error *worst = &result.finite_difference;
    if (!result.passed || !(result.engine.relative_error < 1e-5)) {
        fail_msg("%s, seed %d: off by %g at layer %zu (%g, not %g); the engine by %g",
                 bp_activations.names[spec->layers[0].activation], (int)seed, worst->relative_error,
                 worst->place.layer, worst->value, worst->expected, result.engine.relative_error);
    }
    assert_int_equal(result.parameters, m.snapshot->network.parameter_count);
    assert_int_equal(result.checked + result.at_kinks, result.parameters);
    assert_true(result.checked > result.parameters / 2);
    bp_random_model_clear(&m);
}

/* Every activation, hidden and, where the loss goes with it, last; before every loss. */
static void right_gradients_pass(void **state) {
    (void)state;
    for (uint64_t seed = 0; seed < 5; seed++) {
        for (int a = 0; a < BP_ACTIVATION_SOFTMAX; a++) {
            bp_model_spec spec = classifier;
            spec.layers[0].activation = spec.layers[1].activation = (bp_activation)a;
            for (int loss = 0; loss < BP_LOSS_COUNT; loss++) {
                spec.loss = (bp_loss)loss;
                spec.layers[2].activation = (bp_activation)a;
                bp_loss_output(spec.loss, &spec.layers[2].activation);
                check_spec(&spec, seed);
            }
        }
    }
}

/* Every activation behind a normalisation and under a residual connection. */
static void normalized_and_residual_layers_pass(void **state) {
    (void)state;
    for (uint64_t seed = 0; seed < 5; seed++) {
        for (int a = 0; a < BP_ACTIVATION_SOFTMAX; a++) {
            bp_model_spec spec = {.inputs = 6, .layer_count = 4, .loss = BP_LOSS_CROSS_ENTROPY};
            for (size_t l = 0; l < 4; l++) {
                spec.layers[l] = (bp_layer_spec){.units = l < 1 ? 6 : 7,
                                                 .activation = (bp_activation)a,
                                                 .layer_norm = l > 0,
                                                 .residual = l % 2 == 0};
            }
            spec.layers[3].activation = BP_ACTIVATION_SOFTMAX;
            check_spec(&spec, seed);
            spec.layers[3].activation = BP_ACTIVATION_GELU;
            spec.layers[3].residual = true;
            spec.loss = BP_LOSS_MSE;
            check_spec(&spec, seed);
        }
    }
}

/* Inputs of 0..255 as they are: a step of the weights must shrink with them. */
static void unscaled_inputs_pass(void **state) {
    (void)state;
    bp_random_model m;
    bp_random_model_make(&m, &classifier, 5, 3);
    for (size_t i = 0; i < classifier.inputs; i++) {
        m.snapshot->input_mean[i] = 0;
        m.snapshot->input_scale[i] = 1;
    }
    for (size_t i = 0; i < m.count * classifier.inputs; i++) {
        m.rows[i] = 127.5f * (1 + bp_random_number(3, 2000, i));
    }
    float *w = m.snapshot->parameters + m.snapshot->network.weight_offset[1];
    for (size_t i = 0; i < 6 * 9; i++) {
        w[i] /= 255;
    }
    bp_gradient_check_options options = bp_gradient_check_defaults();
    bp_gradient_check result = check(&m, &options);
    assert_true(result.passed);
    assert_true(result.engine.relative_error < 1e-5);
    bp_random_model_clear(&m);
}

/* A step so wide that the difference is no derivative any more is seen, and so is where. */
static void wrong_gradients_do_not_pass(void **state) {
    (void)state;
    bp_random_model m;
    bp_model_spec smooth = classifier;
    smooth.layers[1].activation = BP_ACTIVATION_SIGMOID;
    bp_random_model_make(&m, &smooth, 5, 1);
    bp_gradient_check_options options = bp_gradient_check_defaults();
    options.epsilon = 0.25;
    bp_gradient_check result = check(&m, &options);
    assert_false(result.passed);
    const bp_worst_error *worst = &result.finite_difference;
    assert_true(worst->relative_error > options.threshold);
    assert_in_range(worst->place.layer, 1, 3);
    assert_true(fabs(worst->value - worst->expected) > 0);
    options.threshold = 10;
    assert_true(check(&m, &options).passed);
    bp_random_model_clear(&m);
}

/* One linear unit: dl/dw_j = 2 (x - y) x(0)_j and dl/db = 2 (x - y), by hand. */
static void the_worst_place_is_where_it_says(void **state) {
    (void)state;
    bp_random_model m;
    bp_random_model_make(&m, &line, 1, 1);
    bp_gradient_check_options options = bp_gradient_check_defaults();
    bp_gradient_check result = check(&m, &options);
    const float *w = m.snapshot->parameters + m.snapshot->network.weight_offset[1];
    const float b = *bp_snapshot_get_biases(m.snapshot, 1);
    double x[2], output = (double)b;
    for (size_t j = 0; j < 2; j++) {
        x[j] = (double)((m.rows[j] - m.snapshot->input_mean[j]) * m.snapshot->input_scale[j]);
        output += (double)w[j] * x[j];
    }
    const double db = 2 * (output - (double)m.y[0]);
    const bp_worst_error *both[] = {&result.finite_difference, &result.engine};
    for (size_t i = 0; i < 2; i++) {
        const bp_parameter_place *place = &both[i]->place;
        assert_int_equal(place->layer, 1);
        assert_int_equal(place->unit, 0);
        double expected = place->kind == BP_PARAMETER_BIAS ? db : db * x[place->input];
        assert_float_equal(both[i]->value, expected, 1e-6);
        assert_float_equal(both[i]->expected, expected, 1e-6);
    }
    assert_float_equal(result.loss, db * db / 4, 1e-12);
    bp_random_model_clear(&m);
}

/* A relu whose s is 0: its slope there is no limit of differences, and no error either. */
static void kinks_are_told_apart(void **state) {
    (void)state;
    bp_model_spec spec = {.inputs = 2,
                          .layer_count = 2,
                          .layers = {LAYER(3, RELU), LAYER(1, LINEAR)},
                          .loss = BP_LOSS_MSE};
    bp_random_model m;
    bp_random_model_make(&m, &spec, 1, 1);
    const bp_network *network = &m.snapshot->network;
    for (size_t j = 0; j < 2; j++) { /* x(0) = (1, 1) */
        m.rows[j] = m.snapshot->input_mean[j] + 1;
        m.snapshot->input_scale[j] = 1;
        m.rows[j] = 1;
        m.snapshot->input_mean[j] = 0;
    }
    float *w = m.snapshot->parameters + network->weight_offset[1]; /* [in, out] */
    float *b = m.snapshot->parameters + network->bias_offset[1];
    for (size_t i = 0; i < 3; i++) {
        w[i] = 1;
        w[3 + i] = 1;
        b[i] = i == 1 ? -2 : 1; /* unit 1 sits on its kink */
    }
    bp_gradient_check_options options = bp_gradient_check_defaults();
    bp_gradient_check result = check(&m, &options);
    assert_int_equal(result.at_kinks, 3);
    assert_int_equal(result.checked, 13 - 3);
    assert_true(result.passed);
    bp_random_model_clear(&m);
}

/* An absolute loss whose output is its target. */
static void a_loss_has_kinks_too(void **state) {
    (void)state;
    bp_random_model m;
    bp_model_spec spec = line;
    spec.loss = BP_LOSS_MAE;
    bp_random_model_make(&m, &spec, 1, 1);
    memset(m.snapshot->parameters, 0, m.snapshot->network.storage_count * sizeof(float));
    m.y[0] = 0;
    bp_gradient_check_options options = bp_gradient_check_defaults();
    bp_gradient_check result = check(&m, &options);
    assert_int_equal(result.at_kinks, 3);
    assert_int_equal(result.checked, 0);
    assert_false(result.passed); /* nothing was checked */
    m.y[0] = 1;
    result = check(&m, &options);
    assert_int_equal(result.checked, 3);
    assert_true(result.passed);
    bp_random_model_clear(&m);
}

static void a_sample_is_a_function_of_its_seed(void **state) {
    (void)state;
    bp_random_model m;
    bp_random_model_make(&m, &classifier, 3, 2);
    bp_gradient_check_options options = bp_gradient_check_defaults();
    options.sample = 20;
    options.seed = 7;
    bp_gradient_check one = check(&m, &options), again = check(&m, &options);
    assert_int_equal(one.checked + one.at_kinks, 20);
    assert_true(one.finite_difference.value == again.finite_difference.value);
    bool differs = false;
    for (options.seed = 8; options.seed < 12; options.seed++) {
        differs =
            differs || check(&m, &options).finite_difference.value != one.finite_difference.value;
    }
    assert_true(differs);
    options.sample = SIZE_MAX;
    bp_gradient_check all = check(&m, &options);
    assert_int_equal(all.checked + all.at_kinks, m.snapshot->network.parameter_count);
    assert_true(
        bp_gradient_check_cost(&m.snapshot->network, 3, &options) ==
        2.0 * 3 *
            (double)(m.snapshot->network.parameter_count * m.snapshot->network.parameter_count));
    bp_random_model_clear(&m);
}

/* Weights that overflow: nothing is finite, and nothing passes. */
static void what_is_not_finite_does_not_pass(void **state) {
    (void)state;
    bp_random_model m;
    bp_random_model_make(&m, &line, 1, 1);
    m.snapshot->parameters[m.snapshot->network.weight_offset[1]] = INFINITY;
    bp_gradient_check_options options = bp_gradient_check_defaults();
    bp_gradient_check result = check(&m, &options);
    assert_false(result.passed);
    assert_true(isinf(result.finite_difference.relative_error));
    bp_random_model_clear(&m);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(right_gradients_pass),
        cmocka_unit_test(normalized_and_residual_layers_pass),
        cmocka_unit_test(unscaled_inputs_pass),
        cmocka_unit_test(wrong_gradients_do_not_pass),
        cmocka_unit_test(the_worst_place_is_where_it_says),
        cmocka_unit_test(kinks_are_told_apart),
        cmocka_unit_test(a_loss_has_kinks_too),
        cmocka_unit_test(a_sample_is_a_function_of_its_seed),
        cmocka_unit_test(what_is_not_finite_does_not_pass),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
