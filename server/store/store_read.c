/* Reading: the rows come through the store's thread, the blobs' files are read and checked by the
 * caller's. */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "store_state.h"

/* Who is called with what was found. */
typedef struct visitor {
    bp_status (*each)(void *context, const bp_store_object *object, bp_error *err);
    void *context;
    bool without_blobs; /* their sizes are enough */
} visitor;

/* --- rows ----------------------------------------------------------------------------------- */

typedef struct listing {
    bp_store_work work; /* first: it is the listing */
    const bp_store_object *key;
    bp_catalogue_rows rows;
} listing;

static bp_status apply_list(bp_catalogue *catalogue, bp_store_work *work, bp_error *err) {
    listing *self = (listing *)work;
    bp_catalogue_rows_clear(&self->rows); /* of an attempt that failed */
    return bp_catalogue_list(catalogue, self->key, &self->rows, err);
}

/* The objects of a key, as bp_catalogue_list has it; *out is to be cleared, also after a failure.
 */
static bp_status list(bp_store *store, const bp_store_object *key, bp_catalogue_rows *out,
                      bp_error *err) {
    listing all = {.work = {.apply = apply_list, .is_read = true}, .key = key};
    bp_status status = bp_store_wait(store, &all.work, err);
    *out = all.rows;
    return status;
}

/* --- blobs ---------------------------------------------------------------------------------- */

/* Reading a data set's blob is the time of its first training, not of every start. */
static bool is_checked_later(bp_store_kind kind) {
    return kind == BP_STORE_DATASET;
}

static bp_status read_blob(const bp_store *store, const bp_blob *blob, bp_store_object *object,
                           bp_error *err) {
    void *bytes = NULL;
    bp_status status = bp_blob_read(store->blobs, blob, &bytes, err);
    object->blob = bytes;
    object->is_checked = true;
    return status;
}

static bp_status map_blob(const bp_store *store, const bp_blob *blob, bp_store_object *object,
                          bp_error *err) {
    bp_status status = bp_blob_map(store->blobs, blob, &object->blob, err);
    object->is_checked = !is_checked_later(object->kind);
    return status == BP_OK && object->is_checked ? bp_blob_check(object->blob, blob, err) : status;
}

static bp_status check_inline(const bp_catalogue_row *row, bp_error *err) {
    if (row->byte_count != row->blob.size) {
        return bp_fail(err, BP_IO, NULL, "its blob is damaged: it has %zu bytes, not %zu",
                       row->byte_count, (size_t)row->blob.size);
    }
    return bp_blob_check(row->bytes, &row->blob, err);
}

/* Gets the bytes that a list left in the catalogue. */
static bp_status fetch_inline(bp_store *store, const bp_store_object *object, bp_catalogue_row *row,
                              bp_error *err) {
    bp_catalogue_rows one = {0};
    bp_status status = list(store, object, &one, err);
    if (status == BP_OK && (one.count == 0 || one.row[0].bytes == NULL ||
                            strcmp(one.row[0].blob.sha256, row->blob.sha256) != 0)) {
        status = bp_fail(err, BP_IO, NULL, "it was replaced or deleted as it was read");
    }
    if (status == BP_OK) {
        row->bytes = one.row[0].bytes;
        row->byte_count = one.row[0].byte_count;
        one.row[0].bytes = NULL;
    }
    bp_catalogue_rows_clear(&one);
    return status;
}

/* The blob of the catalogue's row goes over to the object. */
static bp_status take_inline(bp_store *store, bp_catalogue_row *row, bp_store_object *object,
                             bp_error *err) {
    bp_status status = row->bytes == NULL ? fetch_inline(store, object, row, err) : BP_OK;
    if (status == BP_OK) {
        status = check_inline(row, err);
    }
    if (status == BP_OK) {
        object->blob = row->bytes;
        row->bytes = NULL;
    }
    return status;
}

static void forget_blob(const bp_store_object *object, bool is_mapped) {
    void *bytes = (void *)object->blob;
    if (!is_mapped) {
        free(bytes);
    } else if (bytes != NULL) {
        munmap(bytes, object->blob_size);
    }
}

static bp_status load_blob(bp_store *store, bp_catalogue_row *row, bp_store_object *object,
                           bp_error *err) {
    if (row->blob.sha256[0] == '\0') {
        return BP_OK; /* it has none */
    }
    object->blob_size = row->blob.size;
    if (row->blob.file[0] == '\0') {
        object->is_checked = true;
        return take_inline(store, row, object, err);
    }
    return object->taken != NULL ? map_blob(store, &row->blob, object, err)
                                 : read_blob(store, &row->blob, object, err);
}

/* --- objects -------------------------------------------------------------------------------- */

