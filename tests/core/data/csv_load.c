#include "csv_load.h"

static bp_status feed(bp_csv *csv, bp_cell body, csv_pieces pieces, bp_error *err) {
    bp_status status = BP_OK;
    size_t next = pieces.first;
    for (size_t at = 0; status == BP_OK && at < body.size;) {
        size_t rest = body.size - at;
        size_t size = next < rest ? next : rest;
        status = bp_csv_feed(csv, body.text + at, size, err);
        at += size;
        next = pieces.then;
    }
    return status == BP_OK ? bp_csv_finish(csv, err) : status;
}

bp_status csv_load(bp_dataset **out, bp_cell body, const char *target, csv_pieces pieces,
                   bp_error *err) {
    bp_dataset_options options = {.target = target};
    bp_dataset_builder *builder = NULL;
    bp_csv *csv = NULL;
    bp_status status = bp_dataset_builder_new(&builder, &options, err);
    if (status == BP_OK) {
        status = bp_csv_new(&csv, builder, NULL, err);
    }
    if (status == BP_OK) {
        status = feed(csv, body, pieces, err);
    }
    if (status == BP_OK) {
        status = bp_dataset_builder_finish(builder, out, err);
    }
    bp_csv_free(csv);
    bp_dataset_builder_free(builder);
    return status;
}
