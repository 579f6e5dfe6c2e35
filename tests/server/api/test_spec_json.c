/* Models and training options from JSON and back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <float.h>
#include <stdlib.h>
#include <string.h>

#include "model_spec_json.h"
#include "optimizer_rule.h"
#include "philox.h"
#include "train_options_json.h"

static bp_status read_spec(bp_model_spec *out, const char *text, bp_error *err) {
    json_t *json = json_loads(text, 0, NULL);
    assert_non_null(json);
    bp_status status = bp_spec_from_json(out, json, err);
    json_decref(json);
    return status;
}

static bp_status read_options(bp_train_options *out, const char *text, bp_error *err) {
    json_t *json = json_loads(text, 0, NULL);
    assert_non_null(json);
    bp_status status = bp_train_options_from_json(out, json, err);
    json_decref(json);
    return status;
}

/* body, loss, activation of the first and of the last layer */
static const struct {
    const char *text;
    bp_loss loss;
    bp_activation first, last;
} defaults[] = {
    {"{\"layers\": [{\"units\": 4}, {}]}", BP_LOSS_MSE, BP_ACTIVATION_RELU, BP_ACTIVATION_LINEAR},
    {"{\"layers\": [{\"units\": 4}, {}], \"loss\": \"cross_entropy\"}", BP_LOSS_CROSS_ENTROPY,
     BP_ACTIVATION_RELU, BP_ACTIVATION_SOFTMAX},
    {"{\"layers\": [{\"units\": 4, \"activation\": \"tanh\"}, {\"activation\": \"softmax\"}]}",
     BP_LOSS_CROSS_ENTROPY, BP_ACTIVATION_TANH, BP_ACTIVATION_SOFTMAX},
    {"{\"layers\": [{\"units\": 4}, {\"activation\": \"sigmoid\"}], \"loss\": \"mse\"}",
     BP_LOSS_MSE, BP_ACTIVATION_RELU, BP_ACTIVATION_SIGMOID},
    {"{\"layers\": [{\"units\": 4}, {}], \"loss\": \"binary_cross_entropy\"}",
     BP_LOSS_BINARY_CROSS_ENTROPY, BP_ACTIVATION_RELU, BP_ACTIVATION_SIGMOID},
};

static void test_model_defaults(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof defaults / sizeof *defaults; i++) {
        bp_model_spec spec;
        assert_int_equal(read_spec(&spec, defaults[i].text, NULL), BP_OK);
        assert_int_equal(spec.loss, defaults[i].loss);
        assert_int_equal(spec.layers[0].activation, defaults[i].first);
        assert_int_equal(spec.layers[1].activation, defaults[i].last);
        assert_int_equal(spec.inputs, 0);
        assert_int_equal(spec.layers[1].units, 0);
        assert_int_equal(spec.initializer, BP_INITIALIZER_HE_UNIFORM);
        assert_int_equal(spec.preprocessing, BP_PREPROCESSING_STANDARDIZE);
    }
}

static const char *const whole_models[] = {
    ("{\"name\": \"x\", \"inputs\": 784, \"layers\": [{\"units\": 30, \"activation\": \"tanh\"},"
     " {\"activation\": \"linear\"}], \"loss\": \"mse\", \"initializer\": \"xavier_normal\","
     " \"preprocessing\": \"none\", \"seed\": 9223372036854775807}"),
    ("{\"layers\": [{}], \"initializer\": \"constant\", \"initializer_value\": -0.1,"
     " \"bias_initializer\": \"constant\", \"bias_value\": 1e-30}"),
    "{\"layers\": [{}], \"initializer\": \"orthogonal\", \"bias_initializer\": \"uniform\"}",
    "{\"layers\": [{\"units\": 3, \"layer_norm\": true}, {\"residual\": true}]}",
    "{\"layers\": [{}], \"preprocessing\": \"robust\"}",
    ("{\"layers\": [{}], \"preprocessing\": {\"scale\": \"min_max\", \"missing\": \"constant\","
     " \"fill\": -0.1, \"indicator\": true, \"max_categories\": 7, \"targets\": \"standardize\","
     " \"columns\": {\"a/b\": {\"scale\": \"log1p\", \"indicator\": false}, \"c\": {},"
     " \"d\": {\"missing\": \"drop\", \"max_categories\": 100, \"fill\": 0}}}}"),
};

