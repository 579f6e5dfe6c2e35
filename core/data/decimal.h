/* Decimal numbers in text. Any thread; does not depend on the process's locale. */
#ifndef BP_DECIMAL_H
#define BP_DECIMAL_H

#include <stdbool.h>
#include <stddef.h>

enum { BP_DECIMAL_MAX_BYTES = 1023 };

/* Reads [spaces][+-]digits[.digits][e[+-]digits][spaces], where digits may be missing on one side
 * of the point; at most BP_DECIMAL_MAX_BYTES in all. True: *value is the nearest double (ties to
 * even), infinite beyond double's range. False: not such a number, *value is untouched; "nan",
 * "inf" and hexadecimal numbers are none. */
bool bp_decimal_parse(const char *text, size_t size, double *value);

/* The longest such number that begins at `p`, without spaces, and where it ends: nothing at or past
 * `end` is looked at. NULL, and *value untouched: none begins there, digits are missing after an
 * "e", or it is longer than BP_DECIMAL_MAX_BYTES. */
const char *bp_decimal_read(const char *p, const char *end, double *value);

/* Whether the text, without spaces around it, is how programs write a number that is not finite:
 * [+-]nan, [+-]inf, [+-]infinity in any case. */
bool bp_decimal_is_nonfinite_word(const char *text, size_t size);

#endif
