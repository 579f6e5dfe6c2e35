/* Initial weights and biases: functions of (seed, layer, element). */
#ifndef BP_INITIALIZER_H
#define BP_INITIALIZER_H

#include "network.h"

/* One layer's place in its model. */
typedef struct bp_initial_layer {
    const bp_model_spec *spec;
    size_t layer;           /* 1..L */
    size_t fan_in, fan_out; /* width[l-1], width[l] */
} bp_initial_layer;

/* Fills weights [fan_in, fan_out]. The number of element w(l)[unit, input] comes from counter
 * (layer, unit * fan_in + input). NO_MEMORY: orthogonal works in double (orthogonal.h). */
BP_NODISCARD bp_status bp_initialize_weights(const bp_initial_layer *layer, float *weights,
                                             bp_error *err);
/* Fills biases [fan_out]. The number of a unit comes from counter (layer, unit) of a stream of its
 * own, so the weights do not depend on it. */
void bp_initialize_biases(const bp_initial_layer *layer, float *biases);

#endif
