#include "network.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static bp_model_spec good(void) {
    return (bp_model_spec){.inputs = 4,
                           .layer_count = 2,
                           .layers = {{.units = 16, .activation = BP_ACTIVATION_RELU},
                                      {.units = 3, .activation = BP_ACTIVATION_SOFTMAX}},
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

static void residual_connections_need_equal_widths(void **state) {
    (void)state;
    bp_model_spec s = good();
    s.layers[0].residual = true;
    refused(&s, BP_INVALID, "/layers/0/residual");
    s.layers[0].units = 4;
    assert_int_equal(bp_model_spec_check(&s, NULL), BP_OK);
    s.layers[1].residual = true; /* to probabilities */
    refused(&s, BP_INVALID, "/layers/1/residual");
    s.loss = BP_LOSS_BINARY_CROSS_ENTROPY;
    s.layers[1].activation = BP_ACTIVATION_SIGMOID;
    refused(&s, BP_INVALID, "/layers/1/residual");

    bp_error err = {0};
    bp_network n;
    s = good();
    s.inputs = 0; /* open until the data come */
    s.layers[0].residual = true;
    assert_int_equal(bp_model_spec_check(&s, NULL), BP_OK);
    assert_int_equal(bp_network_resolve(&n, &s, 5, 3, &err), BP_INVALID);
    assert_string_equal(err.field, "/layers/0/residual");
    assert_int_equal(bp_network_resolve(&n, &s, 16, 3, NULL), BP_OK);
    assert_true(n.residual[1] && !n.residual[2]);
    s = good();
    s.loss = BP_LOSS_MSE;
    s.layers[1] = (bp_layer_spec){.activation = BP_ACTIVATION_GELU, .residual = true};
    assert_int_equal(bp_network_resolve(&n, &s, 4, 3, &err), BP_INVALID);
    assert_string_equal(err.field, "/layers/1/residual");
    assert_int_equal(bp_network_resolve(&n, &s, 4, 16, NULL), BP_OK);
}

static void normalized_layers_have_two_more_arrays(void **state) {
    (void)state;
    bp_model_spec s = good();
    bp_network n;
    s.layers[1].layer_norm = true;
    assert_int_equal(bp_network_resolve(&n, &s, 4, 3, NULL), BP_OK);
    assert_int_equal(n.parameter_count, 4 * 16 + 16 + 16 * 3 + 3 + 2 * 3);
    assert_int_equal(bp_network_count(&n, 1, BP_PARAMETER_GAMMA), 0);
    assert_int_equal(bp_network_count(&n, 2, BP_PARAMETER_GAMMA), 3);
    assert_int_equal(bp_network_count(&n, 2, BP_PARAMETER_BETA), 3);
    assert_int_equal(bp_network_count(&n, 2, BP_PARAMETER_WEIGHT), 48);
    assert_int_equal(bp_network_largest(&n), 64);
    for (int k = 1; k < BP_PARAMETER_KINDS; k++) { /* one after the other, each on a border */
        const bp_parameter_kind kind = (bp_parameter_kind)k, before = (bp_parameter_kind)(k - 1);
        const size_t at = bp_network_offset(&n, 2, kind);
        assert_int_equal(at % 16, 0);
        assert_true(at >= bp_network_offset(&n, 2, before) + bp_network_count(&n, 2, before));
        assert_true(at + 3 <= n.storage_count);
    }
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
        cmocka_unit_test(residual_connections_need_equal_widths),
        cmocka_unit_test(normalized_layers_have_two_more_arrays),
        cmocka_unit_test(unknown_word_lists_the_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
