/* Where outputs stand among others: of one row, and of one class over all rows. */
#ifndef BP_RANKING_H
#define BP_RANKING_H

#include <stdbool.h>
#include <stddef.h>

/* How many of `width` values stand before the one at `index`: the larger ones, and equal ones
 * before it. 0 is the predicted class; below k is a hit of the k best. */
size_t bp_rank_of(const float *values, size_t width, size_t index);

typedef struct bp_scored {
    float score;
    bool positive;
} bp_scored;

/* Area under the ROC curve: the share of pairs of a positive and a negative row in which the
 * positive has the larger score, ties counted half. Exact, from the sum of the positives' ranks
 * (Mann and Whitney 1947; Hanley and McNeil 1982), in whole numbers. Sorts the rows. NAN: there are
 * no positives or no negatives, or a score is not finite. count < 2^31. */
double bp_auc(bp_scored *rows, size_t count);

#endif
