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
    bp_column_stats *stats; /* [features + targets], features first */
    char sha256[BP_DIGEST_HEX_SIZE]; /* of names, x, y, classes and class_index */
} bp_dataset;

bp_dataset *bp_dataset_ref(bp_dataset *dataset);
void bp_dataset_unref(bp_dataset *dataset); /* NULL is allowed */

/* --- building ------------------------------------------------------------------------------- */

typedef struct bp_dataset_options {
    const char *target; /* comma-separated column names; NULL or "": the last column */
} bp_dataset_options;

typedef struct bp_dataset_builder bp_dataset_builder;

BP_NODISCARD bp_status bp_dataset_builder_new(bp_dataset_builder **out,
                                              const bp_dataset_options *options, bp_error *err);
void bp_dataset_builder_free(bp_dataset_builder *builder); /* NULL is allowed */

/* The column names, once, before any row. INVALID: fewer than two columns, empty or repeated name,
 * a target that is not among them. TOO_LARGE. */
BP_NODISCARD bp_status bp_dataset_builder_header(bp_dataset_builder *builder,
                                                 const bp_names *columns, bp_error *err);

typedef struct bp_cell {
    const char *text; /* not terminated */
    size_t size;
} bp_cell;

/* One row of text cells; `line` is for messages. INVALID with line and column (1-based field) for a
 * row of the wrong width, text or a non-finite number where a feature should be, an empty cell. */
BP_NODISCARD bp_status bp_dataset_builder_row(bp_dataset_builder *builder, const bp_cell *cells,
                                              size_t count, uint64_t line, bp_error *err);

/* Ends the building: classes sorted (by value when every label is an integer, else bytewise),
 * statistics, digest. INVALID: no rows. One target column whose cells are all integers or not all
 * numbers becomes classes (up to BP_MAX_CLASSES labels); numeric cells also give y; several target
 * columns must be numeric. The builder stays the caller's to free. */
BP_NODISCARD bp_status bp_dataset_builder_finish(bp_dataset_builder *builder, bp_dataset **out,
                                                 bp_error *err);

#endif
