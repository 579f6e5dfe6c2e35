/* A push parser for newline-delimited JSON into a data set builder: restartable at any byte,
 * constant memory beside the builder's and one line. */
#ifndef BP_NDJSON_H
#define BP_NDJSON_H

#include "dataset_builder.h"

enum { BP_NDJSON_MAX_LINE_BYTES = 4 << 20 };

typedef struct bp_ndjson bp_ndjson;

/* The builder is borrowed and must outlive the parser. A body is lines of objects, whose columns
 * are the keys of the first in its order, or lines of arrays, of which the first may hold the names
 * of the columns: it does where all of it is strings; else they are c0, c1, ... Blank lines do not
 * count. Numbers become text of 17 digits, null and a key that is missing an empty cell, true and
 * false those words. NO_MEMORY. */
BP_NODISCARD bp_status bp_ndjson_new(bp_ndjson **out, bp_dataset_builder *builder, bp_error *err);

/* Takes the next `size` bytes, cut anywhere. After an error the parser only repeats it. With the
 * line, and the column where there is one: SYNTAX: a line that is no JSON (err->column is the
 * byte); INVALID: neither object nor array, or not what the first line was; a key that the first
 * object has not; an array of another length; a value that is an array or object; and whatever the
 * builder says of a row. After the columns are known, all these go through
 * bp_dataset_builder_reject. TOO_LARGE: a line beyond the limit. */
BP_NODISCARD bp_status bp_ndjson_feed(bp_ndjson *ndjson, const char *bytes, size_t size,
                                      bp_error *err);
/* End of the body: the last line may lack its line feed. INVALID: no line at all. */
BP_NODISCARD bp_status bp_ndjson_finish(bp_ndjson *ndjson, bp_error *err);
void bp_ndjson_free(bp_ndjson *ndjson); /* NULL is allowed */

#endif
