/* Initial weights and biases: the distributions they promise, orthogonality, and that nothing but
 * the seed decides. */
#include "initializer.h"

#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "orthogonal.h"
#include "philox.h"
#include "scalar_math.h"
#include "snapshot.h"
#include "torch_fixture.h"

static bp_snapshot *make(bp_model_spec spec, size_t inputs, size_t units) {
    spec.layer_count = 1;
    spec.layers[0] = (bp_layer_spec){.units = units, .activation = BP_ACTIVATION_LINEAR};
    bp_network network;
    bp_snapshot *snapshot;
    assert_int_equal(bp_network_resolve(&network, &spec, inputs, units, NULL), BP_OK);
    assert_int_equal(bp_snapshot_new(&snapshot, &spec, &network, NULL), BP_OK);
    return snapshot;
}

/* The quantile's values from tables of the normal distribution. */
static void quantiles_are_the_normal_distributions(void **state) {
    (void)state;
    assert_true(bp_normal_quantile(0.5f) == 0);
    assert_true(fabs((double)bp_normal_quantile(0.975f) - 1.959964) < 2e-6);
    assert_true(fabs((double)bp_normal_quantile(0.001f) + 3.090232) < 2e-6);
    assert_true(fabs((double)bp_normal_quantile(0x1p-24f) + 5.294704) < 5e-6);
}

/* --- independent draws ----------------------------------------------------------------------- */

/* Mean, variance and the largest of `count` values, within the error of so many draws. */
static void assert_moments(const float *w, size_t count, double variance, double bound) {
    double sum = 0, square = 0, largest = 0;
    for (size_t e = 0; e < count; e++) {
        sum += (double)w[e];
        square += (double)w[e] * (double)w[e];
        largest = fmax(largest, fabs((double)w[e]));
    }
    const double n = (double)count;
    assert_true(fabs(sum / n) <= 4 * sqrt(variance / n));
    assert_true(fabs(square / n - variance) <= 0.02 * variance);
    assert_true(largest <= bound * (1 + 1e-6) && largest >= 0.99 * fmin(bound, 4 * sqrt(variance)));
}

/* 250 units on 400 inputs: 100,000 draws. The bound is the formula's a, or none. */
static void draws_have_their_variance(void **state) {
    (void)state;
    static const struct {
        bp_initializer initializer;
        double variance;
        bool bounded; /* uniform: by sqrt(3 variance) */
    } cases[] = {{BP_INITIALIZER_HE_UNIFORM, 2.0 / 400, true},
                 {BP_INITIALIZER_HE_NORMAL, 2.0 / 400, false},
                 {BP_INITIALIZER_XAVIER_UNIFORM, 2.0 / 650, true},
                 {BP_INITIALIZER_XAVIER_NORMAL, 2.0 / 650, false},
                 {BP_INITIALIZER_LECUN_UNIFORM, 1.0 / 400, true},
                 {BP_INITIALIZER_LECUN_NORMAL, 1.0 / 400, false}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        bp_snapshot *s =
            make((bp_model_spec){.initializer = cases[i].initializer, .seed = 5}, 400, 250);
        assert_moments(s->parameters + s->network.weight_offset[1], 100000, cases[i].variance,
                       cases[i].bounded ? sqrt(3 * cases[i].variance) : 100);
        assert_true(bp_snapshot_get_biases(s, 1)[0] == 0);
        bp_snapshot_unref(s);
    }
}

static void constants_are_everywhere(void **state) {
    (void)state;
    bp_snapshot *s = make((bp_model_spec){.initializer = BP_INITIALIZER_CONSTANT,
                                          .initializer_value = -0.25f,
                                          .bias_initializer = BP_BIAS_INITIALIZER_CONSTANT,
                                          .bias_value = 0.5f},
                          7, 5);
    for (size_t e = 0; e < 35; e++) {
        assert_true(s->parameters[s->network.weight_offset[1] + e] == -0.25f);
    }
    for (size_t u = 0; u < 5; u++) {
        assert_true(bp_snapshot_get_biases(s, 1)[u] == 0.5f);
    }
    bp_snapshot_unref(s);
    s = make((bp_model_spec){.initializer = BP_INITIALIZER_ZEROS}, 7, 5);
    for (size_t e = 0; e < s->network.storage_count; e++) {
        assert_true(s->parameters[e] == 0);
    }
    bp_snapshot_unref(s);
}

/* PyTorch's Linear: torch/nn/modules/linear.py, reset_parameters, draws biases from
 * U(-1 / sqrt(fan_in), 1 / sqrt(fan_in)). */
