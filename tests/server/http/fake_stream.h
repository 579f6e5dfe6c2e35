/* A source of bytes for tests of replies that go on: /stream of the fake API gives one of these.
 *
 * Every stream writes what was told, "TEXT\n" each, in order; "." where it is idle. */
#ifndef BP_FAKE_STREAM_H
#define BP_FAKE_STREAM_H

#include "api.h"

/* Forgets what was told, and that it was ended or broken. No stream may be open. */
void fake_stream_reset(void);
/* Fills *out; it is one more open stream until it is closed. `idle_ms` is its own. */
void fake_stream_make(bp_stream_source *out, unsigned idle_ms);
/* A source that always has bytes, "x" without end. */
void fake_stream_make_endless(bp_stream_source *out);

/* Tells every stream, and wakes them, on this thread. */
void fake_stream_tell(const char *text);
/* Lets every stream end after what was told. */
void fake_stream_end(void);
/* Lets every stream break off after what was told. */
void fake_stream_break(void);

size_t fake_stream_open_count(void);
/* Waits until so many are open; false after 10 s. */
int fake_stream_wait_open(size_t count);

#endif
