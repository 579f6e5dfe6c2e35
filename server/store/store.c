/* Opening and closing: the folders, the lock, the catalogue, the orphans, the thread. */
#include "store.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store_state.h"

uint64_t bp_store_next_number(bp_store *store) {
    return atomic_fetch_add_explicit(&store->number, 1, memory_order_relaxed);
}

/* --- parts ---------------------------------------------------------------------------------- */

static bp_status fail_io(bp_error *err, const char *verb, const char *what) {
    return bp_fail(err, bp_status_of_file(errno), NULL, "cannot %s %s: %s", verb, what,
                   strerror(errno));
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
    int code = pthread_create(&store->thread, NULL, bp_store_serve, store);
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

/* --- opening and closing -------------------------------------------------------------------- */

bp_status bp_store_open(bp_store **out, const char *data_dir, bp_error *err) {
    bp_store *store = calloc(1, sizeof *store);
    if (store == NULL) {
        return bp_fail(err, BP_NO_MEMORY, NULL, "no memory for the store");
    }
    store->folder = store->blobs = store->lock_file = -1;
    store->last = &store->first;
    pthread_mutex_init(&store->lock, NULL);
    pthread_cond_init(&store->queued, NULL);
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
    pthread_cond_destroy(&store->queued);
    pthread_mutex_destroy(&store->lock);
    free(store);
}
