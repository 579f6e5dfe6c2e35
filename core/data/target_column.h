/* The one target column of a data set while it is read: whether it holds classes, numbers or both
 * is known only at its end, so labels and numbers are kept side by side until then. */
#ifndef BP_TARGET_COLUMN_H
#define BP_TARGET_COLUMN_H

#include <stdbool.h>

#include "cell_place.h"
#include "label_table.h"

/* A number that was added, and its label. */
typedef struct bp_target_memo {
    float number;
    int32_t label; /* the spelling's index + 1; 0: nothing */
} bp_target_memo;

/* A cell of up to eight characters that was added, and what it was. */
typedef struct bp_target_text {
    uint64_t characters; /* zeros after its end, and no zero in it */
    float number;
    int32_t label; /* as in bp_target_memo */
} bp_target_text;

enum { BP_TARGET_TEXTS = 64 };

typedef struct bp_target_column {
    bp_target_text texts[BP_TARGET_TEXTS]; /* by the characters */
    bp_target_memo *memo;  /* [2^14] by the bits of the number; NULL: none was remembered */
    bp_label_table labels; /* spellings, numbered as they came */
    bool has_text;         /* a cell that is no number */
    bool has_fraction;     /* a number that is no integer */
    bool has_overflowed;   /* too many spellings for classes: only numbers from here on */
    bp_error nonfinite;    /* the first cell whose number is not finite; code BP_OK: none */
} bp_target_column;

void bp_target_column_start(bp_target_column *target);
void bp_target_column_clear(bp_target_column *target);

/* What is kept of a cell: its number (0 where it has none) and its spelling's index (-1 after the
 * labels have overflowed). */
typedef struct bp_target_value {
    float number;
    int32_t spelling;
} bp_target_value;

/* `cell` is trimmed and not empty. SYNTAX: a label that is not UTF-8. TOO_LARGE: more than
 * BP_MAX_CLASSES labels in a column with text. NO_MEMORY. */
BP_NODISCARD bp_status bp_target_column_add(bp_target_column *target, bp_cell cell,
                                            const bp_cell_place *place, bp_target_value *value,
                                            bp_error *err);

/* As adding a number's text ("%.9g"), where that is known without the text: the number was
 * remembered, or labels do not count any more. false: it has to be added. */
bool bp_target_column_knows(bp_target_column *target, float number, bp_target_value *value);
/* The number, whose text was added, has this spelling. Without memory it is not remembered. */
void bp_target_column_remember(bp_target_column *target, float number, int32_t spelling);

/* Decides: *classes (zeroed before) gets the labels in class order, or stays empty, and index[rows]
 * changes from spellings to classes; *numeric tells whether the numbers count. INVALID: a number
 * that is not finite in a column of numbers. NO_MEMORY. */
BP_NODISCARD bp_status bp_target_column_finish(const bp_target_column *target, size_t rows,
                                               int32_t *index, bp_names *classes, bool *numeric,
                                               bp_error *err);

#endif
