/* The record of a model. JSON: name's spec and, once the sizes are fixed, what the snapshot knows
 * with its recipe (recipe_json.h);
 * blob: input_mean, input_scale, then for each layer weights [units, inputs] and biases, and gamma
 * and beta where it is normalised, float32.
 * That is the order of the wire and of the digest, not that of memory, so that the memory layout
 * may change. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model_spec_json.h"
#include "recipe_json.h"
#include "record_json.h"
#include "records.h"

/* --- writing -------------------------------------------------------------------------------- */

static size_t blob_floats(const bp_network *network) {
    return 2 * network->width[0] + network->parameter_count;
}

static void pack_array(bp_word_blob *blob, const bp_snapshot *snapshot, size_t l,
                       bp_parameter_kind kind, float *values) {
    const size_t count = bp_network_count(&snapshot->network, l, kind);
    if (count > 0) {
        bp_snapshot_get(snapshot, l, kind, values);
        bp_word_blob_put32(blob, values, count);
    }
}

static bp_status pack(const bp_snapshot *snapshot, bp_word_blob *out, bp_error *err) {
    const bp_network *network = &snapshot->network;
    float *values = malloc(bp_network_largest(network) * sizeof *values);
    if (values == NULL) {
        return bp_fail(err, BP_NO_MEMORY, NULL, "no memory to store a model");
    }
    bp_word_blob blob;
    bp_status status = bp_word_blob_new(&blob, blob_floats(network) * sizeof *values, err);
    if (status == BP_OK) {
        bp_word_blob_put32(&blob, snapshot->input_mean, network->width[0]);
        bp_word_blob_put32(&blob, snapshot->input_scale, network->width[0]);
        for (size_t l = 1; l <= network->layer_count; l++) {
            for (int kind = 0; kind < BP_PARAMETER_KINDS; kind++) {
                pack_array(&blob, snapshot, l, (bp_parameter_kind)kind, values);
            }
        }
        *out = blob;
    }
    free(values);
    return status;
}

static json_t *describe_snapshot(const bp_snapshot *snapshot, const bp_model_spec *spec) {
    if (snapshot == NULL) {
        return json_null();
    }
    const bp_network *network = &snapshot->network;
    json_t *json = json_pack(
        "{s:I, s:I, s:I, s:o, s:o, s:o}", /* inputs, outputs, version, names */
        "inputs", (json_int_t)network->width[0], "outputs",
        (json_int_t)network->width[network->layer_count], "version", (json_int_t)snapshot->version,
        "features", bp_record_names(&snapshot->features), "targets",
        bp_record_names(&snapshot->targets), "classes", bp_record_names(&snapshot->classes));
    if (json != NULL && bp_recipe_put(json, snapshot, spec) != 0) {
        json_decref(json);
        return NULL;
    }
    return json;
}

static bp_status add(bp_store_batch *batch, bp_store_object object, const bp_model_info *info,
                     bp_error *err) {
    bp_word_blob blob = {0};
    if (info->snapshot != NULL) {
        bp_status status = pack(info->snapshot, &blob, err);
        if (status != BP_OK) {
            return status;
        }
    }
    json_t *json = json_pack("{s:f, s:o, s:o}", "created_at", info->created_at, "spec",
                             bp_spec_to_json(&info->spec), "snapshot",
                             describe_snapshot(info->snapshot, &info->spec));
    bp_status status =
        bp_record_add(batch, object, json, info->snapshot != NULL ? &blob : NULL, err);
    free(blob.bytes);
    return status;
}

bp_status bp_record_add_model(bp_store_batch *batch, const bp_model_info *info, bp_error *err) {
    const bp_store_object object = {.kind = BP_STORE_MODEL, .name = info->name};
    return add(batch, object, info, err);
}

enum { VERSION_NAME_SIZE = 2 * BP_NAME_SIZE };

/* Neither name can hold the sign between them. */
static void name_version(char out[VERSION_NAME_SIZE], const char *model, const char *version) {
    snprintf(out, VERSION_NAME_SIZE, "%s@%s", model, version);
}

bp_status bp_record_add_version(bp_store_batch *batch, const char *version,
                                const bp_model_info *info, bp_error *err) {
    char name[VERSION_NAME_SIZE];
    name_version(name, info->name, version);
    const bp_store_object object = {.kind = BP_STORE_VERSION, .name = name};
    return add(batch, object, info, err);
}

bp_status bp_record_drop_version(bp_store_batch *batch, const char *model, const char *version,
                                 bp_error *err) {
    char name[VERSION_NAME_SIZE];
    name_version(name, model, version);
    return bp_store_batch_delete(batch, BP_STORE_VERSION, name, err);
}

bp_status bp_record_add_start(bp_store_batch *batch, uint64_t id, const bp_model_info *info,
                              bp_error *err) {
    char name[BP_RECORD_ID_SIZE];
    bp_record_job_name(id, name);
    const bp_store_object object = {.kind = BP_STORE_START, .name = name};
    return add(batch, object, info, err);
}

bp_status bp_record_copy_start(bp_store_batch *batch, bp_store *store, uint64_t from, uint64_t to,
                               bp_error *err) {
    bp_model_info kept = {0};
    bp_status status = bp_record_get_start(store, from, &kept, err);
    if (status == BP_OK) {
        status = bp_record_add_start(batch, to, &kept, err);
    }
    bp_model_info_clear(&kept);
    return status == BP_NOT_FOUND ? BP_OK : status;
}

