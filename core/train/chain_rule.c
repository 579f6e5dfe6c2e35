#include "chain_rule.h"

void bp_chain_into_strip(const bp_chain_step *step, size_t l, bp_strip strip, const float *ds_above,
                         const float *gate, float *dx) {
    const bp_network *network = step->network;
    const size_t width = network->width[l], above = network->width[l + 1];
    bp_product product = {.m = step->rows,
                          .n = strip.count,
                          .depth = above,
                          .a = ds_above,
                          .a_row = above,
                          .a_column = 1,
                          .b = step->parameters + network->weight_offset[l + 1] +
                               strip.first * above,
                          .b_row = above,
                          .b_turned = true,
                          .c = dx + strip.first,
                          .c_row = width,
                          .start = network->residual[l + 1] ? BP_START_C : BP_START_ZERO,
                          .end = gate != NULL ? BP_END_GATE : BP_END_NONE,
                          .gate = gate != NULL ? gate + strip.first : NULL};
    step->kernels->product(&product);
}

void bp_chain_through_normalization(const bp_chain_step *step, size_t l,
                                    const bp_layer_trace *trace, float *du, float *ds) {
    step->kernels->normalize_backward(
        &(bp_normalization){.rows = step->rows,
                            .width = step->network->width[l],
                            .gamma = step->parameters + step->network->gamma_offset[l],
                            .z = trace->z,
                            .inverse_deviation = trace->inverse_deviation,
                            .u = du,
                            .ds = ds});
}

void bp_chain_through_units(const bp_chain_step *step, size_t l, const bp_layer_trace *trace,
                            const float *dx, float *du, float *ds) {
    const bp_network *network = step->network;
    float *slope = network->layer_norm[l] ? du : ds;
    step->kernels->activate_backward(network->activation[l], step->rows * network->width[l],
                                     trace->kept, dx, slope);
    if (network->layer_norm[l]) {
        bp_chain_through_normalization(step, l, trace, du, ds);
    }
}
