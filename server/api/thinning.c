#include "thinning.h"

#include <math.h>
#include <string.h>

enum { LOSSES = 2, EXTREMES = 2 * LOSSES, ENDS = 2 };

static double loss_of(const bp_job_point *point, size_t which) {
    return which == 0 ? point->train_loss : point->validation_loss;
}

/* Indices of the largest and smallest of each loss in [begin, end) to out, the largest first;
 * returns how many there are. */
static size_t find_extremes(const bp_job_point *points, size_t begin, size_t end,
                            size_t out[EXTREMES]) {
    size_t found = 0;
    for (int sign = 1; sign >= -1; sign -= 2) {
        for (size_t which = 0; which < LOSSES; which++) {
            size_t best = end;
            for (size_t i = begin; i < end; i++) {
                double loss = loss_of(&points[i], which);
                if (!isnan(loss) &&
                    (best == end || sign * loss > sign * loss_of(&points[best], which))) {
                    best = i;
                }
            }
            if (best < end) {
                out[found++] = best;
            }
        }
    }
    return found;
}

/* Puts `index` into the sorted kept[*count] unless it is there. */
static void keep(size_t *kept, size_t *count, size_t index) {
    size_t at = *count;
    while (at > 0 && kept[at - 1] > index) {
        at--;
    }
    if (at > 0 && kept[at - 1] == index) {
        return;
    }
    memmove(kept + at + 1, kept + at, (*count - at) * sizeof *kept);
    kept[at] = index;
    (*count)++;
}

/* Too few for stretches: the last point, then the extremes of all, then the first. */
static size_t thin_to_few(bp_job_point *points, size_t count, size_t limit) {
    size_t wanted[ENDS + EXTREMES], extremes = 0, kept[ENDS + EXTREMES], used = 0;
    wanted[0] = count - 1;
    extremes = find_extremes(points, 0, count, wanted + 1);
    wanted[extremes + 1] = 0;
    for (size_t i = 0; i < extremes + ENDS && used < limit; i++) {
        keep(kept, &used, wanted[i]);
    }
    for (size_t i = 0; i < used; i++) {
        points[i] = points[kept[i]];
    }
    return used;
}

size_t bp_thin_points(bp_job_point *points, size_t count, size_t limit) {
    if (count <= limit) {
        return count;
    }
    if (limit < ENDS + EXTREMES) {
        return thin_to_few(points, count, limit);
    }
    size_t stretches = (limit - ENDS) / EXTREMES, used = 0, begin = 0;
    for (size_t stretch = 0; stretch < stretches; stretch++) {
        size_t end = (stretch + 1) * count / stretches, extremes[EXTREMES];
        size_t kept[ENDS + EXTREMES], here = 0, found = find_extremes(points, begin, end, extremes);
        for (size_t i = 0; i < found; i++) {
            keep(kept, &here, extremes[i]);
        }
        if (stretch == 0) {
            keep(kept, &here, 0);
        }
        if (stretch + 1 == stretches) {
            keep(kept, &here, count - 1);
        }
        /* What is kept lies at or after `used`, so nothing is overwritten before it is read. */
        for (size_t i = 0; i < here; i++) {
            points[used++] = points[kept[i]];
        }
        begin = end;
    }
    return used;
}
