#include "model_spec_json.h"

#include <math.h>

#include "json_fields.h"
#include "preprocessing_json.h"

#define LENGTH(array) (sizeof(array) / sizeof *(array))

enum { NOT_GIVEN = -1 };

typedef struct model_body {
    size_t inputs;
    const json_t *layers;
    int loss, initializer, bias_initializer;
    float initializer_value, bias_value; /* NAN: not given */
    bp_loss_parameters loss_parameters;  /* likewise */
    uint64_t seed;
} model_body;

static const bp_field model_fields[] = {
    {.name = "name", .type = BP_FIELD_IGNORED},
    {.name = "inputs",
     .type = BP_FIELD_COUNT,
     .min = 1,
     .max = BP_MAX_UNITS,
     .offset = offsetof(model_body, inputs)},
    {.name = "layers",
     .type = BP_FIELD_ARRAY,
     .required = true,
     .offset = offsetof(model_body, layers)},
    {.name = "loss",
     .type = BP_FIELD_CHOICE,
     .choices = &bp_losses,
     .offset = offsetof(model_body, loss)},
    {.name = "quantile",
     .type = BP_FIELD_FLOAT,
     .offset = offsetof(model_body, loss_parameters.quantile)},
    {.name = "huber_delta",
     .type = BP_FIELD_FLOAT,
     .offset = offsetof(model_body, loss_parameters.huber_delta)},
    {.name = "label_smoothing",
     .type = BP_FIELD_FLOAT,
     .offset = offsetof(model_body, loss_parameters.label_smoothing)},
    {.name = "initializer",
     .type = BP_FIELD_CHOICE,
     .choices = &bp_initializers,
     .offset = offsetof(model_body, initializer)},
    {.name = "initializer_value",
     .type = BP_FIELD_FLOAT,
     .offset = offsetof(model_body, initializer_value)},
    {.name = "bias_initializer",
     .type = BP_FIELD_CHOICE,
     .choices = &bp_bias_initializers,
     .offset = offsetof(model_body, bias_initializer)},
    {.name = "bias_value", .type = BP_FIELD_FLOAT, .offset = offsetof(model_body, bias_value)},
    {.name = "preprocessing", .type = BP_FIELD_IGNORED}, /* preprocessing_json.h */
    {.name = "seed", .type = BP_FIELD_COUNT, .offset = offsetof(model_body, seed)},
};

typedef struct layer_body {
    size_t units;
    int activation;
    bool layer_norm, residual;
} layer_body;

static const bp_field layer_fields[] = {
    {.name = "units",
     .type = BP_FIELD_COUNT,
     .min = 1,
     .max = BP_MAX_UNITS,
     .offset = offsetof(layer_body, units)},
    {.name = "activation",
     .type = BP_FIELD_CHOICE,
     .choices = &bp_activations,
     .offset = offsetof(layer_body, activation)},
    {.name = "layer_norm", .type = BP_FIELD_BOOL, .offset = offsetof(layer_body, layer_norm)},
    {.name = "residual", .type = BP_FIELD_BOOL, .offset = offsetof(layer_body, residual)},
};

static bp_status read_layers(const json_t *layers, int activation[BP_MAX_LAYERS],
                             bp_model_spec *spec, bp_error *err) {
    size_t count = json_array_size(layers);
    if (count > BP_MAX_LAYERS) {
        return bp_fail(err, BP_TOO_LARGE, "/layers", "%zu layers; at most %d are possible", count,
                       BP_MAX_LAYERS);
    }
    for (size_t i = 0; i < count; i++) {
        layer_body layer = {.activation = NOT_GIVEN};
        bp_status status = bp_fields_read(&layer, layer_fields, LENGTH(layer_fields),
                                          json_array_get(layers, i), err);
        if (status != BP_OK) {
            bp_error_nest(err, "/layers/%zu", i);
            return status;
        }
        spec->layers[i].units = layer.units;
        spec->layers[i].layer_norm = layer.layer_norm;
        spec->layers[i].residual = layer.residual;
        activation[i] = layer.activation;
    }
    spec->layer_count = count;
    return BP_OK;
}

/* A value stands beside the initializer that takes one, and only there. */
static bp_status take_value(float *out, float given, bool taken, const char *field, bp_error *err) {
    if (taken == isnan(given)) {
        return bp_fail(err, BP_INVALID, field,
                       taken ? "%s is missing: constant takes it" : "only constant takes %s",
                       field + 1);
    }
    *out = taken ? given : 0;
    return BP_OK;
}

static bp_status read_initializers(const model_body *model, bp_model_spec *spec, bp_error *err) {
    spec->initializer = (bp_initializer)model->initializer;
    spec->bias_initializer = (bp_bias_initializer)model->bias_initializer;
    bp_status status =
        take_value(&spec->initializer_value, model->initializer_value,
                   spec->initializer == BP_INITIALIZER_CONSTANT, "/initializer_value", err);
    return status != BP_OK ? status
                           : take_value(&spec->bias_value, model->bias_value,
                                        spec->bias_initializer == BP_BIAS_INITIALIZER_CONSTANT,
                                        "/bias_value", err);
}

