/* Activation checkpointing: the peak memory of a process that trains a deep net, and the time of a
 * step, with and without it, against the marks: at most 40 % of the memory for at most 40 % more
 * time. Figures, never a pass or fail.
 *
 * Each figure of memory is of a process of its own; both times are of one process, whose trainers
 * take turns. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench_options.h"
#include "clean_window.h"
#include "kernels.h"
#include "process_memory.h"
#include "workload.h"

enum { THREADS = 2, STEPS = 3, ROWS = 4096 };
static const double most_memory = 0.4, most_time = 0.4;
static const double seconds = 10, patience = 10; /* of each trainer, in a contest */

typedef enum mode { KEEP, COMPUTE_AGAIN, MODES } mode;

typedef struct deep_case {
    const char *net;
    size_t batch;
    float momentum; /* 0: plain SGD */
} deep_case;

static const deep_case cases[] = {
    {"64-64x63-10", 4096, 0},
    {"64-64x63-10", 4096, 0.9F},
    {"256-256x63-10", 4096, 0.9F},
};

/* --- what is measured ------------------------------------------------------------------------ */

static bp_trainer *make_trainer(const deep_case *c, const bp_workload *load, mode m,
                                bp_pool *pool) {
    bp_train_options settings = bp_train_defaults();
    bp_train_set_optimizer(&settings, BP_OPTIMIZER_SGD);
    settings.epochs = BP_MAX_EPOCHS;
    settings.batch_size = c->batch;
    settings.momentum = c->momentum;
    settings.learning_rate = 0.00001F;
    settings.validation.fraction = 0;
    settings.activation_checkpointing = m == COMPUTE_AGAIN;
    bp_train_place place = {.pool = pool};
    bp_error err = {0};
    if (bp_kernels_find(NULL, &place.kernels, &err) != BP_OK) {
        bench_stop("kernels", err.message);
    }
    return bp_workload_trainer(load, &settings, place);
}

static bp_pool *make_pool(void) {
    bp_pool *pool = NULL;
    bp_error err = {0};
    if (bp_pool_new(&pool, THREADS, &err) != BP_OK) {
        bench_stop("pool", err.message);
    }
    return pool;
}

static bool step(void *trainer) {
    return bp_trainer_step(trainer, NULL) == BP_OK;
}

/* MiB of this process at its peak. */
static double peak_of(const deep_case *c, mode m) {
    bp_workload load;
    bp_workload_make(&load, c->net, ROWS);
    bp_process_forget_peak();
    bp_pool *pool = make_pool();
    bp_trainer *trainer = make_trainer(c, &load, m, pool);
    for (size_t i = 0; i < STEPS; i++) {
        if (!step(trainer)) {
            bench_stop(c->net, "a step failed");
        }
    }
    double peak = bp_process_mib("VmHWM");
    bp_trainer_free(trainer);
    bp_pool_free(pool);
    bp_workload_clear(&load);
    return peak;
}

/* Seconds of a step. */
static void time_steps(const deep_case *c, double out[MODES]) {
    static bp_windows windows[MODES];
    bp_contestant contestants[MODES];
    bp_stepper steppers[MODES];
    bp_pool *pool = make_pool();
    bp_workload load;
    bp_workload_make(&load, c->net, ROWS);
    for (int m = 0; m < MODES; m++) {
        steppers[m] = (bp_stepper){.step = step, .context = make_trainer(c, &load, (mode)m, pool)};
        contestants[m] = (bp_contestant){.run = bp_stepper_run,
                                         .context = &steppers[m],
                                         .seconds = seconds,
                                         .patience = patience,
                                         .windows = &windows[m]};
    }
    if (!bp_contest_run(contestants, MODES)) {
        bench_stop(c->net, "a step failed");
    }
    for (int m = 0; m < MODES; m++) {
        out[m] = 1 / bp_windows_summarise(&windows[m]).rate;
        bp_trainer_free(steppers[m].context);
    }
    bp_pool_free(pool);
    bp_workload_clear(&load);
}

/* --- a process for each ---------------------------------------------------------------------- */

typedef struct figures {
    double mib[MODES], seconds[MODES];
} figures;

/* Fills mib[memory_of], or the seconds for MODES. */
static void measure(const deep_case *c, int memory_of, figures *out) {
    if (memory_of < MODES) {
        out->mib[memory_of] = peak_of(c, (mode)memory_of);
    } else {
        time_steps(c, out->seconds);
    }
}

static void measure_apart(const deep_case *c, int memory_of, figures *out) {
    int ends[2], status = 0;
    if (pipe(ends) != 0) {
        bench_stop(c->net, "no pipe");
    }
    pid_t child = fork();
    if (child == 0) {
        measure(c, memory_of, out);
        _exit(write(ends[1], out, sizeof *out) == (ssize_t)sizeof *out ? 0 : 1);
    }
    if (child < 0 || waitpid(child, &status, 0) != child || status != 0 ||
        read(ends[0], out, sizeof *out) != (ssize_t)sizeof *out) {
        bench_stop(c->net, "its process failed");
    }
    close(ends[0]);
    close(ends[1]);
}

static const char *verdict(bool met) {
    return met ? "met" : "missed";
}

int main(void) {
    printf("%d threads; peak MiB of the process, ms a step\n", THREADS);
    printf("%-16s %9s %8s %8s %8s %6s        %8s %8s %6s\n", "net", "minibatch", "momentum", "kept",
           "again", "share", "kept", "again", "more");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const deep_case *c = &cases[i];
        figures f = {{0}, {0}};
        for (int what = 0; what <= MODES; what++) {
            measure_apart(c, what, &f);
        }
        double share = f.mib[COMPUTE_AGAIN] / f.mib[KEEP];
        double more = f.seconds[COMPUTE_AGAIN] / f.seconds[KEEP] - 1;
        printf("%-16s %9zu %8g %8.1f %8.1f %4.0f %% %-6s %8.1f %8.1f %4.0f %% %s\n", c->net,
               c->batch, (double)c->momentum, f.mib[KEEP], f.mib[COMPUTE_AGAIN], 100 * share,
               verdict(share <= most_memory), 1000 * f.seconds[KEEP],
               1000 * f.seconds[COMPUTE_AGAIN], 100 * more, verdict(more <= most_time));
        fflush(stdout);
    }
    return 0;
}
