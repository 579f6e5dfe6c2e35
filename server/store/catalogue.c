#include "catalogue.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Every statement that runs more than once, prepared at the opening. */
#define STATEMENT_TABLE(X)                                                                         \
    X(BEGIN, "BEGIN IMMEDIATE")                                                                    \
    X(COMMIT, "COMMIT")                                                                            \
    X(ROLLBACK, "ROLLBACK")                                                                        \
    X(FILE_OF, "SELECT blob_file FROM objects WHERE kind = ?1 AND name = ?2")                      \
    X(PUT, "INSERT INTO objects (kind, name, json, blob_file, blob_size, blob_sha256)"             \
           " VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (kind, name) DO UPDATE SET"               \
           " json = excluded.json, blob_file = excluded.blob_file,"                                \
           " blob_size = excluded.blob_size, blob_sha256 = excluded.blob_sha256")                  \
    X(DELETE, "DELETE FROM objects WHERE kind = ?1 AND name = ?2")                                 \
    X(LIST, "SELECT name, json, blob_file, blob_size, blob_sha256 FROM objects"                    \
            " WHERE kind = ?1 ORDER BY id")                                                        \
    X(GET, "SELECT name, json, blob_file, blob_size, blob_sha256 FROM objects"                     \
           " WHERE kind = ?1 AND name = ?2")                                                       \
    X(NAMES_FILE, "SELECT 1 FROM objects WHERE blob_file = ?1")                                    \
    X(LAST_BLOB, "SELECT max(blob_file) FROM objects")

typedef enum statement {
#define X(name, sql) STATEMENT_##name,
    STATEMENT_TABLE(X)
#undef X
        STATEMENT_COUNT
} statement;

static const char *const statement_sql[] = {
#define X(name, sql) [STATEMENT_##name] = sql,
    STATEMENT_TABLE(X)
#undef X
};

static const char *const kind_names[] = {
#define X(name, wire) [BP_STORE_##name] = wire,
    BP_STORE_KIND_TABLE(X)
#undef X
};

/* migrations[v] takes a catalogue of user_version v to v + 1. Never edit one that has shipped: add
 * the next. */
static const char *const migrations[] = {
    "CREATE TABLE objects ("
    " id INTEGER PRIMARY KEY AUTOINCREMENT,"
    " kind TEXT NOT NULL,"
    " name TEXT NOT NULL,"
    " json TEXT NOT NULL,"
    " blob_file TEXT UNIQUE," /* NULL: no blob */
    " blob_size INTEGER,"
    " blob_sha256 TEXT,"
    " UNIQUE (kind, name)"
    ") STRICT",
};
enum { SCHEMA_VERSION = sizeof migrations / sizeof migrations[0] };

/* Another program (a backup, a shell) may look at the catalogue for a moment. */
enum { BUSY_TIMEOUT_MS = 5000 };

struct bp_catalogue {
    sqlite3 *database;
    sqlite3_stmt *statements[STATEMENT_COUNT];
};

static bp_status fail_sqlite(const bp_catalogue *catalogue, int code, bp_error *err) {
    if (code == SQLITE_NOMEM) {
        return bp_fail(err, BP_NO_MEMORY, NULL, "no memory for the catalogue");
    }
    return bp_fail(err, BP_IO, NULL, "the catalogue failed: %s",
                   catalogue->database != NULL ? sqlite3_errmsg(catalogue->database)
                                               : sqlite3_errstr(code));
}

/* --- statements ----------------------------------------------------------------------------- */

/* NULL binds NULL. Binding fails only for lack of memory; the step that follows reports it. */
static void bind_text(sqlite3_stmt *prepared, int position, const char *text) {
    sqlite3_bind_text(prepared, position, text, -1, SQLITE_STATIC);
}

/* Steps a statement that gives no rows. */
static bp_status run(bp_catalogue *catalogue, statement which, bp_error *err) {
    sqlite3_stmt *prepared = catalogue->statements[which];
    int code = sqlite3_step(prepared);
    bp_status status = code == SQLITE_DONE ? BP_OK : fail_sqlite(catalogue, code, err);
    sqlite3_reset(prepared);
    sqlite3_clear_bindings(prepared);
    return status;
}

