/* Replies that go on: who has one open, when each is to be looked at again, and who has left.
 *
 * A stream with nothing to send has its connection suspended; no thread waits for it. One thread
 * looks after all of them. It resumes those that were woken, tells a quiet one when to give a sign
 * of life, sees a client that closed or shut its sending side at once (the HTTP library does not
 * look at a suspended connection's socket), and drops one whose socket takes nothing. It sleeps
 * for good while there is no stream.
 *
 * One lock guards everything and is held for moments. It may be taken while any lock of the API is
 * held (wakes come so), and takes the library's inside; no lock of the API is taken inside. */
#ifndef BP_STREAM_WATCH_H
#define BP_STREAM_WATCH_H

#include <stdbool.h>
#include <stddef.h>

#include "status.h"

struct MHD_Connection;
typedef struct bp_streams bp_streams;
typedef struct bp_stream_place bp_stream_place;

typedef struct bp_streams_limits {
    unsigned most;     /* streams at a time */
    unsigned stall_ms; /* for a socket to take something of what is sent */
} bp_streams_limits;

/* NO_MEMORY, IO (no descriptor), INTERNAL (no thread). */
BP_NODISCARD bp_status bp_streams_new(bp_streams **out, const bp_streams_limits *limits,
                                      bp_error *err);
/* All places must have been left. NULL is allowed. */
void bp_streams_free(bp_streams *streams);

/* Every stream ends: those that sleep are resumed, and none sleeps from now on. Any thread. */
void bp_streams_end(bp_streams *streams);

/* A place for a connection's stream, whose socket stays open until it is left; `idle_ms` as in
 * bp_stream_source. NULL: there are as many streams as there may be, or no memory. */
bp_stream_place *bp_streams_enter(bp_streams *streams, struct MHD_Connection *connection,
                                  int descriptor, unsigned idle_ms);
/* First `retire`: nothing is done for the place any more, wakes are let through to nowhere. Then,
 * when no wake can come any more, `leave` frees it. NULL is allowed. */
void bp_streams_retire(bp_stream_place *place);
void bp_streams_leave(bp_stream_place *place);

/* For bp_stream_source.open; `place` is a bp_stream_place. Any thread. */
void bp_streams_wake(void *place);

/* --- the connection's serving thread ---------------------------------------------------------- */

typedef struct bp_stream_turn {
    bool gone;   /* nobody takes it any more */
    bool ending; /* the server stops: end when there is nothing left */
    bool idle;   /* as in bp_stream_source.pull */
} bp_stream_turn;

/* Before a pull: what has come up. Wakes before it are answered by the pull. */
bp_stream_turn bp_streams_look(bp_stream_place *place);
/* After a pull that gave bytes. */
void bp_streams_sent(bp_stream_place *place, size_t bytes);
/* The client shall see at once that the reply is not complete. */
void bp_streams_cut(bp_stream_place *place);
/* After one that gave none: suspends the connection until there is something to look at. False:
 * there is already. */
BP_NODISCARD bool bp_streams_sleep(bp_stream_place *place);

#endif