/* --- reading -------------------------------------------------------------------------------- */

static bool unpack_layer(bp_word_blob *blob, bp_snapshot *snapshot, size_t l, float *values) {
    for (int k = 0; k < BP_PARAMETER_KINDS; k++) {
        const bp_parameter_kind kind = (bp_parameter_kind)k;
        const size_t count = bp_network_count(&snapshot->network, l, kind);
        if (!bp_word_blob_get32(blob, values, count)) {
            return false;
        }
        bp_snapshot_set(snapshot, l, kind, values);
    }
    return true;
}

static bool unpack(bp_snapshot *snapshot, bp_word_blob *blob) {
    const bp_network *network = &snapshot->network;
    float *values = malloc(bp_network_largest(network) * sizeof *values);
    bool whole = values != NULL && blob->size == blob_floats(network) * sizeof *values &&
                 bp_word_blob_get32(blob, snapshot->input_mean, network->width[0]) &&
                 bp_word_blob_get32(blob, snapshot->input_scale, network->width[0]);
    for (size_t l = 1; whole && l <= network->layer_count; l++) {
        whole = unpack_layer(blob, snapshot, l, values);
    }
    free(values);
    return whole;
}

static bp_status read_names(const json_t *json, bp_snapshot *snapshot, bp_error *err) {
    bp_status status =
        bp_record_get_names(json_object_get(json, "features"), &snapshot->features, err);
    if (status == BP_OK) {
        status = bp_record_get_names(json_object_get(json, "targets"), &snapshot->targets, err);
    }
    if (status == BP_OK) {
        status = bp_record_get_names(json_object_get(json, "classes"), &snapshot->classes, err);
    }
    return status;
}

/* A snapshot of these sizes; its parameters are overwritten, so none are drawn. */
static bp_status make_snapshot(const json_t *json, const bp_model_spec *spec, bp_snapshot **out,
                               bp_error *err) {
    json_int_t inputs, outputs, version;
    if (json_unpack((json_t *)json, "{s:I, s:I, s:I}", "inputs", &inputs, "outputs", &outputs,
                    "version", &version) != 0 ||
        inputs < 1 || outputs < 1 || version < 0) {
        return bp_fail(err, BP_SYNTAX, NULL, "a snapshot's sizes are missing");
    }
    bp_model_spec undrawn = *spec;
    bp_network network;
    undrawn.initializer = BP_INITIALIZER_ZEROS;
    undrawn.bias_initializer = BP_BIAS_INITIALIZER_ZEROS;
    bp_status status = bp_network_resolve(&network, spec, (size_t)inputs, (size_t)outputs, err);
    if (status == BP_OK) {
        status = bp_snapshot_new(out, &undrawn, &network, err);
    }
    if (status == BP_OK) {
        (*out)->version = (uint64_t)version;
    }
    return status;
}

static bp_status read_snapshot(const json_t *json, const bp_store_object *object,
                               bp_model_info *info, bp_error *err) {
    if (json_is_null(json)) {
        return BP_OK;
    }
    bp_word_blob blob = bp_word_blob_read(object->blob, object->blob_size);
    bp_snapshot *snapshot = NULL;
    bp_status status = make_snapshot(json, &info->spec, &snapshot, err);
    if (status == BP_OK) {
        status = read_names(json, snapshot, err);
    }
    if (status == BP_OK && !unpack(snapshot, &blob)) {
        status = bp_fail(err, BP_SYNTAX, NULL, "a snapshot's numbers are missing");
    }
    if (status == BP_OK) {
        status = bp_recipe_get(snapshot, json, &info->spec, err);
    }
    if (status != BP_OK) {
        bp_snapshot_unref(snapshot);
        return status;
    }
    info->snapshot = snapshot;
    return BP_OK;
}

bp_status bp_record_read_model(const bp_store_object *object, bp_model_info *out, bp_error *err) {
    json_t *json = bp_record_parse(object);
    bp_model_info info = {0};
    json_t *spec, *snapshot;
    bp_status status = BP_SYNTAX;
    snprintf(info.name, sizeof info.name, "%s", object->name);
    if (json_unpack(json, "{s:F, s:o, s:o}", "created_at", &info.created_at, "spec", &spec,
                    "snapshot", &snapshot) == 0) {
        status = bp_spec_from_json(&info.spec, spec, err);
        if (status == BP_OK) {
            status = read_snapshot(snapshot, object, &info, err);
        }
    }
    json_decref(json);
    if (status != BP_OK) {
        return status == BP_NO_MEMORY ? status : bp_record_fail(object, "model", err);
    }
    *out = info;
    return BP_OK;
}

static bp_status read_start(void *context, const bp_store_object *object, bp_error *err) {
    return bp_record_read_model(object, context, err);
}

bp_status bp_record_get_start(bp_store *store, uint64_t id, bp_model_info *out, bp_error *err) {
    char name[BP_RECORD_ID_SIZE];
    bp_record_job_name(id, name);
    bp_store_object key = {.kind = BP_STORE_START, .name = name};
    return store != NULL ? bp_store_load_one(store, &key, read_start, out, err)
                         : bp_fail(err, BP_NOT_FOUND, NULL, "the server keeps nothing");
}
