/* Bytes pass two doors. At the first, what begins like gzip is decompressed; at the second, what
 * comes is a format that was named, or one that its first bytes tell. A door that does not know yet
 * holds back the few bytes that it needs, so that the pieces of a body change nothing.
 *
 * The first RELAY_AFTER bytes are worked on by who brings them; after these a thread does it, so
 * that a large body is received while what came before is read. All but `relay` and `received`
 * belongs to that thread as long as there is a relay, also the failure: who wants it ends the
 * relay. */
#include "table_upload.h"

#include <stdlib.h>
#include <string.h>

#include "gunzip.h"
#include "idx.h"
#include "ndjson.h"
#include "npy.h"
#include "piece_relay.h"
#include "safetensors_reader.h"

#define X(name, wire, media) wire,
static const char *const names[] = {BP_TABLE_FORMAT_TABLE(X)};
#undef X
#define X(name, wire, media) media,
static const char *const media_types[] = {BP_TABLE_FORMAT_TABLE(X)};
#undef X
const bp_vocabulary bp_table_formats = {"format", BP_TABLE_FORMAT_COUNT, names, media_types};

enum { RELAY_AFTER = 1 << 20 };
enum { FIRST_BYTES = 10 }; /* what a guess needs: safetensors' length and its brace */

typedef struct first_bytes {
    char bytes[FIRST_BYTES];
    size_t size;
} first_bytes;

struct bp_table_upload {
    bp_table_options options;
    bp_dataset_builder *builder;
    first_bytes outer, inner;
    bool is_open;      /* the first door has decided */
    bp_gunzip *gunzip; /* NULL: it comes as it is */
    bool has_parser;   /* the second door has decided */
    bp_table_format format;
    union {
        bp_csv *csv;
        bp_ndjson *ndjson;
        bp_array_reader *array;
    } parser;
    bp_error failure; /* code BP_OK: none */
    uint64_t received;
    bp_piece_relay *relay; /* NULL: not yet, no more, or no thread could be had */
};

/* --- parsers -------------------------------------------------------------------------------- */

static bp_status open_csv(bp_table_upload *upload, bp_error *err) {
    return bp_csv_new(&upload->parser.csv, upload->builder, &upload->options.csv, err);
}

static bp_status open_tsv(bp_table_upload *upload, bp_error *err) {
    upload->options.csv.separator = '\t';
    return open_csv(upload, err);
}

static bp_status feed_csv(bp_table_upload *upload, const char *bytes, size_t size, bp_error *err) {
    return bp_csv_feed(upload->parser.csv, bytes, size, err);
}

static bp_status finish_csv(bp_table_upload *upload, bp_error *err) {
    return bp_csv_finish(upload->parser.csv, err);
}

static void free_csv(bp_table_upload *upload) {
    bp_csv_free(upload->parser.csv);
}

static bp_status open_ndjson(bp_table_upload *upload, bp_error *err) {
    return bp_ndjson_new(&upload->parser.ndjson, upload->builder, err);
}

static bp_status feed_ndjson(bp_table_upload *upload, const char *bytes, size_t size,
                             bp_error *err) {
    return bp_ndjson_feed(upload->parser.ndjson, bytes, size, err);
}

static bp_status finish_ndjson(bp_table_upload *upload, bp_error *err) {
    return bp_ndjson_finish(upload->parser.ndjson, err);
}

static void free_ndjson(bp_table_upload *upload) {
    bp_ndjson_free(upload->parser.ndjson);
}

/* The sink of an array: its columns, then its rows. */
static bp_status take_shape(void *context, const bp_array_shape *shape, bp_error *err) {
    bp_table_upload *upload = context;
    return shape->names != NULL ? bp_dataset_builder_header(upload->builder, shape->names, err)
                                : bp_dataset_builder_unnamed(upload->builder, shape->columns, err);
}

static bp_status take_rows(void *context, const float *values, size_t rows, bp_error *err) {
    return bp_dataset_builder_numbers(((bp_table_upload *)context)->builder, values, rows, err);
}

static bp_status open_array(bp_table_upload *upload, bp_error *err) {
    static const bp_array_format *const formats[BP_TABLE_FORMAT_COUNT] = {
        [BP_TABLE_NPY] = &bp_npy_format,
        [BP_TABLE_IDX] = &bp_idx_format,
        [BP_TABLE_SAFETENSORS] = &bp_safetensors_format,
    };
    const bp_array_sink sink = {.context = upload, .header = take_shape, .rows = take_rows};
    return bp_array_reader_new(&upload->parser.array, formats[upload->format], &sink,
                               upload->options.gathered_limit, err);
}

