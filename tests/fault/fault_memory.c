/* Allocations, of everything in the process: the Nth fails, and all that live are counted. */
#include <errno.h>
#include <malloc.h>
#include <stdlib.h>

#include "fault_control.h"

/* glibc's own, under the names that are left when these stand before them. */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *old, size_t size);
void *__libc_memalign(size_t alignment, size_t size);
void __libc_free(void *block);

static bool fails(void) {
    fault_control *by = fault_control_get();
    atomic_fetch_add_explicit(&by->memory_calls, 1, memory_order_relaxed);
    if (atomic_load_explicit(&by->memory_armed, memory_order_relaxed) == 0) {
        return false;
    }
    int64_t left = atomic_fetch_sub_explicit(&by->memory_countdown, 1, memory_order_relaxed);
    bool forever = atomic_load_explicit(&by->memory_forever, memory_order_relaxed) != 0;
    if (left != 1 && !(left < 1 && forever)) {
        return false;
    }
    atomic_fetch_add_explicit(&by->memory_struck, 1, memory_order_relaxed);
    errno = ENOMEM;
    return true;
}

static void count(int64_t blocks, int64_t bytes) {
    fault_control *by = fault_control_get();
    atomic_fetch_add_explicit(&by->live_blocks, blocks, memory_order_relaxed);
    atomic_fetch_add_explicit(&by->live_bytes, bytes, memory_order_relaxed);
}

static void *counted(void *block) {
    if (block != NULL) {
        count(1, (int64_t)malloc_usable_size(block));
    }
    return block;
}

void *malloc(size_t size) {
    return fails() ? NULL : counted(__libc_malloc(size));
}

void *calloc(size_t items, size_t size) {
    return fails() ? NULL : counted(__libc_calloc(items, size));
}

void *realloc(void *old, size_t size) {
    if (fails()) {
        return NULL;
    }
    int64_t before = old != NULL ? (int64_t)malloc_usable_size(old) : 0;
    void *block = __libc_realloc(old, size);
    if (block != NULL) {
        count(old == NULL, (int64_t)malloc_usable_size(block) - before);
    } else if (size == 0 && old != NULL) {
        count(-1, -before);
    }
    return block;
}

void *aligned_alloc(size_t alignment, size_t size) {
    return fails() ? NULL : counted(__libc_memalign(alignment, size));
}

void *memalign(size_t alignment, size_t size) {
    return fails() ? NULL : counted(__libc_memalign(alignment, size));
}

int posix_memalign(void **out, size_t alignment, size_t size) {
    void *block = aligned_alloc(alignment, size);
    if (block == NULL) {
        return ENOMEM;
    }
    *out = block;
    return 0;
}

void free(void *block) {
    if (block != NULL) {
        count(-1, -(int64_t)malloc_usable_size(block));
    }
    __libc_free(block);
}
