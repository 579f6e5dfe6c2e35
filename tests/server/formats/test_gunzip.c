#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "gunzip_load.h"

enum { BODY_SIZE = 1 << 21, NO_LIMIT = INT32_MAX };

static const array_pieces WHOLE = {SIZE_MAX, SIZE_MAX};

typedef struct gzip_text {
    size_t size;
    unsigned char *bytes; /* [BODY_SIZE] */
} gzip_text;

static gzip_text new_text(void) {
    gzip_text text = {0, malloc(BODY_SIZE)};
    assert_non_null(text.bytes);
    return text;
}

static void add_bytes(gzip_text *text, const void *bytes, size_t size) {
    assert_true(size <= BODY_SIZE - text->size);
    memcpy(text->bytes + text->size, bytes, size);
    text->size += size;
}

/* Appends a member; its size. */
static size_t add_member(gzip_text *text, const void *bytes, size_t size, int level) {
    z_stream stream = {0};
    assert_int_equal(deflateInit2(&stream, level, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY),
                     Z_OK);
    stream.next_in = (z_const Bytef *)bytes;
    stream.avail_in = (uInt)size;
    stream.next_out = text->bytes + text->size;
    stream.avail_out = (uInt)(BODY_SIZE - text->size);
    assert_int_equal(deflate(&stream, Z_FINISH), Z_STREAM_END);
    size_t used = stream.total_out;
    text->size += used;
    assert_int_equal(deflateEnd(&stream), Z_OK);
    return used;
}

static void assert_same_in_pieces(const gzip_text *text, uint64_t limit, const gunzip_loaded *whole,
                                  array_pieces pieces) {
    gunzip_loaded loaded;
    gunzip_load(&loaded, text->bytes, text->size, limit, pieces);
    if (!gunzip_loaded_equal(&loaded, whole)) {
        fail_msg("pieces of %zu, then %zu: '%s' instead of '%s', %zu bytes instead of %zu",
                 pieces.first, pieces.then, loaded.err.message, whole->err.message, loaded.size,
                 whole->size);
    }
    gunzip_loaded_clear(&loaded);
}

static void assert_same_however_cut(const gzip_text *text, uint64_t limit) {
    gunzip_loaded whole;
    gunzip_load(&whole, text->bytes, text->size, limit, WHOLE);
    for (size_t cut = 0; cut <= text->size; cut += 1 + text->size / 100) {
        assert_same_in_pieces(text, limit, &whole, (array_pieces){cut, SIZE_MAX});
    }
    for (size_t size = 1; size < 20; size += 1 + size / 4) {
        assert_same_in_pieces(text, limit, &whole, (array_pieces){size, size});
    }
    gunzip_loaded_clear(&whole);
}

static void assert_gives(const gzip_text *text, const void *bytes, size_t size) {
    gunzip_loaded loaded;
    gunzip_load(&loaded, text->bytes, text->size, NO_LIMIT, WHOLE);
    if (loaded.status != BP_OK) {
        fail_msg("%s", loaded.err.message);
    }
    assert_int_equal(loaded.size, size);
    assert_memory_equal(loaded.bytes, bytes, size);
    gunzip_loaded_clear(&loaded);
    assert_same_however_cut(text, NO_LIMIT);
}

static void assert_fails(const gzip_text *text, uint64_t limit, bp_status code, const char *says) {
    gunzip_loaded loaded;
    gunzip_load(&loaded, text->bytes, text->size, limit, WHOLE);
    if (loaded.status != code || loaded.err.code != code ||
        strstr(loaded.err.message, says) == NULL) {
        fail_msg("%s '%s' instead of %s '%s'", bp_status_name(loaded.status), loaded.err.message,
                 bp_status_name(code), says);
    }
    gunzip_loaded_clear(&loaded);
    assert_same_however_cut(text, limit);
}

/* Text that does not compress away: numbers of a linear congruence. */
static char *new_rows(size_t size) {
    char *rows = malloc(size + 16);
    assert_non_null(rows);
    uint32_t number = 1;
    for (size_t at = 0; at < size;) {
        number = number * 1664525u + 1013904223u;
        at += (size_t)snprintf(rows + at, 16, "%u,", number >> 16);
    }
    return rows;
}

