/* Each column is one chain over the rows, and the columns of a row lie side by side: so the loops
 * run over columns, without branches, and the compiler makes vectors of them. It may, since the
 * file is compiled with -fno-trapping-math: comparisons with NAN may be made where C would skip
 * them. No result depends on it, nor on the width of the vectors. Wide rows are done in strips
 * whose sums stay in cache. */
#include "column_stats.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "value_sample.h"

enum { STRIP = 1024, SLOTS = BP_HISTOGRAM_BINS + 1 }; /* the last slot is of missing cells */

#define ALWAYS_INLINE inline __attribute__((always_inline))

typedef struct first_pass {
    double sum[STRIP];
    float least[STRIP], greatest[STRIP];
    uint32_t missing[STRIP];
} first_pass;

typedef struct second_pass {
    double mean[STRIP], squares[STRIP];
    double least[STRIP], bins_per_unit[STRIP];
    uint32_t count[STRIP * SLOTS];
} second_pass;

typedef struct passes {
    first_pass first;
    second_pass second;
} passes;

/* --- the first ------------------------------------------------------------------------------ */

static ALWAYS_INLINE void add_row(first_pass *restrict to, const float *restrict row,
                                  size_t count) {
    for (size_t j = 0; j < count; j++) {
        const float value = row[j];
        const float there = value == value ? value : 0.0f;
        to->sum[j] += (double)there;
    }
    for (size_t j = 0; j < count; j++) {
        const float value = row[j];
        to->least[j] = value < to->least[j] ? value : to->least[j];
        to->greatest[j] = value > to->greatest[j] ? value : to->greatest[j];
        to->missing[j] += value != value;
    }
}

static void start_first(first_pass *to, size_t count) {
    memset(to, 0, sizeof *to);
    for (size_t j = 0; j < count; j++) {
        to->least[j] = INFINITY;
        to->greatest[j] = -INFINITY;
    }
}

/* --- the second ----------------------------------------------------------------------------- */

static ALWAYS_INLINE void add_deviations(second_pass *restrict to, const float *restrict row,
                                         size_t count) {
    int32_t bin[STRIP];
    for (size_t j = 0; j < count; j++) {
        const double value = (double)row[j];
        double deviation = value - to->mean[j];
        deviation = value == value ? deviation : 0.0;
        to->squares[j] += deviation * deviation;
    }
    for (size_t j = 0; j < count; j++) {
        const double value = (double)row[j];
        double at = (value - to->least[j]) * to->bins_per_unit[j];
        at = at < BP_HISTOGRAM_BINS - 1 ? at : BP_HISTOGRAM_BINS - 1;
        at = value == value ? at : BP_HISTOGRAM_BINS;
        bin[j] = (int32_t)at;
    }
    for (size_t j = 0; j < count; j++) {
        to->count[j * SLOTS + (size_t)bin[j]]++;
    }
}

/* The next double above: what lies on an edge must not fall below it by rounding. */
static double bins_per_unit(double range) {
    return range > 0 ? nextafter(BP_HISTOGRAM_BINS / range, HUGE_VAL) : 0;
}

static void start_second(second_pass *to, const bp_column_stats *stats, size_t count) {
    memset(to, 0, sizeof *to);
    for (size_t j = 0; j < count; j++) {
        to->mean[j] = stats[j].mean;
        to->least[j] = stats[j].min;
        to->bins_per_unit[j] = bins_per_unit(stats[j].max - stats[j].min);
    }
}

/* --- over the rows ---------------------------------------------------------------------------- */

/* A strip of a matrix. */
typedef struct strip {
    const float *values;
    size_t rows, stride, count; /* columns of the matrix, and of the strip */
} strip;

static ALWAYS_INLINE void add_first(first_pass *to, const strip *from) {
    for (size_t i = 0; i < from->rows; i++) {
        add_row(to, from->values + i * from->stride, from->count);
    }
}

static ALWAYS_INLINE void add_second(second_pass *to, const strip *from) {
    for (size_t i = 0; i < from->rows; i++) {
        add_deviations(to, from->values + i * from->stride, from->count);
    }
}

typedef struct kernels {
    void (*first)(first_pass *, const strip *);
    void (*second)(second_pass *, const strip *);
} kernels;

static void first_plain(first_pass *to, const strip *from) {
    add_first(to, from);
}

static void second_plain(second_pass *to, const strip *from) {
    add_second(to, from);
}

#ifdef __x86_64__
__attribute__((target("avx2"))) static void first_avx2(first_pass *to, const strip *from) {
    add_first(to, from);
}

__attribute__((target("avx2"))) static void second_avx2(second_pass *to, const strip *from) {
    add_second(to, from);
}
#endif

static kernels choose_kernels(void) {
#ifdef __x86_64__
    if (__builtin_cpu_supports("avx2")) {
        return (kernels){first_avx2, second_avx2};
    }
#endif
    return (kernels){first_plain, second_plain};
}

/* --- both ----------------------------------------------------------------------------------- */

static void take_first(bp_column_stats *stats, const first_pass *from, size_t j, size_t rows) {
    const bool some = from->missing[j] < rows;
    stats->missing = from->missing[j];
    stats->min = some ? (double)from->least[j] : NAN;
    stats->max = some ? (double)from->greatest[j] : NAN;
    stats->mean = some ? from->sum[j] / (double)(rows - stats->missing) : NAN;
}

static void take_second(bp_column_stats *stats, const second_pass *from, size_t j, size_t rows) {
    const size_t there = rows - stats->missing;
    stats->standard_deviation = there > 0 ? sqrt(from->squares[j] / (double)there) : NAN;
    for (size_t b = 0; b < BP_HISTOGRAM_BINS; b++) {
        stats->histogram[b] = from->count[j * SLOTS + b];
    }
}

static bp_status run_passes(bp_column_stats *stats, const float *values, size_t rows,
                            size_t columns, bp_error *err) {
    const kernels use = choose_kernels();
    passes *p = malloc(sizeof *p);
    if (p == NULL) {
        return bp_fail(err, BP_NO_MEMORY, NULL, "no memory for statistics");
    }
    for (size_t first = 0; first < columns; first += STRIP) {
        const size_t count = columns - first < STRIP ? columns - first : STRIP;
        bp_column_stats *of = stats + first;
        const strip from = {values + first, rows, columns, count};
        start_first(&p->first, count);
        use.first(&p->first, &from);
        for (size_t j = 0; j < count; j++) {
            take_first(&of[j], &p->first, j, rows);
        }
        start_second(&p->second, of, count);
        use.second(&p->second, &from);
        for (size_t j = 0; j < count; j++) {
            take_second(&of[j], &p->second, j, rows);
        }
    }
    free(p);
    return BP_OK;
}

bp_status bp_column_stats_compute(bp_column_stats *stats, const float *values, size_t rows,
                                  size_t columns, size_t sampled, bp_error *err) {
    bp_status status = run_passes(stats, values, rows, columns, err);
    return status == BP_OK ? bp_value_sample_describe(stats, values, rows, columns, sampled, err)
                           : status;
}
