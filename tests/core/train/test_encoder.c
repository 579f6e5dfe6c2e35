/* Recipes fitted to small tables whose numbers can be worked out by hand, and rows they make. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "csv.h"
#include "encoder.h"
#include "inference.h"

static bp_dataset *load(const char *body, const char *types) {
    const bp_dataset_options options = {.types = types};
    bp_dataset_builder *builder;
    bp_csv *csv;
    bp_dataset *data = NULL;
    bp_error err = {0};
    assert_int_equal(bp_dataset_builder_new(&builder, &options, NULL), BP_OK);
    assert_int_equal(bp_csv_new(&csv, builder, NULL, NULL), BP_OK);
    bp_status status = bp_csv_feed(csv, body, strlen(body), &err);
    status = status == BP_OK ? bp_csv_finish(csv, &err) : status;
    status = status == BP_OK ? bp_dataset_builder_finish(builder, &data, &err) : status;
    if (status != BP_OK) {
        fail_msg("%s", err.message);
    }
    bp_csv_free(csv);
    bp_dataset_builder_free(builder);
    return data;
}

static bp_model_spec linear(void) {
    return (bp_model_spec){
        .layer_count = 1, .layers = {{.activation = BP_ACTIVATION_LINEAR}}, .loss = BP_LOSS_MSE};
}

static bp_train_options all_rows(void) {
    bp_train_options o = bp_train_defaults();
    o.validation.fraction = 0;
    return o;
}

static bp_snapshot *bind(const bp_model_spec *spec, const bp_dataset *data) {
    const bp_train_options o = all_rows();
    bp_snapshot *model = NULL;
    bp_error err = {0};
    if (bp_train_bind(&model, spec, NULL, data, &o, &err) != BP_OK) {
        fail_msg("%s (%s)", err.message, err.field);
    }
    return model;
}

static void refuse(const bp_model_spec *spec, const bp_snapshot *current, const bp_dataset *data,
                   const char *field, const char *says) {
    const bp_train_options o = all_rows();
    bp_snapshot *model = NULL;
    bp_error err = {0};
    assert_int_equal(bp_train_bind(&model, spec, current, data, &o, &err), BP_INVALID);
    assert_string_equal(err.field, field);
    if (strstr(err.message, says) == NULL) {
        fail_msg("'%s' does not say '%s'", err.message, says);
    }
}

/* The inputs of all rows, unscaled, as "1 0 2.5|..." in the shortest form. */
static void assert_inputs(const bp_snapshot *model, const bp_dataset *data, const char *expected) {
    bp_encoder *encoder = NULL;
    char text[1024] = "";
    const size_t inputs = model->network.width[0];
    float row[64];
    assert_true(inputs <= 64);
    assert_int_equal(bp_encoder_new(&encoder, model, data, NULL), BP_OK);
    for (size_t r = 0; r < data->rows; r++) {
        if (encoder != NULL) {
            bp_encoder_write(encoder, NULL, r, 1, row);
        } else {
            memcpy(row, data->x + r * inputs, inputs * sizeof *row);
        }
        for (size_t c = 0; c < inputs; c++) {
            size_t used = strlen(text);
            snprintf(text + used, sizeof text - used, "%s%g",
                     c > 0   ? " "
                     : r > 0 ? "|"
                             : "",
                     (double)row[c]);
        }
    }
    bp_encoder_free(encoder);
    assert_string_equal(text, expected);
}

static void assert_names(const bp_names *names, const char *expected) {
    char text[1024] = "";
    for (size_t i = 0; i < names->count; i++) {
        size_t used = strlen(text);
        snprintf(text + used, sizeof text - used, "%s%s", i > 0 ? "," : "", names->item[i]);
    }
    assert_string_equal(text, expected);
}

static void assert_scaling(const bp_snapshot *model, size_t input, double mean, double scale) {
    assert_true(fabs((double)model->input_mean[input] - mean) < 1e-6);
    assert_true(fabs((double)model->input_scale[input] - scale) < 1e-6);
}

#define TABLE                                                                                      \
    "n,color,ok,y\n"                                                                               \
    "1,red,yes,0.5\n"                                                                              \
    ",blue,no,1.5\n"                                                                               \
    "3,?,yes,2.5\n"                                                                                \
    "5,red,,3.5\n"

static void labels_and_missing_values_become_numbers(void **state) {
    (void)state;
    const bp_model_spec spec = linear();
    bp_dataset *data = load(TABLE, NULL);
    bp_snapshot *model = bind(&spec, data);
    assert_names(&model->features, "n,color=red,color=blue,color=(other),ok");
    /* the mean of 1, 3, 5; red comes twice; yes comes twice */
    assert_inputs(model, data, "1 1 0 0 1|3 0 1 0 0|3 1 0 0 1|5 1 0 0 1");
    assert_scaling(model, 0, 3, 1 / sqrt(2)); /* of 1, 3, 3, 5 */
    for (size_t i = 1; i < 5; i++) {
        assert_scaling(model, i, 0, 1);
    }
    bp_snapshot_unref(model);
    bp_dataset_unref(data);
}

