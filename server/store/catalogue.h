/* The catalogue: one SQLite connection (WAL, synchronous=FULL) to objects, events and keys. Used by
 * one thread at a time: the opener, then the store's thread, then the closer. */
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
/* False also where a failure (a full disk, no memory) made SQLite roll all of it back. */
bool bp_catalogue_is_in_transaction(const bp_catalogue *catalogue);

/* Inside a transaction: what happens from mark on is kept or undone by itself. Where undoing fails,
 * the whole transaction is rolled back. NO_MEMORY, IO. */
BP_NODISCARD bp_status bp_catalogue_mark(bp_catalogue *catalogue, bp_error *err);
BP_NODISCARD bp_status bp_catalogue_keep(bp_catalogue *catalogue, bp_error *err);
void bp_catalogue_undo(bp_catalogue *catalogue);

/* --- objects (catalogue_objects.c) ---------------------------------------------------------- */

/* Inside a transaction. `blob` has a file; or none, and object->blob its bytes; or no SHA-256:
 * there is no blob. The file that the object had until now goes to `replaced` ("": none). IO,
 * NO_SPACE, NO_MEMORY. */
BP_NODISCARD bp_status bp_catalogue_put(bp_catalogue *catalogue, const bp_store_object *object,
                                        const bp_blob *blob, char replaced[BP_BLOB_FILE_SIZE],
                                        bp_error *err);
BP_NODISCARD bp_status bp_catalogue_delete(bp_catalogue *catalogue, const bp_store_object *object,
                                           char replaced[BP_BLOB_FILE_SIZE], bp_error *err);

typedef struct bp_catalogue_row {
    char *block; /* owned; holds: */
    const char *name, *json;
    bp_blob blob; /* a SHA-256 and no file: its bytes stand in the catalogue */
    void *bytes;  /* [byte_count], owned: those, where one object was asked for */
    size_t byte_count;
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

/* --- events and keys (catalogue_journal.c) -------------------------------------------------- */

/* Inside a transaction. EXISTS, IO, NO_SPACE, NO_MEMORY. */
BP_NODISCARD bp_status bp_catalogue_add_event(bp_catalogue *catalogue, const bp_store_event *event,
                                              bp_error *err);
BP_NODISCARD bp_status bp_catalogue_forget_events(bp_catalogue *catalogue, uint64_t job,
                                                  bp_error *err);
BP_NODISCARD bp_status bp_catalogue_add_key(bp_catalogue *catalogue, const bp_store_key *key,
                                            bp_error *err);
BP_NODISCARD bp_status bp_catalogue_forget_keys(bp_catalogue *catalogue, double before,
                                                bp_error *err);

enum { BP_CATALOGUE_PAGE_EVENTS = 512 };
typedef struct bp_catalogue_events {
    int64_t after_job, after_sequence; /* the page begins behind this; both -1: at the first */
    size_t count;
    bp_store_event event[BP_CATALOGUE_PAGE_EVENTS];
    char *block[BP_CATALOGUE_PAGE_EVENTS]; /* owned: the events' texts */
} bp_catalogue_events;
/* The events, by job and sequence, from page->after on, in the place of those that the page holds;
 * count 0: there are no more. IO, NO_MEMORY. */
BP_NODISCARD bp_status bp_catalogue_next_events(bp_catalogue *catalogue, bp_catalogue_events *page,
                                                bp_error *err);
void bp_catalogue_events_clear(bp_catalogue_events *page);

/* *block (owned) holds the texts of *out; NULL: there is no such key. IO, NO_MEMORY. */
BP_NODISCARD bp_status bp_catalogue_find_key(bp_catalogue *catalogue, const char *key,
                                             bp_store_key *out, char **block, bp_error *err);

#endif
