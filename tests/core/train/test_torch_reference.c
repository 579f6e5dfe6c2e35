/* The double-precision reference against PyTorch: forward, every derivative, and two training runs.
 * Both sides compute in double from the same float32 values, and the fixture has 13 digits, so
 * they must agree to 1e-11 of the largest number of each tensor. */
#include "reference.h"

#include "torch_fixture.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const double relative_bound = 1e-11;
enum { STEPS = 20 };

static const char *const fixtures[] = {"torch_classifier",      "torch_regressor",
                                       "torch_activations",     "torch_mae",
                                       "torch_huber",           "torch_poisson",
                                       "torch_quantile",        "torch_huber_delta",
                                       "torch_label_smoothing", "torch_binary_cross_entropy",
                                       "torch_hinge",           "torch_smooth",
                                       "torch_layers",          "torch_weights"};
enum { FIXTURES = sizeof fixtures / sizeof fixtures[0] };

static bp_torch_fixture *load(const char *name) {
    bp_torch_fixture *fixture = NULL;
    bp_error err = {0};
    if (bp_torch_fixture_load(&fixture, name, &err) != BP_OK) {
        fail_msg("%s: %s", name, err.message);
    }
    return fixture;
}

static void assert_close(const char *what, const double *ours, const double *theirs, size_t count) {
    double largest = 0, worst = 0;
    for (size_t i = 0; i < count; i++) {
        double error = fabs(ours[i] - theirs[i]);
        largest = fmax(largest, fabs(theirs[i]));
        worst = error > worst || isnan(error) ? error : worst;
    }
    if (!(worst <= relative_bound * largest)) {
        fail_msg("%s is off by %g of %g", what, worst, largest);
    }
}

static void assert_tensor(const bp_torch_fixture *fixture, const char *name, size_t layer,
                          const double *ours) {
    const bp_torch_tensor *theirs = bp_torch_fixture_find(fixture, name, layer);
    assert_non_null(theirs);
    assert_close(name, ours, theirs->value, theirs->rows * theirs->columns);
}

/* Of the rows from `first`; freed by the caller. NULL: they have no weights. */
static double *shares_of(const bp_torch_fixture *fixture, size_t first, size_t count) {
    const bp_torch_tensor *weights = bp_torch_fixture_find(fixture, "weights", 0);
    double *share = weights != NULL ? calloc(count, sizeof *share) : NULL;
    assert_true(share != NULL || weights == NULL);
    for (size_t n = 0; share != NULL && n < count; n++) {
        share[n] = weights->value[first + n] / (double)count;
    }
    return share;
}

/* `count` rows of the fixture's inputs and targets from row `first`, and its parameters. */
static bp_reference *start(const bp_torch_fixture *fixture, size_t count) {
    bp_reference *reference = NULL;
    assert_int_equal(bp_reference_new(&reference, &fixture->network, count, NULL), BP_OK);
    bp_torch_fixture_pack(fixture, "", reference->parameters);
    return reference;
}

static bp_reference_target take_rows(const bp_torch_fixture *fixture, bp_reference *reference,
                                     size_t first) {
    size_t inputs = fixture->network.width[0];
    size_t outputs = fixture->network.width[fixture->network.layer_count];
    memcpy(reference->x[0], bp_torch_fixture_find(fixture, "x", 0)->value + first * inputs,
           reference->rows * inputs * sizeof(double));
    if (fixture->class_index != NULL) {
        return (bp_reference_target){.class_index = fixture->class_index + first};
    }
    return (bp_reference_target){.y = bp_torch_fixture_find(fixture, "y", 0)->value +
                                      first * outputs};
}

