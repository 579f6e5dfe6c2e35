/* Training speed: samples per second of bp_trainer_step on made-up data, for several nets,
 * minibatches and thread counts, as a table and as JSON lines. Figures, never a pass or fail.
 *
 * FLOPs are those of the mathematics, an fma counting 2. With P weights, P_1 of them in layer 1,
 * a sample costs 2 P forward, 2 P for dl/dw and 2 (P - P_1) for dl/dx of layers 1..L-1. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench_options.h"
#include "clean_window.h"
#include "fma_peak.h"
#include "made_dataset.h"
#include "philox.h"
#include "trainer.h"

/* A case is left out if one step would take this many times --seconds. */
static const double longest_step = 4;

typedef struct bench {
    bench_options options;
    const bp_kernels *kernels;
    double peak[BENCH_MAX_CHOICES]; /* FLOP/s, by thread choice; 0: not known */
    FILE *table, *json;             /* json NULL: not wanted */
} bench;

/* One net and its data. */
typedef struct workload {
    const char *text;
    bp_model_spec spec;
    double flops_per_sample;
    bp_dataset *data;
    double flops_per_second; /* of the last case; 0: none yet */
} workload;

typedef struct bench_case {
    size_t batch;
    size_t thread_choice;
} bench_case;

/* --- a net and its data ---------------------------------------------------------------------- */

/* "64-128-10": inputs, then the layers. */
static void read_net(workload *load) {
    char text[BENCH_MAX_NET_TEXT];
    snprintf(text, sizeof text, "%s", load->text);
    bp_model_spec *spec = &load->spec;
    *spec = (bp_model_spec){.initializer = BP_INITIALIZER_HE_UNIFORM,
                            .preprocessing = BP_PREPROCESSING_NONE,
                            .seed = 1};
    for (char *piece = strtok(text, "-"); piece != NULL; piece = strtok(NULL, "-")) {
        size_t size = bench_size(piece, BP_MAX_UNITS);
        if (spec->inputs == 0) {
            spec->inputs = size;
        } else if (spec->layer_count < BP_MAX_LAYERS) {
            spec->layers[spec->layer_count++] =
                (bp_layer_spec){.units = size, .activation = BP_ACTIVATION_RELU};
        }
    }
    if (spec->layer_count == 0) {
        bench_stop("a net has at least two sizes", load->text);
    }
    bp_layer_spec *last = &spec->layers[spec->layer_count - 1];
    last->activation = last->units == 1 ? BP_ACTIVATION_LINEAR : BP_ACTIVATION_SOFTMAX;
    spec->loss = last->units == 1 ? BP_LOSS_MSE : BP_LOSS_CROSS_ENTROPY;
}

static double count_flops(const bp_model_spec *spec) {
    double weights = 0, first = (double)spec->inputs * (double)spec->layers[0].units;
    size_t in = spec->inputs;
    for (size_t l = 0; l < spec->layer_count; l++) {
        weights += (double)in * (double)spec->layers[l].units;
        in = spec->layers[l].units;
    }
    return 2 * weights + 2 * weights + 2 * (weights - first);
}

/* Inputs uniform in [0, 1); targets drawn too, so that there is nothing to learn and nothing
 * saturates. */
static bp_dataset *make_data(const bp_model_spec *spec) {
    size_t outputs = spec->layers[spec->layer_count - 1].units;
    bool classes = spec->loss == BP_LOSS_CROSS_ENTROPY;
    float *x = calloc(BENCH_ROWS * spec->inputs, sizeof *x);
    float *y = calloc(BENCH_ROWS, sizeof *y);
    int32_t *class_index = calloc(BENCH_ROWS, sizeof *class_index);
    if (x == NULL || y == NULL || class_index == NULL) {
        bench_stop("data", "out of memory");
    }
    uint32_t words[4];
    for (size_t i = 0; i < BENCH_ROWS * spec->inputs; i++) {
        if (i % 4 == 0) {
            bp_random_block(1, BP_STREAM_SAMPLE, 0, i / 4, words);
        }
        x[i] = bp_random_unit(words[i % 4]);
    }
    for (size_t n = 0; n < BENCH_ROWS; n++) {
        bp_random_block(1, BP_STREAM_SAMPLE, 1, n, words);
        y[n] = bp_random_unit(words[0]);
        class_index[n] = (int32_t)(words[1] % outputs);
    }
    bp_made_table table = {.rows = BENCH_ROWS, .features = spec->inputs, .targets = 1, .x = x};
    if (classes) {
        table.classes = outputs;
        table.class_index = class_index;
    } else {
        table.y = y;
    }
    bp_dataset *data = NULL;
    bp_error err = {0};
    if (bp_made_dataset(&data, &table, &err) != BP_OK) {
        bench_stop("data", err.message);
    }
    free(x);
    free(y);
    free(class_index);
    return data;
}

