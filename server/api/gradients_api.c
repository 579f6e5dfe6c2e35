#include <stddef.h>
#include <stdio.h>

#include "given_rows.h"
#include "gradients_reply.h"
#include "json_fields.h"
#include "media_type.h"
#include "resources.h"

enum { MAX_RESPONSE_BYTES = 64 << 20 };

static const char *const safetensors_types[] = {bp_safetensors_type, "application/octet-stream",
                                                NULL};

typedef struct gradients_request {
    const json_t *instances, *targets, *fields, *layers;
    int reduction;
} gradients_request;

static const bp_field request_fields[] = {
    {.name = "instances",
     .type = BP_FIELD_ARRAY,
     .required = true,
     .offset = offsetof(gradients_request, instances)},
    {.name = "targets", .type = BP_FIELD_ARRAY, .offset = offsetof(gradients_request, targets)},
    {.name = "fields", .type = BP_FIELD_ARRAY, .offset = offsetof(gradients_request, fields)},
    {.name = "layers", .type = BP_FIELD_ARRAY, .offset = offsetof(gradients_request, layers)},
    {.name = "reduction",
     .type = BP_FIELD_CHOICE,
     .choices = &bp_reductions,
     .offset = offsetof(gradients_request, reduction)},
};

/* --- what is asked for ---------------------------------------------------------------------- */

typedef struct selection {
    bool field[BP_GRADIENT_FIELD_COUNT];
    bool layer[BP_MAX_LAYERS + 1];
} selection;

static bool needs_targets(int field) {
    return field != BP_GRADIENT_X && field != BP_GRADIENT_S;
}

/* No fields named: all that the request gives enough for. */
static bp_status select_fields(selection *out, const gradients_request *asked, bp_error *err) {
    for (int field = 0; field < BP_GRADIENT_FIELD_COUNT; field++) {
        out->field[field] =
            asked->fields == NULL && (asked->targets != NULL || !needs_targets(field));
    }
    for (size_t i = 0; i < json_array_size(asked->fields); i++) {
        char pointer[32];
        int field;
        const json_t *name = json_array_get(asked->fields, i);
        snprintf(pointer, sizeof pointer, "/fields/%zu", i);
        if (!json_is_string(name)) {
            return bp_fail(err, BP_INVALID, pointer, "a field must be a string, found %s",
                           bp_json_kind(name));
        }
        bp_status status =
            bp_vocabulary_find(&bp_gradient_fields, json_string_value(name), pointer, &field, err);
        if (status != BP_OK) {
            return status;
        }
        if (needs_targets(field) && asked->targets == NULL) {
            return bp_fail(err, BP_INVALID, "/targets",
                           "the field '%s' is a derivative of the loss: it needs targets",
                           bp_gradient_fields.names[field]);
        }
        out->field[field] = true;
    }
    return BP_OK;
}

/* No layers named: all. */
static bp_status select_layers(selection *out, const json_t *layers, size_t last, bp_error *err) {
    for (size_t l = 0; l <= last; l++) {
        out->layer[l] = layers == NULL;
    }
    for (size_t i = 0; i < json_array_size(layers); i++) {
        const json_t *layer = json_array_get(layers, i);
        const json_int_t l = json_integer_value(layer);
        if (!json_is_integer(layer) || l < 0 || (size_t)l > last) {
            char pointer[32];
            snprintf(pointer, sizeof pointer, "/layers/%zu", i);
            return bp_fail(err, BP_INVALID, pointer,
                           "a layer is a number from 0, the input, to %zu", last);
        }
        out->layer[l] = true;
    }
    return BP_OK;
}

static bp_status list_items(bp_gradient_list *out, const selection *wanted, const bp_given *given,
                            bp_reduction reduction, bp_error *err) {
    const bp_network *network = &given->model.snapshot->network;
    for (size_t i = 0; i < BP_GRADIENT_FIELD_COUNT * (network->layer_count + 1); i++) {
        bp_gradient_item item = {.field = (bp_gradient_field)(i % BP_GRADIENT_FIELD_COUNT),
                                 .layer = i / BP_GRADIENT_FIELD_COUNT};
        item.shape =
            bp_gradients_shape(network, item.field, item.layer, reduction, given->instances.count);
        if (item.shape.rank > 0 && wanted->field[item.field] && wanted->layer[item.layer]) {
            out->items[out->count++] = item;
            out->total += item.shape.count;
        }
    }
    return out->count > 0
               ? BP_OK
               : bp_fail(err, BP_INVALID, "/fields",
                         "none of these fields is at these layers: layer 0, the input,"
                         " has x and dx alone, and only one with layer_norm dgamma and dbeta");
}

static bp_status make_list(bp_gradient_list *out, const gradients_request *asked,
                           const bp_given *given, bp_error *err) {
    selection wanted;
    bp_status status = select_fields(&wanted, asked, err);
    if (status == BP_OK) {
        status =
            select_layers(&wanted, asked->layers, given->model.snapshot->network.layer_count, err);
    }
    return status == BP_OK ? list_items(out, &wanted, given, (bp_reduction)asked->reduction, err)
                           : status;
}

/* --- the answer ----------------------------------------------------------------------------- */

static bp_status check_size(size_t numbers, bool raw, bp_error *err) {
    const size_t most = MAX_RESPONSE_BYTES / (raw ? BP_RAW_FLOAT_BYTES : BP_JSON_FLOAT_BYTES);
    if (numbers > most) {
        return bp_fail(err, BP_TOO_LARGE, "/fields",
                       "the response would hold %zu numbers; at most %zu fit in %d MiB: ask for"
                       " fewer fields, layers or instances, or for a sum",
                       numbers, most, MAX_RESPONSE_BYTES >> 20);
    }
    return BP_OK;
}

static bp_status answer(bp_call *call, const gradients_request *asked, const bp_given *given,
                        const bp_gradient_list *list, bp_error *err) {
    const bool raw = bp_media_is_among(call->accept, safetensors_types);
    bp_gradient_answer answer = {.list = list,
                                 .rows = given->instances.count,
                                 .reduction = (bp_reduction)asked->reduction,
                                 .version = given->model.snapshot->version};
    bp_status status = check_size(list->total, raw, err);
    if (status == BP_OK) {
        status =
            bp_gradients_new(&answer.gradients, &given->instances,
                             given->has_targets ? &given->targets : NULL, answer.reduction, err);
    }
    if (status == BP_OK) {
        status = raw ? bp_gradient_reply_safetensors(call->response, &answer, err)
                     : bp_gradient_reply_json(call->response, &answer, err);
    }
    bp_gradients_free(answer.gradients);
    return status;
}

bp_status bp_handle_gradients(bp_call *call, bp_error *err) {
    gradients_request asked = {.reduction = BP_REDUCTION_MEAN};
    bp_status status = bp_fields_read(
        &asked, request_fields, sizeof request_fields / sizeof *request_fields, call->body, err);
    bp_given given;
    if (status == BP_OK) {
        status = bp_given_read(&given, call, asked.instances, asked.targets, err);
    }
    if (status != BP_OK) {
        return status;
    }
    bp_gradient_list list = {0};
    status = make_list(&list, &asked, &given, err);
    if (status == BP_OK) {
        status = answer(call, &asked, &given, &list, err);
    }
    bp_given_clear(&given);
    return status;
}
