#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "array_asserts.h"
#include "clock.h"
#include "npy.h"

enum { TEXT_SIZE = 512 };

/* The header as NumPy writes it, for any text of a dictionary. */
static byte_text header_with(int version, const char *dictionary) {
    byte_text body = {0};
    byte_text_add(&body, "\x93NUMPY", 6);
    byte_text_add(&body, (unsigned char[]){(unsigned char)version, 0}, 2);
    size_t width = version == 1 ? 2 : 4, size = strlen(dictionary) + 1;
    for (size_t i = 0; i < width; i++) {
        byte_text_add(&body, (unsigned char[]){(unsigned char)(size >> 8 * i)}, 1);
    }
    byte_text_add_string(&body, dictionary);
    byte_text_add_string(&body, "\n");
    return body;
}

static byte_text header_of(const char *descr, const char *order, const char *shape) {
    char text[TEXT_SIZE];
    snprintf(text, sizeof text, "{'descr': %s, 'fortran_order': %s, 'shape': %s, }      ", descr,
             order, shape);
    return header_with(1, text);
}

/* Appends numbers of `size` bytes, in the other order of bytes where asked. */
static void add_numbers(byte_text *body, const void *numbers, size_t count, size_t size,
                        bool swapped) {
    const unsigned char *from = numbers;
    for (size_t i = 0; i < count * size; i++) {
        size_t within = i % size;
        byte_text_add(body, from + i - within + (swapped ? size - 1 - within : within), 1);
    }
}

static void floats_in_both_orders(void **state) {
    (void)state;
    const float values[] = {1, -2.5f, NAN, 0.1f, 3e38f, 1e-45f};
    const double doubles[] = {1, -2.5, (double)NAN, 0.1, 3e38, 1.4e-45};
    for (int swapped = 0; swapped < 2; swapped++) {
        byte_text body = header_of(swapped ? "'>f4'" : "'<f4'", "False", "(3, 2)");
        add_numbers(&body, values, 6, 4, swapped);
        assert_array_loads(&bp_npy_format, &body, values, 3, 2);
        assert_same_however_cut(&bp_npy_format, &body);
        body = header_of(swapped ? "'>f8'" : "'<f8'", "False", "(2, 3)");
        add_numbers(&body, doubles, 6, 8, swapped);
        assert_array_loads(&bp_npy_format, &body, values, 2, 3);
        assert_same_however_cut(&bp_npy_format, &body);
    }
}

static void halves(void **state) {
    (void)state;
    const uint16_t raw[] = {0x3c00, 0xc000, 0x3555, 0x7bff, 0x0001, 0x7e00, 0x8400, 0x0000};
    const float values[] = {1, -2, 0.333251953125f, 65504, 0x1p-24f, NAN, -0x1p-14f, 0};
    byte_text body = header_of("'<f2'", "False", "(8,)");
    add_numbers(&body, raw, 8, 2, false);
    assert_array_loads(&bp_npy_format, &body, values, 8, 1);
}

/* 2^24 + 1 and its like must be rounded to even, from the integer and not from a double. */
static void integers_of_every_width(void **state) {
    (void)state;
    const int8_t i1[] = {-128, 127};
    const uint8_t u1[] = {0, 255};
    const int16_t i2[] = {-32768, 32767};
    const uint16_t u2[] = {0, 65535};
    const int32_t i4[] = {INT32_MIN, 16777217};
    const uint32_t u4[] = {16777219, UINT32_MAX};
    const int64_t i8[] = {INT64_MIN, (1LL << 54) + (1LL << 30) + 1};
    const uint64_t u8[] = {UINT64_MAX, 3};
    const uint8_t b1[] = {0, 1};
    const struct {
        const char *code;
        const void *numbers;
        size_t size;
        float values[2];
    } cases[] = {{"i1", i1, 1, {-128, 127}},
                 {"u1", u1, 1, {0, 255}},
                 {"i2", i2, 2, {-32768, 32767}},
                 {"u2", u2, 2, {0, 65535}},
                 {"i4", i4, 4, {-2147483648.0f, 16777216}},
                 {"u4", u4, 4, {16777220, 4294967296.0f}},
                 {"i8", i8, 8, {-0x1p63f, 0x1.000002p54f}},
                 {"u8", u8, 8, {0x1p64f, 3}},
                 {"b1", b1, 1, {0, 1}}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        for (int order = 0; order < 4; order++) {
            char descr[16];
            snprintf(descr, sizeof descr, "'%c%s'", "<>=|"[order], cases[i].code);
            byte_text body = header_of(descr, "False", "(2,)");
            add_numbers(&body, cases[i].numbers, 2, cases[i].size, order == 1);
            assert_array_loads(&bp_npy_format, &body, cases[i].values, 2, 1);
        }
    }
}

