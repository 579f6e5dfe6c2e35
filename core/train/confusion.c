#include "confusion.h"

#include <math.h>
#include <stdlib.h>

bp_status bp_confusion_new(bp_confusion *out, size_t classes, bp_error *err) {
    const size_t cells = classes <= BP_MAX_CONFUSION_CLASSES ? classes * classes : 0;
    uint64_t *counts = calloc(3 * classes + cells, sizeof *counts);
    if (counts == NULL) {
        return bp_fail(err, BP_NO_MEMORY, NULL, "no memory to count %zu classes", classes);
    }
    *out = (bp_confusion){.classes = classes,
                          .support = counts,
                          .predicted = counts + classes,
                          .correct = counts + 2 * classes,
                          .matrix = cells > 0 ? counts + 3 * classes : NULL};
    return BP_OK;
}

void bp_confusion_clear(bp_confusion *confusion) {
    free(confusion->support);
    *confusion = (bp_confusion){0};
}

void bp_confusion_add(bp_confusion *c, size_t truth, size_t predicted) {
    c->rows++;
    c->support[truth]++;
    c->predicted[predicted]++;
    c->correct[truth] += truth == predicted;
    if (c->matrix != NULL) {
        c->matrix[truth * c->classes + predicted]++;
    }
}

static double share(uint64_t part, uint64_t whole) {
    return whole > 0 ? (double)part / (double)whole : 0;
}

bp_class_scores bp_confusion_of_class(const bp_confusion *c, size_t k) {
    return (bp_class_scores){.precision = share(c->correct[k], c->predicted[k]),
                             .recall = share(c->correct[k], c->support[k]),
                             .f1 = share(2 * c->correct[k], c->support[k] + c->predicted[k])};
}

bp_confusion_summary bp_confusion_summarize(const bp_confusion *c) {
    uint64_t correct = 0;
    size_t present = 0, occurring = 0;
    double recall = 0, f1 = 0, weighted = 0;
    for (size_t k = 0; k < c->classes; k++) {
        const bp_class_scores scores = bp_confusion_of_class(c, k);
        correct += c->correct[k];
        present += c->support[k] > 0;
        occurring += c->support[k] + c->predicted[k] > 0;
        recall += scores.recall;
        f1 += scores.f1;
        weighted += scores.f1 * (double)c->support[k];
    }
    const double rows = c->rows > 0 ? (double)c->rows : (double)NAN;
    return (bp_confusion_summary){.accuracy = (double)correct / rows,
                                  .balanced_accuracy = recall / (double)present,
                                  .macro_f1 = f1 / (double)occurring,
                                  .micro_f1 = (double)correct / rows,
                                  .weighted_f1 = weighted / rows};
}