static void members_one_after_another(void **state) {
    (void)state;
    gzip_text text = new_text();
    add_member(&text, "a,b\n1,2\n", 8, 9);
    assert_gives(&text, "a,b\n1,2\n", 8);
    add_member(&text, "", 0, 9);
    add_member(&text, "3,4\n", 4, 0);
    assert_gives(&text, "a,b\n1,2\n3,4\n", 12);
    free(text.bytes);
}

static void many_blocks(void **state) {
    (void)state;
    enum { SIZE = 300000 };
    gzip_text text = new_text();
    char *rows = new_rows(SIZE);
    add_member(&text, rows, SIZE, 6);
    assert_gives(&text, rows, SIZE);
    gunzip_loaded loaded;
    gunzip_load(&loaded, text.bytes, text.size, NO_LIMIT, (array_pieces){7, 7});
    assert_int_equal(loaded.calls, 5);
    gunzip_loaded_clear(&loaded);
    free(rows);
    free(text.bytes);
}

/* zlib may hold output for which it needs no more input, when a block is full at the very end. */
static void a_block_that_is_just_full(void **state) {
    (void)state;
    char *rows = new_rows(131072);
    for (size_t size = 131070; size <= 131072; size++) {
        gzip_text text = new_text();
        add_member(&text, rows, size, 6);
        assert_gives(&text, rows, size);
        free(text.bytes);
    }
    free(rows);
}

static void what_is_no_gzip(void **state) {
    (void)state;
    gzip_text text = new_text();
    assert_fails(&text, NO_LIMIT, BP_SYNTAX, "the body is empty");
    add_bytes(&text, "a,b\n", 4);
    assert_fails(&text, NO_LIMIT, BP_SYNTAX, "byte 0: the body does not begin as gzip does");
    text.size = 0;
    add_bytes(&text, "\x1f\x8c\x08\0\0\0\0\0\0\0", 10);
    assert_fails(&text, NO_LIMIT, BP_SYNTAX, "byte 0: incorrect header check");
    text.bytes[1] = 0x8b;
    text.bytes[2] = 7;
    assert_fails(&text, NO_LIMIT, BP_SYNTAX, "unknown compression method");
    text.bytes[2] = 8;
    text.bytes[3] = 0xe0;
    assert_fails(&text, NO_LIMIT, BP_SYNTAX, "unknown header flags");
    free(text.bytes);
}

static void damage_has_its_place(void **state) {
    (void)state;
    gzip_text text = new_text();
    char *rows = new_rows(5000), says[64];
    size_t size = add_member(&text, rows, 5000, 6);
    text.bytes[size - 8] ^= 1; /* the checksum */
    snprintf(says, sizeof says, "byte %zu: incorrect data check", size - 8);
    assert_fails(&text, NO_LIMIT, BP_SYNTAX, says);
    text.bytes[size - 8] ^= 1;
    text.bytes[size - 1] ^= 1; /* the length */
    snprintf(says, sizeof says, "byte %zu: incorrect length check", size - 4);
    assert_fails(&text, NO_LIMIT, BP_SYNTAX, says);
    text.bytes[size - 1] ^= 1;
    text.bytes[10] |= 6; /* the type of the first block */
    assert_fails(&text, NO_LIMIT, BP_SYNTAX, "byte 11: invalid block type");
    free(rows);
    free(text.bytes);
}

/* Any damaged byte: the same bytes and the same error in all pieces. */
static void damage_anywhere_is_the_same_however_cut(void **state) {
    (void)state;
    gzip_text text = new_text();
    char *rows = new_rows(3000);
    add_member(&text, rows, 3000, 6);
    for (size_t at = 10; at < text.size; at += 7) {
        text.bytes[at] ^= 0x55;
        gunzip_loaded whole;
        gunzip_load(&whole, text.bytes, text.size, NO_LIMIT, WHOLE);
        assert_int_equal(whole.status, BP_SYNTAX);
        for (size_t size = 1; size < 40; size += 3) {
            assert_same_in_pieces(&text, NO_LIMIT, &whole, (array_pieces){size, size});
        }
        gunzip_loaded_clear(&whole);
        text.bytes[at] ^= 0x55;
    }
    free(rows);
    free(text.bytes);
}

