/* Memory: how much more of it a process holds at most while it trains than before it made the
 * trainer, against parameters x (1 + states of the optimiser) + the activations x(0)..x(L) of one
 * minibatch + 64 MiB. The data set was there before. Figures, never a pass or fail.
 *
 * Each case is a process of its own, so that what an earlier one freed does not count. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench_options.h"
#include "kernels.h"
#include "process_memory.h"
#include "workload.h"

enum { THREADS = 2, STEPS = 3, ROWS = 2048 };
static const double mebibyte = 1 << 20, allowance = 64;

typedef struct memory_case {
    const char *net;
    size_t batch;
    float momentum; /* 0: plain SGD, no state; else one */
} memory_case;

static const memory_case cases[] = {
    {"4-16-3", 64, 0},
    {"784-128-10", 64, 0},
    {"784-128-10", 1024, 0.9F},
    {"512-512-512-512", 1024, 0},
    {"784-2500-2000-1500-1000-500-10", 64, 0},
    {"784-2500-2000-1500-1000-500-10", 1024, 0},
    {"784-2500-2000-1500-1000-500-10", 1024, 0.9F},
    {"4096-8192-4096-10", 64, 0},
    {"4096-8192-4096-10", 64, 0.9F},
};

static void train(const bp_workload *load, const memory_case *c) {
    bp_train_options settings = bp_train_defaults();
    bp_train_set_optimizer(&settings, BP_OPTIMIZER_SGD);
    settings.batch_size = c->batch;
    settings.momentum = c->momentum;
    settings.learning_rate = 0.0001F;
    settings.validation.fraction = 0;
    settings.epochs = STEPS;
    bp_train_place place = {0};
    bp_pool *pool = NULL;
    bp_error err = {0};
    bp_status status = bp_kernels_find(NULL, &place.kernels, &err);
    if (status == BP_OK) {
        status = bp_pool_new(&pool, THREADS, &err);
    }
    if (status != BP_OK) {
        bench_stop(load->text, err.message);
    }
    place.pool = pool;
    bp_trainer *trainer = bp_workload_trainer(load, &settings, place);
    for (size_t i = 0; status == BP_OK && i < STEPS; i++) {
        status = bp_trainer_step(trainer, &err);
    }
    if (status != BP_OK) {
        bench_stop(load->text, err.message);
    }
    bp_trainer_free(trainer);
    bp_pool_free(pool);
}

static void measure(const memory_case *c) {
    bp_workload load;
    bp_workload_make(&load, c->net, ROWS);
    double parameters = load.weights, activations = (double)load.spec.inputs;
    for (size_t l = 0; l < load.spec.layer_count; l++) {
        parameters += (double)load.spec.layers[l].units;
        activations += (double)load.spec.layers[l].units;
    }
    parameters *= sizeof(float) / mebibyte;
    activations *= (double)c->batch * sizeof(float) / mebibyte;
    double states = c->momentum > 0 ? 1 : 0;
    double most = parameters * (1 + states) + activations + allowance;
    bp_process_forget_peak();
    double before = bp_process_mib("VmRSS");
    train(&load, c);
    double held = bp_process_mib("VmHWM") - before;
    printf("%-30s %9zu %6.0f %11.1f %11.1f %9.1f %9.1f  ", c->net, c->batch, states, parameters,
           activations, held, most);
    printf(held <= most ? "met\n" : "missed by %.2g %%\n", 100 * (held / most - 1));
    bp_workload_clear(&load);
}

int main(void) {
    printf("MiB, %d threads\n%-30s %9s %6s %11s %11s %9s %9s\n", THREADS, "net", "minibatch",
           "states", "parameters", "activations", "held", "at most");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        fflush(stdout);
        pid_t child = fork();
        if (child == 0) {
            measure(&cases[i]);
            exit(0);
        }
        int status = 0;
        if (child < 0 || waitpid(child, &status, 0) != child || status != 0) {
            bench_stop(cases[i].net, "its process failed");
        }
    }
    return 0;
}
