#include "snapshot.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "initializer.h"

static bp_snapshot *fresh(size_t inputs, size_t units, bp_initializer initializer, uint64_t seed) {
    bp_model_spec spec = {.inputs = inputs,
                          .layer_count = 1,
                          .layers = {{units, BP_ACTIVATION_LINEAR}},
                          .initializer = initializer,
                          .seed = seed};
    bp_network network;
    bp_snapshot *snapshot;
    assert_int_equal(bp_network_resolve(&network, &spec, inputs, units, NULL), BP_OK);
    assert_int_equal(bp_snapshot_new(&snapshot, &spec, &network, NULL), BP_OK);
    return snapshot;
}

static void weights_are_rows_of_units(void **state) {
    (void)state;
    bp_snapshot *s = fresh(3, 2, BP_INITIALIZER_ZEROS, 0);
    const float weights[] = {1, 2, 3, 4, 5, 6}, biases[] = {7, 8};
    float back[6];
    bp_snapshot_set_layer(s, 1, weights, biases);
    bp_snapshot_get_weights(s, 1, back);
    assert_memory_equal(back, weights, sizeof weights);
    assert_memory_equal(bp_snapshot_get_biases(s, 1), biases, sizeof biases);
    char hex[BP_DIGEST_HEX_SIZE], copy_hex[BP_DIGEST_HEX_SIZE];
    bp_digest digest;
    bp_digest_start(&digest);
    bp_digest_add_floats(&digest, weights, 6);
    bp_digest_add_floats(&digest, biases, 2);
    bp_digest_finish(&digest, copy_hex);
    assert_int_equal(bp_snapshot_digest(s, hex, NULL), BP_OK);
    assert_string_equal(hex, copy_hex);

    bp_snapshot *copy;
    assert_int_equal(bp_snapshot_copy(&copy, s, NULL), BP_OK);
    assert_ptr_equal(bp_snapshot_ref(copy), copy);
    bp_snapshot_unref(copy);
    bp_snapshot_unref(s);
    assert_int_equal(bp_snapshot_digest(copy, copy_hex, NULL), BP_OK);
    assert_string_equal(hex, copy_hex);
    bp_snapshot_unref(copy);
    bp_snapshot_unref(NULL);
}

/* The quantile's values from tables of the normal distribution. */
static void quantiles_are_the_normal_distributions(void **state) {
    (void)state;
    assert_true(bp_normal_quantile(0.5f) == 0);
    assert_true(fabs((double)bp_normal_quantile(0.975f) - 1.959964) < 2e-6);
    assert_true(fabs((double)bp_normal_quantile(0.001f) + 3.090232) < 2e-6);
    assert_true(fabs((double)bp_normal_quantile(0x1p-24f) + 5.294704) < 5e-6);
}

/* Mean 0 and the variance of the formula, within the error of 100,000 draws. */
static void draws_have_their_variance(void **state) {
    (void)state;
    static const struct {
        bp_initializer initializer;
        double variance;
    } cases[] = {{BP_INITIALIZER_HE_UNIFORM, 2.0 / 400},
                 {BP_INITIALIZER_HE_NORMAL, 2.0 / 400},
                 {BP_INITIALIZER_XAVIER_UNIFORM, 2.0 / 650},
                 {BP_INITIALIZER_XAVIER_NORMAL, 2.0 / 650},
                 {BP_INITIALIZER_ZEROS, 0}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        bp_snapshot *s = fresh(400, 250, cases[i].initializer, 5);
        const float *w = s->parameters + s->network.weight_offset[1];
        double sum = 0, square = 0;
        for (size_t e = 0; e < 100000; e++) {
            sum += (double)w[e];
            square += (double)w[e] * (double)w[e];
        }
        assert_true(fabs(sum / 100000) <= 4 * sqrt(cases[i].variance / 100000));
        assert_true(fabs(square / 100000 - cases[i].variance) <= 0.02 * cases[i].variance);
        assert_true(bp_snapshot_get_biases(s, 1)[0] == 0);
        bp_snapshot_unref(s);
    }
}

static void seeds_decide(void **state) {
    (void)state;
    char one[BP_DIGEST_HEX_SIZE], same[BP_DIGEST_HEX_SIZE], other[BP_DIGEST_HEX_SIZE];
    bp_snapshot *a = fresh(9, 5, BP_INITIALIZER_HE_NORMAL, 1);
    bp_snapshot *b = fresh(9, 5, BP_INITIALIZER_HE_NORMAL, 1);
    bp_snapshot *c = fresh(9, 5, BP_INITIALIZER_HE_NORMAL, 2);
    assert_int_equal(bp_snapshot_digest(a, one, NULL), BP_OK);
    assert_int_equal(bp_snapshot_digest(b, same, NULL), BP_OK);
    assert_int_equal(bp_snapshot_digest(c, other, NULL), BP_OK);
    assert_string_equal(one, same);
    assert_string_not_equal(one, other);
    bp_snapshot_unref(a);
    bp_snapshot_unref(b);
    bp_snapshot_unref(c);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(weights_are_rows_of_units),
        cmocka_unit_test(quantiles_are_the_normal_distributions),
        cmocka_unit_test(draws_have_their_variance),
        cmocka_unit_test(seeds_decide),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