static void test_model_round_trip(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof whole_models / sizeof *whole_models; i++) {
        bp_model_spec spec, again;
        assert_int_equal(read_spec(&spec, whole_models[i], NULL), BP_OK);
        json_t *json = bp_spec_to_json(&spec);
        char *dumped = json_dumps(json, 0);
        assert_int_equal(read_spec(&again, dumped, NULL), BP_OK);
        assert_memory_equal(&spec, &again, sizeof spec);
        free(dumped);
        json_decref(json);
    }
}

static void test_switches_of_a_layer(void **state) {
    (void)state;
    bp_model_spec spec;
    assert_int_equal(read_spec(&spec, whole_models[3], NULL), BP_OK);
    assert_true(spec.layers[0].layer_norm && !spec.layers[0].residual);
    assert_true(!spec.layers[1].layer_norm && spec.layers[1].residual);
}

static void test_initial_values(void **state) {
    (void)state;
    bp_model_spec spec;
    assert_int_equal(read_spec(&spec, whole_models[0], NULL), BP_OK);
    assert_int_equal(spec.seed, INT64_MAX);
    assert_int_equal(spec.bias_initializer, BP_BIAS_INITIALIZER_ZEROS);
    assert_int_equal(read_spec(&spec, whole_models[1], NULL), BP_OK);
    assert_true(spec.initializer_value == -0.1F && spec.bias_value == 1e-30F);
    assert_int_equal(read_spec(&spec, whole_models[2], NULL), BP_OK);
    assert_int_equal(spec.initializer, BP_INITIALIZER_ORTHOGONAL);
    assert_int_equal(spec.bias_initializer, BP_BIAS_INITIALIZER_UNIFORM);
}

/* A column has what all have, but for what it says itself. */
static void test_rules_of_columns(void **state) {
    (void)state;
    bp_model_spec spec;
    assert_int_equal(read_spec(&spec, whole_models[5], NULL), BP_OK);
    const bp_column_rule other = bp_model_spec_rule(&spec, "other");
    const bp_column_rule a = bp_model_spec_rule(&spec, "a/b"), d = bp_model_spec_rule(&spec, "d");
    assert_int_equal(other.scale, BP_PREPROCESSING_MIN_MAX);
    assert_true(other.fill == -0.1F && other.indicator && other.max_categories == 7);
    assert_int_equal(a.scale, BP_PREPROCESSING_LOG1P);
    assert_int_equal(a.missing, BP_MISSING_CONSTANT);
    assert_true(a.fill == -0.1F && !a.indicator && a.max_categories == 7);
    assert_int_equal(d.missing, BP_MISSING_DROP);
    assert_true(d.fill == 0 && d.indicator && d.max_categories == 0);
    assert_int_equal(spec.targets, BP_TARGET_SCALING_STANDARDIZE);
}

/* What a loss has goes round; what is usual stays out, so that digests stay as they were. */
static void test_loss_parameters_round_trip(void **state) {
    (void)state;
    static const struct {
        const char *text, *stored;
    } models[] = {
        {"\"huber\", \"huber_delta\": 0.3", "\"huber_delta\":"},
        {"\"huber\", \"huber_delta\": 1", NULL},
        {"\"huber\"", NULL},
        {"\"quantile\", \"quantile\": 0.9", "\"quantile\":"},
        {"\"quantile\", \"quantile\": 0.5", NULL},
        {"\"cross_entropy\", \"label_smoothing\": 0.1", "\"label_smoothing\":"},
        {"\"cross_entropy\", \"label_smoothing\": 0", NULL},
    };
    for (size_t i = 0; i < sizeof models / sizeof *models; i++) {
        bp_model_spec spec, again;
        char text[200];
        snprintf(text, sizeof text, "{\"layers\": [{}], \"loss\": %s}", models[i].text);
        assert_int_equal(read_spec(&spec, text, NULL), BP_OK);
        json_t *json = bp_spec_to_json(&spec);
        char *dumped = json_dumps(json, JSON_COMPACT);
        assert_true(strstr(dumped, "huber_delta") == NULL || models[i].stored != NULL);
        assert_true(strstr(dumped, "label_smoothing") == NULL || models[i].stored != NULL);
        assert_true(models[i].stored == NULL || strstr(dumped, models[i].stored) != NULL);
        assert_int_equal(read_spec(&again, dumped, NULL), BP_OK);
        bp_loss_rule one, other;
        assert_int_equal(bp_loss_rule_of(&one, spec.loss, &spec.loss_parameters, NULL), BP_OK);
        assert_int_equal(bp_loss_rule_of(&other, again.loss, &again.loss_parameters, NULL), BP_OK);
        assert_memory_equal(&one, &other, sizeof one);
        free(dumped);
        json_decref(json);
    }
}

