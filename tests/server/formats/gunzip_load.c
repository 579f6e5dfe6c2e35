#include "gunzip_load.h"

#include <stdlib.h>
#include <string.h>

static bp_status take(void *context, const char *bytes, size_t size, bp_error *err) {
    gunzip_loaded *loaded = context;
    while (loaded->size + size > loaded->capacity) {
        size_t capacity = loaded->capacity == 0 ? size : 2 * loaded->capacity;
        char *larger = realloc(loaded->bytes, capacity);
        if (larger == NULL) {
            return bp_fail(err, BP_NO_MEMORY, NULL, "no memory for %zu bytes", capacity);
        }
        loaded->bytes = larger;
        loaded->capacity = capacity;
    }
    memcpy(loaded->bytes + loaded->size, bytes, size);
    loaded->size += size;
    loaded->calls++;
    return BP_OK;
}

static bp_status feed(bp_gunzip *gunzip, const unsigned char *bytes, size_t size,
                      array_pieces pieces, bp_error *err) {
    bp_status status = BP_OK;
    size_t next = pieces.first;
    for (size_t at = 0; status == BP_OK && at < size;) {
        size_t piece = next < size - at ? next : size - at;
        status = bp_gunzip_feed(gunzip, bytes + at, piece, err);
        at += piece;
        next = pieces.then;
    }
    return status == BP_OK ? bp_gunzip_finish(gunzip, err) : status;
}

void gunzip_load(gunzip_loaded *loaded, const void *bytes, size_t size, uint64_t output_limit,
                 array_pieces pieces) {
    *loaded = (gunzip_loaded){0};
    bp_byte_sink sink = {loaded, take};
    bp_gunzip *gunzip = NULL;
    loaded->status = bp_gunzip_new(&gunzip, &sink, output_limit, &loaded->err);
    if (loaded->status == BP_OK) {
        loaded->status = feed(gunzip, bytes, size, pieces, &loaded->err);
    }
    bp_gunzip_free(gunzip);
}

void gunzip_loaded_clear(gunzip_loaded *loaded) {
    free(loaded->bytes);
    *loaded = (gunzip_loaded){0};
}

bool gunzip_loaded_equal(const gunzip_loaded *a, const gunzip_loaded *b) {
    return a->status == b->status && a->err.code == b->err.code &&
           strcmp(a->err.message, b->err.message) == 0 && a->calls == b->calls &&
           a->size == b->size && (a->size == 0 || memcmp(a->bytes, b->bytes, a->size) == 0);
}
