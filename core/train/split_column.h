/* A column of a data set by its name, feature, target or weight: what a split compares. */
#ifndef BP_SPLIT_COLUMN_H
#define BP_SPLIT_COLUMN_H

#include <stdbool.h>

#include "dataset.h"

typedef struct bp_split_column {
    const float *number; /* of row r: number[r * stride]; NULL: the column is text */
    size_t stride;
    size_t cells;          /* of a moment its seven parts, from number on; else 1 */
    const bp_names *codes; /* the labels that the numbers are indices of; NULL: they are numbers */
    const int32_t *label;  /* [rows], class indices; NULL: no set of classes */
    const bp_names *labels;
} bp_split_column;

/* All of it borrowed from `data`. False: there is no column of this name. */
bool bp_split_column_find(bp_split_column *out, const bp_dataset *data, const char *name);

/* A number that grows with the row's number or moment, -INFINITY where it is missing. Of a column
 * whose numbers are no codes. */
double bp_split_column_order(const bp_split_column *column, size_t row);

/* What a row is compared with. */
typedef struct bp_split_value {
    const bp_split_column *column;
    int32_t label; /* -1: the number */
    float number;
} bp_split_value;

/* `text` as a label of the column, or else as a number, rounded to float32 as the column's are.
 * False: it is neither, so no row can have it. */
bool bp_split_value_read(bp_split_value *out, const bp_split_column *column, const char *text);
bool bp_split_value_is_of(const bp_split_value *value, size_t row);

#endif