/* What was not given follows from what was. */
static void complete(bp_model_spec *spec, const int activation[BP_MAX_LAYERS], int loss) {
    size_t last = spec->layer_count - 1; /* unused without layers: the check refuses those */
    if (loss == NOT_GIVEN) {
        bool softmax = spec->layer_count > 0 && activation[last] == BP_ACTIVATION_SOFTMAX;
        loss = softmax ? BP_LOSS_CROSS_ENTROPY : BP_LOSS_MSE;
    }
    spec->loss = (bp_loss)loss;
    bp_activation output;
    if (!bp_loss_output(spec->loss, &output)) {
        output = BP_ACTIVATION_LINEAR;
    }
    for (size_t i = 0; i < spec->layer_count; i++) {
        bp_activation usual = i == last ? output : BP_ACTIVATION_RELU;
        spec->layers[i].activation =
            activation[i] == NOT_GIVEN ? usual : (bp_activation)activation[i];
    }
}

/* Those that were given must be the loss's own, so what is left out is told from a 0. */
static bp_status read_loss_parameters(bp_model_spec *spec, const bp_loss_parameters *given,
                                      bp_error *err) {
    for (size_t i = 0; i < BP_LOSS_PARAMETER_COUNT; i++) {
        const bp_loss_parameter_info *info = &bp_loss_parameter_infos[i];
        const float value = bp_loss_parameter_get(info, given);
        if (isnan(value)) {
            continue;
        }
        bp_status status = bp_loss_parameter_check(info, spec->loss, value, err);
        if (status != BP_OK) {
            return status;
        }
        bp_loss_parameter_set(info, &spec->loss_parameters, value);
    }
    return BP_OK;
}

bp_status bp_spec_from_json(bp_model_spec *out, const json_t *body, bp_error *err) {
    model_body model = {.loss = NOT_GIVEN,
                        .initializer = BP_INITIALIZER_HE_UNIFORM,
                        .initializer_value = NAN,
                        .bias_value = NAN,
                        .loss_parameters = {NAN, NAN, NAN}};
    int activation[BP_MAX_LAYERS];
    bp_status status = bp_fields_read(&model, model_fields, LENGTH(model_fields), body, err);
    if (status != BP_OK) {
        return status;
    }
    bp_model_spec spec = {.inputs = model.inputs, .seed = model.seed};
    status = read_initializers(&model, &spec, err);
    if (status == BP_OK) {
        status = bp_preprocessing_from_json(&spec, json_object_get(body, "preprocessing"), err);
    }
    if (status == BP_OK) {
        status = read_layers(model.layers, activation, &spec, err);
    }
    if (status != BP_OK) {
        return status;
    }
    complete(&spec, activation, model.loss);
    status = read_loss_parameters(&spec, &model.loss_parameters, err);
    if (status == BP_OK) {
        *out = spec;
    }
    return status;
}

static json_t *layers_to_json(const bp_model_spec *spec) {
    json_t *layers = json_array();
    for (size_t i = 0; i < spec->layer_count; i++) {
        json_t *layer = json_object();
        if (spec->layers[i].units > 0) {
            json_object_set_new(layer, "units", json_integer((json_int_t)spec->layers[i].units));
        }
        json_object_set_new(layer, "activation",
                            json_string(bp_activations.names[spec->layers[i].activation]));
        if (spec->layers[i].layer_norm) {
            json_object_set_new(layer, "layer_norm", json_true());
        }
        if (spec->layers[i].residual) {
            json_object_set_new(layer, "residual", json_true());
        }
        if (json_array_append_new(layers, layer) != 0) {
            json_decref(layers);
            return NULL;
        }
    }
    return layers;
}

int bp_spec_put_initial_values(const bp_model_spec *spec, json_t *json) {
    int failed = 0;
    if (spec->initializer == BP_INITIALIZER_CONSTANT) {
        failed |= json_object_set_new(json, "initializer_value",
                                      json_real(bp_shortest_double(spec->initializer_value)));
    }
    if (spec->bias_initializer != BP_BIAS_INITIALIZER_ZEROS) {
        failed |=
            json_object_set_new(json, "bias_initializer",
                                json_string(bp_bias_initializers.names[spec->bias_initializer]));
    }
    if (spec->bias_initializer == BP_BIAS_INITIALIZER_CONSTANT) {
        failed |= json_object_set_new(json, "bias_value",
                                      json_real(bp_shortest_double(spec->bias_value)));
    }
    return failed;
}

int bp_loss_parameters_to_json(json_t *model, const bp_model_spec *spec, bool usual) {
    int failures = 0;
    for (size_t i = 0; i < BP_LOSS_PARAMETER_COUNT; i++) {
        const bp_loss_parameter_info *info = &bp_loss_parameter_infos[i];
        const float given = bp_loss_parameter_get(info, &spec->loss_parameters);
        const float value = given != 0 ? given : info->usual;
        if (info->loss == spec->loss && (usual || value != info->usual)) {
            failures |=
                json_object_set_new(model, info->name, json_real(bp_shortest_double(value)));
        }
    }
    return failures;
}

json_t *bp_spec_to_json(const bp_model_spec *spec) {
    json_t *inputs = spec->inputs > 0 ? json_integer((json_int_t)spec->inputs) : NULL;
    json_t *json = json_pack(
        "{s:o*, s:o, s:s, s:s, s:o, s:I}", "inputs", inputs, "layers", layers_to_json(spec), "loss",
        bp_losses.names[spec->loss], "initializer", bp_initializers.names[spec->initializer],
        "preprocessing", bp_preprocessing_to_json(spec), "seed", (json_int_t)spec->seed);
    if (json != NULL && (bp_spec_put_initial_values(spec, json) != 0 ||
                         bp_loss_parameters_to_json(json, spec, false) != 0)) {
        json_decref(json);
        return NULL;
    }
    return json;
}
