/* Builds a data set from a header and rows, as they come, in one pass. */
#ifndef BP_DATASET_BUILDER_H
#define BP_DATASET_BUILDER_H

#include "dataset.h"

typedef struct bp_dataset_options {
    const char *target;  /* comma-separated column names; NULL or "": the last column that is not
                            the weight and not ignored */
    bool no_target;      /* all columns are features, whatever `target` says */
    const char *weight;  /* the column of the rows' weights, no feature; NULL or "": none */
    const char *ignore;  /* comma-separated names of columns to leave out; NULL or "": none */
    const char *types;   /* "zip:categorical,when:datetime"; NULL or "": all are found out. Of a
                            target: categorical or numeric */
    const char *missing; /* comma-separated words; NULL: those of missing_words.h */
    bool skip_rejects;   /* bp_dataset_builder_reject goes on */
    const int *file;     /* an empty file, read and write, borrowed until the end, where x is kept
                            and mapped from if it is large (row_spool.h); NULL: in memory */
} bp_dataset_options;

typedef struct bp_dataset_builder bp_dataset_builder;

BP_NODISCARD bp_status bp_dataset_builder_new(bp_dataset_builder **out,
                                              const bp_dataset_options *options, bp_error *err);
void bp_dataset_builder_free(bp_dataset_builder *builder); /* NULL is allowed */

/* The column names, once, before any row; spaces around them do not count. INVALID: fewer than two
 * columns (one, without a target), an empty or repeated name (err->column says which), a target
 * that is not among them or that leaves no feature ("/target"), a weight that is none of the other
 * columns ("/weight"), an ignored column that is not there or is a target or the weight
 * ("/ignore"), a type of an unknown column or an unknown type ("/types"). SYNTAX: a name that is
 * not UTF-8. TOO_LARGE. */
BP_NODISCARD bp_status bp_dataset_builder_header(bp_dataset_builder *builder,
                                                 const bp_names *columns, bp_error *err);

/* Instead of the header, rows that have no names for their columns: c0, c1, ... */
BP_NODISCARD bp_status bp_dataset_builder_unnamed(bp_dataset_builder *builder, size_t columns,
                                                  bp_error *err);

/* Before the header: the columns, types, labels and rows of `base` come first. `target`, `weight`,
 * `ignore` and `types` are base's. A header after it must name the same columns, in any order. */
BP_NODISCARD bp_status bp_dataset_builder_continue(bp_dataset_builder *builder,
                                                   const bp_dataset *base, bp_error *err);

/* One row of text cells; spaces around them do not count. `line` is for messages, 0: there is none
 * (rows of a JSON array are given as text too, numbers printed with %.17g, which reads back to the
 * same double). A number becomes the nearest double, rounded once to float32. An empty cell or a
 * missing word is NAN in a feature. INVALID with line and column (1-based field) for a row of the
 * wrong width, a cell that its column's type cannot take (column_reader.h), an empty target or
 * weight, a weight below 0; SYNTAX for a label that is not UTF-8; TOO_LARGE for more than
 * BP_MAX_CLASSES labels of a target or a declared column, or 2^32 - 1 rows. A row that fails leaves
 * nothing behind. */
BP_NODISCARD bp_status bp_dataset_builder_row(bp_dataset_builder *builder, const bp_cell *cells,
                                              size_t count, uint64_t line, bp_error *err);

/* values [rows, columns of the header], NAN: missing. Each as a row of text; err->line is the row,
 * 1-based, counted over all calls. A row that is wrong is given to bp_dataset_builder_reject. */
BP_NODISCARD bp_status bp_dataset_builder_numbers(bp_dataset_builder *builder, const float *values,
                                                  size_t rows, bp_error *err);

/* A row, or what should have been one, was wrong: BP_OK where such are skipped, and it is counted;
 * else *why comes back. NO_MEMORY and IO always come back. */
BP_NODISCARD bp_status bp_dataset_builder_reject(bp_dataset_builder *builder, const bp_error *why,
                                                 bp_error *err);

/* --- a row cell by cell: the fast way -------------------------------------------------------- */

typedef enum bp_cell_how {
    BP_CELL_SKIP,   /* not kept */
    BP_CELL_NUMBER, /* a finite number goes straight to row[at]; all else as text */
    BP_CELL_TEXT    /* bp_dataset_builder_cell */
} bp_cell_how;

typedef struct bp_cell_plan {
    uint32_t at;
    uint8_t how; /* bp_cell_how */
} bp_cell_plan;

/* [*columns], at a fixed address once the header is known; `how` and `at` change within
 * bp_dataset_builder_cell and bp_dataset_builder_end_row. */
const bp_cell_plan *bp_dataset_builder_plan(const bp_dataset_builder *builder, size_t *columns);
/* Begins a row, in place of one that was not ended. *row is where numbers go. */
BP_NODISCARD bp_status bp_dataset_builder_begin_row(bp_dataset_builder *builder, float **row,
                                                    bp_error *err);
/* Any cell, also of a column of numbers. The text must stay until the row ends. */
BP_NODISCARD bp_status bp_dataset_builder_cell(bp_dataset_builder *builder, size_t column,
                                               bp_cell cell, uint64_t line, bp_error *err);
/* All cells but those to be skipped have been given. */
BP_NODISCARD bp_status bp_dataset_builder_end_row(bp_dataset_builder *builder, uint64_t line,
                                                  bp_error *err);

/* --- the end -------------------------------------------------------------------------------- */

/* Ends the building: classes sorted (by value when every label is an integer, else bytewise),
 * statistics, digest. INVALID: no rows (with the first reject's reason, where there are such). One
 * target column whose cells are all integers or not all numbers becomes classes (up to
 * BP_MAX_CLASSES labels); numeric cells also give y; several target columns must be numeric. An
 * integer is any number with an integral value up to 2^53 and is named in its shortest form: 7, 07
 * and 7.0 are one class "7". Labels of a text column are kept as they are written. "nan", "inf" and
 * numbers beyond float32 are labels in a text column and INVALID, with their place, in a numeric
 * one. A target declared numeric has no classes, one declared categorical no numbers. The builder
 * is spent, also by a failure, and the caller's to free. */
BP_NODISCARD bp_status bp_dataset_builder_finish(bp_dataset_builder *builder, bp_dataset **out,
                                                 bp_error *err);

#endif
