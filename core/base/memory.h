/* Aligned memory for arrays of floats. */
#ifndef BP_MEMORY_H
#define BP_MEMORY_H

#include <stdlib.h>

enum { BP_ALIGNMENT = 64 }; /* a cache line and an AVX-512 vector */

/* `count` zeroed items of `size` bytes on a 64-byte border; free() frees it. NULL: no memory, or
 * the product overflows. count 0 gives a valid pointer. */
void *bp_calloc_aligned(size_t count, size_t size);

#endif
