#include "train_options_json.h"

#include <string.h>

#include "json_fields.h"
#include "optimizer_rule.h"
#include "schedule_json.h"
#include "validation_json.h"

#define LENGTH(array) (sizeof(array) / sizeof *(array))

enum { REGULARIZATION, GRADIENT_CLIPPING, GROUPS };

typedef struct options_body {
    bp_train_options options;
    const json_t *optimizer, *validation, *schedule, *early_stopping, *group[GROUPS];
} options_body;

#define OPTION(member) (offsetof(options_body, options) + offsetof(bp_train_options, member))
#define GROUP(name) (offsetof(options_body, group) + (name) * sizeof(const json_t *))

/* The ranges are bp_train_options_check's, but for that of batch_size: 0 is for who leaves it out.
 */
static const bp_field option_fields[] = {
    {.name = "model", .type = BP_FIELD_IGNORED},
    {.name = "dataset", .type = BP_FIELD_IGNORED},
    {.name = "priority", .type = BP_FIELD_IGNORED},
    {.name = "checkpoint", .type = BP_FIELD_IGNORED},
    {.name = "budget", .type = BP_FIELD_IGNORED},
    {.name = "epochs", .type = BP_FIELD_COUNT, .offset = OPTION(epochs)},
    {.name = "batch_size",
     .type = BP_FIELD_COUNT,
     .min = 1,
     .max = BP_MAX_BATCH,
     .offset = OPTION(batch_size)},
    {.name = "optimizer", .type = BP_FIELD_OBJECT, .offset = offsetof(options_body, optimizer)},
    {.name = "shuffle", .type = BP_FIELD_BOOL, .offset = OPTION(shuffle)},
    {.name = "seed", .type = BP_FIELD_COUNT, .offset = OPTION(seed)},
    {.name = "validation", .type = BP_FIELD_OBJECT, .offset = offsetof(options_body, validation)},
    {.name = "threads", .type = BP_FIELD_COUNT, .offset = OPTION(threads)},
    {.name = "regularization", .type = BP_FIELD_OBJECT, .offset = GROUP(REGULARIZATION)},
    {.name = "reduction",
     .type = BP_FIELD_CHOICE,
     .choices = &bp_batch_reductions,
     .offset = OPTION(loss_weighting.reduction)},
    {.name = "class_weights", .type = BP_FIELD_IGNORED},
    {.name = "gradient_clipping", .type = BP_FIELD_OBJECT, .offset = GROUP(GRADIENT_CLIPPING)},
    {.name = "schedule", .type = BP_FIELD_OBJECT, .offset = offsetof(options_body, schedule)},
    {.name = "early_stopping",
     .type = BP_FIELD_OBJECT,
     .offset = offsetof(options_body, early_stopping)},
    {.name = "activation_checkpointing",
     .type = BP_FIELD_BOOL,
     .offset = OPTION(activation_checkpointing)},
};

/* Of those, what is written only where it is not the default, as the groups below. */
static const bp_field optional_fields[] = {
    {.name = "activation_checkpointing",
     .type = BP_FIELD_BOOL,
     .offset = offsetof(bp_train_options, activation_checkpointing)},
};

static const bp_field optimizer_type = {
    .name = "type", .type = BP_FIELD_CHOICE, .choices = &bp_optimizers, .offset = 0};

