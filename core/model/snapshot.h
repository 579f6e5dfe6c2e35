/* A trained (or fresh) model, whole: network, scaling of the inputs, labels, parameters. Immutable
 * once published and reference-counted, so that predictions never wait for training and never see
 * half an update. */
#ifndef BP_SNAPSHOT_H
#define BP_SNAPSHOT_H

#include <stdatomic.h>

#include "digest.h"
#include "names.h"
#include "network.h"
#include "recipe.h"

typedef struct bp_snapshot {
    atomic_uint references;
    bp_network network;
    uint64_t version;   /* gradient steps done since the initial weights */
    bp_names features;  /* [width[0]] names of the inputs, after the columns they are made of */
    bp_recipe recipe;   /* how; without columns: rows are inputs */
    bp_names targets;   /* names of the target columns: 1 for classes, width[L] for reals */
    bp_names classes;   /* [width[L]] labels by class index; empty: real targets */
    float *input_mean;  /* [width[0]] */
    float *input_scale; /* [width[0]]: the network sees (x - mean) * scale */
    /* The network learns (y - mean) * scale. [width[L]] both; NULL: y itself */
    float *target_mean, *target_scale;
    float *parameters; /* [network.storage_count]; layer l: weights [in, out] row-major at
                           weight_offset[l], biases [out] at bias_offset[l]; gamma and beta [out]
                           where the layer is normalised */
} bp_snapshot;

/* Deep copy with one reference, to be changed by its one owner before it is published. NO_MEMORY.
 */
BP_NODISCARD bp_status bp_snapshot_copy(bp_snapshot **out, const bp_snapshot *from, bp_error *err);

/* A snapshot of version 0: weights and biases as the spec's initializers make them from its seed,
 * gamma 1, beta 0, scaling the identity, names empty. One reference, the caller's. NO_MEMORY. */
BP_NODISCARD bp_status bp_snapshot_new(bp_snapshot **out, const bp_model_spec *spec,
                                       const bp_network *network, bp_error *err);

/* Gives a snapshot that is not yet published the identity as scaling of its targets, where it has
 * none. NO_MEMORY. */
BP_NODISCARD bp_status bp_snapshot_scale_targets(bp_snapshot *snapshot, bp_error *err);

/* Any thread. */
bp_snapshot *bp_snapshot_ref(bp_snapshot *snapshot);
void bp_snapshot_unref(bp_snapshot *snapshot); /* NULL is allowed */

/* Bytes that it holds: parameters, scaling, names and recipe. A copy holds as many. */
size_t bp_snapshot_bytes(const bp_snapshot *snapshot);

/* An array of layer l in 1..L as the field writes it, into `out` of bp_network_count floats;
 * weights are turned to [units, inputs] row-major. */
void bp_snapshot_get(const bp_snapshot *snapshot, size_t l, bp_parameter_kind kind, float *out);
/* The reverse, for a snapshot that is not yet published. */
void bp_snapshot_set(bp_snapshot *snapshot, size_t l, bp_parameter_kind kind, const float *values);

/* w(l) as the field writes it, [units, inputs] row-major: a transposed copy. l in 1..L. */
void bp_snapshot_get_weights(const bp_snapshot *snapshot, size_t l, float *out);
/* b(l), [units], borrowed. */
const float *bp_snapshot_get_biases(const bp_snapshot *snapshot, size_t l);
/* The reverse, for a snapshot that is not yet published. */
void bp_snapshot_set_layer(bp_snapshot *snapshot, size_t l, const float *weights,
                           const float *biases);

/* SHA-256 over the float32 parameters, little-endian, layer by layer, weights [units, inputs] then
 * biases, then gamma and beta of a layer with layer_norm. NO_MEMORY. */
BP_NODISCARD bp_status bp_snapshot_digest(const bp_snapshot *snapshot, char hex[BP_DIGEST_HEX_SIZE],
                                          bp_error *err);

#endif
