/* What is told of each column of a data set. */
#ifndef BP_DATASET_REPORT_H
#define BP_DATASET_REPORT_H

#include <jansson.h>

#include "dataset.h"
#include "text_buffer.h"

/* The array of the columns, one object for each, written piece by piece: wide data sets have more
 * of them than a tree should hold. */
void bp_dataset_report_columns(bp_text *text, const bp_dataset *data);

/* {"count": ..., "first": [{"line", "column", "detail"}]}; NULL: no memory. */
json_t *bp_dataset_report_rejects(const bp_rejects *rejects);

#endif
