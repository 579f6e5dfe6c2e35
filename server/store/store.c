/* The store's thread owns the catalogue. Callers put a request, which lives on their stack, at the
 * end of the queue and sleep until it is done. The thread takes everything that waits, applies it
 * in one transaction and wakes all of them: under load many writes share one fsync.
 *
 * The order that makes a crash harmless: the new blob is durable before the commit names it, and
 * the old blob is removed only after the commit stopped naming it. Between the two an orphan may
 * stay, and the next opening removes it. */
#include "store.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "catalogue.h"

typedef struct request request;

struct request {
    bp_status (*apply)(bp_catalogue *catalogue, request *self, bp_error *err);
    const bp_store_object *object; /* kind and name are always set */
    bp_blob blob;                  /* put: what the commit shall name */
    char replaced[BP_BLOB_FILE_SIZE];
    bp_catalogue_rows rows; /* list: what was found */
    bp_status status;
    bp_error error;
    bool uncertain; /* failed, and yet a crash might bring it back: its blob must stay */
    bool done;      /* guarded by store->lock; what stands above is the thread's until then */
    request *next;
};

struct bp_store {
    int folder; /* descriptor of the data directory */
    int blobs;  /* descriptor of its folder of blobs */
    int lock_file;
    bp_catalogue *catalogue;     /* the opener's, then the thread's, then the closer's */
    atomic_uint_fast64_t number; /* of the next blob; relaxed: only its uniqueness matters */
    pthread_t thread;
    bool started;
    pthread_mutex_t lock; /* guards the queue, `done` and `closing` */
    pthread_cond_t queued;
    pthread_cond_t finished;
    request *first, **last;
    bool closing;
};

/* --- the store's thread --------------------------------------------------------------------- */

/* Applies a chain of requests in one transaction: all of them or none. */
static bp_status transact(bp_catalogue *catalogue, request *chain, bool *uncertain, bp_error *err) {
    bp_status status = bp_catalogue_begin(catalogue, err);
    for (request *each = chain; status == BP_OK && each != NULL; each = each->next) {
        status = each->apply(catalogue, each, err);
    }
    if (status == BP_OK) {
        status = bp_catalogue_commit(catalogue, uncertain, err);
    }
    if (status != BP_OK) {
        bp_catalogue_rollback(catalogue);
    }
    return status;
}

/* What a list found belongs to an attempt that failed; the next one starts afresh. */
static void forget_rows(request *chain) {
    for (; chain != NULL; chain = chain->next) {
        bp_catalogue_rows_clear(&chain->rows);
    }
}

/* One bad request must not fail its neighbours: where the batch fails, each runs alone. */
static void serve(bp_catalogue *catalogue, request *chain) {
    bp_error error = {0};
    bool uncertain = false;
    bp_status status = transact(catalogue, chain, &uncertain, &error);
    bool alone = chain->next == NULL;
    if (status != BP_OK && !uncertain && !alone) {
        forget_rows(chain);
        while (chain != NULL) {
            request *next = chain->next;
            chain->next = NULL;
            serve(catalogue, chain);
            chain->next = next;
            chain = next;
        }
        return;
    }
    for (request *each = chain; each != NULL; each = each->next) {
        each->status = status;
        each->error = error;
        each->uncertain = uncertain;
    }
}

/* Waits for work and takes all of it; NULL: closing and nothing left. Holds store->lock. */
static request *take_locked(bp_store *store) {
    while (store->first == NULL && !store->closing) {
        pthread_cond_wait(&store->queued, &store->lock);
    }
    request *chain = store->first;
    store->first = NULL;
    store->last = &store->first;
    return chain;
}

static void *run_thread(void *argument) {
    bp_store *store = argument;
    pthread_mutex_lock(&store->lock);
    for (request *chain; (chain = take_locked(store)) != NULL;) {
        pthread_mutex_unlock(&store->lock);
        serve(store->catalogue, chain);
        pthread_mutex_lock(&store->lock);
        while (chain != NULL) {
            request *next = chain->next; /* once done, the request is its caller's again */
            chain->done = true;
            chain = next;
        }
        pthread_cond_broadcast(&store->finished);
    }
    pthread_mutex_unlock(&store->lock);
    return NULL;
}

