/* The output goes to the sink in blocks of one size, whatever the pieces of the input, so that the
 * calls, and the limits that are checked before each, do not depend on how a body arrives. The
 * place of an error counts the bits that zlib has used, not the bytes that it has taken, which
 * depend on the pieces. */
#include "gunzip.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <zlib.h>

enum {
    BLOCK_BYTES = 65536,
    MAX_PIECE_BYTES = 1 << 30, /* zlib counts in 32 bits */
    GZIP_WINDOW_BITS = 15 + 16,
    FIRST_BYTE = 0x1f,
    UNUSED_BITS_MASK = 63 /* of data_type */
};

struct bp_gunzip {
    z_stream stream;
    bp_byte_sink sink;
    uint64_t output_limit;
    uint64_t taken; /* bytes of input that zlib has taken */
    uint64_t given; /* bytes of output before the block */
    uint64_t members;
    bool is_in_member;
    size_t filled;
    bp_error failure;
    unsigned char block[BLOCK_BYTES];
};

bp_status bp_gunzip_new(bp_gunzip **out, const bp_byte_sink *sink, uint64_t output_limit_bytes,
                        bp_error *err) {
    bp_gunzip *gunzip = calloc(1, sizeof *gunzip);
    if (gunzip == NULL || inflateInit2(&gunzip->stream, GZIP_WINDOW_BITS) != Z_OK) {
        free(gunzip);
        return bp_fail(err, BP_NO_MEMORY, NULL, "no memory for decompression");
    }
    gunzip->sink = *sink;
    gunzip->output_limit = output_limit_bytes;
    *out = gunzip;
    return BP_OK;
}

void bp_gunzip_free(bp_gunzip *gunzip) {
    if (gunzip == NULL) {
        return;
    }
    inflateEnd(&gunzip->stream);
    free(gunzip);
}

/* Whole bytes of input that have been used. */
static uint64_t position(const bp_gunzip *gunzip) {
    uint64_t unused_bits = (uint64_t)gunzip->stream.data_type & UNUSED_BITS_MASK;
    return gunzip->taken - unused_bits / 8;
}

static bp_status give(bp_gunzip *gunzip) {
    uint64_t output = gunzip->given + gunzip->filled, input = position(gunzip);
    if (output > gunzip->output_limit) {
        return bp_fail(&gunzip->failure, BP_TOO_LARGE, NULL,
                       "the body has more than %" PRIu64 " bytes when it is decompressed",
                       gunzip->output_limit);
    }
    if (output > BP_GUNZIP_FREE_BYTES && output / BP_GUNZIP_MAX_RATIO > input) {
        return bp_fail(&gunzip->failure, BP_TOO_LARGE, NULL,
                       "the body grows more than %d times when it is decompressed: %" PRIu64
                       " bytes so far",
                       BP_GUNZIP_MAX_RATIO, output);
    }
    size_t size = gunzip->filled;
    gunzip->given = output;
    gunzip->filled = 0;
    return size == 0 ? BP_OK
                     : gunzip->sink.bytes(gunzip->sink.context, (const char *)gunzip->block, size,
                                          &gunzip->failure);
}

/* Gives what came before the fault, whose own error, if it has one, comes first. */
static bp_status fail_here(bp_gunzip *gunzip, uint64_t place, const char *complaint) {
    bp_status status = give(gunzip);
    if (status != BP_OK) {
        return status;
    }
    return bp_fail(&gunzip->failure, BP_SYNTAX, NULL, "gzip, byte %" PRIu64 ": %s", place,
                   complaint);
}

static bp_status begin_member(bp_gunzip *gunzip, unsigned char first) {
    if (first != FIRST_BYTE) {
        return fail_here(gunzip, gunzip->taken,
                         gunzip->members == 0 ? "the body does not begin as gzip does"
                                              : "bytes follow that are no gzip");
    }
    gunzip->is_in_member = true;
    return BP_OK;
}

static bp_status end_member(bp_gunzip *gunzip) {
    gunzip->is_in_member = false;
    gunzip->members++;
    return inflateReset(&gunzip->stream) == Z_OK
               ? BP_OK
               : bp_fail(&gunzip->failure, BP_INTERNAL, NULL, "zlib lost its state");
}

static bp_status act_on(bp_gunzip *gunzip, int code) {
    switch (code) {
    case Z_OK:
    case Z_BUF_ERROR: /* it needs input or room, as it may */
        return BP_OK;
    case Z_STREAM_END:
        return end_member(gunzip);
    case Z_MEM_ERROR:
        return bp_fail(&gunzip->failure, BP_NO_MEMORY, NULL, "no memory for decompression");
    default:
        return fail_here(gunzip, position(gunzip),
                         gunzip->stream.msg != NULL ? gunzip->stream.msg : "the data is damaged");
    }
}

/* One step: up to the end of the piece, of the block or of a member. */
static bp_status inflate_some(size_t *used, bp_gunzip *gunzip, const unsigned char *bytes,
                              size_t size) {
    z_stream *stream = &gunzip->stream;
    uInt input = size < MAX_PIECE_BYTES ? (uInt)size : MAX_PIECE_BYTES;
    stream->next_in = (z_const Bytef *)bytes;
    stream->avail_in = input;
    stream->next_out = gunzip->block + gunzip->filled;
    stream->avail_out = (uInt)(BLOCK_BYTES - gunzip->filled);
    int code = inflate(stream, Z_NO_FLUSH);
    *used = input - stream->avail_in;
    gunzip->taken += *used;
    gunzip->filled = BLOCK_BYTES - stream->avail_out;
    return act_on(gunzip, code);
}

static bp_status repeat_failure(const bp_gunzip *gunzip, bp_error *err) {
    if (err != NULL && gunzip->failure.code != BP_OK) {
        *err = gunzip->failure;
    }
    return gunzip->failure.code;
}

bp_status bp_gunzip_feed(bp_gunzip *gunzip, const void *bytes, size_t size, bp_error *err) {
    const unsigned char *at = bytes;
    bp_status status = gunzip->failure.code;
    bool is_full = false; /* then zlib may hold output for which it needs no more input */
    while (status == BP_OK && (size > 0 || is_full)) {
        size_t used = 0;
        if (!gunzip->is_in_member && size > 0) {
            status = begin_member(gunzip, *at);
        }
        if (status == BP_OK && gunzip->is_in_member) {
            status = inflate_some(&used, gunzip, at, size);
        }
        at += used;
        size -= used;
        is_full = gunzip->filled == BLOCK_BYTES;
        if (status == BP_OK && is_full) {
            status = give(gunzip);
        }
    }
    gunzip->failure.code = status; /* a sink may have left the record empty */
    return repeat_failure(gunzip, err);
}

bp_status bp_gunzip_finish(bp_gunzip *gunzip, bp_error *err) {
    if (gunzip->failure.code == BP_OK && (gunzip->is_in_member || gunzip->taken == 0)) {
        gunzip->failure.code =
            fail_here(gunzip, gunzip->taken,
                      gunzip->taken == 0 ? "the body is empty" : "the body ends within a member");
    } else if (gunzip->failure.code == BP_OK) {
        gunzip->failure.code = give(gunzip);
    }
    return repeat_failure(gunzip, err);
}