static void shapes_of_any_rank(void **state) {
    (void)state;
    float values[24];
    for (int i = 0; i < 24; i++) {
        values[i] = (float)i;
    }
    byte_text body = header_of("'<f4'", "False", "(2, 3, 4)");
    add_numbers(&body, values, 24, 4, false);
    assert_array_loads(&bp_npy_format, &body, values, 2, 12);
    array_loaded loaded;
    array_load(&loaded, &bp_npy_format, body.bytes, body.size, (array_pieces){7, 7});
    assert_int_equal(loaded.shape.rank, 3);
    assert_int_equal(loaded.shape.dimension[2], 4);
    assert_int_equal(loaded.names.count, 0);
    array_loaded_clear(&loaded);
}

/* Element (i, j, k) is 100 i + 10 j + k; Fortran's order has i fastest. */
static void fortran_order_is_put_in_order(void **state) {
    (void)state;
    float stored[24], values[24];
    for (size_t at = 0; at < 24; at++) {
        size_t i = at % 2, j = at / 2 % 3, k = at / 6;
        stored[at] = (float)(100 * i + 10 * j + k);
        values[(i * 3 + j) * 4 + k] = stored[at];
    }
    byte_text body = header_of("'<f4'", "True", "(2, 3, 4)");
    add_numbers(&body, stored, 24, 4, false);
    assert_array_loads(&bp_npy_format, &body, values, 2, 12);
    assert_same_however_cut(&bp_npy_format, &body);
    body = header_of("'<f4'", "True", "(24,)");
    add_numbers(&body, stored, 24, 4, false);
    assert_array_loads(&bp_npy_format, &body, stored, 24, 1);
}

static void fortran_order_has_a_limit(void **state) {
    (void)state;
    byte_text body = header_of("'<f4'", "True", "(524288, 2)"); /* the very limit: only too short */
    assert_array_fails(&bp_npy_format, &body, BP_SYNTAX, "524288 rows of 2 columns");
    body = header_of("'<f4'", "True", "(524289, 2)");
    assert_array_fails(&bp_npy_format, &body, BP_TOO_LARGE, "1048578 numbers: at most 1048576");
}

static void other_versions_and_spellings(void **state) {
    (void)state;
    const float values[] = {1, 2};
    const char *const dictionary = "{\"shape\":(2L,),\"fortran_order\":False,'descr':'<f4'}";
    for (int version = 1; version <= 3; version++) {
        byte_text body = header_with(version, dictionary);
        add_numbers(&body, values, 2, 4, false);
        assert_array_loads(&bp_npy_format, &body, values, 2, 1);
        assert_same_however_cut(&bp_npy_format, &body);
    }
}

static const struct bad_header {
    const char *descr, *order, *shape;
    bp_status code;
    const char *says;
} bad_headers[] = {
    {"'|O'", "False", "(2,)", BP_INVALID, "dtype is |O, its values are Python objects"},
    {"'<U5'", "False", "(2,)", BP_INVALID, "dtype is <U5, its values are text"},
    {"'|S5'", "False", "(2,)", BP_INVALID, "text"},
    {"'<c8'", "False", "(2,)", BP_INVALID, "complex numbers"},
    {"'<M8[ns]'", "False", "(2,)", BP_INVALID, "dates"},
    {"'<f16'", "False", "(2,)", BP_INVALID, "not known"},
    {"''", "False", "(2,)", BP_INVALID, "not known"},
    {"[('x', '<f4')]", "False", "(2,)", BP_INVALID, "structured"},
    {"<f4", "False", "(2,)", BP_SYNTAX, "byte 20: a dtype in quotes"},
    {"'<f4'", "No", "(2,)", BP_SYNTAX, "True or False"},
    {"'<f4'", "False", "2", BP_SYNTAX, "a tuple"},
    {"'<f4'", "False", "(2 3)", BP_SYNTAX, "a comma or a closing parenthesis"},
    {"'<f4'", "False", "(-2,)", BP_SYNTAX, "a dimension should stand here"},
    {"'<f4'", "False", "()", BP_INVALID, "a single number"},
    {"'<f4'", "False", "(0, 3)", BP_INVALID, "no rows"},
    {"'<f4'", "False", "(3, 0)", BP_INVALID, "no columns: dimension 2 is 0"},
    {"'<f4'", "False", "(3, 1000000000)", BP_TOO_LARGE, "more than 65536 columns"},
    {"'<f4'", "False", "(3, 4294967296, 4294967296)", BP_TOO_LARGE, "more than 65536 columns"},
    {"'<f4'", "False", "(3, 65537)", BP_TOO_LARGE, "more than 65536 columns"},
    {"'<f4'", "False", "(9223372036854775807, 5)", BP_TOO_LARGE, "more bytes than can be counted"},
    {"'<f4'", "False", "(18446744073709551616,)", BP_TOO_LARGE, "more digits"},
    {"'<f4'", "False", "(1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1)",
     BP_TOO_LARGE, "more dimensions"},
    {"'<f4', 'descr': '<f4'", "False", "(2,)", BP_SYNTAX, "a second time"},
    {"'<f4', 'other': 3", "False", "(2,)", BP_SYNTAX, "not one of NPY's three"},
    {"'<f4'", "False", "(2,)} x {", BP_SYNTAX, "nothing but spaces"},
};

