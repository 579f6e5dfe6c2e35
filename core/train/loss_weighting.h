/* How the losses l_n of a minibatch's B rows become the one that is minimised:
 *
 *   l = (1/B) sum_n w_n l_n   (reduction mean)   or   sum_n w_n l_n   (sum)
 *
 * w_n is the weight of the row's class times that of the row in the data set, 1 where there is
 * none. The mean is divided by B, not by the sum of the weights as PyTorch's cross_entropy does
 * with class weights: a row's pull does not depend on which rows it is drawn with. */
#ifndef BP_LOSS_WEIGHTING_H
#define BP_LOSS_WEIGHTING_H

#include <stdatomic.h>

#include "dataset.h"
#include "snapshot.h"
#include "split.h"
#include "targets.h"

#define BP_BATCH_REDUCTION_TABLE(X)                                                                \
    X(MEAN, "mean", "the mean over the minibatch's rows")                                          \
    X(SUM, "sum", "their sum: the gradient grows with the minibatch")

#define X(name, wire, formula) BP_BATCH_REDUCTION_##name,
typedef enum bp_batch_reduction {
    BP_BATCH_REDUCTION_TABLE(X) BP_BATCH_REDUCTION_COUNT
} bp_batch_reduction;
#undef X
extern const bp_vocabulary bp_batch_reductions;

/* Weights of classes by their labels; shared, and immutable once it is. */
typedef struct bp_class_weights {
    atomic_uint references;
    bp_names labels;
    float *weight; /* [labels] */
} bp_class_weights;

/* With one reference, the caller's, and room for `count` labels. NO_MEMORY. */
BP_NODISCARD bp_status bp_class_weights_new(bp_class_weights **out, size_t count, bp_error *err);
/* One more, for who made it. INVALID "/class_weights/LABEL": below 0 or not finite. NO_MEMORY. */
BP_NODISCARD bp_status bp_class_weights_add(bp_class_weights *weights, const char *label,
                                            double weight, bp_error *err);
/* Any thread; NULL is allowed in both. */
bp_class_weights *bp_class_weights_ref(bp_class_weights *weights);
void bp_class_weights_unref(bp_class_weights *weights);

typedef struct bp_loss_weighting {
    bp_batch_reduction reduction;
    bool balanced; /* a class weighs rows / (classes * rows of it), over the training rows */
    /* Classes that are not named weigh 1; NULL: none is. Borrowed by a copy of the options: who
     * keeps one beyond its source takes a reference. */
    bp_class_weights *classes;
} bp_loss_weighting;

/* Whether a model with these classes can be trained so. INVALID "/class_weights": it has none;
 * "/class_weights/LABEL": it does not know this one. */
BP_NODISCARD bp_status bp_loss_weighting_check(const bp_loss_weighting *weighting,
                                               const bp_names *classes, bp_error *err);

/* What the weights of rows are made from. */
typedef struct bp_row_weighting {
    const bp_loss_weighting *weighting;
    const bp_names *classes; /* the model's */
    const bp_targets *targets;
    const bp_dataset *data;
    const bp_split *split;
} bp_row_weighting;

/* *out [data rows] is malloc'd, the caller's; NULL where every row weighs 1. After
 * bp_loss_weighting_check. NO_MEMORY. */
BP_NODISCARD bp_status bp_row_weights_new(float **out, const bp_row_weighting *of, bp_error *err);

#endif
