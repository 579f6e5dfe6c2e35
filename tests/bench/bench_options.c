#include "bench_options.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_THREADS = 256 };

static const char usage[] =
    "usage: train [--quick] [--peers] [--seconds S] [--patience S] [--nets A-B-C,...]\n"
    "             [--batches N,...] [--threads N,...] [--optimizers sgd,momentum,adam]\n"
    "             [--isa avx512|avx2|neon|plain|naive] [--json FILE|-]\n"
    "\n"
    "Trains multi-layer perceptrons on made-up data and prints samples/s. A net is its layers'\n"
    "sizes: relu inside; one output trains with mse, more with softmax and cross_entropy.\n"
    "  --quick         four nets at minibatches of 32, 128 and 1024; options after it add to it\n"
    "  --peers         measure PyTorch (python3-torch) in turn, and print the ratio\n"
    "  --seconds S     to measure for each figure, 1 (twice that on a busy machine)\n"
    "  --patience S    each figure may wait that long for the machine's other work to pause, 1\n"
    "  --optimizers O  the first is compared with PyTorch, the others with the first; sgd\n"
    "  --json FILE     also one JSON object a line; - puts them on standard output and the table\n"
    "                  on standard error\n";

static const bench_optimizer optimizers[] = {{"sgd", BP_OPTIMIZER_SGD, 0},
                                             {"momentum", BP_OPTIMIZER_SGD, 0.9F},
                                             {"adam", BP_OPTIMIZER_ADAM, 0}};

void bench_stop(const char *what, const char *detail) {
    fprintf(stderr, "%s: %s: %s\n", program_invocation_short_name, what, detail);
    exit(2);
}

/* Splits "a,b,c" in place; `take` gets each piece and its index. */
static size_t split(char *list, bench_options *into,
                    void (*take)(bench_options *, size_t, const char *)) {
    size_t count = 0;
    for (char *piece = strtok(list, ","); piece != NULL; piece = strtok(NULL, ",")) {
        if (count == BENCH_MAX_CHOICES) {
            bench_stop("too many choices", piece);
        }
        take(into, count++, piece);
    }
    return count;
}

size_t bench_size(const char *text, size_t most) {
    char *end = NULL;
    errno = 0;
    unsigned long long value = strtoull(text, &end, 10);
    if (errno != 0 || end == text || *end != '\0' || value == 0 || value > most) {
        bench_stop("not a size that is allowed", text);
    }
    return (size_t)value;
}

static void take_net(bench_options *into, size_t index, const char *text) {
    if (strlen(text) >= BENCH_MAX_NET_TEXT) {
        bench_stop("too long a net", text);
    }
    snprintf(into->nets[index], BENCH_MAX_NET_TEXT, "%s", text);
}

static void take_batch(bench_options *into, size_t index, const char *text) {
    into->batches[index] = bench_size(text, BENCH_ROWS);
}

static void take_threads(bench_options *into, size_t index, const char *text) {
    into->threads[index] = bench_size(text, MAX_THREADS);
}

static void take_optimizer(bench_options *into, size_t index, const char *text) {
    for (size_t i = 0; i < sizeof optimizers / sizeof optimizers[0]; i++) {
        if (strcmp(text, optimizers[i].name) == 0) {
            into->optimizers[index] = &optimizers[i];
            return;
        }
    }
    bench_stop("not an optimizer that is known", text);
}

static void choose_quick(bench_options *o) {
    char nets[] = "28-64-64-1,64-128-10,784-128-10,784-2500-2000-1500-1000-500-10";
    char batches[] = "32,128,1024";
    o->net_count = split(nets, o, take_net);
    o->batch_count = split(batches, o, take_batch);
}

static void choose_all(bench_options *o) {
    char nets[] = "4-16-3,28-64-64-1,64-128-10,784-128-10,784-256-128-10,784-800-10,"
                  "512-512-512-512,784-2500-2000-1500-1000-500-10";
    char batches[] = "1,16,64,256,1024", threads[] = "1,2", sgd[] = "sgd";
    o->seconds = 1;
    o->patience = 1;
    o->net_count = split(nets, o, take_net);
    o->batch_count = split(batches, o, take_batch);
    o->thread_count = split(threads, o, take_threads);
    o->optimizer_count = split(sgd, o, take_optimizer);
}

static double parse_seconds(double least) {
    double seconds = strtod(optarg, NULL);
    if (!(seconds >= least && seconds <= 3600)) {
        bench_stop("not a number of seconds", optarg);
    }
    return seconds;
}

static void parse_option(bench_options *o, int option) {
    switch (option) {
    case 's':
        o->seconds = parse_seconds(1e-3);
        break;
    case 'w':
        o->patience = parse_seconds(0);
        break;
    case 'n':
        o->net_count = split(optarg, o, take_net);
        break;
    case 'b':
        o->batch_count = split(optarg, o, take_batch);
        break;
    case 't':
        o->thread_count = split(optarg, o, take_threads);
        break;
    case 'o':
        o->optimizer_count = split(optarg, o, take_optimizer);
        break;
    case 'q':
        choose_quick(o);
        break;
    case 'p':
        o->peers = true;
        break;
    case 'i':
        o->isa = optarg;
        break;
    case 'j':
        o->json_path = optarg;
        break;
    case 'h':
        fputs(usage, stdout);
        exit(0);
    default:
        fputs(usage, stderr);
        exit(2);
    }
}

void bench_parse_options(bench_options *o, int argc, char **argv) {
    static const struct option known[] = {
        {"seconds", required_argument, NULL, 's'},
        {"nets", required_argument, NULL, 'n'},
        {"batches", required_argument, NULL, 'b'},
        {"threads", required_argument, NULL, 't'},
        {"isa", required_argument, NULL, 'i'},
        {"json", required_argument, NULL, 'j'},
        {"optimizers", required_argument, NULL, 'o'},
        {"quick", no_argument, NULL, 'q'},
        {"peers", no_argument, NULL, 'p'},
        {"patience", required_argument, NULL, 'w'},
        {"help", no_argument, NULL, 'h'},
        {0},
    };
    *o = (bench_options){0};
    choose_all(o);
    int option;
    while ((option = getopt_long(argc, argv, "", known, NULL)) != -1) {
        parse_option(o, option);
    }
    if (optind < argc) {
        bench_stop("unexpected", argv[optind]);
    }
}
