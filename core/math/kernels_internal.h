/* The tables that this build holds; which ones a machine runs is kernels.c's to say. */
#ifndef BP_KERNELS_INTERNAL_H
#define BP_KERNELS_INTERNAL_H

#include "kernels.h"

extern const bp_kernels bp_kernels_avx512, bp_kernels_avx2, bp_kernels_neon, bp_kernels_plain,
    bp_kernels_naive;

#endif
