#include "ndjson_load.h"

static bp_status feed(bp_ndjson *ndjson, bp_cell body, array_pieces pieces, bp_error *err) {
    bp_status status = BP_OK;
    size_t next = pieces.first;
    for (size_t at = 0; status == BP_OK && at < body.size;) {
        size_t size = next < body.size - at ? next : body.size - at;
        status = bp_ndjson_feed(ndjson, body.text + at, size, err);
        at += size;
        next = pieces.then;
    }
    return status == BP_OK ? bp_ndjson_finish(ndjson, err) : status;
}

bp_status ndjson_load(bp_dataset **out, bp_cell body, const bp_dataset_options *options,
                      array_pieces pieces, bp_error *err) {
    bp_dataset_builder *builder = NULL;
    bp_ndjson *ndjson = NULL;
    bp_status status = bp_dataset_builder_new(&builder, options, err);
    if (status == BP_OK) {
        status = bp_ndjson_new(&ndjson, builder, err);
    }
    if (status == BP_OK) {
        status = feed(ndjson, body, pieces, err);
    }
    if (status == BP_OK) {
        status = bp_dataset_builder_finish(builder, out, err);
    }
    bp_ndjson_free(ndjson);
    bp_dataset_builder_free(builder);
    return status;
}
