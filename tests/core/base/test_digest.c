#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "digest.h"

static void assert_digest(const char *text, size_t size, size_t piece, const char *expected) {
    bp_digest digest;
    char hex[BP_DIGEST_HEX_SIZE];
    bp_digest_start(&digest);
    for (size_t i = 0; i < size; i += piece) {
        bp_digest_add(&digest, text + i, size - i < piece ? size - i : piece);
    }
    bp_digest_finish(&digest, hex);
    assert_string_equal(hex, expected);
}

/* The examples of FIPS 180 for SHA-256: one block, two blocks; and the empty message. */
static void published_examples(void **state) {
    (void)state;
    static const struct {
        const char *text, *expected;
    } examples[] = {
        {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
        {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
        {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
         "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
    };
    for (size_t i = 0; i < sizeof examples / sizeof examples[0]; i++) {
        const char *text = examples[i].text;
        assert_digest(text, strlen(text), 1, examples[i].expected);
        assert_digest(text, strlen(text), 7, examples[i].expected);
        assert_digest(text, strlen(text), 1000, examples[i].expected);
    }
}

/* The third example of FIPS 180-2: a million times the letter a. */
static void million_letters(void **state) {
    (void)state;
    char letters[1000];
    memset(letters, 'a', sizeof letters);
    bp_digest digest;
    char hex[BP_DIGEST_HEX_SIZE];
    bp_digest_start(&digest);
    for (int i = 0; i < 1000; i++) {
        bp_digest_add(&digest, letters, sizeof letters);
    }
    bp_digest_finish(&digest, hex);
    assert_string_equal(hex, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

static void floats_are_little_endian(void **state) {
    (void)state;
    const float values[] = {1.0f, -2.5f, 0.0f};
    const char bytes[] = "\x00\x00\x80\x3f\x00\x00\x20\xc0\x00\x00\x00\x00";
    bp_digest digest;
    char of_floats[BP_DIGEST_HEX_SIZE], of_bytes[BP_DIGEST_HEX_SIZE];
    bp_digest_start(&digest);
    bp_digest_add_floats(&digest, values, 3);
    bp_digest_finish(&digest, of_floats);
    bp_digest_start(&digest);
    bp_digest_add(&digest, bytes, 12);
    bp_digest_finish(&digest, of_bytes);
    assert_string_equal(of_floats, of_bytes);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(published_examples),
        cmocka_unit_test(million_letters),
        cmocka_unit_test(floats_are_little_endian),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
