#include "stream_reply.h"

#include <stdlib.h>

/* The library's own buffer, which only clients of HTTP/1.0 are served from: chunks go straight into
 * the connection's memory. */
enum { BLOCK_BYTES = 4096 };

struct bp_stream_reply {
    bp_stream_place *place;
    bp_stream_source source;
};

bp_stream_reply *bp_stream_reply_begin(bp_streams *streams, struct MHD_Connection *connection,
                                       int descriptor, bp_stream_source *source) {
    bp_stream_reply *stream = calloc(1, sizeof *stream);
    if (stream == NULL)
        return NULL;
    stream->place = bp_streams_enter(streams, connection, descriptor, source->idle_ms);
    if (stream->place == NULL) {
        free(stream);
        return NULL;
    }
    stream->source = *source;
    *source = (bp_stream_source){0};
    stream->source.open(stream->source.context, bp_streams_wake, stream->place);
    return stream;
}

/* One call of the library for more (MHD_ContentReaderCallback). */
static ssize_t give_more(void *context, uint64_t position, char *bytes, size_t size) {
    bp_stream_reply *stream = context;
    (void)position;
    for (;;) {
        bp_stream_turn turn = bp_streams_look(stream->place);
        size_t written = 0;
        /* An ordinary end: after an error the library keeps the connection until it happens to
         * look again; after an end it reads on, and sees that nobody is there. */
        if (turn.gone)
            return MHD_CONTENT_READER_END_OF_STREAM;
        switch (stream->source.pull(stream->source.context, bytes, size, turn.idle, &written)) {
        case BP_PULL_MORE:
            bp_streams_sent(stream->place, written);
            return (ssize_t)written;
        case BP_PULL_WAIT:
            if (turn.ending)
                return MHD_CONTENT_READER_END_OF_STREAM;
            if (bp_streams_sleep(stream->place))
                return 0; /* the connection is suspended */
            break;
        case BP_PULL_END:
            return MHD_CONTENT_READER_END_OF_STREAM;
        case BP_PULL_BREAK:
            bp_streams_cut(stream->place);
            return MHD_CONTENT_READER_END_WITH_ERROR;
        }
    }
}

struct MHD_Response *bp_stream_reply_body(bp_stream_reply *stream) {
    return MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, BLOCK_BYTES, give_more, stream,
                                             NULL);
}

void bp_stream_reply_end(bp_stream_reply *stream) {
    if (stream == NULL)
        return;
    bp_streams_retire(stream->place);
    stream->source.close(stream->source.context);
    bp_streams_leave(stream->place);
    free(stream);
}
