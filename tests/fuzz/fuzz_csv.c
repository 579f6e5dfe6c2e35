/* libFuzzer: any bytes as CSV, under options that follow from the bytes. Beside what the sanitizers
 * find, a body must give the same data set with the same rejects, or the same error, whether it is
 * fed whole or in pieces, and a data set must keep its promises. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "csv_load.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static const char *const targets[] = {NULL, "a", "b,a", "y", "a,b"};

static const bp_csv_options dialects[] = {{0},
                                          {.comment = '#'},
                                          {.no_header = true},
                                          {.separator = '\t'},
                                          {.separator = ' ', .comment = ';'}};
enum {
    TARGETS = sizeof targets / sizeof targets[0],
    DIALECTS = sizeof dialects / sizeof dialects[0]
};

static void require(int holds, const char *what) {
    if (!holds) {
        fprintf(stderr, "fuzz_csv: %s\n", what);
        abort();
    }
}

/* FNV-1a: the choices for a body follow from the body. */
static uint32_t choose(bp_cell body) {
    uint32_t hash = 2166136261u;
    for (size_t i = 0; i < body.size; i++) {
        hash = (hash ^ (uint8_t)body.text[i]) * 16777619u;
    }
    return hash ^ hash >> 15;
}

static void check_stats(const bp_column_stats *stats) {
    if (isnan(stats->min)) {
        return; /* text, or nothing but missing values */
    }
    double slack = 1e-9 * (fabs(stats->min) + fabs(stats->max));
    require(stats->min - slack <= stats->mean && stats->mean <= stats->max + slack, "mean");
    require(isfinite(stats->standard_deviation) && stats->standard_deviation >= 0, "deviation");
}

static void check_dataset(const bp_dataset *data) {
    size_t features = data->features.count;
    require(data->rows > 0 && features > 0 && data->targets.count > 0, "sizes");
    for (size_t i = 0; i < data->rows * features; i++) {
        require(!isinf(data->x[i]), "a feature that is not finite");
    }
    for (size_t i = 0; data->y != NULL && i < data->rows * data->targets.count; i++) {
        require(isfinite(data->y[i]), "a target that is not finite");
    }
    require(data->y != NULL || data->class_index != NULL, "no target");
    require((data->class_index != NULL) == (data->classes.count > 0), "classes");
    for (size_t i = 0; data->class_index != NULL && i < data->rows; i++) {
        require((size_t)data->class_index[i] < data->classes.count, "class index");
    }
    for (size_t i = 0; i < features + data->targets.count; i++) {
        check_stats(&data->stats[i]);
    }
}

static int is_same(const bp_error *a, const bp_error *b) {
    return a->code == b->code && a->line == b->line && a->column == b->column &&
           strcmp(a->field, b->field) == 0 && strcmp(a->message, b->message) == 0;
}

static int are_same_rejects(const bp_rejects *a, const bp_rejects *b) {
    int same = a->count == b->count && a->kept == b->kept;
    for (size_t i = 0; same && i < a->kept; i++) {
        same = is_same(&a->first[i], &b->first[i]);
    }
    return same;
}

static void compare(bp_cell body, const csv_settings *settings, csv_pieces pieces,
                    const bp_dataset *whole, const bp_error *whole_err) {
    bp_dataset *data = NULL;
    bp_error err = {0};
    bp_status status = csv_load_with(&data, body, settings, pieces, &err);
    require((status == BP_OK) == (whole != NULL), "only one of them is accepted");
    if (whole != NULL) {
        require(strcmp(data->sha256, whole->sha256) == 0, "another data set");
        require(are_same_rejects(&data->rejects, &whole->rejects), "other rejects");
    } else {
        require(is_same(&err, whole_err), "another error");
    }
    bp_dataset_unref(data);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    bp_cell body = {(const char *)bytes, size};
    uint32_t choice = choose(body);
    const bp_dataset_options options = {.target = targets[choice % TARGETS],
                                        .skip_rejects = choice / TARGETS % 2 != 0};
    const csv_settings settings = {.dataset = &options, .csv = &dialects[choice / 16 % DIALECTS]};
    bp_dataset *whole = NULL;
    bp_error err = {0};
    bp_status status =
        csv_load_with(&whole, body, &settings, (csv_pieces){SIZE_MAX, SIZE_MAX}, &err);
    require(status == err.code && (status == BP_OK) == (whole != NULL), "status");
    if (whole != NULL) {
        check_dataset(whole);
    } else {
        require(err.message[0] != '\0', "an error without a message");
    }
    uint32_t place = choice / 128;
    compare(body, &settings, (csv_pieces){1, 1}, whole, &err);
    compare(body, &settings, (csv_pieces){place % (size + 1), SIZE_MAX}, whole, &err);
    compare(body, &settings, (csv_pieces){place % 16, 1 + place / 16 % 32}, whole, &err);
    bp_dataset_unref(whole);
    return 0;
}