static bp_status load_row(bp_store *store, bp_store_kind kind, bp_catalogue_row *row,
                          const visitor *visit, bp_error *err) {
    const bool is_mapped = row->blob.file[0] != '\0' && row->blob.size > BP_STORE_LARGE_BLOB;
    bool taken = false;
    bp_store_object object = {.kind = kind,
                              .name = row->name,
                              .json = row->json,
                              .blob_size = row->blob.size,
                              .taken = is_mapped ? &taken : NULL};
    bp_error cause = {0};
    bp_status status = visit->without_blobs ? BP_OK : load_blob(store, row, &object, &cause);
    status = status == BP_OK ? visit->each(visit->context, &object, err)
                             : bp_fail(err, status, NULL, "'%s' cannot be loaded: %.300s",
                                       row->name, cause.message);
    if (!taken) {
        forget_blob(&object, is_mapped);
    }
    return status;
}

static bp_status load(bp_store *store, bp_store_kind kind, const visitor *visit, bp_error *err) {
    const bp_store_object all = {.kind = kind, .name = ""};
    bp_catalogue_rows rows = {0};
    bp_status status = list(store, &all, &rows, err);
    for (size_t i = 0; status == BP_OK && i < rows.count; i++) {
        status = load_row(store, kind, &rows.row[i], visit, err);
    }
    bp_catalogue_rows_clear(&rows);
    return status;
}

bp_status bp_store_load(bp_store *store, bp_store_kind kind,
                        bp_status (*each)(void *context, const bp_store_object *object,
                                          bp_error *err),
                        void *context, bp_error *err) {
    const visitor visit = {.each = each, .context = context};
    return load(store, kind, &visit, err);
}

bp_status bp_store_list(bp_store *store, bp_store_kind kind,
                        bp_status (*each)(void *context, const bp_store_object *object,
                                          bp_error *err),
                        void *context, bp_error *err) {
    const visitor visit = {.each = each, .context = context, .without_blobs = true};
    return load(store, kind, &visit, err);
}

bp_status bp_store_load_one(bp_store *store, const bp_store_object *key,
                            bp_status (*each)(void *context, const bp_store_object *object,
                                              bp_error *err),
                            void *context, bp_error *err) {
    const visitor visit = {.each = each, .context = context};
    bp_catalogue_rows rows = {0};
    bp_status status = list(store, key, &rows, err);
    if (status == BP_OK && rows.count == 0) {
        status = bp_fail(err, BP_NOT_FOUND, NULL, "the store has no '%.80s'", key->name);
    }
    if (status == BP_OK) {
        status = load_row(store, key->kind, &rows.row[0], &visit, err);
    }
    bp_catalogue_rows_clear(&rows);
    return status;
}

/* --- events --------------------------------------------------------------------------------- */

typedef struct event_page {
    bp_store_work work; /* first: it is the page */
    bp_catalogue_events events;
} event_page;

static bp_status apply_next_events(bp_catalogue *catalogue, bp_store_work *work, bp_error *err) {
    return bp_catalogue_next_events(catalogue, &((event_page *)work)->events, err);
}

bp_status bp_store_load_events(bp_store *store,
                               bp_status (*each)(void *context, const bp_store_event *event,
                                                 bp_error *err),
                               void *context, bp_error *err) {
    event_page page = {.work = {.apply = apply_next_events, .is_read = true},
                       .events = {.after_job = -1, .after_sequence = -1}};
    bp_catalogue_events *events = &page.events;
    bp_status status = bp_store_wait(store, &page.work, err);
    while (status == BP_OK && events->count > 0) {
        for (size_t i = 0; status == BP_OK && i < events->count; i++) {
            status = each(context, &events->event[i], err);
        }
        events->after_job = (int64_t)events->event[events->count - 1].job;
        events->after_sequence = (int64_t)events->event[events->count - 1].sequence;
        if (status == BP_OK) {
            status = bp_store_wait(store, &page.work, err);
        }
    }
    bp_catalogue_events_clear(events);
    return status;
}

/* --- keys ----------------------------------------------------------------------------------- */

typedef struct key_search {
    bp_store_work work; /* first: it is the search */
    const char *key;
    bp_store_key found;
    char *block; /* what `found` points into; NULL: nothing was found */
} key_search;

static bp_status apply_find_key(bp_catalogue *catalogue, bp_store_work *work, bp_error *err) {
    key_search *self = (key_search *)work;
    free(self->block); /* of an attempt that failed */
    self->block = NULL;
    return bp_catalogue_find_key(catalogue, self->key, &self->found, &self->block, err);
}

bp_status bp_store_find_key(bp_store *store, const char *key,
                            void (*found)(void *context, const bp_store_key *key), void *context,
                            bp_error *err) {
    key_search search = {.work = {.apply = apply_find_key, .is_read = true}, .key = key};
    bp_status status = bp_store_wait(store, &search.work, err);
    if (status == BP_OK && search.block == NULL) {
        status = bp_fail(err, BP_NOT_FOUND, NULL, "the store has no key '%.80s'", key);
    }
    if (status == BP_OK) {
        found(context, &search.found);
    }
    free(search.block);
    return status;
}
