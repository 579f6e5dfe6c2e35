/* A lane: a thread that trains one job at a time, with the workers that the job has been dealt. */
#ifndef BP_LANE_H
#define BP_LANE_H

#include "pool.h"

typedef struct bp_lane {
    bp_pool *pool; /* NULL: none was needed yet */
} bp_lane;

/* A pool of at least `threads`, the lane's thread counted, in the background; fewer where no more
 * could be started. NULL: there is none at all. It stays as it is until more are asked for. The
 * lane's thread. */
bp_pool *bp_lane_pool(bp_lane *lane, size_t threads);
void bp_lane_clear(bp_lane *lane);

/* Deals `workers` among jobs of which each may have `most[i]` >= 1 (count <= workers): as evenly as
 * that allows, what is left over to the first. Into share[i] >= 1. */
void bp_deal_workers(size_t workers, size_t count, const size_t *most, size_t *share);

#endif