static void uniform_biases_have_their_bound_and_leave_the_weights(void **state) {
    (void)state;
    bp_model_spec spec = {.initializer = BP_INITIALIZER_HE_UNIFORM, .seed = 3};
    bp_snapshot *plain = make(spec, 9, 50000);
    spec.bias_initializer = BP_BIAS_INITIALIZER_UNIFORM;
    bp_snapshot *uniform = make(spec, 9, 50000);
    assert_moments(bp_snapshot_get_biases(uniform, 1), 50000, 1.0 / 27, 1.0 / 3);
    size_t at = plain->network.weight_offset[1];
    assert_memory_equal(plain->parameters + at, uniform->parameters + at, 450000 * sizeof(float));
    bp_snapshot_unref(plain);
    bp_snapshot_unref(uniform);
}

/* --- orthogonal ------------------------------------------------------------------------------ */

static float *draw_normal(size_t count, uint32_t which) {
    float *values = malloc(count * sizeof *values);
    assert_non_null(values);
    uint32_t words[4];
    for (size_t e = 0; e < count; e++) {
        bp_random_block(1, BP_STREAM_SAMPLE, which, e, words);
        values[e] = bp_normal_of_word(words[0]);
    }
    return values;
}

/* The definition of orthogonal.h, one vector after another; component i of vector j is at
 * j * vector + i * component. */
static void orthonormalize_naively(size_t count, size_t length, size_t vector, size_t component,
                                   float *matrix) {
    double *q = malloc(count * length * sizeof *q);
    assert_non_null(q);
    for (size_t j = 0; j < count; j++) {
        double *a = q + j * length, n = 0;
        for (size_t i = 0; i < length; i++) {
            a[i] = (double)matrix[j * vector + i * component];
        }
        for (size_t k = 0; k < j; k++) {
            double r = 0;
            for (size_t i = 0; i < length; i++) {
                r += q[k * length + i] * a[i];
            }
            for (size_t i = 0; i < length; i++) {
                a[i] -= r * q[k * length + i];
            }
        }
        for (size_t i = 0; i < length; i++) {
            n += a[i] * a[i];
        }
        for (size_t i = 0; i < length; i++) {
            a[i] /= sqrt(n);
            matrix[j * vector + i * component] = (float)a[i];
        }
    }
    free(q);
}

static void orthonormal_vectors_are_the_definitions(void **state) {
    (void)state;
    for (size_t rows = 1; rows <= 27; rows += rows < 18 ? 1 : 9) {
        for (size_t columns = 1; columns <= 40; columns += columns < 18 ? 1 : 11) {
            float *fast = draw_normal(rows * columns, 7), *naive = draw_normal(rows * columns, 7);
            bool by_row = rows <= columns;
            orthonormalize_naively(by_row ? rows : columns, by_row ? columns : rows,
                                   by_row ? columns : 1, by_row ? 1 : columns, naive);
            assert_int_equal(bp_orthonormalize(rows, columns, fast, NULL), BP_OK);
            assert_memory_equal(fast, naive, rows * columns * sizeof *fast);
            free(fast);
            free(naive);
        }
    }
}

/* |<u, v> - [u = v]| <= 1e-6 for all pairs. */
static void assert_orthonormal(const float *matrix, size_t rows, size_t columns) {
    const bool by_row = rows <= columns;
    const size_t count = by_row ? rows : columns, length = by_row ? columns : rows;
    const size_t vector = by_row ? columns : 1, component = by_row ? 1 : columns;
    for (size_t a = 0; a < count; a++) {
        for (size_t b = 0; b <= a; b++) {
            double dot = 0;
            for (size_t i = 0; i < length; i++) {
                dot += (double)matrix[a * vector + i * component] *
                       (double)matrix[b * vector + i * component];
            }
            assert_true(fabs(dot - (a == b ? 1 : 0)) <= 1e-6);
        }
    }
}

static void orthogonal_weights_are(void **state) {
    (void)state;
    static const size_t sizes[][2] = {{1, 1}, {1, 30}, {30, 1}, {200, 200}, {300, 129}, {67, 512}};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        const size_t inputs = sizes[i][0], units = sizes[i][1];
        bp_snapshot *s = make((bp_model_spec){.initializer = BP_INITIALIZER_ORTHOGONAL, .seed = 9},
                              inputs, units);
        assert_orthonormal(s->parameters + s->network.weight_offset[1], inputs, units);
        bp_snapshot_unref(s);
    }
}

/* Uniform over the orthogonal matrices: the mean of an element is 0, of its square 1 / longer; the
 * positive diagonal of R must not show as a bias of the signs. */
