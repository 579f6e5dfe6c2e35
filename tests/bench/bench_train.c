/* Training speed: samples per second of bp_trainer_step on made-up data, for several nets,
 * minibatches, thread counts and optimisers, beside PyTorch if wanted, against the marks of
 * marks.c. Figures, never a pass or fail.
 *
 * All that is compared is measured in turn: for a net and a minibatch, the fma peak, this engine
 * and PyTorch, each with each number of threads, are contestants of one contest. */
#include <stdlib.h>
#include <string.h>

#include "bench_options.h"
#include "clock.h"
#include "fma_peak.h"
#include "kernels.h"
#include "report.h"
#include "torch_peer.h"
#include "trainer.h"

/* A case is left out if one step would take this many times --seconds. */
static const double longest_step = 4;
/* The peak needs fewer windows than a figure. */
static const double peak_share = 0.25;
/* PyTorch's threads spin for a while after their work. */
static const double torch_rest = 0.03;

enum { MOST_CONTESTANTS = BENCH_MAX_CHOICES * (BENCH_MAX_CHOICES + 2) };

/* One contestant of this process: the engine or the peak. */
typedef struct entrant {
    bp_trainer *trainer; /* NULL: the peak */
    bp_error err;
    bp_stepper stepper;
} entrant;

/* For a net and a minibatch: the peaks, then PyTorch, both by thread choice, then the engine by
 * [optimiser, thread choice]. */
typedef struct contest {
    size_t count;
    bp_contestant contestants[MOST_CONTESTANTS];
    bp_window_result results[MOST_CONTESTANTS];
    entrant entrants[MOST_CONTESTANTS];
} contest;

typedef struct bench {
    bench_options options;
    const bp_kernels *kernels;
    bp_pool *pools[BENCH_MAX_CHOICES]; /* by thread choice, like those below */
    bp_fma fma[BENCH_MAX_CHOICES];
    double best_peak[BENCH_MAX_CHOICES]; /* FLOP/s seen so far */
    bp_torch_peer *torch[BENCH_MAX_CHOICES];
    bp_report report;
    contest contest;
} bench;

static size_t peak_place(size_t t) {
    return t;
}

static size_t torch_place(const bench *b, size_t t) {
    return b->options.thread_count + t;
}

static size_t engine_place(const bench *b, size_t o, size_t t) {
    return (2 + o) * b->options.thread_count + t;
}

/* --- the contestants ------------------------------------------------------------------------- */

static bool step(void *context) {
    entrant *e = context;
    return bp_trainer_step(e->trainer, &e->err) == BP_OK;
}

static bool run_engine(void *context, double seconds, bp_window *out) {
    entrant *e = context;
    bool went = bp_stepper_run(&e->stepper, seconds, out);
    bp_trainer_pause(e->trainer); /* others have their turn */
    return went;
}

static bp_trainer *make_trainer(const bench *b, const bp_workload *load, bp_train_options settings,
                                bp_pool *pool) {
    settings.epochs = BP_MAX_EPOCHS;
    settings.learning_rate = 0.001F;
    settings.validation.fraction = 0;
    settings.threads = 0;
    bp_train_place place = {.pool = pool, .kernels = b->kernels};
    return bp_workload_trainer(load, &settings, place);
}

static void enter(bench *b, size_t place, bool (*run)(void *, double, bp_window *), void *context) {
    bp_contestant *c = &b->contest.contestants[place];
    bp_windows *windows = c->windows; /* kept from one contest to the next */
    if (windows == NULL) {
        windows = calloc(1, sizeof *windows);
        if (windows == NULL) {
            bench_stop("windows", "out of memory");
        }
    }
    *c = (bp_contestant){.run = run,
                         .context = context,
                         .seconds = b->options.seconds,
                         .patience = b->options.patience,
                         .windows = windows};
}

static void enter_peak(bench *b, size_t t) {
    entrant *e = &b->contest.entrants[peak_place(t)];
    e->stepper = (bp_stepper){
        .step = bp_fma_step, .context = &b->fma[t], .processors = b->options.threads[t]};
    enter(b, peak_place(t), bp_stepper_run, &e->stepper);
    b->contest.contestants[peak_place(t)].seconds *= b->fma[t].set != NULL ? peak_share : 0;
}

static void enter_torch(bench *b, const bp_workload *load, size_t batch, size_t t) {
    bp_torch_peer *peer = b->torch[t];
    enter(b, torch_place(b, t), bp_torch_peer_window, peer);
    b->contest.contestants[torch_place(b, t)].rest = torch_rest;
    if (peer == NULL) {
        b->contest.contestants[torch_place(b, t)].seconds = 0;
        return;
    }
    const char *answer = bp_torch_peer_ask(peer, "case %s %d %zu %s", load->text, BENCH_ROWS, batch,
                                           b->options.optimizers[0]->name);
    if (strcmp(answer, "ok") != 0) {
        bench_stop("torch_peer.py", answer);
    }
}

