#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "catalogue_state.h"

static const char *const statement_sql[] = {
#define X(name, sql) [BP_CATALOGUE_##name] = sql,
    BP_CATALOGUE_STATEMENT_TABLE(X)
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

    "ALTER TABLE objects ADD COLUMN blob BLOB;" /* NULL: none, or in a file */
    "CREATE TABLE events ("
    " job INTEGER NOT NULL,"
    " seq INTEGER NOT NULL,"
    " at REAL NOT NULL,"
    " type TEXT NOT NULL,"
    " data TEXT NOT NULL,"
    " PRIMARY KEY (job, seq)"
    ") STRICT, WITHOUT ROWID;"
    "CREATE TABLE keys ("
    " key TEXT NOT NULL PRIMARY KEY,"
    " request_sha256 TEXT NOT NULL,"
    " at REAL NOT NULL,"
    " status INTEGER NOT NULL,"
    " content_type TEXT NOT NULL,"
    " location TEXT,"
    " body TEXT NOT NULL"
    ") STRICT;"
    "CREATE INDEX keys_by_at ON keys (at)",
};
enum { SCHEMA_VERSION = sizeof migrations / sizeof migrations[0] };

/* Another program (a backup, a shell) may look at the catalogue for a moment. */
enum { BUSY_TIMEOUT_MS = 5000 };

/* --- errors and statements ------------------------------------------------------------------ */

/* The errno of a failed read, write or fsync. SQLite's own is whatever errno was at the end of the
 * statement; what is written goes to the log, whose file remembers. */
static int system_error(const bp_catalogue *catalogue, int code) {
    sqlite3 *database = catalogue->database;
    sqlite3_file *log = NULL;
    int error = sqlite3_system_errno(database);
    if ((code == SQLITE_IOERR_WRITE || code == SQLITE_IOERR_FSYNC) &&
        sqlite3_file_control(database, "main", SQLITE_FCNTL_JOURNAL_POINTER, &log) == SQLITE_OK &&
        log != NULL && log->pMethods != NULL) {
        log->pMethods->xFileControl(log, SQLITE_FCNTL_LAST_ERRNO, &error);
    }
    return error;
}

static bp_status status_of(const bp_catalogue *catalogue, int code) {
    switch (code & 0xff) {
    case SQLITE_NOMEM:
        return BP_NO_MEMORY;
    case SQLITE_FULL:
        return BP_NO_SPACE;
    case SQLITE_IOERR:
        return bp_status_of_file(system_error(catalogue, code));
    default:
        return code == SQLITE_CONSTRAINT_PRIMARYKEY ? BP_EXISTS : BP_IO;
    }
}

bp_status bp_catalogue_fail(const bp_catalogue *catalogue, int code, bp_error *err) {
    return bp_fail(err, status_of(catalogue, code), NULL, "the catalogue failed: %s",
                   catalogue->database != NULL ? sqlite3_errmsg(catalogue->database)
                                               : sqlite3_errstr(code));
}

void bp_catalogue_bind(sqlite3_stmt *prepared, int position, const char *text) {
    sqlite3_bind_text(prepared, position, text, -1, SQLITE_STATIC);
}

void bp_catalogue_reset(sqlite3_stmt *prepared) {
    sqlite3_reset(prepared);
    sqlite3_clear_bindings(prepared);
}

bp_status bp_catalogue_run(bp_catalogue *catalogue, bp_catalogue_statement which, bp_error *err) {
    sqlite3_stmt *prepared = catalogue->statements[which];
    int code = sqlite3_step(prepared);
    bp_status status = code == SQLITE_DONE ? BP_OK : bp_catalogue_fail(catalogue, code, err);
    bp_catalogue_reset(prepared);
    return status;
}

bp_status bp_catalogue_query_text(bp_catalogue *catalogue, bp_catalogue_statement which, char *out,
                                  size_t size, bp_error *err) {
    sqlite3_stmt *prepared = catalogue->statements[which];
    int code = sqlite3_step(prepared);
    bp_status status = BP_OK;
    if (code == SQLITE_ROW) {
        const unsigned char *text = sqlite3_column_text(prepared, 0);
        snprintf(out, size, "%s", text != NULL ? (const char *)text : "");
    } else if (code == SQLITE_DONE) {
        out[0] = '\0';
    } else {
        status = bp_catalogue_fail(catalogue, code, err);
    }
    bp_catalogue_reset(prepared);
    return status;
}

