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

/* A blob that is being written, by whatever writes to `file`. */
typedef struct bp_blob_draft {
    int folder; /* borrowed descriptor */
    int file;   /* read and write; -1: finished or dropped */
    uint64_t number;
    uint64_t begun;   /* bytes that `digest` has already; 0: none */
    bp_digest digest; /* of the first `begun` bytes, where there are such */
} bp_blob_draft;

/* An empty temporary file under `folder`, a descriptor of the folder, for blob `number` (unused
 * until now). A crash leaves it for the next start to remove. IO. */
BP_NODISCARD bp_status bp_blob_begin(bp_blob_draft *out, int folder, uint64_t number,
                                     bp_error *err);
/* What is in the file is the blob: digest (of what `begun` leaves), fsync, rename, fsync of the
 * folder. Durable on return; on failure nothing stays. The draft is spent either way. IO. */
BP_NODISCARD bp_status bp_blob_finish(bp_blob_draft *draft, bp_blob *out, bp_error *err);
/* Removes the file, unless it was finished. */
void bp_blob_drop(bp_blob_draft *draft);

/* All three at once, for bytes that are there. IO. */
BP_NODISCARD bp_status bp_blob_write(int folder, uint64_t number, const void *bytes, size_t size,
                                     bp_blob *out, bp_error *err);

/* The bytes, malloc'd, the caller's (never NULL on success). IO: missing, of another size, or of
 * another SHA-256; the message names the file. NO_MEMORY. */
BP_NODISCARD bp_status bp_blob_read(int folder, const bp_blob *blob, void **out, bp_error *err);

/* The bytes as a private, read-only mapping of blob->size, which is not 0, bytes, the caller's to
 * munmap; it outlives the file's name. They are read as they are looked at, so the SHA-256 is not
 * checked. IO: missing, or of another size. */
BP_NODISCARD bp_status bp_blob_map(int folder, const bp_blob *blob, const void **out,
                                   bp_error *err);
/* IO: the bytes have another SHA-256. */
BP_NODISCARD bp_status bp_blob_check(const void *bytes, const bp_blob *blob, bp_error *err);

/* Removes the file; a failure leaves an orphan for the next start to remove. "" is allowed. */
void bp_blob_remove(int folder, const char *file);

/* Whether a file of this name was made by bp_blob_write, finished or not; its number. */
bool bp_blob_parse_name(const char *file, uint64_t *number);

#endif
