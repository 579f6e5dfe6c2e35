#include "event_log.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

struct bp_event_log {
    atomic_uint references;

    pthread_mutex_t lock; /* guards what follows; the texts of the events never change */
    bp_event *event;      /* [count], sequences ascending */
    size_t count, capacity;
    bp_event_view view;

    pthread_mutex_t watching; /* guards the list; held while watchers are told */
    bp_event_watcher *first;
};

static const struct {
    const char *name, *meaning;
} types[BP_EVENT_TYPE_COUNT] = {
#define X(name, wire, meaning) [BP_EVENT_##name] = {wire, meaning},
    BP_EVENT_TYPE_TABLE(X)
#undef X
};

const char *bp_event_type_name(bp_event_type type) {
    return (unsigned)type < BP_EVENT_TYPE_COUNT ? types[type].name : "unknown";
}

const char *bp_event_type_meaning(bp_event_type type) {
    return (unsigned)type < BP_EVENT_TYPE_COUNT ? types[type].meaning : "";
}

/* --- life ----------------------------------------------------------------------------------- */

bp_status bp_event_log_new(bp_event_log **out, bp_error *err) {
    bp_event_log *log = calloc(1, sizeof *log);
    if (log == NULL) {
        return bp_fail(err, BP_NO_MEMORY, NULL, "no memory for a log of events");
    }
    atomic_init(&log->references, 1);
    pthread_mutex_init(&log->lock, NULL);
    pthread_mutex_init(&log->watching, NULL);
    *out = log;
    return BP_OK;
}

bp_event_log *bp_event_log_ref(bp_event_log *log) {
    /* Relaxed: whoever calls this holds a reference. */
    atomic_fetch_add_explicit(&log->references, 1, memory_order_relaxed);
    return log;
}

void bp_event_log_unref(bp_event_log *log) {
    /* Acquire-release: the last holder frees after every use by the holders before it. */
    if (log == NULL || atomic_fetch_sub_explicit(&log->references, 1, memory_order_acq_rel) != 1) {
        return;
    }
    for (size_t i = 0; i < log->count; i++) {
        free(log->event[i].data);
    }
    free(log->event);
    pthread_mutex_destroy(&log->watching);
    pthread_mutex_destroy(&log->lock);
    free(log);
}

/* --- writing -------------------------------------------------------------------------------- */

/* Holds log->lock. */
static bp_status reserve_locked(bp_event_log *log, size_t more, bp_error *err) {
    if (more <= log->capacity - log->count) {
        return BP_OK;
    }
    size_t doubled = log->capacity < 8 ? 8 : log->capacity * 2;
    size_t capacity = log->count + more > doubled ? log->count + more : doubled;
    bp_event *event = realloc(log->event, capacity * sizeof *event);
    if (event == NULL) {
        return bp_fail(err, BP_NO_MEMORY, NULL, "no memory for %zu events", capacity);
    }
    log->event = event;
    log->capacity = capacity;
    return BP_OK;
}

