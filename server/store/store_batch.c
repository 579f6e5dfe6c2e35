/* Batches: changes that are applied together or not at all.
 *
 * The order that makes a crash harmless: a new blob's file is durable before the commit names it,
 * and the old one is removed only after the commit stopped naming it. Between the two an orphan may
 * stay, and the next opening removes it. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "store_state.h"

typedef struct change change;
struct change {
    bp_status (*apply)(bp_catalogue *catalogue, change *self, bp_error *err);
    change *next;
    union {
        bp_store_object object;
        bp_store_event event;
        bp_store_key key;
        uint64_t job;
        double before;
    };
    bp_blob blob;                     /* put: size and SHA-256, and the file where there is one */
    char replaced[BP_BLOB_FILE_SIZE]; /* the file that the object had, once applied */
    char text[];                      /* what the pointers above point to */
};

struct bp_store_batch {
    bp_store_work work; /* first: it is the batch */
    bp_store *store;
    change *first, **last;
    bp_store_done done; /* commit_later */
    void *context;
};

/* --- on the store's thread ------------------------------------------------------------------ */

static bp_status apply_put(bp_catalogue *catalogue, change *self, bp_error *err) {
    return bp_catalogue_put(catalogue, &self->object, &self->blob, self->replaced, err);
}

static bp_status apply_delete(bp_catalogue *catalogue, change *self, bp_error *err) {
    return bp_catalogue_delete(catalogue, &self->object, self->replaced, err);
}

static bp_status apply_event(bp_catalogue *catalogue, change *self, bp_error *err) {
    return bp_catalogue_add_event(catalogue, &self->event, err);
}

static bp_status apply_forget_events(bp_catalogue *catalogue, change *self, bp_error *err) {
    return bp_catalogue_forget_events(catalogue, self->job, err);
}

static bp_status apply_key(bp_catalogue *catalogue, change *self, bp_error *err) {
    bp_status status = bp_catalogue_add_key(catalogue, &self->key, err);
    return status == BP_EXISTS
               ? bp_fail(err, status, NULL, "the key '%.80s' is there already", self->key.key)
               : status;
}

static bp_status apply_forget_keys(bp_catalogue *catalogue, change *self, bp_error *err) {
    return bp_catalogue_forget_keys(catalogue, self->before, err);
}

static bp_status apply_batch(bp_catalogue *catalogue, bp_store_work *work, bp_error *err) {
    const bp_store_batch *batch = (bp_store_batch *)work;
    bp_status status = BP_OK;
    for (change *each = batch->first; status == BP_OK && each != NULL; each = each->next) {
        status = each->apply(catalogue, each, err);
    }
    return status;
}

/* --- the batch ------------------------------------------------------------------------------ */

bp_status bp_store_batch_new(bp_store_batch **out, bp_store *store, bp_error *err) {
    bp_store_batch *batch = calloc(1, sizeof *batch);
    if (batch == NULL) {
        return bp_fail(err, BP_NO_MEMORY, NULL, "no memory for a change of the store");
    }
    batch->work.apply = apply_batch;
    batch->store = store;
    batch->last = &batch->first;
    *out = batch;
    return BP_OK;
}

static void discard(bp_store_batch *batch) {
    for (change *each = batch->first; each != NULL;) {
        change *next = each->next;
        free(each);
        each = next;
    }
    free(batch);
}

static void remove_new_files(const bp_store_batch *batch) {
    for (const change *each = batch->first; each != NULL; each = each->next) {
        bp_blob_remove(batch->store->blobs, each->blob.file);
    }
}

static void remove_replaced_files(const bp_store_batch *batch) {
    for (const change *each = batch->first; each != NULL; each = each->next) {
        bp_blob_remove(batch->store->blobs, each->replaced);
    }
}

void bp_store_batch_free(bp_store_batch *batch) {
    if (batch != NULL) {
        remove_new_files(batch);
        discard(batch);
    }
}

/* The batch has its end: the files that nothing names any more go, and so does it. */
static void conclude(bp_store_batch *batch) {
    if (batch->work.status == BP_OK) {
        remove_replaced_files(batch);
    } else if (!batch->work.uncertain) {
        remove_new_files(batch);
    }
    discard(batch);
}

bp_status bp_store_commit(bp_store *store, bp_store_batch *batch, bp_error *err) {
    assert(batch->store == store);
    bp_status status = bp_store_wait(store, &batch->work, err);
    conclude(batch);
    return status;
}

static void finish_later(bp_store_work *work) {
    bp_store_batch *batch = (bp_store_batch *)work;
    if (batch->done != NULL) {
        batch->done(batch->context, work->status, &work->error);
    }
    conclude(batch);
}

void bp_store_commit_later(bp_store *store, bp_store_batch *batch, bp_store_done done,
                           void *context) {
    assert(batch->store == store);
    batch->done = done;
    batch->context = context;
    batch->work.finish = finish_later;
    bp_store_queue(store, &batch->work);
}

/* --- changes -------------------------------------------------------------------------------- */

static size_t size_of(const char *text) {
    return text != NULL ? strlen(text) + 1 : 0;
}

/* Copies text to *room and moves that on; NULL stays NULL. */
static const char *copy(char **room, const char *text) {
    const size_t size = size_of(text);
    if (size == 0) {
        return NULL;
    }
    char *copied = memcpy(*room, text, size);
    *room += size;
    return copied;
}

