/* A loss history cut to a number of points that a chart can take, with its spikes. */
#ifndef BP_THINNING_H
#define BP_THINNING_H

#include "service.h"

/* Keeps at most `limit` (>= 1) of `points`, in order and in place, and returns how many. The first,
 * the last, and from each stretch of equal length the points with the smallest and the largest
 * train and validation loss stay, so every extreme of the whole history does, where limit >= 6;
 * below that the last goes first, then the largest losses. NAN: no loss. */
size_t bp_thin_points(bp_job_point *points, size_t count, size_t limit);

#endif
