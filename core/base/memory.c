#include "memory.h"

#include <string.h>
#include <sys/mman.h>

/* Arrays from this size on lie on huge pages where the system grants them: a product walks down
 * columns, a new 4 KiB page at every step. */
enum { HUGE_PAGE_BYTES = 2 << 20 };

void *bp_calloc_aligned(size_t count, size_t size) {
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes) || bytes > (size_t)-1 - BP_ALIGNMENT) {
        return NULL;
    }
    size_t alignment = bytes >= HUGE_PAGE_BYTES ? HUGE_PAGE_BYTES : BP_ALIGNMENT;
    bytes = (bytes + BP_ALIGNMENT) / BP_ALIGNMENT * BP_ALIGNMENT;
    void *memory = NULL;
    if (posix_memalign(&memory, alignment, bytes) != 0) {
        return NULL;
    }
    if (alignment == HUGE_PAGE_BYTES) {
        (void)madvise(memory, bytes, MADV_HUGEPAGE); /* advice: its failure changes nothing */
    }
    memset(memory, 0, bytes);
    return memory;
}
