/* Text of a cell: trimming, UTF-8, and excerpts for messages. Any thread. */
#ifndef BP_CELL_TEXT_H
#define BP_CELL_TEXT_H

#include <stdbool.h>

#include "dataset.h"

enum { BP_EXCERPT_SIZE = 48 }; /* up to 40 bytes, "..." and the terminator */

/* The cell of a terminated string. */
bp_cell bp_cell_of(const char *text);

/* The cell without the spaces and tabs around it; points into the same text. */
bp_cell bp_cell_trim(bp_cell cell);

/* Whether the text is UTF-8 (RFC 3629: shortest forms, no surrogates) without a NUL. */
bool bp_text_is_utf8(const char *text, size_t size);

/* Writes up to 40 bytes of any text, whole characters only; control characters and bytes that are
 * not UTF-8 become '?', a cut is shown by "...". Returns `out`, for use within a message. */
const char *bp_text_excerpt(bp_cell cell, char out[BP_EXCERPT_SIZE]);

#endif