static void orthogonal_weights_are_uniform(void **state) {
    (void)state;
    enum { DRAWS = 4000, INPUTS = 3, UNITS = 4 };
    double sum[INPUTS * UNITS] = {0}, square[INPUTS * UNITS] = {0};
    for (uint64_t seed = 0; seed < DRAWS; seed++) {
        bp_snapshot *s = make(
            (bp_model_spec){.initializer = BP_INITIALIZER_ORTHOGONAL, .seed = seed}, INPUTS, UNITS);
        for (size_t e = 0; e < INPUTS * UNITS; e++) {
            double w = (double)s->parameters[s->network.weight_offset[1] + e];
            sum[e] += w;
            square[e] += w * w;
        }
        bp_snapshot_unref(s);
    }
    for (size_t e = 0; e < INPUTS * UNITS; e++) {
        assert_true(fabs(sum[e] / DRAWS) <= 4 * sqrt(0.25 / DRAWS));
        assert_true(fabs(square[e] / DRAWS - 0.25) <= 0.03);
    }
}

/* PyTorch's QR, and its biases, of the same draws: tests/fixtures. */
static void pytorch_makes_the_same_of_the_same_draws(void **state) {
    (void)state;
    bp_torch_fixture *fixture = NULL;
    bp_snapshot *s = NULL;
    assert_int_equal(bp_torch_fixture_load(&fixture, "torch_initial", NULL), BP_OK);
    bp_model_spec spec = fixture->spec;
    spec.initializer = BP_INITIALIZER_ORTHOGONAL;
    spec.bias_initializer = BP_BIAS_INITIALIZER_UNIFORM;
    spec.seed = (UINT64_C(1) << 33) + 5;
    assert_int_equal(bp_snapshot_new(&s, &spec, &fixture->network, NULL), BP_OK);
    const size_t count = fixture->network.storage_count;
    double *theirs = calloc(count, sizeof *theirs);
    assert_non_null(theirs);
    bp_torch_fixture_pack(fixture, "", theirs);
    for (size_t e = 0; e < count; e++) {
        assert_true(fabs((double)s->parameters[e] - theirs[e]) <= 4e-6);
    }
    free(theirs);
    bp_snapshot_unref(s);
    bp_torch_fixture_free(fixture);
}

static void too_large_to_be_orthogonal(void **state) {
    (void)state;
    bp_model_spec spec = {.layer_count = 1,
                          .layers = {{.units = 4096, .activation = BP_ACTIVATION_LINEAR}},
                          .initializer = BP_INITIALIZER_ORTHOGONAL};
    bp_network network;
    bp_error err = {0};
    assert_int_equal(bp_network_resolve(&network, &spec, 4096, 4096, &err), BP_OK);
    assert_int_equal(bp_network_resolve(&network, &spec, 4097, 4096, &err), BP_TOO_LARGE);
    assert_string_equal(err.field, "/initializer");
}

/* --- values ---------------------------------------------------------------------------------- */

static void values_are_finite(void **state) {
    (void)state;
    bp_model_spec spec = {.layer_count = 1, .layers = {{.units = 4}}};
    bp_error err = {0};
    spec.initializer_value = INFINITY;
    assert_int_equal(bp_model_spec_check(&spec, &err), BP_INVALID);
    assert_string_equal(err.field, "/initializer_value");
    spec.initializer_value = 0;
    spec.bias_value = NAN;
    assert_int_equal(bp_model_spec_check(&spec, &err), BP_INVALID);
    assert_string_equal(err.field, "/bias_value");
}

static void seeds_decide(void **state) {
    (void)state;
    static const bp_initializer drawn[] = {BP_INITIALIZER_HE_NORMAL, BP_INITIALIZER_LECUN_UNIFORM,
                                           BP_INITIALIZER_ORTHOGONAL};
    for (size_t i = 0; i < sizeof drawn / sizeof drawn[0]; i++) {
        char hex[3][BP_DIGEST_HEX_SIZE];
        for (uint64_t k = 0; k < 3; k++) {
            bp_snapshot *s =
                make((bp_model_spec){.initializer = drawn[i], .seed = k == 2 ? 2 : 1}, 9, 5);
            assert_int_equal(bp_snapshot_digest(s, hex[k], NULL), BP_OK);
            bp_snapshot_unref(s);
        }
        assert_string_equal(hex[0], hex[1]);
        assert_string_not_equal(hex[0], hex[2]);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(quantiles_are_the_normal_distributions),
        cmocka_unit_test(draws_have_their_variance),
        cmocka_unit_test(constants_are_everywhere),
        cmocka_unit_test(uniform_biases_have_their_bound_and_leave_the_weights),
        cmocka_unit_test(orthonormal_vectors_are_the_definitions),
        cmocka_unit_test(orthogonal_weights_are),
        cmocka_unit_test(orthogonal_weights_are_uniform),
        cmocka_unit_test(pytorch_makes_the_same_of_the_same_draws),
        cmocka_unit_test(too_large_to_be_orthogonal),
        cmocka_unit_test(values_are_finite),
        cmocka_unit_test(seeds_decide),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
