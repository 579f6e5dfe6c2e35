/* One record of CSV (RFC 4180, section 2) split into cells. */
#ifndef BP_CSV_RECORD_H
#define BP_CSV_RECORD_H

#include "dataset.h"

/* Zeroed at first but for the separator; the memory is kept from record to record. */
typedef struct bp_csv_record {
    char separator;
    bp_cell *cells; /* [count], pointing into the text that was split, or into `unquoted` */
    size_t count, capacity;
    char *unquoted; /* cells that held doubled quotes */
    size_t unquoted_used, unquoted_capacity;
} bp_csv_record;

/* Splits `text`, a record without its line end, that begins on `line`. Spaces and tabs before and
 * after a quoted cell do not count, unless they are the separator. SYNTAX with line and column: a
 * NUL, a quote that is not closed or within an unquoted cell, text after a closing quote, a
 * carriage return outside quotes. TOO_LARGE: more than BP_MAX_COLUMNS + 1 cells. NO_MEMORY. */
BP_NODISCARD bp_status bp_csv_record_split(bp_csv_record *record, bp_cell text, uint64_t line,
                                           bp_error *err);
void bp_csv_record_clear(bp_csv_record *record);

#endif