static void ends_and_what_follows_them(void **state) {
    (void)state;
    gzip_text text = new_text();
    size_t size = add_member(&text, "1,2\n", 4, 9);
    for (text.size = 1; text.size < size; text.size++) {
        char says[64];
        snprintf(says, sizeof says, "byte %zu: the body ends within a member", text.size);
        assert_fails(&text, NO_LIMIT, BP_SYNTAX, says);
    }
    char says[64];
    snprintf(says, sizeof says, "byte %zu: bytes follow that are no gzip", size);
    add_bytes(&text, "\0", 1);
    assert_fails(&text, NO_LIMIT, BP_SYNTAX, says);
    text.bytes[size] = 0x1f;
    assert_fails(&text, NO_LIMIT, BP_SYNTAX, "the body ends within a member");
    add_bytes(&text, "x", 1);
    assert_fails(&text, NO_LIMIT, BP_SYNTAX, "incorrect header check");
    free(text.bytes);
}

static void output_has_a_limit(void **state) {
    (void)state;
    gzip_text text = new_text();
    char *rows = new_rows(100000);
    add_member(&text, rows, 100000, 6);
    gunzip_loaded loaded;
    gunzip_load(&loaded, text.bytes, text.size, 100000, WHOLE);
    assert_int_equal(loaded.status, BP_OK);
    gunzip_loaded_clear(&loaded);
    assert_fails(&text, 99999, BP_TOO_LARGE, "more than 99999 bytes");
    gunzip_load(&loaded, text.bytes, text.size, 65535, WHOLE);
    assert_int_equal(loaded.status, BP_TOO_LARGE);
    assert_int_equal(loaded.size, 0);
    gunzip_loaded_clear(&loaded);
    free(rows);
    free(text.bytes);
}

static void bombs_are_refused_early(void **state) {
    (void)state;
    enum { ZEROS = 64 << 20 };
    gzip_text text = new_text();
    char *zeros = calloc(ZEROS, 1);
    assert_non_null(zeros);
    add_member(&text, zeros, BP_GUNZIP_FREE_BYTES, 9); /* small: no ratio is too high */
    gunzip_loaded loaded;
    gunzip_load(&loaded, text.bytes, text.size, NO_LIMIT, WHOLE);
    assert_int_equal(loaded.status, BP_OK);
    assert_int_equal(loaded.size, BP_GUNZIP_FREE_BYTES);
    gunzip_loaded_clear(&loaded);
    text.size = 0;
    add_member(&text, zeros, ZEROS, 9);
    gunzip_load(&loaded, text.bytes, text.size, NO_LIMIT, WHOLE);
    assert_int_equal(loaded.status, BP_TOO_LARGE);
    assert_non_null(strstr(loaded.err.message, "more than 1000 times"));
    assert_in_range(loaded.size, BP_GUNZIP_FREE_BYTES, 8 << 20);
    gunzip_loaded_clear(&loaded);
    free(zeros);
    free(text.bytes);
}

static bp_status refuse(void *context, const char *bytes, size_t size, bp_error *err) {
    (void)context, (void)bytes, (void)size;
    return bp_fail(err, BP_CONFLICT, NULL, "not now");
}

static void the_sinks_error_ends_the_reading(void **state) {
    (void)state;
    gzip_text text = new_text();
    char *rows = new_rows(100000);
    add_member(&text, rows, 100000, 6);
    bp_byte_sink sink = {NULL, refuse};
    bp_gunzip *gunzip;
    bp_error err = {0};
    assert_int_equal(bp_gunzip_new(&gunzip, &sink, NO_LIMIT, &err), BP_OK);
    assert_int_equal(bp_gunzip_feed(gunzip, text.bytes, text.size, &err), BP_CONFLICT);
    assert_int_equal(bp_gunzip_feed(gunzip, "x", 1, NULL), BP_CONFLICT);
    assert_int_equal(bp_gunzip_finish(gunzip, &err), BP_CONFLICT);
    assert_string_equal(err.message, "not now");
    bp_gunzip_free(gunzip);
    free(rows);
    free(text.bytes);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(members_one_after_another),
        cmocka_unit_test(many_blocks),
        cmocka_unit_test(a_block_that_is_just_full),
        cmocka_unit_test(what_is_no_gzip),
        cmocka_unit_test(damage_has_its_place),
        cmocka_unit_test(damage_anywhere_is_the_same_however_cut),
        cmocka_unit_test(ends_and_what_follows_them),
        cmocka_unit_test(output_has_a_limit),
        cmocka_unit_test(bombs_are_refused_early),
        cmocka_unit_test(the_sinks_error_ends_the_reading),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