/* Steps a statement of at most one row and one column; "" for no row or NULL. */
static bp_status query_text(bp_catalogue *catalogue, statement which, char *out, size_t size,
                            bp_error *err) {
    sqlite3_stmt *prepared = catalogue->statements[which];
    int code = sqlite3_step(prepared);
    bp_status status = BP_OK;
    if (code == SQLITE_ROW) {
        const unsigned char *text = sqlite3_column_text(prepared, 0);
        snprintf(out, size, "%s", text != NULL ? (const char *)text : "");
    } else if (code == SQLITE_DONE) {
        out[0] = '\0';
    } else {
        status = fail_sqlite(catalogue, code, err);
    }
    sqlite3_reset(prepared);
    sqlite3_clear_bindings(prepared);
    return status;
}

/* --- opening -------------------------------------------------------------------------------- */

static bp_status execute(bp_catalogue *catalogue, const char *sql, bp_error *err) {
    int code = sqlite3_exec(catalogue->database, sql, NULL, NULL, NULL);
    return code == SQLITE_OK ? BP_OK : fail_sqlite(catalogue, code, err);
}

static int take_integer(void *out, int columns, char **values, char **names) {
    (void)names;
    if (columns == 1 && values[0] != NULL) {
        *(long *)out = strtol(values[0], NULL, 10);
    }
    return 0;
}

static int take_is_wal(void *out, int columns, char **values, char **names) {
    (void)names;
    *(bool *)out = columns == 1 && values[0] != NULL && strcmp(values[0], "wal") == 0;
    return 0;
}

/* Exclusive: the data directory has one process, and then SQLite needs no shared memory file. */
static bp_status configure(bp_catalogue *catalogue, bp_error *err) {
    sqlite3_busy_timeout(catalogue->database, BUSY_TIMEOUT_MS);
    bp_status status = execute(catalogue, "PRAGMA locking_mode = EXCLUSIVE", err);
    if (status != BP_OK) {
        return status;
    }
    bool is_wal = false;
    int code =
        sqlite3_exec(catalogue->database, "PRAGMA journal_mode = WAL", take_is_wal, &is_wal, NULL);
    if (code != SQLITE_OK) {
        return fail_sqlite(catalogue, code, err);
    }
    if (!is_wal) {
        return bp_fail(err, BP_IO, NULL, "the catalogue cannot keep a write-ahead log here");
    }
    return execute(catalogue, "PRAGMA synchronous = FULL", err);
}

/* One migration and its number, together or not at all. */
static bp_status migrate_once(bp_catalogue *catalogue, long version, bp_error *err) {
    char number[64];
    snprintf(number, sizeof number, "PRAGMA user_version = %ld", version + 1);
    bp_status status = execute(catalogue, "BEGIN IMMEDIATE", err);
    if (status != BP_OK) {
        return status;
    }
    status = execute(catalogue, migrations[version], err);
    if (status == BP_OK) {
        status = execute(catalogue, number, err);
    }
    if (status == BP_OK) {
        status = execute(catalogue, "COMMIT", err);
    }
    if (status != BP_OK) {
        sqlite3_exec(catalogue->database, "ROLLBACK", NULL, NULL, NULL);
    }
    return status;
}

static bp_status migrate(bp_catalogue *catalogue, bp_error *err) {
    long version = 0;
    int code =
        sqlite3_exec(catalogue->database, "PRAGMA user_version", take_integer, &version, NULL);
    if (code != SQLITE_OK) {
        return fail_sqlite(catalogue, code, err);
    }
    if (version < 0 || version > SCHEMA_VERSION) {
        return bp_fail(
            err, BP_INVALID, NULL,
            "the data directory was written by a newer backpropd: its schema is %ld, this"
            " program knows up to %d",
            version, SCHEMA_VERSION);
    }
    bp_status status = BP_OK;
    for (; status == BP_OK && version < SCHEMA_VERSION; version++) {
        status = migrate_once(catalogue, version, err);
    }
    return status;
}

static bp_status prepare(bp_catalogue *catalogue, bp_error *err) {
    for (int i = 0; i < STATEMENT_COUNT; i++) {
        int code = sqlite3_prepare_v3(catalogue->database, statement_sql[i], -1,
                                      SQLITE_PREPARE_PERSISTENT, &catalogue->statements[i], NULL);
        if (code != SQLITE_OK) {
            return fail_sqlite(catalogue, code, err);
        }
    }
    return BP_OK;
}

