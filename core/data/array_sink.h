/* Where the readers of array formats put what they read: a header, then rows of float32. */
#ifndef BP_ARRAY_SINK_H
#define BP_ARRAY_SINK_H

#include "names.h"

enum { BP_ARRAY_MAX_RANK = 32 };

/* An array as a table: the first dimension counts rows, the product of the others columns. */
typedef struct bp_array_shape {
    uint64_t rows;         /* > 0, as declared: the body may yet turn out shorter */
    size_t columns;        /* 1..BP_MAX_COLUMNS */
    const bp_names *names; /* [columns]; NULL: the format has none, the sink makes them */
    size_t rank;           /* of the stored array, 1..BP_ARRAY_MAX_RANK; 1: a single column */
    uint64_t dimension[BP_ARRAY_MAX_RANK]; /* [rank], the first is rows */
} bp_array_shape;

/* Called by the thread that feeds the reader. What a function returns other than BP_OK ends the
 * reading with that error. */
typedef struct bp_array_sink {
    void *context;
    /* Once, before any row. The shape is borrowed for the call. */
    bp_status (*header)(void *context, const bp_array_shape *shape, bp_error *err);
    /* The next `rows` > 0 rows, many at a time: values [rows, columns] row-major, borrowed for the
     * call. NaN is a missing value; none is infinite. */
    bp_status (*rows)(void *context, const float *values, size_t rows, bp_error *err);
} bp_array_sink;

#endif
