/* A reply that goes on: between a source of bytes (server/api) and the HTTP library's calls for
 * more of a body. */
#ifndef BP_STREAM_REPLY_H
#define BP_STREAM_REPLY_H

#include <microhttpd.h>

#include "api.h"
#include "stream_watch.h"

typedef struct bp_stream_reply bp_stream_reply;

/* Takes a place for the source and opens it; takes the source, which it clears, on success. NULL:
 * no place, or no memory. The connection's serving thread, as the others. */
bp_stream_reply *bp_stream_reply_begin(bp_streams *streams, struct MHD_Connection *connection,
                                       int descriptor, bp_stream_source *source);

/* The library's response whose body comes from the stream, which must be there until the request's
 * end. NULL: no memory. */
struct MHD_Response *bp_stream_reply_body(bp_stream_reply *stream);

/* The request has ended: closes the source, leaves the place. NULL is allowed. */
void bp_stream_reply_end(bp_stream_reply *stream);

#endif
