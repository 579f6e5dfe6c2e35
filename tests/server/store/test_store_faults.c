/* A disk that is full or fails in an fsync: who is told what, and what is there afterwards.
 *
 * The program's own fdatasync and pwrite64 come before the C library's, also for SQLite, which is a
 * shared library; they fail for the write-ahead log as the test wants. */
#include <errno.h>
#include <semaphore.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "store_fixture.h"

#define FILE_BYTES ((long)BP_STORE_INLINE_BLOB + 1)

/* --- the disk ------------------------------------------------------------------------------- */

/* Set by the test's thread, read by the store's; relaxed, for a mutex of the store lies between. */
static atomic_int syncs_to_fail, sync_error, syncs_failed;
static atomic_long log_limit; /* the write-ahead log may be so long; 0: as it likes */

static bool is_log(int file) {
    char link[64], path[512];
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    const ssize_t length = readlink(link, path, sizeof path);
    return length > 4 && memcmp(path + length - 4, "-wal", 4) == 0;
}

int fdatasync(int file) {
    if (syncs_to_fail > 0 && is_log(file)) {
        syncs_to_fail--;
        syncs_failed++;
        errno = sync_error;
        return -1;
    }
    return (int)syscall(SYS_fdatasync, file);
}

ssize_t pwrite64(int file, const void *bytes, size_t size, off64_t offset) {
    if (log_limit > 0 && offset + (off64_t)size > log_limit && is_log(file)) {
        errno = ENOSPC;
        return -1;
    }
    return syscall(SYS_pwrite64, file, bytes, size, offset);
}

static void fail_syncs(int count, int error) {
    sync_error = error;
    syncs_failed = 0;
    syncs_to_fail = count;
}

static long log_size(const store_fixture *made) {
    char path[STORE_PATH_SIZE + 32];
    snprintf(path, sizeof path, "%.300s/catalogue.sqlite3-wal", made->data);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    assert_int_equal(fseek(file, 0, SEEK_END), 0);
    const long size = ftell(file);
    fclose(file);
    return size;
}

static int reset_disk(void **state) {
    syncs_to_fail = 0;
    log_limit = 0;
    return tear_down_store(state);
}

/* --- who is told what ----------------------------------------------------------------------- */

enum { MOST_ENDS = 16 };
typedef struct ends {
    size_t count;
    bp_status status[MOST_ENDS];
    char message[MOST_ENDS][BP_MESSAGE_SIZE];
} ends;

static void note_end(void *context, bp_status status, const bp_error *err) {
    ends *all = context;
    all->status[all->count] = status;
    snprintf(all->message[all->count++], BP_MESSAGE_SIZE, "%s", err->message);
}

/* Holds the store's thread, so that what is queued meanwhile is one transaction. */
typedef struct gate {
    sem_t reached, open;
} gate;

static void wait_at_gate(void *context, bp_status status, const bp_error *err) {
    gate *self = context;
    (void)status, (void)err;
    sem_post(&self->reached);
    sem_wait(&self->open);
}

static void close_gate(store_fixture *made, gate *self) {
    sem_init(&self->reached, 0, 0);
    sem_init(&self->open, 0, 0);
    bp_store_commit_later(made->store, new_batch(made), wait_at_gate, self);
    sem_wait(&self->reached);
}

static void put_later(store_fixture *made, const char *name, long size, ends *all) {
    bp_store_batch *batch = new_batch(made);
    add_object(batch, name, 'n', size);
    bp_store_commit_later(made->store, batch, note_end, all);
}

static void put_now(store_fixture *made, const char *name, int fill, long size) {
    bp_store_batch *batch = new_batch(made);
    add_object(batch, name, fill, size);
    commit(made, batch);
}

/* --- fsync ---------------------------------------------------------------------------------- */

static void a_failed_sync_is_told_and_the_next_commit_works(void **state) {
    store_fixture *made = *state;
    bp_error err = {0};
    put_now(made, "a", 'a', FILE_BYTES);
    fail_syncs(1, EIO);
    bp_store_batch *batch = new_batch(made);
    add_object(batch, "a", 'b', FILE_BYTES);
    add_object(batch, "lost", 'b', 3);
    assert_int_equal(bp_store_commit(made->store, batch, &err), BP_IO);
    assert_int_equal(syncs_failed, 1);
    expect_models(made, "a:ax65537 ");
    assert_int_equal(count_blob_files(made, NULL), 2); /* a crash might bring the new one back */
    put_now(made, "c", 'c', 5);
    expect_models(made, "a:ax65537 c:cx5 ");
    reopen_store(made);
    expect_models(made, "a:ax65537 c:cx5 ");
    assert_int_equal(count_blob_files(made, NULL), 1);
}

/* In a process that ends without closing, so that the next one reads the log. */
static void nothing_acknowledged_is_lost_with_the_process(void **state) {
    store_fixture *made = *state;
    close_store(made);
    for (int goes_on = 0; goes_on < 2; goes_on++) {
        pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0) {
            reopen_store(made);
            put_now(made, "a", 'a', 100);
            fail_syncs(1, EIO);
            bp_store_batch *batch = new_batch(made);
            add_object(batch, "a", 'b', 40000);
            if (bp_store_commit(made->store, batch, NULL) != BP_IO) {
                _exit(1);
            }
            if (goes_on == 1) {
                put_now(made, "c", 'c', 5);
            }
            kill(getpid(), SIGKILL);
        }
        int how = 0;
        assert_int_equal(waitpid(child, &how, 0), child);
        assert_true(WIFSIGNALED(how));
    }
    reopen_store(made);
    expect_models(made, "a:ax100 c:cx5 "); /* the commit after the failure stands in its place */
}

