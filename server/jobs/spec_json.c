#include "spec_json.h"

#include <string.h>

#include "json_fields.h"
#include "optimizer_rule.h"

#define LENGTH(array) (sizeof(array) / sizeof *(array))

enum { NOT_GIVEN = -1 };

/* --- models --------------------------------------------------------------------------------- */

typedef struct model_body {
    size_t inputs;
    const json_t *layers;
    int loss, initializer, preprocessing;
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
    {.name = "initializer",
     .type = BP_FIELD_CHOICE,
     .choices = &bp_initializers,
     .offset = offsetof(model_body, initializer)},
    {.name = "preprocessing",
     .type = BP_FIELD_CHOICE,
     .choices = &bp_preprocessings,
     .offset = offsetof(model_body, preprocessing)},
    {.name = "seed", .type = BP_FIELD_COUNT, .offset = offsetof(model_body, seed)},
};

typedef struct layer_body {
    size_t units;
    int activation;
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
        activation[i] = layer.activation;
    }
    spec->layer_count = count;
    return BP_OK;
}

/* What was not given follows from what was. */
static void complete(bp_model_spec *spec, const int activation[BP_MAX_LAYERS], int loss) {
    size_t last = spec->layer_count - 1; /* unused without layers: the check refuses those */
    if (loss == NOT_GIVEN) {
        bool softmax = spec->layer_count > 0 && activation[last] == BP_ACTIVATION_SOFTMAX;
        loss = softmax ? BP_LOSS_CROSS_ENTROPY : BP_LOSS_MSE;
    }
    spec->loss = (bp_loss)loss;
    bp_activation output =
        loss == BP_LOSS_CROSS_ENTROPY ? BP_ACTIVATION_SOFTMAX : BP_ACTIVATION_LINEAR;
    for (size_t i = 0; i < spec->layer_count; i++) {
        bp_activation usual = i == last ? output : BP_ACTIVATION_RELU;
        spec->layers[i].activation =
            activation[i] == NOT_GIVEN ? usual : (bp_activation)activation[i];
    }
}

bp_status bp_spec_from_json(bp_model_spec *out, const json_t *body, bp_error *err) {
    model_body model = {.loss = NOT_GIVEN,
                        .initializer = BP_INITIALIZER_HE_UNIFORM,
                        .preprocessing = BP_PREPROCESSING_STANDARDIZE};
    int activation[BP_MAX_LAYERS];
    bp_status status = bp_fields_read(&model, model_fields, LENGTH(model_fields), body, err);
    if (status != BP_OK) {
        return status;
    }
    bp_model_spec spec = {.inputs = model.inputs,
                          .initializer = (bp_initializer)model.initializer,
                          .preprocessing = (bp_preprocessing)model.preprocessing,
                          .seed = model.seed};
    status = read_layers(model.layers, activation, &spec, err);
    if (status != BP_OK) {
        return status;
    }
    complete(&spec, activation, model.loss);
    *out = spec;
    return BP_OK;
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
        if (json_array_append_new(layers, layer) != 0) {
            json_decref(layers);
            return NULL;
        }
    }
    return layers;
}

json_t *bp_spec_to_json(const bp_model_spec *spec) {
    json_t *inputs = spec->inputs > 0 ? json_integer((json_int_t)spec->inputs) : NULL;
    return json_pack("{s:o*, s:o, s:s, s:s, s:s, s:I}", "inputs", inputs, "layers",
                     layers_to_json(spec), "loss", bp_losses.names[spec->loss], "initializer",
                     bp_initializers.names[spec->initializer], "preprocessing",
                     bp_preprocessings.names[spec->preprocessing], "seed", (json_int_t)spec->seed);
}

/* --- training options ----------------------------------------------------------------------- */

typedef struct options_body {
    bp_train_options options;
    const json_t *optimizer, *validation;
} options_body;

#define OPTION(member) (offsetof(options_body, options) + offsetof(bp_train_options, member))

