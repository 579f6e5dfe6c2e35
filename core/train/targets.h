/* What a network is trained towards: the targets of a data set as a given network reads them. */
#ifndef BP_TARGETS_H
#define BP_TARGETS_H

#include <stdbool.h>

#include "dataset.h"
#include "snapshot.h"

typedef struct bp_targets {
    size_t width;         /* outputs of the network */
    const float *y;       /* [rows, width] borrowed from the data set; NULL: classes */
    int32_t *class_index; /* [rows] owned, in the model's class order; NULL: reals */
} bp_targets;

/* True where `data` is read as classes by a network with this loss and last width (0: open):
 * always for cross_entropy; for mse where the target is text, or where it also is a set of classes
 * and only their number fits the width. */
bool bp_targets_are_classes(bp_loss loss, size_t outputs, const bp_dataset *data);

/* Reads the targets for a snapshot that is bound to data. INVALID "/dataset": a label that the
 * model does not know, classes where it has reals or the reverse; "/model": other outputs.
 * NO_MEMORY. */
BP_NODISCARD bp_status bp_targets_read(bp_targets *out, const bp_snapshot *model,
                                       const bp_dataset *data, bp_error *err);
void bp_targets_clear(bp_targets *targets);

/* Writes the real targets of rows index[0..rows) (NULL: first, first + 1, ...) to y [rows, width];
 * classes as one-hot. */
void bp_targets_gather(const bp_targets *targets, const uint32_t *index, size_t first, size_t rows,
                       float *y);

#endif
