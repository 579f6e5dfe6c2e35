/* Estimates beside the truth: bytes and seconds of a training as estimate.h tells them, and what
 * the training then takes. Figures, never a pass or fail. */
#include <stdio.h>

#include "background.h"
#include "bench_options.h"
#include "clock.h"
#include "estimate.h"
#include "optimizer_rule.h"
#include "process_memory.h"
#include "workload.h"

enum { MOST_THREADS = 2 };
static const double trial_seconds = 0.1, mebibyte = 1 << 20;

typedef struct estimate_case {
    const char *net;
    size_t batch;
    bp_optimizer optimizer;
    size_t rows;
    uint64_t epochs; /* a tenth of a second of one thread, or more */
} estimate_case;

static const estimate_case cases[] = {
    {"4-16-3", 32, BP_OPTIMIZER_ADAM, 16384, 80},
    {"4-16-3", 1024, BP_OPTIMIZER_SGD, 16384, 200},
    {"784-128-10", 32, BP_OPTIMIZER_ADAM, 16384, 3},
    {"784-128-10", 1024, BP_OPTIMIZER_SGD, 16384, 8},
    {"512-512-512-512", 32, BP_OPTIMIZER_ADAM, 16384, 1},
    {"512-512-512-512", 1024, BP_OPTIMIZER_SGD, 16384, 1},
    {"784-2500-2000-1500-1000-500-10", 32, BP_OPTIMIZER_ADAM, 3000, 1},
    {"784-2500-2000-1500-1000-500-10", 1024, BP_OPTIMIZER_SGD, 3000, 1},
    {"784-128-10", 0, BP_OPTIMIZER_LBFGS, 16384, 20},
};

/* One training, in the background as in the server. */
typedef struct run {
    const bp_workload *load;
    const bp_train_options *options;
    const bp_kernels *kernels;
    size_t threads;
    double seconds; /* out */
    double own;     /* out: of them, those with a processor */
    double mib;     /* out: more than before */
    double steps;   /* out: evaluations, of lbfgs */
} run;

static void train(void *context) {
    run *r = context;
    bp_pool *pool = NULL;
    bp_error err = {0};
    bp_process_forget_peak();
    const double before = bp_process_mib("VmRSS");
    if (bp_pool_new_background(&pool, r->threads, &err) != BP_OK) {
        bench_stop(r->load->text, err.message);
    }
    const bp_train_place place = {.pool = pool, .kernels = r->kernels};
    bp_trainer *trainer = bp_workload_trainer(r->load, r->options, place);
    const double began = bp_clock_seconds(), own = bp_clock_thread_seconds();
    while (!bp_trainer_done(trainer)) {
        if (bp_trainer_step(trainer, &err) != BP_OK) {
            bench_stop(r->load->text, err.message);
        }
    }
    r->seconds = bp_clock_seconds() - began;
    r->own = bp_clock_thread_seconds() - own;
    r->mib = bp_process_mib("VmHWM") - before;
    const bp_train_progress progress = bp_trainer_progress(trainer);
    r->steps = (double)progress.samples_seen /
               (double)(r->load->data->rows - bp_trainer_validation_rows(trainer));
    bp_trainer_free(trainer);
    bp_pool_free(pool);
}

static void compare(const estimate_case *c, const bp_workload *load, const run *r) {
    bp_snapshot *start = NULL;
    bp_estimate estimate = {0};
    bp_trial trial = {0};
    bp_error err = {0};
    const bp_trial_place place = {
        .kernels = r->kernels, .workers = r->threads, .seconds = trial_seconds};
    const double began = bp_clock_seconds();
    bp_status status = bp_train_bind(&start, &load->spec, NULL, load->data, r->options, &err);
    if (status == BP_OK) {
        status = bp_estimate_make(&estimate, start, load->data, r->options, r->threads, &err);
    }
    if (status == BP_OK) {
        status = bp_trial_run(&trial, start, load->data, r->options, &place, &err);
    }
    if (status != BP_OK) {
        bench_stop(load->text, err.message);
    }
    const size_t bytes = estimate.bytes.total + bp_snapshot_bytes(start); /* the server has both */
    bp_snapshot_unref(start);
    double told = bp_estimate_seconds(&estimate, &trial);
    if (estimate.repeats) { /* per evaluation: whole ones are the truth's */
        told *= r->steps / (double)c->epochs;
    }
    printf("%-32s %5zu %-8s %zu  %7.2f %7.2f %7.2f  %5.2f   %8.1f %8.1f  %6.2f\n", load->text,
           c->batch, bp_optimizers.names[c->optimizer], r->threads, told, r->seconds, r->own,
           told / r->own, (double)bytes / mebibyte, r->mib, bp_clock_seconds() - began);
    fflush(stdout);
}

static void measure(const estimate_case *c, const bp_kernels *kernels) {
    bp_workload load;
    bp_workload_make(&load, c->net, c->rows);
    bp_train_options options = bp_train_defaults();
    bp_train_set_optimizer(&options, c->optimizer);
    options.batch_size = c->batch;
    options.epochs = c->epochs;
    options.learning_rate = c->optimizer == BP_OPTIMIZER_LBFGS ? 1 : 0.0001F;
    for (size_t threads = 1; threads <= MOST_THREADS; threads++) {
        run r = {.load = &load, .options = &options, .kernels = kernels, .threads = threads};
        bp_error err = {0};
        if (bp_background_run(train, &r, &err) != BP_OK) {
            bench_stop(load.text, err.message);
        }
        compare(c, &load, &r);
    }
    bp_workload_clear(&load);
}

int main(void) {
    const bp_kernels *kernels;
    bp_error err = {0};
    if (bp_kernels_find(NULL, &kernels, &err) != BP_OK) {
        bench_stop("kernels", err.message);
    }
    printf("a tenth held out; seconds told by a trial of %g s, taken, and taken of a processor\n",
           trial_seconds);
    printf("%-32s %5s %-8s %s  %7s %7s %7s  %5s   %8s %8s  %6s\n", "net", "batch", "by", "t",
           "told", "taken", "own", "ratio", "MiB told", "taken", "cost s");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        measure(&cases[i], kernels);
    }
    return 0;
}
