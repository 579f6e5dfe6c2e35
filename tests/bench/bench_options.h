/* The command line of bench_train, and words for all benchmarks. */
#ifndef BP_BENCH_OPTIONS_H
#define BP_BENCH_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "trainer.h"

enum { BENCH_MAX_CHOICES = 16, BENCH_MAX_NET_TEXT = 128, BENCH_ROWS = 8192 };

typedef struct bench_optimizer {
    const char *name; /* torch_peer.py has the same */
    bp_optimizer optimizer;
    float momentum; /* of sgd; 0: the optimizer's own */
} bench_optimizer;

typedef struct bench_options {
    double patience; /* seconds that each figure may wait for a quiet moment */
    double seconds;  /* for each case */
    char nets[BENCH_MAX_CHOICES][BENCH_MAX_NET_TEXT]; /* "64-128-10": inputs, then the layers */
    size_t net_count;
    size_t batches[BENCH_MAX_CHOICES]; /* 1..BENCH_ROWS */
    size_t batch_count;
    size_t threads[BENCH_MAX_CHOICES];
    size_t thread_count;
    const bench_optimizer *optimizers[BENCH_MAX_CHOICES]; /* PyTorch runs the first */
    size_t optimizer_count;
    bool peers;            /* also measure PyTorch */
    const char *isa;       /* NULL: the fastest */
    const char *json_path; /* NULL: none; "-": standard output */
} bench_options;

/* Fills `o` from the defaults and the arguments. Prints and exits on --help and on an error. */
void bench_parse_options(bench_options *o, int argc, char **argv);

/* A whole number in 1..most; stops on anything else. */
size_t bench_size(const char *text, size_t most);

/* Says "what: detail" on standard error and exits with 2. */
__attribute__((noreturn)) void bench_stop(const char *what, const char *detail);

#endif
