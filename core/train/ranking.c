#include "ranking.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>

size_t bp_rank_of(const float *values, size_t width, size_t index) {
    size_t before = 0;
    for (size_t j = 0; j < width; j++) {
        before += values[j] > values[index] || (j < index && values[j] == values[index]);
    }
    return before;
}

static int by_score(const void *a, const void *b) {
    const bp_scored *x = a, *y = b;
    return (x->score > y->score) - (x->score < y->score);
}

static bool are_finite(const bp_scored *rows, size_t count) {
    for (size_t i = 0; i < count; i++) {
        if (!isfinite(rows[i].score)) {
            return false;
        }
    }
    return true;
}

/* The rows first .. last - 1 are equal: each has the mean of the ranks first + 1 .. last, of which
 * twice is whole. */
double bp_auc(bp_scored *rows, size_t count) {
    if (!are_finite(rows, count)) {
        return (double)NAN;
    }
    qsort(rows, count, sizeof *rows, by_score);
    uint64_t positives = 0, twice_ranks = 0;
    for (size_t first = 0, last; first < count; first = last) {
        uint64_t among = 0;
        for (last = first; last < count && rows[last].score == rows[first].score; last++) {
            among += rows[last].positive;
        }
        positives += among;
        twice_ranks += among * (first + 1 + last);
    }
    const uint64_t pairs = positives * (count - positives);
    return pairs > 0 ? (double)(twice_ranks - positives * (positives + 1)) / (2 * (double)pairs)
                     : (double)NAN;
}