static void enter_engine(bench *b, const bp_workload *load, size_t batch, size_t place) {
    const size_t t = place % b->options.thread_count, o = place / b->options.thread_count - 2;
    bp_train_options settings = bp_train_defaults();
    const bench_optimizer *optimizer = b->options.optimizers[o];
    bp_train_set_optimizer(&settings, optimizer->optimizer);
    settings.batch_size = batch;
    if (optimizer->momentum > 0) {
        settings.momentum = optimizer->momentum;
    }
    entrant *e = &b->contest.entrants[place];
    e->trainer = make_trainer(b, load, settings, b->pools[t]);
    e->stepper = (bp_stepper){.step = step, .context = e};
    enter(b, place, run_engine, e);
}

/* The FLOP/s of this contest; the best of the run, where the machine left too few clean windows:
 * on a busy one two threads may not once have had both processors. */
static double peak_of(const bench *b, size_t t) {
    bp_window_result result = b->contest.results[peak_place(t)];
    bool trusted = result.clean >= BP_FEWEST_CLEAN;
    return trusted ? result.rate * bp_fma_flops(&b->fma[t]) : b->best_peak[t];
}

static void hold_contest(bench *b, const bp_workload *load, size_t batch) {
    const size_t threads = b->options.thread_count;
    contest *c = &b->contest;
    c->count = (2 + b->options.optimizer_count) * threads;
    for (size_t t = 0; t < threads; t++) {
        enter_peak(b, t);
        enter_torch(b, load, batch, t);
    }
    for (size_t place = engine_place(b, 0, 0); place < c->count; place++) {
        enter_engine(b, load, batch, place);
    }
    if (!bp_contest_run(c->contestants, c->count)) {
        for (size_t i = 0; i < c->count; i++) {
            if (c->entrants[i].err.message[0] != '\0') {
                bench_stop(load->text, c->entrants[i].err.message);
            }
        }
        bench_stop(load->text, "it could not be measured");
    }
    for (size_t i = 0; i < c->count; i++) {
        c->results[i] = bp_windows_summarise(c->contestants[i].windows);
    }
    for (size_t t = 0; t < threads; t++) {
        double peak = c->results[peak_place(t)].rate * bp_fma_flops(&b->fma[t]);
        b->best_peak[t] = peak > b->best_peak[t] ? peak : b->best_peak[t];
    }
}

static void end_contest(bench *b) {
    for (size_t i = engine_place(b, 0, 0); i < b->contest.count; i++) {
        bp_trainer_free(b->contest.entrants[i].trainer);
        b->contest.entrants[i].trainer = NULL;
    }
}

/* --- its results ----------------------------------------------------------------------------- */

/* Where PyTorch is fastest with at most the threads of choice `t`. */
static size_t best_torch(const bench *b, size_t t) {
    const bench_options *o = &b->options;
    size_t best = t;
    for (size_t i = 0; i < o->thread_count; i++) {
        double rate = b->contest.results[torch_place(b, i)].rate;
        if (o->threads[i] <= o->threads[t] &&
            rate > b->contest.results[torch_place(b, best)].rate) {
            best = i;
        }
    }
    return best;
}

static double one_thread_rate(const bench *b, size_t o) {
    for (size_t t = 0; t < b->options.thread_count; t++) {
        if (b->options.threads[t] == 1) {
            return b->contest.results[engine_place(b, o, t)].rate;
        }
    }
    return 0;
}

static double ratio(double a, double b) {
    return b > 0 ? a / b : 0;
}

static bp_report_row describe(const bench *b, const bp_workload *load, size_t batch, size_t place) {
    const size_t t = place % b->options.thread_count, o = place / b->options.thread_count - 2;
    bp_report_row row = {.load = load};
    row.measured = (bp_measured){.net = load->text,
                                 .optimizer = b->options.optimizers[o]->name,
                                 .batch = batch,
                                 .threads = b->options.threads[t]};
    return row;
}

