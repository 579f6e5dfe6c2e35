/* Loss and metrics summed row after row, in double. */
#ifndef BP_METRICS_H
#define BP_METRICS_H

#include "row_pass.h"
#include "trainer.h"

typedef struct bp_metrics {
    size_t rows;
    size_t judged, correct;  /* classes, or labels of each output; judged is 0 for reals */
    double loss;             /* sum */
    double residual;         /* sum of (y - x(L))^2 */
    double *target, *square; /* [width] sums of y and y^2 */
    const bp_targets *targets;
} bp_metrics;

/* NO_MEMORY. */
BP_NODISCARD bp_status bp_metrics_new(bp_metrics *out, const bp_targets *targets, bp_error *err);
void bp_metrics_clear(bp_metrics *metrics);
void bp_metrics_reset(bp_metrics *metrics);

/* Adds rows 0..rows of a finished forward pass with targets. */
void bp_metrics_add(bp_metrics *metrics, const bp_row_pass *pass, size_t rows);

void bp_metrics_read(const bp_metrics *metrics, bp_evaluation *out);

/* Index of the largest of width values; the first of equals. */
size_t bp_argmax(const float *values, size_t width);

/* The class that a row of outputs x(L) stands for: the largest; of a lone output class 1 where it
 * is above the middle of the loss's labels, 1/2, or 0 for hinge, whose outputs lie about -1 and 1.
 */
size_t bp_predicted_class(const bp_network *network, const float *x);

#endif
