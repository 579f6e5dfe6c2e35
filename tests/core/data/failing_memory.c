#include "failing_memory.h"

#include <errno.h>
#include <stddef.h>

/* The linker puts these in the place of the C library's (--wrap). */
void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void *__real_aligned_alloc(size_t alignment, size_t size);
int __real_posix_memalign(void **out, size_t alignment, size_t size);
char *__real_strdup(const char *text);
void __real_free(void *block);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);
void *__wrap_aligned_alloc(size_t alignment, size_t size);
int __wrap_posix_memalign(void **out, size_t alignment, size_t size);
char *__wrap_strdup(const char *text);
void __wrap_free(void *block);

static long until_failure; /* allocations that still succeed */
static long live_blocks;

static int fails(void) {
    return until_failure-- <= 0;
}

static void *count_block(void *block) {
    live_blocks += block != NULL;
    return block;
}

void *__wrap_malloc(size_t size) {
    return fails() ? NULL : count_block(__real_malloc(size));
}

void *__wrap_calloc(size_t count, size_t size) {
    return fails() ? NULL : count_block(__real_calloc(count, size));
}

void *__wrap_realloc(void *old, size_t size) {
    if (fails()) {
        return NULL;
    }
    void *block = __real_realloc(old, size);
    live_blocks += block != NULL && old == NULL;
    return block;
}

void *__wrap_aligned_alloc(size_t alignment, size_t size) {
    return fails() ? NULL : count_block(__real_aligned_alloc(alignment, size));
}

int __wrap_posix_memalign(void **out, size_t alignment, size_t size) {
    if (fails()) {
        return ENOMEM;
    }
    int result = __real_posix_memalign(out, alignment, size);
    live_blocks += result == 0;
    return result;
}

char *__wrap_strdup(const char *text) {
    return fails() ? NULL : count_block(__real_strdup(text));
}

void __wrap_free(void *block) {
    live_blocks -= block != NULL;
    __real_free(block);
}

void failing_memory_begin(long successes) {
    live_blocks = 0;
    until_failure = successes;
}

void failing_memory_end(void) {
    until_failure = 0;
}

long failing_memory_live_blocks(void) {
    return live_blocks;
}
