/* The store: what was put is there, also after a crash, and what is damaged is named. */
#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "store.h"
#include "temporary_folder.h"

enum { PATH_SIZE = 256 };
/* Beyond what stands in the catalogue itself. */
#define FILE_BYTES (BP_STORE_INLINE_BLOB + 1)

typedef struct fixture {
    char root[TEMPORARY_PATH_SIZE];
    char data[PATH_SIZE]; /* the data directory in it */
} fixture;

static int set_up(void **state) {
    fixture *made = calloc(1, sizeof *made);
    if (made == NULL) {
        return -1;
    }
    if (!make_temporary_folder(made->root)) {
        return -1;
    }
    snprintf(made->data, sizeof made->data, "%.200s/data", made->root);
    *state = made;
    return 0;
}

static int tear_down(void **state) {
    fixture *made = *state;
    remove_folder(made->root);
    free(made);
    return 0;
}

/* --- helpers -------------------------------------------------------------------------------- */

static bp_store *open_store(const char *data_dir) {
    bp_store *store = NULL;
    bp_error err = {0};
    bp_status status = bp_store_open(&store, data_dir, &err);
    if (status != BP_OK) {
        print_message("%s\n", err.message);
    }
    assert_int_equal(status, BP_OK);
    return store;
}

/* The text, or none for NULL, and zeros behind it, as long as a blob with a file is. */
static void put(bp_store *store, bp_store_kind kind, const char *name, const char *json,
                const char *blob) {
    char *bytes = calloc(1, FILE_BYTES);
    assert_non_null(bytes);
    snprintf(bytes, FILE_BYTES, "%s", blob != NULL ? blob : "");
    bp_store_object object = {.kind = kind,
                              .name = name,
                              .json = json,
                              .blob = blob != NULL ? bytes : NULL,
                              .blob_size = blob != NULL ? FILE_BYTES : 0};
    bp_error err = {0};
    assert_int_equal(bp_store_put(store, &object, &err), BP_OK);
    free(bytes);
}

/* Everything that a load gave, as "name=json:blob;". */
typedef struct transcript {
    char text[4096];
    size_t objects;
} transcript;

static bp_status note(void *context, const bp_store_object *object, bp_error *err) {
    transcript *all = context;
    size_t used = strlen(all->text);
    (void)err;
    snprintf(all->text + used, sizeof all->text - used, "%s=%s:%.*s;", object->name, object->json,
             (int)object->blob_size, object->blob != NULL ? (const char *)object->blob : "");
    all->objects++;
    return BP_OK;
}

static void assert_holds(bp_store *store, bp_store_kind kind, const char *expected) {
    transcript all = {0};
    bp_error err = {0};
    bp_status status = bp_store_load(store, kind, note, &all, &err);
    if (status != BP_OK) {
        print_message("%s\n", err.message);
    }
    assert_int_equal(status, BP_OK);
    assert_string_equal(all.text, expected);
}

/* Counts the files in blobs/; the last one's path goes to `path`, which may be NULL. */
static size_t count_blobs(const fixture *made, char path[PATH_SIZE + 32]) {
    char folder[PATH_SIZE];
    snprintf(folder, sizeof folder, "%.200s/blobs", made->data);
    DIR *entries = opendir(folder);
    assert_non_null(entries);
    size_t count = 0;
    for (struct dirent *entry; (entry = readdir(entries)) != NULL;) {
        if (entry->d_name[0] != '.') {
            count++;
            if (path != NULL) {
                snprintf(path, PATH_SIZE + 32, "%.220s/%.60s", folder, entry->d_name);
            }
        }
    }
    closedir(entries);
    return count;
}

