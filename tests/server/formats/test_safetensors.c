#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "array_asserts.h"
#include "safetensors_reader.h"

static byte_text header_with(uint64_t length, const char *json) {
    byte_text body = {0};
    for (int i = 0; i < 8; i++) {
        byte_text_add(&body, (unsigned char[]){(unsigned char)(length >> 8 * i)}, 1);
    }
    byte_text_add_string(&body, json);
    return body;
}

static byte_text header_of(const char *json) {
    return header_with(strlen(json), json);
}

static void assert_names(const byte_text *body, const char *const *names, size_t count) {
    array_loaded loaded;
    array_load(&loaded, &bp_safetensors_format, body->bytes, body->size, (array_pieces){3, 3});
    assert_int_equal(loaded.status, BP_OK);
    assert_int_equal(loaded.names.count, count);
    for (size_t i = 0; i < count; i++) {
        assert_string_equal(loaded.names.item[i], names[i]);
    }
    array_loaded_clear(&loaded);
}

static void one_matrix(void **state) {
    (void)state;
    const float values[] = {1, 2, 3, 4, NAN, 6};
    byte_text body = header_of("{\"__metadata__\":{\"by\":\"hand\"},"
                               "\"x\":{\"dtype\":\"F32\",\"shape\":[2,3],"
                               "\"data_offsets\":[0,24]}}   ");
    byte_text_add(&body, values, sizeof values);
    assert_array_loads(&bp_safetensors_format, &body, values, 2, 3);
    assert_same_however_cut(&bp_safetensors_format, &body);
    assert_names(&body, (const char *const[]){"x.0", "x.1", "x.2"}, 3);
}

/* In the file the labels lie first; in the header, and so in the table, last. */
static void a_matrix_and_its_labels(void **state) {
    (void)state;
    const float x[] = {0.5f, 1.5f, 2.5f, 3.5f};
    const int64_t y[] = {7, -8};
    const float values[] = {0.5f, 1.5f, 1, 7, 2.5f, 3.5f, 0, -8};
    byte_text body =
        header_of("{\"x\":{\"dtype\":\"F32\",\"shape\":[2,2],\"data_offsets\":[16,32]},"
                  "\"w\":{\"dtype\":\"BOOL\",\"shape\":[2,1],\"data_offsets\":[32,34]},"
                  "\"y\":{\"dtype\":\"I64\",\"shape\":[2],\"data_offsets\":[0,16]}}");
    byte_text_add(&body, y, sizeof y);
    byte_text_add(&body, x, sizeof x);
    byte_text_add(&body, "\1\0", 2);
    assert_array_loads(&bp_safetensors_format, &body, values, 2, 4);
    assert_same_however_cut(&bp_safetensors_format, &body);
    assert_names(&body, (const char *const[]){"x.0", "x.1", "w", "y"}, 4);
}

static void every_dtype(void **state) {
    (void)state;
    static const struct {
        const char *dtype;
        size_t size;
        unsigned char bytes[8];
        float value;
    } cases[] = {{"F64", 8, {0, 0, 0, 0, 0, 0, 0xf8, 0x3f}, 1.5f},
                 {"F32", 4, {0, 0, 0xc0, 0x3f}, 1.5f},
                 {"F16", 2, {0, 0x3e}, 1.5f},
                 {"BF16", 2, {0xc0, 0x3f}, 1.5f},
                 {"I64", 8, {0xfe, 255, 255, 255, 255, 255, 255, 255}, -2},
                 {"I32", 4, {0xfe, 255, 255, 255}, -2},
                 {"I16", 2, {0xfe, 255}, -2},
                 {"I8", 1, {0xfe}, -2},
                 {"U64", 8, {1, 1}, 257},
                 {"U32", 4, {1, 1}, 257},
                 {"U16", 2, {1, 1}, 257},
                 {"U8", 1, {254}, 254},
                 {"BOOL", 1, {1}, 1}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char json[128];
        snprintf(json, sizeof json,
                 "{\"a\":{\"dtype\":\"%s\",\"shape\":[1],\"data_offsets\":[0,%zu]}}",
                 cases[i].dtype, cases[i].size);
        byte_text body = header_of(json);
        byte_text_add(&body, cases[i].bytes, cases[i].size);
        assert_array_loads(&bp_safetensors_format, &body, &cases[i].value, 1, 1);
        assert_names(&body, (const char *const[]){"a"}, 1);
    }
}

