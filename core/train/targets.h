/* What a network is trained towards: the targets of a data set as a given network reads them. */
#ifndef BP_TARGETS_H
#define BP_TARGETS_H

#include <stdbool.h>

#include "dataset.h"
#include "snapshot.h"

typedef struct bp_targets {
    size_t width;   /* outputs of the network */
    const float *y; /* [rows, width] borrowed from the data set; NULL: classes */
    /* The network learns (y - mean) * scale, [width] both, borrowed from the model; NULL: y */
    const float *mean, *scale;
    int32_t *class_index; /* [rows] owned, in the model's class order; NULL: reals */
} bp_targets;

/* True where `data` is read as classes by a network with this loss and last width (0: open):
 * always for cross_entropy; where the target is text; where it also is a set of classes and only
 * their number fits the width. Losses of labels read two classes or more as such where the width
 * allows it, and two of them with one output. */
bool bp_targets_are_classes(bp_loss loss, size_t outputs, const bp_dataset *data);

/* The outputs that a network with this loss and last width (0: open) needs for `data`: as many as
 * classes or targets; 1 for two classes and a loss of labels, unless it has 2. */
size_t bp_targets_outputs(bp_loss loss, size_t outputs, const bp_dataset *data);

/* INVALID "/dataset": the data set has no target. */
BP_NODISCARD bp_status bp_targets_check(const bp_dataset *data, bp_error *err);

/* Reads the targets for a snapshot that is bound to data. INVALID "/dataset": a label that the
 * model does not know, classes where it has reals or the reverse, a number outside of [0, 1] for a
 * loss of labels; "/model": other outputs. NO_MEMORY. */
BP_NODISCARD bp_status bp_targets_read(bp_targets *out, const bp_snapshot *model,
                                       const bp_dataset *data, bp_error *err);
void bp_targets_clear(bp_targets *targets);

/* A real target as the network learns it. */
static inline float bp_targets_scale(const bp_targets *targets, size_t output, float y) {
    return targets->scale != NULL ? (y - targets->mean[output]) * targets->scale[output] : y;
}

/* An output of the network in the units of y. */
static inline float bp_targets_unscale(const bp_targets *targets, size_t output, float x) {
    return targets->scale != NULL ? x / targets->scale[output] + targets->mean[output] : x;
}

/* Writes the real targets of rows index[0..rows) (NULL: first, first + 1, ...) to y [rows, width];
 * classes as one-hot, or with one output as 0 and 1; reals as the network learns them. */
void bp_targets_gather(const bp_targets *targets, const uint32_t *index, size_t first, size_t rows,
                       float *y);

#endif