static void write_text(const char *path, const char *text) {
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

/* --- tests ---------------------------------------------------------------------------------- */

static void keeps_objects_by_kind_and_name(void **state) {
    fixture *made = *state;
    bp_store *store = open_store(made->data);
    put(store, BP_STORE_MODEL, "b", "{1}", "weights");
    put(store, BP_STORE_MODEL, "a", "{2}", NULL);
    put(store, BP_STORE_JOB, "b", "{3}", "");
    assert_holds(store, BP_STORE_MODEL, "b={1}:weights;a={2}:;");
    assert_holds(store, BP_STORE_JOB, "b={3}:;");
    assert_holds(store, BP_STORE_DATASET, "");
    bp_store_close(store);
}

static void survives_reopening(void **state) {
    fixture *made = *state;
    for (int round = 0; round < 3; round++) {
        bp_store *store = open_store(made->data);
        if (round == 0) {
            put(store, BP_STORE_MODEL, "m", "{}", "abc");
        }
        assert_holds(store, BP_STORE_MODEL, "m={}:abc;");
        bp_store_close(store);
    }
}

static void replaces_in_place_and_removes_the_old_blob(void **state) {
    fixture *made = *state;
    bp_store *store = open_store(made->data);
    put(store, BP_STORE_DATASET, "first", "{1}", "old");
    put(store, BP_STORE_DATASET, "second", "{2}", "x");
    put(store, BP_STORE_DATASET, "first", "{3}", "new");
    assert_holds(store, BP_STORE_DATASET, "first={3}:new;second={2}:x;");
    assert_int_equal(count_blobs(made, NULL), 2);
    put(store, BP_STORE_DATASET, "first", "{4}", NULL);
    assert_holds(store, BP_STORE_DATASET, "first={4}:;second={2}:x;");
    assert_int_equal(count_blobs(made, NULL), 1);
    bp_store_close(store);
}

static void deletes_object_and_blob(void **state) {
    fixture *made = *state;
    bp_store *store = open_store(made->data);
    bp_error err = {0};
    put(store, BP_STORE_JOB, "1", "{}", "history");
    assert_int_equal(bp_store_delete(store, BP_STORE_JOB, "1", &err), BP_OK);
    assert_int_equal(bp_store_delete(store, BP_STORE_JOB, "never there", &err), BP_OK);
    assert_holds(store, BP_STORE_JOB, "");
    assert_int_equal(count_blobs(made, NULL), 0);
    bp_store_close(store);
}

static void refuses_a_second_handle(void **state) {
    fixture *made = *state;
    bp_store *store = open_store(made->data);
    bp_store *second = NULL;
    bp_error err = {0};
    assert_int_equal(bp_store_open(&second, made->data, &err), BP_CONFLICT);
    assert_null(second);
    assert_non_null(strstr(err.message, made->data));
    bp_store_close(store);
    bp_store_close(open_store(made->data));
}

static void refuses_a_second_process(void **state) {
    fixture *made = *state;
    int ready[2], leave[2];
    assert_int_equal(pipe(ready), 0);
    assert_int_equal(pipe(leave), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        bp_store *store = NULL;
        char byte = bp_store_open(&store, made->data, NULL) == BP_OK ? 'y' : 'n';
        close(leave[1]);
        if (write(ready[1], &byte, 1) == 1 && read(leave[0], &byte, 1) == 0) {
            bp_store_close(store);
        }
        _exit(0);
    }
    char byte = 0;
    assert_int_equal(read(ready[0], &byte, 1), 1);
    assert_int_equal(byte, 'y');
    bp_store *store = NULL;
    bp_error err = {0};
    assert_int_equal(bp_store_open(&store, made->data, &err), BP_CONFLICT);
    close(leave[1]);
    assert_int_equal(waitpid(child, NULL, 0), child);
    close(ready[0]), close(ready[1]), close(leave[0]);
    bp_store_close(open_store(made->data));
}

static void flip_bit(const char *path, off_t at) {
    int file = open(path, O_RDWR);
    unsigned char byte = 0;
    assert_true(file >= 0);
    assert_int_equal(pread(file, &byte, 1, at), 1);
    byte ^= 4;
    assert_int_equal(pwrite(file, &byte, 1, at), 1);
    close(file);
}

static void assert_damage_is_named(const fixture *made, const char *word) {
    bp_store *store = open_store(made->data);
    transcript all = {0};
    bp_error err = {0};
    assert_int_equal(bp_store_load(store, BP_STORE_MODEL, note, &all, &err), BP_IO);
    assert_non_null(strstr(err.message, "'digits'"));
    assert_non_null(strstr(err.message, "blobs/"));
    assert_non_null(strstr(err.message, word));
    bp_store_close(store);
}

static void names_a_damaged_blob(void **state) {
    fixture *made = *state;
    char path[PATH_SIZE + 32];
    bp_store *store = open_store(made->data);
    put(store, BP_STORE_MODEL, "digits", "{}", "weights");
    bp_store_close(store);
    assert_int_equal(count_blobs(made, path), 1);
    flip_bit(path, 70);
    assert_damage_is_named(made, "SHA-256");
    write_text(path, "weight");
    assert_damage_is_named(made, "6 bytes, not 65537");
    assert_int_equal(unlink(path), 0);
    assert_damage_is_named(made, "No such file");
}

static void removes_orphans_and_nothing_else(void **state) {
    fixture *made = *state;
    char path[PATH_SIZE + 32];
    bp_store *store = open_store(made->data);
    put(store, BP_STORE_MODEL, "m", "{}", "kept");
    bp_store_close(store);
    const char *const files[] = {"00000000000000ff.blob", "0000000000000100.blob.tmp", "notes.txt"};
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        snprintf(path, sizeof path, "%.200s/blobs/%s", made->data, files[i]);
        write_text(path, "left by a crash");
    }
    assert_int_equal(count_blobs(made, NULL), 4);
    store = open_store(made->data);
    assert_int_equal(count_blobs(made, NULL), 2);
    assert_int_equal(access(path, F_OK), 0); /* notes.txt */
    assert_holds(store, BP_STORE_MODEL, "m={}:kept;");
    bp_store_close(store);
}

