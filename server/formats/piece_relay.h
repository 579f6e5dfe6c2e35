/* Bytes from the thread that receives them to a thread that works on them: a few buffers in a ring,
 * so that the first goes on while the second is busy, and waits where it is too far ahead. */
#ifndef BP_PIECE_RELAY_H
#define BP_PIECE_RELAY_H

#include <stdbool.h>

#include "status.h"

typedef struct bp_piece_relay bp_piece_relay;

enum { BP_RELAY_BUFFER_BYTES = 256 << 10, BP_RELAY_BUFFERS = 4 };

/* On the relay's thread, with at most BP_RELAY_BUFFER_BYTES; false: it wants no more. */
typedef bool (*bp_relay_take)(void *context, const char *bytes, size_t size);

/* Starts the thread. NO_MEMORY; INTERNAL: no thread. */
BP_NODISCARD bp_status bp_piece_relay_new(bp_piece_relay **out, bp_relay_take take, void *context,
                                          bp_error *err);
/* Waits for a take that is under way; what it has not taken is dropped. NULL is allowed. */
void bp_piece_relay_free(bp_piece_relay *relay);

/* Copies the bytes. Waits while all buffers are full. Pieces are joined, and given on when a buffer
 * is full. false: a take wanted no more. The owner's thread, as the next. */
bool bp_piece_relay_put(bp_piece_relay *relay, const char *bytes, size_t size);

/* Waits until all bytes were taken: what the takes wrote can be read until the next put. false: a
 * take wanted no more, and no other begins. */
bool bp_piece_relay_drain(bp_piece_relay *relay);

#endif