static void check_derivatives(const char *name) {
    bp_torch_fixture *fixture = load(name);
    bp_reference *reference = start(fixture, fixture->rows);
    bp_reference_target target = take_rows(fixture, reference, 0);
    double *share = shares_of(fixture, 0, fixture->rows);
    reference->share = share;
    bp_reference_forward(reference, target);
    bp_reference_backward(reference, target);
    free(share);

    assert_tensor(fixture, "loss", 0, &reference->loss);
    for (size_t l = 1; l <= fixture->network.layer_count; l++) {
        assert_tensor(fixture, "s", l, reference->s[l]);
        assert_tensor(fixture, "x", l, reference->x[l]);
        assert_tensor(fixture, "dx", l, reference->dx[l]);
        assert_tensor(fixture, "ds", l, reference->ds[l]);
        assert_tensor(fixture, "db", l, reference->gradient + fixture->network.bias_offset[l]);
    }
    double *gradient = calloc(fixture->network.storage_count, sizeof *gradient);
    assert_non_null(gradient);
    bp_torch_fixture_pack(fixture, "d", gradient);
    assert_close("gradient", reference->gradient, gradient, fixture->network.storage_count);
    free(gradient);
    bp_reference_free(reference);
    bp_torch_fixture_free(fixture);
}

/* --- training runs --------------------------------------------------------------------------- */

typedef struct run {
    const char *losses, *prefix; /* names of the fixture's tensors */
    bool has_momentum;
} run;

/* One step on the minibatch that begins at row `first`: a reference of as many rows as it has. */
static double train_step(const bp_torch_fixture *fixture, const run *which, size_t first,
                         double *parameters, double *velocity) {
    size_t left = fixture->rows - first, bytes = fixture->network.storage_count * sizeof(double);
    bp_reference *reference =
        start(fixture, left < fixture->batch_size ? left : fixture->batch_size);
    memcpy(reference->parameters, parameters, bytes);
    bp_reference_target target = take_rows(fixture, reference, first);
    double *share = shares_of(fixture, first, reference->rows);
    reference->share = share;
    bp_reference_forward(reference, target);
    bp_reference_backward(reference, target);
    free(share);
    bp_reference_update(reference, velocity, fixture->learning_rate,
                        which->has_momentum ? fixture->momentum : 0);
    memcpy(parameters, reference->parameters, bytes);
    double loss = reference->loss;
    bp_reference_free(reference);
    return loss;
}

static void check_run(const char *name, const run *which) {
    bp_torch_fixture *fixture = load(name);
    size_t storage = fixture->network.storage_count;
    double *memory = calloc(3 * storage, sizeof *memory);
    assert_non_null(memory);
    double *parameters = memory, *velocity = memory + storage, *theirs = memory + 2 * storage;
    bp_torch_fixture_pack(fixture, "", parameters);

    double losses[STEPS];
    for (size_t step = 0, first = 0; step < STEPS; step++) {
        losses[step] = train_step(fixture, which, first, parameters, velocity);
        first += fixture->batch_size;
        first = first < fixture->rows ? first : 0;
    }
    assert_tensor(fixture, which->losses, 0, losses);
    bp_torch_fixture_pack(fixture, which->prefix, theirs);
    assert_close("parameters after 20 steps", parameters, theirs, storage);
    free(memory);
    bp_torch_fixture_free(fixture);
}

static void test_derivatives(void **state) {
    (void)state;
    for (size_t i = 0; i < FIXTURES; i++) {
        check_derivatives(fixtures[i]);
    }
}

static void test_20_steps_of_plain_sgd(void **state) {
    (void)state;
    for (size_t i = 0; i < FIXTURES; i++) {
        check_run(fixtures[i], &(run){"sgd_losses", "sgd_", false});
    }
}

static void test_20_steps_with_momentum(void **state) {
    (void)state;
    for (size_t i = 0; i < FIXTURES; i++) {
        check_run(fixtures[i], &(run){"momentum_losses", "momentum_", true});
    }
}

static void test_a_missing_fixture_is_an_error(void **state) {
    (void)state;
    bp_torch_fixture *fixture = NULL;
    bp_error err = {0};
    assert_int_equal(bp_torch_fixture_load(&fixture, "torch_nothing", &err), BP_IO);
    assert_null(fixture);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_derivatives),
        cmocka_unit_test(test_20_steps_of_plain_sgd),
        cmocka_unit_test(test_20_steps_with_momentum),
        cmocka_unit_test(test_a_missing_fixture_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