static void a_failed_put_changes_nothing(void **state) {
    fixture *made = *state;
    bp_store *store = open_store(made->data);
    bp_error err = {0};
    static const char two[FILE_BYTES];
    put(store, BP_STORE_MODEL, "m", "{1}", "one");
    bp_store_object object = {
        .kind = BP_STORE_MODEL, .name = "m", .json = NULL, .blob = two, .blob_size = sizeof two};
    assert_int_equal(bp_store_put(store, &object, &err), BP_IO); /* json is NOT NULL */
    assert_int_equal(count_blobs(made, NULL), 1);
    assert_holds(store, BP_STORE_MODEL, "m={1}:one;");
    bp_store_close(store);
}

static bp_status stop_at_once(void *context, const bp_store_object *object, bp_error *err) {
    ++*(size_t *)context;
    return bp_fail(err, BP_INVALID, NULL, "not %s", object->name);
}

static void a_failing_visitor_ends_the_load(void **state) {
    fixture *made = *state;
    bp_store *store = open_store(made->data);
    bp_error err = {0};
    size_t calls = 0;
    put(store, BP_STORE_MODEL, "m1", "{}", "a");
    put(store, BP_STORE_MODEL, "m2", "{}", "b");
    assert_int_equal(bp_store_load(store, BP_STORE_MODEL, stop_at_once, &calls, &err), BP_INVALID);
    assert_int_equal(calls, 1);
    assert_string_equal(err.message, "not m1");
    bp_store_close(store);
}

static void refuses_a_folder_that_cannot_be_made(void **state) {
    fixture *made = *state;
    bp_store *store = NULL;
    bp_error err = {0};
    write_text(made->data, "a file, not a folder");
    assert_int_equal(bp_store_open(&store, made->data, &err), BP_IO);
    assert_non_null(strstr(err.message, made->data));
    assert_int_equal(unlink(made->data), 0);
}

/* The schema's version stands in the file format of SQLite at byte 60, big-endian. */
static void refuses_a_newer_schema(void **state) {
    fixture *made = *state;
    bp_store_close(open_store(made->data));
    char path[PATH_SIZE + 32];
    snprintf(path, sizeof path, "%.200s/catalogue.sqlite3", made->data);
    int file = open(path, O_WRONLY);
    assert_true(file >= 0);
    assert_int_equal(pwrite(file, "\0\0\3\xe7", 4, 60), 4);
    close(file);
    bp_store *store = NULL;
    bp_error err = {0};
    assert_int_equal(bp_store_open(&store, made->data, &err), BP_INVALID);
    assert_non_null(strstr(err.message, "999"));
}

/* --- many threads --------------------------------------------------------------------------- */

enum { WRITERS = 4, ROUNDS = 25 };

typedef struct writer {
    bp_store *store;
    int number;
    size_t failures;
} writer;

/* One name of its own, one that all writers fight over, one failing put in the same batches. */
static void *write_much(void *argument) {
    static const char blob[FILE_BYTES];
    writer *self = argument;
    for (int round = 0; round < ROUNDS; round++) {
        char own[16], json[32];
        snprintf(own, sizeof own, "w%d", self->number);
        snprintf(json, sizeof json, "{%d}", round);
        bp_store_object object = {.kind = BP_STORE_MODEL,
                                  .name = own,
                                  .json = json,
                                  .blob = blob,
                                  .blob_size = sizeof blob};
        self->failures += bp_store_put(self->store, &object, NULL) != BP_OK;
        object.name = "shared";
        self->failures += bp_store_put(self->store, &object, NULL) != BP_OK;
        object.json = NULL;
        self->failures += bp_store_put(self->store, &object, NULL) != BP_IO;
        if (round % 5 == 4) {
            self->failures += bp_store_delete(self->store, BP_STORE_MODEL, own, NULL) != BP_OK;
        }
    }
    return NULL;
}

