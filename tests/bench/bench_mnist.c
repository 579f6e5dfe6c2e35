/* Time to accuracy: seconds of training until 784-128-10 names 97 % of MNIST's test images, from
 * several seeds, beside PyTorch if wanted. The clock runs while training does, not while testing.
 *
 * Plain SGD, minibatch 32, a learning rate of 0.3 that falls to 0.85 of itself after each epoch.
 * An epoch is a trainer of its own, from the weights of the one before; what making it costs
 * counts. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench_options.h"
#include "clean_window.h"
#include "clock.h"
#include "inference.h"
#include "kernels.h"
#include "made_dataset.h"
#include "torch_peer.h"
#include "trainer.h"

enum { PIXELS = 784, CLASSES = 10, BATCH = 32, MOST_EPOCHS = 30, MOST_RACES = 64, CHOICES = 2 };
static const char net[] = "784-128-10";
static const double first_rate = 0.3, decay = 0.85, target = 0.97;
/* Of PyTorch's time, by thread choice: at most. */
static const double marks[CHOICES] = {0.27, 0.18};
static const size_t thread_choices[CHOICES] = {1, 2};

typedef struct racer {
    double seconds[MOST_RACES], clean_seconds[MOST_RACES], epochs[MOST_RACES];
    size_t count, clean; /* races that reached the target; of them, undisturbed ones */
} racer;

typedef struct bench {
    size_t races;
    bool peers;
    const char *folder;
    bp_dataset *training, *test;
    const bp_kernels *kernels;
    racer ours[CHOICES], torch[CHOICES];
} bench;

/* --- the data -------------------------------------------------------------------------------- */

/* The bytes of folder/name after its header; `count` takes how many. */
static unsigned char *read_bytes(const char *folder, const char *name, long header, size_t *count) {
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "rb");
    if (file == NULL || fseek(file, 0, SEEK_END) != 0) {
        bench_stop(path, strerror(errno));
    }
    long size = ftell(file);
    if (size <= header || fseek(file, header, SEEK_SET) != 0) {
        bench_stop(path, "not a file of MNIST");
    }
    *count = (size_t)(size - header);
    unsigned char *bytes = malloc(*count);
    if (bytes == NULL || fread(bytes, 1, *count, file) != *count) {
        bench_stop(path, "it cannot be read");
    }
    fclose(file);
    return bytes;
}

static bp_dataset *read_part(const char *folder, const char *images, const char *labels) {
    size_t pixels = 0, rows = 0;
    unsigned char *image = read_bytes(folder, images, 16, &pixels);
    unsigned char *label = read_bytes(folder, labels, 8, &rows);
    float *x = calloc(pixels, sizeof *x);
    int32_t *class_index = calloc(rows, sizeof *class_index);
    if (x == NULL || class_index == NULL || pixels != rows * PIXELS) {
        bench_stop(images, "not MNIST, or out of memory");
    }
    for (size_t i = 0; i < pixels; i++) {
        x[i] = (float)image[i] / 255.0F;
    }
    for (size_t r = 0; r < rows; r++) {
        class_index[r] = label[r] % CLASSES;
    }
    bp_made_table table = {.rows = rows,
                           .features = PIXELS,
                           .targets = 1,
                           .classes = CLASSES,
                           .x = x,
                           .class_index = class_index};
    bp_dataset *data = NULL;
    bp_error err = {0};
    if (bp_made_dataset(&data, &table, &err) != BP_OK) {
        bench_stop(images, err.message);
    }
    free(image);
    free(label);
    free(x);
    free(class_index);
    return data;
}

/* --- a race ---------------------------------------------------------------------------------- */

static void add(racer *r, double seconds, double epochs, bool clean) {
    fprintf(stderr, " %.3f s", seconds);
    if (clean) {
        r->clean_seconds[r->clean++] = seconds;
    }
    r->epochs[r->count] = epochs;
    r->seconds[r->count++] = seconds;
}

