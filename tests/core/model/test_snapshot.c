#include "snapshot.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static bp_snapshot *fresh(size_t inputs, size_t units) {
    bp_model_spec spec = {.inputs = inputs,
                          .layer_count = 1,
                          .layers = {{units, BP_ACTIVATION_LINEAR}},
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

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(weights_are_rows_of_units),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