/* Any thread but the store's: queues the request and waits until it is done. */
static bp_status submit(bp_store *store, request *self, bp_error *err) {
    pthread_mutex_lock(&store->lock);
    *store->last = self;
    store->last = &self->next;
    pthread_cond_signal(&store->queued);
    while (!self->done) {
        pthread_cond_wait(&store->finished, &store->lock);
    }
    pthread_mutex_unlock(&store->lock);
    if (self->status != BP_OK && err != NULL) {
        *err = self->error;
    }
    return self->status;
}

/* --- requests ------------------------------------------------------------------------------- */

static bp_status apply_put(bp_catalogue *catalogue, request *self, bp_error *err) {
    return bp_catalogue_put(catalogue, self->object, &self->blob, self->replaced, err);
}

static bp_status apply_delete(bp_catalogue *catalogue, request *self, bp_error *err) {
    return bp_catalogue_delete(catalogue, self->object, self->replaced, err);
}

static bp_status apply_list(bp_catalogue *catalogue, request *self, bp_error *err) {
    return bp_catalogue_list(catalogue, self->object, &self->rows, err);
}

/* The blob, which is durable or none, gets named; where that fails it goes. */
static bp_status name_blob(bp_store *store, request *put, bp_error *err) {
    bp_status status = submit(store, put, err);
    if (status == BP_OK) {
        bp_blob_remove(store->blobs, put->replaced);
    } else if (!put->uncertain) {
        bp_blob_remove(store->blobs, put->blob.file);
    }
    return status;
}

static uint64_t next_number(bp_store *store) {
    return atomic_fetch_add_explicit(&store->number, 1, memory_order_relaxed);
}

bp_status bp_store_put(bp_store *store, const bp_store_object *object, bp_error *err) {
    request put = {.apply = apply_put, .object = object};
    if (object->blob != NULL) {
        bp_status status = bp_blob_write(store->blobs, next_number(store), object->blob,
                                         object->blob_size, &put.blob, err);
        if (status != BP_OK) {
            return status;
        }
    }
    return name_blob(store, &put, err);
}

struct bp_store_draft {
    bp_blob_draft blob;
};

bp_status bp_store_draft_new(bp_store_draft **out, bp_store *store, bp_error *err) {
    bp_store_draft *draft = malloc(sizeof *draft);
    if (draft == NULL) {
        return bp_fail(err, BP_NO_MEMORY, NULL, "no memory for a new file");
    }
    bp_status status = bp_blob_begin(&draft->blob, store->blobs, next_number(store), err);
    if (status != BP_OK) {
        free(draft);
        return status;
    }
    *out = draft;
    return BP_OK;
}

int bp_store_draft_file(const bp_store_draft *draft) {
    return draft->blob.file;
}

void bp_store_draft_note_digest(bp_store_draft *draft, const bp_digest *digest, uint64_t size) {
    draft->blob.digest = *digest;
    draft->blob.begun = size;
}

void bp_store_draft_free(bp_store_draft *draft) {
    if (draft != NULL) {
        bp_blob_drop(&draft->blob);
        free(draft);
    }
}

bp_status bp_store_put_draft(bp_store *store, const bp_store_object *object, bp_store_draft *draft,
                             bp_error *err) {
    request put = {.apply = apply_put, .object = object};
    bp_status status = bp_blob_finish(&draft->blob, &put.blob, err);
    return status == BP_OK ? name_blob(store, &put, err) : status;
}

bp_status bp_store_delete(bp_store *store, bp_store_kind kind, const char *name, bp_error *err) {
    bp_store_object object = {.kind = kind, .name = name};
    request drop = {.apply = apply_delete, .object = &object};
    bp_status status = submit(store, &drop, err);
    if (status == BP_OK) {
        bp_blob_remove(store->blobs, drop.replaced);
    }
    return status;
}

typedef bp_status (*each_object)(void *context, const bp_store_object *object, bp_error *err);

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

