#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "array_asserts.h"
#include "idx.h"

#define BODY(text)                                                                                 \
    { sizeof(text) - 1, text }

typedef struct idx_case {
    byte_text body;
    size_t rows, columns;
    float values[4];
} idx_case;

static void all_six_types(void **state) {
    (void)state;
    const idx_case cases[] = {
        {BODY("\0\0\x08\1\0\0\0\3\0\x80\xff"), 3, 1, {0, 128, 255}},
        {BODY("\0\0\x09\1\0\0\0\3\0\x80\xff"), 3, 1, {0, -128, -1}},
        {BODY("\0\0\x0b\1\0\0\0\2\x01\x02\xff\xfe"), 2, 1, {258, -2}},
        {BODY("\0\0\x0c\1\0\0\0\2\0\1\0\0\xff\xff\xff\xfe"), 2, 1, {65536, -2}},
        {BODY("\0\0\x0d\1\0\0\0\2\x3f\x80\0\0\x7f\xc0\0\0"), 2, 1, {1, NAN}},
        {BODY("\0\0\x0e\1\0\0\0\1\x3f\xf8\0\0\0\0\0\0"), 1, 1, {1.5f}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_array_loads(&bp_idx_format, &cases[i].body, cases[i].values, cases[i].rows,
                           cases[i].columns);
        assert_same_however_cut(&bp_idx_format, &cases[i].body);
    }
}

static void up_to_four_dimensions(void **state) {
    (void)state;
    const idx_case cases[] = {
        {BODY("\0\0\x08\2\0\0\0\2\0\0\0\2\1\2\3\4"), 2, 2, {1, 2, 3, 4}},
        {BODY("\0\0\x08\3\0\0\0\1\0\0\0\2\0\0\0\2\1\2\3\4"), 1, 4, {1, 2, 3, 4}},
        {BODY("\0\0\x08\4\0\0\0\2\0\0\0\1\0\0\0\2\0\0\0\1\1\2\3\4"), 2, 2, {1, 2, 3, 4}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        array_loaded loaded;
        assert_array_loads(&bp_idx_format, &cases[i].body, cases[i].values, cases[i].rows,
                           cases[i].columns);
        assert_same_however_cut(&bp_idx_format, &cases[i].body);
        array_load(&loaded, &bp_idx_format, cases[i].body.bytes, cases[i].body.size,
                   (array_pieces){1, 1});
        assert_int_equal(loaded.shape.rank, i + 2);
        assert_int_equal(loaded.shape.dimension[1], cases[i].body.bytes[11]);
        array_loaded_clear(&loaded);
    }
}

static const struct bad_body {
    byte_text body;
    bp_status code;
    const char *says;
} bad_bodies[] = {
    {BODY(""), BP_INVALID, "empty"},
    {BODY("\x1f\x8b\x08\1\0\0\0\1\0"), BP_SYNTAX, "first two bytes are 0x1f 0x8b"},
    {BODY("\0\0\x0a\1\0\0\0\1\0"), BP_SYNTAX, "0x0a, which is no type"},
    {BODY("\0\0\x08\0\7"), BP_INVALID, "a single number"},
    {BODY("\0\0\x08\5\0\0\0\1"), BP_TOO_LARGE, "5 dimensions, at most 4"},
    {BODY("\0\0\x08\1\0\0\0"), BP_SYNTAX, "ends at byte 7, within its IDX header"},
    {BODY("\0\0\x08\1\0\0\0\0"), BP_INVALID, "no rows"},
    {BODY("\0\0\x08\2\0\0\0\1\0\0\0\0"), BP_INVALID, "no columns"},
    {BODY("\0\0\x08\2\0\0\0\1\x3b\x9a\xca\0"), BP_TOO_LARGE, "more than 65536 columns"},
    {BODY("\0\0\x08\4\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"),
     BP_TOO_LARGE, "more than 65536 columns"},
    {BODY("\0\0\x08\1\0\0\0\3\1\2"), BP_SYNTAX, "ends at byte 10; its IDX header says 11 bytes"},
    {BODY("\0\0\x08\1\0\0\0\1\1\2"), BP_SYNTAX, "goes on after byte 9"},
    {BODY("\0\0\x0d\1\0\0\0\2\0\0\0\0\x7f\x80\0\0"), BP_INVALID, "row 2, column 1 (byte 12): inf"},
};

static void errors_say_what_and_where(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof bad_bodies / sizeof bad_bodies[0]; i++) {
        assert_array_fails(&bp_idx_format, &bad_bodies[i].body, bad_bodies[i].code,
                           bad_bodies[i].says);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_six_types),
        cmocka_unit_test(up_to_four_dimensions),
        cmocka_unit_test(errors_say_what_and_where),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
