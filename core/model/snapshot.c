#include "snapshot.h"

#include <string.h>

#include "initializer.h"
#include "kernels.h"
#include "memory.h"

static void free_snapshot(bp_snapshot *snapshot) {
    bp_names_clear(&snapshot->features);
    bp_names_clear(&snapshot->targets);
    bp_names_clear(&snapshot->classes);
    free(snapshot->input_mean);
    free(snapshot->input_scale);
    free(snapshot->target_mean);
    free(snapshot->target_scale);
    bp_recipe_clear(&snapshot->recipe);
    free(snapshot->parameters);
    free(snapshot);
}

/* Arrays of the network's sizes, zeroed; one reference. */
static bp_status allocate(bp_snapshot **out, const bp_network *network, bp_error *err) {
    bp_snapshot *snapshot = calloc(1, sizeof *snapshot);
    if (snapshot == NULL) {
        return bp_fail(err, BP_NO_MEMORY, NULL, "no memory for a model");
    }
    atomic_init(&snapshot->references, 1);
    snapshot->network = *network;
    snapshot->input_mean = bp_calloc_aligned(network->width[0], sizeof(float));
    snapshot->input_scale = bp_calloc_aligned(network->width[0], sizeof(float));
    snapshot->parameters = bp_calloc_aligned(network->storage_count, sizeof(float));
    if (snapshot->input_mean == NULL || snapshot->input_scale == NULL ||
        snapshot->parameters == NULL) {
        free_snapshot(snapshot);
        return bp_fail(err, BP_NO_MEMORY, NULL, "no memory for a model of %zu parameters",
                       network->parameter_count);
    }
    *out = snapshot;
    return BP_OK;
}

bp_status bp_snapshot_new(bp_snapshot **out, const bp_model_spec *spec, const bp_network *network,
                          bp_error *err) {
    bp_snapshot *snapshot;
    bp_status status = allocate(&snapshot, network, err);
    if (status != BP_OK) {
        return status;
    }
    for (size_t i = 0; i < network->width[0]; i++) {
        snapshot->input_scale[i] = 1.0f;
    }
    for (size_t l = 1; l <= network->layer_count && status == BP_OK; l++) {
        bp_initial_layer layer = {spec, l, network->width[l - 1], network->width[l]};
        bp_initialize_biases(&layer, snapshot->parameters + network->bias_offset[l]);
        status =
            bp_initialize_weights(&layer, snapshot->parameters + network->weight_offset[l], err);
        for (size_t i = 0; i < bp_network_count(network, l, BP_PARAMETER_GAMMA); i++) {
            snapshot->parameters[network->gamma_offset[l] + i] = 1.0f;
        }
    }
    if (status != BP_OK) {
        free_snapshot(snapshot);
        return status;
    }
    *out = snapshot;
    return BP_OK;
}

bp_status bp_snapshot_scale_targets(bp_snapshot *snapshot, bp_error *err) {
    const size_t outputs = snapshot->network.width[snapshot->network.layer_count];
    if (snapshot->target_scale != NULL) {
        return BP_OK;
    }
    snapshot->target_mean = bp_calloc_aligned(outputs, sizeof(float));
    snapshot->target_scale = bp_calloc_aligned(outputs, sizeof(float));
    if (snapshot->target_mean == NULL || snapshot->target_scale == NULL) {
        free(snapshot->target_mean);
        free(snapshot->target_scale);
        snapshot->target_mean = snapshot->target_scale = NULL;
        return bp_fail(err, BP_NO_MEMORY, NULL, "no memory to scale %zu targets", outputs);
    }
    for (size_t i = 0; i < outputs; i++) {
        snapshot->target_scale[i] = 1.0f;
    }
    return BP_OK;
}

static bp_status copy_target_scaling(bp_snapshot *to, const bp_snapshot *from, bp_error *err) {
    if (from->target_scale == NULL) {
        return BP_OK;
    }
    bp_status status = bp_snapshot_scale_targets(to, err);
    if (status == BP_OK) {
        const size_t bytes = from->network.width[from->network.layer_count] * sizeof(float);
        memcpy(to->target_mean, from->target_mean, bytes);
        memcpy(to->target_scale, from->target_scale, bytes);
    }
    return status;
}

static bp_status copy_names(bp_snapshot *to, const bp_snapshot *from, bp_error *err) {
    bp_status status = bp_names_copy(&to->features, &from->features, err);
    if (status == BP_OK) {
        status = bp_names_copy(&to->targets, &from->targets, err);
    }
    if (status == BP_OK) {
        status = bp_names_copy(&to->classes, &from->classes, err);
    }
    return status;
}

bp_status bp_snapshot_copy(bp_snapshot **out, const bp_snapshot *from, bp_error *err) {
    bp_snapshot *snapshot;
    bp_status status = allocate(&snapshot, &from->network, err);
    if (status != BP_OK) {
        return status;
    }
    status = copy_names(snapshot, from, err);
    if (status == BP_OK) {
        status = bp_recipe_copy(&snapshot->recipe, &from->recipe, err);
    }
    if (status == BP_OK) {
        status = copy_target_scaling(snapshot, from, err);
    }
    if (status != BP_OK) {
        free_snapshot(snapshot);
        return status;
    }
    const size_t inputs = from->network.width[0];
    snapshot->version = from->version;
    memcpy(snapshot->input_mean, from->input_mean, inputs * sizeof(float));
    memcpy(snapshot->input_scale, from->input_scale, inputs * sizeof(float));
    memcpy(snapshot->parameters, from->parameters, from->network.storage_count * sizeof(float));
    *out = snapshot;
    return BP_OK;
}

