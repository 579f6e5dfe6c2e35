#include "network.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static bp_model_spec good(void) {
    return (bp_model_spec){.inputs = 4,
                           .layer_count = 2,
                           .layers = {{16, BP_ACTIVATION_RELU}, {3, BP_ACTIVATION_SOFTMAX}},
                           .loss = BP_LOSS_CROSS_ENTROPY};
}

static void refused(const bp_model_spec *spec, bp_status code, const char *field) {
    bp_error err = {0};
    assert_int_equal(bp_model_spec_check(spec, &err), code);
    assert_int_equal(err.code, code);
    assert_string_equal(err.field, field);
}

static void each_bad_field_is_named(void **state) {
    (void)state;
    bp_model_spec s = good();
    assert_int_equal(bp_model_spec_check(&s, NULL), BP_OK);
    s.layer_count = 0;
    refused(&s, BP_INVALID, "/layers");
    s.layer_count = BP_MAX_LAYERS + 1;
    refused(&s, BP_TOO_LARGE, "/layers");
    s = good();
    s.layers[0].units = 0;
    refused(&s, BP_INVALID, "/layers/0/units");
    s.layers[0].units = BP_MAX_UNITS + 1;
    refused(&s, BP_TOO_LARGE, "/layers/0/units");
    s = good();
    s.layers[0].activation = BP_ACTIVATION_SOFTMAX;
    refused(&s, BP_INVALID, "/layers/0/activation");
    s = good();
    s.layers[1].activation = BP_ACTIVATION_LINEAR;
    refused(&s, BP_INVALID, "/layers/1/activation");
    s = good();
    s.loss = BP_LOSS_MSE;
    refused(&s, BP_INVALID, "/layers/1/activation");
    s = good();
    s.inputs = BP_MAX_UNITS + 1;
    refused(&s, BP_TOO_LARGE, "/inputs");
    s = good();
    s.inputs = s.layers[0].units = BP_MAX_UNITS;
    refused(&s, BP_TOO_LARGE, "/layers");
}

static void sizes_come_from_the_data_where_open(void **state) {
    (void)state;
    bp_model_spec s = good();
    s.inputs = s.layers[1].units = 0;
    bp_network n;
    assert_int_equal(bp_network_resolve(&n, &s, 5, 7, NULL), BP_OK);
    assert_int_equal(n.width[0], 5);
    assert_int_equal(n.width[1], 16);
    assert_int_equal(n.width[2], 7);
    assert_int_equal(n.parameter_count, 5 * 16 + 16 + 16 * 7 + 7);
    assert_int_equal(n.weight_offset[2] % 16, 0);
    assert_true(n.storage_count >= n.parameter_count);

    bp_error err = {0};
    s = good();
    assert_int_equal(bp_network_resolve(&n, &s, 5, 3, &err), BP_INVALID);
    assert_string_equal(err.field, "/inputs");
    assert_int_equal(bp_network_resolve(&n, &s, 4, 2, &err), BP_INVALID);
    assert_string_equal(err.field, "/layers/1/units");
    s.inputs = 0;
    assert_int_equal(bp_network_resolve(&n, &s, 0, 3, &err), BP_INVALID);
    assert_string_equal(err.field, "/inputs");
}

static void unknown_word_lists_the_known(void **state) {
    (void)state;
    int value = -1;
    bp_error err = {0};
    assert_int_equal(bp_vocabulary_find(&bp_activations, "tanh", "/x", &value, &err), BP_OK);
    assert_int_equal(value, BP_ACTIVATION_TANH);
    assert_int_equal(bp_vocabulary_find(&bp_losses, "mean", "/loss", &value, &err), BP_INVALID);
    assert_string_equal(err.field, "/loss");
    assert_non_null(strstr(err.message, "mse, mae, huber"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_bad_field_is_named),
        cmocka_unit_test(sizes_come_from_the_data_where_open),
        cmocka_unit_test(unknown_word_lists_the_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