#define ONE(dtype, shape, offsets)                                                                 \
    "{\"a\":{\"dtype\":\"" dtype "\",\"shape\":" shape ",\"data_offsets\":" offsets "}}"
#define TWO(shape, begin, end)                                                                     \
    "{\"a\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[0,2]},"                              \
    "\"b\":{\"dtype\":\"U8\",\"shape\":" shape ",\"data_offsets\":[" begin "," end "]}}"

static const struct bad_header {
    const char *json;
    bp_status code;
    const char *says;
} bad_headers[] = {
    {"", BP_SYNTAX, "header, byte 8"},
    {"{\"a\":", BP_SYNTAX, "safetensors header, byte 13"},
    {"{\"a\":1,\"a\":2}", BP_SYNTAX, "duplicate"},
    {"[]", BP_SYNTAX, "no JSON object"},
    {"{}", BP_INVALID, "no tensors"},
    {"{\"__metadata__\":{}}", BP_INVALID, "no tensors"},
    {"{\"a\":3}", BP_SYNTAX, "tensor 'a': its entry"},
    {"{\"a\":{}}", BP_SYNTAX, "tensor 'a': its dtype is missing"},
    {ONE("F8_E4M3", "[2]", "[0,2]"), BP_INVALID, "dtype F8_E4M3 cannot be read"},
    {ONE("U8", "3", "[0,2]"), BP_SYNTAX, "its shape is missing"},
    {ONE("U8", "[-3]", "[0,2]"), BP_SYNTAX, "no array of counts"},
    {ONE("U8", "[1.5]", "[0,2]"), BP_SYNTAX, "no array of counts"},
    {ONE("U8", "[]", "[0,1]"), BP_INVALID, "tensor 'a': the array is a single number"},
    {ONE("U8", "[1,1,1]", "[0,1]"), BP_INVALID, "more than two dimensions"},
    {ONE("U8", "[0]", "[0,0]"), BP_INVALID, "no rows"},
    {ONE("U8", "[2,0]", "[0,0]"), BP_INVALID, "no columns"},
    {ONE("U8", "[2,1000000000]", "[0,2000000000]"), BP_TOO_LARGE, "more than 65536 columns"},
    {ONE("U8", "[2]", "[0]"), BP_SYNTAX, "data_offsets are missing"},
    {ONE("U8", "[2]", "[2,0]"), BP_SYNTAX, "ascending"},
    {ONE("U8", "[2]", "[0,3]"), BP_SYNTAX, "do not span"},
    {ONE("F32", "[2]", "[0,2]"), BP_SYNTAX, "do not span"},
    {ONE("F64", "[9223372036854775807,3]", "[0,8]"), BP_SYNTAX, "do not span"},
    {ONE("U8", "[99999999999999999999]", "[0,8]"), BP_SYNTAX, "too big integer"},
    {ONE("U8", "[2]", "[1,3]"), BP_SYNTAX, "tensor 'a': there is a gap"},
    {TWO("[2]", "1", "3"), BP_SYNTAX, "tensor 'b': its bytes overlap"},
    {TWO("[2]", "0", "2"), BP_SYNTAX, "overlap"},
    {TWO("[2]", "3", "5"), BP_SYNTAX, "tensor 'b': there is a gap"},
    {TWO("[3]", "2", "5"), BP_INVALID, "tensor 'b': its first dimension"},
    {TWO("[2,65536]", "2", "131074"), BP_TOO_LARGE, "tensor 'b': with its columns"},
    {ONE("U8", "[2]", "[0,2]"), BP_SYNTAX, "says 63 bytes: 2 rows of 1"},
};

