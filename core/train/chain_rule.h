/* The chain rule through one layer, for every walk back over the layers: the row pass, the Jacobian
 * and what shows single derivatives. */
#ifndef BP_CHAIN_RULE_H
#define BP_CHAIN_RULE_H

#include "kernels.h"
#include "network.h"

/* Some rows of a derivative on its way back; each [rows, width of its layer]. */
typedef struct bp_chain_step {
    const bp_kernels *kernels;
    const bp_network *network;
    const float *parameters;
    size_t rows;
} bp_chain_step;

/* Units [first, first + count) of a layer: columns of its arrays. */
typedef struct bp_strip {
    size_t first, count;
} bp_strip;

/* dl/dx(l) = w(l+1)^T dl/ds(l+1), l in 0..L-1, of a strip of layer l. Where layer l + 1 has a
 * residual connection, dx holds dl/dx(l+1) before, which each element's chain begins with. `gate`
 * NULL, or x(l) of a relu [rows, width[l]]: dx is dl/ds(l) then. */
void bp_chain_into_strip(const bp_chain_step *step, size_t l, bp_strip strip, const float *ds_above,
                         const float *gate, float *dx);

/* The same of all units. */
static inline void bp_chain_through_weights(const bp_chain_step *step, size_t l,
                                            const float *ds_above, const float *gate, float *dx) {
    bp_chain_into_strip(step, l, (bp_strip){0, step->network->width[l]}, ds_above, gate, dx);
}

/* What the forward pass of a layer left; z and inverse_deviation where it is normalised. */
typedef struct bp_layer_trace {
    const float *kept; /* [rows, width[l]]: what sigma' is written in */
    float *z;
    float *inverse_deviation; /* [rows] */
} bp_layer_trace;

/* dl/ds(l) from dl/du(l) of a layer with layer_norm. ds may be du. */
void bp_chain_through_normalization(const bp_chain_step *step, size_t l,
                                    const bp_layer_trace *trace, float *du, float *ds);

/* dl/du(l) = dl/dx(l) . sigma'(u(l)), then dl/ds(l) through the normalisation. du may be dx, ds
 * may be either; without layer_norm du is not used. */
void bp_chain_through_units(const bp_chain_step *step, size_t l, const bp_layer_trace *trace,
                            const float *dx, float *du, float *ds);

#endif
