/* Training from a file: the same bits as from memory, without the memory. */
#include "read_ahead.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "dataset_builder.h"
#include "trainer_state.h"

enum { FEATURES = 448, PIECE_ROWS = 256, THREADS = 2 };
static const size_t rows = (48u << 20) / (FEATURES * sizeof(float));
static const size_t window_rows = (64u << 20) / (FEATURES * sizeof(float) + 4096) + 1;

static void expect(bp_status status, const bp_error *err) {
    if (status != BP_OK) {
        fail_msg("%s", err->message);
    }
}

/* --- the data ------------------------------------------------------------------------------- */

static int open_file(void) {
    char path[] = "/var/tmp/bp_read_ahead_XXXXXX"; /* on a disk, where there is one */
    int file = mkstemp(path);
    assert_true(file >= 0);
    unlink(path);
    return file;
}

static void name_columns(bp_dataset_builder *builder) {
    bp_names names = {0};
    bp_error err = {0};
    char name[16];
    for (size_t i = 0; i <= FEATURES; i++) {
        int size = snprintf(name, sizeof name, "c%zu", i);
        expect(bp_names_add(&names, name, (size_t)size, &err), &err);
    }
    expect(bp_dataset_builder_header(builder, &names, &err), &err);
    bp_names_clear(&names);
}

static bp_dataset *make_data(const int *file) {
    static float values[PIECE_ROWS * (FEATURES + 1)];
    const bp_dataset_options options = {.file = file};
    bp_dataset_builder *builder = NULL;
    bp_dataset *data = NULL;
    bp_error err = {0};
    uint32_t draw = 1;
    expect(bp_dataset_builder_new(&builder, &options, &err), &err);
    name_columns(builder);
    for (size_t done = 0; done < rows; done += PIECE_ROWS) {
        for (size_t i = 0; i < PIECE_ROWS * (FEATURES + 1); i++) {
            draw = draw * 1664525u + 1013904223u;
            values[i] = (float)(draw >> 29);
        }
        expect(bp_dataset_builder_numbers(builder, values, PIECE_ROWS, &err), &err);
    }
    expect(bp_dataset_builder_finish(builder, &data, &err), &err);
    bp_dataset_builder_free(builder);
    return data;
}

/* The pages leave memory. False: this file system keeps them there. */
static bool forget_pages(int file, const bp_dataset *data) {
    unsigned char there = 1;
    return fsync(file) == 0 && madvise(data->mapping, data->mapping_size, MADV_DONTNEED) == 0 &&
           posix_fadvise(file, 0, 0, POSIX_FADV_DONTNEED) == 0 &&
           mincore(data->mapping, 1, &there) == 0 && (there & 1) == 0;
}

static size_t anonymous_kib(void) {
    FILE *status = fopen("/proc/self/status", "r");
    char line[256];
    size_t kib = 0;
    assert_non_null(status);
    while (fgets(line, sizeof line, status) != NULL) {
        if (strncmp(line, "RssAnon:", 8) == 0) {
            kib = strtoul(line + 8, NULL, 10);
        }
    }
    fclose(status);
    return kib;
}

/* --- the training --------------------------------------------------------------------------- */

/* Another trainer takes up what this one knows. */
static void hand_over(bp_trainer **trainer, bp_snapshot *start, bp_dataset *data,
                      const bp_train_options *options, bp_train_place place) {
    bp_error err = {0};
    const size_t size = bp_trainer_state_size(*trainer);
    void *state = malloc(size);
    assert_non_null(state);
    bp_trainer_state_write(*trainer, state);
    bp_trainer_free(*trainer);
    expect(bp_trainer_new(trainer, start, data, options, place, &err), &err);
    expect(bp_trainer_state_read(*trainer, state, size, &err), &err);
    free(state);
}

/* Two epochs at minibatch 128; on the way, the pages of a `file` are forgotten, too, and another
 * trainer goes on. */
static void train(bp_dataset *data, const int *file, char hex[BP_DIGEST_HEX_SIZE]) {
    bp_model_spec spec = {.layer_count = 2, .loss = BP_LOSS_CROSS_ENTROPY, .seed = 7};
    spec.layers[0] = (bp_layer_spec){.units = 8, .activation = BP_ACTIVATION_RELU};
    spec.layers[1] = (bp_layer_spec){.activation = BP_ACTIVATION_SOFTMAX};
    bp_train_options options = bp_train_defaults();
    options.epochs = 2;
    options.batch_size = 128;
    bp_train_place place = {.read_ahead_bytes = 1};
    bp_pool *pool = NULL;
    bp_snapshot *start = NULL, *end = NULL;
    bp_trainer *trainer = NULL;
    bp_error err = {0};
    expect(bp_kernels_find(NULL, &place.kernels, &err), &err);
    expect(bp_pool_new(&pool, THREADS, &err), &err);
    place.pool = pool;
    expect(bp_train_bind(&start, &spec, NULL, data, &options, &err), &err);
    expect(bp_trainer_new(&trainer, start, data, &options, place, &err), &err);
    for (size_t i = 0; !bp_trainer_done(trainer); i++) {
        if (file != NULL && i % 256 == 0) {
            (void)forget_pages(*file, data);
            hand_over(&trainer, start, data, &options, place);
        }
        expect(bp_trainer_step(trainer, &err), &err);
    }
    expect(bp_trainer_snapshot(trainer, &end, &err), &err);
    expect(bp_snapshot_digest(end, hex, &err), &err);
    bp_snapshot_unref(end);
    bp_snapshot_unref(start);
    bp_trainer_free(trainer);
    bp_pool_free(pool);
}

