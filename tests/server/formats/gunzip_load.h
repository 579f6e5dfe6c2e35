/* A whole gzip body, fed in pieces of chosen sizes: for tests and the fuzzer. */
#ifndef BP_GUNZIP_LOAD_H
#define BP_GUNZIP_LOAD_H

#include "array_load.h"
#include "gunzip.h"

typedef struct gunzip_loaded {
    bp_status status;
    bp_error err;
    char *bytes; /* [size]: what the sink was given, also where the load failed */
    size_t size;
    size_t capacity;
    size_t calls;
} gunzip_loaded;

/* `loaded` may hold anything. */
void gunzip_load(gunzip_loaded *loaded, const void *bytes, size_t size, uint64_t output_limit,
                 array_pieces pieces);
void gunzip_loaded_clear(gunzip_loaded *loaded);

/* Whether the two were told the same: bytes, calls, error. */
bool gunzip_loaded_equal(const gunzip_loaded *a, const gunzip_loaded *b);

#endif
