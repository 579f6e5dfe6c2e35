/* Training from a file that is mapped, beside training from memory. A set of some GiB is written
 * through the builder straight into a file, with a limit of 2 GiB on the memory of the process;
 * then 28-64-64-1 is trained on it at minibatch 1024, in turns with the same on as many of its rows
 * as fit in memory. Figures, never a pass or fail. */
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "bench_options.h"
#include "clean_window.h"
#include "clock.h"
#include "dataset_builder.h"
#include "made_dataset.h"
#include "philox.h"
#include "process_memory.h"
#include "workload.h"

enum { FEATURES = 28, BATCH = 1024, PIECE_ROWS = 1024 };
static const char net[] = "28-64-64-1";
static const double gibibyte = 1 << 30, most_anonymous = 2;

typedef struct options {
    double gib, memory_gib, seconds;
    size_t threads;
    const char *folder;
    bool cold; /* the file is not in the page cache when the training begins */
} options;

static double number(const char *text) {
    char *end;
    double value = strtod(text, &end);
    if (end == text || *end != '\0' || !(value > 0)) {
        bench_stop(text, "not a number above 0");
    }
    return value;
}

static options read_options(int argc, char **argv) {
    static const struct option known[] = {{"gib", required_argument, NULL, 'g'},
                                          {"memory-gib", required_argument, NULL, 'm'},
                                          {"seconds", required_argument, NULL, 's'},
                                          {"threads", required_argument, NULL, 't'},
                                          {"folder", required_argument, NULL, 'f'},
                                          {"cold", no_argument, NULL, 'c'},
                                          {0}};
    options o = {.gib = 6, .memory_gib = 4, .seconds = 6, .threads = 2, .folder = "/var/tmp"};
    for (int c; (c = getopt_long(argc, argv, "", known, NULL)) != -1;) {
        switch (c) {
        case 'g':
            o.gib = number(optarg);
            break;
        case 'm':
            o.memory_gib = number(optarg);
            break;
        case 's':
            o.seconds = number(optarg);
            break;
        case 't':
            o.threads = bench_size(optarg, 1024);
            break;
        case 'f':
            o.folder = optarg;
            break;
        case 'c':
            o.cold = true;
            break;
        default:
            bench_stop("usage", "bench_mapped [--gib N] [--memory-gib N] [--seconds N] [--threads "
                                "N] [--folder PATH] [--cold]");
        }
    }
    return o;
}

static void expect(bp_status status, const bp_error *err) {
    if (status != BP_OK) {
        bench_stop("data", err->message);
    }
}

/* --- the set -------------------------------------------------------------------------------- */

static int open_file(const char *folder) {
    int file = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (file < 0) {
        bench_stop(folder, "no file can be made there");
    }
    return file;
}

static void name_columns(bp_dataset_builder *builder) {
    bp_names names = {0};
    bp_error err = {0};
    char name[16];
    for (size_t i = 0; i < FEATURES; i++) {
        int size = snprintf(name, sizeof name, "x%zu", i);
        expect(bp_names_add(&names, name, (size_t)size, &err), &err);
    }
    expect(bp_names_add(&names, "y", 1, &err), &err);
    expect(bp_dataset_builder_header(builder, &names, &err), &err);
    bp_names_clear(&names);
}

/* Whole numbers for targets: they are quick to read. */
static void draw_rows(float *values, size_t first, size_t rows) {
    uint32_t words[4];
    for (size_t i = 0; i < rows; i++) {
        float *row = values + i * (FEATURES + 1);
        for (size_t j = 0; j < FEATURES; j++) {
            if (j % 4 == 0) {
                bp_random_block(1, BP_STREAM_SAMPLE, j, first + i, words);
            }
            row[j] = bp_random_unit(words[j % 4]);
        }
        row[FEATURES] = (float)(words[0] % 2);
    }
}

static bp_dataset *make_mapped(int file, size_t rows) {
    const bp_dataset_options how = {.target = "y", .types = "y:numeric", .file = &file};
    bp_dataset_builder *builder = NULL;
    bp_dataset *data = NULL;
    bp_error err = {0};
    float *values = malloc(PIECE_ROWS * (FEATURES + 1) * sizeof *values);
    if (values == NULL) {
        bench_stop("data", "out of memory");
    }
    expect(bp_dataset_builder_new(&builder, &how, &err), &err);
    name_columns(builder);
    for (size_t done = 0; done < rows; done += PIECE_ROWS) {
        draw_rows(values, done, PIECE_ROWS);
        expect(bp_dataset_builder_numbers(builder, values, PIECE_ROWS, &err), &err);
    }
    expect(bp_dataset_builder_finish(builder, &data, &err), &err);
    bp_dataset_builder_free(builder);
    free(values);
    return data;
}

static bp_dataset *copy_to_memory(const bp_dataset *mapped, size_t rows) {
    const bp_made_table table = {
        .rows = rows, .features = FEATURES, .targets = 1, .x = mapped->x, .y = mapped->y};
    bp_dataset *data = NULL;
    bp_error err = {0};
    expect(bp_made_dataset(&data, &table, &err), &err);
    return data;
}

