/* What the header of an array format says of its body: a table, and the parts in which it lies. */
#ifndef BP_ARRAY_LAYOUT_H
#define BP_ARRAY_LAYOUT_H

#include "array_number.h"
#include "array_sink.h"

/* A matrix [shape.rows, columns], row-major, whose columns are some of the table's. */
typedef struct bp_array_part {
    bp_number_format number;
    size_t first_column;
    size_t columns; /* > 0 */
} bp_array_part;

typedef struct bp_array_layout {
    bp_array_shape shape;
    bp_names names;      /* of the columns, owned; empty: there are none */
    bp_array_part *part; /* [part_count], owned, in the order of the body, without gaps */
    size_t part_count;   /* 1: the rows can be streamed */
    size_t part_capacity;
    uint64_t body_offset; /* the size of the header */
    uint64_t body_bytes;  /* the size of all parts */
} bp_array_layout;

/* Makes a shape of dimensions [rank], without names. INVALID: rank 0, no rows, no columns;
 * TOO_LARGE: more than BP_ARRAY_MAX_RANK dimensions or BP_MAX_COLUMNS columns. */
BP_NODISCARD bp_status bp_array_shape_set(bp_array_shape *shape, const uint64_t *dimension,
                                          size_t rank, bp_error *err);

/* Appends a part; the shape must be set. TOO_LARGE: the body would have 2^63 bytes or more.
 * NO_MEMORY. */
BP_NODISCARD bp_status bp_array_layout_add(bp_array_layout *layout, bp_array_part part,
                                           bp_error *err);

void bp_array_layout_clear(bp_array_layout *layout);

#endif
