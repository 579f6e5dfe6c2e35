/* An owned, immutable-once-built list of strings: column names, class labels. */
#ifndef BP_NAMES_H
#define BP_NAMES_H

#include "status.h"

typedef struct bp_names {
    size_t count;
    size_t capacity;
    char **item; /* [count], each NUL-terminated and owned */
} bp_names;

/* Appends a copy of `text` (size bytes, need not be terminated; must hold no NUL). NO_MEMORY. */
BP_NODISCARD bp_status bp_names_add(bp_names *names, const char *text, size_t size, bp_error *err);

/* Deep copy into `out`, which must be zeroed. NO_MEMORY. */
BP_NODISCARD bp_status bp_names_copy(bp_names *out, const bp_names *names, bp_error *err);

/* Index of `text`, or SIZE_MAX. Linear. */
size_t bp_names_find(const bp_names *names, const char *text);

void bp_names_clear(bp_names *names);

/* Bytes of the heap that it holds, with what the heap takes for itself. */
size_t bp_names_bytes(const bp_names *names);

#endif
