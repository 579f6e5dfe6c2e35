/* The data directory: a SQLite catalogue of objects and one file for each large blob.
 *
 * Every catalogue write happens on the store's own thread and connection; a call returns when it is
 * durable, or with an error and nothing changed. A blob is written by the calling thread beside its
 * place, fsynced, renamed, its folder fsynced, and only then named in the catalogue with size and
 * SHA-256. Writes that wait at the same time share one commit. */
#ifndef BP_STORE_H
#define BP_STORE_H

#include <stdbool.h>

#include "digest.h"
#include "status.h"

typedef struct bp_store bp_store;

#define BP_STORE_KIND_TABLE(X)                                                                     \
    X(MODEL, "model") X(DATASET, "dataset") X(JOB, "job") X(START, "start")
typedef enum bp_store_kind {
#define X(name, wire) BP_STORE_##name,
    BP_STORE_KIND_TABLE(X)
#undef X
        BP_STORE_KIND_COUNT
} bp_store_kind;

/* Blobs beyond this are mapped, not read. */
#define BP_STORE_LARGE_BLOB ((size_t)16 << 20)

typedef struct bp_store_object {
    bp_store_kind kind;
    const char *name;
    const char *json; /* what describes it */
    const void *blob; /* NULL: none */
    size_t blob_size;
    /* Of an object that is loaded: */
    bool *taken;     /* not NULL: the blob is a mapping (private, read-only, page-aligned), and who
                        sets *taken has it to munmap */
    bool is_checked; /* the blob has its SHA-256; if not, whoever uses it is to see to that */
} bp_store_object;

/* Makes the directory (0700) if missing, locks it (flock), opens or migrates the catalogue, removes
 * orphaned files. CONFLICT: another process has it. INVALID: a newer program wrote it. IO. */
BP_NODISCARD bp_status bp_store_open(bp_store **out, const char *data_dir, bp_error *err);
/* Finishes what waits, then closes. No other call may be under way. */
void bp_store_close(bp_store *store); /* NULL is allowed */

/* Creates or replaces (kind, name). Blocks until durable. Any thread. IO, NO_MEMORY. */
BP_NODISCARD bp_status bp_store_put(bp_store *store, const bp_store_object *object, bp_error *err);

/* A blob that is written piece by piece, by whatever writes to its file: a temporary one in the
 * folder of blobs, which the next opening removes where a crash left it. */
typedef struct bp_store_draft bp_store_draft;
/* The store must outlive it. Any thread. IO, NO_MEMORY. */
BP_NODISCARD bp_status bp_store_draft_new(bp_store_draft **out, bp_store *store, bp_error *err);
/* The file: read and write, borrowed, at its beginning when new. */
int bp_store_draft_file(const bp_store_draft *draft);
/* Somebody has read the first `size` bytes of the file: their digest, not finished. */
void bp_store_draft_note_digest(bp_store_draft *draft, const bp_digest *digest, uint64_t size);
/* bp_store_put with what is in the draft's file for a blob (object->blob is not looked at); it is
 * read once, for its SHA-256, from where a noted digest ends. Mappings of the file stay valid. The
 * draft is spent, also by a failure, of which nothing stays. Blocks until durable. Any thread. IO,
 * NO_MEMORY. */
BP_NODISCARD bp_status bp_store_put_draft(bp_store *store, const bp_store_object *object,
                                          bp_store_draft *draft, bp_error *err);
/* Removes the file, unless it was put. NULL is allowed. */
void bp_store_draft_free(bp_store_draft *draft);

/* Not being there is no error. Blocks until durable. Any thread. IO. */
BP_NODISCARD bp_status bp_store_delete(bp_store *store, bp_store_kind kind, const char *name,
                                       bp_error *err);
/* Calls `each`, on the calling thread, for every object of a kind in the order in which they were
 * first put; blobs are verified against size and SHA-256 (a damaged one: IO, naming it), but those
 * of data sets that are large only against their size: reading them all would delay a start by
 * seconds for each gigabyte. A failure of `each` ends it. `each` may put and delete; other threads
 * may not, while it runs, replace or delete objects of this kind (their blobs would go as they are
 * read). */
BP_NODISCARD bp_status bp_store_load(bp_store *store, bp_store_kind kind,
                                     bp_status (*each)(void *context, const bp_store_object *object,
                                                       bp_error *err),
                                     void *context, bp_error *err);

/* The same for the one object (kind, name), which another thread may replace or delete meanwhile:
 * then it is IO where the blob went as it was read. NOT_FOUND. */
BP_NODISCARD bp_status bp_store_load_one(bp_store *store, const bp_store_object *key,
                                         bp_status (*each)(void *context,
                                                           const bp_store_object *object,
                                                           bp_error *err),
                                         void *context, bp_error *err);

#endif
