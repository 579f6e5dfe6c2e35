#include "train_options_json.h"

#include <string.h>

#include "json_fields.h"
#include "optimizer_rule.h"

#define LENGTH(array) (sizeof(array) / sizeof *(array))

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
