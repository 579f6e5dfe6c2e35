/* A store in a fresh folder, and what the tests of batches say often. A wrong result fails the
 * test. */
#ifndef BP_STORE_FIXTURE_H
#define BP_STORE_FIXTURE_H

#include "store.h"
#include "temporary_folder.h"

enum { STORE_PATH_SIZE = 320 };

typedef struct store_fixture {
    char root[TEMPORARY_PATH_SIZE];
    char data[STORE_PATH_SIZE]; /* the data directory in it */
    bp_store *store;            /* open, or NULL */
} store_fixture;

/* For cmocka: *state is a store_fixture * with an open store. */
int set_up_store(void **state);
int tear_down_store(void **state);

void close_store(store_fixture *made);
/* Closes it where it is open, and opens it. */
void reopen_store(store_fixture *made);

/* Files in the folder of blobs; the last one's path goes to `path`, which may be NULL. */
size_t count_blob_files(const store_fixture *made, char path[STORE_PATH_SIZE]);

void expect_status(bp_status status, bp_status expected, const bp_error *err);

bp_store_batch *new_batch(store_fixture *made);
/* Adds an object whose json is {} and whose blob is `size` bytes `fill`; -1: no blob. */
void add_object(bp_store_batch *batch, const char *name, int fill, long size);
void add_event(bp_store_batch *batch, uint64_t job, uint64_t sequence, const char *data);
void add_key(bp_store_batch *batch, const char *key, double at);
/* Commits and expects success. */
void commit(store_fixture *made, bp_store_batch *batch);

/* The models of the store must be these, as "name:FILLxSIZE " each, or "name:- " without a blob. */
void expect_models(store_fixture *made, const char *expected);
/* The events must be these, as "job.sequence=data " each. */
void expect_events(store_fixture *made, const char *expected);
/* Whether the key is there. */
bool has_key(store_fixture *made, const char *key);

#endif
