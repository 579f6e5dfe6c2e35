/* libFuzzer: any bytes as NDJSON, whole and in pieces. */
#include <string.h>

#include "fuzz_pieces.h"
#include "ndjson_load.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static const char *const targets[] = {NULL, "a", "b,a", "c0", "a,b"};

static int is_same(const bp_error *a, const bp_error *b) {
    return a->code == b->code && a->line == b->line && a->column == b->column &&
           strcmp(a->field, b->field) == 0 && strcmp(a->message, b->message) == 0;
}

static void compare(bp_cell body, const bp_dataset_options *options, array_pieces pieces,
                    const bp_dataset *whole, const bp_error *whole_err) {
    bp_dataset *data = NULL;
    bp_error err = {0};
    bp_status status = ndjson_load(&data, body, options, pieces, &err);
    require((status == BP_OK) == (whole != NULL), "only one of them is accepted");
    if (whole != NULL) {
        require(strcmp(data->sha256, whole->sha256) == 0, "another data set");
        require(data->rejects.count == whole->rejects.count, "other rejects");
    } else {
        require(is_same(&err, whole_err), "another error");
    }
    bp_dataset_unref(data);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    bp_cell body = {(const char *)bytes, size};
    uint32_t choice = choose(bytes, size);
    bp_dataset_options options = {.target = targets[choice % (sizeof targets / sizeof targets[0])],
                                  .skip_rejects = choice / 4 % 2 == 1};
    bp_dataset *whole = NULL;
    bp_error err = {0};
    bp_status status =
        ndjson_load(&whole, body, &options, (array_pieces){SIZE_MAX, SIZE_MAX}, &err);
    require(status == err.code && (status == BP_OK) == (whole != NULL), "status");
    require(whole != NULL || err.message[0] != '\0', "an error without a message");
    for (size_t i = 0; i < FUZZ_CUTS; i++) {
        compare(body, &options, fuzz_cut(i, choice, size), whole, &err);
    }
    bp_dataset_unref(whole);
    return 0;
}
