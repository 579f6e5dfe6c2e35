/* A whole body through a reader of arrays, fed in pieces of chosen sizes, and all that the sink was
 * given: for tests and fuzzers. */
#ifndef BP_ARRAY_LOAD_H
#define BP_ARRAY_LOAD_H

#include "array_reader.h"

typedef struct array_pieces {
    size_t first; /* bytes of the first piece */
    size_t then;  /* bytes of each piece after it, > 0 */
} array_pieces;

typedef struct array_loaded {
    bp_status status;
    bp_error err;
    size_t headers; /* calls */
    bp_array_shape shape;
    bp_names names;
    size_t rows;   /* given, also where the load failed */
    float *values; /* [rows, columns] */
} array_loaded;

enum { ARRAY_LOAD_GATHERED_LIMIT = 1 << 20 };

/* `bytes` as they lie in the file; `loaded` may hold anything. */
void array_load(array_loaded *loaded, const bp_array_format *format, const void *bytes, size_t size,
                array_pieces pieces);
void array_loaded_clear(array_loaded *loaded);

/* Whether the two were told the same: shape, names, rows bit for bit, error. */
bool array_loaded_equal(const array_loaded *a, const array_loaded *b);

#endif
