/* The arithmetic of the engine, one table per instruction set. Every table computes the same bits:
 * the definitions are in README.md beside this file, the naive table spells them as loops. */
#ifndef BP_KERNELS_H
#define BP_KERNELS_H

#include "status.h"

typedef struct bp_kernels bp_kernels;

/* The table of a name ("avx512", "avx2", "neon", "plain", "naive"); NULL or "auto": the fastest
 * that this machine runs. INVALID with the names that this machine runs. */
BP_NODISCARD bp_status bp_kernels_find(const char *name, const bp_kernels **out, bp_error *err);

const char *bp_kernels_name(const bp_kernels *kernels);

/* Names that this machine runs, fastest first, into names[capacity]; returns how many there are. */
size_t bp_kernels_available(const char **names, size_t capacity);

#endif
