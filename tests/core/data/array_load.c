#include "array_load.h"

#include <stdlib.h>
#include <string.h>

static bp_status take_header(void *context, const bp_array_shape *shape, bp_error *err) {
    array_loaded *loaded = context;
    loaded->headers++;
    loaded->shape = *shape;
    loaded->shape.names = NULL;
    return shape->names != NULL ? bp_names_copy(&loaded->names, shape->names, err) : BP_OK;
}

static bp_status take_rows(void *context, const float *values, size_t rows, bp_error *err) {
    array_loaded *loaded = context;
    size_t columns = loaded->shape.columns;
    float *larger =
        realloc(loaded->values, (loaded->rows + rows) * columns * sizeof *loaded->values);
    if (larger == NULL) {
        return bp_fail(err, BP_NO_MEMORY, NULL, "no memory for %zu rows", rows);
    }
    memcpy(larger + loaded->rows * columns, values, rows * columns * sizeof *values);
    loaded->values = larger;
    loaded->rows += rows;
    return BP_OK;
}

/* Each piece is a copy of its exact size, so that AddressSanitizer sees a read beyond it. */
static bp_status feed_copy(bp_array_reader *reader, const unsigned char *bytes, size_t size,
                           bp_error *err) {
    unsigned char *copy = malloc(size > 0 ? size : 1);
    if (copy == NULL) {
        return bp_fail(err, BP_NO_MEMORY, NULL, "no memory for a piece of %zu bytes", size);
    }
    memcpy(copy, bytes, size);
    bp_status status = bp_array_reader_feed(reader, copy, size, err);
    free(copy);
    return status;
}

static bp_status feed(bp_array_reader *reader, const unsigned char *bytes, size_t size,
                      array_pieces pieces, bp_error *err) {
    bp_status status = BP_OK;
    size_t next = pieces.first;
    for (size_t at = 0; status == BP_OK && at < size;) {
        size_t piece = next < size - at ? next : size - at;
        status = feed_copy(reader, bytes + at, piece, err);
        at += piece;
        next = pieces.then;
    }
    return status == BP_OK ? bp_array_reader_finish(reader, err) : status;
}

void array_load(array_loaded *loaded, const bp_array_format *format, const void *bytes, size_t size,
                array_pieces pieces) {
    *loaded = (array_loaded){0};
    bp_array_sink sink = {loaded, take_header, take_rows};
    bp_array_reader *reader = NULL;
    loaded->status =
        bp_array_reader_new(&reader, format, &sink, ARRAY_LOAD_GATHERED_LIMIT, &loaded->err);
    if (loaded->status == BP_OK) {
        loaded->status = feed(reader, bytes, size, pieces, &loaded->err);
    }
    bp_array_reader_free(reader);
}

void array_loaded_clear(array_loaded *loaded) {
    bp_names_clear(&loaded->names);
    free(loaded->values);
    *loaded = (array_loaded){0};
}

static bool is_same_error(const bp_error *a, const bp_error *b) {
    return a->code == b->code && a->line == b->line && a->column == b->column &&
           strcmp(a->field, b->field) == 0 && strcmp(a->message, b->message) == 0;
}

static bool are_same_names(const bp_names *a, const bp_names *b) {
    bool same = a->count == b->count;
    for (size_t i = 0; same && i < a->count; i++) {
        same = strcmp(a->item[i], b->item[i]) == 0;
    }
    return same;
}

bool array_loaded_equal(const array_loaded *a, const array_loaded *b) {
    return a->status == b->status && is_same_error(&a->err, &b->err) && a->headers == b->headers &&
           memcmp(&a->shape, &b->shape, sizeof a->shape) == 0 &&
           are_same_names(&a->names, &b->names) && a->rows == b->rows &&
           (a->rows == 0 ||
            memcmp(a->values, b->values, a->rows * a->shape.columns * sizeof *a->values) == 0);
}
