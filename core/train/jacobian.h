/* How the output x(L) follows the raw input x: its Jacobian, and integrated gradients. Through the
 * input scaling, so that both are in the units of the data. float32 in canonical arithmetic. */
#ifndef BP_JACOBIAN_H
#define BP_JACOBIAN_H

#include "gradients.h"

/* out[row][output][input] = d x(L)_output / d x_input, [count, width[L], width[0]]; for
 * cross_entropy x(L) is the softmax's output. NO_MEMORY. */
BP_NODISCARD bp_status bp_jacobian(const bp_instances *instances, float *out, bp_error *err);

/* Integrated gradients (Sundararajan, Taly, Yan: "Axiomatic attribution for deep networks", ICML
 * 2017, equation 1): input j of row x against a baseline x' is owed
 *     (x_j - x'_j) * the integral over alpha in [0, 1] of d x(L)_i / d x_j at x' + alpha (x - x'),
 * for each output i. The integral is taken by the midpoint rule, added up in double. */
typedef struct bp_attribution_options {
    const float *baseline; /* [width[0]], raw; NULL: the model's input means, which it sees as 0 */
    size_t steps;          /* >= 1 */
} bp_attribution_options;

typedef struct bp_attributions {
    float *value; /* [count, width[L], width[0]] */
    /* Completeness (proposition 1): what a row's attributions add up to, less x(L)(x) - x(L)(x').
     * [count, width[L]]; it falls with the square of the steps where the network is smooth. */
    double *completeness_error;
} bp_attributions;

/* `out` names the caller's arrays. NO_MEMORY. */
BP_NODISCARD bp_status bp_integrated_gradients(const bp_attributions *out,
                                               const bp_instances *instances,
                                               const bp_attribution_options *options,
                                               bp_error *err);

#endif