/* --- one case -------------------------------------------------------------------------------- */

typedef struct stepper {
    bp_trainer *trainer;
    bp_error err;
} stepper;

static bool step(void *context) {
    stepper *s = context;
    return bp_trainer_step(s->trainer, &s->err) == BP_OK;
}

static bp_trainer *make_trainer(const bench *b, const workload *load, size_t batch, bp_pool *pool) {
    bp_train_options settings = bp_train_defaults();
    settings.epochs = BP_MAX_EPOCHS;
    settings.batch_size = batch;
    settings.learning_rate = 0.001F;
    settings.validation_fraction = 0;
    settings.threads = 0;
    bp_train_place place = {.pool = pool, .kernels = b->kernels};
    bp_snapshot *start = NULL;
    bp_trainer *trainer = NULL;
    bp_error err = {0};
    if (bp_train_bind(&start, &load->spec, NULL, load->data, &settings, &err) != BP_OK ||
        bp_trainer_new(&trainer, start, load->data, &settings, place, &err) != BP_OK) {
        bench_stop(load->text, err.message);
    }
    bp_snapshot_unref(start);
    return trainer;
}

static bp_window_result measure(const bench *b, const workload *load, bench_case which) {
    bp_pool *pool = NULL;
    bp_error err = {0};
    if (bp_pool_new(&pool, b->options.threads[which.thread_choice], &err) != BP_OK) {
        bench_stop("threads", err.message);
    }
    stepper s = {.trainer = make_trainer(b, load, which.batch, pool)};
    bp_window_plan plan = {.step = step, .context = &s, .seconds = b->options.seconds};
    bp_window_result result;
    if (!bp_window_measure(&plan, &result)) {
        bench_stop(load->text, s.err.message);
    }
    bp_trainer_free(s.trainer);
    bp_pool_free(pool);
    return result;
}

/* --- what is printed ------------------------------------------------------------------------- */

static void print_heading(const bench *b) {
    const bench_options *o = &b->options;
    fprintf(b->table, "%s kernels, %g s a case; fma peak", bp_kernels_name(b->kernels), o->seconds);
    for (size_t t = 0; t < o->thread_count; t++) {
        fprintf(b->table, "%s %.0f GFLOP/s on %zu thread%s", t > 0 ? "," : "", b->peak[t] / 1e9,
                o->threads[t], o->threads[t] > 1 ? "s" : "");
    }
    fprintf(b->table, "\n%-32s %-13s %9s %7s %12s %9s %8s %8s\n", "net", "loss", "minibatch",
            "threads", "samples/s", "GFLOP/s", "of peak", "windows");
    fflush(b->table);
}

static void print_json_head(const bench *b, const workload *load, bench_case which) {
    fprintf(b->json,
            "{\"benchmark\": \"train\", \"net\": \"%s\", \"loss\": \"%s\", \"batch_size\": %zu, "
            "\"threads\": %zu, \"isa\": \"%s\", ",
            load->text, bp_losses.names[load->spec.loss], which.batch,
            b->options.threads[which.thread_choice], bp_kernels_name(b->kernels));
}

static void print_head(const bench *b, const workload *load, bench_case which) {
    fprintf(b->table, "%-32s %-13s %9zu %7zu ", load->text, bp_losses.names[load->spec.loss],
            which.batch, b->options.threads[which.thread_choice]);
}

