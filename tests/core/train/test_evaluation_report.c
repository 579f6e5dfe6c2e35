/* A whole evaluation, against scikit-learn's numbers (make_metrics_fixture.py) and by hand. */
#include "inference.h"
#include "made_dataset.h"
#include "trainer.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { MOST_ROWS = 100, MOST_WIDTH = 5, TOP = 2, MANY_CLASSES = 20000, MANY_ROWS = 900 };

static const bp_kernels *fastest(void) {
    const bp_kernels *kernels;
    assert_int_equal(bp_kernels_find(NULL, &kernels, NULL), BP_OK);
    return kernels;
}

/* A model of one layer whose outputs are sigma(x): w is the unit matrix, b is 0. */
static bp_snapshot *identity(bp_loss loss, bp_activation last, size_t width, bp_dataset *data) {
    const bp_model_spec spec = {
        .layer_count = 1, .layers = {{.units = width, .activation = last}}, .loss = loss};
    const bp_train_options options = bp_train_defaults();
    bp_snapshot *model;
    bp_error err = {0};
    if (bp_train_bind(&model, &spec, NULL, data, &options, &err) != BP_OK) {
        fail_msg("%s: %s", err.field, err.message);
    }
    float *w = calloc(width * width + width, sizeof *w);
    for (size_t j = 0; j < width; j++) {
        w[j * width + j] = 1;
        model->input_mean[j] = 0;
        model->input_scale[j] = 1;
    }
    bp_snapshot_set_layer(model, 1, w, w + width * width);
    free(w);
    return model;
}

static bp_evaluation_report evaluate(bp_snapshot *model, const bp_dataset *data, size_t top_k) {
    const bp_evaluation_options options = {.top_k = top_k};
    bp_evaluation_report report;
    assert_int_equal(bp_evaluate(&report, model, fastest(), data, &options, NULL), BP_OK);
    bp_snapshot_unref(model);
    return report;
}

static void near(const char *what, double found, double expected, double margin) {
    if (!(fabs(found - expected) <= margin) && !(isnan(found) && isnan(expected))) {
        fail_msg("%s: %.17g is not %.17g", what, found, expected);
    }
}

/* --- against scikit-learn -------------------------------------------------------------------- */

static FILE *open_fixture(void) {
    FILE *file = fopen(BP_SOURCE_DIR "/tests/fixtures/sklearn_metrics.txt", "r");
    assert_non_null(file);
    return file;
}

static double next(FILE *file) {
    char word[40], *end;
    assert_int_equal(fscanf(file, "%39s", word), 1);
    const double value = strtod(word, &end);
    assert_true(*end == '\0');
    return value;
}

static void check_next(FILE *file, const char *name, double found) {
    char word[40];
    assert_int_equal(fscanf(file, "%39s", word), 1);
    assert_string_equal(word, name);
    near(name, found, next(file), 1e-14);
}

static bp_dataset *read_classes(FILE *file, size_t rows, size_t classes) {
    static float x[MOST_ROWS * MOST_WIDTH];
    static int32_t label[MOST_ROWS];
    assert_true(rows <= MOST_ROWS && classes <= MOST_WIDTH);
    for (size_t i = 0; i < rows; i++) {
        label[i] = (int32_t)next(file);
        for (size_t k = 0; k < classes; k++) {
            x[i * classes + k] = (float)next(file);
        }
    }
    const bp_made_table table = {.rows = rows,
                                 .features = classes,
                                 .targets = 1,
                                 .classes = classes,
                                 .x = x,
                                 .class_index = label};
    bp_dataset *data;
    assert_int_equal(bp_made_dataset(&data, &table, NULL), BP_OK);
    return data;
}

static void check_classes(FILE *file, const bp_evaluation_report *r) {
    for (size_t k = 0; k < r->classes; k++) {
        const bp_class_scores scores = bp_confusion_of_class(&r->confusion, k);
        assert_true(r->confusion.support[k] == (uint64_t)next(file));
        near("precision", scores.precision, next(file), 1e-14);
        near("recall", scores.recall, next(file), 1e-14);
        near("f1", scores.f1, next(file), 1e-14);
        near("auc", r->auc_of_class[k], next(file), 1e-14);
    }
    for (size_t i = 0; i < r->classes * r->classes; i++) {
        assert_true(r->confusion.matrix[i] == (uint64_t)next(file));
    }
}

