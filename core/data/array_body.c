/* Numbers are converted where they lie in the caller's bytes; only one that is cut is put together
 * in `cut`. Rows go to the sink when a block is full and at the end, so that neither the calls nor
 * the first error depend on the pieces in which the bytes come. */
#include "array_body.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK_NUMBERS = 16384 };

struct bp_array_body {
    const bp_array_layout *layout;
    const bp_array_sink *sink;
    float *numbers; /* [capacity]: a block of rows; of several parts: all, in the body's order */
    float *block;   /* [block_rows, columns]; of several parts only */
    size_t block_rows;
    size_t filled, capacity;
    size_t part;        /* the one that is being read; part_count: none, the body is complete */
    uint64_t part_left; /* numbers */
    uint64_t offset;    /* of the next number in the body */
    unsigned char cut[BP_NUMBER_MAX_BYTES];
    size_t cut_size;
};

static uint64_t part_numbers(const bp_array_layout *layout, size_t part) {
    return part < layout->part_count ? layout->shape.rows * layout->part[part].columns : 0;
}

static bp_status check_gathered(const bp_array_layout *layout, uint64_t limit, bp_error *err) {
    uint64_t numbers = layout->shape.rows * layout->shape.columns;
    if (layout->part_count > 1 && (numbers > limit || numbers > SIZE_MAX / sizeof(float))) {
        return bp_fail(err, BP_TOO_LARGE, NULL,
                       "the array does not lie row by row and has %" PRIu64
                       " numbers: at most %" PRIu64 " can be put in order",
                       numbers, limit);
    }
    return BP_OK;
}

bp_status bp_array_body_new(bp_array_body **out, const bp_array_layout *layout,
                            const bp_array_sink *sink, uint64_t gathered_limit, bp_error *err) {
    bp_status status = check_gathered(layout, gathered_limit, err);
    if (status != BP_OK) {
        return status;
    }
    const bp_array_shape *shape = &layout->shape;
    bool is_gathered = layout->part_count > 1;
    bp_array_body *body = calloc(1, sizeof *body);
    if (body == NULL) {
        return bp_fail(err, BP_NO_MEMORY, NULL, "no memory for the reading of an array");
    }
    size_t fitting = shape->columns < BLOCK_NUMBERS ? BLOCK_NUMBERS / shape->columns : 1;
    body->layout = layout;
    body->sink = sink;
    body->block_rows = fitting < shape->rows ? fitting : shape->rows;
    body->capacity = (is_gathered ? shape->rows : body->block_rows) * shape->columns;
    body->part_left = part_numbers(layout, 0);
    body->numbers = malloc(body->capacity * sizeof *body->numbers);
    if (is_gathered) {
        body->block = malloc(body->block_rows * shape->columns * sizeof *body->block);
    }
    if (body->numbers == NULL || (is_gathered && body->block == NULL)) {
        bp_array_body_free(body);
        return bp_fail(err, BP_NO_MEMORY, NULL, "no memory for %" PRIu64 " rows of an array",
                       shape->rows);
    }
    *out = body;
    return BP_OK;
}

void bp_array_body_free(bp_array_body *body) {
    if (body == NULL) {
        return;
    }
    free(body->numbers);
    free(body->block);
    free(body);
}

bool bp_array_body_is_complete(const bp_array_body *body) {
    return body->part == body->layout->part_count;
}

/* --- numbers -------------------------------------------------------------------------------- */

static bp_status fail_number(const bp_array_body *body, const unsigned char *bytes, size_t index,
                             bp_error *err) {
    const bp_array_part *part = &body->layout->part[body->part];
    size_t size = bp_number_size(part->number.type);
    uint64_t number = part_numbers(body->layout, body->part) - body->part_left + index;
    uint64_t row = number / part->columns + 1;
    uint64_t column = part->first_column + number % part->columns + 1;
    double value = bp_number_value(bytes + index * size, part->number);
    return bp_fail_at(err, BP_INVALID, row, column,
                      "row %" PRIu64 ", column %" PRIu64 " (byte %" PRIu64 "): %g is %s", row,
                      column, body->layout->body_offset + body->offset + index * size, value,
                      isfinite(value) ? "beyond the range of float32" : "not a finite number");
}