static bp_status feed_array(bp_table_upload *upload, const char *bytes, size_t size,
                            bp_error *err) {
    return bp_array_reader_feed(upload->parser.array, bytes, size, err);
}

static bp_status finish_array(bp_table_upload *upload, bp_error *err) {
    return bp_array_reader_finish(upload->parser.array, err);
}

static void free_array(bp_table_upload *upload) {
    bp_array_reader_free(upload->parser.array);
}

static const struct parser {
    bool is_array; /* features and their target usually come apart */
    bp_status (*open)(bp_table_upload *upload, bp_error *err);
    bp_status (*feed)(bp_table_upload *upload, const char *bytes, size_t size, bp_error *err);
    bp_status (*finish)(bp_table_upload *upload, bp_error *err);
    void (*free)(bp_table_upload *upload);
} parsers[BP_TABLE_FORMAT_COUNT] = {
    [BP_TABLE_CSV] = {false, open_csv, feed_csv, finish_csv, free_csv},
    [BP_TABLE_TSV] = {false, open_tsv, feed_csv, finish_csv, free_csv},
    [BP_TABLE_NDJSON] = {false, open_ndjson, feed_ndjson, finish_ndjson, free_ndjson},
    [BP_TABLE_NPY] = {true, open_array, feed_array, finish_array, free_array},
    [BP_TABLE_IDX] = {true, open_array, feed_array, finish_array, free_array},
    [BP_TABLE_SAFETENSORS] = {true, open_array, feed_array, finish_array, free_array},
};

/* --- first bytes ---------------------------------------------------------------------------- */

static bool begins(const first_bytes *first, const char *with, size_t size) {
    return first->size >= size && memcmp(first->bytes, with, size) == 0;
}

static bool is_gzip(const first_bytes *first) {
    return begins(first, "\x1f\x8b", 2);
}

/* A length below 2^24, and the brace of its header. */
static bool is_safetensors(const first_bytes *first) {
    return first->size > 8 && memcmp(first->bytes + 3, "\0\0\0\0\0", 5) == 0 &&
           first->bytes[8] == '{';
}

static bp_table_format guess(const first_bytes *first) {
    const char *text = first->bytes;
    size_t size = first->size;
    if (begins(first, "\x93NUMPY", 6)) {
        return BP_TABLE_NPY;
    }
    if (begins(first, "\0\0", 2)) {
        return BP_TABLE_IDX;
    }
    if (is_safetensors(first)) {
        return BP_TABLE_SAFETENSORS;
    }
    while (size > 0 && strchr(" \t\r\n", *text) != NULL) {
        text++;
        size--;
    }
    return size > 0 && (*text == '{' || *text == '[') ? BP_TABLE_NDJSON : BP_TABLE_CSV;
}

/* Moves bytes to the first ones while there is room; true: they are complete. */
static bool gather(first_bytes *first, const char **bytes, size_t *size) {
    size_t taken = FIRST_BYTES - first->size < *size ? FIRST_BYTES - first->size : *size;
    memcpy(first->bytes + first->size, *bytes, taken);
    first->size += taken;
    *bytes += taken;
    *size -= taken;
    return first->size == FIRST_BYTES;
}

/* --- the second door ------------------------------------------------------------------------- */

static bp_status open_builder(bp_table_upload *upload, bp_error *err) {
    bp_dataset_options *o = &upload->options.dataset;
    const bool named = o->target != NULL && *o->target != '\0';
    o->no_target = o->no_target || (parsers[upload->format].is_array && !named);
    bp_status status = bp_dataset_builder_new(&upload->builder, o, err);
    if (status == BP_OK && upload->options.base != NULL) {
        status = bp_dataset_builder_continue(upload->builder, upload->options.base, err);
    }
    return status;
}

/* Opens the parser and gives it the bytes that were held back. */
static bp_status open_parser(bp_table_upload *upload, bp_error *err) {
    const bp_table_options *o = &upload->options;
    upload->format = o->has_format ? o->format : guess(&upload->inner);
    bp_status status = open_builder(upload, err);
    if (status == BP_OK) {
        status = parsers[upload->format].open(upload, err);
    }
    upload->has_parser = status == BP_OK;
    if (status == BP_OK && upload->inner.size > 0) {
        status = parsers[upload->format].feed(upload, upload->inner.bytes, upload->inner.size, err);
    }
    return status;
}

static bp_status take_plain(void *context, const char *bytes, size_t size, bp_error *err) {
    bp_table_upload *upload = context;
    bp_status status = BP_OK;
    if (!upload->has_parser) {
        if (!gather(&upload->inner, &bytes, &size)) {
            return BP_OK;
        }
        status = open_parser(upload, err);
    }
    return status == BP_OK && size > 0 ? parsers[upload->format].feed(upload, bytes, size, err)
                                       : status;
}