static void check_case(FILE *file, size_t rows, size_t classes) {
    bp_dataset *data = read_classes(file, rows, classes);
    bp_evaluation_report r =
        evaluate(identity(BP_LOSS_MSE, BP_ACTIVATION_LINEAR, classes, data), data, TOP);
    bp_evaluation_report p =
        evaluate(identity(BP_LOSS_CROSS_ENTROPY, BP_ACTIVATION_SOFTMAX, classes, data), data, TOP);
    assert_int_equal(r.classes, classes);
    assert_int_equal(r.outputs, 0);
    assert_true(isnan(r.log_loss) && r.total.accuracy == r.summary.accuracy);
    check_next(file, "accuracy", r.total.accuracy);
    check_next(file, "balanced_accuracy", r.summary.balanced_accuracy);
    check_next(file, "macro_f1", r.summary.macro_f1);
    check_next(file, "micro_f1", r.summary.micro_f1);
    check_next(file, "weighted_f1", r.summary.weighted_f1);
    check_next(file, "auc", r.auc);
    assert_true(isnan(r.auc) == (r.auc_note != NULL));
    char word[40];
    assert_int_equal(fscanf(file, "%39s", word), 1);
    near("log_loss", p.log_loss, next(file), 1e-6); /* the softmax is in float32 */
    near("log_loss", p.log_loss, p.total.loss, 1e-6);
    near("top_k", p.top_k_accuracy, r.top_k_accuracy, 0);
    check_next(file, "top_k_accuracy", r.top_k_accuracy);
    check_classes(file, &r);
    bp_evaluation_report_clear(&r);
    bp_evaluation_report_clear(&p);
    bp_dataset_unref(data);
}

static void classes_are_judged_as_by_scikit_learn(void **state) {
    (void)state;
    FILE *file = open_fixture();
    char kind[40], name[40];
    size_t cases = 0;
    while (fscanf(file, "%39s", kind) == 1 && strcmp(kind, "classes") == 0) {
        assert_int_equal(fscanf(file, "%39s", name), 1);
        const size_t rows = (size_t)next(file), classes = (size_t)next(file);
        check_case(file, rows, classes);
        cases++;
    }
    assert_int_equal(cases, 4);
    fclose(file);
}

static void check_residuals(FILE *file, const bp_residuals *r) {
    near("mse", r->mse, next(file), 1e-14);
    near("rmse", r->rmse, next(file), 1e-14);
    near("mae", r->mae, next(file), 1e-14);
    near("r2", r->r2, next(file), 1e-14);
}

static void reals_are_judged_as_by_scikit_learn(void **state) {
    (void)state;
    FILE *file = open_fixture();
    char word[40] = "";
    while (strcmp(word, "reals") != 0) {
        assert_int_equal(fscanf(file, "%39s", word), 1);
    }
    const size_t rows = (size_t)next(file), width = (size_t)next(file);
    static float x[MOST_ROWS * MOST_WIDTH], y[MOST_ROWS * MOST_WIDTH];
    assert_true(rows <= MOST_ROWS && width <= MOST_WIDTH);
    for (size_t i = 0; i < 2 * rows * width; i++) {
        const size_t row = i / (2 * width), column = i % (2 * width);
        float *of = column < width ? y : x;
        of[row * width + column % width] = (float)next(file);
    }
    const bp_made_table table = {.rows = rows, .features = width, .targets = width, .x = x, .y = y};
    bp_dataset *data;
    assert_int_equal(bp_made_dataset(&data, &table, NULL), BP_OK);
    bp_evaluation_report r =
        evaluate(identity(BP_LOSS_MSE, BP_ACTIVATION_LINEAR, width, data), data, 0);
    assert_int_equal(r.outputs, width);
    assert_int_equal(r.classes, 0);
    for (size_t j = 0; j < width; j++) {
        check_residuals(file, &r.of_output[j]);
    }
    check_residuals(file, &r.of_all);
    near("loss", r.total.loss, r.of_all.mse, 1e-6);
    bp_evaluation_report_clear(&r);
    bp_dataset_unref(data);
    fclose(file);
}

/* --- by hand --------------------------------------------------------------------------------- */

static bp_dataset *make_two(void) {
    static const float x[] = {-2, -1, 1, 3, -1};
    static const int32_t label[] = {0, 1, 1, 1, 0};
    const bp_made_table table = {
        .rows = 5, .features = 1, .targets = 1, .classes = 2, .x = x, .class_index = label};
    bp_dataset *data;
    assert_int_equal(bp_made_dataset(&data, &table, NULL), BP_OK);
    return data;
}

