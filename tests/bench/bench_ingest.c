/* How fast a data set is read: megabytes of its body in a second of one core, from pieces as an
 * upload brings them to rows in the builder; and what its end (statistics, digest) takes after
 * that. CSV, and NPY of the same shape; in the turns between pandas reads the same CSV from a file
 * in the page cache. Figures, never a pass or fail. */
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bench_options.h"
#include "csv.h"
#include "npy.h"
#include "philox.h"

enum {
    COLUMNS = 28,
    BODY_BYTES = 256 << 20,
    PIECE_BYTES = 64 << 10,
    DISTINCT_BYTES = 16 << 20, /* the rows of CSV repeat after so many */
    NPY_HEADER_BYTES = 128,
    MOST_ROUNDS = 99,
    ROUNDS = 7
};

typedef struct body {
    char *bytes;
    size_t size;
} body;

typedef struct seconds {
    double read, finish;
} seconds;

/* --- the bodies ----------------------------------------------------------------------------- */

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

static body new_body(void) {
    body made = {malloc(BODY_BYTES), 0};
    if (made.bytes == NULL) {
        bench_stop("a body", "out of memory");
    }
    return made;
}

static body make_csv(void) {
    body made = new_body();
    size_t head = print_names(made.bytes), used = head;
    for (uint64_t row = 0; used < DISTINCT_BYTES; row++) {
        used += print_row(made.bytes + used, row);
    }
    size_t block = used - head;
    for (; used + block <= BODY_BYTES; used += block) {
        memcpy(made.bytes + used, made.bytes + head, block);
    }
    made.size = used;
    return made;
}

static body make_npy(void) {
    const size_t rows = (BODY_BYTES - NPY_HEADER_BYTES) / (COLUMNS * sizeof(float));
    body made = new_body();
    static const unsigned char magic[] = {
        0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0, NPY_HEADER_BYTES - 10, 0};
    memset(made.bytes, ' ', NPY_HEADER_BYTES);
    memcpy(made.bytes, magic, sizeof magic);
    int size =
        sprintf(made.bytes + sizeof magic,
                "{'descr': '<f4', 'fortran_order': False, 'shape': (%zu, %d), }", rows, COLUMNS);
    made.bytes[sizeof magic + (size_t)size] = ' ';
    made.bytes[NPY_HEADER_BYTES - 1] = '\n';
    for (size_t i = 0; i < rows * COLUMNS; i++) {
        float value = (float)(i % 4093) * 0x1p-10F;
        memcpy(made.bytes + NPY_HEADER_BYTES + i * sizeof value, &value, sizeof value);
    }
    made.size = NPY_HEADER_BYTES + rows * COLUMNS * sizeof(float);
    return made;
}

static void write_file(char *path, const body *text) {
    int file = mkstemp(path);
    FILE *out = file >= 0 ? fdopen(file, "w") : NULL;
    if (out == NULL || fwrite(text->bytes, 1, text->size, out) != text->size || fclose(out) != 0) {
        bench_stop(path, "cannot be written");
    }
}

/* --- the contestants ------------------------------------------------------------------------ */

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

static void feed_csv(bp_dataset_builder *builder, const body *text) {
    bp_csv *csv;
    bp_error err;
    check(bp_csv_new(&csv, builder, NULL, &err), &err);
    for (size_t at = 0; at < text->size; at += PIECE_BYTES) {
        size_t piece = text->size - at < PIECE_BYTES ? text->size - at : PIECE_BYTES;
        check(bp_csv_feed(csv, text->bytes + at, piece, &err), &err);
    }
    check(bp_csv_finish(csv, &err), &err);
    bp_csv_free(csv);
}

static bp_status take_shape(void *builder, const bp_array_shape *shape, bp_error *err) {
    return bp_dataset_builder_unnamed(builder, shape->columns, err);
}

static bp_status take_rows(void *builder, const float *values, size_t rows, bp_error *err) {
    return bp_dataset_builder_numbers(builder, values, rows, err);
}

static void feed_npy(bp_dataset_builder *builder, const body *array) {
    const bp_array_sink sink = {.context = builder, .header = take_shape, .rows = take_rows};
    bp_array_reader *reader;
    bp_error err;
    check(bp_array_reader_new(&reader, &bp_npy_format, &sink, 0, &err), &err);
    for (size_t at = 0; at < array->size; at += PIECE_BYTES) {
        size_t piece = array->size - at < PIECE_BYTES ? array->size - at : PIECE_BYTES;
        check(bp_array_reader_feed(reader, array->bytes + at, piece, &err), &err);
    }
    check(bp_array_reader_finish(reader, &err), &err);
    bp_array_reader_free(reader);
}

typedef void feeder(bp_dataset_builder *builder, const body *bytes);

