/* The Nth allocation fails, for every N: the answer is NO_MEMORY, and nothing stays behind. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cell_text.h"
#include "csv_load.h"

/* The linker puts these in the place of the C library's (--wrap). */
void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void *__real_aligned_alloc(size_t alignment, size_t size);
char *__real_strdup(const char *text);
char *__real_strndup(const char *text, size_t size);
void __real_free(void *block);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);
void *__wrap_aligned_alloc(size_t alignment, size_t size);
char *__wrap_strdup(const char *text);
char *__wrap_strndup(const char *text, size_t size);
void __wrap_free(void *block);

static long until_failure; /* allocations that still succeed */
static long live_blocks;

static int fails(void) {
    return until_failure-- <= 0;
}

static void *count_block(void *block) {
    live_blocks += block != NULL;
    return block;
}

void *__wrap_malloc(size_t size) {
    return fails() ? NULL : count_block(__real_malloc(size));
}

void *__wrap_calloc(size_t count, size_t size) {
    return fails() ? NULL : count_block(__real_calloc(count, size));
}

void *__wrap_realloc(void *old, size_t size) {
    if (fails()) {
        return NULL;
    }
    void *block = __real_realloc(old, size);
    live_blocks += block != NULL && old == NULL;
    return block;
}

void *__wrap_aligned_alloc(size_t alignment, size_t size) {
    return fails() ? NULL : count_block(__real_aligned_alloc(alignment, size));
}

char *__wrap_strdup(const char *text) {
    return fails() ? NULL : count_block(__real_strdup(text));
}

char *__wrap_strndup(const char *text, size_t size) {
    return fails() ? NULL : count_block(__real_strndup(text, size));
}

void __wrap_free(void *block) {
    live_blocks -= block != NULL;
    __real_free(block);
}

/* Fails the first allocation, then the second, ... until the load succeeds; the count of failures.
 */
static long assert_survives(bp_cell body, const char *target, csv_pieces pieces) {
    for (long n = 0;; n++) {
        bp_dataset *data = NULL;
        bp_error err = {0};
        live_blocks = 0;
        until_failure = n;
        bp_status status = csv_load(&data, body, target, pieces, &err);
        until_failure = 0;
        if (status == BP_OK) {
            assert_non_null(data);
            bp_dataset_unref(data);
            assert_int_equal(live_blocks, 0);
            return n;
        }
        assert_int_equal(status, BP_NO_MEMORY);
        assert_int_equal(err.code, BP_NO_MEMORY);
        assert_true(err.message[0] != '\0');
        assert_null(data);
        assert_int_equal(live_blocks, 0);
    }
}

static const csv_pieces WHOLE = {SIZE_MAX, SIZE_MAX};
static const csv_pieces BYTES = {1, 1};

static void text_classes(void **state) {
    (void)state;
    bp_cell body = bp_cell_of("\"a\",b,y\n1,2,\"x\"\n3,4,y\n5,6,z");
    assert_true(assert_survives(body, NULL, WHOLE) > 20);
    assert_true(assert_survives(body, "y", BYTES) > 20);
}

static void integer_classes(void **state) {
    (void)state;
    assert_true(assert_survives(bp_cell_of("a,y\n1,2\n3,4\n"), NULL, WHOLE) > 20);
}

static void numbers(void **state) {
    (void)state;
    bp_cell body = bp_cell_of("a,b,y\n1,2,3.5\n3,4,5\n");
    assert_true(assert_survives(body, NULL, BYTES) > 20);
    assert_true(assert_survives(body, "b,y", WHOLE) > 20);
}

/* Enough labels, rows and bytes for every array to grow. */
static void growing(void **state) {
    (void)state;
    enum { ROWS = 10000, ROW_BYTES = 16 };
    static char body[8 + ROWS * ROW_BYTES];
    size_t used = (size_t)snprintf(body, sizeof body, "a,y\n");
    for (int i = 0; i < ROWS; i++) {
        used += (size_t)snprintf(body + used, sizeof body - used, "%d,l%d\n", i, i % 200);
    }
    assert_true(assert_survives((bp_cell){body, used}, NULL, (csv_pieces){5000, 7}) > 200);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_classes),
        cmocka_unit_test(integer_classes),
        cmocka_unit_test(numbers),
        cmocka_unit_test(growing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