/* Of the pairs of {-1, 1, 3} and {-2, -1}, five are in order and one is equal. */
static void one_output_is_judged_by_the_second_class(void **state) {
    (void)state;
    bp_dataset *data = make_two();
    bp_evaluation_report margin =
        evaluate(identity(BP_LOSS_HINGE, BP_ACTIVATION_LINEAR, 1, data), data, 1);
    near("auc", margin.auc, 5.5 / 6, 1e-15);
    near("auc of the first", margin.auc_of_class[0], 5.5 / 6, 1e-15);
    assert_true(isnan(margin.top_k_accuracy) && isnan(margin.log_loss));
    near("accuracy", margin.summary.accuracy, 4.0 / 5, 1e-15);
    bp_evaluation_report p =
        evaluate(identity(BP_LOSS_BINARY_CROSS_ENTROPY, BP_ACTIVATION_SIGMOID, 1, data), data, 0);
    /* -log of sigma(2), sigma(-1), sigma(1), sigma(3), sigma(1): log(1 + e^-z) */
    const double z[] = {2, -1, 1, 3, 1};
    double sum = 0;
    for (size_t i = 0; i < 5; i++) {
        sum += log1p(exp(-z[i])) / 5;
    }
    near("log_loss", p.log_loss, sum, 1e-6);
    near("auc", p.auc, 5.5 / 6, 1e-15);
    bp_evaluation_report_clear(&margin);
    bp_evaluation_report_clear(&p);
    bp_dataset_unref(data);
}

/* A probability of 0 is taken for 2^-52: log_loss stays finite. */
static void a_sure_mistake_costs_much_and_not_everything(void **state) {
    (void)state;
    const bp_made_table table = {.rows = 1,
                                 .features = 2,
                                 .targets = 1,
                                 .classes = 2,
                                 .x = (float[]){0, 900},
                                 .class_index = (int32_t[]){0}};
    bp_dataset *data;
    assert_int_equal(bp_made_dataset(&data, &table, NULL), BP_OK);
    bp_evaluation_report r =
        evaluate(identity(BP_LOSS_CROSS_ENTROPY, BP_ACTIVATION_SOFTMAX, 2, data), data, 0);
    near("log_loss", r.log_loss, 52 * log(2), 1e-12);
    assert_true(isnan(r.auc));
    assert_non_null(strstr(r.auc_note, "no rows"));
    bp_evaluation_report_clear(&r);
    bp_dataset_unref(data);
}

/* Labels that are columns of numbers have an accuracy and no classes. */
static void labels_as_numbers_have_an_accuracy(void **state) {
    (void)state;
    const bp_made_table table = {.rows = 2,
                                 .features = 2,
                                 .targets = 2,
                                 .x = (float[]){3, -3, 3, 3},
                                 .y = (float[]){1, 0, 1, 0}};
    bp_dataset *data;
    assert_int_equal(bp_made_dataset(&data, &table, NULL), BP_OK);
    bp_evaluation_report r =
        evaluate(identity(BP_LOSS_BINARY_CROSS_ENTROPY, BP_ACTIVATION_SIGMOID, 2, data), data, 0);
    near("accuracy", r.total.accuracy, 3.0 / 4, 0);
    assert_true(r.classes == 0 && r.outputs == 0);
    bp_evaluation_report_clear(&r);
    bp_dataset_unref(data);
}

static void too_many_scores_are_not_kept(void **state) {
    (void)state;
    float *x = calloc(MANY_ROWS, sizeof *x);
    int32_t *label = calloc(MANY_ROWS, sizeof *label);
    for (int32_t i = 0; i < MANY_ROWS; i++) {
        label[i] = i;
    }
    const bp_made_table table = {.rows = MANY_ROWS,
                                 .features = 1,
                                 .targets = 1,
                                 .classes = MANY_CLASSES,
                                 .x = x,
                                 .class_index = label};
    const bp_model_spec spec = {.layer_count = 1,
                                .layers = {{.activation = BP_ACTIVATION_SOFTMAX}},
                                .loss = BP_LOSS_CROSS_ENTROPY};
    const bp_train_options options = bp_train_defaults();
    bp_dataset *data;
    bp_snapshot *model;
    assert_int_equal(bp_made_dataset(&data, &table, NULL), BP_OK);
    assert_int_equal(bp_train_bind(&model, &spec, NULL, data, &options, NULL), BP_OK);
    bp_evaluation_report r = evaluate(model, data, 0);
    assert_true(isnan(r.auc) && isnan(r.auc_of_class[5]));
    assert_non_null(strstr(r.auc_note, "64 MiB"));
    assert_null(r.confusion.matrix);
    assert_int_equal(r.confusion.rows, MANY_ROWS);
    bp_evaluation_report_clear(&r);
    bp_dataset_unref(data);
    free(x);
    free(label);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(classes_are_judged_as_by_scikit_learn),
        cmocka_unit_test(reals_are_judged_as_by_scikit_learn),
        cmocka_unit_test(one_output_is_judged_by_the_second_class),
        cmocka_unit_test(a_sure_mistake_costs_much_and_not_everything),
        cmocka_unit_test(labels_as_numbers_have_an_accuracy),
        cmocka_unit_test(too_many_scores_are_not_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
