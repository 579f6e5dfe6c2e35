#include "json_memory.h"

#include <jansson.h>
#include <stddef.h>

static json_malloc_t allocate; /* set before there are threads */
static _Thread_local bool failed;

static void *watched_malloc(size_t size) {
    void *block = allocate(size);
    failed = failed || block == NULL;
    return block;
}

void bp_json_memory_watch(void) {
    json_malloc_t present;
    json_free_t release;
    json_get_alloc_funcs(&present, &release);
    if (present != watched_malloc) {
        allocate = present;
        json_set_alloc_funcs(watched_malloc, release);
    }
}

bool bp_json_memory_take_failure(void) {
    bool taken = failed;
    failed = false;
    return taken;
}