static seconds load(feeder *feed, const body *bytes, const bp_dataset_options *options) {
    bp_dataset_builder *builder;
    bp_dataset *dataset;
    bp_error err;
    check(bp_dataset_builder_new(&builder, options, &err), &err);
    double begin = processor_seconds();
    feed(builder, bytes);
    double read = processor_seconds();
    check(bp_dataset_builder_finish(builder, &dataset, &err), &err);
    double finished = processor_seconds();
    bp_dataset_unref(dataset);
    bp_dataset_builder_free(builder);
    return (seconds){.read = read - begin, .finish = finished - read};
}

/* Starts ingest_peer.py, whose words come from the pipe that is returned; NULL: it cannot be. */
static FILE *start_pandas(char *path, pid_t *process) {
    char program[] = BP_BENCH_DIR "/ingest_peer.py";
    char *arguments[] = {program, path, NULL};
    posix_spawn_file_actions_t actions;
    int ends[2];
    if (pipe(ends) != 0 || posix_spawn_file_actions_init(&actions) != 0) {
        return NULL;
    }
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
    posix_spawn_file_actions_addclose(&actions, ends[0]);
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    int failure = posix_spawn(process, program, &actions, NULL, arguments, environ);
    posix_spawn_file_actions_destroy(&actions);
    close(ends[1]);
    return failure == 0 ? fdopen(ends[0], "r") : NULL;
}

/* Seconds, and the version; 0: there is no pandas. */
static double ask_pandas(char *path, char version[32]) {
    char line[96] = "", *rest = NULL;
    pid_t process;
    FILE *answer = start_pandas(path, &process);
    if (answer == NULL) {
        return 0;
    }
    bool has_answer = fgets(line, sizeof line, answer) != NULL;
    fclose(answer);
    waitpid(process, NULL, 0);
    const char *word = has_answer ? strtok_r(line, " ", &rest) : NULL;
    if (word == NULL) {
        return 0;
    }
    snprintf(version, 32, "%s", word);
    return strtod(rest, NULL);
}

/* --- the table ------------------------------------------------------------------------------ */

typedef struct rounds {
    int count;
    double read[MOST_ROUNDS], finish[MOST_ROUNDS];
} rounds;

static void note(rounds *all, int round, seconds taken) {
    all->read[round] = taken.read;
    all->finish[round] = taken.finish;
    all->count = round + 1;
}

static int compare(const void *left, const void *right) {
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

static double median(double *values, int count) {
    qsort(values, (size_t)count, sizeof *values, compare);
    return values[count / 2];
}

/* Returns the median time of reading. */
static double print_format(const char *name, size_t size, rounds *all) {
    double megabytes = (double)size * 1e-6;
    double read = median(all->read, all->count), finish = median(all->finish, all->count);
    printf("%s, %.0f MB: %.0f MB/s into rows (best %.0f), %.0f MB/s with statistics and digest\n",
           name, megabytes, megabytes / read, megabytes / all->read[0],
           megabytes / (read + finish));
    return read;
}

static int ask_rounds(int count, char **arguments) {
    long asked = count > 1 ? strtol(arguments[1], NULL, 10) : ROUNDS;
    if (count > 2 || asked < 1 || asked > MOST_ROUNDS) {
        bench_stop("usage", "bench_ingest [ROUNDS], 7 where it is left out");
    }
    return (int)asked;
}

int main(int count, char **arguments) {
    static const bp_dataset_options csv_options = {.target = "x0"}, npy_options = {.target = "c27"};
    static rounds csv, npy, pandas;
    int asked = ask_rounds(count, arguments);
    char path[] = "/tmp/bench_ingest_XXXXXX", version[32] = "";
    body text = make_csv(), array = make_npy();
    write_file(path, &text);
    for (int i = 0; i < asked; i++) {
        note(&csv, i, load(feed_csv, &text, &csv_options));
        note(&npy, i, load(feed_npy, &array, &npy_options));
        if (i == 0 || pandas.read[0] > 0) {
            note(&pandas, i, (seconds){.read = ask_pandas(path, version)});
        }
    }
    unlink(path);
    printf("%d columns, pieces of %d KiB, one core, the median of %d\n", COLUMNS, PIECE_BYTES >> 10,
           asked);
    double ours = print_format("CSV", text.size, &csv);
    print_format("NPY", array.size, &npy);
    double theirs = median(pandas.read, pandas.count);
    if (theirs > 0) {
        printf("pandas.read_csv %s: %.0f MB/s, ratio %.1f\n", version,
               (double)text.size * 1e-6 / theirs, theirs / ours);
    } else {
        printf("no ratio to pandas: `clients/install bench` brings python3-pandas\n");
    }
    free(text.bytes);
    free(array.bytes);
    return 0;
}
