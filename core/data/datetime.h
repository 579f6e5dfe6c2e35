/* Dates and moments in text, as numbers. Any thread; no locale, no time zone of the machine. */
#ifndef BP_DATETIME_H
#define BP_DATETIME_H

#include <stdbool.h>
#include <stddef.h>

enum { BP_DATETIME_PARTS = 7 };

/* "year", "month", "day", "weekday", "hour", "minute", "second" */
extern const char *const bp_datetime_parts[BP_DATETIME_PARTS];

/* Reads ISO 8601 in its common forms, proleptic Gregorian: YYYY-MM-DD or YYYY/MM/DD, then nothing
 * or 'T' or a space and HH:MM[:SS[.fraction]], then nothing, 'Z' or an offset +HH[:]MM, which is
 * not applied: the parts are those that are written, local to where they were. True: parts are year
 * 1 to 9999, month 1 to 12, day 1 to 31, weekday 1 (Monday) to 7, hour, minute, second with its
 * fraction, 0 where there is no time. False: not such a text, or no such day; parts are untouched.
 */
bool bp_datetime_parse(const char *text, size_t size, float parts[BP_DATETIME_PARTS]);

#endif
