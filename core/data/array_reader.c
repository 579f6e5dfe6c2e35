#include "array_reader.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "array_body.h"

struct bp_array_reader {
    const bp_array_format *format;
    bp_array_sink sink;
    uint64_t gathered_limit;
    unsigned char *header; /* [header_needed] */
    size_t header_size, header_needed;
    bp_array_layout layout;
    bp_array_body *body; /* NULL: the header is not complete */
    uint64_t offset;     /* bytes taken so far */
    bp_error failure;    /* what ended the reading; code BP_OK: nothing */
};

static bp_status need(bp_array_reader *reader, size_t bytes, bp_error *err) {
    unsigned char *larger = realloc(reader->header, bytes);
    if (larger == NULL) {
        return bp_fail(err, BP_NO_MEMORY, NULL, "no memory for a header of %zu bytes", bytes);
    }
    reader->header = larger;
    reader->header_needed = bytes;
    return BP_OK;
}

bp_status bp_array_reader_new(bp_array_reader **out, const bp_array_format *format,
                              const bp_array_sink *sink, uint64_t gathered_limit, bp_error *err) {
    bp_array_reader *reader = calloc(1, sizeof *reader);
    if (reader == NULL) {
        return bp_fail(err, BP_NO_MEMORY, NULL, "no memory for a reader of arrays");
    }
    reader->format = format;
    reader->sink = *sink;
    reader->gathered_limit = gathered_limit;
    bp_status status = need(reader, format->first_bytes, err);
    if (status != BP_OK) {
        bp_array_reader_free(reader);
        return status;
    }
    *out = reader;
    return BP_OK;
}

void bp_array_reader_free(bp_array_reader *reader) {
    if (reader == NULL) {
        return;
    }
    bp_array_body_free(reader->body);
    bp_array_layout_clear(&reader->layout);
    free(reader->header);
    free(reader);
}

static bp_status begin_body(bp_array_reader *reader, bp_error *err) {
    bp_array_layout *layout = &reader->layout;
    layout->body_offset = reader->header_size;
    layout->shape.names = layout->names.count > 0 ? &layout->names : NULL;
    bp_status status =
        bp_array_body_new(&reader->body, layout, &reader->sink, reader->gathered_limit, err);
    if (status == BP_OK) {
        status = reader->sink.header(reader->sink.context, &layout->shape, err);
    }
    return status;
}

/* The header as far as it was asked for is here. */
static bp_status read_header(bp_array_reader *reader, bp_error *err) {
    size_t needed = reader->header_size;
    bp_status status =
        reader->format->read_header(&reader->layout, &needed, reader->header, needed, err);
    if (status != BP_OK) {
        return status;
    }
    return needed > reader->header_size ? need(reader, needed, err) : begin_body(reader, err);
}

static bp_status feed_header(size_t *used, bp_array_reader *reader, const unsigned char *bytes,
                             size_t size) {
    size_t missing = reader->header_needed - reader->header_size;
    *used = missing < size ? missing : size;
    memcpy(reader->header + reader->header_size, bytes, *used);
    reader->header_size += *used;
    return *used == missing ? read_header(reader, &reader->failure) : BP_OK;
}

static bp_status feed_body(size_t *used, bp_array_reader *reader, const unsigned char *bytes,
                           size_t size) {
    if (bp_array_body_is_complete(reader->body)) {
        *used = 0;
        return bp_fail(&reader->failure, BP_SYNTAX, NULL,
                       "the body goes on after byte %" PRIu64 ", where its %s header says it ends",
                       reader->offset, reader->format->name);
    }
    return bp_array_body_feed(used, reader->body, bytes, size, &reader->failure);
}

static bp_status repeat_failure(const bp_array_reader *reader, bp_error *err) {
    if (err != NULL && reader->failure.code != BP_OK) {
        *err = reader->failure;
    }
    return reader->failure.code;
}

bp_status bp_array_reader_feed(bp_array_reader *reader, const void *bytes, size_t size,
                               bp_error *err) {
    const unsigned char *at = bytes;
    bp_status status = reader->failure.code;
    while (status == BP_OK && size > 0) {
        size_t used;
        status = reader->body == NULL ? feed_header(&used, reader, at, size)
                                      : feed_body(&used, reader, at, size);
        at += used;
        size -= used;
        reader->offset += used;
    }
    reader->failure.code = status; /* a sink may have left the record empty */
    return repeat_failure(reader, err);
}

bp_status bp_array_reader_finish(bp_array_reader *reader, bp_error *err) {
    if (reader->failure.code != BP_OK) {
        return repeat_failure(reader, err);
    }
    const char *name = reader->format->name;
    if (reader->offset == 0) {
        bp_fail(&reader->failure, BP_INVALID, NULL, "the body is empty: it should be %s", name);
    } else if (reader->body == NULL) {
        bp_fail(&reader->failure, BP_SYNTAX, NULL,
                "the body ends at byte %" PRIu64 ", within its %s header of at least %zu bytes",
                reader->offset, name, reader->header_needed);
    } else if (!bp_array_body_is_complete(reader->body)) {
        bp_fail(&reader->failure, BP_SYNTAX, NULL,
                "the body ends at byte %" PRIu64 "; its %s header says %" PRIu64 " bytes: %" PRIu64
                " rows of %zu columns",
                reader->offset, name, reader->layout.body_offset + reader->layout.body_bytes,
                reader->layout.shape.rows, reader->layout.shape.columns);
    }
    return repeat_failure(reader, err);
}
