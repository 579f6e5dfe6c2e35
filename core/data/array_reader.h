/* A push parser for formats that hold numbers in binary: NPY, IDX, safetensors. Restartable at any
 * byte. The state is here; a format is a pure function from the bytes of a header to a layout. */
#ifndef BP_ARRAY_READER_H
#define BP_ARRAY_READER_H

#include "array_layout.h"

typedef struct bp_array_format {
    const char *name;   /* "NPY", for messages */
    size_t first_bytes; /* how many bytes the first call needs */
    /* Reads the first `size` bytes of a file. Either it asks for more, *needed > size, which it has
     * checked against a limit of its own, or it leaves *needed and fills the layout (zeroed, the
     * caller's to clear, also after a failure); body_offset is the caller's to set. */
    bp_status (*read_header)(bp_array_layout *layout, size_t *needed, const unsigned char *bytes,
                             size_t size, bp_error *err);
} bp_array_format;

typedef struct bp_array_reader bp_array_reader;

/* The format is borrowed, the sink copied. Where the numbers do not lie row by row (Fortran order,
 * several tensors) they are gathered in a buffer of 4 bytes each before rows are given: arrays with
 * more than `gathered_limit` numbers are then refused. All others take constant memory. NO_MEMORY.
 */
BP_NODISCARD bp_status bp_array_reader_new(bp_array_reader **out, const bp_array_format *format,
                                           const bp_array_sink *sink, uint64_t gathered_limit,
                                           bp_error *err);

/* Takes the next `size` bytes, cut anywhere. After an error the reader only repeats it. SYNTAX: a
 * header that is not the format's, bytes after the last number; INVALID: no rows, no columns, a
 * type that is no number; a number that is not finite in float32, with row (err->line) and column,
 * counted from 1; TOO_LARGE; NO_MEMORY; and whatever the sink says. */
BP_NODISCARD bp_status bp_array_reader_feed(bp_array_reader *reader, const void *bytes, size_t size,
                                            bp_error *err);

/* End of the body. INVALID: it is empty; SYNTAX: it is shorter than its header says. */
BP_NODISCARD bp_status bp_array_reader_finish(bp_array_reader *reader, bp_error *err);
void bp_array_reader_free(bp_array_reader *reader); /* NULL is allowed */

#endif
