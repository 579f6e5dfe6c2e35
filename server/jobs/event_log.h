/* The events of one job, in the order in which they happened: a log in memory that is only ever
 * appended to. Readers follow it with a cursor, the sequence of the last event they have seen.
 *
 * An appended event can be seen once it is committed, that is, once it is on the disk. Two locks,
 * never held together: one guards the events, for moments; the other is held while watchers are
 * told, and is what bp_event_log_unwatch waits for. Both are taken after any lock of the callers.
 */
#ifndef BP_EVENT_LOG_H
#define BP_EVENT_LOG_H

#include <stdbool.h>

#include "status.h"

/* enumerator, name, what it says */
#define BP_EVENT_TYPE_TABLE(X)                                                                     \
    X(QUEUED, "queued", "The job was accepted and waits for its turn.")                            \
    X(STARTED, "started", "Training began.")                                                       \
    X(EPOCH, "epoch", "An epoch ended; at most 10 a second are told.")                             \
    X(CHECKPOINT, "checkpoint", "A checkpoint is on the disk.")                                    \
    X(PAUSED, "paused", "Training was halted and can be resumed.")                                 \
    X(RESUMED, "resumed", "Training goes on after a pause.")                                       \
    X(EDITED, "edited", "Settings were changed while the job was under way.")                      \
    X(REWOUND, "rewound", "Training went back to a checkpoint.")                                   \
    X(RECOVERED, "recovered", "Training goes on after a stop of the server.")                      \
    X(WARNING, "warning", "Something is worth a look; training goes on.")                          \
    X(SUCCEEDED, "succeeded", "The job ended as it should.")                                       \
    X(FAILED, "failed", "The job ended with an error.")                                            \
    X(CANCELLED, "cancelled", "The job ended because it was asked to.")

typedef enum bp_event_type {
#define X(name, wire, meaning) BP_EVENT_##name,
    BP_EVENT_TYPE_TABLE(X)
#undef X
        BP_EVENT_TYPE_COUNT
} bp_event_type;

/* "epoch", .. and the sentence that says what it means. */
const char *bp_event_type_name(bp_event_type type);
const char *bp_event_type_meaning(bp_event_type type);

typedef struct bp_event {
    uint64_t sequence; /* 1, 2, 3, .. */
    double at;         /* wall seconds */
    bp_event_type type;
    char *data; /* the text of a JSON object, in one line; the log's, fixed while it lives */
} bp_event;

typedef struct bp_event_log bp_event_log;

/* An empty log with one reference. NO_MEMORY. */
BP_NODISCARD bp_status bp_event_log_new(bp_event_log **out, bp_error *err);
/* Any thread. */
bp_event_log *bp_event_log_ref(bp_event_log *log);
void bp_event_log_unref(bp_event_log *log); /* NULL is allowed; no watcher may be left */

/* --- writing: one thread at a time ------------------------------------------------------------ */

/* Appends an event that nobody sees yet; takes `data` (malloc'd) also on failure. *sequence is the
 * new event's. NO_MEMORY. */
BP_NODISCARD bp_status bp_event_log_append(bp_event_log *log, bp_event_type type, double at,
                                           char *data, uint64_t *sequence, bp_error *err);
/* An event that nobody sees yet has turned out to be another; takes `data` (malloc'd). */
void bp_event_log_amend(bp_event_log *log, uint64_t sequence, bp_event_type type, char *data);
/* The first `limit` events after `after`, those that nobody sees yet too, into `out` [limit]; how
 * many. */
size_t bp_event_log_appended(bp_event_log *log, uint64_t after, bp_event *out, size_t limit);
/* Events up to `sequence` can be seen; watchers are told. Any thread. */
void bp_event_log_commit(bp_event_log *log, uint64_t sequence);
/* Fills an empty log with `count` events, sequences ascending, all of them visible; takes their
 * data, the array stays the caller's. On failure everything stays the caller's. NO_MEMORY. */
BP_NODISCARD bp_status bp_event_log_restore(bp_event_log *log, const bp_event *events, size_t count,
                                            bp_error *err);
/* No event will be appended or committed any more; watchers are told. Any thread, repeatable. */
void bp_event_log_close(bp_event_log *log);

/* --- reading: any thread ---------------------------------------------------------------------- */

typedef struct bp_event_view {
    uint64_t last;       /* sequence of the last event that can be seen; 0: none */
    uint64_t last_epoch; /* likewise of type epoch */
    bool closed;         /* and there will be no other */
} bp_event_view;

/* The first `limit` visible events after `after` into `out` [limit]; how many. What was to be seen
 * at that moment goes to *view. Their data is valid as long as the caller's reference. */
size_t bp_event_log_read(bp_event_log *log, uint64_t after, bp_event *out, size_t limit,
                         bp_event_view *view);

/* Who wants to be told of new visible events and of the end. The memory is the watcher's. */
typedef struct bp_event_watcher {
    void (*notice)(void *context); /* may read the log, and call none of the functions below */
    void *context;
    struct bp_event_watcher *previous, *next; /* the log's */
} bp_event_watcher;

/* From here on `notice` is called after each change, on the thread that made it. */
void bp_event_log_watch(bp_event_log *log, bp_event_watcher *watcher);
/* When it returns `notice` is not running and will not be called again. */
void bp_event_log_unwatch(bp_event_log *log, bp_event_watcher *watcher);

#endif
