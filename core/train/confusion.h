/* How often each class is taken for each: counts of rows, and what follows from them.
 *
 * Of class k: precision = correct / predicted, recall = correct / support, F1 = 2 correct /
 * (support
 * + predicted), each 0 where it would divide by 0. Of all: micro F1 is the accuracy, because a row
 * has one class; macro F1 is the mean over the classes that occur, in truth or in a prediction;
 * weighted F1 that weighted by support; balanced accuracy the mean recall of the classes that have
 * rows. These are scikit-learn's definitions; van Rijsbergen 1979, chapter 7, for F. */
#ifndef BP_CONFUSION_H
#define BP_CONFUSION_H

#include "status.h"

enum { BP_MAX_CONFUSION_CLASSES = 100 };

typedef struct bp_confusion {
    size_t classes;
    uint64_t rows;
    uint64_t *support;   /* [classes] rows of the class */
    uint64_t *predicted; /* [classes] rows taken for it */
    uint64_t *correct;   /* [classes] both */
    uint64_t *matrix;    /* [classes, classes] true, predicted; NULL: more than
                            BP_MAX_CONFUSION_CLASSES */
} bp_confusion;

/* NO_MEMORY. */
BP_NODISCARD bp_status bp_confusion_new(bp_confusion *out, size_t classes, bp_error *err);
void bp_confusion_clear(bp_confusion *confusion);
void bp_confusion_add(bp_confusion *confusion, size_t truth, size_t predicted);

typedef struct bp_class_scores {
    double precision, recall, f1;
} bp_class_scores;
bp_class_scores bp_confusion_of_class(const bp_confusion *confusion, size_t k);

/* NAN where there are no rows. */
typedef struct bp_confusion_summary {
    double accuracy, balanced_accuracy, macro_f1, micro_f1, weighted_f1;
} bp_confusion_summary;
bp_confusion_summary bp_confusion_summarize(const bp_confusion *confusion);

#endif
