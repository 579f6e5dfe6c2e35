/* The catalogue's objects: what the store keeps under (kind, name). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "catalogue_state.h"

static const char *const kind_names[] = {
#define X(name, wire) [BP_STORE_##name] = wire,
    BP_STORE_KIND_TABLE(X)
#undef X
};

/* --- writing -------------------------------------------------------------------------------- */

static void bind_key(bp_catalogue *catalogue, bp_catalogue_statement which,
                     const bp_store_object *object) {
    bp_catalogue_bind(catalogue->statements[which], 1, kind_names[object->kind]);
    bp_catalogue_bind(catalogue->statements[which], 2, object->name);
}

static bp_status find_file(bp_catalogue *catalogue, const bp_store_object *object,
                           char file[BP_BLOB_FILE_SIZE], bp_error *err) {
    bind_key(catalogue, BP_CATALOGUE_FILE_OF, object);
    return bp_catalogue_query_text(catalogue, BP_CATALOGUE_FILE_OF, file, BP_BLOB_FILE_SIZE, err);
}

bp_status bp_catalogue_put(bp_catalogue *catalogue, const bp_store_object *object,
                           const bp_blob *blob, char replaced[BP_BLOB_FILE_SIZE], bp_error *err) {
    bp_status status = find_file(catalogue, object, replaced, err);
    if (status != BP_OK) {
        return status;
    }
    sqlite3_stmt *prepared = catalogue->statements[BP_CATALOGUE_PUT];
    bind_key(catalogue, BP_CATALOGUE_PUT, object);
    bp_catalogue_bind(prepared, 3, object->json);
    if (blob->file[0] != '\0') {
        bp_catalogue_bind(prepared, 4, blob->file);
    } else if (object->blob != NULL) {
        sqlite3_bind_blob64(prepared, 7, object->blob, blob->size, SQLITE_STATIC);
    }
    if (blob->sha256[0] != '\0') {
        sqlite3_bind_int64(prepared, 5, (sqlite3_int64)blob->size);
        bp_catalogue_bind(prepared, 6, blob->sha256);
    }
    return bp_catalogue_run(catalogue, BP_CATALOGUE_PUT, err);
}

bp_status bp_catalogue_delete(bp_catalogue *catalogue, const bp_store_object *object,
                              char replaced[BP_BLOB_FILE_SIZE], bp_error *err) {
    bp_status status = find_file(catalogue, object, replaced, err);
    if (status != BP_OK) {
        return status;
    }
    bind_key(catalogue, BP_CATALOGUE_DELETE, object);
    return bp_catalogue_run(catalogue, BP_CATALOGUE_DELETE, err);
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

/* The blob that stands in the row; never NULL on success. */
static bp_status copy_bytes(bp_catalogue_row *row, sqlite3_stmt *prepared, bp_error *err) {
    const void *bytes = sqlite3_column_blob(prepared, 5); /* NULL for no bytes */
    row->byte_count = (size_t)sqlite3_column_bytes(prepared, 5);
    row->bytes = malloc(row->byte_count + 1);
    if (row->bytes == NULL || (bytes == NULL && row->byte_count > 0)) {
        return bp_fail(err, BP_NO_MEMORY, NULL, "no memory for a blob of %zu bytes",
                       row->byte_count);
    }
    if (bytes != NULL) {
        memcpy(row->bytes, bytes, row->byte_count);
    }
    return BP_OK;
}

static bp_status add_row(bp_catalogue_rows *rows, sqlite3_stmt *prepared, bp_error *err) {
    enum { NAME, JSON, TEXTS };
    const char *text[TEXTS] = {0};
    bp_status status = reserve_row(rows, err);
    if (status != BP_OK) {
        return status;
    }
    bp_catalogue_row row = {.block = bp_catalogue_copy_texts(prepared, TEXTS, text)};
    if (row.block == NULL) {
        return bp_fail(err, BP_NO_MEMORY, NULL, "no memory for an object's description");
    }
    row.name = text[NAME];
    row.json = text[JSON];
    copy_column(row.blob.file, sizeof row.blob.file, prepared, 2);
    row.blob.size = (uint64_t)sqlite3_column_int64(prepared, 3);
    copy_column(row.blob.sha256, sizeof row.blob.sha256, prepared, 4);
    if (sqlite3_column_count(prepared) > 5 && sqlite3_column_type(prepared, 5) == SQLITE_BLOB) {
        status = copy_bytes(&row, prepared, err);
    }
    rows->row[rows->count++] = row;
    return status;
}

bp_status bp_catalogue_list(bp_catalogue *catalogue, const bp_store_object *key,
                            bp_catalogue_rows *out, bp_error *err) {
    bool one = key->name[0] != '\0';
    sqlite3_stmt *prepared = catalogue->statements[one ? BP_CATALOGUE_GET : BP_CATALOGUE_LIST];
    bp_catalogue_rows rows = {0};
    if (one) {
        bind_key(catalogue, BP_CATALOGUE_GET, key);
    } else {
        bp_catalogue_bind(prepared, 1, kind_names[key->kind]);
    }
    bp_status status = BP_OK;
    int code = SQLITE_ROW;
    while (status == BP_OK && (code = sqlite3_step(prepared)) == SQLITE_ROW) {
        status = add_row(&rows, prepared, err);
    }
    if (status == BP_OK && code != SQLITE_DONE) {
        status = bp_catalogue_fail(catalogue, code, err);
    }
    bp_catalogue_reset(prepared);
    if (status != BP_OK) {
        bp_catalogue_rows_clear(&rows);
        return status;
    }
    *out = rows;
    return BP_OK;
}

void bp_catalogue_rows_clear(bp_catalogue_rows *rows) {
    for (size_t i = 0; i < rows->count; i++) {
        free(rows->row[i].block);
        free(rows->row[i].bytes);
    }
    free(rows->row);
    *rows = (bp_catalogue_rows){0};
}

bp_status bp_catalogue_names_file(bp_catalogue *catalogue, const char *file, bool *named,
                                  bp_error *err) {
    char found[2];
    bp_catalogue_bind(catalogue->statements[BP_CATALOGUE_NAMES_FILE], 1, file);
    bp_status status =
        bp_catalogue_query_text(catalogue, BP_CATALOGUE_NAMES_FILE, found, sizeof found, err);
    if (status == BP_OK) {
        *named = found[0] != '\0';
    }
    return status;
}

bp_status bp_catalogue_last_blob(bp_catalogue *catalogue, uint64_t *number, bp_error *err) {
    char file[BP_BLOB_FILE_SIZE];
    bp_status status =
        bp_catalogue_query_text(catalogue, BP_CATALOGUE_LAST_BLOB, file, sizeof file, err);
    if (status == BP_OK && !bp_blob_parse_name(file, number)) {
        *number = 0; /* no blob yet */
    }
    return status;
}
