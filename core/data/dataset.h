/* A data set: features row-major, targets as class indices and/or reals. Immutable once built and
 * reference-counted. dataset_builder.h makes one. */
#ifndef BP_DATASET_H
#define BP_DATASET_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "digest.h"
#include "names.h"
#include "rejects.h"
#include "source_column.h"

enum { BP_MAX_COLUMNS = 65536, BP_MAX_CLASSES = 65536 };

enum { BP_HISTOGRAM_BINS = 10, BP_FREQUENT_VALUES = 5 };

typedef struct bp_frequent_value {
    double value; /* of labels: the index */
    uint64_t count;
} bp_frequent_value;

/* What a column of cells holds, of the cells that are not missing. min to standard_deviation,
 * histogram and missing are over all rows, and so is all that is said of labels; quartiles,
 * distinct and frequent of numbers are over the data set's sampled_rows. */
typedef struct bp_column_stats {
    double min, max, mean, standard_deviation; /* population (divided by rows); NAN for labels */
    size_t distinct;     /* labels, or values in the sampled rows; 0: not counted */
    size_t missing;      /* cells that are NAN */
    uint64_t non_finite; /* cells of rejected rows: nan, inf, or beyond float32 */
    double quartile[3];  /* between the values next to it, linearly; NAN for labels */
    uint64_t histogram[BP_HISTOGRAM_BINS]; /* equal parts of min..max, a value on an edge in the
                                              upper one, max in the last; all 0 for labels */
    size_t frequent_count;                 /* of the next: min(distinct, BP_FREQUENT_VALUES) */
    bp_frequent_value frequent[BP_FREQUENT_VALUES]; /* by falling count, then rising value */
    size_t earliest_row, latest_row; /* of a datetime's first cell that is not all missing */
} bp_column_stats;

typedef struct bp_dataset {
    atomic_uint references;
    size_t rows;              /* > 0 */
    size_t source_count;      /* columns as the client has them, in their order */
    bp_source_column *source; /* [source_count] */
    bp_names features;        /* [features.count] > 0: names of the cells of a row of x */
    float *x;                 /* [rows, features], 64-byte aligned; NAN: missing; of categorical and
                                 boolean columns the index of the label */
    bp_names targets;         /* names of the target columns; none: the data set has no target */
    float *y;                 /* [rows, targets]; NULL where the target is text, or there is none */
    bp_names classes;         /* labels in class order; empty: the target is no set of classes */
    int32_t *class_index;     /* [rows]; NULL where classes is empty */
    bp_names weights;         /* the weight column's name; empty: there is none */
    float *weight;            /* [rows] finite, >= 0; NULL where there is none */
    bp_column_stats *stats;   /* [features + targets + weights], in this order */
    size_t sampled_rows;      /* evenly spaced, that bp_column_stats says are sampled; rows: all */
    bp_names missing_words;   /* that the upload gave for missing values; none: the usual */
    bp_rejects rejects;       /* rows of the upload that were left out */
    void *mapping;            /* arrays that lie in it are not freed one by one; NULL: none do */
    size_t mapping_size;      /* bytes */
    bool mapping_in_memory;   /* no file is behind it */
    char sha256[BP_DIGEST_HEX_SIZE]; /* bp_dataset_digest, or what that was when it was stored */
    bool has_digest_of_x;            /* as soon as it is built; not when it is read again */
    bp_digest digest_of_x;           /* after all bytes of x, not finished: of what begins with x */
    atomic_bool is_unchecked; /* the mapping came from a disk and was not compared with sha256 */
} bp_dataset;

bp_dataset *bp_dataset_ref(bp_dataset *dataset);
/* NULL is allowed; frees every array with free(), the mapping with munmap. */
void bp_dataset_unref(bp_dataset *dataset);

/* Bytes of memory that it holds; of a mapped file none, for the system takes its pages back as it
 * needs them. */
size_t bp_dataset_bytes(const bp_dataset *dataset);

/* Whether a row's features are its numbers as they are: all numeric, and none missing. */
bool bp_dataset_is_plain(const bp_dataset *dataset);

/* SHA-256 of what a data set holds: rows, the names with their counts, whether there is a y, the 32
 * bytes of the SHA-256 of x, then y and class_index, then the weights with their name where there
 * are such; then, where a column is not numeric, the types, roles and labels of all; numbers
 * little-endian. Of x only a digest, so that it is read once for this and for the digest of a file
 * that begins with x. */
void bp_dataset_digest(const bp_dataset *dataset, char hex[BP_DIGEST_HEX_SIZE]);

/* Fills sha256 and digest_of_x, which is *of_x; NULL: it is computed here. */
void bp_dataset_seal(bp_dataset *dataset, const bp_digest *of_x);

/* Whether the data set, as it is now, has this digest, or had it when x itself stood in what is
 * digested: so data sets and receipts of that time stay valid. Reads x once where the first
 * agrees, else twice. */
bool bp_dataset_has_digest(const bp_dataset *dataset, const char *hex);

/* Compares with sha256 (bp_dataset_has_digest), once: where it was not compared before, all of x is
 * read. For whoever is about to train on it or evaluate. Any thread; two that come together both
 * read. IO: it is not what was stored. */
BP_NODISCARD bp_status bp_dataset_check(bp_dataset *dataset, bp_error *err);

/* A cell of text. */
typedef struct bp_cell {
    const char *text; /* not terminated */
    size_t size;
} bp_cell;

#endif
