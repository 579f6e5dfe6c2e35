/* What a start makes of an old catalogue, and of blobs that are damaged. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "store_fixture.h"

#define FILE_BYTES (BP_STORE_INLINE_BLOB + 1)

/* Runs SQL on the catalogue of a store that is closed. */
static void run_sql(const store_fixture *made, const char *sql) {
    char path[STORE_PATH_SIZE + 32];
    char *message = NULL;
    sqlite3 *database = NULL;
    snprintf(path, sizeof path, "%.300s/catalogue.sqlite3", made->data);
    assert_int_equal(sqlite3_open(path, &database), SQLITE_OK);
    if (sqlite3_exec(database, sql, NULL, NULL, &message) != SQLITE_OK) {
        fail_msg("%s", message);
    }
    assert_int_equal(sqlite3_close(database), SQLITE_OK);
}

static void write_file(const char *path, const char *text) {
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

/* --- an old catalogue ----------------------------------------------------------------------- */

/* The first release's, with a blob of each kind: a small file, an empty one, none. */
static const char version_1[] =
    "PRAGMA journal_mode = WAL;"
    "CREATE TABLE objects ("
    " id INTEGER PRIMARY KEY AUTOINCREMENT,"
    " kind TEXT NOT NULL,"
    " name TEXT NOT NULL,"
    " json TEXT NOT NULL,"
    " blob_file TEXT UNIQUE,"
    " blob_size INTEGER,"
    " blob_sha256 TEXT,"
    " UNIQUE (kind, name)"
    ") STRICT;"
    "INSERT INTO objects (kind, name, json, blob_file, blob_size, blob_sha256) VALUES"
    " ('model', 'small', '{}', '0000000000000003.blob', 3,"
    "  'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'),"
    " ('model', 'empty', '{}', '0000000000000004.blob', 0,"
    "  'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'),"
    " ('model', 'none', '{}', NULL, NULL, NULL);"
    "PRAGMA user_version = 1";

static bp_status note(void *context, const bp_store_object *object, bp_error *err) {
    char *text = context;
    const size_t used = strlen(text);
    (void)err;
    snprintf(text + used, 256 - used, "%s:%.*s ", object->name,
             object->blob != NULL ? (int)object->blob_size : 1,
             object->blob != NULL ? (const char *)object->blob : "-");
    return BP_OK;
}

static void make_version_1(store_fixture *made) {
    char path[STORE_PATH_SIZE + 64];
    close_store(made);
    remove_folder(made->data);
    assert_int_equal(mkdir(made->data, 0700), 0);
    run_sql(made, version_1);
    snprintf(path, sizeof path, "%.300s/blobs", made->data);
    assert_int_equal(mkdir(path, 0700), 0);
    snprintf(path, sizeof path, "%.300s/blobs/0000000000000003.blob", made->data);
    write_file(path, "abc");
    snprintf(path, sizeof path, "%.300s/blobs/0000000000000004.blob", made->data);
    write_file(path, "");
}

static void version_1_is_taken_over(void **state) {
    store_fixture *made = *state;
    make_version_1(made);
    for (int round = 0; round < 2; round++) {
        char text[256] = "";
        bp_error err = {0};
        reopen_store(made);
        expect_status(bp_store_load(made->store, BP_STORE_MODEL, note, text, &err), BP_OK, &err);
        assert_string_equal(text, "small:abc empty: none:- ");
        assert_int_equal(count_blob_files(made, NULL), 2);
    }
    bp_store_batch *batch = new_batch(made);
    add_event(batch, 1, 1, "x");
    add_key(batch, "k", 1);
    add_object(batch, "small", 'n', 4);
    add_object(batch, "large", 'n', FILE_BYTES);
    commit(made, batch);
    reopen_store(made);
    expect_models(made, "small:nx4 empty:?x0 none:- large:nx65537 ");
    expect_events(made, "1.1=x ");
    assert_int_equal(count_blob_files(made, NULL), 2);
}

/* --- damage --------------------------------------------------------------------------------- */

static void put(store_fixture *made, bp_store_kind kind, const char *name, size_t size) {
    bp_error err = {0};
    char *bytes = calloc(1, size + 1);
    assert_non_null(bytes);
    const bp_store_object object = {
        .kind = kind, .name = name, .json = "{\"step\": 3}", .blob = bytes, .blob_size = size};
    expect_status(bp_store_put(made->store, &object, &err), BP_OK, &err);
    free(bytes);
}

static void damage_file(const char *path) {
    int file = open(path, O_WRONLY);
    assert_true(file >= 0);
    assert_int_equal(pwrite(file, "!", 1, 1000), 1);
    close(file);
}

/* What a load told: "name " for each object. */
typedef struct story {
    char text[1024];
    size_t each_limit; /* fails at so many; 0: never */
} story;

static bp_status tell_object(void *context, const bp_store_object *object, bp_error *err) {
    story *all = context;
    const size_t used = strlen(all->text);
    snprintf(all->text + used, sizeof all->text - used, "%s ", object->name);
    return all->each_limit == 1 ? bp_fail(err, BP_IO, NULL, "the visitor's own") : BP_OK;
}

/* 1.1 stays whole; the bytes of 1.2 (in the catalogue), 1.3 (a file) and 1.4 (mapped) change; the
 * file of 1.5 goes; 1.6 stays whole. */
static void make_damage(store_fixture *made) {
    static const struct {
        const char *name;
        size_t size;
    } blobs[] = {{"1.1", 100},        {"1.2", 100},
                 {"1.3", FILE_BYTES}, {"1.4", BP_STORE_LARGE_BLOB + 1},
                 {"1.5", FILE_BYTES}, {"1.6", FILE_BYTES}};
    char path[3][STORE_PATH_SIZE + 64];
    for (size_t i = 0; i < sizeof blobs / sizeof blobs[0]; i++) {
        put(made, BP_STORE_CHECKPOINT, blobs[i].name, blobs[i].size);
    }
    close_store(made);
    run_sql(made, "UPDATE objects SET blob = randomblob(100) WHERE name = '1.2'");
    for (int i = 0; i < 3; i++) { /* blobs with files are numbered from 1 */
        snprintf(path[i], sizeof path[i], "%.300s/blobs/%016x.blob", made->data, i + 1U);
    }
    damage_file(path[0]);
    damage_file(path[1]);
    assert_int_equal(unlink(path[2]), 0);
    reopen_store(made);
}

static void a_list_reads_no_blob(void **state) {
    store_fixture *made = *state;
    bp_error err = {0};
    story all = {0};
    make_damage(made);
    expect_status(bp_store_list(made->store, BP_STORE_CHECKPOINT, tell_object, &all, &err), BP_OK,
                  &err);
    assert_string_equal(all.text, "1.1 1.2 1.3 1.4 1.5 1.6 ");
    story stopped = {.each_limit = 1};
    assert_int_equal(bp_store_list(made->store, BP_STORE_CHECKPOINT, tell_object, &stopped, &err),
                     BP_IO);
    assert_string_equal(err.message, "the visitor's own");
    assert_string_equal(stopped.text, "1.1 ");
}

static void damage_ends_a_load_that_does_not_ask(void **state) {
    store_fixture *made = *state;
    bp_error err = {0};
    story all = {0};
    make_damage(made);
    assert_int_equal(bp_store_load(made->store, BP_STORE_CHECKPOINT, tell_object, &all, &err),
                     BP_IO);
    assert_string_equal(all.text, "1.1 ");
    static const struct {
        const char *name, *why;
    } damaged[] = {
        {"1.2", "its blob is damaged: its SHA-256 is not the one recorded"},
        {"1.3", "blobs/0000000000000001.blob is damaged: its SHA-256 is not the one recorded"},
        {"1.4", "blobs/0000000000000002.blob is damaged: its SHA-256 is not the one recorded"},
        {"1.5", "cannot read blobs/0000000000000003.blob: No such file or directory"},
    };
    for (size_t i = 0; i < sizeof damaged / sizeof *damaged; i++) {
        const bp_store_object key = {.kind = BP_STORE_CHECKPOINT, .name = damaged[i].name};
        assert_int_equal(bp_store_load_one(made->store, &key, tell_object, &all, &err), BP_IO);
        assert_non_null(strstr(err.message, damaged[i].why));
    }
    assert_string_equal(all.text, "1.1 ");
}

static void a_blob_of_the_wrong_size_is_damaged(void **state) {
    store_fixture *made = *state;
    bp_error err = {0};
    story all = {0};
    put(made, BP_STORE_MODEL, "m", 100);
    close_store(made);
    run_sql(made, "UPDATE objects SET blob = zeroblob(99)");
    reopen_store(made);
    assert_int_equal(bp_store_load(made->store, BP_STORE_MODEL, tell_object, &all, &err), BP_IO);
    assert_non_null(strstr(err.message, "99 bytes, not 100"));
    assert_string_equal(all.text, "");
}

/* --- visitors that write -------------------------------------------------------------------- */

static bp_status delete_itself(void *context, const bp_store_object *object, bp_error *err) {
    assert_int_equal(object->blob_size, 100);
    return bp_store_delete(((store_fixture *)context)->store, object->kind, object->name, err);
}

static void a_visitor_may_delete_what_it_sees(void **state) {
    store_fixture *made = *state;
    bp_error err = {0};
    put(made, BP_STORE_VERSION, "a", 100);
    put(made, BP_STORE_VERSION, "b", 100);
    expect_status(bp_store_load(made->store, BP_STORE_VERSION, delete_itself, made, &err), BP_OK,
                  &err);
    story all = {0};
    expect_status(bp_store_load(made->store, BP_STORE_VERSION, tell_object, &all, &err), BP_OK,
                  &err);
    assert_string_equal(all.text, "");
}

static bp_status replace_the_next(void *context, const bp_store_object *object, bp_error *err) {
    const bp_store_object next = {
        .kind = object->kind, .name = "b", .json = "{}", .blob = "new", .blob_size = 3};
    assert_string_equal(object->name, "a");
    return bp_store_put(((store_fixture *)context)->store, &next, err);
}

/* Its description was read before: the new bytes do not belong to it. */
static void what_is_replaced_meanwhile_is_not_mixed(void **state) {
    store_fixture *made = *state;
    bp_error err = {0};
    put(made, BP_STORE_VERSION, "a", 100);
    put(made, BP_STORE_VERSION, "b", 100);
    assert_int_equal(bp_store_load(made->store, BP_STORE_VERSION, replace_the_next, made, &err),
                     BP_IO);
    assert_non_null(strstr(err.message, "'b' cannot be loaded: it was replaced"));
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up_store, tear_down_store)
    const struct CMUnitTest tests[] = {
        TEST(version_1_is_taken_over),
        TEST(a_list_reads_no_blob),
        TEST(damage_ends_a_load_that_does_not_ask),
        TEST(a_blob_of_the_wrong_size_is_damaged),
        TEST(a_visitor_may_delete_what_it_sees),
        TEST(what_is_replaced_meanwhile_is_not_mixed),
    };
#undef TEST
    return cmocka_run_group_tests(tests, NULL, NULL);
}