/* --- tests ---------------------------------------------------------------------------------- */

static void a_file_gives_the_bits_of_memory(void **state) {
    (void)state;
    char filed[BP_DIGEST_HEX_SIZE], held[BP_DIGEST_HEX_SIZE];
    const size_t before = anonymous_kib();
    int file = open_file();
    bp_dataset *data = make_data(&file);
    train(data, &file, filed);
    const size_t taken = anonymous_kib() - before;
    bp_dataset_unref(data);
    close(file);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
    assert_in_range(taken, 0, 32 << 10); /* 16 MiB of x begin in memory */
#else
    (void)taken;
#endif
    data = make_data(NULL);
    train(data, NULL, held);
    bp_dataset_unref(data);
    assert_string_equal(filed, held);
}

static uint32_t *make_order(void) {
    uint32_t *order = malloc(rows * sizeof *order);
    assert_non_null(order);
    for (size_t i = 0; i < rows; i++) {
        order[i] = (uint32_t)(i * 7919 % rows);
    }
    return order;
}

/* Rows that training comes to are looked at before, but no more than a window of them. */
static void rows_are_read_within_a_window(void **state) {
    (void)state;
    int file = open_file();
    bp_dataset *data = make_data(&file);
    uint32_t *order = make_order();
    bp_read_ahead *ahead = NULL;
    assert_int_equal(bp_read_ahead_new(&ahead, data, 1, NULL), BP_OK);
    assert_non_null(ahead);
    if (!forget_pages(file, data)) {
        print_message("the pages of /var/tmp cannot be forgotten: nothing to read ahead\n");
    } else {
        bp_read_ahead_begin(ahead, order, rows);
        const struct timespec moment = {.tv_nsec = 1000000};
        for (int i = 0; i < 60000 && bp_read_ahead_rows(ahead) == 0; i++) {
            nanosleep(&moment, NULL);
        }
        assert_true(bp_read_ahead_rows(ahead) > 0);
        for (size_t row = 0; row < rows; row += 100) {
            bp_read_ahead_move(ahead, row);
            assert_true(bp_read_ahead_rows(ahead) <= row + window_rows);
        }
        bp_read_ahead_end(ahead);
        memset(order, 0xff, rows * sizeof *order); /* nobody looks at it any more */
    }
    bp_read_ahead_free(ahead);
    bp_dataset_unref(data);
    close(file);
    free(order);
}

static void what_is_in_memory_is_left_alone(void **state) {
    (void)state;
    bp_dataset *data = make_data(NULL);
    uint32_t *order = make_order();
    bp_read_ahead *ahead = NULL;
    assert_int_equal(bp_read_ahead_new(&ahead, data, 1, NULL), BP_OK);
    bp_read_ahead_begin(ahead, order, rows);
    for (size_t row = 0; row < rows; row += 100) {
        bp_read_ahead_move(ahead, row);
    }
    bp_read_ahead_end(ahead);
    assert_int_equal(bp_read_ahead_rows(ahead), 0);
    bp_read_ahead_free(ahead);
    bp_dataset_unref(data);
    free(order);
}

static void small_sets_are_left_alone(void **state) {
    (void)state;
    bp_dataset *data = make_data(NULL);
    bp_read_ahead *ahead = NULL;
    assert_int_equal(bp_read_ahead_new(&ahead, data, data->mapping_size + 1, NULL), BP_OK);
    assert_null(ahead);
    assert_int_equal(bp_read_ahead_new(&ahead, data, 0, NULL), BP_OK);
    assert_null(ahead);
    bp_read_ahead_begin(ahead, NULL, 0);
    bp_read_ahead_move(ahead, 0);
    bp_read_ahead_end(ahead);
    bp_read_ahead_free(ahead);
    bp_dataset_unref(data);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_file_gives_the_bits_of_memory),
                                       cmocka_unit_test(rows_are_read_within_a_window),
                                       cmocka_unit_test(what_is_in_memory_is_left_alone),
                                       cmocka_unit_test(small_sets_are_left_alone)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