static void columns_are_found_by_name(void **state) {
    (void)state;
    const bp_model_spec spec = linear();
    bp_dataset *data = load(TABLE, NULL);
    bp_snapshot *model = bind(&spec, data);
    /* other places, other codes, a column more, and a label never seen */
    bp_dataset *other = load("ok,extra,color,n,y\nno,7,green,1,0.5\nyes,8,blue,2,0.25\n"
                             "true,9,red,,1\n",
                             "ok:boolean,color:categorical");
    assert_inputs(model, other, "1 0 0 1 0|2 0 1 0 1|3 1 0 0 1");
    bp_dataset *lacking = load("n,color,y\n1,red,0.5\n2,blue,0.25\n", NULL);
    refuse(&spec, model, lacking, "/dataset", "'ok'");
    bp_dataset *numbers = load("n,color,ok,y\n1,red,0,0.5\n2,blue,1,0.25\n", NULL);
    refuse(&spec, model, numbers, "/dataset", "'ok' is numeric, and boolean");
    bp_dataset_unref(numbers);
    bp_dataset_unref(lacking);
    bp_dataset_unref(other);
    bp_snapshot_unref(model);
    bp_dataset_unref(data);
}

static void plain_tables_stay_as_they_are(void **state) {
    (void)state;
    const bp_model_spec spec = linear();
    bp_dataset *data = load("a,b,y\n1,10,0.5\n3,30,1.5\n", NULL);
    bp_snapshot *model = bind(&spec, data);
    bp_encoder *encoder = (bp_encoder *)(void *)model; /* anything: it must become NULL */
    assert_true(bp_recipe_is_plain(&model->recipe));
    assert_int_equal(bp_encoder_new(&encoder, model, data, NULL), BP_OK);
    assert_null(encoder);
    assert_scaling(model, 0, 2, 1);
    assert_scaling(model, 1, 20, 0.1);
    /* what stands for a missing value later on */
    bp_dataset *gaps = load("b,a,y\n,1,0.5\n30,,1.5\n", NULL);
    assert_inputs(model, gaps, "1 20|2 30");
    bp_dataset_unref(gaps);
    bp_snapshot_unref(model);
    bp_dataset_unref(data);
}

static void rules_of_missing_values(void **state) {
    (void)state;
    static const struct {
        bp_missing missing;
        const char *inputs;
    } cases[] = {
        {BP_MISSING_MEAN, "1 0|3.5 1|1 0|8 0|4 0"},
        {BP_MISSING_MEDIAN, "1 0|2.5 1|1 0|8 0|4 0"},
        {BP_MISSING_CONSTANT, "1 0|-7 1|1 0|8 0|4 0"},
        {BP_MISSING_MOST_FREQUENT, "1 0|1 1|1 0|8 0|4 0"},
    };
    bp_dataset *data = load("n,y\n1,0.5\n,1.5\n1,2.5\n8,3.5\n4,4.5\n", NULL);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        bp_model_spec spec = linear();
        spec.column_rule =
            (bp_column_rule){.missing = cases[i].missing, .fill = -7, .indicator = true};
        bp_snapshot *model = bind(&spec, data);
        assert_names(&model->features, "n,n.missing");
        assert_inputs(model, data, cases[i].inputs);
        assert_scaling(model, 1, 0, 1);
        bp_snapshot_unref(model);
    }
    bp_model_spec spec = linear();
    spec.column_rule.missing = BP_MISSING_REFUSE;
    refuse(&spec, NULL, data, "/dataset", "'n' has no value in 1 of 5 rows");
    bp_dataset_unref(data);
}

static void labels_have_rules_of_their_own(void **state) {
    (void)state;
    bp_dataset *data =
        load("c,d,y\na,p,0.5\nb,q,1.5\nb,q,2.5\n?,?,3.5\nc,p,4.5\nd,p,5.5\nb,q,6\n", NULL);
    bp_model_spec spec = linear();
    bp_column_rule rule = {.missing = BP_MISSING_CONSTANT, .max_categories = 2};
    assert_int_equal(bp_column_rules_add(&spec.column_rules, "c", &rule, NULL), BP_OK);
    bp_snapshot *model = bind(&spec, data);
    /* b three times, then a, c and d once; p and q three times each */
    assert_names(&model->features, "c=b,c=a,c=(other),d=p,d=q,d=(other)");
    assert_inputs(model, data,
                  "0 1 0 1 0 0|1 0 0 0 1 0|1 0 0 0 1 0|0 0 1 1 0 0|0 0 1 1 0 0|0 0 1 1 0 0|"
                  "1 0 0 0 1 0");
    bp_snapshot_unref(model);
    spec = linear();
    assert_int_equal(bp_column_rules_add(&spec.column_rules, "e", &rule, NULL), BP_OK);
    refuse(&spec, NULL, data, "/model", "'e'");
    bp_dataset_unref(data);
}

