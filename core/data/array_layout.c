#include "array_layout.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "dataset.h"

static bp_status check_rank(const uint64_t *dimension, size_t rank, bp_error *err) {
    if (rank == 0) {
        return bp_fail(err, BP_INVALID, NULL, "the array is a single number without dimensions");
    }
    if (rank > BP_ARRAY_MAX_RANK) {
        return bp_fail(err, BP_TOO_LARGE, NULL, "the array has more than %d dimensions",
                       BP_ARRAY_MAX_RANK);
    }
    if (dimension[0] == 0) {
        return bp_fail(err, BP_INVALID, NULL, "the array has no rows: its first dimension is 0");
    }
    for (size_t i = 1; i < rank; i++) {
        if (dimension[i] == 0) {
            return bp_fail(err, BP_INVALID, NULL, "the array has no columns: dimension %zu is 0",
                           i + 1);
        }
    }
    return BP_OK;
}

bp_status bp_array_shape_set(bp_array_shape *shape, const uint64_t *dimension, size_t rank,
                             bp_error *err) {
    bp_status status = check_rank(dimension, rank, err);
    if (status != BP_OK) {
        return status;
    }
    uint64_t columns = 1;
    for (size_t i = 1; i < rank; i++) {
        if (__builtin_mul_overflow(columns, dimension[i], &columns) || columns > BP_MAX_COLUMNS) {
            return bp_fail(err, BP_TOO_LARGE, NULL,
                           "the array has more than %d columns: its dimensions after the first, "
                           "multiplied",
                           BP_MAX_COLUMNS);
        }
    }
    *shape = (bp_array_shape){.rows = dimension[0], .columns = columns, .rank = rank};
    memcpy(shape->dimension, dimension, rank * sizeof *dimension);
    return BP_OK;
}

static bp_status grow(bp_array_layout *layout, bp_error *err) {
    size_t capacity = layout->part_capacity == 0 ? 1 : 2 * layout->part_capacity;
    bp_array_part *larger = realloc(layout->part, capacity * sizeof *larger);
    if (larger == NULL) {
        return bp_fail(err, BP_NO_MEMORY, NULL, "no memory for %zu parts of an array", capacity);
    }
    layout->part = larger;
    layout->part_capacity = capacity;
    return BP_OK;
}

bp_status bp_array_layout_add(bp_array_layout *layout, bp_array_part part, bp_error *err) {
    uint64_t row_bytes = part.columns * bp_number_size(part.number.type), bytes;
    if (__builtin_mul_overflow(layout->shape.rows, row_bytes, &bytes) ||
        __builtin_add_overflow(layout->body_bytes, bytes, &bytes) || bytes > INT64_MAX) {
        return bp_fail(err, BP_TOO_LARGE, NULL,
                       "the array has more bytes than can be counted: %" PRIu64 " rows",
                       layout->shape.rows);
    }
    if (layout->part_count == layout->part_capacity) {
        bp_status status = grow(layout, err);
        if (status != BP_OK) {
            return status;
        }
    }
    layout->part[layout->part_count++] = part;
    layout->body_bytes = bytes;
    return BP_OK;
}

void bp_array_layout_clear(bp_array_layout *layout) {
    bp_names_clear(&layout->names);
    free(layout->part);
    *layout = (bp_array_layout){0};
}
