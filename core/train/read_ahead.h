/* Rows of a mapped data set are read from disk before their minibatch comes. The order of an epoch
 * is known when it begins, so threads that do nothing else look at the coming rows: where a page is
 * not in memory they wait for the disk, several at a time, and the training does not. No number is
 * changed by it. */
#ifndef BP_READ_AHEAD_H
#define BP_READ_AHEAD_H

#include "dataset.h"

typedef struct bp_read_ahead bp_read_ahead;

/* For a mapping of `least_bytes` or more; 0: of a quarter of the machine's memory, for what is
 * smaller stays in memory once it was read, or comes back quicker in large pieces. *out NULL, which
 * all functions take: it is smaller, or there is none. `data` is borrowed. NO_MEMORY. */
BP_NODISCARD bp_status bp_read_ahead_new(bp_read_ahead **out, const bp_dataset *data,
                                         size_t least_bytes, bp_error *err);
void bp_read_ahead_free(bp_read_ahead *ahead);

/* An epoch goes through order [rows], which is shuffled, from its beginning; the array is borrowed
 * until bp_read_ahead_end. Nothing is done where the rows are in memory already. The trainer's
 * thread, as the next two. */
void bp_read_ahead_begin(bp_read_ahead *ahead, const uint32_t *order, size_t rows);
/* Training is at order[row]. */
void bp_read_ahead_move(bp_read_ahead *ahead, size_t row);
/* Returns when nobody looks at the order any more. */
void bp_read_ahead_end(bp_read_ahead *ahead);

/* Rows looked at since the beginning, for tests. */
uint64_t bp_read_ahead_rows(bp_read_ahead *ahead);

#endif
