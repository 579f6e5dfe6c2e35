/* A job's events as a reply that goes on: everything after a cursor, then what happens, until the
 * job's last event. It keeps one chunk at most, for it reads the log by its cursor; a reader that
 * is far behind gets a part of the epochs, and everything else. */
#ifndef BP_EVENT_STREAM_H
#define BP_EVENT_STREAM_H

#include "api.h"
#include "event_text.h"

/* A reader that is further behind gets every second epoch, from twice as far every third, ... */
enum { BP_EVENTS_BEHIND = 1000 };

typedef struct bp_event_stream_options {
    const bp_event_form *form; /* NULL: one page of `limit`, once there is an event for it */
    uint64_t after;
    size_t limit;
    unsigned idle_ms; /* the time between heartbeats, or that a page waits */
} bp_event_stream_options;

/* Fills *out; it takes the reference to the log on success. NO_MEMORY. */
BP_NODISCARD bp_status bp_event_stream_new(bp_stream_source *out, bp_event_log *log,
                                           const bp_event_stream_options *options, bp_error *err);

#endif