/* --- the first door -------------------------------------------------------------------------- */

static bp_status pass(bp_table_upload *upload, const char *bytes, size_t size, bp_error *err) {
    return upload->gunzip != NULL ? bp_gunzip_feed(upload->gunzip, bytes, size, err)
                                  : take_plain(upload, bytes, size, err);
}

static bp_status open_door(bp_table_upload *upload, bp_error *err) {
    bp_status status = BP_OK;
    upload->is_open = true;
    if (is_gzip(&upload->outer)) {
        const bp_byte_sink sink = {.context = upload, .bytes = take_plain};
        status = bp_gunzip_new(&upload->gunzip, &sink, upload->options.limit_bytes, err);
    }
    return status == BP_OK && upload->outer.size > 0
               ? pass(upload, upload->outer.bytes, upload->outer.size, err)
               : status;
}

static bp_status feed(bp_table_upload *upload, const char *bytes, size_t size, bp_error *err) {
    bp_status status = BP_OK;
    if (!upload->is_open) {
        if (!gather(&upload->outer, &bytes, &size)) {
            return BP_OK;
        }
        status = open_door(upload, err);
    }
    return status == BP_OK && size > 0 ? pass(upload, bytes, size, err) : status;
}

static bp_status finish(bp_table_upload *upload, bp_error *err) {
    bp_status status = upload->is_open ? BP_OK : open_door(upload, err);
    if (status == BP_OK && upload->gunzip != NULL) {
        status = bp_gunzip_finish(upload->gunzip, err);
    }
    if (status == BP_OK && !upload->has_parser) {
        status = open_parser(upload, err);
    }
    return status == BP_OK ? parsers[upload->format].finish(upload, err) : status;
}

/* --- on another thread ----------------------------------------------------------------------- */

static bool take_relayed(void *context, const char *bytes, size_t size) {
    bp_table_upload *upload = context;
    return feed(upload, bytes, size, &upload->failure) == BP_OK;
}

/* Once. Without a thread, or without memory for it, all stays as it was. */
static void begin_relay(bp_table_upload *upload, size_t size) {
    const bool is_before = upload->received < RELAY_AFTER;
    upload->received += size;
    if (is_before && upload->received >= RELAY_AFTER && upload->failure.code == BP_OK &&
        bp_piece_relay_new(&upload->relay, take_relayed, upload, NULL) != BP_OK) {
        upload->relay = NULL;
    }
}

static void end_relay(bp_table_upload *upload) {
    if (upload->relay != NULL) {
        (void)bp_piece_relay_drain(upload->relay); /* a failure is in upload->failure */
        bp_piece_relay_free(upload->relay);
        upload->relay = NULL;
    }
}

/* --- outside -------------------------------------------------------------------------------- */

bp_status bp_table_upload_new(bp_table_upload **out, const bp_table_options *options,
                              bp_error *err) {
    bp_table_upload *upload = calloc(1, sizeof *upload);
    if (upload == NULL) {
        return bp_fail(err, BP_NO_MEMORY, NULL, "no memory for an upload");
    }
    upload->options = *options;
    *out = upload;
    return BP_OK;
}

void bp_table_upload_free(bp_table_upload *upload) {
    if (upload == NULL) {
        return;
    }
    bp_piece_relay_free(upload->relay);
    if (upload->has_parser) {
        parsers[upload->format].free(upload);
    }
    bp_gunzip_free(upload->gunzip);
    bp_dataset_builder_free(upload->builder);
    free(upload);
}

static bp_status repeat_failure(const bp_table_upload *upload, bp_error *err) {
    if (err != NULL && upload->failure.code != BP_OK) {
        *err = upload->failure;
    }
    return upload->failure.code;
}

bp_status bp_table_upload_feed(bp_table_upload *upload, const char *bytes, size_t size,
                               bp_error *err) {
    if (upload->relay != NULL) {
        if (bp_piece_relay_put(upload->relay, bytes, size)) {
            return BP_OK;
        }
        end_relay(upload);
    } else if (upload->failure.code == BP_OK && size > 0) {
        (void)feed(upload, bytes, size, &upload->failure);
        begin_relay(upload, size);
    }
    return repeat_failure(upload, err);
}

bp_status bp_table_upload_finish(bp_table_upload *upload, bp_dataset **out, bp_error *err) {
    end_relay(upload);
    if (upload->failure.code == BP_OK) {
        bp_status status = finish(upload, &upload->failure);
        if (status == BP_OK) {
            status = bp_dataset_builder_finish(upload->builder, out, &upload->failure);
        }
        if (status == BP_OK) {
            return BP_OK;
        }
    }
    return repeat_failure(upload, err);
}