static void moments_are_seven_numbers(void **state) {
    (void)state;
    const bp_model_spec spec = linear();
    bp_dataset *data = load("when,y\n2024-02-29,0.5\n,1.5\n2022-04-01T10:30,2.5\n", NULL);
    bp_snapshot *model = bind(&spec, data);
    assert_names(&model->features, "when.year,when.month,when.day,when.weekday,when.hour,"
                                   "when.minute,when.second");
    assert_inputs(model, data, "2024 2 29 4 0 0 0|2023 3 15 4.5 5 15 0|2022 4 1 5 10 30 0");
    bp_snapshot_unref(model);
    bp_dataset_unref(data);
}

static void scales(void **state) {
    (void)state;
    static const struct {
        bp_preprocessing scale;
        double mean, factor;
    } cases[] = {
        {BP_PREPROCESSING_NONE, 0, 1},
        {BP_PREPROCESSING_MIN_MAX, 0, 0.1},
        {BP_PREPROCESSING_ROBUST, 2, 1.0 / 3}, /* 0 1 2 4 10: quartiles 1 and 4 */
        {BP_PREPROCESSING_STANDARDIZE, 3.4, 1 / 3.5552777669262356},
    };
    bp_dataset *data = load("n,y\n0,0.5\n10,1.5\n2,2.5\n4,3.5\n1,4.5\n", NULL);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        bp_model_spec spec = linear();
        spec.preprocessing = cases[i].scale;
        bp_snapshot *model = bind(&spec, data);
        assert_scaling(model, 0, cases[i].mean, cases[i].factor);
        bp_snapshot_unref(model);
    }
    bp_dataset_unref(data);
}

static void logarithms(void **state) {
    (void)state;
    bp_model_spec spec = linear();
    spec.preprocessing = BP_PREPROCESSING_LOG1P;
    bp_dataset *data = load("n,y\n0,0.5\n,1.5\n1.71828182845904524,2.5\n", NULL);
    bp_snapshot *model = bind(&spec, data);
    assert_names(&model->features, "log1p(n)");
    /* the mean 0.859 of the values that are there, then the logarithm: 0, ln 1.859, 1 */
    assert_inputs(model, data, "0|0.620115|1");
    bp_snapshot_unref(model);
    bp_dataset_unref(data);
    data = load("n,y\n0,0.5\n-1,1.5\n", NULL);
    refuse(&spec, NULL, data, "/dataset", "'n' is -1 in row 2");
    bp_dataset_unref(data);
}

static void rows_can_be_left_out(void **state) {
    (void)state;
    bp_model_spec spec = linear();
    spec.column_rule.missing = BP_MISSING_DROP;
    bp_dataset *data = load("n,m,y\n1,1,0.5\n,2,1.5\n3,,2.5\n5,4,3.5\n", NULL);
    bp_snapshot *model = bind(&spec, data);
    const bp_train_options o = all_rows();
    bp_split split;
    assert_int_equal(bp_train_split(&split, &model->recipe, data, &o, NULL), BP_OK);
    assert_int_equal(split.training, 2);
    assert_int_equal(split.rows[0], 0);
    assert_int_equal(split.rows[1], 3);
    bp_split_clear(&split);
    assert_scaling(model, 0, 3, 0.5); /* of 1 and 5 */
    bp_snapshot_unref(model);
    bp_dataset_unref(data);
}

static void a_copy_is_whole(void **state) {
    (void)state;
    bp_model_spec spec = linear();
    spec.column_rule.indicator = true;
    bp_dataset *data = load(TABLE, NULL);
    bp_snapshot *model = bind(&spec, data), *copy;
    assert_int_equal(bp_snapshot_copy(&copy, model, NULL), BP_OK);
    char hex[2][BP_DIGEST_HEX_SIZE];
    for (int i = 0; i < 2; i++) {
        bp_digest digest;
        bp_digest_start(&digest);
        bp_recipe_digest(i == 0 ? &model->recipe : &copy->recipe, &digest);
        bp_digest_finish(&digest, hex[i]);
    }
    assert_string_equal(hex[0], hex[1]);
    bp_snapshot_unref(model);
    assert_inputs(copy, data, "1 0 1 0 0 0 1 0|3 1 0 1 0 0 0 0|3 0 1 0 0 1 1 0|5 0 1 0 0 0 1 1");
    bp_snapshot_unref(copy);
    bp_dataset_unref(data);
}