static bp_status open_database(bp_catalogue *catalogue, const char *path, bp_error *err) {
    int code =
        sqlite3_open_v2(path, &catalogue->database,
                        SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, NULL);
    if (code != SQLITE_OK) {
        return fail_sqlite(catalogue, code, err);
    }
    bp_status status = configure(catalogue, err);
    if (status == BP_OK) {
        status = migrate(catalogue, err);
    }
    return status == BP_OK ? prepare(catalogue, err) : status;
}

bp_status bp_catalogue_open(bp_catalogue **out, const char *path, bp_error *err) {
    bp_catalogue *catalogue = calloc(1, sizeof *catalogue);
    if (catalogue == NULL) {
        return bp_fail(err, BP_NO_MEMORY, NULL, "no memory for the catalogue");
    }
    bp_status status = open_database(catalogue, path, err);
    if (status != BP_OK) {
        bp_catalogue_close(catalogue);
        return status;
    }
    *out = catalogue;
    return BP_OK;
}

void bp_catalogue_close(bp_catalogue *catalogue) {
    if (catalogue == NULL) {
        return;
    }
    for (int i = 0; i < STATEMENT_COUNT; i++) {
        sqlite3_finalize(catalogue->statements[i]);
    }
    sqlite3_close(catalogue->database);
    free(catalogue);
}

/* --- transactions --------------------------------------------------------------------------- */

bp_status bp_catalogue_begin(bp_catalogue *catalogue, bp_error *err) {
    return run(catalogue, STATEMENT_BEGIN, err);
}

bp_status bp_catalogue_commit(bp_catalogue *catalogue, bool *uncertain, bp_error *err) {
    bp_status status = run(catalogue, STATEMENT_COMMIT, err);
    /* The commit's frames may have reached the log although their fsync failed. */
    *uncertain = status != BP_OK && (sqlite3_errcode(catalogue->database) & 0xff) == SQLITE_IOERR;
    return status;
}

void bp_catalogue_rollback(bp_catalogue *catalogue) {
    if (!sqlite3_get_autocommit(catalogue->database)) {
        bp_status status = run(catalogue, STATEMENT_ROLLBACK, NULL);
        (void)status; /* nothing is left to do where this fails */
    }
}

/* --- objects -------------------------------------------------------------------------------- */

static void bind_key(bp_catalogue *catalogue, statement which, const bp_store_object *object) {
    bind_text(catalogue->statements[which], 1, kind_names[object->kind]);
    bind_text(catalogue->statements[which], 2, object->name);
}

static bp_status find_file(bp_catalogue *catalogue, const bp_store_object *object,
                           char file[BP_BLOB_FILE_SIZE], bp_error *err) {
    bind_key(catalogue, STATEMENT_FILE_OF, object);
    return query_text(catalogue, STATEMENT_FILE_OF, file, BP_BLOB_FILE_SIZE, err);
}

bp_status bp_catalogue_put(bp_catalogue *catalogue, const bp_store_object *object,
                           const bp_blob *blob, char replaced[BP_BLOB_FILE_SIZE], bp_error *err) {
    bp_status status = find_file(catalogue, object, replaced, err);
    if (status != BP_OK) {
        return status;
    }
    sqlite3_stmt *prepared = catalogue->statements[STATEMENT_PUT];
    bind_key(catalogue, STATEMENT_PUT, object);
    bind_text(prepared, 3, object->json);
    if (blob->file[0] != '\0') {
        bind_text(prepared, 4, blob->file);
        sqlite3_bind_int64(prepared, 5, (sqlite3_int64)blob->size);
        bind_text(prepared, 6, blob->sha256);
    }
    return run(catalogue, STATEMENT_PUT, err);
}

bp_status bp_catalogue_delete(bp_catalogue *catalogue, const bp_store_object *object,
                              char replaced[BP_BLOB_FILE_SIZE], bp_error *err) {
    bp_status status = find_file(catalogue, object, replaced, err);
    if (status != BP_OK) {
        return status;
    }
    bind_key(catalogue, STATEMENT_DELETE, object);
    return run(catalogue, STATEMENT_DELETE, err);
}

