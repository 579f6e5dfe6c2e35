/* Are the derivatives right? Two answers: the double-precision reference against central finite
 * differences of its own loss, and the engine's float32 gradient against the reference. */
#ifndef BP_GRADIENT_CHECK_H
#define BP_GRADIENT_CHECK_H

#include "gradients.h"
#include "reference.h"

/* The reference of a model on its rows: parameters and x(0) as the engine has them, in double.
 * NO_MEMORY. */
BP_NODISCARD bp_status bp_reference_of(bp_reference **out, const bp_instances *instances,
                                       bp_error *err);

typedef struct bp_gradient_check_options {
    size_t sample; /* parameters to check, one drawn from each of as many equal stretches of all;
                      0 or beyond all: every one */
    uint64_t seed;
    /* A bias or beta moves by epsilon to either side, a weight w(l)_ij by epsilon / max(1, max
     * |x(l-1)_j|), gamma likewise by z(l), so that no s(l) or u(l) moves by more than epsilon;
     * before a normalisation by as much less as that makes of it. 2^-40..1 */
    double epsilon;
    double threshold; /* of the verdict, > 0 */
} bp_gradient_check_options;

/* Every parameter, seed 0, epsilon 2^-17, threshold 1e-6. */
bp_gradient_check_options bp_gradient_check_defaults(void);

/* A parameter: w(layer)[unit][input], or b(layer)[unit], gamma(layer)[unit], beta(layer)[unit]. */
typedef struct bp_parameter_place {
    size_t layer; /* 1..L; 0: nowhere, nothing was compared */
    bp_parameter_kind kind;
    size_t unit, input; /* input is 0 but for a weight */
} bp_parameter_place;

/* The largest |value - expected| / size. */
typedef struct bp_worst_error {
    double relative_error; /* inf where one of the two is not finite */
    bp_parameter_place place;
    double value, expected;
} bp_worst_error;

typedef struct bp_gradient_check {
    size_t parameters; /* of the network */
    size_t checked;    /* compared with a finite difference */
    /* of the sample, not compared: between the two steps the loss has a kink, as relu's at 0 */
    size_t at_kinks;
    double loss; /* mean over the rows */
    /* value: analytic; expected: the finite difference. size: the larger of the two, but at least a
     * thousandth of the largest analytic one of the layer's w, b, gamma or beta, and a million
     * times what rounding leaves of a difference of losses, 64 * 2^-53 * (loss + max |s(L)|) /
     * step. */
    bp_worst_error finite_difference;
    /* over all parameters. value: float32; expected: the reference; size: the largest expected of
     * its array */
    bp_worst_error engine;
    bool passed; /* something was checked, and finite_difference is below the threshold */
} bp_gradient_check;

/* Of the mean loss over the rows. Costs two forward passes in plain loops for each parameter
 * checked. `targets` are in the network's own terms. NO_MEMORY. */
BP_NODISCARD bp_status bp_gradient_check_run(bp_gradient_check *out, const bp_instances *instances,
                                             const bp_targets *targets,
                                             const bp_gradient_check_options *options,
                                             bp_error *err);

/* Multiply-adds that the finite differences of a check take: what to bound before a run. */
double bp_gradient_check_cost(const bp_network *network, size_t rows,
                              const bp_gradient_check_options *options);

#endif