/* A raw row is encoded as the data set's is. */
static void given_rows_are_read_alike(void **state) {
    (void)state;
    const bp_model_spec spec = linear();
    bp_dataset *data = load(TABLE, NULL);
    bp_snapshot *model = bind(&spec, data);
    const float cells[] = {NAN, 1, 0, 5, 2, NAN};
    float inputs[10];
    assert_int_equal(bp_encode_cells(inputs, &model->recipe, cells, 2, NULL), BP_OK);
    const float expected[] = {3, 0, 1, 0, 0, 5, 0, 0, 1, 1};
    assert_memory_equal(inputs, expected, sizeof expected);
    bp_snapshot_unref(model);
    bp_dataset_unref(data);
}

/* Targets 1, 2, 6: mean 3, deviation sqrt(14 / 3). A network that says 0 predicts the mean, and its
 * metrics are in the units of the data. */
static void targets_are_scaled_and_told_in_their_unit(void **state) {
    (void)state;
    bp_model_spec spec = linear();
    spec.targets = BP_TARGET_SCALING_STANDARDIZE;
    bp_dataset *data = load("n,y\n1,1\n2,2\n3,6\n", "y:numeric");
    bp_snapshot *model = bind(&spec, data);
    assert_true(model->target_mean[0] == 3);
    assert_true(fabs((double)model->target_scale[0] - 1 / sqrt(14.0 / 3)) < 1e-7);
    bp_snapshot_set_layer(model, 1, (const float[]){0}, (const float[]){0});
    const bp_kernels *kernels;
    float outputs[3];
    bp_evaluation_report report = {0};
    const bp_evaluation_options options = {.top_k = 1};
    assert_int_equal(bp_kernels_find(NULL, &kernels, NULL), BP_OK);
    assert_int_equal(bp_predict_dataset(model, kernels, data, outputs, NULL), BP_OK);
    assert_true(outputs[0] == 3 && outputs[2] == 3);
    assert_int_equal(bp_evaluate(&report, model, kernels, data, &options, NULL), BP_OK);
    assert_true(fabs(report.of_output[0].mse - 14.0 / 3) < 1e-5);
    assert_true(fabs(report.total.loss - 1) < 1e-6); /* in the unit of the network */
    assert_true(fabs(report.total.r2) < 1e-6);
    bp_evaluation_report_clear(&report);
    bp_snapshot_unref(model);
    bp_dataset_unref(data);
}

/* A row that takes no part is judged by nothing, and predicted all the same. */
static void left_out_rows_are_not_judged(void **state) {
    (void)state;
    bp_model_spec spec = linear();
    spec.column_rule.missing = BP_MISSING_DROP;
    bp_dataset *data = load("n,y\n1,0.5\n,100.5\n3,2.5\n", NULL);
    bp_snapshot *model = bind(&spec, data);
    bp_snapshot_set_layer(model, 1, (const float[]){1}, (const float[]){1.5F});
    const bp_kernels *kernels;
    float outputs[3];
    bp_evaluation_report report = {0};
    const bp_evaluation_options options = {.top_k = 1};
    assert_int_equal(bp_kernels_find(NULL, &kernels, NULL), BP_OK);
    assert_int_equal(bp_evaluate(&report, model, kernels, data, &options, NULL), BP_OK);
    assert_int_equal(report.total.rows, 2);
    assert_true(report.total.loss < 1e-9); /* 1.5 - 1 and 1.5 + 1 */
    assert_int_equal(bp_predict_dataset(model, kernels, data, outputs, NULL), BP_OK);
    assert_true(outputs[1] == 1.5F);
    bp_evaluation_report_clear(&report);
    bp_snapshot_unref(model);
    bp_dataset_unref(data);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(labels_and_missing_values_become_numbers),
        cmocka_unit_test(columns_are_found_by_name),
        cmocka_unit_test(plain_tables_stay_as_they_are),
        cmocka_unit_test(rules_of_missing_values),
        cmocka_unit_test(labels_have_rules_of_their_own),
        cmocka_unit_test(moments_are_seven_numbers),
        cmocka_unit_test(scales),
        cmocka_unit_test(logarithms),
        cmocka_unit_test(rows_can_be_left_out),
        cmocka_unit_test(a_copy_is_whole),
        cmocka_unit_test(given_rows_are_read_alike),
        cmocka_unit_test(targets_are_scaled_and_told_in_their_unit),
        cmocka_unit_test(left_out_rows_are_not_judged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