/* One epoch from `*weights`, which become those after it. */
static void train_epoch(const bench *b, bp_snapshot **weights, const bp_train_options *settings,
                        bp_pool *pool) {
    static const bp_model_spec spec = {
        .inputs = PIXELS,
        .layer_count = 2,
        .layers = {{.units = 128, .activation = BP_ACTIVATION_RELU},
                   {.units = CLASSES, .activation = BP_ACTIVATION_SOFTMAX}},
        .loss = BP_LOSS_CROSS_ENTROPY,
        .initializer = BP_INITIALIZER_HE_NORMAL,
        .preprocessing = BP_PREPROCESSING_NONE};
    bp_model_spec seeded = spec;
    seeded.seed = settings->seed;
    bp_snapshot *start = NULL, *end = NULL;
    bp_trainer *trainer = NULL;
    bp_train_place place = {.pool = pool, .kernels = b->kernels};
    bp_error err = {0};
    bp_status status = bp_train_bind(&start, &seeded, *weights, b->training, settings, &err);
    if (status == BP_OK) {
        status = bp_trainer_new(&trainer, start, b->training, settings, place, &err);
    }
    while (status == BP_OK && !bp_trainer_done(trainer)) {
        status = bp_trainer_step(trainer, &err);
    }
    if (status == BP_OK) {
        status = bp_trainer_snapshot(trainer, &end, &err);
    }
    if (status != BP_OK) {
        bench_stop("training", err.message);
    }
    bp_trainer_free(trainer);
    bp_snapshot_unref(start);
    bp_snapshot_unref(*weights);
    *weights = end;
}

static double test_accuracy(const bench *b, const bp_snapshot *weights) {
    const bp_evaluation_options options = {0};
    bp_evaluation_report report;
    bp_error err = {0};
    if (bp_evaluate(&report, weights, b->kernels, b->test, &options, &err) != BP_OK) {
        bench_stop("testing", err.message);
    }
    const double accuracy = report.total.accuracy;
    bp_evaluation_report_clear(&report);
    return accuracy;
}

static void race(const bench *b, racer *into, size_t threads, size_t seed) {
    bp_pool *pool = NULL;
    bp_error err = {0};
    if (bp_pool_new(&pool, threads, &err) != BP_OK) {
        bench_stop("threads", err.message);
    }
    bp_train_options settings = bp_train_defaults();
    bp_train_set_optimizer(&settings, BP_OPTIMIZER_SGD);
    settings.epochs = 1;
    settings.batch_size = BATCH;
    settings.momentum = 0;
    settings.validation.fraction = 0;
    settings.threads = 0;
    double rate = first_rate, seconds = 0;
    bool clean = true, there = false;
    bp_snapshot *weights = NULL;
    size_t epoch = 0;
    while (!there && epoch < MOST_EPOCHS) {
        settings.seed = seed * MOST_EPOCHS + epoch++;
        settings.learning_rate = (float)rate;
        rate *= decay;
        bp_reading before = bp_reading_now();
        double begin = bp_clock_seconds();
        train_epoch(b, &weights, &settings, pool);
        seconds += bp_clock_seconds() - begin;
        clean = bp_reading_is_clean(before, bp_reading_now(), 1) && clean;
        there = test_accuracy(b, weights) >= target;
    }
    if (there) {
        add(into, seconds, (double)epoch, clean);
    }
    bp_snapshot_unref(weights);
    bp_pool_free(pool);
}

static void race_torch(racer *into, bp_torch_peer *peer, size_t seed) {
    const char *answer = bp_torch_peer_ask(peer, "race %s %d %g %g %g %zu", net, BATCH, first_rate,
                                           decay, target, seed);
    double seconds, epochs;
    char verdict[16];
    if (sscanf(answer, "%lf %lf %15s", &seconds, &epochs, verdict) == 3) {
        add(into, seconds, epochs, strcmp(verdict, "clean") == 0);
    }
}

/* --- the whole ------------------------------------------------------------------------------- */

/* The median of the undisturbed races; of all, where those are fewer than three. 0: none. */
static double median_seconds(racer *r) {
    if (r->count == 0) {
        return 0;
    }
    return r->clean >= 3 ? bp_median(r->clean_seconds, r->clean) : bp_median(r->seconds, r->count);
}