#define FLOAT_OF(group, member)                                                                    \
    { .name = #member, .type = BP_FIELD_FLOAT, .offset = offsetof(bp_train_options, group.member) }

static const bp_field regularization_fields[] = {
    FLOAT_OF(regularization, l1),
    FLOAT_OF(regularization, l2),
    FLOAT_OF(regularization, max_norm),
    FLOAT_OF(regularization, dropout),
    FLOAT_OF(regularization, input_dropout),
    FLOAT_OF(regularization, input_noise),
};

static const bp_field gradient_clipping_fields[] = {
    FLOAT_OF(gradient_clipping, norm),
    FLOAT_OF(gradient_clipping, value),
};

/* Objects of settings, written only as far as they are not the defaults: a job that does not use a
 * setting has the configuration, and so the digest, that it had before there was one. */
static const struct {
    const char *name;
    const bp_field *fields;
    size_t count;
} groups[GROUPS] = {
    [REGULARIZATION] = {"regularization", regularization_fields, LENGTH(regularization_fields)},
    [GRADIENT_CLIPPING] = {"gradient_clipping", gradient_clipping_fields,
                           LENGTH(gradient_clipping_fields)},
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

/* Absent: NULL. */
static bp_status read_group(const json_t *object, size_t g, bp_train_options *options,
                            bp_error *err) {
    if (object == NULL) {
        return BP_OK;
    }
    bp_status status = bp_fields_read(options, groups[g].fields, groups[g].count, object, err);
    if (status != BP_OK) {
        bp_error_nest(err, "/%s", groups[g].name);
    }
    return status;
}

/* --- class weights -------------------------------------------------------------------------- */

static bp_status read_weights(bp_class_weights *out, const json_t *object, bp_error *err) {
    const char *label;
    json_t *weight;
    json_object_foreach((json_t *)object, label, weight) {
        const bp_field field = {.name = label, .type = BP_FIELD_DOUBLE};
        double value;
        bp_status status = bp_fields_read_one(&value, &field, object, err);
        if (status != BP_OK) {
            bp_error_nest(err, "/class_weights");
            return status;
        }
        status = bp_class_weights_add(out, label, value, err);
        if (status != BP_OK) {
            return status;
        }
    }
    return BP_OK;
}

/* "balanced", or {label: weight}, or nothing. */
static bp_status read_class_weights(bp_loss_weighting *out, const json_t *value, bp_error *err) {
    const char *word = json_string_value(value);
    out->balanced = word != NULL && strcmp(word, "balanced") == 0;
    if (value == NULL || out->balanced) {
        return BP_OK;
    }
    if (!json_is_object(value)) {
        return bp_fail(err, BP_INVALID, "/class_weights",
                       "class_weights must be \"balanced\" or an object of weights by label, found "
                       "%s",
                       word != NULL ? "another word" : bp_json_kind(value));
    }
    bp_class_weights *weights = NULL;
    bp_status status = bp_class_weights_new(&weights, json_object_size(value), err);
    if (status == BP_OK) {
        status = read_weights(weights, value, err);
    }
    if (status != BP_OK) {
        bp_class_weights_unref(weights);
        return status;
    }
    out->classes = weights;
    return BP_OK;
}

static json_t *class_weights_to_json(const bp_loss_weighting *weighting) {
    if (weighting->balanced) {
        return json_string("balanced");
    }
    json_t *object = json_object();
    for (size_t i = 0; i < weighting->classes->labels.count; i++) {
        json_t *weight = json_real(bp_shortest_double(weighting->classes->weight[i]));
        if (json_object_set_new(object, weighting->classes->labels.item[i], weight) != 0) {
            json_decref(object);
            return NULL;
        }
    }
    return object;
}

/* What is usual stays out, as with the groups. */
static int add_weighting(json_t *json, const bp_loss_weighting *weighting) {
    int failures = 0;
    if (weighting->reduction != BP_BATCH_REDUCTION_MEAN) {
        failures |= json_object_set_new(
            json, "reduction", json_string(bp_batch_reductions.names[weighting->reduction]));
    }
    if (weighting->balanced || weighting->classes != NULL) {
        failures |= json_object_set_new(json, "class_weights", class_weights_to_json(weighting));
    }
    return failures;
}

/* --- all options ---------------------------------------------------------------------------- */

bp_status bp_train_options_from_json(bp_train_options *out, const json_t *json, bp_error *err) {
    options_body body = {.options = bp_train_defaults()};
    bp_status status = bp_fields_read(&body, option_fields, LENGTH(option_fields), json, err);
    if (status == BP_OK && body.optimizer != NULL) {
        status = read_optimizer(body.optimizer, &body.options, err);
    }
    if (status == BP_OK && bp_optimizer_is_full_batch(body.options.optimizer) &&
        json_object_get(json, "batch_size") == NULL) {
        body.options.batch_size = 0;
    }
    for (size_t g = 0; status == BP_OK && g < GROUPS; g++) {
        status = read_group(body.group[g], g, &body.options, err);
    }
    if (status == BP_OK && body.validation != NULL) {
        status = bp_validation_from_json(&body.options.validation, body.validation, err);
    }
    if (status == BP_OK && body.schedule != NULL) {
        status = bp_schedule_from_json(&body.options.schedule, body.schedule, err);
    }
    if (status == BP_OK && body.early_stopping != NULL) {
        status =
            bp_early_stopping_from_json(&body.options.early_stopping, body.early_stopping, err);
    }
    if (status == BP_OK) {
        status = bp_train_options_check(&body.options, err);
    }
    if (status == BP_OK) { /* last: these are owned */
        status = read_class_weights(&body.options.loss_weighting,
                                    json_object_get(json, "class_weights"), err);
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

static int add_optional(json_t *json, const bp_train_options *options) {
    const bp_train_options usual = bp_train_defaults();
    json_t *fields =
        bp_fields_write_changed(options, &usual, optional_fields, LENGTH(optional_fields));
    int failures = json_object_update(json, fields);
    json_decref(fields);
    for (size_t g = 0; g < GROUPS; g++) {
        json_t *group = bp_fields_write_changed(options, &usual, groups[g].fields, groups[g].count);
        if (group != NULL && json_object_size(group) == 0) {
            json_decref(group);
        } else {
            failures |= json_object_set_new(json, groups[g].name, group);
        }
    }
    return failures;
}

/* Each NULL where it does nothing. */
static int add_schedule(json_t *json, const bp_train_options *options) {
    json_t *more = json_pack("{s:o*, s:o*}", "schedule", bp_schedule_to_json(&options->schedule),
                             "early_stopping", bp_early_stopping_to_json(&options->early_stopping));
    const int failures = more != NULL ? json_object_update_missing(json, more) : -1;
    json_decref(more);
    return failures;
}

json_t *bp_train_options_to_json(const bp_train_options *options) {
    json_t *batch_size =
        options->batch_size > 0 ? json_integer((json_int_t)options->batch_size) : NULL;
    json_t *json = json_pack(
        "{s:I, s:o*, s:o, s:b, s:I, s:o, s:I}", "epochs", (json_int_t)options->epochs, "batch_size",
        batch_size, "optimizer", optimizer_to_json(options), "shuffle", options->shuffle, "seed",
        (json_int_t)options->seed, "validation", bp_validation_to_json(&options->validation),
        "threads", (json_int_t)options->threads);
    if (json != NULL &&
        (add_optional(json, options) != 0 || add_weighting(json, &options->loss_weighting) != 0 ||
         add_schedule(json, options) != 0)) {
        json_decref(json);
        return NULL;
    }
    return json;
}