static const struct {
    const char *text, *pointer;
} bad_models[] = {
    {"{}", "/layers"},
    {"{\"layers\": {}}", "/layers"},
    {"{\"layers\": [4]}", "/layers/0"},
    {"{\"layers\": [{\"units\": 4}, {\"units\": 0}]}", "/layers/1/units"},
    {"{\"layers\": [{\"units\": 65537}]}", "/layers/0/units"},
    {"{\"layers\": [{\"unit\": 4}]}", "/layers/0/unit"},
    {"{\"layers\": [{\"layer_norm\": 1}]}", "/layers/0/layer_norm"},
    {"{\"layers\": [{\"residual\": \"on\"}]}", "/layers/0/residual"},
    {"{\"layers\": [{\"activation\": \"swish\"}]}", "/layers/0/activation"},
    {"{\"layers\": [], \"inputs\": 0}", "/inputs"},
    {"{\"layers\": [], \"seed\": -1}", "/seed"},
    {"{\"layers\": [], \"loss\": \"cosine\"}", "/loss"},
    {"{\"layers\": [{}], \"huber_delta\": 1}", "/huber_delta"}, /* the loss is mse */
    {"{\"layers\": [{}], \"loss\": \"huber\", \"huber_delta\": 0}", "/huber_delta"},
    {"{\"layers\": [{}], \"loss\": \"huber\", \"quantile\": 0.5}", "/quantile"},
    {"{\"layers\": [{}], \"loss\": \"quantile\", \"quantile\": 0}", "/quantile"},
    {"{\"layers\": [{}], \"loss\": \"quantile\", \"quantile\": 1}", "/quantile"},
    {"{\"layers\": [{}], \"loss\": \"cross_entropy\", \"label_smoothing\": 1}", "/label_smoothing"},
    {"{\"layers\": [{}], \"loss\": \"cross_entropy\", \"label_smoothing\": -0.1}",
     "/label_smoothing"},
    {"{\"layers\": [], \"size\": 1}", "/size"},
    {"{\"layers\": [], \"initializer\": \"luck\"}", "/initializer"},
    {"{\"layers\": [], \"initializer\": \"constant\"}", "/initializer_value"},
    {"{\"layers\": [], \"initializer_value\": 0}", "/initializer_value"},
    {"{\"layers\": [], \"initializer\": \"constant\", \"initializer_value\": 1e39}",
     "/initializer_value"},
    {"{\"layers\": [], \"bias_initializer\": \"orthogonal\"}", "/bias_initializer"},
    {"{\"layers\": [], \"bias_initializer\": \"constant\"}", "/bias_value"},
    {"{\"layers\": [], \"bias_initializer\": \"uniform\", \"bias_value\": 1}", "/bias_value"},
};

static void test_bad_models(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof bad_models / sizeof *bad_models; i++) {
        bp_model_spec spec;
        bp_error err = {0};
        assert_int_equal(read_spec(&spec, bad_models[i].text, &err), BP_INVALID);
        assert_string_equal(err.field, bad_models[i].pointer);
    }
}

static void test_too_many_layers(void **state) {
    (void)state;
    json_t *layers = json_array();
    for (int i = 0; i <= BP_MAX_LAYERS; i++) {
        json_array_append_new(layers, json_pack("{s:i}", "units", 1));
    }
    json_t *body = json_pack("{s:o}", "layers", layers);
    bp_model_spec spec;
    bp_error err = {0};
    assert_int_equal(bp_spec_from_json(&spec, body, &err), BP_TOO_LARGE);
    assert_string_equal(err.field, "/layers");
    json_decref(body);
}

