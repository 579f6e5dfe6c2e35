/* The digest of a file, computed while it grows. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "file_digest.h"

enum { SIZE = 3 << 20, PIECE = 77777 };

typedef struct fixture {
    int file;
    bp_file_digest *digest;
    unsigned char bytes[SIZE];
} fixture;

static int set_up(void **state) {
    char path[] = "/tmp/bp_file_digest_XXXXXX";
    fixture *made = calloc(1, sizeof *made);
    if (made == NULL || (made->file = mkstemp(path)) < 0) {
        free(made);
        return -1;
    }
    unlink(path);
    for (size_t i = 0; i < SIZE; i++) {
        made->bytes[i] = (unsigned char)(i * 2654435761u >> 11);
    }
    *state = made;
    return bp_file_digest_new(&made->digest, made->file, NULL) == BP_OK ? 0 : -1;
}

static int tear_down(void **state) {
    fixture *made = *state;
    bp_file_digest_free(made->digest);
    close(made->file);
    free(made);
    return 0;
}

static void assert_is(fixture *made, size_t size) {
    char computed[BP_DIGEST_HEX_SIZE], expected[BP_DIGEST_HEX_SIZE];
    bp_digest digest;
    assert_int_equal(bp_file_digest_get(made->digest, &digest, NULL), BP_OK);
    bp_digest_finish(&digest, computed);
    bp_digest_start(&digest);
    bp_digest_add(&digest, made->bytes, size);
    bp_digest_finish(&digest, expected);
    assert_string_equal(computed, expected);
}

static void write_range(fixture *made, size_t first, size_t end) {
    assert_int_equal(pwrite(made->file, made->bytes + first, end - first, (off_t)first),
                     end - first);
}

static void grow(fixture *made, size_t first) {
    for (size_t i = first; i < SIZE; i += PIECE) {
        const size_t end = SIZE - i < PIECE ? SIZE : i + PIECE;
        write_range(made, i, end);
        bp_file_digest_grow(made->digest, end);
    }
}

static void it_follows_the_file(void **state) {
    fixture *made = *state;
    assert_is(made, 0);
    grow(made, 0);
    assert_is(made, SIZE);
    assert_is(made, SIZE); /* asking changes nothing */
}

static void it_can_be_asked_on_the_way(void **state) {
    fixture *made = *state;
    write_range(made, 0, PIECE);
    bp_file_digest_grow(made->digest, PIECE);
    assert_is(made, PIECE);
    grow(made, PIECE);
    assert_is(made, SIZE);
}

/* Changes come while it reads. */
static void it_starts_anew(void **state) {
    fixture *made = *state;
    grow(made, 0);
    for (size_t round = 0; round < 20; round++) {
        bp_file_digest_restart(made->digest);
        made->bytes[round * PIECE]++;
        write_range(made, round * PIECE, round * PIECE + 1);
        bp_file_digest_grow(made->digest, SIZE);
    }
    assert_is(made, SIZE);
    bp_file_digest_restart(made->digest);
    assert_is(made, 0);
}

static void a_file_that_is_too_short_is_told(void **state) {
    fixture *made = *state;
    bp_digest digest;
    bp_error err = {0};
    write_range(made, 0, PIECE);
    bp_file_digest_grow(made->digest, PIECE + 1);
    assert_int_equal(bp_file_digest_get(made->digest, &digest, &err), BP_IO);
    assert_non_null(strstr(err.message, "cannot be read again"));
    bp_file_digest_restart(made->digest);
    bp_file_digest_grow(made->digest, PIECE);
    assert_is(made, PIECE);
}

static void it_ends_in_the_middle(void **state) {
    fixture *made = *state;
    grow(made, 0);
    bp_file_digest_free(NULL);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(it_follows_the_file),   TEST(it_can_be_asked_on_the_way),
        TEST(it_starts_anew),        TEST(a_file_that_is_too_short_is_told),
        TEST(it_ends_in_the_middle),
    };
#undef TEST
    return cmocka_run_group_tests(tests, NULL, NULL);
}
