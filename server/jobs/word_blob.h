/* Blobs of 32 and 64 bit words, little-endian whatever the machine: floats, doubles, integers. */
#ifndef BP_WORD_BLOB_H
#define BP_WORD_BLOB_H

#include <stdbool.h>

#include "status.h"

typedef struct bp_word_blob {
    unsigned char *bytes; /* owned by a writer, borrowed by a reader */
    size_t size;
    size_t used; /* written or read so far */
} bp_word_blob;

/* A writer of exactly `size` bytes; free(blob.bytes). NO_MEMORY. */
BP_NODISCARD bp_status bp_word_blob_new(bp_word_blob *out, size_t size, bp_error *err);
/* The room is the caller's promise. */
void bp_word_blob_put32(bp_word_blob *blob, const void *words, size_t count);
void bp_word_blob_put64(bp_word_blob *blob, const void *words, size_t count);

bp_word_blob bp_word_blob_read(const void *bytes, size_t size);
/* False: the blob ends before; nothing is read. */
BP_NODISCARD bool bp_word_blob_get32(bp_word_blob *blob, void *words, size_t count);
BP_NODISCARD bool bp_word_blob_get64(bp_word_blob *blob, void *words, size_t count);

#endif
