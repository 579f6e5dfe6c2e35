/* Blobs that are written piece by piece, and large ones that are mapped. */
#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "store.h"
#include "temporary_folder.h"

enum { PATH_SIZE = 320, PIECE = 1 << 20 };
#define LARGE_SIZE (BP_STORE_LARGE_BLOB + 12345)

typedef struct fixture {
    char root[TEMPORARY_PATH_SIZE];
    char data[PATH_SIZE];
    bp_store *store;
} fixture;

static void reopen(fixture *made) {
    bp_error err = {0};
    bp_store_close(made->store);
    made->store = NULL;
    if (bp_store_open(&made->store, made->data, &err) != BP_OK) {
        fail_msg("%s", err.message);
    }
}

static int set_up(void **state) {
    fixture *made = calloc(1, sizeof *made);
    if (made == NULL || !make_temporary_folder(made->root)) {
        return -1;
    }
    snprintf(made->data, sizeof made->data, "%.200s/data", made->root);
    signal(SIGXFSZ, SIG_IGN);
    reopen(made);
    *state = made;
    return 0;
}

static int tear_down(void **state) {
    fixture *made = *state;
    bp_store_close(made->store);
    remove_folder(made->root);
    free(made);
    return 0;
}

/* --- helpers -------------------------------------------------------------------------------- */

/* Files in the folder of blobs; the last one's path goes to `path`, which may be NULL. */
static size_t count_blobs(const fixture *made, char path[PATH_SIZE]) {
    char folder[PATH_SIZE];
    snprintf(folder, sizeof folder, "%.200s/blobs", made->data);
    DIR *entries = opendir(folder);
    assert_non_null(entries);
    size_t count = 0;
    for (struct dirent *entry; (entry = readdir(entries)) != NULL;) {
        if (entry->d_name[0] != '.') {
            count++;
            if (path != NULL) {
                snprintf(path, PATH_SIZE, "%.220s/%.60s", folder, entry->d_name);
            }
        }
    }
    closedir(entries);
    return count;
}

static unsigned char byte_at(size_t i, unsigned seed) {
    return (unsigned char)(i * 2654435761u >> 7 ^ seed);
}

/* Whether all bytes could be written. */
static bool fill(int file, size_t size, unsigned seed) {
    static unsigned char piece[PIECE];
    for (size_t done = 0; done < size;) {
        const size_t part = size - done < PIECE ? size - done : PIECE;
        for (size_t i = 0; i < part; i++) {
            piece[i] = byte_at(done + i, seed);
        }
        if (write(file, piece, part) != (ssize_t)part) {
            return false;
        }
        done += part;
    }
    return true;
}

static bp_store_draft *begin(fixture *made, size_t size, unsigned seed) {
    bp_store_draft *draft = NULL;
    assert_int_equal(bp_store_draft_new(&draft, made->store, NULL), BP_OK);
    assert_true(fill(bp_store_draft_file(draft), size, seed));
    return draft;
}

static bp_status put(fixture *made, bp_store_kind kind, bp_store_draft *draft, bp_error *err) {
    const bp_store_object object = {.kind = kind, .name = "flights", .json = "{}"};
    return bp_store_put_draft(made->store, &object, draft, err);
}

static void put_new(fixture *made, bp_store_kind kind, size_t size, unsigned seed) {
    bp_store_draft *draft = begin(made, size, seed);
    bp_error err = {0};
    if (put(made, kind, draft, &err) != BP_OK) {
        fail_msg("%s", err.message);
    }
    bp_store_draft_free(draft);
}

/* Puts 70000 bytes of which `known` were digested before, as they are or as others are. */
static void put_noted(fixture *made, size_t known, unsigned seed) {
    static unsigned char bytes[70000];
    for (size_t i = 0; i < known; i++) {
        bytes[i] = byte_at(i, seed);
    }
    bp_digest digest;
    bp_digest_start(&digest);
    bp_digest_add(&digest, bytes, known);
    bp_store_draft *draft = begin(made, sizeof bytes, 1);
    bp_store_draft_note_digest(draft, &digest, known);
    assert_int_equal(put(made, BP_STORE_DATASET, draft, NULL), BP_OK);
    bp_store_draft_free(draft);
}

