#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "array_asserts.h"

static const array_pieces WHOLE = {SIZE_MAX, SIZE_MAX};

void byte_text_add(byte_text *text, const void *bytes, size_t size) {
    assert_true(size <= sizeof text->bytes - text->size);
    memcpy(text->bytes + text->size, bytes, size);
    text->size += size;
}

void byte_text_add_string(byte_text *text, const char *string) {
    byte_text_add(text, string, strlen(string));
}

void assert_array_loads(const bp_array_format *format, const byte_text *body, const float *values,
                        size_t rows, size_t columns) {
    array_loaded loaded;
    array_load(&loaded, format, body->bytes, body->size, WHOLE);
    if (loaded.status != BP_OK) {
        fail_msg("%s: %s", bp_status_name(loaded.status), loaded.err.message);
    }
    assert_int_equal(loaded.headers, 1);
    assert_int_equal(loaded.shape.columns, columns);
    assert_int_equal(loaded.shape.rows, rows);
    assert_int_equal(loaded.rows, rows);
    for (size_t i = 0; i < rows * columns; i++) {
        if (!(loaded.values[i] == values[i] || (isnan(values[i]) && isnan(loaded.values[i])))) {
            fail_msg("value %zu is %.9g, not %.9g", i, (double)loaded.values[i], (double)values[i]);
        }
    }
    array_loaded_clear(&loaded);
}

static void assert_same_in_pieces(const bp_array_format *format, const byte_text *body,
                                  const array_loaded *whole, array_pieces pieces) {
    array_loaded loaded;
    array_load(&loaded, format, body->bytes, body->size, pieces);
    if (!array_loaded_equal(&loaded, whole)) {
        fail_msg("pieces of %zu, then %zu: '%s' instead of '%s', %zu rows instead of %zu",
                 pieces.first, pieces.then, loaded.err.message, whole->err.message, loaded.rows,
                 whole->rows);
    }
    array_loaded_clear(&loaded);
}

void assert_same_however_cut(const bp_array_format *format, const byte_text *body) {
    array_loaded whole;
    array_load(&whole, format, body->bytes, body->size, WHOLE);
    for (size_t cut = 0; cut <= body->size; cut++) {
        assert_same_in_pieces(format, body, &whole, (array_pieces){cut, SIZE_MAX});
    }
    for (size_t size = 1; size < 20; size++) {
        assert_same_in_pieces(format, body, &whole, (array_pieces){size, size});
    }
    array_loaded_clear(&whole);
}

void assert_array_fails(const bp_array_format *format, const byte_text *body, bp_status code,
                        const char *says) {
    array_loaded loaded;
    array_load(&loaded, format, body->bytes, body->size, WHOLE);
    if (loaded.status != code || loaded.err.code != code ||
        strstr(loaded.err.message, says) == NULL) {
        fail_msg("%s '%s' instead of %s '%s'", bp_status_name(loaded.status), loaded.err.message,
                 bp_status_name(code), says);
    }
    array_loaded_clear(&loaded);
    assert_same_however_cut(format, body);
}