static void print_case(const bench *b, const workload *load, bench_case which,
                       bp_window_result result) {
    double samples = result.steps_per_second * (double)which.batch;
    double flops = samples * load->flops_per_sample, peak = b->peak[which.thread_choice];
    print_head(b, load, which);
    fprintf(b->table, "%12.0f %9.1f ", samples, flops / 1e9);
    if (peak > 0) {
        fprintf(b->table, "%6.1f %%", 100 * flops / peak);
    } else {
        fprintf(b->table, "%8s", "-");
    }
    fprintf(b->table, " %4zu/%zu\n", result.clean, result.windows);
    fflush(b->table);
    if (b->json == NULL) {
        return;
    }
    print_json_head(b, load, which);
    fprintf(b->json, "\"samples_per_second\": %.1f, \"flops_per_second\": %.4g, ", samples, flops);
    if (peak > 0) {
        fprintf(b->json, "\"fma_peak\": %.4g, \"share_of_peak\": %.4f, ", peak, flops / peak);
    }
    fprintf(b->json, "\"clean_windows\": %zu, \"windows\": %zu}\n", result.clean, result.windows);
    fflush(b->json);
}

static void print_left_out(const bench *b, const workload *load, bench_case which, double seconds) {
    print_head(b, load, which);
    fprintf(b->table, "%12s (a step would take about %.0f s)\n", "left out", seconds);
    fflush(b->table);
    if (b->json != NULL) {
        print_json_head(b, load, which);
        fprintf(b->json, "\"samples_per_second\": null, \"step_seconds_estimate\": %.1f}\n",
                seconds);
        fflush(b->json);
    }
}

/* --- the whole ------------------------------------------------------------------------------- */

static void run_case(const bench *b, workload *load, bench_case which) {
    double step_flops = load->flops_per_sample * (double)which.batch;
    double estimate = load->flops_per_second > 0 ? step_flops / load->flops_per_second : 0;
    if (estimate > longest_step * b->options.seconds) {
        print_left_out(b, load, which, estimate);
        return;
    }
    bp_window_result result = measure(b, load, which);
    load->flops_per_second = result.steps_per_second * step_flops;
    print_case(b, load, which, result);
}

static void run_net(const bench *b, const char *text) {
    workload load = {.text = text};
    read_net(&load);
    load.flops_per_sample = count_flops(&load.spec);
    load.data = make_data(&load.spec);
    for (size_t i = 0; i < b->options.batch_count; i++) {
        for (size_t t = 0; t < b->options.thread_count; t++) {
            run_case(b, &load, (bench_case){b->options.batches[i], t});
        }
    }
    bp_dataset_unref(load.data);
}

static void measure_peaks(bench *b) {
    for (size_t t = 0; t < b->options.thread_count; t++) {
        bp_pool *pool = NULL;
        bp_error err = {0};
        if (bp_pool_new(&pool, b->options.threads[t], &err) != BP_OK) {
            bench_stop("threads", err.message);
        }
        b->peak[t] = bp_fma_peak(pool, bp_kernels_name(b->kernels));
        bp_pool_free(pool);
    }
}

static void open_outputs(bench *b) {
    const char *path = b->options.json_path;
    b->table = stdout;
    if (path != NULL && strcmp(path, "-") == 0) {
        b->json = stdout;
        b->table = stderr;
    } else if (path != NULL) {
        b->json = fopen(path, "w");
        if (b->json == NULL) {
            bench_stop(path, strerror(errno));
        }
    }
}

int main(int argc, char **argv) {
    static bench b;
    bp_error err = {0};
    bench_parse_options(&b.options, argc, argv);
    if (bp_kernels_find(b.options.isa, &b.kernels, &err) != BP_OK) {
        bench_stop("--isa", err.message);
    }
    open_outputs(&b);
    measure_peaks(&b);
    print_heading(&b);
    for (size_t i = 0; i < b.options.net_count; i++) {
        run_net(&b, b.options.nets[i]);
    }
    if (b.json != NULL && b.json != stdout && fclose(b.json) != 0) {
        bench_stop(b.options.json_path, strerror(errno));
    }
    return 0;
}