/* --- the training --------------------------------------------------------------------------- */

static bp_trainer *make_trainer(bp_workload *load, bp_dataset *data, bp_train_place place) {
    bp_train_options settings = bp_train_defaults();
    bp_train_set_optimizer(&settings, BP_OPTIMIZER_SGD);
    settings.batch_size = BATCH;
    settings.learning_rate = 0.0001F;
    settings.validation.fraction = 0;
    settings.epochs = BP_MAX_EPOCHS;
    load->data = data;
    return bp_workload_trainer(load, &settings, place);
}

static bool step(void *trainer) {
    return bp_trainer_step(trainer, NULL) == BP_OK;
}

static void forget_pages(int file, const bp_dataset *mapped) {
    if (fsync(file) != 0 || madvise(mapped->mapping, mapped->mapping_size, MADV_DONTNEED) != 0 ||
        posix_fadvise(file, 0, 0, POSIX_FADV_DONTNEED) != 0) {
        bench_stop("cold", "the page cache cannot be emptied");
    }
}

static double samples_per_second(const bp_windows *windows) {
    bp_windows copy = *windows;
    return bp_windows_summarise(&copy).rate * BATCH;
}

/* Mapped and in memory, in turns. */
static void contest(bp_trainer *const trainers[2], const options *o) {
    static bp_windows windows[2];
    bp_stepper steppers[2];
    bp_contestant contestants[2];
    for (size_t i = 0; i < 2; i++) {
        steppers[i] = (bp_stepper){.step = step, .context = trainers[i], .processors = o->threads};
        contestants[i] = (bp_contestant){.run = bp_stepper_run,
                                         .context = &steppers[i],
                                         .seconds = o->seconds,
                                         .windows = &windows[i]};
    }
    if (!bp_contest_run(contestants, 2)) {
        bench_stop(net, "training failed");
    }
    const double mapped = samples_per_second(&windows[0]);
    const double memory = samples_per_second(&windows[1]);
    printf("mapped     %12.0f samples/s\nin memory  %12.0f samples/s\nratio      %12.2f\n", mapped,
           memory, mapped / memory);
}

static void limit_memory(rlim_t bytes) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_DATA, &limit) != 0) {
        bench_stop("memory", "no limit can be set");
    }
    limit.rlim_cur = bytes < limit.rlim_max ? bytes : limit.rlim_max;
    if (setrlimit(RLIMIT_DATA, &limit) != 0) {
        bench_stop("memory", "no limit can be set");
    }
}

static void train_for(bp_trainer *trainer, double seconds) {
    size_t steps = 0;
    const double began = bp_clock_seconds();
    while (bp_clock_seconds() - began < seconds) {
        if (!step(trainer)) {
            bench_stop(net, "training failed");
        }
        steps++;
    }
    printf("alone      %12.0f samples/s\n", (double)(steps * BATCH) / (bp_clock_seconds() - began));
}

int main(int argc, char **argv) {
    const options o = read_options(argc, argv);
    const size_t row_bytes = FEATURES * sizeof(float);
    const size_t rows = (size_t)(o.gib * gibibyte) / row_bytes / PIECE_ROWS * PIECE_ROWS;
    const size_t held = (size_t)(o.memory_gib * gibibyte) / row_bytes;
    const int file = open_file(o.folder);
    limit_memory((rlim_t)(most_anonymous * gibibyte));
    double began = bp_clock_seconds();
    bp_dataset *mapped = make_mapped(file, rows);
    printf("%zu rows, %.2f GiB, written in %.1f s\n", rows, (double)(rows * row_bytes) / gibibyte,
           bp_clock_seconds() - began);
    bp_workload load;
    bp_workload_make(&load, net, PIECE_ROWS);
    bp_dataset *own = load.data;
    bp_train_place place = {0};
    bp_pool *pool = NULL;
    bp_error err = {0};
    expect(bp_kernels_find(NULL, &place.kernels, &err), &err);
    expect(bp_pool_new(&pool, o.threads, &err), &err);
    place.pool = pool;
    began = bp_clock_seconds();
    bp_trainer *trainers[2] = {make_trainer(&load, mapped, place)};
    printf("bound in   %12.1f s\n", bp_clock_seconds() - began);
    if (o.cold) {
        forget_pages(file, mapped);
    }
    train_for(trainers[0], o.seconds);
    printf("anonymous  %12.0f MiB\n", bp_process_mib("RssAnon"));
    limit_memory(RLIM_INFINITY);
    bp_dataset *memory = copy_to_memory(mapped, held < rows ? held : rows);
    trainers[1] = make_trainer(&load, memory, place);
    contest(trainers, &o);
    bp_trainer_free(trainers[0]);
    bp_trainer_free(trainers[1]);
    bp_dataset_unref(memory);
    bp_dataset_unref(mapped);
    load.data = own;
    bp_workload_clear(&load);
    bp_pool_free(pool);
    close(file);
    return 0;
}
