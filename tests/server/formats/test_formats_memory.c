/* The Nth allocation fails, for every N: the answer is NO_MEMORY, and nothing stays behind. What
 * jansson and zlib allocate does not fail. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>
#include <zlib.h>

#include "array_load.h"
#include "cell_text.h"
#include "failing_memory.h"
#include "gunzip_load.h"
#include "ndjson_load.h"
#include "safetensors_reader.h"

static const array_pieces PIECES = {5000, 7};

static void assert_no_memory(bp_status status, const bp_error *err) {
    assert_int_equal(failing_memory_live_blocks(), 0);
    assert_int_equal(status, BP_NO_MEMORY);
    assert_int_equal(err->code, BP_NO_MEMORY);
    assert_true(err->message[0] != '\0');
}

static long assert_ndjson_survives(bp_cell body) {
    const bp_dataset_options options = {.skip_rejects = true};
    for (long n = 0;; n++) {
        bp_dataset *data = NULL;
        bp_error err = {0};
        failing_memory_begin(n);
        bp_status status = ndjson_load(&data, body, &options, PIECES, &err);
        failing_memory_end();
        bp_dataset_unref(data);
        if (status == BP_OK) {
            assert_int_equal(failing_memory_live_blocks(), 0);
            return n;
        }
        assert_no_memory(status, &err);
    }
}

static void ndjson(void **state) {
    (void)state;
    static char body[6000];
    memset(body, ' ', sizeof body); /* the second line is longer than its first buffer */
    static const char objects[] = "{\"a\": 1, \"y\": \"u\"}\n{\"a\": 2, \"y\": 3}\n";
    memcpy(body, objects, sizeof objects - 2);
    assert_true(assert_ndjson_survives((bp_cell){body, sizeof body}) > 20);
    assert_true(assert_ndjson_survives(bp_cell_of("[1, 2]\n[3]\n[4, 5]\n")) > 20);
    assert_true(assert_ndjson_survives(bp_cell_of("[\"a\", \"b\"]\n[4, 5]")) > 20);
}

static void safetensors(void **state) {
    (void)state;
    static const char json[] = "{\"a\":{\"dtype\":\"U8\",\"shape\":[2,9],\"data_offsets\":[0,18]},"
                               "\"b\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[18,20]}}";
    char body[8 + sizeof json - 1 + 20] = {sizeof json - 1};
    memcpy(body + 8, json, sizeof json - 1);
    for (long n = 0;; n++) {
        array_loaded loaded;
        failing_memory_begin(n);
        array_load(&loaded, &bp_safetensors_format, body, sizeof body, PIECES);
        failing_memory_end();
        bp_status status = loaded.status;
        bp_error err = loaded.err;
        array_loaded_clear(&loaded);
        if (status == BP_OK) {
            assert_int_equal(failing_memory_live_blocks(), 0);
            assert_true(n > 20);
            return;
        }
        assert_no_memory(status, &err);
    }
}

static void gunzip(void **state) {
    (void)state;
    unsigned char body[64];
    z_stream stream = {.next_in = (z_const Bytef *)"1,2\n", .avail_in = 4, .next_out = body};
    stream.avail_out = sizeof body;
    assert_int_equal(deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
    assert_int_equal(deflate(&stream, Z_FINISH), Z_STREAM_END);
    size_t size = stream.total_out;
    assert_int_equal(deflateEnd(&stream), Z_OK);
    for (long n = 0;; n++) {
        gunzip_loaded loaded;
        failing_memory_begin(n);
        gunzip_load(&loaded, body, size, 100, PIECES);
        failing_memory_end();
        bp_status status = loaded.status;
        bp_error err = loaded.err;
        gunzip_loaded_clear(&loaded);
        if (status == BP_OK) {
            assert_int_equal(failing_memory_live_blocks(), 0);
            assert_int_equal(n, 2); /* its own, and the sink's */
            return;
        }
        assert_no_memory(status, &err);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ndjson),
        cmocka_unit_test(safetensors),
        cmocka_unit_test(gunzip),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