/* The ranges are bp_train_options_check's. */
static const bp_field option_fields[] = {
    {.name = "model", .type = BP_FIELD_IGNORED},
    {.name = "dataset", .type = BP_FIELD_IGNORED},
    {.name = "epochs", .type = BP_FIELD_COUNT, .offset = OPTION(epochs)},
    {.name = "batch_size", .type = BP_FIELD_COUNT, .offset = OPTION(batch_size)},
    {.name = "optimizer", .type = BP_FIELD_OBJECT, .offset = offsetof(options_body, optimizer)},
    {.name = "shuffle", .type = BP_FIELD_BOOL, .offset = OPTION(shuffle)},
    {.name = "seed", .type = BP_FIELD_COUNT, .offset = OPTION(seed)},
    {.name = "validation", .type = BP_FIELD_OBJECT, .offset = offsetof(options_body, validation)},
    {.name = "threads", .type = BP_FIELD_COUNT, .offset = OPTION(threads)},
};

static const bp_field optimizer_type = {
    .name = "type", .type = BP_FIELD_CHOICE, .choices = &bp_optimizers, .offset = 0};

static const bp_field validation_fields[] = {
    {.name = "fraction",
     .type = BP_FIELD_DOUBLE,
     .offset = offsetof(bp_train_options, validation_fraction)},
};

/* The fields of one optimiser's object: its type and the settings that it has. */
static size_t optimizer_fields(bp_optimizer optimizer, bp_field fields[]) {
    size_t count = 0;
    fields[count++] = (bp_field){.name = optimizer_type.name, .type = BP_FIELD_IGNORED};
    for (size_t h = 0; h < BP_HYPERPARAMETER_COUNT; h++) {
        if (bp_optimizer_has(optimizer, (bp_hyperparameter)h)) {
            fields[count++] = (bp_field){.name = bp_hyperparameters[h].name,
                                         .type = BP_FIELD_FLOAT,
                                         .offset = bp_hyperparameters[h].offset};
        }
    }
    return count;
}

/* Settings that are not given are the defaults of the type. */
static bp_status read_optimizer(const json_t *object, bp_train_options *options, bp_error *err) {
    bp_field fields[1 + BP_HYPERPARAMETER_COUNT];
    int type = (int)options->optimizer;
    bp_status status = bp_fields_read_one(&type, &optimizer_type, object, err);
    if (status == BP_OK) {
        bp_train_set_optimizer(options, (bp_optimizer)type);
        size_t count = optimizer_fields((bp_optimizer)type, fields);
        status = bp_fields_read(options, fields, count, object, err);
    }
    if (status != BP_OK) {
        bp_error_nest(err, "/optimizer");
    }
    return status;
}

bp_status bp_train_options_from_json(bp_train_options *out, const json_t *json, bp_error *err) {
    options_body body = {.options = bp_train_defaults()};
    bp_status status = bp_fields_read(&body, option_fields, LENGTH(option_fields), json, err);
    if (status == BP_OK && body.optimizer != NULL) {
        status = read_optimizer(body.optimizer, &body.options, err);
    }
    if (status == BP_OK && body.validation != NULL) {
        status = bp_fields_read(&body.options, validation_fields, LENGTH(validation_fields),
                                body.validation, err);
        if (status != BP_OK) {
            bp_error_nest(err, "/validation");
        }
    }
    if (status == BP_OK) {
        status = bp_train_options_check(&body.options, err);
    }
    if (status == BP_OK) {
        *out = body.options;
    }
    return status;
}

static json_t *optimizer_to_json(const bp_train_options *options) {
    json_t *object = json_object();
    json_object_set_new(object, optimizer_type.name,
                        json_string(bp_optimizers.names[options->optimizer]));
    for (size_t h = 0; h < BP_HYPERPARAMETER_COUNT; h++) {
        const bp_hyperparameter_info *info = &bp_hyperparameters[h];
        if (bp_optimizer_has(options->optimizer, (bp_hyperparameter)h)) {
            float value;
            memcpy(&value, (const char *)options + info->offset, sizeof value);
            json_object_set_new(object, info->name, json_real(bp_shortest_double(value)));
        }
    }
    return object;
}

json_t *bp_train_options_to_json(const bp_train_options *options) {
    return json_pack("{s:I, s:I, s:o, s:b, s:I, s:{s:f}, s:I}", "epochs",
                     (json_int_t)options->epochs, "batch_size", (json_int_t)options->batch_size,
                     "optimizer", optimizer_to_json(options), "shuffle", options->shuffle, "seed",
                     (json_int_t)options->seed, "validation", "fraction",
                     options->validation_fraction, "threads", (json_int_t)options->threads);
}
