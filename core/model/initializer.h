/* Initial weights: functions of (seed, layer, element). */
#ifndef BP_INITIALIZER_H
#define BP_INITIALIZER_H

#include "network.h"

/* The weights of one layer, as a network lays them out. */
typedef struct bp_initial_layer {
    bp_initializer initializer;
    uint64_t seed;
    size_t layer;           /* 1..L */
    size_t fan_in, fan_out; /* width[l-1], width[l] */
} bp_initial_layer;

/* Fills weights [fan_in, fan_out]. The number of element w(l)[unit, input] comes from counter
 * (layer, unit * fan_in + input). */
void bp_initialize_weights(const bp_initial_layer *layer, float *weights);

/* The quantile of the standard normal distribution at p in (0, 1): Wichura, algorithm AS 241
 * (PPND7), Applied Statistics 37 (1988), about 7 figures; in canonical arithmetic. */
float bp_normal_quantile(float p);

#endif
