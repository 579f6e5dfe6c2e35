#include "store_fixture.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { TEXT_SIZE = 4096 };

void expect_status(bp_status status, bp_status expected, const bp_error *err) {
    if (status != expected) {
        fail_msg("%s, not %s: %s", bp_status_name(status), bp_status_name(expected), err->message);
    }
}

void close_store(store_fixture *made) {
    bp_store_close(made->store);
    made->store = NULL;
}

void reopen_store(store_fixture *made) {
    bp_error err = {0};
    close_store(made);
    expect_status(bp_store_open(&made->store, made->data, &err), BP_OK, &err);
}

int set_up_store(void **state) {
    store_fixture *made = calloc(1, sizeof *made);
    if (made == NULL || !make_temporary_folder(made->root)) {
        free(made);
        return -1;
    }
    snprintf(made->data, sizeof made->data, "%.200s/data", made->root);
    reopen_store(made);
    *state = made;
    return 0;
}

int tear_down_store(void **state) {
    store_fixture *made = *state;
    close_store(made);
    remove_folder(made->root);
    free(made);
    return 0;
}

size_t count_blob_files(const store_fixture *made, char path[STORE_PATH_SIZE]) {
    char folder[STORE_PATH_SIZE];
    snprintf(folder, sizeof folder, "%.200s/blobs", made->data);
    DIR *entries = opendir(folder);
    assert_non_null(entries);
    size_t count = 0;
    for (struct dirent *entry; (entry = readdir(entries)) != NULL;) {
        if (entry->d_name[0] != '.') {
            count++;
            if (path != NULL) {
                snprintf(path, STORE_PATH_SIZE, "%.220s/%.60s", folder, entry->d_name);
            }
        }
    }
    closedir(entries);
    return count;
}

/* --- batches -------------------------------------------------------------------------------- */

bp_store_batch *new_batch(store_fixture *made) {
    bp_store_batch *batch = NULL;
    bp_error err = {0};
    expect_status(bp_store_batch_new(&batch, made->store, &err), BP_OK, &err);
    return batch;
}

void add_object(bp_store_batch *batch, const char *name, int fill, long size) {
    bp_error err = {0};
    char *bytes = NULL;
    if (size >= 0) {
        bytes = malloc((size_t)size + 1);
        assert_non_null(bytes);
        memset(bytes, fill, (size_t)size + 1);
    }
    const bp_store_object object = {.kind = BP_STORE_MODEL,
                                    .name = name,
                                    .json = "{}",
                                    .blob = bytes,
                                    .blob_size = size >= 0 ? (size_t)size : 0};
    expect_status(bp_store_batch_put(batch, &object, &err), BP_OK, &err);
    free(bytes);
}

void add_event(bp_store_batch *batch, uint64_t job, uint64_t sequence, const char *data) {
    bp_error err = {0};
    const bp_store_event event = {
        .job = job, .sequence = sequence, .at = 1.5, .type = "epoch", .data = data};
    expect_status(bp_store_batch_event(batch, &event, &err), BP_OK, &err);
}

void add_key(bp_store_batch *batch, const char *key, double at) {
    bp_error err = {0};
    const bp_store_key made = {.key = key,
                               .request_sha256 = "abc",
                               .at = at,
                               .status = 202,
                               .content_type = "application/json",
                               .body = "{}"};
    expect_status(bp_store_batch_key(batch, &made, &err), BP_OK, &err);
}

void commit(store_fixture *made, bp_store_batch *batch) {
    bp_error err = {0};
    expect_status(bp_store_commit(made->store, batch, &err), BP_OK, &err);
}

/* --- what is there -------------------------------------------------------------------------- */

static bp_status note_object(void *context, const bp_store_object *object, bp_error *err) {
    char *text = context;
    const size_t used = strlen(text);
    const char *bytes = object->blob;
    (void)err;
    assert_true(object->is_checked || bytes == NULL);
    for (size_t i = 1; bytes != NULL && i < object->blob_size; i++) {
        assert_int_equal(bytes[i], bytes[0]);
    }
    if (bytes == NULL) {
        snprintf(text + used, TEXT_SIZE - used, "%s:- ", object->name);
    } else {
        snprintf(text + used, TEXT_SIZE - used, "%s:%cx%zu ", object->name,
                 object->blob_size > 0 ? bytes[0] : '?', object->blob_size);
    }
    return BP_OK;
}

void expect_models(store_fixture *made, const char *expected) {
    char text[TEXT_SIZE] = "";
    bp_error err = {0};
    expect_status(bp_store_load(made->store, BP_STORE_MODEL, note_object, text, &err), BP_OK, &err);
    assert_string_equal(text, expected);
}

static bp_status note_event(void *context, const bp_store_event *event, bp_error *err) {
    char *text = context;
    const size_t used = strlen(text);
    (void)err;
    snprintf(text + used, TEXT_SIZE - used, "%llu.%llu=%s ", (unsigned long long)event->job,
             (unsigned long long)event->sequence, event->data);
    return BP_OK;
}

void expect_events(store_fixture *made, const char *expected) {
    char text[TEXT_SIZE] = "";
    bp_error err = {0};
    expect_status(bp_store_load_events(made->store, note_event, text, &err), BP_OK, &err);
    assert_string_equal(text, expected);
}

static void ignore_key(void *context, const bp_store_key *key) {
    (void)context, (void)key;
}

bool has_key(store_fixture *made, const char *key) {
    bp_error err = {0};
    bp_status status = bp_store_find_key(made->store, key, ignore_key, NULL, &err);
    if (status != BP_OK) {
        expect_status(status, BP_NOT_FOUND, &err);
    }
    return status == BP_OK;
}
