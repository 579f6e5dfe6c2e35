/* Which worker begins with which blocks of the parameters: of each layer the same share in every
 * step, so that it stays in that worker's cache. Whoever is done early helps. */
#ifndef BP_BLOCK_SHARES_H
#define BP_BLOCK_SHARES_H

#include "update.h"

typedef struct bp_block_shares {
    size_t *order; /* [count]: the blocks, counted from the first of them, worker by worker */
    size_t *first; /* [workers + 1]: where in `order` each worker's begin */
} bp_block_shares;

/* A list of blocks, layer by layer, to be shared. A share of layers up to `by_columns` is some of
 * their units, that of others some of their inputs: memory in one piece. */
typedef struct bp_block_list {
    const bp_block *blocks;
    size_t count;
    size_t by_columns;
} bp_block_list;

/* NO_MEMORY; clear it then, too. */
BP_NODISCARD bp_status bp_block_shares_new(bp_block_shares *out, const bp_block_list *list,
                                           size_t workers, bp_error *err);
void bp_block_shares_clear(bp_block_shares *shares);

#endif
