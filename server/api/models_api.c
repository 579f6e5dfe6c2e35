#include <stdlib.h>
#include <string.h>

#include "json_fields.h"
#include "model_spec_json.h"
#include "once.h"
#include "preprocessing_json.h"
#include "recipe_json.h"
#include "reply.h"
#include "resources.h"

/* --- out ------------------------------------------------------------------------------------ */

static json_t *size_or_null(size_t size) {
    return size > 0 ? json_integer((json_int_t)size) : json_null();
}

/* Sizes that the spec leaves open are the network's once there is one, and null before. */
static json_t *describe_layers(const bp_model_spec *spec, const bp_snapshot *snapshot) {
    json_t *layers = json_array();
    for (size_t i = 0; i < spec->layer_count; i++) {
        size_t units = snapshot != NULL ? snapshot->network.width[i + 1] : spec->layers[i].units;
        json_t *layer =
            json_pack("{s:o, s:s, s:b, s:b}", "units", size_or_null(units), "activation",
                      bp_activations.names[spec->layers[i].activation], "layer_norm",
                      (int)spec->layers[i].layer_norm, "residual", (int)spec->layers[i].residual);
        if (json_array_append_new(layers, layer) != 0) {
            json_decref(layers);
            return NULL;
        }
    }
    return layers;
}

static int add_names(json_t *model, const bp_snapshot *snapshot) {
    static const bp_names none;
    const bp_names *features = snapshot != NULL ? &snapshot->features : &none;
    const bp_names *targets = snapshot != NULL ? &snapshot->targets : &none;
    const bp_names *classes = snapshot != NULL ? &snapshot->classes : &none;
    return json_object_set_new(model, "columns", bp_fitted_columns_to_json(snapshot)) |
           json_object_set_new(model, "target_scaling", bp_target_scaling_to_json(snapshot)) |
           json_object_set_new(model, "features", bp_json_names(features, SIZE_MAX)) |
           json_object_set_new(model, "targets", bp_json_names(targets, SIZE_MAX)) |
           json_object_set_new(model, "classes", bp_json_names(classes, SIZE_MAX));
}

static int add_links(json_t *model, const char *name) {
    return json_object_set_new(model, "links",
                               json_pack("{s:o, s:o}", "self", json_sprintf("/v1/models/%s", name),
                                         "versions", json_sprintf("/v1/models/%s/versions", name)));
}

/* In a list: without the names of columns and classes. */
static json_t *describe(const bp_model_info *info, bool whole) {
    const bp_model_spec *spec = &info->spec;
    const bp_snapshot *snapshot = info->snapshot;
    json_t *model =
        json_pack("{s:s, s:o, s:o, s:o, s:s, s:s, s:o, s:I, s:o, s:o, s:I}", "name", info->name,
                  "created_at", bp_json_time(info->created_at), "inputs",
                  size_or_null(snapshot != NULL ? snapshot->network.width[0] : spec->inputs),
                  "layers", describe_layers(spec, snapshot), "loss", bp_losses.names[spec->loss],
                  "initializer", bp_initializers.names[spec->initializer], "preprocessing",
                  bp_preprocessing_to_json(spec), "seed", (json_int_t)spec->seed, "parameters",
                  size_or_null(snapshot != NULL ? snapshot->network.parameter_count : 0), "version",
                  snapshot != NULL ? json_integer((json_int_t)snapshot->version) : json_null(),
                  "jobs", (json_int_t)info->jobs);
    if (model != NULL &&
        (bp_spec_put_initial_values(spec, model) != 0 ||
         bp_loss_parameters_to_json(model, spec, true) != 0 ||
         (whole && (add_names(model, snapshot) != 0 || add_links(model, info->name) != 0)))) {
        json_decref(model);
        return NULL;
    }
    return model;
}

bp_status bp_handle_get_model(bp_call *call, bp_error *err) {
    bp_model_info info;
    bp_status status = bp_service_get_model(call->service, call->capture, &info, err);
    if (status == BP_OK) {
        status = bp_reply_json(call->response, 200, describe(&info, true), err);
        bp_model_info_clear(&info);
    }
    return status;
}

static json_t *take_items(bp_model_info *infos, size_t count) {
    json_t *items = json_array();
    for (size_t i = 0; i < count; i++) {
        json_array_append_new(items, describe(&infos[i], false));
        bp_model_info_clear(&infos[i]);
    }
    if (json_array_size(items) != count) {
        json_decref(items);
        return NULL;
    }
    return items;
}

bp_status bp_handle_list_models(bp_call *call, bp_error *err) {
    size_t limit = bp_list_limit(call), count = 0;
    bool more = false;
    bp_model_info *infos = calloc(limit, sizeof *infos);
    if (infos == NULL) {
        return bp_fail(err, BP_NO_MEMORY, NULL, "no memory for the list");
    }
    bp_status status = bp_service_list_models(call->service, bp_list_after(call), limit, infos,
                                              &count, &more, err);
    if (status == BP_OK) {
        json_t *cursor = more ? json_string(infos[count - 1].name) : NULL;
        json_t *items = take_items(infos, count);
        status = bp_reply_json(call->response, 200, bp_json_page("models", items, cursor), err);
    }
    free(infos);
    return status;
}

/* --- in ------------------------------------------------------------------------------------- */

static const bp_field name_field = {.name = "name", .type = BP_FIELD_STRING, .required = true};

static bp_status reply_created(bp_call *call, const void *made, bp_error *err) {
    const bp_model_info *info = made;
    bp_status status = bp_reply_json(call->response, 201, describe(info, true), err);
    return status == BP_OK
               ? bp_reply_header(call->response, err, "Location", "/v1/models/%s", info->name)
               : status;
}

bp_status bp_handle_create_model(bp_call *call, bp_error *err) {
    bp_creation creation = {.call = call, .reply = reply_created};
    const bp_commit_hook hook = {.context = &creation, .add = bp_creation_add};
    bp_model_spec spec;
    const char *name = NULL;
    bp_status status = bp_fields_read_one(&name, &name_field, call->body, err);
    if (status == BP_OK) {
        status = bp_spec_from_json(&spec, call->body, err);
    }
    if (status == BP_OK) {
        bp_preprocessing_settle_targets(&spec, json_object_get(call->body, "preprocessing"));
        status = bp_service_create_model_with(call->service, name, &spec, &hook, err);
    }
    return status;
}

bp_status bp_handle_delete_model(bp_call *call, bp_error *err) {
    call->response->status = 204;
    return bp_service_delete_model(call->service, call->capture, err);
}
