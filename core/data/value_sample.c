#include "value_sample.h"

#include <math.h>
#include <stdlib.h>

#include "frequent_values.h"
#include "key_sort.h"

/* 2^22 keys and as many of scratch are 32 MiB; a strip is two cache lines of a row. */
enum { MAX_CELLS = 1 << 22, FEWEST_ROWS = 1024, STRIP = 32 };

size_t bp_value_sample_rows(size_t rows, size_t columns) {
    const size_t share = MAX_CELLS / columns;
    const size_t most = share > FEWEST_ROWS ? share : FEWEST_ROWS;
    return rows < most ? rows : most;
}

/* The sampled rows, a few columns at a time. */
typedef struct sample {
    const bp_strip *of;
    size_t sampled;
    uint32_t *keys; /* [STRIP or fewer, sampled] */
    uint32_t *scratch;
    size_t used[STRIP]; /* keys of each column: those that are not missing */
} sample;

/* Transposes; a missing cell is written too, and then overwritten. */
static void gather(sample *s, size_t first, size_t width) {
    for (size_t j = 0; j < width; j++) {
        s->used[j] = 0;
    }
    for (size_t i = 0; i < s->sampled; i++) {
        const size_t row = (size_t)((uint64_t)i * s->of->rows / s->sampled);
        const float *cells = s->of->values + row * s->of->stride + first;
        for (size_t j = 0; j < width; j++) {
            s->keys[j * s->sampled + s->used[j]] = bp_key_of(cells[j]);
            s->used[j] += !isnan(cells[j]);
        }
    }
}

static double quantile(const uint32_t *sorted, size_t count, double part) {
    const double at = part * (double)(count - 1);
    const size_t below = (size_t)at;
    const double low = (double)bp_key_value(sorted[below]);
    const double high = (double)bp_key_value(sorted[below + 1 < count ? below + 1 : below]);
    return low + (high - low) * (at - (double)below);
}

static void describe(bp_column_stats *stats, const uint32_t *sorted, size_t count) {
    for (size_t q = 0; q < 3; q++) {
        stats->quartile[q] = count > 0 ? quantile(sorted, count, 0.25 * (double)(q + 1)) : NAN;
    }
    stats->distinct = stats->frequent_count = 0;
    for (size_t i = 0, end; i < count; i = end) {
        for (end = i + 1; end < count && sorted[end] == sorted[i];) {
            end++;
        }
        stats->distinct++;
        bp_frequent_values_add(stats, (double)bp_key_value(sorted[i]), end - i);
    }
}

static void describe_strip(sample *s, size_t first, size_t width, bp_column_stats *stats) {
    gather(s, first, width);
    for (size_t j = 0; j < width; j++) {
        const uint32_t *sorted = bp_key_sort(s->keys + j * s->sampled, s->scratch, s->used[j]);
        describe(&stats[first + j], sorted, s->used[j]);
    }
}

bp_status bp_value_sample_describe(bp_column_stats *stats, const bp_strip *of, size_t sampled,
                                   bp_error *err) {
    size_t strip = MAX_CELLS / sampled;
    strip = strip > STRIP ? STRIP : strip > 0 ? strip : 1;
    strip = strip > of->count ? of->count : strip;
    sample s = {.of = of, .sampled = sampled};
    s.keys = malloc((strip + 1) * sampled * sizeof *s.keys);
    if (s.keys == NULL) {
        return bp_fail(err, BP_NO_MEMORY, NULL, "no memory for statistics");
    }
    s.scratch = s.keys + strip * sampled;
    for (size_t first = 0; first < of->count; first += strip) {
        const size_t left = of->count - first;
        describe_strip(&s, first, left < strip ? left : strip, stats);
    }
    free(s.keys);
    return BP_OK;
}