static void bad_headers_are_named(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof bad_headers / sizeof bad_headers[0]; i++) {
        const struct bad_header *bad = &bad_headers[i];
        byte_text body = header_of(bad->descr, bad->order, bad->shape);
        assert_array_fails(&bp_npy_format, &body, bad->code, bad->says);
    }
    static const struct {
        const char *dictionary, *says;
    } texts[] = {{"", "a dictionary should begin here"},
                 {"{'descr': '<f4', 'shape': (2,)}", "lacks one of descr"},
                 {"{'descr': '<f4' 'shape': (2,)}", "a comma or a closing brace"},
                 {"{'descr': '<f4", "a dtype in quotes"},
                 {"{'shape': (2,), 'descr", "a key in quotes"},
                 {"{'shape' (2,)}", "a colon"}};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        byte_text body = header_with(1, texts[i].dictionary);
        assert_array_fails(&bp_npy_format, &body, BP_SYNTAX, texts[i].says);
    }
}

static void bad_beginnings_are_named(void **state) {
    (void)state;
    byte_text body = {0};
    assert_array_fails(&bp_npy_format, &body, BP_INVALID, "empty");
    byte_text_add_string(&body, "a,b\n1,2\n");
    assert_array_fails(&bp_npy_format, &body, BP_SYNTAX, "byte 0 is 0x61 instead of 0x93");
    body = header_with(4, "{}");
    assert_array_fails(&bp_npy_format, &body, BP_SYNTAX, "version 4.0");
    body = (byte_text){0};
    byte_text_add(&body, "\x93NUMPY\x02\x00\x00\x00\x01\x00", 12);
    assert_array_fails(&bp_npy_format, &body, BP_TOO_LARGE, "65536 bytes, at most 65535");
    body.bytes[10] = 0;
    body.bytes[8] = 100;
    assert_array_fails(&bp_npy_format, &body, BP_SYNTAX, "ends at byte 12, within its NPY header");
}

static void lengths_must_agree(void **state) {
    (void)state;
    const float values[] = {1, 2, 3, 4, 5};
    byte_text body = header_of("'<f4'", "False", "(2, 2)");
    size_t header = body.size;
    add_numbers(&body, values, 4, 4, false);
    body.size--;
    char says[TEXT_SIZE];
    snprintf(says, sizeof says, "ends at byte %zu; its NPY header says %zu bytes: 2 rows of 2",
             header + 15, header + 16);
    assert_array_fails(&bp_npy_format, &body, BP_SYNTAX, says);
    body.size += 2;
    snprintf(says, sizeof says, "goes on after byte %zu", header + 16);
    assert_array_fails(&bp_npy_format, &body, BP_SYNTAX, says);
}

static void what_float32_cannot_hold_is_named(void **state) {
    (void)state;
    const double doubles[] = {1, 2, 3, 4, 5, -1e300};
    byte_text body = header_of("'<f8'", "False", "(2, 3)");
    char says[TEXT_SIZE];
    snprintf(says, sizeof says, "row 2, column 3 (byte %zu): -1e+300 is beyond the range",
             body.size + 40);
    add_numbers(&body, doubles, 6, 8, false);
    assert_array_fails(&bp_npy_format, &body, BP_INVALID, says);
    array_loaded loaded;
    array_load(&loaded, &bp_npy_format, body.bytes, body.size, (array_pieces){9, 9});
    assert_int_equal(loaded.err.line, 2);
    assert_int_equal(loaded.err.column, 3);
    array_loaded_clear(&loaded);
    const float floats[] = {1, 2, 3, -INFINITY};
    body = header_of("'<f4'", "True", "(2, 2)");
    add_numbers(&body, floats, 4, 4, false);
    assert_array_fails(&bp_npy_format, &body, BP_INVALID, "row 2, column 2");
    assert_array_fails(&bp_npy_format, &body, BP_INVALID, "-inf is not a finite number");
}