static void test_option_defaults(void **state) {
    (void)state;
    bp_train_options options, usual = bp_train_defaults();
    assert_int_equal(read_options(&options, "{\"model\": \"m\", \"dataset\": \"d\"}", NULL), BP_OK);
    assert_int_equal(options.epochs, usual.epochs);
    assert_true(options.learning_rate == usual.learning_rate);
    assert_int_equal(options.optimizer, BP_OPTIMIZER_ADAM);
    assert_true(options.learning_rate == 0.001F);
    assert_int_equal(read_options(&options, "{\"optimizer\": {\"beta1\": 0}}", NULL), BP_OK);
    assert_true(options.learning_rate == usual.learning_rate && options.beta1 == 0);
    assert_int_equal(read_options(&options, "{\"optimizer\": {\"type\": \"sgd\"}}", NULL), BP_OK);
    assert_true(options.learning_rate == 0.1F && options.momentum == 0.9F);
}

/* Every optimiser with settings that are not its defaults. */
static void test_optimizers_round_trip(void **state) {
    (void)state;
    for (int o = 0; o < BP_OPTIMIZER_COUNT; o++) {
        bp_train_options options = bp_train_defaults(), again;
        bp_train_set_optimizer(&options, (bp_optimizer)o);
        for (size_t h = 0; h < BP_HYPERPARAMETER_COUNT; h++) {
            if (bp_optimizer_has((bp_optimizer)o, (bp_hyperparameter)h)) {
                const float value = h == BP_HYPERPARAMETER_HISTORY ? 7 : 0.3f + 0.1f * (float)h;
                memcpy((char *)&options + bp_hyperparameters[h].offset, &value, sizeof value);
            }
        }
        json_t *json = bp_train_options_to_json(&options);
        char *text = json_dumps(json, 0);
        assert_int_equal(read_options(&again, text, NULL), BP_OK);
        assert_int_equal(again.optimizer, o);
        for (size_t h = 0; h < BP_HYPERPARAMETER_COUNT; h++) {
            size_t at = bp_hyperparameters[h].offset;
            assert_memory_equal((char *)&again + at, (char *)&options + at, sizeof(float));
        }
        free(text);
        json_decref(json);
    }
}

/* Every schedule with settings that are not its defaults, and early stopping. */
static void test_schedules_round_trip(void **state) {
    (void)state;
    for (int type = 0; type < BP_SCHEDULE_TYPE_COUNT; type++) {
        bp_train_options options = bp_train_defaults(), again;
        bp_schedule *schedule = &options.schedule;
        *schedule = bp_schedule_defaults((bp_schedule_type)type);
        const bool watches = type == BP_SCHEDULE_REDUCE_ON_PLATEAU;
        schedule->per = watches ? BP_PER_EPOCH : BP_PER_STEP;
        schedule->metric = watches ? BP_MONITOR_TRAIN_LOSS : BP_MONITOR_VALIDATION_LOSS;
        for (size_t s = 0; s < BP_SCHEDULE_SETTING_COUNT; s++) {
            const bp_schedule_setting_info *info = &bp_schedule_settings[s];
            const bool fits = info->low <= 1e-7;
            const double value = info->kind == BP_RANGE_WHOLE ? 3 + (double)s : fits ? 1e-7 : 7.3;
            if (bp_schedule_has((bp_schedule_type)type, (bp_schedule_setting)s)) {
                memcpy((char *)schedule + info->offset, &value, sizeof value);
            }
        }
        options.early_stopping = (bp_early_stopping){(bp_monitor)(type % BP_MONITOR_COUNT),
                                                     (uint64_t)type, 0.1, type % 2 == 0};
        json_t *json = bp_train_options_to_json(&options);
        char *text = json_dumps(json, 0);
        bp_error err = {0};
        if (read_options(&again, text, &err) != BP_OK) {
            fail_msg("%s: %s %s", text, err.field, err.message);
        }
        assert_memory_equal(&again.schedule, schedule, sizeof *schedule);
        assert_int_equal(again.early_stopping.patience, type);
        if (type > 0) {
            assert_int_equal(again.early_stopping.metric, type % BP_MONITOR_COUNT);
            assert_true(again.early_stopping.min_delta == 0.1);
            assert_int_equal(again.early_stopping.restore_best, type % 2 == 0);
        }
        free(text);
        json_decref(json);
    }
}

/* What does nothing is not written: the digests in receipts of jobs without it stay. */
static void test_no_schedule_is_not_written(void **state) {
    (void)state;
    bp_train_options options;
    assert_int_equal(read_options(&options, "{\"schedule\": {\"type\": \"constant\"}}", NULL),
                     BP_OK);
    json_t *json = bp_train_options_to_json(&options);
    assert_null(json_object_get(json, "schedule"));
    assert_null(json_object_get(json, "early_stopping"));
    json_decref(json);
}

