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
    const bp_dataset_options options = {.target = target};
    const csv_settings settings = {.dataset = &options};
    return csv_load_with(out, body, &settings, pieces, err);
}

bp_status csv_load_with(bp_dataset **out, bp_cell body, const csv_settings *settings,
                        csv_pieces pieces, bp_error *err) {
    bp_dataset_builder *builder = NULL;
    bp_csv *csv = NULL;
    bp_status status = bp_dataset_builder_new(&builder, settings->dataset, err);
    if (status == BP_OK) {
        status = bp_csv_new(&csv, builder, settings->csv, err);
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
