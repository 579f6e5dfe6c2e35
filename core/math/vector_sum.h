/* The interleaved sum of README.md on vectors: 16 chains, joined by halving. */
#ifndef BP_VECTOR_SUM_H
#define BP_VECTOR_SUM_H

#include "vec.h"

enum { CHAINS = 16, PARTS = CHAINS / VL };

/* Joins the 16 interleaved chains by halving. */
BP_INLINE float join_chains(const vf *part) {
    float chain[CHAINS];
    memcpy(chain, part, sizeof chain);
    for (int half = CHAINS / 2; half >= 1; half /= 2) {
        for (int i = 0; i < half; i++) {
            chain[i] += chain[i + half];
        }
    }
    return chain[0];
}

#endif