static double print_racer(const char *who, size_t threads, racer *r, size_t races) {
    double seconds = median_seconds(r);
    printf("%-10s %7zu %9.3f %9.0f %7zu/%zu %7zu", who, threads, seconds,
           r->count > 0 ? bp_median(r->epochs, r->count) : 0, r->count, races, r->clean);
    return seconds;
}

static void print_all(bench *b) {
    double torch = 0;
    printf("%s, minibatch %d, SGD, learning rate %g times %g an epoch: training until %g %% of "
           "the test images are right\n",
           net, BATCH, first_rate, decay, 100 * target);
    printf("%-10s %7s %9s %9s %9s %7s\n", "", "threads", "seconds", "epochs", "got there", "clean");
    double best[CHOICES] = {0};
    for (size_t t = 0; t < CHOICES && b->peers; t++) {
        double seconds = print_racer("PyTorch", thread_choices[t], &b->torch[t], b->races);
        printf("\n");
        torch = torch <= 0 || (seconds > 0 && seconds < torch) ? seconds : torch;
        best[t] = torch;
    }
    for (size_t t = 0; t < CHOICES; t++) {
        double seconds = print_racer("backpropd", thread_choices[t], &b->ours[t], b->races);
        double share = best[t] > 0 ? seconds / best[t] : 0;
        if (share > 0) {
            printf("  %.2f of PyTorch's time; at most %.2f ", share, marks[t]);
            printf(share <= marks[t] ? "met" : "missed by %.2g %%", 100 * (share / marks[t] - 1));
        }
        printf("\n");
    }
}

static void parse(bench *b, int argc, char **argv) {
    static const char usage[] = "usage: mnist [--peers] [--races N]\n";
    static const struct option known[] = {{"peers", no_argument, NULL, 'p'},
                                          {"races", required_argument, NULL, 'r'},
                                          {"help", no_argument, NULL, 'h'},
                                          {0}};
    b->races = 5;
    for (int o = getopt_long(argc, argv, "", known, NULL); o != -1;
         o = getopt_long(argc, argv, "", known, NULL)) {
        if (o == 'p') {
            b->peers = true;
        } else if (o == 'r') {
            b->races = bench_size(optarg, MOST_RACES);
        } else {
            fputs(usage, o == 'h' ? stdout : stderr);
            exit(o == 'h' ? 0 : 2);
        }
    }
    if (optind + 1 != argc) {
        bench_stop("one folder with MNIST's files, unpacked", "missing");
    }
    b->folder = argv[optind];
}

int main(int argc, char **argv) {
    static bench b;
    bp_torch_peer *peers[CHOICES] = {0};
    bp_error err = {0};
    parse(&b, argc, argv);
    for (size_t t = 0; t < CHOICES && b.peers; t++) {
        peers[t] = bp_torch_peer_new(thread_choices[t]);
        b.peers = peers[t] != NULL &&
                  strcmp(bp_torch_peer_ask(peers[t], "mnist %s", b.folder), "ok") == 0;
    }
    if (bp_kernels_find(NULL, &b.kernels, &err) != BP_OK) {
        bench_stop("kernels", err.message);
    }
    b.training = read_part(b.folder, "train-images-idx3-ubyte", "train-labels-idx1-ubyte");
    b.test = read_part(b.folder, "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte");
    for (size_t i = 0; i < b.races; i++) {
        fprintf(stderr, "race %zu of %zu:", i + 1, b.races);
        for (size_t t = 0; t < CHOICES; t++) {
            race(&b, &b.ours[t], thread_choices[t], i);
            if (b.peers) {
                race_torch(&b.torch[t], peers[t], i);
            }
        }
        fprintf(stderr, "\n");
    }
    print_all(&b);
    for (size_t t = 0; t < CHOICES; t++) {
        bp_torch_peer_free(peers[t]);
    }
    bp_dataset_unref(b.training);
    bp_dataset_unref(b.test);
    return 0;
}