/* --- reading -------------------------------------------------------------------------------- */

static bp_status reserve_row(bp_catalogue_rows *rows, bp_error *err) {
    if (rows->count < rows->capacity) {
        return BP_OK;
    }
    size_t capacity = rows->capacity == 0 ? 16 : rows->capacity * 2;
    bp_catalogue_row *row = realloc(rows->row, capacity * sizeof *row);
    if (row == NULL) {
        return bp_fail(err, BP_NO_MEMORY, NULL, "no memory for %zu objects", capacity);
    }
    rows->row = row;
    rows->capacity = capacity;
    return BP_OK;
}

static void copy_column(char *out, size_t size, sqlite3_stmt *prepared, int column) {
    const unsigned char *text = sqlite3_column_text(prepared, column);
    snprintf(out, size, "%s", text != NULL ? (const char *)text : "");
}

static bp_status add_row(bp_catalogue_rows *rows, sqlite3_stmt *prepared, bp_error *err) {
    bp_status status = reserve_row(rows, err);
    if (status != BP_OK) {
        return status;
    }
    const char *name = (const char *)sqlite3_column_text(prepared, 0);
    const char *json = (const char *)sqlite3_column_text(prepared, 1);
    bp_catalogue_row row = {.name = name != NULL ? strdup(name) : NULL,
                            .json = json != NULL ? strdup(json) : NULL};
    copy_column(row.blob.file, sizeof row.blob.file, prepared, 2);
    row.blob.size = (uint64_t)sqlite3_column_int64(prepared, 3);
    copy_column(row.blob.sha256, sizeof row.blob.sha256, prepared, 4);
    rows->row[rows->count++] = row;
    if (row.name == NULL || row.json == NULL) {
        return bp_fail(err, BP_NO_MEMORY, NULL, "no memory for an object's description");
    }
    return BP_OK;
}

bp_status bp_catalogue_list(bp_catalogue *catalogue, const bp_store_object *key,
                            bp_catalogue_rows *out, bp_error *err) {
    bool one = key->name[0] != '\0';
    sqlite3_stmt *prepared = catalogue->statements[one ? STATEMENT_GET : STATEMENT_LIST];
    bp_catalogue_rows rows = {0};
    if (one) {
        bind_key(catalogue, STATEMENT_GET, key);
    } else {
        bind_text(prepared, 1, kind_names[key->kind]);
    }
    bp_status status = BP_OK;
    int code = SQLITE_ROW;
    while (status == BP_OK && (code = sqlite3_step(prepared)) == SQLITE_ROW) {
        status = add_row(&rows, prepared, err);
    }
    if (status == BP_OK && code != SQLITE_DONE) {
        status = fail_sqlite(catalogue, code, err);
    }
    sqlite3_reset(prepared);
    sqlite3_clear_bindings(prepared);
    if (status != BP_OK) {
        bp_catalogue_rows_clear(&rows);
        return status;
    }
    *out = rows;
    return BP_OK;
}

void bp_catalogue_rows_clear(bp_catalogue_rows *rows) {
    for (size_t i = 0; i < rows->count; i++) {
        free(rows->row[i].name);
        free(rows->row[i].json);
    }
    free(rows->row);
    *rows = (bp_catalogue_rows){0};
}

bp_status bp_catalogue_names_file(bp_catalogue *catalogue, const char *file, bool *named,
                                  bp_error *err) {
    char found[2];
    bind_text(catalogue->statements[STATEMENT_NAMES_FILE], 1, file);
    bp_status status = query_text(catalogue, STATEMENT_NAMES_FILE, found, sizeof found, err);
    if (status == BP_OK) {
        *named = found[0] != '\0';
    }
    return status;
}

bp_status bp_catalogue_last_blob(bp_catalogue *catalogue, uint64_t *number, bp_error *err) {
    char file[BP_BLOB_FILE_SIZE];
    bp_status status = query_text(catalogue, STATEMENT_LAST_BLOB, file, sizeof file, err);
    if (status == BP_OK && !bp_blob_parse_name(file, number)) {
        *number = 0; /* no blob yet */
    }
    return status;
}
