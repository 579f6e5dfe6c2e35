/* A moment of a datetime column as text. */
#ifndef BP_MOMENT_TEXT_H
#define BP_MOMENT_TEXT_H

#include "datetime.h"

enum { BP_MOMENT_SIZE = 80 };

/* "2024-02-29T23:59:00", or "...:00.5" where the seconds have a fraction. parts
 * [BP_DATETIME_PARTS], none missing. Any thread. */
void bp_moment_text(const float *parts, char text[BP_MOMENT_SIZE]);

#endif
