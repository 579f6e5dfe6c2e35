/* The data directory: a SQLite catalogue of objects, events and keys, and one file for each large
 * blob.
 *
 * Every catalogue write happens on the store's own thread and connection; a call returns when it is
 * durable, or with an error and nothing changed. A small blob stands in the catalogue. A larger one
 * is written by the calling thread beside its place, fsynced, renamed, its folder fsynced, and only
 * then named in the catalogue with size and SHA-256. What waits at the same time shares one commit.
 */
#ifndef BP_STORE_H
#define BP_STORE_H

#include <stdbool.h>

#include "digest.h"
#include "status.h"

typedef struct bp_store bp_store;

#define BP_STORE_KIND_TABLE(X)                                                                     \
    X(MODEL, "model")                                                                              \
    X(DATASET, "dataset")                                                                          \
    X(JOB, "job")                                                                                  \
    X(START, "start")                                                                              \
    X(CHECKPOINT, "checkpoint")                                                                    \
    X(VERSION, "version")
typedef enum bp_store_kind {
#define X(name, wire) BP_STORE_##name,
    BP_STORE_KIND_TABLE(X)
#undef X
        BP_STORE_KIND_COUNT
} bp_store_kind;

/* A blob of at most so many bytes stands in the catalogue itself, not in a file of its own. */
#define BP_STORE_INLINE_BLOB ((size_t)64 << 10)
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
 * orphaned files. CONFLICT: another process has it. INVALID: a newer program wrote it. IO,
 * NO_SPACE, NO_MEMORY. */
BP_NODISCARD bp_status bp_store_open(bp_store **out, const char *data_dir, bp_error *err);
/* Finishes what waits, then closes. No other call may be under way. */
void bp_store_close(bp_store *store); /* NULL is allowed */

/* Creates or replaces (kind, name). Blocks until durable. Any thread. IO, NO_SPACE, NO_MEMORY. */
BP_NODISCARD bp_status bp_store_put(bp_store *store, const bp_store_object *object, bp_error *err);

/* A blob that is written piece by piece, by whatever writes to its file: a temporary one in the
 * folder of blobs, which the next opening removes where a crash left it. */
typedef struct bp_store_draft bp_store_draft;
/* The store must outlive it. Any thread. IO, NO_SPACE, NO_MEMORY. */
BP_NODISCARD bp_status bp_store_draft_new(bp_store_draft **out, bp_store *store, bp_error *err);
/* The file: read and write, borrowed, at its beginning when new. */
int bp_store_draft_file(const bp_store_draft *draft);
/* Somebody has read the first `size` bytes of the file: their digest, not finished. */
void bp_store_draft_note_digest(bp_store_draft *draft, const bp_digest *digest, uint64_t size);
/* bp_store_put with what is in the draft's file for a blob, of any size (object->blob is not looked
 * at); it is read once, for its SHA-256, from where a noted digest ends. Mappings of the file stay
 * valid. The draft is spent, also by a failure, of which nothing stays. Blocks until durable. Any
 * thread. IO, NO_SPACE, NO_MEMORY. */
BP_NODISCARD bp_status bp_store_put_draft(bp_store *store, const bp_store_object *object,
                                          bp_store_draft *draft, bp_error *err);
/* Removes the file, unless it was put. NULL is allowed. */
void bp_store_draft_free(bp_store_draft *draft);

/* Not being there is no error. Blocks until durable. Any thread. IO, NO_SPACE. */
BP_NODISCARD bp_status bp_store_delete(bp_store *store, bp_store_kind kind, const char *name,
                                       bp_error *err);

/* --- batches -------------------------------------------------------------------------------- */

/* Changes that are applied together or not at all, in the order in which they were added: of two of
 * the same object the later counts. One thread at a time prepares a batch; what it is given is
 * copied. A function that fails leaves the batch as it was. */
typedef struct bp_store_batch bp_store_batch;
/* The store must outlive it. Any thread. NO_MEMORY. */
BP_NODISCARD bp_status bp_store_batch_new(bp_store_batch **out, bp_store *store, bp_error *err);
/* Drops what was prepared and removes its files. NULL is allowed. */
void bp_store_batch_free(bp_store_batch *batch);

