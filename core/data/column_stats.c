/* Each column is one chain over the rows, and the columns of a row lie side by side: so the loops
 * run over columns, without branches, and the compiler makes vectors of them. It may, since the
 * file is compiled with -fno-trapping-math: comparisons with NAN may be made where C would skip
 * them. No result depends on it, nor on the width of the vectors. Wide rows are done in strips
 * whose sums stay in cache. */
#include "column_stats.h"

#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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

static ALWAYS_INLINE void add_first(first_pass *to, const bp_strip *from) {
    for (size_t i = 0; i < from->rows; i++) {
        add_row(to, from->values + i * from->stride, from->count);
    }
}

static ALWAYS_INLINE void add_second(second_pass *to, const bp_strip *from) {
    for (size_t i = 0; i < from->rows; i++) {
        add_deviations(to, from->values + i * from->stride, from->count);
    }
}

typedef struct kernels {
    void (*first)(first_pass *, const bp_strip *);
    void (*second)(second_pass *, const bp_strip *);
} kernels;

static void first_plain(first_pass *to, const bp_strip *from) {
    add_first(to, from);
}

static void second_plain(second_pass *to, const bp_strip *from) {
    add_second(to, from);
}

#ifdef __x86_64__
__attribute__((target("avx2"))) static void first_avx2(first_pass *to, const bp_strip *from) {
    add_first(to, from);
}

__attribute__((target("avx2"))) static void second_avx2(second_pass *to, const bp_strip *from) {
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

static bp_status run_passes(bp_column_stats *stats, const bp_strip *of, bp_error *err) {
    const kernels use = choose_kernels();
    passes *p = malloc(sizeof *p);
    if (p == NULL) {
        return bp_fail(err, BP_NO_MEMORY, NULL, "no memory for statistics");
    }
    for (size_t first = 0; first < of->count; first += STRIP) {
        const size_t count = of->count - first < STRIP ? of->count - first : STRIP;
        bp_column_stats *to = stats + first;
        const bp_strip from = {of->values + first, of->rows, of->stride, count};
        start_first(&p->first, count);
        use.first(&p->first, &from);
        for (size_t j = 0; j < count; j++) {
            take_first(&to[j], &p->first, j, of->rows);
        }
        start_second(&p->second, to, count);
        use.second(&p->second, &from);
        for (size_t j = 0; j < count; j++) {
            take_second(&to[j], &p->second, j, of->rows);
        }
    }
    free(p);
    return BP_OK;
}

/* --- on several threads ----------------------------------------------------------------------- */

/* A share takes some columns, so that no sum depends on how many there are. Below SHARE_CELLS a
 * thread costs more than it saves. */
enum { MOST_SHARES = 4, SHARE_COLUMNS = 8, SHARE_CELLS = 1 << 21 };

typedef struct share {
    pthread_t thread;
    bool has_thread;
    bp_column_stats *stats;
    bp_strip of;
    size_t sampled;
    bp_status status;
    bp_error err;
} share;

static void *run_share(void *context) {
    share *own = context;
    own->status = run_passes(own->stats, &own->of, &own->err);
    if (own->status == BP_OK) {
        own->status = bp_value_sample_describe(own->stats, &own->of, own->sampled, &own->err);
    }
    return NULL;
}

/* Columns of a share, in whole vectors; all of them where one thread does it. */
static size_t share_width(size_t rows, size_t columns) {
    const long processors = sysconf(_SC_NPROCESSORS_ONLN);
    size_t shares = rows * columns / SHARE_CELLS;
    shares = shares > MOST_SHARES ? MOST_SHARES : shares;
    shares = processors > 0 && shares > (size_t)processors ? (size_t)processors : shares;
    if (shares < 2) {
        return columns;
    }
    const size_t width = (columns + shares - 1) / shares;
    return (width + SHARE_COLUMNS - 1) / SHARE_COLUMNS * SHARE_COLUMNS;
}

/* A share whose thread does not start is the caller's. */
static void run_shares(share *shares, size_t count) {
    for (size_t i = 1; i < count; i++) {
        shares[i].has_thread = pthread_create(&shares[i].thread, NULL, run_share, &shares[i]) == 0;
    }
    for (size_t i = 0; i < count; i++) {
        if (!shares[i].has_thread) {
            run_share(&shares[i]);
        }
    }
    for (size_t i = 1; i < count; i++) {
        if (shares[i].has_thread) {
            pthread_join(shares[i].thread, NULL);
        }
    }
}

bp_status bp_column_stats_compute(bp_column_stats *stats, const float *values, size_t rows,
                                  size_t columns, size_t sampled, bp_error *err) {
    share shares[MOST_SHARES] = {0};
    const size_t width = share_width(rows, columns);
    size_t count = 0;
    for (size_t first = 0; first < columns; first += width) {
        const size_t left = columns - first;
        shares[count++] =
            (share){.stats = stats + first,
                    .of = {values + first, rows, columns, left < width ? left : width},
                    .sampled = sampled};
    }
    run_shares(shares, count);
    for (size_t i = 0; i < count; i++) {
        if (shares[i].status != BP_OK) {
            if (err != NULL) {
                *err = shares[i].err;
            }
            return shares[i].status;
        }
    }
    return BP_OK;
}
