/* Which rows train and which are held out: a function of (data, options, seed) alone. */
#ifndef BP_SPLIT_H
#define BP_SPLIT_H

#include <stdbool.h>

#include "dataset.h"
#include "network.h"

#define BP_SPLIT_KIND_TABLE(X)                                                                     \
    X(FRACTION, "fraction",                                                                        \
      "floor(rows fraction) rows, drawn from the seed; stratified: of each class its share, what " \
      "rounding leaves going to the largest remainders")                                           \
    X(LAST, "last", "the last floor(rows fraction) rows")                                          \
    X(TIME, "time",                                                                                \
      "the floor(rows fraction) rows whose values of a column are largest, of equal ones the "     \
      "last; without a column the last rows")                                                      \
    X(FOLDS, "folds",                                                                              \
      "rows shuffled by the seed (stratified: then sorted by class) and dealt to k folds in "      \
      "turn; one fold is held out")                                                                \
    X(COLUMN, "column", "the rows that have a value in a column")                                  \
    X(DATASET, "dataset", "all rows of another data set with the same columns")

#define X(name, wire, meaning) BP_SPLIT_##name,
typedef enum bp_split_kind { BP_SPLIT_KIND_TABLE(X) BP_SPLIT_KIND_COUNT } bp_split_kind;
#undef X
extern const bp_vocabulary bp_split_kinds;

enum { BP_SPLIT_TEXT_SIZE = 128, BP_MAX_FOLDS = 10000 };

/* Of these, a kind looks at those that its line names. */
typedef struct bp_split_options {
    bp_split_kind kind;
    double fraction;                  /* fraction, last, time: in [0, 0.9] */
    bool stratify;                    /* fraction, folds: the data must have classes */
    size_t folds, fold;               /* folds: 2..BP_MAX_FOLDS and as many rows; 0..folds - 1 */
    char column[BP_SPLIT_TEXT_SIZE];  /* column; time, where "" is none */
    char value[BP_SPLIT_TEXT_SIZE];   /* column: a class label, or a number as text */
    char dataset[BP_SPLIT_TEXT_SIZE]; /* dataset: what its owner calls it; not looked at */
    bp_dataset *held_out;             /* dataset: borrowed; NULL: not at hand */
    /* When the held-out rows are looked at (validation_interval.h), of any kind: at each epoch's
     * end that is a multiple of every_epochs (0 is 1), and at the training's. No bound is put on
     * what that costs, because early stopping and schedules depend on it. */
    uint64_t every_epochs;
    uint64_t every_steps; /* and after so many steps, to observe only; 0: not */
    float max_share;      /* of the training's products that every_steps may cost, in (0, 1]; where
                             it would cost more, it is more steps. 0: BP_DEFAULT_MAX_SHARE */
} bp_split_options;

/* INVALID with the field of the job body at fault: "/validation/fraction", "/validation/folds", ...
 */
BP_NODISCARD bp_status bp_split_options_check(const bp_split_options *options, bp_error *err);

typedef struct bp_split {
    uint32_t *rows;    /* [training + validation] owned: training rows ascending, then the others */
    size_t training;   /* rows[0 .. training) */
    size_t validation; /* rows[training .. training + validation); kind dataset: its rows */
    size_t excluded;   /* rows of the data that are in neither part */
} bp_split;

typedef struct bp_split_request {
    const bp_dataset *data;
    const bp_split_options *options; /* checked */
    uint64_t seed;
    /* Rows that take no part, 1 for each such; the split is that of the rows that are left. NULL:
     * none. */
    const uint8_t *excluded;          /* [data rows] */
    const uint8_t *excluded_held_out; /* [rows of options->held_out] */
} bp_split_request;

/* INVALID: "/dataset" no row is left to train on; "/validation/column", "/validation/time_column"
 * no such column, or text where numbers are needed; "/validation/value" no row has it, or all have;
 * "/validation/stratify" there are no classes; "/validation/folds" more than rows;
 * "/validation/dataset" it is not at hand. NO_MEMORY. */
BP_NODISCARD bp_status bp_split_draw(bp_split *out, const bp_split_request *request, bp_error *err);
void bp_split_clear(bp_split *split);

#endif
