/* Push decompression of gzip (RFC 1952), one member or several: restartable at any byte, constant
 * memory, with a guard against bodies that are small only as long as they are compressed. */
#ifndef BP_GUNZIP_H
#define BP_GUNZIP_H

#include "status.h"

enum {
    BP_GUNZIP_MAX_RATIO = 1000,        /* of output to input, */
    BP_GUNZIP_FREE_BYTES = 1024 * 1024 /* once there is more output than this */
};

/* Takes the next `size` > 0 bytes, borrowed for the call, on the thread that feeds. */
typedef struct bp_byte_sink {
    void *context;
    bp_status (*bytes)(void *context, const char *bytes, size_t size, bp_error *err);
} bp_byte_sink;

typedef struct bp_gunzip bp_gunzip;

/* The sink is copied. NO_MEMORY. */
BP_NODISCARD bp_status bp_gunzip_new(bp_gunzip **out, const bp_byte_sink *sink,
                                     uint64_t output_limit_bytes, bp_error *err);

/* Takes the next `size` bytes, cut anywhere; the sink gets the output in blocks of 64 KiB. After an
 * error it only repeats it. SYNTAX with the byte at fault: no gzip, damaged data, a wrong checksum
 * or length, other bytes after a member; what came before the fault is given to the sink first.
 * TOO_LARGE: more output than the limit, or than the ratio allows. And whatever the sink says. */
BP_NODISCARD bp_status bp_gunzip_feed(bp_gunzip *gunzip, const void *bytes, size_t size,
                                      bp_error *err);

/* End of the body: gives the last block. SYNTAX: empty, or ended within a member. */
BP_NODISCARD bp_status bp_gunzip_finish(bp_gunzip *gunzip, bp_error *err);
void bp_gunzip_free(bp_gunzip *gunzip); /* NULL is allowed */

#endif