/* What a load gave, and whether to take it over. */
typedef struct seen {
    size_t objects, size;
    bool is_mapped, is_checked, take;
    const unsigned char *bytes; /* where it was taken */
} seen;

static bp_status look(void *context, const bp_store_object *object, bp_error *err) {
    seen *all = context;
    (void)err;
    all->objects++;
    all->size = object->blob_size;
    all->is_mapped = object->taken != NULL;
    all->is_checked = object->is_checked;
    if (all->take && object->taken != NULL) {
        *object->taken = true;
        all->bytes = object->blob;
    }
    return BP_OK;
}

static seen load(fixture *made, bp_store_kind kind, bool take) {
    seen all = {.take = take};
    bp_error err = {0};
    if (bp_store_load(made->store, kind, look, &all, &err) != BP_OK) {
        fail_msg("%s", err.message);
    }
    return all;
}

static void assert_bytes(const unsigned char *bytes, size_t size, unsigned seed) {
    for (size_t i = 0; i < size; i++) {
        if (bytes[i] != byte_at(i, seed)) {
            fail_msg("byte %zu is wrong", i);
        }
    }
}

static void damage(const char *path) {
    int file = open(path, O_WRONLY);
    assert_true(file >= 0);
    assert_int_equal(pwrite(file, "!", 1, LARGE_SIZE / 2), 1);
    close(file);
}

/* --- tests ---------------------------------------------------------------------------------- */

static void a_draft_becomes_the_blob(void **state) {
    fixture *made = *state;
    put_new(made, BP_STORE_MODEL, 70000, 1); /* small: it is read, and its SHA-256 checked */
    reopen(made);
    seen all = load(made, BP_STORE_MODEL, false);
    assert_int_equal(all.objects, 1);
    assert_int_equal(all.size, 70000);
    assert_true(all.is_checked);
    assert_false(all.is_mapped);
    assert_int_equal(count_blobs(made, NULL), 1);
}

static void a_noted_digest_is_gone_on_from(void **state) {
    fixture *made = *state;
    put_noted(made, 1000, 1);
    assert_int_equal(load(made, BP_STORE_DATASET, false).objects, 1);
    put_noted(made, 70000, 1);
    assert_int_equal(load(made, BP_STORE_DATASET, false).objects, 1);
    put_noted(made, 1000, 2); /* a lie, so that it shows who is believed */
    seen all = {0};
    bp_error err = {0};
    assert_int_equal(bp_store_load(made->store, BP_STORE_DATASET, look, &all, &err), BP_IO);
    assert_non_null(strstr(err.message, "SHA-256"));
}

static void a_draft_that_is_not_put_goes(void **state) {
    fixture *made = *state;
    bp_store_draft *draft = begin(made, 1000, 1);
    assert_int_equal(count_blobs(made, NULL), 1);
    bp_store_draft_free(draft);
    assert_int_equal(count_blobs(made, NULL), 0);
    bp_store_draft_free(NULL);
}

static void a_large_blob_is_mapped_and_may_be_taken(void **state) {
    fixture *made = *state;
    put_new(made, BP_STORE_DATASET, LARGE_SIZE, 1);
    reopen(made);
    seen left = load(made, BP_STORE_DATASET, false);
    assert_true(left.is_mapped);
    assert_false(left.is_checked); /* a data set's is looked at by who uses it */
    seen all = load(made, BP_STORE_DATASET, true);
    assert_int_equal(all.size, LARGE_SIZE);
    assert_int_equal((uintptr_t)all.bytes % 4096, 0);
    put_new(made, BP_STORE_DATASET, LARGE_SIZE, 2); /* the file of the mapping loses its name */
    assert_int_equal(count_blobs(made, NULL), 1);
    assert_bytes(all.bytes, all.size, 1);
    assert_int_equal(bp_store_delete(made->store, BP_STORE_DATASET, "flights", NULL), BP_OK);
    assert_int_equal(count_blobs(made, NULL), 0);
    assert_bytes(all.bytes, all.size, 1);
    munmap((void *)all.bytes, all.size);
}

