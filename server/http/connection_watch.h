/* The reaper: closes connections that hold a place and send nothing worth it.
 *
 * The HTTP library's timeout starts again with every byte, so a client that sends one byte now and
 * then keeps a connection for ever. Here every connection is in one phase, and each phase has a
 * limit of its own; one thread looks at them a few times a second and shuts the sockets of those
 * that are beyond it. It sleeps for good while there is no connection. */
#ifndef BP_CONNECTION_WATCH_H
#define BP_CONNECTION_WATCH_H

#include <stdbool.h>

#include "status.h"

typedef struct bp_watch bp_watch;
typedef struct bp_watch_entry bp_watch_entry;

typedef struct bp_watch_limits {
    unsigned header_ms;     /* from the connection, or a later request's first line, to the end
                               of the headers */
    unsigned idle_ms;       /* between two requests of a connection */
    unsigned body_grace_ms; /* a body may be slow at first */
    unsigned body_bytes_per_second; /* after the grace: the mean since the headers */
} bp_watch_limits;

typedef enum bp_watch_phase {
    BP_WATCH_HEADERS, /* waiting for the end of a request's headers */
    BP_WATCH_BODY,    /* receiving a body */
    BP_WATCH_SERVING, /* the server's turn: no limit */
    BP_WATCH_IDLE     /* kept alive, between requests */
} bp_watch_phase;

/* `on_reap` is called on the reaper's thread, with the reason; the lock is held: it may not call
 * back. NULL is allowed. NO_MEMORY, INTERNAL (no thread). */
BP_NODISCARD bp_status bp_watch_new(bp_watch **out, const bp_watch_limits *limits,
                                    void (*on_reap)(void *context, const char *reason),
                                    void *context, bp_error *err);
/* All entries must have been removed. NULL is allowed. */
void bp_watch_free(bp_watch *watch);

/* Begins to watch a connected socket, in BP_WATCH_HEADERS. The descriptor must stay open until the
 * entry is removed. NULL: no memory. */
bp_watch_entry *bp_watch_add(bp_watch *watch, int descriptor);

/* The next three: any thread, an entry by one thread at a time; NULL is allowed. */
void bp_watch_remove(bp_watch *watch, bp_watch_entry *entry);
void bp_watch_enter(bp_watch *watch, bp_watch_entry *entry, bp_watch_phase phase);
/* Counts bytes of the present body. */
void bp_watch_received(bp_watch *watch, bp_watch_entry *entry, size_t bytes);

#endif
