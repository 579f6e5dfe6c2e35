/* The machine's fused multiply-add peak, measured: chains of vector fma in registers, enough of
 * them to fill the pipelines. It is what the share of the peak of a benchmark refers to. */
#ifndef BP_FMA_PEAK_H
#define BP_FMA_PEAK_H

#include "pool.h"

/* float32 FLOP/s of all the pool's threads together (an fma counts 2), the best of several runs of
 * a few ms. `isa` is a name of core/math/kernels.h; one without vectors of its own ("plain",
 * "naive") is measured against the widest. 0: no vector fma on this machine. */
double bp_fma_peak(bp_pool *pool, const char *isa);

#endif
