/* What the fuzzers share: the invariant is that a body gives the same fed whole and in pieces. */
#ifndef BP_FUZZ_PIECES_H
#define BP_FUZZ_PIECES_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "array_load.h"

enum { FUZZ_CUTS = 3 };

static inline void require(int holds, const char *what) {
    if (!holds) {
        fprintf(stderr, "fuzz: %s\n", what);
        abort();
    }
}

/* FNV-1a: the choices for a body follow from the body. */
static inline uint32_t choose(const uint8_t *bytes, size_t size) {
    uint32_t hash = 2166136261u;
    for (size_t i = 0; i < size; i++) {
        hash = (hash ^ bytes[i]) * 16777619u;
    }
    return hash ^ hash >> 15;
}

/* The cut number `i` of FUZZ_CUTS: byte by byte, in two, and in small pieces. */
static inline array_pieces fuzz_cut(size_t i, uint32_t choice, size_t size) {
    const array_pieces cuts[FUZZ_CUTS] = {
        {1, 1}, {choice / 8 % (size + 1), SIZE_MAX}, {choice / 8 % 16, 1 + choice / 128 % 32}};
    return cuts[i];
}

#endif
