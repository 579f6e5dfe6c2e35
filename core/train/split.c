#include "split.h"

#include <stdlib.h>

#include "philox.h"

static int ascending(const void *a, const void *b) {
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

size_t bp_split_training(size_t rows, double fraction) {
    return rows - (size_t)((double)rows * fraction);
}

bp_status bp_split_draw(bp_split *out, size_t rows, double fraction, uint64_t seed, bp_error *err) {
    const size_t training = bp_split_training(rows, fraction), validation = rows - training;
    if (training == 0) {
        return bp_fail(err, BP_INVALID, "/dataset", "no row is left to train on");
    }
    uint32_t *order = malloc(rows * sizeof *order);
    if (order == NULL) {
        return bp_fail(err, BP_NO_MEMORY, NULL, "no memory for the order of %zu rows", rows);
    }
    bp_split split = {.rows = order, .training = training, .validation = validation};
    if (validation == 0) {
        for (size_t i = 0; i < rows; i++) {
            order[i] = (uint32_t)i;
        }
    } else {
        bp_random_permutation(seed, BP_STREAM_SPLIT, 0, rows, order);
        qsort(order, split.training, sizeof *order, ascending);
        qsort(order + split.training, validation, sizeof *order, ascending);
    }
    *out = split;
    return BP_OK;
}

void bp_split_clear(bp_split *split) {
    free(split->rows);
    *split = (bp_split){0};
}
