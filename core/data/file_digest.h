/* The SHA-256 of a file that grows, computed by a thread of its own while others write the file. */
#ifndef BP_FILE_DIGEST_H
#define BP_FILE_DIGEST_H

#include "digest.h"
#include "status.h"

typedef struct bp_file_digest bp_file_digest;

/* Of no bytes yet. The file is borrowed; it is read with pread. NO_MEMORY; INTERNAL: no thread. */
BP_NODISCARD bp_status bp_file_digest_new(bp_file_digest **out, int file, bp_error *err);
void bp_file_digest_free(bp_file_digest *digest); /* NULL is allowed; waits for the thread */

/* The first `size_bytes` are in the file, and will not change before the next
 * bp_file_digest_restart. Does not wait. The owner's thread, as all that follow. */
void bp_file_digest_grow(bp_file_digest *digest, uint64_t size_bytes);

/* All bytes are read anew. After it nothing is read until the next bp_file_digest_grow. */
void bp_file_digest_restart(bp_file_digest *digest);

/* Of all bytes that are there, not finished; waits for them. IO: they could not be read. */
BP_NODISCARD bp_status bp_file_digest_get(bp_file_digest *digest, bp_digest *out, bp_error *err);

#endif