/* Whatever the bits of the rates: text and back gives them again. */
static void test_options_round_trip(void **state) {
    (void)state;
    for (uint32_t i = 0; i < 2000; i++) {
        uint32_t words[4];
        bp_random_block(1, BP_STREAM_SAMPLE, 0, i, words);
        float rate;
        uint32_t bits = words[0] % 0x7f7fffffu + 1; /* positive, finite, also subnormal */
        memcpy(&rate, &bits, sizeof rate);
        bp_train_options options = {.epochs = words[1] % BP_MAX_EPOCHS + 1,
                                    .batch_size = words[2] % BP_MAX_BATCH + 1,
                                    .learning_rate = rate,
                                    .momentum = bp_random_unit(words[3]),
                                    .shuffle = i % 2 == 0,
                                    .seed = ((uint64_t)words[1] << 31) ^ words[2],
                                    .validation.fraction = 0.9 * words[0] / UINT32_MAX,
                                    .threads = i % 5};
        options.regularization.l1 = i % 3 == 0 ? rate : 0;
        options.regularization.max_norm = i % 4 == 0 ? rate : 0;
        options.regularization.dropout = i % 5 == 0 ? bp_random_unit(words[1]) : 0;
        options.regularization.input_dropout = i % 6 == 0 ? bp_random_unit(words[2]) : 0;
        options.regularization.input_noise = i % 7 == 0 ? rate : 0;
        options.gradient_clipping.norm = i % 5 == 0 ? rate : 0;
        options.activation_checkpointing = i % 7 == 0;
        json_t *json = bp_train_options_to_json(&options);
        char *text = json_dumps(json, 0);
        bp_train_options again;
        assert_int_equal(read_options(&again, text, NULL), BP_OK);
        assert_int_equal(again.epochs, options.epochs);
        assert_int_equal(again.batch_size, options.batch_size);
        assert_memory_equal(&again.learning_rate, &options.learning_rate, sizeof rate);
        assert_memory_equal(&again.momentum, &options.momentum, sizeof rate);
        assert_int_equal(again.shuffle, options.shuffle);
        assert_int_equal(again.seed, options.seed);
        assert_true(again.validation.fraction == options.validation.fraction);
        assert_int_equal(again.threads, options.threads);
        assert_memory_equal(&again.regularization, &options.regularization,
                            sizeof options.regularization);
        assert_memory_equal(&again.gradient_clipping, &options.gradient_clipping,
                            sizeof options.gradient_clipping);
        assert_int_equal(again.activation_checkpointing, options.activation_checkpointing);
        free(text);
        json_decref(json);
    }
}