char *bp_catalogue_copy_texts(sqlite3_stmt *prepared, int count, const char **text) {
    size_t size = 1;
    for (int i = 0; i < count; i++) {
        bool is_null = sqlite3_column_type(prepared, i) == SQLITE_NULL;
        if (!is_null && sqlite3_column_text(prepared, i) == NULL) {
            return NULL;
        }
        size += (size_t)sqlite3_column_bytes(prepared, i) + 1;
    }
    char *block = malloc(size);
    char *end = block;
    for (int i = 0; block != NULL && i < count; i++) {
        const char *column = (const char *)sqlite3_column_text(prepared, i);
        text[i] = column != NULL ? end : NULL;
        if (column != NULL) {
            const size_t length = (size_t)sqlite3_column_bytes(prepared, i);
            memcpy(end, column, length + 1);
            end += length + 1;
        }
    }
    return block;
}

/* --- opening -------------------------------------------------------------------------------- */

static bp_status execute(bp_catalogue *catalogue, const char *sql, bp_error *err) {
    int code = sqlite3_exec(catalogue->database, sql, NULL, NULL, NULL);
    return code == SQLITE_OK ? BP_OK : bp_catalogue_fail(catalogue, code, err);
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
        return bp_catalogue_fail(catalogue, code, err);
    }
    if (!is_wal) {
        return bp_fail(err, BP_IO, NULL, "the catalogue cannot keep a write-ahead log here");
    }
    status = execute(catalogue, "PRAGMA synchronous = FULL", err);
    if (status != BP_OK) {
        return status;
    }
    /* Undoing part of a transaction must not need a folder for temporary files. */
    return execute(catalogue, "PRAGMA temp_store = MEMORY", err);
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
        return bp_catalogue_fail(catalogue, code, err);
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
    for (int i = 0; i < BP_CATALOGUE_STATEMENT_COUNT; i++) {
        int code = sqlite3_prepare_v3(catalogue->database, statement_sql[i], -1,
                                      SQLITE_PREPARE_PERSISTENT, &catalogue->statements[i], NULL);
        if (code != SQLITE_OK) {
            return bp_catalogue_fail(catalogue, code, err);
        }
    }
    return BP_OK;
}

static bp_status open_database(bp_catalogue *catalogue, const char *path, bp_error *err) {
    int code =
        sqlite3_open_v2(path, &catalogue->database,
                        SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, NULL);
    if (code != SQLITE_OK) {
        return bp_catalogue_fail(catalogue, code, err);
    }
    sqlite3_extended_result_codes(catalogue->database, 1);
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
    for (int i = 0; i < BP_CATALOGUE_STATEMENT_COUNT; i++) {
        sqlite3_finalize(catalogue->statements[i]);
    }
    sqlite3_close(catalogue->database);
    free(catalogue);
}

/* --- transactions --------------------------------------------------------------------------- */

bp_status bp_catalogue_begin(bp_catalogue *catalogue, bp_error *err) {
    return bp_catalogue_run(catalogue, BP_CATALOGUE_BEGIN, err);
}

bp_status bp_catalogue_commit(bp_catalogue *catalogue, bool *uncertain, bp_error *err) {
    bp_status status = bp_catalogue_run(catalogue, BP_CATALOGUE_COMMIT, err);
    /* The commit's frames may have reached the log although their fsync failed, or what SQLite does
     * after it. A full disk shows before: they are not all there. */
    *uncertain = status != BP_OK && (sqlite3_errcode(catalogue->database) & 0xff) != SQLITE_FULL;
    return status;
}

bool bp_catalogue_is_in_transaction(const bp_catalogue *catalogue) {
    return !sqlite3_get_autocommit(catalogue->database);
}

void bp_catalogue_rollback(bp_catalogue *catalogue) {
    if (bp_catalogue_is_in_transaction(catalogue)) {
        bp_status status = bp_catalogue_run(catalogue, BP_CATALOGUE_ROLLBACK, NULL);
        (void)status; /* nothing is left to do where this fails */
    }
}

bp_status bp_catalogue_mark(bp_catalogue *catalogue, bp_error *err) {
    return bp_catalogue_run(catalogue, BP_CATALOGUE_MARK, err);
}

bp_status bp_catalogue_keep(bp_catalogue *catalogue, bp_error *err) {
    return bp_catalogue_run(catalogue, BP_CATALOGUE_KEEP, err);
}

void bp_catalogue_undo(bp_catalogue *catalogue) {
    if (bp_catalogue_run(catalogue, BP_CATALOGUE_UNDO, NULL) != BP_OK ||
        bp_catalogue_run(catalogue, BP_CATALOGUE_KEEP, NULL) != BP_OK) {
        bp_catalogue_rollback(catalogue); /* half a batch must not be committed */
    }
}
