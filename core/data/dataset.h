/* A data set in memory: numeric features row-major, targets as class indices and/or reals.
 * Immutable once built and reference-counted. */
#ifndef BP_DATASET_H
#define BP_DATASET_H

#include <stdatomic.h>

#include "digest.h"
#include "names.h"

enum { BP_MAX_COLUMNS = 65536, BP_MAX_CLASSES = 65536 };

typedef struct bp_column_stats {
    double min, max, mean, standard_deviation; /* population (divided by rows); NAN for text */
    size_t distinct;                           /* class labels: how many; 0: not counted */
} bp_column_stats;

typedef struct bp_dataset {
    atomic_uint references;
    size_t rows;            /* > 0 */
    bp_names features;      /* [features.count] > 0 */
    float *x;               /* [rows, features], 64-byte aligned */
    bp_names targets;       /* names of the target columns, >= 1 */
    float *y;               /* [rows, targets]; NULL where the target is text */
    bp_names classes;       /* labels in class order; empty: the target is no set of classes */
    int32_t *class_index;   /* [rows]; NULL where classes is empty */
    bp_names weights;       /* the weight column's name; empty: there is none */
    float *weight;          /* [rows] finite, >= 0; NULL where there is none */
    bp_column_stats *stats; /* [features + targets + weights], in this order */
    char sha256[BP_DIGEST_HEX_SIZE]; /* bp_dataset_digest */
} bp_dataset;

bp_dataset *bp_dataset_ref(bp_dataset *dataset);
void bp_dataset_unref(bp_dataset *dataset); /* NULL is allowed; frees every array with free() */

/* SHA-256 of what a data set holds: rows, the names with their counts, whether there is a y, x, y
 * and class_index, then the weights with their name where there are such; numbers little-endian. */
void bp_dataset_digest(const bp_dataset *dataset, char hex[BP_DIGEST_HEX_SIZE]);

/* --- building ------------------------------------------------------------------------------- */

typedef struct bp_dataset_options {
    const char *target; /* comma-separated column names; NULL or "": the last column that is not
                           the weight */
    const char *weight; /* the column of the rows' weights, no feature; NULL or "": none */
} bp_dataset_options;

typedef struct bp_dataset_builder bp_dataset_builder;

BP_NODISCARD bp_status bp_dataset_builder_new(bp_dataset_builder **out,
                                              const bp_dataset_options *options, bp_error *err);
void bp_dataset_builder_free(bp_dataset_builder *builder); /* NULL is allowed */

/* The column names, once, before any row; spaces around them do not count. INVALID: fewer than two
 * columns, an empty or repeated name (err->column says which), a target that is not among them or
 * that leaves no feature ("/target"), a weight that is none of the other columns ("/weight").
 * SYNTAX: a name that is not UTF-8. TOO_LARGE. */
BP_NODISCARD bp_status bp_dataset_builder_header(bp_dataset_builder *builder,
                                                 const bp_names *columns, bp_error *err);

typedef struct bp_cell {
    const char *text; /* not terminated */
    size_t size;
} bp_cell;

/* One row of text cells; spaces around them do not count. `line` is for messages, 0: there is none
 * (rows of a JSON array are given as text too, numbers printed with %.17g, which reads back to the
 * same double). A number becomes the nearest double, rounded once to float32. INVALID with line and
 * column (1-based field) for a row of the wrong width, text or a number that is not finite in
 * float32 where a feature or a weight should be, a weight below 0, an empty cell; SYNTAX for a
 * label that is not UTF-8; TOO_LARGE for more than BP_MAX_CLASSES text labels or 2^32 - 1 rows.
 * After a failure the builder can only be freed. */
BP_NODISCARD bp_status bp_dataset_builder_row(bp_dataset_builder *builder, const bp_cell *cells,
                                              size_t count, uint64_t line, bp_error *err);

/* Ends the building: classes sorted (by value when every label is an integer, else bytewise),
 * statistics, digest. INVALID: no rows. One target column whose cells are all integers or not all
 * numbers becomes classes (up to BP_MAX_CLASSES labels); numeric cells also give y; several target
 * columns must be numeric. An integer is any number with an integral value up to 2^53 and is named
 * in its shortest form: 7, 07 and 7.0 are one class "7". Labels of a text column are kept as they
 * are written. "nan", "inf" and numbers beyond float32 are labels in a text column and INVALID,
 * with their place, in a numeric one. The builder is spent, also by a failure, and the caller's to
 * free. */
BP_NODISCARD bp_status bp_dataset_builder_finish(bp_dataset_builder *builder, bp_dataset **out,
                                                 bp_error *err);

#endif