static bp_status new_change(change **out, size_t text_bytes, bp_error *err) {
    change *made = calloc(1, sizeof *made + text_bytes);
    if (made == NULL) {
        return bp_fail(err, BP_NO_MEMORY, NULL, "no memory for a change of the store");
    }
    *out = made;
    return BP_OK;
}

static void add(bp_store_batch *batch, change *made) {
    *batch->last = made;
    batch->last = &made->next;
}

/* With room for `blob_bytes` behind the texts, whose place goes to *room. */
static bp_status new_put(change **out, const bp_store_object *object, size_t blob_bytes,
                         char **room, bp_error *err) {
    change *made = NULL;
    bp_status status =
        new_change(&made, size_of(object->name) + size_of(object->json) + blob_bytes, err);
    if (status != BP_OK) {
        return status;
    }
    *room = made->text;
    made->apply = apply_put;
    made->object.kind = object->kind;
    made->object.name = copy(room, object->name);
    made->object.json = copy(room, object->json);
    *out = made;
    return BP_OK;
}

/* The blob goes into the catalogue's row. */
static void keep_inline(change *put, char *room, const bp_store_object *object) {
    bp_digest digest;
    memcpy(room, object->blob, object->blob_size);
    put->object.blob = room;
    put->blob.size = object->blob_size;
    bp_digest_start(&digest);
    bp_digest_add(&digest, room, object->blob_size);
    bp_digest_finish(&digest, put->blob.sha256);
}

bp_status bp_store_batch_put(bp_store_batch *batch, const bp_store_object *object, bp_error *err) {
    const bool is_inline = object->blob != NULL && object->blob_size <= BP_STORE_INLINE_BLOB;
    char *room = NULL;
    change *put = NULL;
    /* one byte more: the place of an empty blob is within the change, too */
    bp_status status = new_put(&put, object, is_inline ? object->blob_size + 1 : 0, &room, err);
    if (status != BP_OK) {
        return status;
    }
    if (is_inline) {
        keep_inline(put, room, object);
    } else if (object->blob != NULL) {
        status = bp_blob_write(batch->store->blobs, bp_store_next_number(batch->store),
                               object->blob, object->blob_size, &put->blob, err);
    }
    if (status != BP_OK) {
        free(put);
        return status;
    }
    add(batch, put);
    return BP_OK;
}

bp_status bp_store_batch_put_draft(bp_store_batch *batch, const bp_store_object *object,
                                   bp_store_draft *draft, bp_error *err) {
    char *room = NULL;
    change *put = NULL;
    bp_status status = new_put(&put, object, 0, &room, err);
    if (status != BP_OK) {
        bp_blob_drop(&draft->blob);
        return status;
    }
    status = bp_blob_finish(&draft->blob, &put->blob, err);
    if (status != BP_OK) {
        free(put);
        return status;
    }
    add(batch, put);
    return BP_OK;
}

bp_status bp_store_batch_delete(bp_store_batch *batch, bp_store_kind kind, const char *name,
                                bp_error *err) {
    const bp_store_object object = {.kind = kind, .name = name};
    char *room = NULL;
    change *drop = NULL;
    bp_status status = new_put(&drop, &object, 0, &room, err);
    if (status == BP_OK) {
        drop->apply = apply_delete;
        add(batch, drop);
    }
    return status;
}

bp_status bp_store_batch_event(bp_store_batch *batch, const bp_store_event *event, bp_error *err) {
    change *made = NULL;
    bp_status status = new_change(&made, size_of(event->type) + size_of(event->data), err);
    if (status != BP_OK) {
        return status;
    }
    char *room = made->text;
    made->apply = apply_event;
    made->event = *event;
    made->event.type = copy(&room, event->type);
    made->event.data = copy(&room, event->data);
    add(batch, made);
    return BP_OK;
}

bp_status bp_store_batch_forget_events(bp_store_batch *batch, uint64_t job, bp_error *err) {
    change *made = NULL;
    bp_status status = new_change(&made, 0, err);
    if (status == BP_OK) {
        made->apply = apply_forget_events;
        made->job = job;
        add(batch, made);
    }
    return status;
}

bp_status bp_store_batch_key(bp_store_batch *batch, const bp_store_key *key, bp_error *err) {
    change *made = NULL;
    bp_status status =
        new_change(&made,
                   size_of(key->key) + size_of(key->request_sha256) + size_of(key->content_type) +
                       size_of(key->location) + size_of(key->body),
                   err);
    if (status != BP_OK) {
        return status;
    }
    char *room = made->text;
    made->apply = apply_key;
    made->key = *key;
    made->key.key = copy(&room, key->key);
    made->key.request_sha256 = copy(&room, key->request_sha256);
    made->key.content_type = copy(&room, key->content_type);
    made->key.location = copy(&room, key->location);
    made->key.body = copy(&room, key->body);
    add(batch, made);
    return BP_OK;
}

bp_status bp_store_batch_forget_keys(bp_store_batch *batch, double before, bp_error *err) {
    change *made = NULL;
    bp_status status = new_change(&made, 0, err);
    if (status == BP_OK) {
        made->apply = apply_forget_keys;
        made->before = before;
        add(batch, made);
    }
    return status;
}
