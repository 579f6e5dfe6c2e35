#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "row_spool.h"

enum { ROWS = 800000, WIDTH = 7 };

static void fill(bp_row_spool *spool, size_t first, size_t rows) {
    for (size_t i = first; i < first + rows; i++) {
        float *room;
        assert_int_equal(bp_row_spool_room(spool, WIDTH, &room, NULL), BP_OK);
        for (size_t j = 0; j < WIDTH; j++) {
            room[j] = (float)(i * WIDTH + j);
        }
        bp_row_spool_keep(spool, WIDTH);
    }
}

static void change(bp_row_spool *spool, size_t at) {
    float *view;
    assert_int_equal(bp_row_spool_view(spool, &view, NULL), BP_OK);
    assert_true(view[at] == (float)at);
    view[at] = -5;
    bp_row_spool_end_view(spool, view);
}

/* What the thread computed, if there was one, although cells changed after it had read them. */
static void assert_digest(const bp_spooled_rows *rows) {
    bp_digest digest;
    char computed[BP_DIGEST_HEX_SIZE], expected[BP_DIGEST_HEX_SIZE];
    if (rows->digest == NULL) {
        return;
    }
    assert_int_equal(bp_file_digest_get(rows->digest, &digest, NULL), BP_OK);
    bp_digest_finish(&digest, computed);
    bp_digest_start(&digest);
    bp_digest_add(&digest, rows->mapping, rows->size_bytes);
    bp_digest_finish(&digest, expected);
    assert_string_equal(computed, expected);
    bp_file_digest_free(rows->digest);
}

enum { EARLY = 3 * WIDTH + 1, LATE = (ROWS - 11) * WIDTH };

/* Rows, a change of one cell through a view, more rows, a change; then all of them. */
static void assert_keeps(bp_row_spool *spool) {
    fill(spool, 0, 10);
    change(spool, EARLY);
    fill(spool, 10, ROWS - 20);
    change(spool, LATE);
    fill(spool, ROWS - 10, 10);
    bp_spooled_rows rows;
    assert_int_equal(bp_row_spool_take(spool, &rows, NULL), BP_OK);
    assert_int_equal(rows.size_bytes, ROWS * WIDTH * sizeof(float));
    const float *x = rows.mapping;
    for (size_t i = 0; i < ROWS * WIDTH; i++) {
        assert_true(x[i] == (i == EARLY || i == LATE ? -5 : (float)i));
    }
    assert_digest(&rows);
    munmap(rows.mapping, rows.size_bytes);
    bp_row_spool_clear(spool);
}

static void in_memory(void **state) {
    (void)state;
    bp_row_spool spool;
    bp_row_spool_start(&spool);
    assert_keeps(&spool);
}

static int open_file(void) {
    char path[] = "/tmp/bp_row_spool_XXXXXX";
    int file = mkstemp(path);
    assert_true(file >= 0);
    unlink(path);
    return file;
}

static void in_a_file(void **state) {
    (void)state;
    bp_row_spool spool;
    int file = open_file();
    bp_row_spool_start_file(&spool, file);
    assert_keeps(&spool);
    close(file);
}

static void what_is_small_needs_no_file(void **state) {
    (void)state;
    bp_row_spool spool;
    int file = open_file();
    bp_row_spool_start_file(&spool, file);
    fill(&spool, 0, 10);
    bp_spooled_rows rows;
    assert_int_equal(bp_row_spool_take(&spool, &rows, NULL), BP_OK);
    assert_int_equal(rows.size_bytes, 10 * WIDTH * sizeof(float));
    assert_int_equal(lseek(file, 0, SEEK_END), 0);
    assert_null(rows.digest);
    munmap(rows.mapping, rows.size_bytes);
    close(file);
}

/* As on a full disk. */
static void a_file_that_cannot_grow_is_told(void **state) {
    (void)state;
    struct rlimit old, small;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    small = old;
    small.rlim_cur = 4 << 20;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    bp_row_spool spool;
    int file = open_file();
    bp_row_spool_start_file(&spool, file);
    bp_status status = BP_OK;
    bp_error err = {0};
    for (size_t i = 0; status == BP_OK && i < ROWS; i++) {
        float *room;
        status = bp_row_spool_room(&spool, WIDTH, &room, &err);
        if (status == BP_OK) {
            memset(room, 0, WIDTH * sizeof *room);
            bp_row_spool_keep(&spool, WIDTH);
        }
    }
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
    assert_int_equal(status, BP_IO);
    assert_non_null(strstr(err.message, "cannot be written"));
    bp_row_spool_clear(&spool);
    close(file);
}

static int ignore_the_signal(void **state) {
    (void)state;
    signal(SIGXFSZ, SIG_IGN);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(in_memory), cmocka_unit_test(in_a_file),
                                       cmocka_unit_test(what_is_small_needs_no_file),
                                       cmocka_unit_test(a_file_that_cannot_grow_is_told)};
    return cmocka_run_group_tests(tests, ignore_the_signal, NULL);
}
