#include "snapshot.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static bp_snapshot *fresh(size_t inputs, size_t units) {
    bp_model_spec spec = {.inputs = inputs,
                          .layer_count = 1,
                          .layers = {{.units = units, .activation = BP_ACTIVATION_LINEAR}},
                          .initializer = BP_INITIALIZER_ZEROS};
    bp_network network;
    bp_snapshot *snapshot;
    assert_int_equal(bp_network_resolve(&network, &spec, inputs, units, NULL), BP_OK);
    assert_int_equal(bp_snapshot_new(&snapshot, &spec, &network, NULL), BP_OK);
    return snapshot;
}

static void weights_are_rows_of_units(void **state) {
    (void)state;
    bp_snapshot *s = fresh(3, 2);
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

/* More units than are hashed at a time, and not a multiple of them. */
static void a_digest_is_that_of_all_units_in_order(void **state) {
    (void)state;
    enum { INPUTS = 5, UNITS = 37 };
    float weights[INPUTS * UNITS], biases[UNITS];
    for (size_t i = 0; i < INPUTS * UNITS; i++) {
        weights[i] = (float)i;
    }
    for (size_t i = 0; i < UNITS; i++) {
        biases[i] = -(float)i;
    }
    bp_snapshot *s = fresh(INPUTS, UNITS);
    bp_snapshot_set_layer(s, 1, weights, biases);
    char hex[BP_DIGEST_HEX_SIZE], by_hand[BP_DIGEST_HEX_SIZE];
    bp_digest digest;
    bp_digest_start(&digest);
    bp_digest_add_floats(&digest, weights, INPUTS * UNITS);
    bp_digest_add_floats(&digest, biases, UNITS);
    bp_digest_finish(&digest, by_hand);
    assert_int_equal(bp_snapshot_digest(s, hex, NULL), BP_OK);
    assert_string_equal(hex, by_hand);
    bp_snapshot_unref(s);
}

static void gamma_and_beta_are_parameters(void **state) {
    (void)state;
    bp_model_spec spec = {.inputs = 3,
                          .layer_count = 1,
                          .layers = {{.units = 2, .layer_norm = true}},
                          .initializer = BP_INITIALIZER_ZEROS};
    bp_network network;
    bp_snapshot *s;
    assert_int_equal(bp_network_resolve(&network, &spec, 3, 2, NULL), BP_OK);
    assert_int_equal(bp_snapshot_new(&s, &spec, &network, NULL), BP_OK);
    float gamma[2], beta[2];
    bp_snapshot_get(s, 1, BP_PARAMETER_GAMMA, gamma);
    bp_snapshot_get(s, 1, BP_PARAMETER_BETA, beta);
    assert_true(gamma[0] == 1 && gamma[1] == 1 && beta[0] == 0 && beta[1] == 0);
    const float all[] = {0, 0, 0, 0, 0, 0, 0, 0, 3, 4, 5, 6}; /* weights, biases, gamma, beta */
    bp_snapshot_set(s, 1, BP_PARAMETER_GAMMA, all + 8);
    bp_snapshot_set(s, 1, BP_PARAMETER_BETA, all + 10);
    char hex[BP_DIGEST_HEX_SIZE], by_hand[BP_DIGEST_HEX_SIZE];
    bp_digest digest;
    bp_digest_start(&digest);
    bp_digest_add_floats(&digest, all, 12);
    bp_digest_finish(&digest, by_hand);
    assert_int_equal(bp_snapshot_digest(s, hex, NULL), BP_OK);
    assert_string_equal(hex, by_hand);
    bp_snapshot_unref(s);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(weights_are_rows_of_units),
        cmocka_unit_test(a_digest_is_that_of_all_units_in_order),
        cmocka_unit_test(gamma_and_beta_are_parameters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