static void bad_headers_are_named(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof bad_headers / sizeof bad_headers[0]; i++) {
        const struct bad_header *bad = &bad_headers[i];
        byte_text body = header_of(bad->json);
        assert_array_fails(&bp_safetensors_format, &body, bad->code, bad->says);
    }
}

static void lengths_are_checked_first(void **state) {
    (void)state;
    byte_text body = {0};
    assert_array_fails(&bp_safetensors_format, &body, BP_INVALID, "empty");
    body = header_with((1 << 20) + 1, "{");
    assert_array_fails(&bp_safetensors_format, &body, BP_TOO_LARGE, "at most 1048576");
    body = header_with(UINT64_MAX, "{");
    assert_array_fails(&bp_safetensors_format, &body, BP_TOO_LARGE, "at most 1048576");
    body = header_with(1 << 20, "{");
    assert_array_fails(&bp_safetensors_format, &body, BP_SYNTAX,
                       "ends at byte 9, within its safetensors header of at least 1048584 bytes");
    body.size = 5;
    assert_array_fails(&bp_safetensors_format, &body, BP_SYNTAX, "ends at byte 5");
    body = header_of(ONE("U8", "[2]", "[0,2]"));
    byte_text_add_string(&body, "abc");
    assert_array_fails(&bp_safetensors_format, &body, BP_SYNTAX, "goes on after byte");
}

static void long_names_are_refused(void **state) {
    (void)state;
    char name[258], json[512];
    memset(name, 'n', sizeof name);
    for (size_t size = 256; size < 258; size++) {
        name[size] = '\0';
        snprintf(json, sizeof json,
                 "{\"%s\":{\"dtype\":\"U8\",\"shape\":[1,2],\"data_offsets\":[0,2]}}", name);
        name[size] = 'n';
        byte_text body = header_of(json);
        byte_text_add_string(&body, "ab");
        if (size == 256) {
            assert_array_loads(&bp_safetensors_format, &body, (const float[]){'a', 'b'}, 1, 2);
        } else {
            assert_array_fails(&bp_safetensors_format, &body, BP_TOO_LARGE, "more than 256 bytes");
        }
    }
}

static void gathering_has_a_limit_and_streaming_none(void **state) {
    (void)state;
    byte_text body = header_of(
        "{\"a\":{\"dtype\":\"U8\",\"shape\":[1048576],\"data_offsets\":[0,1048576]},"
        "\"b\":{\"dtype\":\"U8\",\"shape\":[1048576],\"data_offsets\":[1048576,2097152]}}");
    assert_array_fails(&bp_safetensors_format, &body, BP_TOO_LARGE, "at most 1048576");
    body = header_of(ONE("U8", "[2097152]", "[0,2097152]"));
    assert_array_fails(&bp_safetensors_format, &body, BP_SYNTAX, "2097152 rows of 1 columns");
}

static void bad_numbers_have_their_place_in_the_table(void **state) {
    (void)state;
    const double numbers[] = {1, 2, 3, 1e39};
    byte_text body = header_of("{\"a\":{\"dtype\":\"F64\",\"shape\":[2],\"data_offsets\":[16,32]},"
                               "\"b\":{\"dtype\":\"F64\",\"shape\":[2],\"data_offsets\":[0,16]}}");
    byte_text_add(&body, numbers, sizeof numbers);
    assert_array_fails(&bp_safetensors_format, &body, BP_INVALID, "row 2, column 1 (byte");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_matrix),
        cmocka_unit_test(a_matrix_and_its_labels),
        cmocka_unit_test(every_dtype),
        cmocka_unit_test(bad_headers_are_named),
        cmocka_unit_test(lengths_are_checked_first),
        cmocka_unit_test(long_names_are_refused),
        cmocka_unit_test(gathering_has_a_limit_and_streaming_none),
        cmocka_unit_test(bad_numbers_have_their_place_in_the_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
