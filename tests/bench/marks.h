/* What training speed should reach, as one table, and how a measured case stands against it. */
#ifndef BP_BENCH_MARKS_H
#define BP_BENCH_MARKS_H

#include <stdbool.h>
#include <stddef.h>

typedef enum bp_mark_kind {
    BP_MARK_TORCH,     /* times PyTorch's samples/s, its best with at most as many threads */
    BP_MARK_PEAK,      /* share of the fma peak on as many threads */
    BP_MARK_SCALING,   /* times the samples/s on one thread */
    BP_MARK_OPTIMIZER, /* times the samples/s of plain SGD */
    BP_MARK_KINDS
} bp_mark_kind;

typedef struct bp_mark {
    const char *net; /* NULL: any */
    size_t least_batch, most_batch;
    size_t threads;        /* 0: any */
    const char *optimizer; /* "sgd", ... */
    bp_mark_kind kind;
    double at_least;
} bp_mark;

typedef struct bp_measured {
    const char *net, *optimizer;
    size_t batch, threads;
    double value[BP_MARK_KINDS]; /* 0: not measured */
} bp_measured;

/* The marks that such a case should reach: the first from index `from` on, NULL after the last.
 * `next` takes the index to go on from. */
const bp_mark *bp_mark_next(const bp_measured *measured, size_t from, size_t *next);

typedef struct bp_mark_count {
    size_t met, missed;
} bp_mark_count;

/* "PyTorch 2.1x met", "peak 90 % missed by 12 %": writes it to `text` and counts it. */
void bp_mark_tell(const bp_mark *mark, const bp_measured *measured, char text[64],
                  bp_mark_count *count);

/* "torch", "peak", "scaling", "optimizer". */
const char *bp_mark_kind_name(bp_mark_kind kind);

#endif
