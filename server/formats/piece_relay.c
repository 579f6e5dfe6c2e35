/* Buffer i is the owner's to fill while i == filled % BP_RELAY_BUFFERS and filled - taken is less
 * than all; the thread's from then on until taken passes it. Only counts and flags are under the
 * lock; the buffers' bytes pass with it. */
#include "piece_relay.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct bp_piece_relay {
    bp_relay_take take;
    void *context;
    pthread_t thread;
    pthread_mutex_t lock;   /* of all that follows but the owner's */
    pthread_cond_t work;    /* for the thread: a buffer is full, or the end */
    pthread_cond_t room;    /* for the owner: a buffer was taken */
    uint64_t filled, taken; /* buffers */
    bool is_refused, is_stopped;
    size_t size[BP_RELAY_BUFFERS]; /* bytes; of the one that is filled the owner's */
    char bytes[BP_RELAY_BUFFERS][BP_RELAY_BUFFER_BYTES];
};

static void take_next_locked(bp_piece_relay *relay) {
    const size_t at = relay->taken % BP_RELAY_BUFFERS;
    bool goes_on = false;
    if (!relay->is_refused) {
        pthread_mutex_unlock(&relay->lock);
        goes_on = relay->take(relay->context, relay->bytes[at], relay->size[at]);
        pthread_mutex_lock(&relay->lock);
    }
    relay->is_refused = !goes_on;
    relay->taken++;
    pthread_cond_signal(&relay->room);
}

static void *run(void *context) {
    bp_piece_relay *relay = context;
    pthread_mutex_lock(&relay->lock);
    while (!relay->is_stopped) {
        if (relay->taken < relay->filled) {
            take_next_locked(relay);
        } else {
            pthread_cond_wait(&relay->work, &relay->lock);
        }
    }
    pthread_mutex_unlock(&relay->lock);
    return NULL;
}

static void destroy(bp_piece_relay *relay) {
    pthread_cond_destroy(&relay->room);
    pthread_cond_destroy(&relay->work);
    pthread_mutex_destroy(&relay->lock);
    free(relay);
}

bp_status bp_piece_relay_new(bp_piece_relay **out, bp_relay_take take, void *context,
                             bp_error *err) {
    bp_piece_relay *relay = malloc(sizeof *relay);
    if (relay == NULL) {
        return bp_fail(err, BP_NO_MEMORY, NULL, "no memory for an upload");
    }
    memset(relay, 0, offsetof(bp_piece_relay, bytes));
    relay->take = take;
    relay->context = context;
    pthread_mutex_init(&relay->lock, NULL);
    pthread_cond_init(&relay->work, NULL);
    pthread_cond_init(&relay->room, NULL);
    int code = pthread_create(&relay->thread, NULL, run, relay);
    if (code != 0) {
        destroy(relay);
        return bp_fail(err, BP_INTERNAL, NULL, "no thread for an upload: %s", strerror(code));
    }
    *out = relay;
    return BP_OK;
}

void bp_piece_relay_free(bp_piece_relay *relay) {
    if (relay == NULL) {
        return;
    }
    pthread_mutex_lock(&relay->lock);
    relay->is_stopped = true;
    pthread_cond_signal(&relay->work);
    pthread_mutex_unlock(&relay->lock);
    pthread_join(relay->thread, NULL);
    destroy(relay);
}

/* The buffer that is filled goes to the thread, and the next one is waited for. */
static bool hand_over(bp_piece_relay *relay) {
    pthread_mutex_lock(&relay->lock);
    relay->filled++;
    pthread_cond_signal(&relay->work);
    while (relay->filled - relay->taken == BP_RELAY_BUFFERS) {
        pthread_cond_wait(&relay->room, &relay->lock);
    }
    relay->size[relay->filled % BP_RELAY_BUFFERS] = 0;
    const bool goes_on = !relay->is_refused;
    pthread_mutex_unlock(&relay->lock);
    return goes_on;
}

/* `filled` changes on the owner's thread alone, which so reads it without the lock. */
bool bp_piece_relay_put(bp_piece_relay *relay, const char *bytes, size_t size) {
    while (size > 0) {
        const size_t at = relay->filled % BP_RELAY_BUFFERS, used = relay->size[at];
        const size_t left = BP_RELAY_BUFFER_BYTES - used, part = size < left ? size : left;
        memcpy(relay->bytes[at] + used, bytes, part);
        relay->size[at] += part;
        bytes += part;
        size -= part;
        if (part == left && !hand_over(relay)) {
            return false;
        }
    }
    return true;
}

bool bp_piece_relay_drain(bp_piece_relay *relay) {
    if (relay->size[relay->filled % BP_RELAY_BUFFERS] > 0) {
        (void)hand_over(relay);
    }
    pthread_mutex_lock(&relay->lock);
    while (relay->taken < relay->filled) {
        pthread_cond_wait(&relay->room, &relay->lock);
    }
    const bool goes_on = !relay->is_refused;
    pthread_mutex_unlock(&relay->lock);
    return goes_on;
}
