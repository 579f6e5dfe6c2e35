/* The interleaved sum of README.md: term j goes to chain j mod 16; the chains are joined by
 * halving. */
#ifndef BP_NAIVE_SUM_H
#define BP_NAIVE_SUM_H

enum { CHAINS = 16 };

static inline float join(float chain[CHAINS]) {
    for (int half = CHAINS / 2; half >= 1; half /= 2) {
        for (int i = 0; i < half; i++) {
            chain[i] = chain[i] + chain[i + half];
        }
    }
    return chain[0];
}

#endif