/* Index of the first event after `after`. Holds log->lock. */
static size_t first_after_locked(const bp_event_log *log, uint64_t after) {
    size_t low = 0;
    for (size_t high = log->count; low < high;) {
        size_t middle = low + (high - low) / 2;
        if (log->event[middle].sequence <= after) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

/* Holds log->lock. */
static void show_locked(bp_event_log *log, uint64_t sequence) {
    for (size_t i = first_after_locked(log, log->view.last);
         i < log->count && log->event[i].sequence <= sequence; i++) {
        log->view.last = log->event[i].sequence;
        if (log->event[i].type == BP_EVENT_EPOCH) {
            log->view.last_epoch = log->event[i].sequence;
        }
    }
}

/* Holds no lock. */
static void tell_watchers(bp_event_log *log) {
    pthread_mutex_lock(&log->watching);
    for (bp_event_watcher *at = log->first; at != NULL; at = at->next) {
        at->notice(at->context);
    }
    pthread_mutex_unlock(&log->watching);
}

bp_status bp_event_log_append(bp_event_log *log, bp_event_type type, double at, char *data,
                              uint64_t *sequence, bp_error *err) {
    pthread_mutex_lock(&log->lock);
    bp_status status = reserve_locked(log, 1, err);
    if (status == BP_OK) {
        uint64_t last = log->count > 0 ? log->event[log->count - 1].sequence : 0;
        log->event[log->count++] =
            (bp_event){.sequence = last + 1, .at = at, .type = type, .data = data};
        *sequence = last + 1;
    }
    pthread_mutex_unlock(&log->lock);
    if (status != BP_OK) {
        free(data);
    }
    return status;
}

void bp_event_log_amend(bp_event_log *log, uint64_t sequence, bp_event_type type, char *data) {
    pthread_mutex_lock(&log->lock);
    const size_t i = first_after_locked(log, sequence - 1);
    if (i < log->count && log->event[i].sequence == sequence && sequence > log->view.last) {
        char *old = log->event[i].data;
        log->event[i].type = type;
        log->event[i].data = data;
        data = old;
    }
    pthread_mutex_unlock(&log->lock);
    free(data);
}

size_t bp_event_log_appended(bp_event_log *log, uint64_t after, bp_event *out, size_t limit) {
    size_t taken = 0;
    pthread_mutex_lock(&log->lock);
    for (size_t i = first_after_locked(log, after); i < log->count && taken < limit; i++) {
        out[taken++] = log->event[i];
    }
    pthread_mutex_unlock(&log->lock);
    return taken;
}

void bp_event_log_commit(bp_event_log *log, uint64_t sequence) {
    pthread_mutex_lock(&log->lock);
    uint64_t before = log->view.last;
    show_locked(log, sequence);
    bool changed = log->view.last != before;
    pthread_mutex_unlock(&log->lock);
    if (changed) {
        tell_watchers(log);
    }
}

bp_status bp_event_log_restore(bp_event_log *log, const bp_event *events, size_t count,
                               bp_error *err) {
    pthread_mutex_lock(&log->lock);
    bp_status status = reserve_locked(log, count, err);
    if (status == BP_OK && count > 0) {
        memcpy(log->event + log->count, events, count * sizeof *events);
        log->count += count;
        show_locked(log, UINT64_MAX);
    }
    pthread_mutex_unlock(&log->lock);
    return status;
}

void bp_event_log_close(bp_event_log *log) {
    pthread_mutex_lock(&log->lock);
    bool changed = !log->view.closed;
    log->view.closed = true;
    pthread_mutex_unlock(&log->lock);
    if (changed) {
        tell_watchers(log);
    }
}

/* --- reading -------------------------------------------------------------------------------- */

size_t bp_event_log_read(bp_event_log *log, uint64_t after, bp_event *out, size_t limit,
                         bp_event_view *view) {
    size_t taken = 0;
    pthread_mutex_lock(&log->lock);
    for (size_t i = first_after_locked(log, after);
         i < log->count && taken < limit && log->event[i].sequence <= log->view.last; i++) {
        out[taken++] = log->event[i];
    }
    *view = log->view;
    pthread_mutex_unlock(&log->lock);
    return taken;
}

void bp_event_log_watch(bp_event_log *log, bp_event_watcher *watcher) {
    pthread_mutex_lock(&log->watching);
    watcher->previous = NULL;
    watcher->next = log->first;
    if (log->first != NULL) {
        log->first->previous = watcher;
    }
    log->first = watcher;
    pthread_mutex_unlock(&log->watching);
}

void bp_event_log_unwatch(bp_event_log *log, bp_event_watcher *watcher) {
    pthread_mutex_lock(&log->watching);
    if (watcher->previous != NULL) {
        watcher->previous->next = watcher->next;
    } else {
        log->first = watcher->next;
    }
    if (watcher->next != NULL) {
        watcher->next->previous = watcher->previous;
    }
    pthread_mutex_unlock(&log->watching);
}
