#include "event_stream.h"

#include <stdlib.h>
#include <string.h>

enum { BATCH = 16, CHUNK_BYTES = 8192 };

typedef struct event_stream {
    bp_event_log *log; /* a reference */
    bp_event_stream_options options;
    bp_event_watcher watcher; /* in the log's list once `opened` */
    bool opened;
    bool begun;      /* the opening was written */
    bool ended;      /* nothing will be added to `chunk` */
    uint64_t epochs; /* that were left out since the last one that was not */
    bp_text chunk;
    size_t sent; /* bytes of it */
} event_stream;

/* --- what comes next ------------------------------------------------------------------------ */

/* Whether a reader that is so far behind gets the event: of the epochs only every k-th and the
 * last, of what else happened all. */
static bool keeps(event_stream *stream, const bp_event *event, const bp_event_view *view) {
    uint64_t k = 1 + (view->last - event->sequence) / BP_EVENTS_BEHIND;
    if (event->type != BP_EVENT_EPOCH) {
        return true;
    }
    bool kept = ++stream->epochs >= k || event->sequence == view->last_epoch;
    stream->epochs = kept ? 0 : stream->epochs;
    return kept;
}

static void fill_events(event_stream *stream) {
    const bp_event_form *form = stream->options.form;
    bp_event events[BATCH];
    bp_event_view view;
    size_t taken = 0;
    do {
        taken = bp_event_log_read(stream->log, stream->options.after, events, BATCH, &view);
        for (size_t i = 0; i < taken; i++) {
            if (keeps(stream, &events[i], &view)) {
                form->put(&stream->chunk, &events[i]);
            }
            stream->options.after = events[i].sequence;
        }
    } while (taken == BATCH && stream->chunk.size < CHUNK_BYTES);
    stream->ended = view.closed && stream->options.after >= view.last;
}

static void fill(event_stream *stream, bool idle) {
    if (!stream->begun) {
        bp_text_puts(&stream->chunk, stream->options.form->opening);
        stream->begun = true;
    }
    fill_events(stream);
    if (idle && stream->chunk.size == 0 && !stream->ended) {
        bp_text_puts(&stream->chunk, stream->options.form->heartbeat);
    }
}

static void fill_page(event_stream *stream, bool idle) {
    const bp_event_stream_options *options = &stream->options;
    bp_event_view view;
    bp_event_log_read(stream->log, options->after, NULL, 0, &view);
    if (idle || view.closed || view.last > options->after) {
        bp_event_put_page(&stream->chunk, stream->log, options->after, options->limit);
        stream->ended = true;
    }
}

/* --- the source ----------------------------------------------------------------------------- */

static void open_stream(void *context, void (*wake)(void *waker), void *waker) {
    event_stream *stream = context;
    stream->watcher = (bp_event_watcher){.notice = wake, .context = waker};
    stream->opened = true;
    bp_event_log_watch(stream->log, &stream->watcher);
}

static bp_pull pull(void *context, char *bytes, size_t size, bool idle, size_t *written) {
    event_stream *stream = context;
    if (stream->chunk.size == 0 && !stream->ended) {
        (stream->options.form != NULL ? fill : fill_page)(stream, idle);
    }
    if (stream->chunk.failed) {
        return BP_PULL_BREAK;
    }
    size_t left = stream->chunk.size - stream->sent;
    if (left == 0) {
        return stream->ended ? BP_PULL_END : BP_PULL_WAIT;
    }
    *written = left < size ? left : size;
    memcpy(bytes, stream->chunk.bytes + stream->sent, *written);
    stream->sent += *written;
    if (stream->sent == stream->chunk.size) {
        bp_text_clear(&stream->chunk);
        stream->sent = 0;
    }
    return BP_PULL_MORE;
}

static void close_stream(void *context) {
    event_stream *stream = context;
    if (stream->opened) {
        bp_event_log_unwatch(stream->log, &stream->watcher);
    }
    bp_event_log_unref(stream->log);
    bp_text_clear(&stream->chunk);
    free(stream);
}

bp_status bp_event_stream_new(bp_stream_source *out, bp_event_log *log,
                              const bp_event_stream_options *options, bp_error *err) {
    event_stream *stream = calloc(1, sizeof *stream);
    if (stream == NULL) {
        return bp_fail(err, BP_NO_MEMORY, NULL, "no memory for a stream of events");
    }
    stream->log = log;
    stream->options = *options;
    *out = (bp_stream_source){.context = stream,
                              .open = open_stream,
                              .pull = pull,
                              .close = close_stream,
                              .idle_ms = options->idle_ms};
    return BP_OK;
}