size_t bp_snapshot_bytes(const bp_snapshot *s) {
    const size_t scaled = s->target_scale != NULL ? s->network.width[s->network.layer_count] : 0;
    const size_t floats = s->network.storage_count + 2 * s->network.width[0] + 2 * scaled;
    return sizeof *s + floats * sizeof(float) + bp_names_bytes(&s->features) +
           bp_names_bytes(&s->targets) + bp_names_bytes(&s->classes) + bp_recipe_bytes(&s->recipe);
}

bp_snapshot *bp_snapshot_ref(bp_snapshot *snapshot) {
    /* relaxed: the caller has a reference, so the object is alive and published to it already */
    atomic_fetch_add_explicit(&snapshot->references, 1, memory_order_relaxed);
    return snapshot;
}

void bp_snapshot_unref(bp_snapshot *snapshot) {
    /* acq_rel: all uses by other owners happen before the last one frees */
    if (snapshot != NULL &&
        atomic_fetch_sub_explicit(&snapshot->references, 1, memory_order_acq_rel) == 1) {
        free_snapshot(snapshot);
    }
}

void bp_snapshot_get(const bp_snapshot *snapshot, size_t l, bp_parameter_kind kind, float *out) {
    const bp_network *network = &snapshot->network;
    const float *own = snapshot->parameters + bp_network_offset(network, l, kind);
    if (kind == BP_PARAMETER_WEIGHT) {
        const size_t in = network->width[l - 1], units = network->width[l];
        bp_transpose(in, units, own, units, out, in);
    } else {
        memcpy(out, own, bp_network_count(network, l, kind) * sizeof *out);
    }
}

void bp_snapshot_set(bp_snapshot *snapshot, size_t l, bp_parameter_kind kind, const float *values) {
    const bp_network *network = &snapshot->network;
    float *own = snapshot->parameters + bp_network_offset(network, l, kind);
    if (kind == BP_PARAMETER_WEIGHT) {
        const size_t in = network->width[l - 1], units = network->width[l];
        bp_transpose(units, in, values, in, own, units);
    } else {
        memcpy(own, values, bp_network_count(network, l, kind) * sizeof *own);
    }
}

void bp_snapshot_get_weights(const bp_snapshot *snapshot, size_t l, float *out) {
    bp_snapshot_get(snapshot, l, BP_PARAMETER_WEIGHT, out);
}

const float *bp_snapshot_get_biases(const bp_snapshot *snapshot, size_t l) {
    return snapshot->parameters + snapshot->network.bias_offset[l];
}

void bp_snapshot_set_layer(bp_snapshot *snapshot, size_t l, const float *weights,
                           const float *biases) {
    bp_snapshot_set(snapshot, l, BP_PARAMETER_WEIGHT, weights);
    bp_snapshot_set(snapshot, l, BP_PARAMETER_BIAS, biases);
}

/* So many units' weights are hashed at a time: of each row of the stored matrix a cache line. */
enum { STRIP_UNITS = 16 };

/* `strip`: room for STRIP_UNITS units of the layer. */
static void digest_weights(bp_digest *digest, const bp_snapshot *snapshot, size_t l, float *strip) {
    const bp_network *network = &snapshot->network;
    const float *own = snapshot->parameters + bp_network_offset(network, l, BP_PARAMETER_WEIGHT);
    const size_t in = network->width[l - 1], units = network->width[l];
    for (size_t first = 0; first < units; first += STRIP_UNITS) {
        const size_t count = units - first < STRIP_UNITS ? units - first : STRIP_UNITS;
        bp_transpose(in, count, own + first, units, strip, in);
        bp_digest_add_floats(digest, strip, count * in);
    }
}

static void digest_layer(bp_digest *digest, const bp_snapshot *snapshot, size_t l, float *strip) {
    const bp_network *network = &snapshot->network;
    for (int kind = 0; kind < BP_PARAMETER_KINDS; kind++) {
        const size_t count = bp_network_count(network, l, (bp_parameter_kind)kind);
        const size_t offset = bp_network_offset(network, l, (bp_parameter_kind)kind);
        if (kind == BP_PARAMETER_WEIGHT) {
            digest_weights(digest, snapshot, l, strip);
        } else if (count > 0) {
            bp_digest_add_floats(digest, snapshot->parameters + offset, count);
        }
    }
}

bp_status bp_snapshot_digest(const bp_snapshot *snapshot, char hex[BP_DIGEST_HEX_SIZE],
                             bp_error *err) {
    const bp_network *network = &snapshot->network;
    size_t widest = 0;
    for (size_t l = 0; l < network->layer_count; l++) {
        widest = network->width[l] > widest ? network->width[l] : widest;
    }
    float *strip = bp_calloc_aligned(widest * STRIP_UNITS, sizeof *strip);
    if (strip == NULL) {
        return bp_fail(err, BP_NO_MEMORY, NULL, "no memory to hash layers of %zu inputs", widest);
    }
    bp_digest digest;
    bp_digest_start(&digest);
    for (size_t l = 1; l <= network->layer_count; l++) {
        digest_layer(&digest, snapshot, l, strip);
    }
    bp_digest_finish(&digest, hex);
    free(strip);
    return BP_OK;
}
