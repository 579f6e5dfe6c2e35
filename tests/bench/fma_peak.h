/* The machine's fused multiply-add peak, measured: chains of vector fma in registers, enough of
 * them to fill the pipelines. It is what the share of the peak of a benchmark refers to. */
#ifndef BP_FMA_PEAK_H
#define BP_FMA_PEAK_H

#include <stdbool.h>

#include "pool.h"

typedef struct bp_fma {
    bp_pool *pool;                            /* borrowed */
    const struct bp_fma_instruction_set *set; /* NULL: no vector fma on this machine */
} bp_fma;

/* The chains of one instruction set on all threads of `pool`. `isa` is a name of
 * core/math/kernels.h; one without vectors of its own ("plain", "naive") is measured against the
 * widest. */
bp_fma bp_fma_on(bp_pool *pool, const char *isa);

/* Runs the chains for a few ms on every thread: a step of clean_window.h, its context a bp_fma with
 * a set. */
bool bp_fma_step(void *fma);

/* float32 FLOPs of one such step, an fma counting 2; 0 without a set. */
double bp_fma_flops(const bp_fma *fma);

#endif
