/* A blob in sections, each of which begins at a multiple of its alignment: 32 bit words,
 * little-endian whatever the machine, and text. What lies between sections is zero. */
#ifndef BP_BLOB_SECTIONS_H
#define BP_BLOB_SECTIONS_H

#include <stdbool.h>

#include "status.h"

/* Where a new section begins: on a cache line, so that a mapping can be used as it lies. */
enum { BP_SECTION_BYTES = 64 };

typedef struct bp_section_writer {
    int file;        /* borrowed */
    uint64_t offset; /* bytes so far, those that were there before too */
} bp_section_writer;

/* A section of `count` words, none of which is no section. IO. */
BP_NODISCARD bp_status bp_section_put32(bp_section_writer *writer, const void *words, size_t count,
                                        bp_error *err);
/* `size` bytes of text right behind what is there. IO. */
BP_NODISCARD bp_status bp_section_put_text(bp_section_writer *writer, const char *text, size_t size,
                                           bp_error *err);
/* The next section begins at a border. */
void bp_section_align(bp_section_writer *writer);

typedef struct bp_section_reader {
    const unsigned char *bytes; /* borrowed */
    uint64_t size, used;
    size_t alignment; /* of the sections: a power of two */
} bp_section_reader;

/* The section of `count` words of 4 bytes that comes next goes to *out, as it lies; none: NULL.
 * False: the blob ends before. */
BP_NODISCARD bool bp_section_take32(bp_section_reader *reader, size_t count, const void **out);
/* The zero-terminated text that comes next, after bp_section_skip at a section's beginning. */
BP_NODISCARD bool bp_section_take_text(bp_section_reader *reader, const char **out, size_t *size);
void bp_section_skip(bp_section_reader *reader);

#endif