static void forget_blob(const bp_store_object *object, bool is_mapped) {
    void *bytes = (void *)object->blob;
    if (!is_mapped) {
        free(bytes);
    } else if (bytes != NULL) {
        munmap(bytes, object->blob_size);
    }
}

static bp_status load_row(bp_store *store, bp_store_kind kind, const bp_catalogue_row *row,
                          each_object each, void *context, bp_error *err) {
    const bool is_mapped = row->blob.size > BP_STORE_LARGE_BLOB;
    bool taken = false;
    bp_store_object object = {
        .kind = kind, .name = row->name, .json = row->json, .taken = is_mapped ? &taken : NULL};
    bp_status status = BP_OK;
    bp_error cause = {0};
    if (row->blob.file[0] != '\0') {
        object.blob_size = row->blob.size;
        status = is_mapped ? map_blob(store, &row->blob, &object, &cause)
                           : read_blob(store, &row->blob, &object, &cause);
    }
    status = status == BP_OK ? each(context, &object, err)
                             : bp_fail(err, status, NULL, "'%s' cannot be loaded: %.300s",
                                       row->name, cause.message);
    if (!taken) {
        forget_blob(&object, is_mapped);
    }
    return status;
}

bp_status bp_store_load(bp_store *store, bp_store_kind kind, each_object each, void *context,
                        bp_error *err) {
    bp_store_object object = {.kind = kind, .name = ""};
    request list = {.apply = apply_list, .object = &object};
    bp_status status = submit(store, &list, err);
    for (size_t i = 0; status == BP_OK && i < list.rows.count; i++) {
        status = load_row(store, kind, &list.rows.row[i], each, context, err);
    }
    bp_catalogue_rows_clear(&list.rows);
    return status;
}

bp_status bp_store_load_one(bp_store *store, const bp_store_object *key, each_object each,
                            void *context, bp_error *err) {
    request get = {.apply = apply_list, .object = key};
    bp_status status = submit(store, &get, err);
    if (status == BP_OK && get.rows.count == 0) {
        status = bp_fail(err, BP_NOT_FOUND, NULL, "the store has no '%.80s'", key->name);
    }
    if (status == BP_OK) {
        status = load_row(store, key->kind, &get.rows.row[0], each, context, err);
    }
    bp_catalogue_rows_clear(&get.rows);
    return status;
}

/* --- opening and closing -------------------------------------------------------------------- */

static bp_status fail_io(bp_error *err, const char *verb, const char *what) {
    return bp_fail(err, BP_IO, NULL, "cannot %s %s: %s", verb, what, strerror(errno));
}

static void close_descriptor(int descriptor) {
    if (descriptor >= 0) {
        close(descriptor);
    }
}