static void many_threads_write_at_once(void **state) {
    fixture *made = *state;
    bp_store *store = open_store(made->data);
    pthread_t threads[WRITERS];
    writer writers[WRITERS];
    for (int i = 0; i < WRITERS; i++) {
        writers[i] = (writer){.store = store, .number = i};
        assert_int_equal(pthread_create(&threads[i], NULL, write_much, &writers[i]), 0);
    }
    for (int i = 0; i < WRITERS; i++) {
        pthread_join(threads[i], NULL);
        assert_int_equal(writers[i].failures, 0);
    }
    transcript all = {0};
    assert_int_equal(bp_store_load(store, BP_STORE_MODEL, note, &all, NULL), BP_OK);
    assert_int_equal(all.objects, 1); /* "shared"; each deleted its own last */
    assert_int_equal(count_blobs(made, NULL), 1);
    bp_store_close(store);
}

/* --- kill -9 -------------------------------------------------------------------------------- */

/* Puts objects 0, 1, 2... and overwrites "last" each time; acknowledges each on the pipe. */
static void write_until_killed(const char *data_dir, int acknowledge) {
    bp_store *store = NULL;
    if (bp_store_open(&store, data_dir, NULL) != BP_OK) {
        _exit(1);
    }
    static char bytes[FILE_BYTES];
    for (int i = 0;; i++) {
        char name[16];
        snprintf(name, sizeof name, "%d", i);
        memset(bytes, 'a' + i % 26, sizeof bytes);
        bp_store_object object = {.kind = BP_STORE_JOB,
                                  .name = name,
                                  .json = name,
                                  .blob = bytes,
                                  .blob_size = sizeof bytes};
        bp_store_object last = object;
        last.name = "last";
        if (bp_store_put(store, &object, NULL) != BP_OK ||
            bp_store_put(store, &last, NULL) != BP_OK ||
            write(acknowledge, &i, sizeof i) != sizeof i) {
            _exit(1);
        }
    }
}

typedef struct tally {
    int acknowledged; /* the last number that was */
    int seen;         /* numbered objects */
    int last;
    bool wrong;
} tally;

static bp_status count_job(void *context, const bp_store_object *object, bp_error *err) {
    tally *all = context;
    const char *bytes = object->blob;
    int number = atoi(object->json);
    (void)err;
    all->wrong |= object->blob_size != FILE_BYTES || bytes[FILE_BYTES - 1] != 'a' + number % 26;
    if (strcmp(object->name, "last") == 0) {
        all->last = number;
    } else {
        all->seen++;
    }
    return BP_OK;
}

static void what_was_acknowledged_survives_kill_9(void **state) {
    fixture *made = *state;
    for (int round = 0; round < 3; round++) {
        int pipes[2];
        assert_int_equal(pipe(pipes), 0);
        pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0) {
            close(pipes[0]);
            write_until_killed(made->data, pipes[1]);
        }
        close(pipes[1]);
        tally all = {.last = -1};
        while (all.acknowledged < 10 + 3 * round) {
            assert_int_equal(read(pipes[0], &all.acknowledged, sizeof(int)), sizeof(int));
        }
        usleep(700 * (unsigned)round); /* another moment of the next put */
        kill(child, SIGKILL);
        assert_int_equal(waitpid(child, NULL, 0), child);
        while (read(pipes[0], &all.acknowledged, sizeof(int)) == sizeof(int)) {
        }
        close(pipes[0]);
        bp_store *store = open_store(made->data);
        assert_int_equal(bp_store_load(store, BP_STORE_JOB, count_job, &all, NULL), BP_OK);
        assert_false(all.wrong);
        assert_true(all.seen >= all.acknowledged + 1);
        assert_true(all.last >= all.acknowledged);
        assert_int_equal(count_blobs(made, NULL), all.seen + 1);
        bp_store_close(store);
    }
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(keeps_objects_by_kind_and_name),
        TEST(survives_reopening),
        TEST(replaces_in_place_and_removes_the_old_blob),
        TEST(deletes_object_and_blob),
        TEST(refuses_a_second_handle),
        TEST(refuses_a_second_process),
        TEST(names_a_damaged_blob),
        TEST(removes_orphans_and_nothing_else),
        TEST(a_failed_put_changes_nothing),
        TEST(a_failing_visitor_ends_the_load),
        TEST(refuses_a_folder_that_cannot_be_made),
        TEST(refuses_a_newer_schema),
        TEST(many_threads_write_at_once),
        TEST(what_was_acknowledged_survives_kill_9),
    };
#undef TEST
    return cmocka_run_group_tests(tests, NULL, NULL);
}
