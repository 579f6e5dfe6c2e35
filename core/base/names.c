#include "names.h"

#include <stdlib.h>
#include <string.h>

static bp_status grow(bp_names *names, bp_error *err) {
    size_t capacity = names->capacity == 0 ? 8 : names->capacity * 2;
    char **item = realloc(names->item, capacity * sizeof *item);
    if (item == NULL) {
        return bp_fail(err, BP_NO_MEMORY, NULL, "no memory for %zu names", capacity);
    }
    names->item = item;
    names->capacity = capacity;
    return BP_OK;
}

bp_status bp_names_add(bp_names *names, const char *text, size_t size, bp_error *err) {
    if (names->count == names->capacity) {
        bp_status status = grow(names, err);
        if (status != BP_OK) {
            return status;
        }
    }
    char *copy = malloc(size + 1);
    if (copy == NULL) {
        return bp_fail(err, BP_NO_MEMORY, NULL, "no memory for a name of %zu bytes", size);
    }
    if (size > 0) {
        memcpy(copy, text, size);
    }
    copy[size] = '\0';
    names->item[names->count++] = copy;
    return BP_OK;
}

bp_status bp_names_copy(bp_names *out, const bp_names *names, bp_error *err) {
    bp_names copy = {0};
    for (size_t i = 0; i < names->count; i++) {
        bp_status status = bp_names_add(&copy, names->item[i], strlen(names->item[i]), err);
        if (status != BP_OK) {
            bp_names_clear(&copy);
            return status;
        }
    }
    *out = copy;
    return BP_OK;
}

size_t bp_names_find(const bp_names *names, const char *text) {
    for (size_t i = 0; i < names->count; i++) {
        if (strcmp(names->item[i], text) == 0) {
            return i;
        }
    }
    return SIZE_MAX;
}

void bp_names_clear(bp_names *names) {
    for (size_t i = 0; i < names->count; i++) {
        free(names->item[i]);
    }
    free(names->item);
    *names = (bp_names){0};
}

size_t bp_names_bytes(const bp_names *names) {
    enum { HEAP_BYTES = 16 }; /* of an allocation, about */
    size_t bytes = names->capacity * sizeof *names->item;
    for (size_t i = 0; i < names->count; i++) {
        bytes += strlen(names->item[i]) + 1 + HEAP_BYTES;
    }
    return bytes;
}
