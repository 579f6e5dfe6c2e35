/* What the tests of array formats share; after cmocka.h. */
#ifndef BP_ARRAY_ASSERTS_H
#define BP_ARRAY_ASSERTS_H

#include "array_load.h"

/* Bytes that are put together piece by piece. */
typedef struct byte_text {
    size_t size;
    unsigned char bytes[4096];
} byte_text;

void byte_text_add(byte_text *text, const void *bytes, size_t size);
void byte_text_add_string(byte_text *text, const char *string); /* without its terminator */

/* Loads and expects BP_OK and these values [rows, columns]; NaN equals NaN. */
void assert_array_loads(const bp_array_format *format, const byte_text *body, const float *values,
                        size_t rows, size_t columns);

/* Cuts the body in two at every byte, and into pieces of each small size: always the same. */
void assert_same_however_cut(const bp_array_format *format, const byte_text *body);

/* Expects this error, and a message that holds `says`, and the same however cut. */
void assert_array_fails(const bp_array_format *format, const byte_text *body, bp_status code,
                        const char *says);

#endif
