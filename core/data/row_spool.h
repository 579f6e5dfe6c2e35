/* A growing array of floats, in memory or in a file: rows of a data set as they come. */
#ifndef BP_ROW_SPOOL_H
#define BP_ROW_SPOOL_H

#include <stdbool.h>

#include "file_digest.h"

/* Up to here (16 MiB) what goes to a file stays in memory, which is faster to train from. */
enum { BP_ROW_SPOOL_MEMORY_FLOATS = 1 << 22 };

typedef struct bp_row_spool {
    bool in_file;
    int file;               /* borrowed; at its beginning, and read and write */
    float *bytes;           /* memory: all of them; file: those that are not yet written */
    size_t capacity;        /* of `bytes`, in floats */
    size_t buffered;        /* floats in `bytes` */
    uint64_t written;       /* floats that are in the file */
    bp_file_digest *digest; /* of the file's bytes, as they come; NULL: of what is not in a file */
} bp_row_spool;

/* In memory. */
void bp_row_spool_start(bp_row_spool *spool);
/* In an empty file, where it is more than fits in BP_ROW_SPOOL_MEMORY_FLOATS; the caller closes it
 * after the spool is cleared or taken. */
void bp_row_spool_start_file(bp_row_spool *spool, int file);
void bp_row_spool_clear(bp_row_spool *spool); /* the file stays as it is */

/* Room for `count` floats behind those that are kept, valid until the next call. NO_MEMORY; IO: the
 * disk is full, or failed. */
BP_NODISCARD bp_status bp_row_spool_room(bp_row_spool *spool, size_t count, float **out,
                                         bp_error *err);
/* The first `count` floats of the room are kept. */
static inline void bp_row_spool_keep(bp_row_spool *spool, size_t count) {
    spool->buffered += count;
}

/* Keeps a copy of `count` floats. Errors as bp_row_spool_room. */
BP_NODISCARD bp_status bp_row_spool_add(bp_row_spool *spool, const float *values, size_t count,
                                        bp_error *err);

/* All that is kept, to be read and changed until bp_row_spool_end_view. NO_MEMORY, IO. */
BP_NODISCARD bp_status bp_row_spool_view(bp_row_spool *spool, float **out, bp_error *err);
void bp_row_spool_end_view(bp_row_spool *spool, float *view);

typedef struct bp_spooled_rows {
    void *mapping;
    size_t size_bytes;
    bool in_memory;         /* no file is behind it */
    bp_file_digest *digest; /* of its bytes, perhaps still under way; NULL: nobody computed it */
} bp_spooled_rows;

/* All that is kept, at least one float, as a mapping of its own for the caller to munmap: of
 * memory (then the file is still empty), or of the file, private and read-only. The digest is the
 * caller's to free before the file is closed. The spool is as started anew, without a file. */
BP_NODISCARD bp_status bp_row_spool_take(bp_row_spool *spool, bp_spooled_rows *out, bp_error *err);

#endif
