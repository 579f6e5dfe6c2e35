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
    }
    if (status != BP_OK) {
        free_snapshot(snapshot);
        return status;
    }
    *out = snapshot;
    return BP_OK;
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

void bp_snapshot_get_weights(const bp_snapshot *snapshot, size_t l, float *out) {
    const size_t in = snapshot->network.width[l - 1], units = snapshot->network.width[l];
    bp_transpose(in, units, snapshot->parameters + snapshot->network.weight_offset[l], units, out,
                 in);
}

const float *bp_snapshot_get_biases(const bp_snapshot *snapshot, size_t l) {
    return snapshot->parameters + snapshot->network.bias_offset[l];
}

void bp_snapshot_set_layer(bp_snapshot *snapshot, size_t l, const float *weights,
                           const float *biases) {
    const size_t in = snapshot->network.width[l - 1], units = snapshot->network.width[l];
    float *own = snapshot->parameters;
    bp_transpose(units, in, weights, in, own + snapshot->network.weight_offset[l], units);
    memcpy(own + snapshot->network.bias_offset[l], biases, units * sizeof(float));
}

bp_status bp_snapshot_digest(const bp_snapshot *snapshot, char hex[BP_DIGEST_HEX_SIZE],
                             bp_error *err) {
    const bp_network *network = &snapshot->network;
    size_t largest = 0;
    for (size_t l = 1; l <= network->layer_count; l++) {
        size_t count = network->width[l - 1] * network->width[l];
        largest = count > largest ? count : largest;
    }
    float *weights = bp_calloc_aligned(largest, sizeof *weights);
    if (weights == NULL) {
        return bp_fail(err, BP_NO_MEMORY, NULL, "no memory to hash %zu weights", largest);
    }
    bp_digest digest;
    bp_digest_start(&digest);
    for (size_t l = 1; l <= network->layer_count; l++) {
        bp_snapshot_get_weights(snapshot, l, weights);
        bp_digest_add_floats(&digest, weights, network->width[l - 1] * network->width[l]);
        bp_digest_add_floats(&digest, bp_snapshot_get_biases(snapshot, l), network->width[l]);
    }
    bp_digest_finish(&digest, hex);
    free(weights);
    return BP_OK;
}
