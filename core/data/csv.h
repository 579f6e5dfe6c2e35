/* A push parser for CSV (RFC 4180) into a data set builder: restartable at any byte, constant
 * memory beside the builder's. */
#ifndef BP_CSV_H
#define BP_CSV_H

#include "csv_options.h"

enum { BP_CSV_MAX_LINE_BYTES = 4 << 20 };

typedef struct bp_csv bp_csv;

/* The builder is borrowed and must outlive the parser. `options` is copied, NULL: all zero. Unless
 * the options say that there is no header the first record is the header; one of numbers in no
 * order is taken for a row of data, and refused (INVALID). INVALID: bp_csv_options_check. */
BP_NODISCARD bp_status bp_csv_new(bp_csv **out, bp_dataset_builder *builder,
                                  const bp_csv_options *options, bp_error *err);
/* Takes the next `size` bytes, cut anywhere. After an error the parser only repeats it. A record
 * that is wrong, or that the builder finds wrong, is given to bp_dataset_builder_reject, and so is
 * a blank line with others after it; where that says to go on, the next is read. SYNTAX, always: a
 * NUL byte, a quote that is never closed, a record beyond the limit. */
BP_NODISCARD bp_status bp_csv_feed(bp_csv *csv, const char *bytes, size_t size, bp_error *err);
/* End of the body: the last record may lack its newline. */
BP_NODISCARD bp_status bp_csv_finish(bp_csv *csv, bp_error *err);
void bp_csv_free(bp_csv *csv); /* NULL is allowed */

#endif
