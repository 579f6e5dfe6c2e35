/* Lingering: reading on, for a while, from clients that were answered before they had sent all.
 *
 * Closing a socket that still has, or still gets, unread bytes makes TCP send a reset, and a reset
 * can reach the client before it has read the reply: it would see a broken connection instead of
 * the problem that was found (RFC 9112, section 9.6). So the reading side stays open here, and what
 * comes is thrown away, until the client closes or its time is up. */
#ifndef BP_LINGER_H
#define BP_LINGER_H

#include <stdbool.h>

#include "status.h"

typedef struct bp_linger bp_linger;

enum { BP_LINGER_PLACES = 64 };

/* `most_ms`: of one socket. NO_MEMORY, IO (no descriptor), INTERNAL (no thread). */
BP_NODISCARD bp_status bp_linger_new(bp_linger **out, unsigned most_ms, bp_error *err);
/* Closes what is left, now. NULL is allowed. */
void bp_linger_free(bp_linger *linger);

/* Takes a connected socket whose sending side is shut, and closes it in time; at once when all
 * places are taken. Any thread. */
void bp_linger_take(bp_linger *linger, int descriptor);

#endif
