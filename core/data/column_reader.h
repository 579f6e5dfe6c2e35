/* How the cells of a feature column become numbers, and what type the column turns out to be.
 *
 * A column that the request does not declare is numeric until a text comes. If all its numbers so
 * far are whole and below 2^24, it is categorical from then on, and numbers in it are labels by
 * their value: 7, 07 and 7.0 are one label "7". After fractions a text is an error. A declared type
 * never changes, and labels of a declared column are kept as they are written. */
#ifndef BP_COLUMN_READER_H
#define BP_COLUMN_READER_H

#include "cell_place.h"
#include "label_table.h"
#include "source_column.h"

typedef struct bp_column_reader {
    bp_column_type type;
    bool is_fixed;         /* the type does not change any more */
    bool is_exact;         /* labels are kept as they are written */
    bool has_fraction;     /* found when a text came: the column stays numeric */
    bp_label_table labels; /* of a categorical or boolean column */
} bp_column_reader;

void bp_column_reader_start(bp_column_reader *reader);
void bp_column_reader_clear(bp_column_reader *reader);

/* Whether a numeric column that is not fixed must become categorical to take this trimmed cell. */
bool bp_column_reader_needs_labels(const bp_column_reader *reader, bp_cell cell);

/* Makes it so: numbers[i * stride], i in 0..rows, which may be NAN, become indices of labels.
 * INVALID, and has_fraction, where one of them is not whole: then nothing has changed. NO_MEMORY.
 */
BP_NODISCARD bp_status bp_column_reader_take_labels(bp_column_reader *reader, float *numbers,
                                                    size_t rows, size_t stride, bp_error *err);

/* A trimmed cell that is not missing, as bp_column_cells(type) numbers. INVALID with the place: no
 * number, or none that float32 holds, no date, no boolean; SYNTAX: not UTF-8. TOO_LARGE: more than
 * BP_MAX_CLASSES labels, the last of which has no use. NO_MEMORY. */
BP_NODISCARD bp_status bp_column_reader_read(bp_column_reader *reader, bp_cell cell,
                                             const bp_cell_place *place, float *values,
                                             bp_error *err);

/* What a categorical column of `rows` rows that is not fixed is when all have been seen: boolean
 * where its labels are a pair of such words; text where most rows have a label of their own. */
bp_column_type bp_column_reader_settle(const bp_column_reader *reader, size_t rows);

/* 1: true, yes, t, y, 1 in any case; 0: false, no, f, n, 0; -1: another text. */
int bp_boolean_word(bp_cell cell);

#endif