static const struct {
    const char *text, *pointer;
} bad_options[] = {
    {"{\"epochs\": 0}", "/epochs"},
    {"{\"epochs\": \"3\"}", "/epochs"},
    {"{\"batch_size\": 1048577}", "/batch_size"},
    {"{\"optimizer\": \"sgd\"}", "/optimizer"},
    {"{\"optimizer\": {\"type\": \"luck\"}}", "/optimizer/type"},
    {"{\"optimizer\": {\"rate\": 1}}", "/optimizer/rate"},
    {"{\"optimizer\": {\"learning_rate\": 0}}", "/optimizer/learning_rate"},
    {"{\"optimizer\": {\"learning_rate\": 1e-60}}", "/optimizer/learning_rate"},
    {"{\"optimizer\": {\"learning_rate\": 1e60}}", "/optimizer/learning_rate"},
    {"{\"optimizer\": {\"type\": \"sgd\", \"momentum\": 1}}", "/optimizer/momentum"},
    {"{\"optimizer\": {\"type\": \"sgd\", \"beta1\": 0.9}}",
     "/optimizer/beta1"},                                            /* not one of sgd's */
    {"{\"optimizer\": {\"momentum\": 0.9}}", "/optimizer/momentum"}, /* not one of adam's */
    {"{\"optimizer\": {\"type\": \"adam\", \"momentum\": 0.9}}", "/optimizer/momentum"},
    {"{\"optimizer\": {\"type\": \"adam\", \"beta2\": 1}}", "/optimizer/beta2"},
    {"{\"optimizer\": {\"type\": \"adam\", \"epsilon\": 0}}", "/optimizer/epsilon"},
    {"{\"optimizer\": {\"type\": \"lion\", \"weight_decay\": -1}}", "/optimizer/weight_decay"},
    {"{\"validation\": {\"fraction\": 0.95}}", "/validation/fraction"},
    {"{\"validation\": {\"fraction\": true}}", "/validation/fraction"},
    {"{\"shuffle\": 1}", "/shuffle"},
    {"{\"optimizer\": {\"type\": \"lbfgs\", \"history\": 0}}", "/optimizer/history"},
    {"{\"optimizer\": {\"type\": \"lbfgs\", \"history\": 2.5}}", "/optimizer/history"},
    {"{\"optimizer\": {\"type\": \"lbfgs\", \"tolerance\": -1}}", "/optimizer/tolerance"},
    {"{\"optimizer\": {\"type\": \"lbfgs\"}, \"regularization\": {\"l1\": 1}}",
     "/regularization/l1"},
    {"{\"regularization\": {\"l1\": -1}}", "/regularization/l1"},
    {"{\"regularization\": {\"dropout\": 1}}", "/regularization/dropout"},
    {"{\"regularization\": {\"input_dropout\": -0.1}}", "/regularization/input_dropout"},
    {"{\"regularization\": {\"input_noise\": -1}}", "/regularization/input_noise"},
    {"{\"regularization\": {\"l3\": 1}}", "/regularization/l3"},
    {"{\"gradient_clipping\": {\"value\": -1}}", "/gradient_clipping/value"},
    {"{\"gradient_clipping\": {\"norm\": \"1\"}}", "/gradient_clipping/norm"},
    {"{\"schedule\": \"step\"}", "/schedule"},
    {"{\"schedule\": {\"type\": \"steps\"}}", "/schedule/type"},
    {"{\"schedule\": {\"gamma\": 0.5}}", "/schedule/gamma"}, /* not one of constant's */
    {"{\"schedule\": {\"type\": \"step\", \"gamma\": 0}}", "/schedule/gamma"},
    {"{\"schedule\": {\"type\": \"step\", \"step_size\": 0.5}}", "/schedule/step_size"},
    {"{\"schedule\": {\"type\": \"step\", \"per\": \"day\"}}", "/schedule/per"},
    {"{\"schedule\": {\"type\": \"step\", \"metric\": \"train_loss\"}}", "/schedule/metric"},
    {"{\"schedule\": {\"type\": \"reduce_on_plateau\", \"per\": \"step\"}}", "/schedule/per"},
    {"{\"schedule\": {\"type\": \"cosine\", \"min_learning_rate\": 99}}",
     "/schedule/min_learning_rate"},
    {"{\"early_stopping\": true}", "/early_stopping"},
    {"{\"early_stopping\": {\"patience\": 0}}", "/early_stopping/patience"},
    {"{\"early_stopping\": {\"metric\": \"loss\"}}", "/early_stopping/metric"},
    {"{\"early_stopping\": {\"min_delta\": -1}}", "/early_stopping/min_delta"},
    {"{\"early_stopping\": {\"restore_best\": 1}}", "/early_stopping/restore_best"},
    {"{\"activation_checkpointing\": 1}", "/activation_checkpointing"},
    {"{\"colour\": 1}", "/colour"},
};

static void test_bad_options(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof bad_options / sizeof *bad_options; i++) {
        bp_train_options options;
        bp_error err = {0};
        assert_int_equal(read_options(&options, bad_options[i].text, &err), BP_INVALID);
        assert_string_equal(err.field, bad_options[i].pointer);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_model_defaults),
        cmocka_unit_test(test_model_round_trip),
        cmocka_unit_test(test_rules_of_columns),
        cmocka_unit_test(test_initial_values),
        cmocka_unit_test(test_switches_of_a_layer),
        cmocka_unit_test(test_loss_parameters_round_trip),
        cmocka_unit_test(test_bad_models),
        cmocka_unit_test(test_too_many_layers),
        cmocka_unit_test(test_option_defaults),
        cmocka_unit_test(test_optimizers_round_trip),
        cmocka_unit_test(test_options_round_trip),
        cmocka_unit_test(test_bad_options),
        cmocka_unit_test(test_schedules_round_trip),
        cmocka_unit_test(test_no_schedule_is_not_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
