/* The inside of the catalogue, for its own files: the connection and its prepared statements. */
#ifndef BP_CATALOGUE_STATE_H
#define BP_CATALOGUE_STATE_H

#include <sqlite3.h>

#include "catalogue.h"

/* Every statement that runs more than once, prepared at the opening. */
#define BP_CATALOGUE_STATEMENT_TABLE(X)                                                            \
    X(BEGIN, "BEGIN IMMEDIATE")                                                                    \
    X(COMMIT, "COMMIT")                                                                            \
    X(ROLLBACK, "ROLLBACK")                                                                        \
    X(MARK, "SAVEPOINT batch")                                                                     \
    X(KEEP, "RELEASE batch")                                                                       \
    X(UNDO, "ROLLBACK TO batch")                                                                   \
    X(FILE_OF, "SELECT blob_file FROM objects WHERE kind = ?1 AND name = ?2")                      \
    X(PUT, "INSERT INTO objects (kind, name, json, blob_file, blob_size, blob_sha256, blob)"       \
           " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT (kind, name) DO UPDATE SET"           \
           " json = excluded.json, blob_file = excluded.blob_file,"                                \
           " blob_size = excluded.blob_size, blob_sha256 = excluded.blob_sha256,"                  \
           " blob = excluded.blob")                                                                \
    X(DELETE, "DELETE FROM objects WHERE kind = ?1 AND name = ?2")                                 \
    X(LIST, "SELECT name, json, blob_file, blob_size, blob_sha256 FROM objects"                    \
            " WHERE kind = ?1 ORDER BY id")                                                        \
    X(GET, "SELECT name, json, blob_file, blob_size, blob_sha256, blob FROM objects"               \
           " WHERE kind = ?1 AND name = ?2")                                                       \
    X(NAMES_FILE, "SELECT 1 FROM objects WHERE blob_file = ?1")                                    \
    X(LAST_BLOB, "SELECT max(blob_file) FROM objects")                                             \
    X(ADD_EVENT, "INSERT INTO events (job, seq, at, type, data) VALUES (?1, ?2, ?3, ?4, ?5)")      \
    X(FORGET_EVENTS, "DELETE FROM events WHERE job = ?1")                                          \
    X(LIST_EVENTS, "SELECT type, data, job, seq, at FROM events WHERE (job, seq) > (?1, ?2)"       \
                   " ORDER BY job, seq LIMIT ?3")                                                  \
    X(ADD_KEY, "INSERT INTO keys (key, request_sha256, content_type, location, body, at, status)"  \
               " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)")                                             \
    X(FORGET_KEYS, "DELETE FROM keys WHERE at < ?1")                                               \
    X(FIND_KEY, "SELECT key, request_sha256, content_type, location, body, at, status FROM keys"   \
                " WHERE key = ?1")

typedef enum bp_catalogue_statement {
#define X(name, sql) BP_CATALOGUE_##name,
    BP_CATALOGUE_STATEMENT_TABLE(X)
#undef X
        BP_CATALOGUE_STATEMENT_COUNT
} bp_catalogue_statement;

struct bp_catalogue {
    sqlite3 *database;
    sqlite3_stmt *statements[BP_CATALOGUE_STATEMENT_COUNT];
};

/* The error for a result code of SQLite: NO_MEMORY, NO_SPACE where the disk is full, EXISTS where a
 * primary key is there already, else IO. */
bp_status bp_catalogue_fail(const bp_catalogue *catalogue, int code, bp_error *err);

/* Binds text that stays until the step; NULL binds NULL. Binding fails only for lack of memory; the
 * step that follows reports it. */
void bp_catalogue_bind(sqlite3_stmt *prepared, int position, const char *text);

/* The statement may be bound again. */
void bp_catalogue_reset(sqlite3_stmt *prepared);

/* Steps a statement that gives no rows. What bp_catalogue_fail gives. */
BP_NODISCARD bp_status bp_catalogue_run(bp_catalogue *catalogue, bp_catalogue_statement which,
                                        bp_error *err);

/* Steps a statement of at most one row and one column into out[size]; "" for no row or NULL. What
 * bp_catalogue_fail gives. */
BP_NODISCARD bp_status bp_catalogue_query_text(bp_catalogue *catalogue,
                                               bp_catalogue_statement which, char *out, size_t size,
                                               bp_error *err);

/* Copies the row's first `count` columns, texts, into one block, which is the caller's to free, and
 * points text[count] into it (NULL for NULL). NULL: no memory. */
char *bp_catalogue_copy_texts(sqlite3_stmt *prepared, int count, const char **text);

#endif
