/* Which rows train and which are held out. */
#ifndef BP_SPLIT_H
#define BP_SPLIT_H

#include "status.h"

typedef struct bp_split {
    uint32_t *rows;    /* [training + validation] owned: training rows ascending, then the others */
    size_t training;   /* rows[0 .. training) */
    size_t validation; /* rows[training .. training + validation) */
} bp_split;

/* Rows that are left to train on when `fraction` of `rows` is held out. */
size_t bp_split_training(size_t rows, double fraction);

/* Holds out floor(rows * fraction) rows, drawn from (seed, BP_STREAM_SPLIT). NO_MEMORY; INVALID
 * "/dataset": no row is left to train on. */
BP_NODISCARD bp_status bp_split_draw(bp_split *out, size_t rows, double fraction, uint64_t seed,
                                     bp_error *err);
void bp_split_clear(bp_split *split);

#endif