/* A new folder survives a power loss only when its parent is durable too. */
static bp_status sync_parent(int folder, const char *path, bp_error *err) {
    int parent = openat(folder, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bp_status status =
        parent >= 0 && fsync(parent) == 0 ? BP_OK : fail_io(err, "make durable", path);
    close_descriptor(parent);
    return status;
}

static bp_status make_folder(int parent, const char *path, int *out, bp_error *err) {
    bool made = mkdirat(parent, path, 0700) == 0;
    if (!made && errno != EEXIST) {
        return fail_io(err, "make", path);
    }
    int folder = openat(parent, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0) {
        return fail_io(err, "open", path);
    }
    bp_status status = made ? sync_parent(folder, path, err) : BP_OK;
    if (status != BP_OK) {
        close(folder);
        return status;
    }
    *out = folder;
    return BP_OK;
}

/* flock belongs to the open file: it goes with the process, however that ends. */
static bp_status lock_folder(bp_store *store, const char *data_dir, bp_error *err) {
    store->lock_file = openat(store->folder, "lock", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (store->lock_file < 0) {
        return fail_io(err, "open the lock of", data_dir);
    }
    if (flock(store->lock_file, LOCK_EX | LOCK_NB) == 0) {
        return BP_OK;
    }
    if (errno == EWOULDBLOCK) {
        return bp_fail(err, BP_CONFLICT, NULL, "another process uses the data directory %s",
                       data_dir);
    }
    return fail_io(err, "lock", data_dir);
}

static bp_status remove_orphan(bp_store *store, const char *file, bp_error *err) {
    uint64_t number;
    bool named = true; /* a file that is not ours stays */
    if (!bp_blob_parse_name(file, &number)) {
        return BP_OK;
    }
    bp_status status = bp_catalogue_names_file(store->catalogue, file, &named, err);
    if (status == BP_OK && !named) {
        bp_blob_remove(store->blobs, file);
    }
    return status;
}

static bp_status remove_orphans(bp_store *store, bp_error *err) {
    int copy = openat(store->blobs, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *entries = copy >= 0 ? fdopendir(copy) : NULL;
    if (entries == NULL) {
        bp_status status = fail_io(err, "list", "blobs");
        close_descriptor(copy);
        return status;
    }
    bp_status status = BP_OK;
    for (struct dirent *entry; status == BP_OK && (entry = readdir(entries)) != NULL;) {
        status = remove_orphan(store, entry->d_name, err);
    }
    closedir(entries);
    return status;
}

static bp_status open_catalogue(bp_store *store, const char *data_dir, bp_error *err) {
    char *path = NULL;
    if (asprintf(&path, "%s/catalogue.sqlite3", data_dir) < 0) {
        return bp_fail(err, BP_NO_MEMORY, NULL, "no memory for a path");
    }
    bp_status status = bp_catalogue_open(&store->catalogue, path, err);
    free(path);
    if (status == BP_OK && fsync(store->folder) != 0) {
        return fail_io(err, "make durable", data_dir);
    }
    return status;
}

static bp_status start_thread(bp_store *store, bp_error *err) {
    int code = pthread_create(&store->thread, NULL, run_thread, store);
    if (code != 0) {
        return bp_fail(err, BP_INTERNAL, NULL, "cannot start the store's thread: %s",
                       strerror(code));
    }
    store->started = true;
    return BP_OK;
}

static bp_status open_parts(bp_store *store, const char *data_dir, bp_error *err) {
    uint64_t number = 0;
    bp_status status = make_folder(AT_FDCWD, data_dir, &store->folder, err);
    if (status == BP_OK) {
        status = lock_folder(store, data_dir, err);
    }
    if (status == BP_OK) {
        status = make_folder(store->folder, "blobs", &store->blobs, err);
    }
    if (status == BP_OK) {
        status = open_catalogue(store, data_dir, err);
    }
    if (status == BP_OK) {
        status = remove_orphans(store, err);
    }
    if (status == BP_OK) {
        status = bp_catalogue_last_blob(store->catalogue, &number, err);
    }
    if (status == BP_OK) {
        atomic_store_explicit(&store->number, number + 1, memory_order_relaxed);
        status = start_thread(store, err);
    }
    return status;
}

bp_status bp_store_open(bp_store **out, const char *data_dir, bp_error *err) {
    bp_store *store = calloc(1, sizeof *store);
    if (store == NULL) {
        return bp_fail(err, BP_NO_MEMORY, NULL, "no memory for the store");
    }
    store->folder = store->blobs = store->lock_file = -1;
    store->last = &store->first;
    pthread_mutex_init(&store->lock, NULL);
    pthread_cond_init(&store->queued, NULL);
    pthread_cond_init(&store->finished, NULL);
    bp_status status = open_parts(store, data_dir, err);
    if (status != BP_OK) {
        bp_store_close(store);
        return status;
    }
    *out = store;
    return BP_OK;
}

static void stop_thread(bp_store *store) {
    pthread_mutex_lock(&store->lock);
    store->closing = true;
    pthread_cond_signal(&store->queued);
    pthread_mutex_unlock(&store->lock);
    pthread_join(store->thread, NULL);
}

void bp_store_close(bp_store *store) {
    if (store == NULL) {
        return;
    }
    if (store->started) {
        stop_thread(store);
    }
    bp_catalogue_close(store->catalogue);
    close_descriptor(store->blobs);
    close_descriptor(store->lock_file); /* last: it lets the next process in */
    close_descriptor(store->folder);
    pthread_cond_destroy(&store->finished);
    pthread_cond_destroy(&store->queued);
    pthread_mutex_destroy(&store->lock);
    free(store);
}
