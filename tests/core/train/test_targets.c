/* How data sets are read as targets: classes or numbers, by one output or several, and labels. */
#include "inference.h"
#include "made_dataset.h"
#include "metrics.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { ROWS = 6 };
static const float inputs[ROWS] = {-3, -2, -1, 1, 2, 3};
static const int32_t two_classes[ROWS] = {0, 0, 0, 1, 1, 1};
static const int32_t three_classes[ROWS] = {0, 1, 2, 0, 1, 2};
static const float zero_or_one[ROWS] = {0, 0, 0, 1, 1, 1};

/* One input. `classes` 0: none; `numbers` NULL: the target is text. */
static bp_dataset *make(size_t classes, const float *numbers, size_t targets) {
    const bp_made_table table = {.rows = ROWS,
                                 .features = 1,
                                 .targets = targets,
                                 .classes = classes,
                                 .x = inputs,
                                 .y = numbers,
                                 .class_index = classes == 2   ? two_classes
                                                : classes == 3 ? three_classes
                                                               : NULL};
    bp_dataset *data;
    assert_int_equal(bp_made_dataset(&data, &table, NULL), BP_OK);
    return data;
}

static bp_model_spec spec_of(bp_loss loss, size_t units) {
    bp_model_spec spec = {.layer_count = 1, .layers = {{.units = units}}, .loss = loss};
    spec.preprocessing = BP_PREPROCESSING_NONE;
    spec.layers[0].activation = BP_ACTIVATION_LINEAR;
    bp_loss_output(loss, &spec.layers[0].activation);
    return spec;
}

static bp_snapshot *bind(bp_loss loss, size_t units, const bp_dataset *data, bp_error *err) {
    const bp_model_spec spec = spec_of(loss, units);
    const bp_train_options options = bp_train_defaults();
    bp_snapshot *model = NULL;
    bp_status status = bp_train_bind(&model, &spec, NULL, data, &options, err);
    assert_true((status == BP_OK) == (model != NULL));
    return model;
}

/* 0 outputs: refused, with that field. */
static void check(bp_loss loss, size_t units, bp_dataset *data, size_t outputs, size_t classes) {
    bp_error err = {0};
    bp_snapshot *model = bind(loss, units, data, &err);
    if (outputs == 0) {
        assert_null(model);
        assert_int_equal(err.code, BP_INVALID);
    } else {
        assert_non_null(model);
        assert_int_equal(model->network.width[1], outputs);
        assert_int_equal(model->classes.count, classes);
    }
    bp_snapshot_unref(model);
    bp_dataset_unref(data);
}

static void labels_take_one_output_or_one_for_each_class(void **state) {
    (void)state;
    static const bp_loss losses[] = {BP_LOSS_BINARY_CROSS_ENTROPY, BP_LOSS_HINGE};
    for (size_t i = 0; i < 2; i++) {
        const bp_loss loss = losses[i];
        check(loss, 0, make(2, NULL, 1), 1, 2); /* text */
        check(loss, 1, make(2, NULL, 1), 1, 2);
        check(loss, 2, make(2, NULL, 1), 2, 2);
        check(loss, 0, make(3, NULL, 1), 3, 3);
        check(loss, 1, make(3, NULL, 1), 0, 0);
        check(loss, 0, make(2, zero_or_one, 1), 1, 2); /* integers, which are classes too */
        check(loss, 0, make(0, zero_or_one, 1), 1, 0);
        check(loss, 0, make(0, (float[2 * ROWS]){0, 1, 0.5f}, 2), 2, 0);
        check(loss, 3, make(0, (float[2 * ROWS]){0, 1, 0.5f}, 2), 0, 0);
    }
    check(BP_LOSS_MSE, 0, make(2, NULL, 1), 2, 2); /* as ever */
    check(BP_LOSS_MSE, 0, make(2, zero_or_one, 1), 1, 0);
    check(BP_LOSS_CROSS_ENTROPY, 0, make(2, zero_or_one, 1), 2, 2);
}