static void a_large_blob_is_checked_but_of_a_data_set(void **state) {
    fixture *made = *state;
    char path[PATH_SIZE];
    bp_error err = {0};
    seen all = {0};
    put_new(made, BP_STORE_JOB, LARGE_SIZE, 1);
    assert_true(load(made, BP_STORE_JOB, false).is_checked);
    assert_int_equal(count_blobs(made, path), 1);
    damage(path);
    assert_int_equal(bp_store_load(made->store, BP_STORE_JOB, look, &all, &err), BP_IO);
    assert_non_null(strstr(err.message, "SHA-256"));
    assert_int_equal(truncate(path, LARGE_SIZE - 1), 0);
    assert_int_equal(bp_store_load(made->store, BP_STORE_JOB, look, &all, &err), BP_IO);
    assert_non_null(strstr(err.message, "bytes, not"));
    assert_int_equal(all.objects, 0);
}

static void a_large_data_set_is_checked_for_its_size(void **state) {
    fixture *made = *state;
    char path[PATH_SIZE];
    bp_error err = {0};
    seen all = {0};
    put_new(made, BP_STORE_DATASET, LARGE_SIZE, 1);
    assert_int_equal(count_blobs(made, path), 1);
    assert_int_equal(truncate(path, LARGE_SIZE - 1), 0);
    assert_int_equal(bp_store_load(made->store, BP_STORE_DATASET, look, &all, &err), BP_IO);
    assert_non_null(strstr(err.message, "bytes, not"));
}

/* A limit on the size of files stands in for a full disk. */
static void a_full_disk_leaves_nothing(void **state) {
    fixture *made = *state;
    struct rlimit old, small;
    put_new(made, BP_STORE_DATASET, 1000, 1);
    bp_store_draft *draft = NULL;
    assert_int_equal(bp_store_draft_new(&draft, made->store, NULL), BP_OK);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    small = old;
    small.rlim_cur = 2 << 20;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    const bool filled = fill(bp_store_draft_file(draft), LARGE_SIZE, 2);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
    assert_false(filled);
    bp_store_draft_free(draft);
    assert_int_equal(count_blobs(made, NULL), 1);
    assert_int_equal(load(made, BP_STORE_DATASET, false).size, 1000);
}

static void a_put_that_fails_leaves_nothing(void **state) {
    fixture *made = *state;
    bp_error err = {0};
    put_new(made, BP_STORE_DATASET, 1000, 1);
    bp_store_draft *draft = begin(made, 2000, 2);
    const bp_store_object object = {.kind = BP_STORE_DATASET, .name = "flights", .json = NULL};
    assert_int_equal(bp_store_put_draft(made->store, &object, draft, &err), BP_IO);
    assert_int_equal(count_blobs(made, NULL), 1);
    bp_store_draft_free(draft); /* spent */
    assert_int_equal(load(made, BP_STORE_DATASET, false).size, 1000);
}

/* A process that dies while it writes: what it left is gone at the next opening. */
static void a_crash_leaves_what_the_next_opening_removes(void **state) {
    fixture *made = *state;
    bp_store_close(made->store);
    made->store = NULL;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        bp_store_draft *draft;
        if (bp_store_open(&made->store, made->data, NULL) == BP_OK &&
            bp_store_draft_new(&draft, made->store, NULL) == BP_OK &&
            fill(bp_store_draft_file(draft), 50000, 3)) {
            kill(getpid(), SIGKILL);
        }
        _exit(1);
    }
    int how = 0;
    assert_int_equal(waitpid(child, &how, 0), child);
    assert_true(WIFSIGNALED(how));
    assert_int_equal(count_blobs(made, NULL), 1);
    reopen(made);
    assert_int_equal(count_blobs(made, NULL), 0);
    assert_int_equal(load(made, BP_STORE_DATASET, false).objects, 0);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(a_draft_becomes_the_blob),
        TEST(a_noted_digest_is_gone_on_from),
        TEST(a_draft_that_is_not_put_goes),
        TEST(a_large_blob_is_mapped_and_may_be_taken),
        TEST(a_large_blob_is_checked_but_of_a_data_set),
        TEST(a_large_data_set_is_checked_for_its_size),
        TEST(a_full_disk_leaves_nothing),
        TEST(a_put_that_fails_leaves_nothing),
        TEST(a_crash_leaves_what_the_next_opening_removes),
    };
#undef TEST
    return cmocka_run_group_tests(tests, NULL, NULL);
}
