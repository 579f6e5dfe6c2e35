/* Blobs: immutable files with a number for a name, in one folder. */
#ifndef BP_BLOB_FILE_H
#define BP_BLOB_FILE_H

#include <stdbool.h>

#include "digest.h"
#include "status.h"

enum { BP_BLOB_FILE_SIZE = 32 };

/* How the catalogue names a blob. */
typedef struct bp_blob {
    char file[BP_BLOB_FILE_SIZE]; /* "": no blob */
    uint64_t size;
    char sha256[BP_DIGEST_HEX_SIZE];
} bp_blob;

/* Writes blob `number` (unused until now) under `folder`, a descriptor of the folder: a temporary
 * file, fsync, rename, fsync of the folder. Durable on return; on failure nothing stays. IO. */
BP_NODISCARD bp_status bp_blob_write(int folder, uint64_t number, const void *bytes, size_t size,
                                     bp_blob *out, bp_error *err);

/* The bytes, malloc'd, the caller's (never NULL on success). IO: missing, of another size, or of
 * another SHA-256; the message names the file. NO_MEMORY. */
BP_NODISCARD bp_status bp_blob_read(int folder, const bp_blob *blob, void **out, bp_error *err);

/* Removes the file; a failure leaves an orphan for the next start to remove. "" is allowed. */
void bp_blob_remove(int folder, const char *file);

/* Whether a file of this name was made by bp_blob_write, finished or not; its number. */
bool bp_blob_parse_name(const char *file, uint64_t *number);

#endif
