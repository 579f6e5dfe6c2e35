#include "fake_stream.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

typedef struct fake_stream {
    size_t sent; /* bytes of `told` */
    bool endless;
    void (*wake)(void *waker);
    void *waker;
    struct fake_stream *next;
} fake_stream;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* held while streams are woken */
static fake_stream *first;
static size_t open_count;
static char *told;
static size_t told_size;
static bool ended, broken;

void fake_stream_reset(void) {
    pthread_mutex_lock(&lock);
    free(told);
    told = NULL;
    told_size = 0;
    ended = false;
    broken = false;
    pthread_mutex_unlock(&lock);
}

static void wake_all_locked(void) {
    for (fake_stream *stream = first; stream != NULL; stream = stream->next)
        if (stream->wake != NULL)
            stream->wake(stream->waker);
}

void fake_stream_tell(const char *text) {
    size_t size = strlen(text);
    pthread_mutex_lock(&lock);
    told = realloc(told, told_size + size + 1);
    if (told == NULL)
        abort();
    memcpy(told + told_size, text, size);
    told[told_size + size] = '\n';
    told_size += size + 1;
    wake_all_locked();
    pthread_mutex_unlock(&lock);
}

static void set(bool *what) {
    pthread_mutex_lock(&lock);
    *what = true;
    wake_all_locked();
    pthread_mutex_unlock(&lock);
}

void fake_stream_end(void) {
    set(&ended);
}

void fake_stream_break(void) {
    set(&broken);
}

size_t fake_stream_open_count(void) {
    pthread_mutex_lock(&lock);
    size_t count = open_count;
    pthread_mutex_unlock(&lock);
    return count;
}

int fake_stream_wait_open(size_t count) {
    for (int ms = 0; ms < 10000; ms++) {
        if (fake_stream_open_count() == count)
            return 1;
        usleep(1000);
    }
    return 0;
}

/* --- the source ----------------------------------------------------------------------------- */

static void open_stream(void *context, void (*wake)(void *waker), void *waker) {
    fake_stream *stream = context;
    pthread_mutex_lock(&lock);
    stream->wake = wake;
    stream->waker = waker;
    pthread_mutex_unlock(&lock);
}

static bp_pull pull_locked(fake_stream *stream, char *bytes, size_t size, bool idle,
                           size_t *written) {
    size_t left = stream->endless ? size : told_size - stream->sent;
    if (left > 0) {
        *written = left < size ? left : size;
        if (stream->endless)
            memset(bytes, 'x', *written);
        else
            memcpy(bytes, told + stream->sent, *written);
        stream->sent += *written;
        return BP_PULL_MORE;
    }
    if (broken)
        return BP_PULL_BREAK;
    if (ended)
        return BP_PULL_END;
    if (!idle)
        return BP_PULL_WAIT;
    bytes[0] = '.';
    *written = 1;
    return BP_PULL_MORE;
}

static bp_pull pull(void *context, char *bytes, size_t size, bool idle, size_t *written) {
    pthread_mutex_lock(&lock);
    bp_pull pulled = pull_locked(context, bytes, size, idle, written);
    pthread_mutex_unlock(&lock);
    return pulled;
}

static void close_stream(void *context) {
    fake_stream *stream = context;
    pthread_mutex_lock(&lock);
    fake_stream **at = &first;
    while (*at != stream)
        at = &(*at)->next;
    *at = stream->next;
    open_count--;
    pthread_mutex_unlock(&lock);
    free(stream);
}

static void make(bp_stream_source *out, unsigned idle_ms, bool endless) {
    fake_stream *stream = calloc(1, sizeof *stream);
    if (stream == NULL)
        abort();
    stream->endless = endless;
    pthread_mutex_lock(&lock);
    stream->next = first;
    first = stream;
    open_count++;
    pthread_mutex_unlock(&lock);
    *out = (bp_stream_source){.context = stream,
                              .open = open_stream,
                              .pull = pull,
                              .close = close_stream,
                              .idle_ms = idle_ms};
}

void fake_stream_make(bp_stream_source *out, unsigned idle_ms) {
    make(out, idle_ms, false);
}

void fake_stream_make_endless(bp_stream_source *out) {
    make(out, 0, true);
}
