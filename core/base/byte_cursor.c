#include "byte_cursor.h"

#include <string.h>

bp_byte_cursor bp_byte_cursor_counting(void) {
    return (bp_byte_cursor){.mode = BP_BYTES_COUNT, .size = SIZE_MAX};
}

bp_byte_cursor bp_byte_cursor_putting(void *bytes, size_t size) {
    return (bp_byte_cursor){.mode = BP_BYTES_PUT, .to = bytes, .size = size};
}

bp_byte_cursor bp_byte_cursor_getting(const void *bytes, size_t size) {
    return (bp_byte_cursor){.mode = BP_BYTES_GET, .from = bytes, .size = size};
}

void bp_byte_cursor_fail(bp_byte_cursor *cursor) {
    cursor->failed = true;
}

/* Goes on by `count` items; false: there is nothing to be done with them. *first: where they lie.
 */
static bool take(bp_byte_cursor *c, size_t count, size_t item_size, size_t *first) {
    c->failed = c->failed || count > (c->size - c->at) / item_size;
    if (c->failed) {
        return false;
    }
    *first = c->at;
    c->at += count * item_size;
    return c->mode != BP_BYTES_COUNT;
}

static void put_whole(unsigned char *to, uint64_t value) {
    for (size_t i = 0; i < sizeof value; i++) {
        to[i] = (unsigned char)(value >> 8 * i);
    }
}

static uint64_t get_whole(const unsigned char *from) {
    uint64_t value = 0;
    for (size_t i = 0; i < sizeof value; i++) {
        value |= (uint64_t)from[i] << 8 * i;
    }
    return value;
}

void bp_byte_cursor_whole(bp_byte_cursor *c, uint64_t *value, uint64_t most) {
    size_t first;
    if (!take(c, 1, sizeof *value, &first)) {
        return;
    }
    if (c->mode == BP_BYTES_PUT) {
        put_whole(c->to + first, *value);
        return;
    }
    const uint64_t got = get_whole(c->from + first);
    c->failed = got > most;
    *value = c->failed ? *value : got;
}

void bp_byte_cursor_size(bp_byte_cursor *c, size_t *value, size_t most) {
    uint64_t whole = *value;
    bp_byte_cursor_whole(c, &whole, most);
    *value = (size_t)whole;
}

void bp_byte_cursor_flag(bp_byte_cursor *c, bool *value) {
    uint64_t whole = *value;
    bp_byte_cursor_whole(c, &whole, 1);
    *value = whole != 0;
}

void bp_byte_cursor_double(bp_byte_cursor *c, double *value) {
    uint64_t bits;
    memcpy(&bits, value, sizeof bits);
    bp_byte_cursor_whole(c, &bits, UINT64_MAX);
    memcpy(value, &bits, sizeof bits);
}

/* Of `count` numbers of 32 bits, from or to little-endian ones. */
static void copy_words(void *to, const void *from, size_t count) {
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    memcpy(to, from, count * sizeof(uint32_t));
#else
    for (size_t i = 0; i < count; i++) {
        uint32_t bits;
        memcpy(&bits, (const unsigned char *)from + i * sizeof bits, sizeof bits);
        bits = __builtin_bswap32(bits);
        memcpy((unsigned char *)to + i * sizeof bits, &bits, sizeof bits);
    }
#endif
}

void bp_byte_cursor_floats(bp_byte_cursor *c, float *values, size_t count) {
    size_t first;
    if (!take(c, count, sizeof *values, &first) || count == 0) {
        return;
    }
    if (c->mode == BP_BYTES_PUT) {
        copy_words(c->to + first, values, count);
    } else {
        copy_words(values, c->from + first, count);
    }
}

void bp_byte_cursor_expect(bp_byte_cursor *c, const void *bytes, size_t size) {
    size_t first;
    if (!take(c, size, 1, &first)) {
        return;
    }
    if (c->mode == BP_BYTES_PUT) {
        memcpy(c->to + first, bytes, size);
    } else {
        c->failed = memcmp(c->from + first, bytes, size) != 0;
    }
}