static bp_report_row result_row(const bench *b, const bp_workload *load, size_t batch,
                                size_t place) {
    const size_t t = place % b->options.thread_count, o = place / b->options.thread_count - 2;
    const bp_window_result *results = b->contest.results;
    bp_report_row row = describe(b, load, batch, place);
    row.ours = results[place];
    row.peak = peak_of(b, t);
    double *value = row.measured.value;
    value[BP_MARK_PEAK] = ratio(row.ours.rate * (double)batch * load->flops_per_sample, row.peak);
    if (b->options.threads[t] > 1) {
        value[BP_MARK_SCALING] = ratio(row.ours.rate, one_thread_rate(b, o));
    }
    if (o == 0) {
        size_t best = best_torch(b, t);
        row.torch = results[torch_place(b, best)];
        row.torch_threads = b->options.threads[best];
        value[BP_MARK_TORCH] = ratio(row.ours.rate, row.torch.rate);
    } else {
        value[BP_MARK_OPTIMIZER] = ratio(row.ours.rate, results[engine_place(b, 0, t)].rate);
    }
    row.seconds = bp_trainer_progress(b->contest.entrants[place].trainer).seconds;
    return row;
}

/* --- the whole ------------------------------------------------------------------------------- */

/* Returns the largest FLOP/s seen. `flops_per_second` is that of a smaller minibatch; 0: none. */
static double run_case(bench *b, const bp_workload *load, size_t batch, double flops_per_second) {
    const double step_flops = load->flops_per_sample * (double)batch;
    const size_t first = engine_place(b, 0, 0);
    const size_t end = first + b->options.optimizer_count * b->options.thread_count;
    double estimate = ratio(step_flops, flops_per_second), fastest = flops_per_second;
    if (estimate > longest_step * b->options.seconds) {
        for (size_t place = first; place < end; place++) {
            bp_report_row row = describe(b, load, batch, place);
            bp_report_left_out(&b->report, &row, estimate);
        }
        return fastest;
    }
    hold_contest(b, load, batch);
    for (size_t place = first; place < end; place++) {
        bp_report_row row = result_row(b, load, batch, place);
        bp_report_row_print(&b->report, &row);
        double flops = row.ours.rate * step_flops;
        fastest = flops > fastest ? flops : fastest;
    }
    end_contest(b);
    return fastest;
}

static void run_net(bench *b, const char *text) {
    bp_workload load;
    bp_workload_make(&load, text, BENCH_ROWS);
    double flops_per_second = 0;
    for (size_t i = 0; i < b->options.batch_count; i++) {
        flops_per_second = run_case(b, &load, b->options.batches[i], flops_per_second);
    }
    bp_workload_clear(&load);
}

static void print_title(const bench *b) {
    FILE *table = b->report.table;
    fprintf(table, "%s kernels, %g s a figure, %d rows, shuffled", bp_kernels_name(b->kernels),
            b->options.seconds, BENCH_ROWS);
    if (b->torch[0] != NULL) {
        const char *version = bp_torch_peer_version(b->torch[0]);
        fprintf(table, "; PyTorch %s", version);
        if (strstr(version, "openblas") == NULL && strstr(version, "mkl") == NULL) {
            fprintf(table, " (slow: users have libopenblas0-pthread)");
        }
    }
    fprintf(table, "\n");
}

static void prepare(bench *b) {
    for (size_t t = 0; t < b->options.thread_count && b->options.peers; t++) {
        b->torch[t] = bp_torch_peer_new(b->options.threads[t]);
        b->report.with_torch = b->torch[t] != NULL;
        b->options.peers = b->report.with_torch;
    }
    bp_error err = {0};
    if (bp_kernels_find(b->options.isa, &b->kernels, &err) != BP_OK) {
        bench_stop("--isa", err.message);
    }
    b->report.isa = bp_kernels_name(b->kernels);
    for (size_t t = 0; t < b->options.thread_count; t++) {
        if (bp_pool_new(&b->pools[t], b->options.threads[t], &err) != BP_OK) {
            bench_stop("threads", err.message);
        }
        b->fma[t] = bp_fma_on(b->pools[t], bp_kernels_name(b->kernels));
    }
}

static void clear(bench *b) {
    for (size_t t = 0; t < b->options.thread_count; t++) {
        bp_torch_peer_free(b->torch[t]);
        bp_pool_free(b->pools[t]);
    }
    for (size_t i = 0; i < MOST_CONTESTANTS; i++) {
        free(b->contest.contestants[i].windows);
    }
}

int main(int argc, char **argv) {
    static bench b;
    double begin = bp_clock_seconds();
    bench_parse_options(&b.options, argc, argv);
    bp_report_open(&b.report, b.options.json_path);
    prepare(&b);
    print_title(&b);
    bp_report_heading(&b.report);
    for (size_t i = 0; i < b.options.net_count; i++) {
        run_net(&b, b.options.nets[i]);
    }
    bp_report_close(&b.report, bp_clock_seconds() - begin);
    clear(&b);
    return 0;
}
