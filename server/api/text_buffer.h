/* JSON text written straight into memory, for the bodies that are mostly numbers: a tree of them
 * would take 40 bytes for each. */
#ifndef BP_TEXT_BUFFER_H
#define BP_TEXT_BUFFER_H

#include <stdbool.h>

#include "status.h"

typedef struct bp_text {
    char *bytes; /* owned; NULL: empty */
    size_t size, capacity;
    bool failed; /* out of memory: what followed was dropped */
} bp_text;

void bp_text_put(bp_text *text, const char *bytes, size_t size);
void bp_text_puts(bp_text *text, const char *string);
void bp_text_printf(bp_text *text, const char *format, ...) BP_PRINTF(2, 3); /* < 128 bytes */
/* With the nine digits that give back the same float32; null where it is not finite. */
void bp_text_put_float(bp_text *text, float value);
/* [a, b, ...] */
void bp_text_put_floats(bp_text *text, const float *values, size_t count);
/* A string in quotes, escaped; bytes that are no UTF-8 become '?'. */
void bp_text_put_string(bp_text *text, const char *string);
void bp_text_clear(bp_text *text);

#endif
