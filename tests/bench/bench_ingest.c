/* How fast a data set is read: megabytes of its text in a second, on one core, from pieces as an
 * upload brings them to rows in the builder; and what its end (statistics, digest) takes after
 * that. pandas reads the same bytes from a file in the page cache in the turns between. Figures,
 * never a pass or fail. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "bench_options.h"
#include "csv.h"
#include "philox.h"

enum {
    COLUMNS = 28,
    BODY_BYTES = 256 << 20,
    PIECE_BYTES = 64 << 10,
    DISTINCT_BYTES = 16 << 20, /* the rows repeat after so many */
    MOST_ROUNDS = 99,
    ROUNDS = 7
};

/* --- the body ------------------------------------------------------------------------------- */

/* A label, then numbers as programs print float32: most with six or seven digits, some short. */
static size_t print_cell(char *out, size_t column, const uint32_t words[4]) {
    if (column == 0) {
        return (size_t)sprintf(out, "%u.0", words[0] & 1);
    }
    if (column % 7 == 3) {
        return (size_t)sprintf(out, "%u.%u", words[0] % 3, words[1] % 2 * 5);
    }
    double value = ((double)words[0] - 0x1p31) * 0x1p-30;
    return (size_t)sprintf(out, "%.*f", 6 + (int)(words[1] % 2), value);
}

static size_t print_row(char *out, uint64_t row) {
    char *p = out;
    for (size_t i = 0; i < COLUMNS; i++) {
        uint32_t words[4];
        bp_random_block(7, BP_STREAM_SAMPLE, row, i, words);
        p += print_cell(p, i, words);
        *p++ = i + 1 < COLUMNS ? ',' : '\n';
    }
    return (size_t)(p - out);
}

static size_t print_names(char *out) {
    char *p = out;
    for (int i = 0; i < COLUMNS; i++) {
        p += sprintf(p, "x%d%c", i, i + 1 < COLUMNS ? ',' : '\n');
    }
    return (size_t)(p - out);
}

/* [BODY_BYTES] at most, whole rows; the caller frees. */
static char *make_body(size_t *size) {
    char *body = malloc(BODY_BYTES);
    if (body == NULL) {
        bench_stop("the body", "out of memory");
    }
    size_t head = print_names(body), used = head;
    for (uint64_t row = 0; used < DISTINCT_BYTES; row++) {
        used += print_row(body + used, row);
    }
    size_t block = used - head;
    for (; used + block <= BODY_BYTES; used += block) {
        memcpy(body + used, body + head, block);
    }
    *size = used;
    return body;
}

static void write_file(char *path, const char *body, size_t size) {
    int file = mkstemp(path);
    FILE *out = file >= 0 ? fdopen(file, "w") : NULL;
    if (out == NULL || fwrite(body, 1, size, out) != size || fclose(out) != 0) {
        bench_stop(path, "cannot be written");
    }
}

/* --- the contestants ------------------------------------------------------------------------ */

typedef struct ingest_rate {
    double read, finish; /* seconds */
} ingest_rate;

static void check(bp_status status, const bp_error *err) {
    if (status != BP_OK) {
        bench_stop("the reader", err->message);
    }
}

/* The processor's, not the clock's: nothing here waits, and other processes may. */
static double processor_seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static ingest_rate read_csv(const char *body, size_t size) {
    bp_dataset_options options = {.target = "x0"};
    bp_dataset_builder *builder;
    bp_dataset *dataset;
    bp_csv *csv;
    bp_error err;
    check(bp_dataset_builder_new(&builder, &options, &err), &err);
    check(bp_csv_new(&csv, builder, NULL, &err), &err);
    double begin = processor_seconds();
    for (size_t at = 0; at < size; at += PIECE_BYTES) {
        size_t piece = size - at < PIECE_BYTES ? size - at : PIECE_BYTES;
        check(bp_csv_feed(csv, body + at, piece, &err), &err);
    }
    check(bp_csv_finish(csv, &err), &err);
    double read = processor_seconds();
    check(bp_dataset_builder_finish(builder, &dataset, &err), &err);
    double finished = processor_seconds();
    bp_dataset_unref(dataset);
    bp_csv_free(csv);
    bp_dataset_builder_free(builder);
    return (ingest_rate){.read = read - begin, .finish = finished - read};
}

/* Seconds, and the version; 0: there is no pandas. */
static double ask_pandas(const char *path, char version[32]) {
    char command[512];
    double seconds = 0;
    snprintf(command, sizeof command, "%s '%s' 2>/dev/null", BP_BENCH_DIR "/ingest_peer.py", path);
    FILE *answer = popen(command, "r");
    if (answer == NULL || fscanf(answer, "%31s %lf", version, &seconds) != 2) {
        seconds = 0;
    }
    if (answer != NULL) {
        pclose(answer);
    }
    return seconds;
}

/* --- the table ------------------------------------------------------------------------------ */

static int compare(const void *left, const void *right) {
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

static double median(double *values, int count) {
    qsort(values, (size_t)count, sizeof *values, compare);
    return values[count / 2];
}

static void print_rates(size_t size, double *read, double *finish, double *pandas, int rounds) {
    double megabytes = (double)size * 1e-6, ours = median(read, rounds);
    printf("CSV, %.0f MB, %d columns, in pieces of %d KiB, the median of %d\n", megabytes, COLUMNS,
           PIECE_BYTES >> 10, rounds);
    printf("  read into rows          %6.0f MB/s   (best %.0f)\n", megabytes / ours,
           megabytes / read[0]);
    printf("  with statistics, digest %6.0f MB/s\n", megabytes / (ours + median(finish, rounds)));
    double theirs = median(pandas, rounds);
    if (theirs > 0) {
        printf("  pandas.read_csv         %6.0f MB/s\n", megabytes / theirs);
        printf("  ratio                   %6.1f\n", theirs / ours);
    }
}

int main(int count, char **arguments) {
    int rounds = count > 1 ? atoi(arguments[1]) : ROUNDS;
    if (count > 2 || rounds < 1 || rounds > MOST_ROUNDS) {
        bench_stop("usage", "bench_ingest [ROUNDS], 7 where it is left out");
    }
    char path[] = "/tmp/bench_ingest_XXXXXX", version[32] = "";
    double read[MOST_ROUNDS], finish[MOST_ROUNDS], pandas[MOST_ROUNDS];
    size_t size;
    char *body = make_body(&size);
    write_file(path, body, size);
    for (int i = 0; i < rounds; i++) {
        ingest_rate rate = read_csv(body, size);
        read[i] = rate.read;
        finish[i] = rate.finish;
        pandas[i] = i == 0 || pandas[0] > 0 ? ask_pandas(path, version) : 0;
    }
    unlink(path);
    if (pandas[0] > 0) {
        printf("pandas %s\n", version);
    } else {
        printf("no ratio to pandas: clients/install bench brings python3-pandas\n");
    }
    print_rates(size, read, finish, pandas, rounds);
    free(body);
    return 0;
}
