/* The types of number that array formats hold, and their conversion to float32. Any thread. */
#ifndef BP_ARRAY_NUMBER_H
#define BP_ARRAY_NUMBER_H

#include <stdbool.h>

#include "status.h"

enum { BP_NUMBER_MAX_BYTES = 8 };

typedef enum bp_number_type {
    BP_NUMBER_F32,
    BP_NUMBER_F64,
    BP_NUMBER_F16,
    BP_NUMBER_BF16, /* the upper half of a float32 */
    BP_NUMBER_I8,
    BP_NUMBER_I16,
    BP_NUMBER_I32,
    BP_NUMBER_I64,
    BP_NUMBER_U8,
    BP_NUMBER_U16,
    BP_NUMBER_U32,
    BP_NUMBER_U64,
    BP_NUMBER_BOOL, /* a byte: 0 is 0, any other 1 */
    BP_NUMBER_TYPE_COUNT
} bp_number_type;

typedef struct bp_number_format {
    bp_number_type type;
    bool is_big_endian;
} bp_number_format;

size_t bp_number_size(bp_number_type type); /* in bytes */

/* Converts `count` numbers that lie one after the other, not aligned, into out [count]; each is
 * rounded once, to nearest. Returns the index of the first that is infinite as a float32, or
 * `count`. A NaN stays a NaN. */
size_t bp_numbers_read(float *out, const unsigned char *bytes, size_t count,
                       bp_number_format format);

/* One number as a double, for messages: exact but for 64-bit integers. */
double bp_number_value(const unsigned char *bytes, bp_number_format format);

#endif
