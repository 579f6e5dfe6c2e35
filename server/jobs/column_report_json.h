/* The report on an upload as JSON: what is kept of it in a data set's record. */
#ifndef BP_COLUMN_REPORT_JSON_H
#define BP_COLUMN_REPORT_JSON_H

#include <jansson.h>

#include "dataset.h"

/* A new object of all that is known of one column; NULL: no memory. */
json_t *bp_column_report_write(const bp_column_stats *stats);
/* The reverse. What the object lacks (records of earlier versions) is 0, or NAN for quartiles. */
bp_column_stats bp_column_report_read(const json_t *json);

/* Likewise the rejected rows: how many, and the first with their places. */
json_t *bp_rejects_write(const bp_rejects *rejects);
/* NULL is allowed: none. */
bp_rejects bp_rejects_read(const json_t *json);

#endif
