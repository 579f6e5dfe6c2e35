/* State as bytes: one function of a module counts, writes and reads its state, so that the three
 * cannot disagree. It hands each of its numbers to a cursor, which, by its mode, counts the bytes,
 * puts the number there or gets it from there.
 *
 * Numbers are little-endian: whole ones and flags 8 bytes, doubles 8, floats 4; no padding. A
 * cursor that failed does nothing more: bytes that ended too early, or hold what is not allowed,
 * leave the numbers that were to be read as they were. Nothing is allocated. */
#ifndef BP_BYTE_CURSOR_H
#define BP_BYTE_CURSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum bp_byte_mode { BP_BYTES_COUNT, BP_BYTES_PUT, BP_BYTES_GET } bp_byte_mode;

/* Read its members, write none. */
typedef struct bp_byte_cursor {
    bp_byte_mode mode;
    unsigned char *to;         /* of BP_BYTES_PUT; borrowed, as the next */
    const unsigned char *from; /* of BP_BYTES_GET */
    size_t size;               /* bytes there */
    size_t at;                 /* bytes done */
    bool failed;
} bp_byte_cursor;

bp_byte_cursor bp_byte_cursor_counting(void);
bp_byte_cursor bp_byte_cursor_putting(void *bytes, size_t size);
bp_byte_cursor bp_byte_cursor_getting(const void *bytes, size_t size);

/* Getting fails above `most`. */
void bp_byte_cursor_whole(bp_byte_cursor *cursor, uint64_t *value, uint64_t most);
/* The same for a count in memory. */
void bp_byte_cursor_size(bp_byte_cursor *cursor, size_t *value, size_t most);
/* 0 or 1; getting fails on anything else. */
void bp_byte_cursor_flag(bp_byte_cursor *cursor, bool *value);
/* Any bits, those of a NAN too. */
void bp_byte_cursor_double(bp_byte_cursor *cursor, double *value);
/* values [count]; any bits. */
void bp_byte_cursor_floats(bp_byte_cursor *cursor, float *values, size_t count);
/* Bytes that are always these; getting fails where they are others. */
void bp_byte_cursor_expect(bp_byte_cursor *cursor, const void *bytes, size_t size);

/* What was got is wrong for a reason that the caller knows. */
void bp_byte_cursor_fail(bp_byte_cursor *cursor);

#endif
