#include "blob_sections.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "word_blob.h"

enum { PIECE_WORDS = 1 << 13 };

/* --- writing -------------------------------------------------------------------------------- */

static bp_status write_bytes(bp_section_writer *writer, const void *bytes, size_t size,
                             bp_error *err) {
    const char *at = bytes;
    while (size > 0) {
        ssize_t done = pwrite(writer->file, at, size, (off_t)writer->offset);
        if (done < 0 && errno == EINTR) {
            continue;
        }
        if (done < 0) {
            return bp_fail(err, bp_status_of_file(errno), NULL, "a data set cannot be written: %s",
                           strerror(errno));
        }
        at += done;
        size -= (size_t)done;
        writer->offset += (uint64_t)done;
    }
    return BP_OK;
}

static uint64_t border(uint64_t offset, size_t alignment) {
    return (offset + alignment - 1) / alignment * alignment;
}

void bp_section_align(bp_section_writer *writer) {
    writer->offset = border(writer->offset, BP_SECTION_BYTES);
}

bp_status bp_section_put32(bp_section_writer *writer, const void *words, size_t count,
                           bp_error *err) {
    unsigned char bytes[PIECE_WORDS * 4];
    const uint32_t *at = words;
    bp_status status = BP_OK;
    if (count > 0) {
        bp_section_align(writer);
    }
    while (status == BP_OK && count > 0) {
        const size_t part = count < PIECE_WORDS ? count : PIECE_WORDS;
        bp_word_blob piece = {.bytes = bytes, .size = sizeof bytes};
        bp_word_blob_put32(&piece, at, part);
        status = write_bytes(writer, bytes, part * 4, err);
        at += part;
        count -= part;
    }
    return status;
}

bp_status bp_section_put_text(bp_section_writer *writer, const char *text, size_t size,
                              bp_error *err) {
    return write_bytes(writer, text, size, err);
}

/* --- reading -------------------------------------------------------------------------------- */

void bp_section_skip(bp_section_reader *reader) {
    const uint64_t next = border(reader->used, reader->alignment);
    reader->used = next < reader->size ? next : reader->size;
}

bool bp_section_take32(bp_section_reader *reader, size_t count, const void **out) {
    if (count == 0) {
        *out = NULL;
        return true;
    }
    bp_section_skip(reader);
    if (count > (reader->size - reader->used) / 4) {
        return false;
    }
    *out = reader->bytes + reader->used;
    reader->used += count * 4;
    return true;
}

bool bp_section_take_text(bp_section_reader *reader, const char **out, size_t *size) {
    const unsigned char *at = reader->bytes + reader->used;
    const unsigned char *end = memchr(at, '\0', reader->size - reader->used);
    if (end == NULL) {
        return false;
    }
    *out = (const char *)at;
    *size = (size_t)(end - at);
    reader->used += *size + 1;
    return true;
}