static void all_that_share_a_failed_sync_are_told(void **state) {
    store_fixture *made = *state;
    gate held;
    ends all = {0};
    bp_store_batch *batch = new_batch(made);
    add_key(batch, "k", 1);
    commit(made, batch);
    close_gate(made, &held);
    put_later(made, "x", 10, &all);
    batch = new_batch(made);
    add_key(batch, "k", 1);
    bp_store_commit_later(made->store, batch, note_end, &all);
    put_later(made, "y", FILE_BYTES, &all);
    fail_syncs(1, EIO);
    sem_post(&held.open);
    expect_models(made, ""); /* a read that may share the failure has no part in it */
    assert_int_equal(all.count, 3);
    assert_int_equal(all.status[0], BP_IO);
    assert_int_equal(all.status[1], BP_EXISTS); /* that it fails is sure */
    assert_int_equal(all.status[2], BP_IO);
    put_now(made, "z", 'z', 1);
    expect_models(made, "z:zx1 ");
}

static void a_sync_that_finds_no_space_says_so(void **state) {
    store_fixture *made = *state;
    bp_error err = {0};
    fail_syncs(1, ENOSPC);
    bp_store_batch *batch = new_batch(made);
    add_object(batch, "a", 'b', 10);
    assert_int_equal(bp_store_commit(made->store, batch, &err), BP_NO_SPACE);
    assert_int_equal(syncs_failed, 1);
    put_now(made, "c", 'c', 5);
    expect_models(made, "c:cx5 ");
}

/* --- a full disk ---------------------------------------------------------------------------- */

static void a_full_disk_is_told_and_leaves_room_for_the_next(void **state) {
    store_fixture *made = *state;
    bp_error err = {0};
    put_now(made, "a", 'a', FILE_BYTES);
    log_limit = log_size(made);
    bp_store_batch *batch = new_batch(made);
    add_object(batch, "a", 'b', FILE_BYTES);
    assert_int_equal(bp_store_commit(made->store, batch, &err), BP_NO_SPACE);
    assert_int_equal(count_blob_files(made, NULL), 1);
    expect_models(made, "a:ax65537 ");
    assert_int_equal(bp_store_delete(made->store, BP_STORE_MODEL, "a", &err), BP_NO_SPACE);
    expect_models(made, "a:ax65537 ");
    log_limit = 0;
    put_now(made, "a", 'c', 4);
    expect_models(made, "a:cx4 ");
    reopen_store(made);
    expect_models(made, "a:cx4 ");
    assert_int_equal(count_blob_files(made, NULL), 0);
}

/* `big` does not fit, whether it shows at the commit or in its midst; its neighbours do. */
static void expect_neighbours(store_fixture *made, int big_objects) {
    gate held;
    ends all = {0};
    close_gate(made, &held);
    log_limit = log_size(made) + 120000;
    put_later(made, "a", 10, &all);
    put_later(made, "b", 10, &all);
    bp_store_batch *big = new_batch(made);
    for (int i = 0; i < big_objects; i++) {
        char name[16];
        snprintf(name, sizeof name, "big%d", i);
        add_object(big, name, 'x', FILE_BYTES - 1);
    }
    bp_store_commit_later(made->store, big, note_end, &all);
    put_later(made, "c", 10, &all);
    put_later(made, "d", FILE_BYTES, &all);
    sem_post(&held.open);
    commit(made, new_batch(made));
    assert_int_equal(all.count, 5);
    for (int i = 0; i < 5; i++) {
        assert_int_equal(all.status[i], i == 2 ? BP_NO_SPACE : BP_OK);
        assert_int_equal(all.message[i][0] != '\0', i == 2);
    }
    log_limit = 0;
    expect_models(made, "a:nx10 b:nx10 c:nx10 d:nx65537 ");
    reopen_store(made);
    expect_models(made, "a:nx10 b:nx10 c:nx10 d:nx65537 ");
}

static void what_fits_a_full_disk_is_done(void **state) {
    expect_neighbours(*state, 3);
}

/* More than SQLite keeps in memory: the log grows before the commit, and SQLite rolls back. */
static void what_overflows_a_full_disk_midway_fails_alone(void **state) {
    expect_neighbours(*state, 80);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up_store, reset_disk)
    const struct CMUnitTest tests[] = {
        TEST(a_failed_sync_is_told_and_the_next_commit_works),
        TEST(nothing_acknowledged_is_lost_with_the_process),
        TEST(all_that_share_a_failed_sync_are_told),
        TEST(a_sync_that_finds_no_space_says_so),
        TEST(a_full_disk_is_told_and_leaves_room_for_the_next),
        TEST(what_fits_a_full_disk_is_done),
        TEST(what_overflows_a_full_disk_midway_fails_alone),
    };
#undef TEST
    return cmocka_run_group_tests(tests, NULL, NULL);
}
