/* The body of the fuzzers of array formats. */
#ifndef BP_FUZZ_ARRAY_H
#define BP_FUZZ_ARRAY_H

#include <math.h>

#include "fuzz_pieces.h"

static inline void check_loaded(const array_loaded *loaded) {
    require(loaded->status == loaded->err.code, "status");
    require((loaded->status == BP_OK) == (loaded->err.message[0] == '\0'), "message");
    require(loaded->headers <= 1, "two headers");
    require(loaded->status != BP_OK || loaded->headers == 1, "no header");
    require(loaded->status != BP_OK || loaded->rows == loaded->shape.rows, "rows");
    require(loaded->rows <= loaded->shape.rows, "more rows than declared");
    require(loaded->names.count == 0 || loaded->names.count == loaded->shape.columns, "names");
    for (size_t i = 0; i < loaded->rows * loaded->shape.columns; i++) {
        require(!isinf(loaded->values[i]), "an infinity");
    }
}

static inline void fuzz_array(const bp_array_format *format, const uint8_t *bytes, size_t size) {
    uint32_t choice = choose(bytes, size);
    array_loaded whole;
    array_load(&whole, format, bytes, size, (array_pieces){SIZE_MAX, SIZE_MAX});
    check_loaded(&whole);
    for (size_t i = 0; i < FUZZ_CUTS; i++) {
        array_loaded loaded;
        array_load(&loaded, format, bytes, size, fuzz_cut(i, choice, size));
        require(array_loaded_equal(&loaded, &whole), "another result in pieces");
        array_loaded_clear(&loaded);
    }
    array_loaded_clear(&whole);
}

#endif