static void what_is_no_label_is_told_with_its_place(void **state) {
    (void)state;
    bp_error err = {0};
    bp_dataset *data = make(0, (float[2 * ROWS]){0, 1, 0.5f, 1.5f}, 2);
    assert_null(bind(BP_LOSS_BINARY_CROSS_ENTROPY, 0, data, &err));
    assert_string_equal(err.field, "/dataset");
    assert_non_null(strstr(err.message, "row 2 of column 'y1' is 1.5"));
    bp_snapshot *model = bind(BP_LOSS_POISSON, 0, data, NULL); /* no labels: any number goes */
    assert_non_null(model);
    bp_snapshot_unref(model);
    bp_dataset_unref(data);
}

static const bp_kernels *fastest(void) {
    const bp_kernels *kernels;
    assert_int_equal(bp_kernels_find(NULL, &kernels, NULL), BP_OK);
    return kernels;
}

static bp_evaluation evaluate(const bp_snapshot *model, const bp_dataset *data) {
    const bp_evaluation_options options = {0};
    bp_evaluation_report report;
    assert_int_equal(bp_evaluate(&report, model, fastest(), data, &options, NULL), BP_OK);
    const bp_evaluation total = report.total;
    bp_evaluation_report_clear(&report);
    return total;
}

/* The accuracy of a model of one input whose outputs all are sigma(w x + b). */
static double accuracy_of(bp_loss loss, size_t units, bp_dataset *data, float w, float b) {
    bp_snapshot *model = bind(loss, units, data, NULL);
    assert_non_null(model);
    float weights[3] = {w, w, w}, biases[3] = {b, b, b};
    bp_snapshot_set_layer(model, 1, weights, biases);
    const bp_evaluation found = evaluate(model, data);
    assert_true(found.r2 != found.r2);
    bp_snapshot_unref(model);
    bp_dataset_unref(data);
    return found.accuracy;
}

static void accuracy_is_the_share_of_right_labels(void **state) {
    (void)state;
    const bp_loss binary = BP_LOSS_BINARY_CROSS_ENTROPY, hinge = BP_LOSS_HINGE;
    static const float pairs[2 * ROWS] = {0, 1, 0, 1, 0, 1, 1, 1, 1, 1, 1, 1};
    assert_true(accuracy_of(binary, 1, make(2, NULL, 1), 1, 0) == 1);
    assert_true(accuracy_of(binary, 1, make(2, NULL, 1), -1, 0) == 0);
    assert_true(accuracy_of(binary, 1, make(2, NULL, 1), 0, 1) == 0.5);
    assert_true(accuracy_of(hinge, 1, make(2, NULL, 1), 1, 0) == 1);
    assert_true(accuracy_of(hinge, 1, make(2, NULL, 1), 1, -1.5f) == 5.0 / 6);
    assert_true(accuracy_of(binary, 0, make(0, pairs, 2), 1, 0) == 9.0 / 12);
    assert_true(accuracy_of(hinge, 0, make(0, pairs, 2), 1, 0) == 9.0 / 12);
}

/* With one output the loss is that of the second class against the first. */
static void one_output_is_the_second_class(void **state) {
    (void)state;
    bp_dataset *classes = make(2, NULL, 1), *numbers = make(0, zero_or_one, 1);
    bp_snapshot *model = bind(BP_LOSS_BINARY_CROSS_ENTROPY, 1, classes, NULL);
    bp_snapshot *same = bind(BP_LOSS_BINARY_CROSS_ENTROPY, 1, numbers, NULL);
    const bp_evaluation found = evaluate(model, classes), expected = evaluate(same, numbers);
    assert_true(found.loss == expected.loss && found.accuracy == expected.accuracy);
    assert_int_equal(bp_predicted_class(&model->network, &(float){0.51f}), 1);
    assert_int_equal(bp_predicted_class(&model->network, &(float){0.5f}), 0);
    bp_snapshot_unref(model);
    bp_snapshot_unref(same);
    bp_dataset_unref(classes);
    bp_dataset_unref(numbers);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(labels_take_one_output_or_one_for_each_class),
        cmocka_unit_test(what_is_no_label_is_told_with_its_place),
        cmocka_unit_test(accuracy_is_the_share_of_right_labels),
        cmocka_unit_test(one_output_is_the_second_class),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
