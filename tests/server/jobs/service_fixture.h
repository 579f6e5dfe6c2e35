/* What the tests of the service share: a fresh data directory, small data, waiting for jobs. */
#ifndef BP_SERVICE_FIXTURE_H
#define BP_SERVICE_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "service.h"
#include "temporary_folder.h"

enum { FIXTURE_PATH_SIZE = 256 };

typedef struct fixture {
    char root[TEMPORARY_PATH_SIZE];
    char data_dir[FIXTURE_PATH_SIZE]; /* in root; made by the service */
    bp_service *service;              /* with a data directory and two threads */
} fixture;

int set_up(void **state);
int tear_down(void **state);
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

bp_service *open_service(const char *data_dir); /* NULL: keeps nothing */
void reopen(fixture *made);
/* A limit on the size of files stands in for a full disk: every write beyond it fails. */
void fill_disk(bool full);

/* Fails the test, showing the message, unless the status is the expected one. */
void expect(bp_status status, bp_status expected, const bp_error *err);
#define EXPECT_OK(call)                                                                            \
    do {                                                                                           \
        bp_error err_ = {0};                                                                       \
        bp_status status_ = (call);                                                                \
        expect(status_, BP_OK, &err_);                                                             \
    } while (0)

/* Rows around one centre for each class 'a', 'b', 'c', columns x0..; the caller's reference. */
bp_dataset *make_blobs(size_t rows, size_t features);
/* y = x0 - 2 x1, real targets. */
bp_dataset *make_plane(size_t rows);
void put_dataset(bp_service *service, const char *name, bp_dataset *data); /* takes the reference */

/* One hidden layer, softmax with the units open, cross-entropy; inputs open. */
bp_model_spec classifier(size_t hidden);
/* One hidden layer and a linear output, MSE; sizes open. */
bp_model_spec regressor(size_t hidden);
void create_model(bp_service *service, const char *name, const bp_model_spec *spec);

bp_job_request ask(const char *model, const char *dataset, uint64_t epochs);
uint64_t start(bp_service *service, const bp_job_request *request);
bp_job_info job_of(bp_service *service, uint64_t id);
/* Waits for the end, until `steps` are done, or for a state; fails the test after a minute. */
bp_job_info wait_for_end(bp_service *service, uint64_t id);
void wait_for_steps(bp_service *service, uint64_t id, uint64_t steps);
bp_job_info wait_for_state(bp_service *service, uint64_t id, bp_job_state state);

/* Digest of the model's current weights; "" where its sizes are open. */
void model_sha256(bp_service *service, const char *name, char hex[BP_DIGEST_HEX_SIZE]);
uint64_t model_version(bp_service *service, const char *name);

#endif
