/* An evaluation as JSON, and its predictions as CSV. */
#ifndef BP_EVALUATION_JSON_H
#define BP_EVALUATION_JSON_H

#include <jansson.h>

#include "inference.h"
#include "text_buffer.h"

enum { BP_MAX_SHOWN_CLASSES = 1000 };

/* A new object: rows, loss, metrics, model_version; of classes classes, per_class and
 * confusion_matrix, each null beyond its limit (BP_MAX_SHOWN_CLASSES, BP_MAX_CONFUSION_CLASSES); of
 * reals per_target. NULL: no memory. */
json_t *bp_evaluation_to_json(const bp_evaluation_report *report, const bp_snapshot *snapshot);

/* A header and a line for each row of `data`: its number from 1, target, prediction and, of
 * classes, all outputs [rows, width[L]]. */
void bp_text_put_evaluation_csv(bp_text *text, const bp_snapshot *snapshot, const bp_dataset *data,
                                const float *outputs);

#endif
