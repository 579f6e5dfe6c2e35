/* The body of an array format, from bytes cut anywhere to rows of float32. Used by array_reader. */
#ifndef BP_ARRAY_BODY_H
#define BP_ARRAY_BODY_H

#include "array_layout.h"

typedef struct bp_array_body bp_array_body;

/* The layout and the sink are borrowed and must outlive the body. A layout of one part takes a
 * block of rows (64 KiB, or one row where that is more); of several, the whole array as float32 and
 * a block. TOO_LARGE: several parts with more than `gathered_limit` numbers. NO_MEMORY. */
BP_NODISCARD bp_status bp_array_body_new(bp_array_body **out, const bp_array_layout *layout,
                                         const bp_array_sink *sink, uint64_t gathered_limit,
                                         bp_error *err);

/* Takes bytes and says how many: fewer than `size` only where the body is complete with them.
 * INVALID with row (err->line) and column, both 1-based: a number that is not finite in float32 and
 * no NaN. And whatever the sink says. After a failure the body can only be freed. */
BP_NODISCARD bp_status bp_array_body_feed(size_t *used, bp_array_body *body,
                                          const unsigned char *bytes, size_t size, bp_error *err);

bool bp_array_body_is_complete(const bp_array_body *body);
void bp_array_body_free(bp_array_body *body); /* NULL is allowed */

#endif