/* Creates or replaces an object. A blob beyond BP_STORE_INLINE_BLOB is written and made durable
 * here, which takes long; a smaller one is copied. IO, NO_SPACE, NO_MEMORY. */
BP_NODISCARD bp_status bp_store_batch_put(bp_store_batch *batch, const bp_store_object *object,
                                          bp_error *err);
/* The same with the draft's file for a blob, as bp_store_put_draft: the draft is spent. IO,
 * NO_SPACE, NO_MEMORY. */
BP_NODISCARD bp_status bp_store_batch_put_draft(bp_store_batch *batch,
                                                const bp_store_object *object,
                                                bp_store_draft *draft, bp_error *err);
/* Not being there is no error. NO_MEMORY. */
BP_NODISCARD bp_status bp_store_batch_delete(bp_store_batch *batch, bp_store_kind kind,
                                             const char *name, bp_error *err);

/* What happened to a job. */
typedef struct bp_store_event {
    uint64_t job, sequence; /* below 2^63; together they are unique */
    double at;              /* seconds since 1970 */
    const char *type, *data;
} bp_store_event;
/* NO_MEMORY; the commit: EXISTS, where the job has an event of that sequence. */
BP_NODISCARD bp_status bp_store_batch_event(bp_store_batch *batch, const bp_store_event *event,
                                            bp_error *err);
/* Removes all events of a job. NO_MEMORY. */
BP_NODISCARD bp_status bp_store_batch_forget_events(bp_store_batch *batch, uint64_t job,
                                                    bp_error *err);

/* The key of a request that is done once, with the response that it got. */
typedef struct bp_store_key {
    const char *key, *request_sha256;
    double at; /* seconds since 1970 */
    unsigned status;
    const char *content_type, *location, *body; /* location may be NULL */
} bp_store_key;
/* NO_MEMORY; the commit: EXISTS, where the key is there, and then nothing of the batch happens. */
BP_NODISCARD bp_status bp_store_batch_key(bp_store_batch *batch, const bp_store_key *key,
                                          bp_error *err);
/* Removes the keys with `at` < before. NO_MEMORY. */
BP_NODISCARD bp_status bp_store_batch_forget_keys(bp_store_batch *batch, double before,
                                                  bp_error *err);

/* Applies the batch in one transaction and frees it; blocks until durable. On failure nothing has
 * changed. Any thread but the store's. EXISTS, IO, NO_SPACE, NO_MEMORY. */
BP_NODISCARD bp_status bp_store_commit(bp_store *store, bp_store_batch *batch, bp_error *err);

/* The outcome of a batch; `err` is filled where status is not OK, and gone after the call. */
typedef void (*bp_store_done)(void *context, bp_status status, const bp_error *err);
/* The same without waiting; it takes the batch and cannot fail itself. `done` (NULL: none) is
 * called on the store's thread, exactly once, when the batch is durable or has failed; it may call
 * bp_store_commit_later and prepare batches without large blobs, and nothing else of the store,
 * which waits for it. Batches are applied, and their ends reported, in the order of the calls to
 * both functions, of all threads. */
void bp_store_commit_later(bp_store *store, bp_store_batch *batch, bp_store_done done,
                           void *context);

/* --- reading -------------------------------------------------------------------------------- */

/* What a read sees is what was committed before it, also by bp_store_commit_later. */

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

/* The same of all of a kind without reading a blob: objects have its size, and none. */
BP_NODISCARD bp_status bp_store_list(bp_store *store, bp_store_kind kind,
                                     bp_status (*each)(void *context, const bp_store_object *object,
                                                       bp_error *err),
                                     void *context, bp_error *err);

/* Calls `each`, on the calling thread, for every event, by job, then by sequence; those that are
 * added meanwhile may be among them. A failure of `each` ends it. Any thread but the store's. IO,
 * NO_MEMORY. */
BP_NODISCARD bp_status bp_store_load_events(
    bp_store *store, bp_status (*each)(void *context, const bp_store_event *event, bp_error *err),
    void *context, bp_error *err);

/* Calls `found`, on the calling thread, with what was kept for the key. Any thread but the store's.
 * NOT_FOUND, IO, NO_MEMORY. */
BP_NODISCARD bp_status bp_store_find_key(bp_store *store, const char *key,
                                         void (*found)(void *context, const bp_store_key *key),
                                         void *context, bp_error *err);

#endif
