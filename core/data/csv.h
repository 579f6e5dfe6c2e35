/* A push parser for CSV (RFC 4180) into a data set builder: restartable at any byte, constant
 * memory beside the builder's. */
#ifndef BP_CSV_H
#define BP_CSV_H

#include "dataset_builder.h"

enum { BP_CSV_MAX_LINE_BYTES = 4 << 20 };

typedef struct bp_csv bp_csv;

/* The builder is borrowed and must outlive the parser. The first record is the header;
 * one of numbers in no order is taken for a row of data, and refused (INVALID). */
BP_NODISCARD bp_status bp_csv_new(bp_csv **out, bp_dataset_builder *builder, bp_error *err);
/* Takes the next `size` bytes, cut anywhere. After an error the parser only repeats it. SYNTAX: a
 * NUL byte, an unclosed quote, a quote inside an unquoted cell, a record beyond the limit; and
 * whatever the builder says. */
BP_NODISCARD bp_status bp_csv_feed(bp_csv *csv, const char *bytes, size_t size, bp_error *err);
/* End of the body: the last record may lack its newline. */
BP_NODISCARD bp_status bp_csv_finish(bp_csv *csv, bp_error *err);
void bp_csv_free(bp_csv *csv); /* NULL is allowed */

#endif