static bp_status read_numbers(bp_array_body *body, const unsigned char *bytes, size_t count,
                              bp_error *err) {
    bp_number_format number = body->layout->part[body->part].number;
    size_t good = bp_numbers_read(body->numbers + body->filled, bytes, count, number);
    if (good < count) {
        return fail_number(body, bytes, good, err);
    }
    body->filled += count;
    body->offset += count * bp_number_size(number.type);
    body->part_left -= count;
    if (body->part_left == 0) {
        body->part++;
        body->part_left = part_numbers(body->layout, body->part);
    }
    return BP_OK;
}

/* Takes *used > 0 of the bytes, of one part and up to the end of a block. */
static bp_status take(size_t *used, bp_array_body *body, const unsigned char *bytes, size_t size,
                      bp_error *err) {
    size_t width = bp_number_size(body->layout->part[body->part].number.type);
    if (body->cut_size == 0 && size >= width) {
        size_t count = size / width, room = body->capacity - body->filled;
        count = count < room ? count : room;
        count = count < body->part_left ? count : body->part_left;
        *used = count * width;
        return read_numbers(body, bytes, count, err);
    }
    size_t missing = width - body->cut_size;
    *used = missing < size ? missing : size;
    memcpy(body->cut + body->cut_size, bytes, *used);
    body->cut_size += *used;
    if (body->cut_size < width) {
        return BP_OK;
    }
    body->cut_size = 0;
    return read_numbers(body, body->cut, 1, err);
}

/* --- rows ----------------------------------------------------------------------------------- */

/* Copies rows [rows, part->columns] to their columns of the block. */
static void place_part(const bp_array_body *body, const bp_array_part *part, const float *from,
                       size_t rows) {
    size_t columns = body->layout->shape.columns;
    float *to = body->block + part->first_column;
    if (part->columns == 1) { /* Fortran order: a call for each number would cost more than it */
        for (size_t row = 0; row < rows; row++) {
            to[row * columns] = from[row];
        }
        return;
    }
    for (size_t row = 0; row < rows; row++) {
        memcpy(to + row * columns, from + row * part->columns, part->columns * sizeof *from);
    }
}

static void fill_block(const bp_array_body *body, uint64_t first_row, size_t rows) {
    const bp_array_layout *layout = body->layout;
    const float *from = body->numbers;
    for (size_t i = 0; i < layout->part_count; i++) {
        place_part(body, &layout->part[i], from + first_row * layout->part[i].columns, rows);
        from += part_numbers(layout, i);
    }
}

static bp_status give_gathered(const bp_array_body *body, bp_error *err) {
    uint64_t rows = body->layout->shape.rows;
    for (uint64_t first = 0; first < rows; first += body->block_rows) {
        size_t count = rows - first < body->block_rows ? rows - first : body->block_rows;
        fill_block(body, first, count);
        bp_status status = body->sink->rows(body->sink->context, body->block, count, err);
        if (status != BP_OK) {
            return status;
        }
    }
    return BP_OK;
}

static bp_status give_rows(bp_array_body *body, bp_error *err) {
    if (body->block != NULL) {
        return give_gathered(body, err);
    }
    size_t rows = body->filled / body->layout->shape.columns;
    body->filled = 0;
    return body->sink->rows(body->sink->context, body->numbers, rows, err);
}

bp_status bp_array_body_feed(size_t *used, bp_array_body *body, const unsigned char *bytes,
                             size_t size, bp_error *err) {
    size_t at = 0;
    bp_status status = BP_OK;
    while (status == BP_OK && at < size && !bp_array_body_is_complete(body)) {
        size_t taken;
        status = take(&taken, body, bytes + at, size - at, err);
        at += taken;
        if (status == BP_OK &&
            (body->filled == body->capacity || bp_array_body_is_complete(body))) {
            status = give_rows(body, err);
        }
    }
    *used = at;
    return status;
}
