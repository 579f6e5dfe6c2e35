/* The catalogue's events of jobs, and the keys of requests that are done once. */
#include <stdlib.h>

#include "catalogue_state.h"

/* --- events --------------------------------------------------------------------------------- */

bp_status bp_catalogue_add_event(bp_catalogue *catalogue, const bp_store_event *event,
                                 bp_error *err) {
    sqlite3_stmt *prepared = catalogue->statements[BP_CATALOGUE_ADD_EVENT];
    sqlite3_bind_int64(prepared, 1, (sqlite3_int64)event->job);
    sqlite3_bind_int64(prepared, 2, (sqlite3_int64)event->sequence);
    sqlite3_bind_double(prepared, 3, event->at);
    bp_catalogue_bind(prepared, 4, event->type);
    bp_catalogue_bind(prepared, 5, event->data);
    return bp_catalogue_run(catalogue, BP_CATALOGUE_ADD_EVENT, err);
}

bp_status bp_catalogue_forget_events(bp_catalogue *catalogue, uint64_t job, bp_error *err) {
    sqlite3_bind_int64(catalogue->statements[BP_CATALOGUE_FORGET_EVENTS], 1, (sqlite3_int64)job);
    return bp_catalogue_run(catalogue, BP_CATALOGUE_FORGET_EVENTS, err);
}

static bp_status add_to_page(bp_catalogue_events *page, sqlite3_stmt *prepared, bp_error *err) {
    enum { TYPE, DATA, TEXTS };
    const char *text[TEXTS] = {0};
    char *block = bp_catalogue_copy_texts(prepared, TEXTS, text);
    if (block == NULL) {
        return bp_fail(err, BP_NO_MEMORY, NULL, "no memory for an event");
    }
    page->block[page->count] = block;
    page->event[page->count++] =
        (bp_store_event){.job = (uint64_t)sqlite3_column_int64(prepared, 2),
                         .sequence = (uint64_t)sqlite3_column_int64(prepared, 3),
                         .at = sqlite3_column_double(prepared, 4),
                         .type = text[TYPE],
                         .data = text[DATA]};
    return BP_OK;
}

bp_status bp_catalogue_next_events(bp_catalogue *catalogue, bp_catalogue_events *page,
                                   bp_error *err) {
    sqlite3_stmt *prepared = catalogue->statements[BP_CATALOGUE_LIST_EVENTS];
    sqlite3_bind_int64(prepared, 1, page->after_job);
    sqlite3_bind_int64(prepared, 2, page->after_sequence);
    sqlite3_bind_int(prepared, 3, BP_CATALOGUE_PAGE_EVENTS);
    bp_catalogue_events_clear(page);
    bp_status status = BP_OK;
    int code = SQLITE_ROW;
    while (status == BP_OK && (code = sqlite3_step(prepared)) == SQLITE_ROW) {
        status = add_to_page(page, prepared, err);
    }
    if (status == BP_OK && code != SQLITE_DONE) {
        status = bp_catalogue_fail(catalogue, code, err);
    }
    bp_catalogue_reset(prepared);
    return status;
}

void bp_catalogue_events_clear(bp_catalogue_events *page) {
    for (size_t i = 0; i < page->count; i++) {
        free(page->block[i]);
    }
    page->count = 0;
}

/* --- keys ----------------------------------------------------------------------------------- */

enum { KEY, REQUEST, CONTENT_TYPE, LOCATION, BODY, KEY_TEXTS, AT = KEY_TEXTS, STATUS };

bp_status bp_catalogue_add_key(bp_catalogue *catalogue, const bp_store_key *key, bp_error *err) {
    sqlite3_stmt *prepared = catalogue->statements[BP_CATALOGUE_ADD_KEY];
    bp_catalogue_bind(prepared, 1 + KEY, key->key);
    bp_catalogue_bind(prepared, 1 + REQUEST, key->request_sha256);
    bp_catalogue_bind(prepared, 1 + CONTENT_TYPE, key->content_type);
    bp_catalogue_bind(prepared, 1 + LOCATION, key->location);
    bp_catalogue_bind(prepared, 1 + BODY, key->body);
    sqlite3_bind_double(prepared, 1 + AT, key->at);
    sqlite3_bind_int64(prepared, 1 + STATUS, (sqlite3_int64)key->status);
    return bp_catalogue_run(catalogue, BP_CATALOGUE_ADD_KEY, err);
}

bp_status bp_catalogue_forget_keys(bp_catalogue *catalogue, double before, bp_error *err) {
    sqlite3_bind_double(catalogue->statements[BP_CATALOGUE_FORGET_KEYS], 1, before);
    return bp_catalogue_run(catalogue, BP_CATALOGUE_FORGET_KEYS, err);
}

static bp_status copy_key(sqlite3_stmt *prepared, bp_store_key *out, char **block, bp_error *err) {
    const char *text[KEY_TEXTS] = {0};
    char *copied = bp_catalogue_copy_texts(prepared, KEY_TEXTS, text);
    if (copied == NULL) {
        return bp_fail(err, BP_NO_MEMORY, NULL, "no memory for a request's key");
    }
    *block = copied;
    *out = (bp_store_key){.key = text[KEY],
                          .request_sha256 = text[REQUEST],
                          .at = sqlite3_column_double(prepared, AT),
                          .status = (unsigned)sqlite3_column_int64(prepared, STATUS),
                          .content_type = text[CONTENT_TYPE],
                          .location = text[LOCATION],
                          .body = text[BODY]};
    return BP_OK;
}

bp_status bp_catalogue_find_key(bp_catalogue *catalogue, const char *key, bp_store_key *out,
                                char **block, bp_error *err) {
    sqlite3_stmt *prepared = catalogue->statements[BP_CATALOGUE_FIND_KEY];
    bp_catalogue_bind(prepared, 1, key);
    bp_status status = BP_OK;
    int code = sqlite3_step(prepared);
    if (code == SQLITE_ROW) {
        status = copy_key(prepared, out, block, err);
    } else if (code == SQLITE_DONE) {
        *block = NULL;
    } else {
        status = bp_catalogue_fail(catalogue, code, err);
    }
    bp_catalogue_reset(prepared);
    return status;
}
