/* The catalogue: one SQLite connection (WAL, synchronous=FULL) that names every object. Used by one
 * thread at a time: the opener, then the store's thread, then the closer. */
#ifndef BP_CATALOGUE_H
#define BP_CATALOGUE_H

#include "blob_file.h"
#include "store.h"

typedef struct bp_catalogue bp_catalogue;

/* Opens or creates `path` and brings its schema up to date. INVALID: the schema is newer than this
 * program. IO, NO_MEMORY. */
BP_NODISCARD bp_status bp_catalogue_open(bp_catalogue **out, const char *path, bp_error *err);
void bp_catalogue_close(bp_catalogue *catalogue); /* NULL is allowed */

BP_NODISCARD bp_status bp_catalogue_begin(bp_catalogue *catalogue, bp_error *err);
/* *uncertain: the commit failed in a way that may still show after a crash. */
BP_NODISCARD bp_status bp_catalogue_commit(bp_catalogue *catalogue, bool *uncertain, bp_error *err);
void bp_catalogue_rollback(bp_catalogue *catalogue);

/* Inside a transaction. The file that the object had until now goes to `replaced` ("": none). */
BP_NODISCARD bp_status bp_catalogue_put(bp_catalogue *catalogue, const bp_store_object *object,
                                        const bp_blob *blob, char replaced[BP_BLOB_FILE_SIZE],
                                        bp_error *err);
BP_NODISCARD bp_status bp_catalogue_delete(bp_catalogue *catalogue, const bp_store_object *object,
                                           char replaced[BP_BLOB_FILE_SIZE], bp_error *err);

typedef struct bp_catalogue_row {
    char *name; /* owned */
    char *json; /* owned */
    bp_blob blob;
} bp_catalogue_row;

typedef struct bp_catalogue_rows {
    size_t count;
    size_t capacity;
    bp_catalogue_row *row; /* [count] */
} bp_catalogue_rows;

/* All objects of key->kind, in the order in which they were first put, into zeroed `out`; where the
 * key has a name that is not empty, only the one of that name. */
BP_NODISCARD bp_status bp_catalogue_list(bp_catalogue *catalogue, const bp_store_object *key,
                                         bp_catalogue_rows *out, bp_error *err);
void bp_catalogue_rows_clear(bp_catalogue_rows *rows);

/* Whether an object names this blob file. */
BP_NODISCARD bp_status bp_catalogue_names_file(bp_catalogue *catalogue, const char *file,
                                               bool *named, bp_error *err);
/* The largest number of a named blob; 0: none. */
BP_NODISCARD bp_status bp_catalogue_last_blob(bp_catalogue *catalogue, uint64_t *number,
                                              bp_error *err);

#endif
