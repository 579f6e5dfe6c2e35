/* The file itself is the queue between the threads: what was just written is read back from the
 * memory in which the system keeps it, so nothing has to be held for the slower one.
 *
 * `state` and `piece` are the thread's while it is busy; the owner looks at `state` only under the
 * lock, and while it is not. */
#include "file_digest.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PIECE_BYTES = 1 << 17 };

struct bp_file_digest {
    int file;
    pthread_t thread;
    pthread_mutex_t lock; /* of all that follows */
    pthread_cond_t more;  /* for the thread */
    pthread_cond_t rest;  /* the thread is not busy */
    uint64_t there, done; /* bytes that are in the file, and that are digested */
    bool is_busy, is_stopped;
    int failure; /* errno; 0: none */
    bp_digest state;
    unsigned char piece[PIECE_BYTES];
};

/* Reads `size` bytes and adds them; errno, or 0. */
static int add_piece(bp_file_digest *digest, uint64_t offset, size_t size) {
    for (size_t used = 0; used < size;) {
        ssize_t done =
            pread(digest->file, digest->piece + used, size - used, (off_t)(offset + used));
        if (done == 0) {
            return EIO; /* somebody made the file shorter */
        }
        if (done < 0 && errno != EINTR) {
            return errno;
        }
        used += done > 0 ? (size_t)done : 0;
    }
    bp_digest_add(&digest->state, digest->piece, size);
    return 0;
}

static bool has_work_locked(const bp_file_digest *digest) {
    return digest->done < digest->there && digest->failure == 0;
}

static void work_locked(bp_file_digest *digest) {
    const uint64_t left = digest->there - digest->done, offset = digest->done;
    const size_t size = left < PIECE_BYTES ? (size_t)left : PIECE_BYTES;
    digest->is_busy = true;
    pthread_mutex_unlock(&digest->lock);
    const int failure = add_piece(digest, offset, size);
    pthread_mutex_lock(&digest->lock);
    digest->is_busy = false;
    digest->failure = failure;
    digest->done += size;
    pthread_cond_signal(&digest->rest);
}

static void *run(void *context) {
    bp_file_digest *digest = context;
    pthread_mutex_lock(&digest->lock);
    while (!digest->is_stopped) {
        if (has_work_locked(digest)) {
            work_locked(digest);
        } else {
            pthread_cond_wait(&digest->more, &digest->lock);
        }
    }
    pthread_mutex_unlock(&digest->lock);
    return NULL;
}

static void destroy(bp_file_digest *digest) {
    pthread_cond_destroy(&digest->rest);
    pthread_cond_destroy(&digest->more);
    pthread_mutex_destroy(&digest->lock);
    free(digest);
}

bp_status bp_file_digest_new(bp_file_digest **out, int file, bp_error *err) {
    bp_file_digest *digest = calloc(1, sizeof *digest);
    if (digest == NULL) {
        return bp_fail(err, BP_NO_MEMORY, NULL, "no memory for a digest");
    }
    digest->file = file;
    bp_digest_start(&digest->state);
    pthread_mutex_init(&digest->lock, NULL);
    pthread_cond_init(&digest->more, NULL);
    pthread_cond_init(&digest->rest, NULL);
    int code = pthread_create(&digest->thread, NULL, run, digest);
    if (code != 0) {
        destroy(digest);
        return bp_fail(err, BP_INTERNAL, NULL, "no thread for a digest: %s", strerror(code));
    }
    *out = digest;
    return BP_OK;
}

void bp_file_digest_free(bp_file_digest *digest) {
    if (digest == NULL) {
        return;
    }
    pthread_mutex_lock(&digest->lock);
    digest->is_stopped = true;
    pthread_cond_signal(&digest->more);
    pthread_mutex_unlock(&digest->lock);
    pthread_join(digest->thread, NULL);
    destroy(digest);
}

void bp_file_digest_grow(bp_file_digest *digest, uint64_t size_bytes) {
    pthread_mutex_lock(&digest->lock);
    digest->there = size_bytes;
    pthread_cond_signal(&digest->more);
    pthread_mutex_unlock(&digest->lock);
}

void bp_file_digest_restart(bp_file_digest *digest) {
    pthread_mutex_lock(&digest->lock);
    digest->there = 0; /* so that no other piece begins */
    while (digest->is_busy) {
        pthread_cond_wait(&digest->rest, &digest->lock);
    }
    digest->done = 0;
    digest->failure = 0;
    bp_digest_start(&digest->state);
    pthread_mutex_unlock(&digest->lock);
}

bp_status bp_file_digest_get(bp_file_digest *digest, bp_digest *out, bp_error *err) {
    pthread_mutex_lock(&digest->lock);
    while (has_work_locked(digest)) {
        pthread_cond_wait(&digest->rest, &digest->lock);
    }
    const int failure = digest->failure;
    if (failure == 0) {
        *out = digest->state;
    }
    pthread_mutex_unlock(&digest->lock);
    return failure == 0
               ? BP_OK
               : bp_fail(err, BP_IO, NULL, "the rows cannot be read again: %s", strerror(failure));
}
