/* State as bytes: what was put comes back, in the order of bytes that is written down, and bytes
 * that are short or not allowed change nothing. */
#include "byte_cursor.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

typedef struct thing {
    uint64_t whole;
    size_t size;
    bool flag;
    double real;
    float floats[3];
} thing;

enum { WHOLE_MOST = 1000, THING_BYTES = 3 + 8 + 8 + 8 + 8 + 12, FLAG_AT = 3 + 16 };

static const thing made = {
    .whole = 258, .size = 7, .flag = true, .real = -1.5, .floats = {1, 2, 3}};

static void exchange(thing *t, bp_byte_cursor *cursor) {
    bp_byte_cursor_expect(cursor, "one", 3);
    bp_byte_cursor_whole(cursor, &t->whole, WHOLE_MOST);
    bp_byte_cursor_size(cursor, &t->size, 7);
    bp_byte_cursor_flag(cursor, &t->flag);
    bp_byte_cursor_double(cursor, &t->real);
    bp_byte_cursor_floats(cursor, t->floats, 3);
}

static void put(unsigned char bytes[THING_BYTES]) {
    thing t = made;
    bp_byte_cursor cursor = bp_byte_cursor_putting(bytes, THING_BYTES);
    exchange(&t, &cursor);
    assert_false(cursor.failed);
    assert_int_equal(cursor.at, THING_BYTES);
}

static void what_was_put_is_got(void **state) {
    (void)state;
    unsigned char bytes[THING_BYTES];
    put(bytes);
    thing t = {0};
    bp_byte_cursor cursor = bp_byte_cursor_getting(bytes, sizeof bytes);
    exchange(&t, &cursor);
    assert_false(cursor.failed);
    assert_int_equal(cursor.at, THING_BYTES);
    assert_int_equal(t.whole, made.whole);
    assert_int_equal(t.size, made.size);
    assert_true(t.flag);
    assert_true(t.real == made.real);
    assert_memory_equal(t.floats, made.floats, sizeof t.floats);
}

static void counting_needs_no_bytes(void **state) {
    (void)state;
    thing t = made;
    bp_byte_cursor cursor = bp_byte_cursor_counting();
    exchange(&t, &cursor);
    assert_false(cursor.failed);
    assert_int_equal(cursor.at, THING_BYTES);
}

static void bytes_are_little_endian(void **state) {
    (void)state;
    static const unsigned char expected[THING_BYTES] = {
        'o', 'n',  'e',  2, 1, 0,    0,    0, 0, 0, 0,    7, 0, 0,    0,   0,
        0,   0,    0,    1, 0, 0,    0,    0, 0, 0, 0,    0, 0, 0,    0,   0,
        0,   0xf8, 0xbf, 0, 0, 0x80, 0x3f, 0, 0, 0, 0x40, 0, 0, 0x40, 0x40};
    unsigned char bytes[THING_BYTES];
    put(bytes);
    assert_memory_equal(bytes, expected, sizeof bytes);
}

/* In memory of just that size, for the sanitizer to watch. */
static void too_few_bytes_fail(void **state) {
    (void)state;
    unsigned char whole[THING_BYTES];
    put(whole);
    for (size_t size = 0; size < THING_BYTES; size++) {
        unsigned char *bytes = malloc(size + (size == 0));
        assert_non_null(bytes);
        memcpy(bytes, whole, size);
        thing t = {.floats = {9, 9, 9}};
        bp_byte_cursor cursor = bp_byte_cursor_getting(bytes, size);
        exchange(&t, &cursor);
        assert_true(cursor.failed);
        assert_true(t.floats[0] == 9);
        t = made;
        cursor = bp_byte_cursor_putting(bytes, size);
        exchange(&t, &cursor);
        assert_true(cursor.failed);
        assert_true(cursor.at <= size);
        free(bytes);
    }
}

static void check_refused(size_t at, unsigned char byte) {
    unsigned char bytes[THING_BYTES];
    put(bytes);
    bytes[at] = byte;
    thing t = {.size = 3, .real = 9};
    bp_byte_cursor cursor = bp_byte_cursor_getting(bytes, sizeof bytes);
    exchange(&t, &cursor);
    assert_true(cursor.failed);
    assert_false(t.flag);
    assert_true(t.real == 9); /* nothing after it was read */
}

static void what_is_not_allowed_fails(void **state) {
    (void)state;
    check_refused(1, 'x');
    check_refused(3 + 1, 4); /* whole: 1026 */
    check_refused(3 + 7, 1);
    check_refused(3 + 8, 8); /* size: 8 */
    check_refused(FLAG_AT, 2);
    check_refused(FLAG_AT + 7, 1);
}

/* Lengths that would wrap around. */
static void a_count_beyond_all_memory_fails(void **state) {
    (void)state;
    unsigned char bytes[8] = {0};
    float values[1] = {9};
    bp_byte_cursor cursor = bp_byte_cursor_getting(bytes, sizeof bytes);
    bp_byte_cursor_floats(&cursor, values, SIZE_MAX / 4 + 2);
    assert_true(cursor.failed);
    assert_true(values[0] == 9);
}

static void a_nan_keeps_its_bits(void **state) {
    (void)state;
    const uint64_t bits = 0xfff4000000000123;
    unsigned char bytes[8];
    double value, got = 0;
    memcpy(&value, &bits, sizeof value);
    bp_byte_cursor cursor = bp_byte_cursor_putting(bytes, sizeof bytes);
    bp_byte_cursor_double(&cursor, &value);
    cursor = bp_byte_cursor_getting(bytes, sizeof bytes);
    bp_byte_cursor_double(&cursor, &got);
    assert_memory_equal(&got, &bits, sizeof got);
}

static void a_failed_cursor_does_nothing(void **state) {
    (void)state;
    unsigned char bytes[16] = {1};
    uint64_t value = 5;
    bp_byte_cursor cursor = bp_byte_cursor_getting(bytes, sizeof bytes);
    bp_byte_cursor_fail(&cursor);
    bp_byte_cursor_whole(&cursor, &value, UINT64_MAX);
    assert_int_equal(value, 5);
    assert_int_equal(cursor.at, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_put_is_got),
        cmocka_unit_test(counting_needs_no_bytes),
        cmocka_unit_test(bytes_are_little_endian),
        cmocka_unit_test(too_few_bytes_fail),
        cmocka_unit_test(what_is_not_allowed_fails),
        cmocka_unit_test(a_count_beyond_all_memory_fails),
        cmocka_unit_test(a_nan_keeps_its_bits),
        cmocka_unit_test(a_failed_cursor_does_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