static bp_status refuse(void *context, const bp_array_shape *shape, bp_error *err) {
    (void)context, (void)shape;
    return bp_fail(err, BP_CONFLICT, NULL, "not now");
}

static void the_sinks_error_ends_the_reading(void **state) {
    (void)state;
    byte_text body = header_of("'<f4'", "False", "(2,)");
    bp_array_sink sink = {.header = refuse};
    bp_array_reader *reader;
    bp_error err = {0};
    assert_int_equal(bp_array_reader_new(&reader, &bp_npy_format, &sink, 1, &err), BP_OK);
    assert_int_equal(bp_array_reader_feed(reader, body.bytes, body.size, &err), BP_CONFLICT);
    assert_int_equal(bp_array_reader_feed(reader, "x", 1, NULL), BP_CONFLICT);
    assert_int_equal(bp_array_reader_finish(reader, &err), BP_CONFLICT);
    assert_string_equal(err.message, "not now");
    bp_array_reader_free(reader);
}

/* --- many blocks, and speed ----------------------------------------------------------------- */

enum { PIECE = 65536, SPEED_ROWS = 400000, SPEED_COLUMNS = 100 };

typedef struct total {
    size_t rows;
    bool is_wrong; /* a value is not the one that its place should have */
    size_t columns;
} total;

static bp_status begin_total(void *context, const bp_array_shape *shape, bp_error *err) {
    (void)err;
    ((total *)context)->columns = shape->columns;
    return BP_OK;
}

/* Looks at one value of each row, so that the sink takes little of the time. */
static bp_status check_rows(void *context, const float *values, size_t rows, bp_error *err) {
    (void)err;
    total *seen = context;
    for (size_t row = 0; row < rows; row++) {
        size_t at = (seen->rows + row) % seen->columns;
        float wanted = (float)(((seen->rows + row) * seen->columns + at) % (PIECE / 4));
        seen->is_wrong = seen->is_wrong || values[row * seen->columns + at] != wanted;
    }
    seen->rows += rows;
    return BP_OK;
}

static void many_blocks_and_how_fast(void **state) {
    (void)state;
    byte_text header = header_of("'<f4'", "False", "(400000, 100)");
    total seen = {0};
    bp_array_sink sink = {&seen, begin_total, check_rows};
    bp_array_reader *reader;
    float *piece = malloc(PIECE);
    assert_non_null(piece);
    for (size_t i = 0; i < PIECE / sizeof *piece; i++) {
        piece[i] = (float)i;
    }
    assert_int_equal(bp_array_reader_new(&reader, &bp_npy_format, &sink, 1, NULL), BP_OK);
    assert_int_equal(bp_array_reader_feed(reader, header.bytes, header.size, NULL), BP_OK);
    size_t left = (size_t)SPEED_ROWS * SPEED_COLUMNS * sizeof *piece, bytes = left;
    double begin = bp_clock_seconds();
    while (left > 0) {
        size_t size = left < PIECE ? left : PIECE;
        assert_int_equal(bp_array_reader_feed(reader, piece, size, NULL), BP_OK);
        left -= size;
    }
    double seconds = bp_clock_seconds() - begin;
    assert_int_equal(bp_array_reader_finish(reader, NULL), BP_OK);
    assert_int_equal(seen.rows, SPEED_ROWS);
    assert_false(seen.is_wrong);
    print_message("# NPY '<f4' in pieces of 64 KiB: %.2f GB/s\n", (double)bytes / seconds / 1e9);
    bp_array_reader_free(reader);
    free(piece);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(floats_in_both_orders),
        cmocka_unit_test(halves),
        cmocka_unit_test(integers_of_every_width),
        cmocka_unit_test(shapes_of_any_rank),
        cmocka_unit_test(fortran_order_is_put_in_order),
        cmocka_unit_test(fortran_order_has_a_limit),
        cmocka_unit_test(other_versions_and_spellings),
        cmocka_unit_test(bad_headers_are_named),
        cmocka_unit_test(bad_beginnings_are_named),
        cmocka_unit_test(lengths_must_agree),
        cmocka_unit_test(what_float32_cannot_hold_is_named),
        cmocka_unit_test(the_sinks_error_ends_the_reading),
        cmocka_unit_test(many_blocks_and_how_fast),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
