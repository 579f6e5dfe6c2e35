#include "memory.h"

#include <string.h>

void *bp_calloc_aligned(size_t count, size_t size) {
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes) || bytes > (size_t)-1 - BP_ALIGNMENT) {
        return NULL;
    }
    bytes = (bytes + BP_ALIGNMENT) / BP_ALIGNMENT * BP_ALIGNMENT;
    void *memory = aligned_alloc(BP_ALIGNMENT, bytes);
    if (memory != NULL) {
        memset(memory, 0, bytes);
    }
    return memory;
}
