#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cell_text.h"
#include "csv_load.h"

static const csv_pieces WHOLE = {SIZE_MAX, SIZE_MAX};

static bp_dataset *load(const char *body, const char *target) {
    bp_dataset *dataset = NULL;
    bp_error err = {0};
    if (csv_load(&dataset, bp_cell_of(body), target, WHOLE, &err) != BP_OK) {
        fail_msg("%s", err.message);
    }
    return dataset;
}

/* --- the builder without CSV, as rows of JSON use it --- */

static bp_dataset_builder *builder_with_header(const char *target, size_t count) {
    bp_dataset_builder *builder;
    bp_names names = {0};
    for (size_t i = 0; i < count; i++) {
        char name[32];
        int size = snprintf(name, sizeof name, "c%zu", i);
        assert_int_equal(bp_names_add(&names, name, (size_t)size, NULL), BP_OK);
    }
    bp_dataset_options options = {.target = target};
    assert_int_equal(bp_dataset_builder_new(&builder, &options, NULL), BP_OK);
    assert_int_equal(bp_dataset_builder_header(builder, &names, NULL), BP_OK);
    bp_names_clear(&names);
    return builder;
}

static void printed_numbers_come_back(void **state) {
    (void)state;
    static const double numbers[] = {0.1, -1.0 / 3, 1e-30, 3.4028234663852886e38, 16777217, 5e-46};
    enum { COUNT = sizeof numbers / sizeof numbers[0] };
    bp_dataset_builder *builder = builder_with_header("c0", 2);
    for (size_t i = 0; i < COUNT; i++) {
        char text[40];
        snprintf(text, sizeof text, "%.17g", numbers[i]);
        const bp_cell cells[] = {bp_cell_of("1"), bp_cell_of(text)};
        assert_int_equal(bp_dataset_builder_row(builder, cells, 2, 0, NULL), BP_OK);
    }
    bp_dataset *data;
    assert_int_equal(bp_dataset_builder_finish(builder, &data, NULL), BP_OK);
    for (size_t i = 0; i < COUNT; i++) {
        assert_true(data->x[i] == (float)numbers[i]);
    }
    bp_dataset_unref(data);
    bp_dataset_builder_free(builder);
}

static void without_a_line_messages_have_none(void **state) {
    (void)state;
    bp_dataset_builder *builder = builder_with_header(NULL, 2);
    const bp_cell cells[] = {bp_cell_of("1e99"), bp_cell_of("1")};
    bp_error err;
    assert_int_equal(bp_dataset_builder_row(builder, cells, 2, 0, &err), BP_INVALID);
    assert_string_equal(err.message, "column 1 ('c0'): '1e99' is beyond the range of float32");
    assert_int_equal(err.line, 0);
    assert_int_equal(err.column, 1);
    bp_dataset_builder_free(builder);
}

static void calls_out_of_order_are_refused(void **state) {
    (void)state;
    bp_dataset_builder *builder;
    bp_dataset *data = NULL;
    const bp_cell cells[] = {bp_cell_of("1"), bp_cell_of("1")};
    assert_int_equal(bp_dataset_builder_new(&builder, NULL, NULL), BP_OK);
    assert_int_equal(bp_dataset_builder_row(builder, cells, 2, 1, NULL), BP_CONFLICT);
    assert_int_equal(bp_dataset_builder_finish(builder, &data, NULL), BP_INVALID);
    bp_dataset_builder_free(builder);

    builder = builder_with_header(NULL, 2);
    bp_names names = {0};
    assert_int_equal(bp_dataset_builder_header(builder, &names, NULL), BP_CONFLICT);
    assert_int_equal(bp_dataset_builder_row(builder, cells, 2, 1, NULL), BP_OK);
    assert_int_equal(bp_dataset_builder_finish(builder, &data, NULL), BP_OK);
    bp_dataset *again = NULL;
    assert_int_equal(bp_dataset_builder_finish(builder, &again, NULL), BP_INVALID);
    assert_int_equal(bp_dataset_builder_row(builder, cells, 2, 2, NULL), BP_CONFLICT);
    assert_null(again);
    bp_dataset_unref(data);
    bp_dataset_builder_free(builder);
}

static void many_columns(void **state) {
    (void)state;
    bp_dataset_builder *builder = builder_with_header(NULL, BP_MAX_COLUMNS);
    bp_cell *cells = malloc(BP_MAX_COLUMNS * sizeof *cells);
    assert_non_null(cells);
    for (size_t i = 0; i < BP_MAX_COLUMNS; i++) {
        cells[i] = bp_cell_of("2.5");
    }
    assert_int_equal(bp_dataset_builder_row(builder, cells, BP_MAX_COLUMNS, 1, NULL), BP_OK);
    bp_dataset *data;
    assert_int_equal(bp_dataset_builder_finish(builder, &data, NULL), BP_OK);
    assert_int_equal(data->features.count, BP_MAX_COLUMNS - 1);
    assert_true(data->x[BP_MAX_COLUMNS - 2] == 2.5f);
    bp_dataset_unref(data);
    bp_dataset_builder_free(builder);

    bp_names names = {0};
    for (size_t i = 0; i <= BP_MAX_COLUMNS; i++) {
        assert_int_equal(bp_names_add(&names, "x", 1, NULL), BP_OK);
    }
    assert_int_equal(bp_dataset_builder_new(&builder, NULL, NULL), BP_OK);
    assert_int_equal(bp_dataset_builder_header(builder, &names, NULL), BP_TOO_LARGE);
    bp_dataset_builder_free(builder);
    bp_names_clear(&names);
    free(cells);
}

/* The arrays grow many times, and every row stays where it belongs. */
static void many_rows(void **state) {
    (void)state;
    enum { ROWS = 100000 };
    bp_dataset_builder *builder = builder_with_header("c1", 3);
    for (size_t i = 0; i < ROWS; i++) {
        char text[2][32];
        snprintf(text[0], sizeof text[0], "%zu", i);
        snprintf(text[1], sizeof text[1], "%zu.5", i);
        const bp_cell cells[] = {bp_cell_of(text[0]), bp_cell_of(text[1]), bp_cell_of("-1")};
        assert_int_equal(bp_dataset_builder_row(builder, cells, 3, i + 2, NULL), BP_OK);
    }
    bp_dataset *data;
    assert_int_equal(bp_dataset_builder_finish(builder, &data, NULL), BP_OK);
    assert_int_equal(data->rows, ROWS);
    for (size_t i = 0; i < ROWS; i++) {
        assert_true(data->x[2 * i] == (float)i && data->x[2 * i + 1] == -1);
        assert_true(data->y[i] == (float)i + 0.5f);
    }
    bp_dataset_unref(data);
    bp_dataset_builder_free(builder);
}

/* --- statistics, digest, references --- */

static void assert_stats(const bp_column_stats *stats, double min, double max, double mean,
                         double deviation) {
    assert_true(stats->min == min && stats->max == max);
    assert_true(fabs(stats->mean - mean) <= 1e-15 * fabs(mean));
    assert_true(fabs(stats->standard_deviation - deviation) <= 1e-15 * deviation);
}

static void statistics_of_columns(void **state) {
    (void)state;
    bp_dataset *data = load("a,b,c,y\n2,-1,5,0.5\n4,-1,1e6,1.5\n4,-1,7,2.5\n4,-1,7,3.5\n"
                            "5,-1,7,4.5\n5,-1,7,5.5\n7,-1,7,6.5\n9,-1,7,7.5\n",
                            NULL);
    assert_stats(&data->stats[0], 2, 9, 5, 2); /* the textbook's example */
    assert_stats(&data->stats[1], -1, -1, -1, 0);
    assert_stats(&data->stats[3], 0.5, 7.5, 4, sqrt(5.25));
    assert_true(data->stats[2].max == 1e6);
    static const size_t distinct[] = {5, 1, 3, 8};
    for (int i = 0; i < 4; i++) {
        assert_int_equal(data->stats[i].distinct, distinct[i]);
    }
    bp_dataset_unref(data);
}

/* A small spread around a large mean: one pass over sums of squares would lose it. */
static void statistics_keep_small_spreads(void **state) {
    (void)state;
    bp_dataset *data = load("a,y\n16777214,1\n16777215,1\n16777216,1\n", NULL);
    assert_stats(&data->stats[0], 16777214, 16777216, 16777215, sqrt(2.0 / 3));
    bp_dataset_unref(data);
}

static void text_targets_have_no_numbers(void **state) {
    (void)state;
    bp_dataset *data = load("a,y\n1,x\n2,z\n3,x\n", NULL);
    assert_true(isnan(data->stats[1].min) && isnan(data->stats[1].max));
    assert_true(isnan(data->stats[1].mean) && isnan(data->stats[1].standard_deviation));
    assert_int_equal(data->stats[1].distinct, 2);
    bp_dataset_unref(data);
}

static void digest_covers_everything(void **state) {
    (void)state;
    static const struct {
        const char *body, *target;
    } sets[] = {
        {"a,b,y\n1,2,0\n3,4,1\n", NULL},  {"a,c,y\n1,2,0\n3,4,1\n", NULL},
        {"aa,b,y\n1,2,0\n3,4,1\n", NULL}, {"a,b,z\n1,2,0\n3,4,1\n", NULL},
        {"a,b,y\n1,2,0\n3,5,1\n", NULL},  {"a,b,y\n1,2,1\n3,4,0\n", NULL},
        {"a,b,y\n1,2,0\n3,4,2\n", NULL},  {"a,b,y\n1,2,0\n3,4,1.5\n", NULL},
        {"a,b,y\n3,4,1\n1,2,0\n", NULL},  {"a,b,y\n1,2,0\n3,4,1\n", "b"},
        {"a,b,y\n1,2,0\n3,4,1\n", "b,y"}, {"a,b,y\n1,2,x\n3,4,y\n", NULL},
        {"a,b,y\n1,2,x\n3,4,z\n", NULL},  {"a,b,y\n1,2,0\n3,4,1\n3,4,1\n", NULL},
    };
    enum { COUNT = sizeof sets / sizeof sets[0] };
    char digests[COUNT][BP_DIGEST_HEX_SIZE];
    for (size_t i = 0; i < COUNT; i++) {
        bp_dataset *data = load(sets[i].body, sets[i].target);
        assert_int_equal(strlen(data->sha256), 64);
        snprintf(digests[i], sizeof digests[i], "%s", data->sha256);
        char again[BP_DIGEST_HEX_SIZE];
        bp_dataset_digest(data, again);
        assert_string_equal(again, data->sha256);
        bp_dataset_unref(data);
        for (size_t j = 0; j < i; j++) {
            assert_string_not_equal(digests[i], digests[j]);
        }
    }
}

static const char digested_x[] = "\0\0\x80\x3f\0\0\0\x40"; /* 1, 2 */

/* What the digest is over, spelled out byte by byte. */
static void spell_digest(const void *x, size_t size, char hex[BP_DIGEST_HEX_SIZE]) {
    static const char head[] = "\2\0\0\0\0\0\0\0"    /* rows */
                               "\1\0\0\0\0\0\0\0a\0" /* features */
                               "\1\0\0\0\0\0\0\0y\0" /* targets */
                               "\2\0\0\0\0\0\0\0"    /* classes */
                               "3\0"
                               "5\0"
                               "\1\0\0\0\0\0\0\0";        /* there is a y */
    static const char tail[] = "\0\0\xa0\x40\0\0\x40\x40" /* y: 5, 3 */
                               "\1\0\0\0\0\0\0\0";        /* class indices: 1, 0 */
    bp_digest digest;
    bp_digest_start(&digest);
    bp_digest_add(&digest, head, sizeof head - 1);
    bp_digest_add(&digest, x, size);
    bp_digest_add(&digest, tail, sizeof tail - 1);
    bp_digest_finish(&digest, hex);
}

static void digest_is_over_these_bytes(void **state) {
    (void)state;
    uint8_t of_x[BP_DIGEST_BYTES];
    char expected[BP_DIGEST_HEX_SIZE];
    bp_digest digest;
    bp_digest_start(&digest);
    bp_digest_add(&digest, digested_x, sizeof digested_x - 1);
    bp_digest_finish_bytes(&digest, of_x);
    spell_digest(of_x, sizeof of_x, expected);
    bp_dataset *data = load("a,y\n1,5\n2,3\n", NULL);
    assert_string_equal(data->sha256, expected);
    assert_true(data->has_digest_of_x);
    uint8_t again[BP_DIGEST_BYTES];
    bp_digest_finish_bytes(&data->digest_of_x, again);
    assert_memory_equal(again, of_x, sizeof of_x);
    bp_dataset_unref(data);
}

/* A data set of the time when x itself was digested is as good as before, and its damage shows. */
static void digests_of_before_are_known(void **state) {
    (void)state;
    char before[BP_DIGEST_HEX_SIZE];
    spell_digest(digested_x, sizeof digested_x - 1, before);
    bp_dataset *data = load("a,y\n1,5\n2,3\n", NULL);
    assert_string_not_equal(data->sha256, before);
    assert_true(bp_dataset_has_digest(data, data->sha256));
    assert_true(bp_dataset_has_digest(data, before));
    memcpy(data->sha256, before, sizeof before);
    atomic_store(&data->is_unchecked, true);
    assert_int_equal(bp_dataset_check(data, NULL), BP_OK);
    assert_false(atomic_load(&data->is_unchecked));
    data->x[1] = 3;
    atomic_store(&data->is_unchecked, true);
    assert_false(bp_dataset_has_digest(data, before));
    assert_int_equal(bp_dataset_check(data, NULL), BP_IO);
    bp_dataset_unref(data);
}

static void references_are_counted(void **state) {
    (void)state;
    bp_dataset *data = load("a,y\n1,5\n2,3\n", NULL);
    assert_ptr_equal(bp_dataset_ref(data), data);
    bp_dataset_unref(data);
    assert_int_equal(data->rows, 2); /* still there: the sanitizer would say */
    bp_dataset_unref(data);
    bp_dataset_unref(NULL);
}

static void ships_digits(void **state) {
    (void)state;
    static const struct {
        const char *path;
        size_t rows;
    } files[] = {{BP_SOURCE_DIR "/clients/data/digits-train.csv", 1438},
                 {BP_SOURCE_DIR "/clients/data/digits-test.csv", 359}};
    enum { SIZE = 1 << 20 };
    char *text = malloc(SIZE);
    assert_non_null(text);
    for (size_t i = 0; i < 2; i++) {
        FILE *file = fopen(files[i].path, "rb");
        assert_non_null(file);
        size_t size = fread(text, 1, SIZE, file);
        fclose(file);
        bp_dataset *data = NULL;
        assert_int_equal(csv_load(&data, (bp_cell){text, size}, "digit", WHOLE, NULL), BP_OK);
        assert_int_equal(data->rows, files[i].rows);
        assert_int_equal(data->features.count, 64);
        assert_int_equal(data->classes.count, 10);
        for (size_t j = 0; j < 64; j++) {
            assert_true(data->stats[j].min >= 0 && data->stats[j].max <= 16);
        }
        bp_dataset_unref(data);
    }
    free(text);
}

static void its_memory_is_told(void **state) {
    (void)state;
    bp_dataset *few = load("a,b,class\n1,2,x\n3,4,y\n", "class");
    bp_dataset *more = load("a,b,class\n1,2,x\n3,4,y\n5,6,x\n7,8,y\n", "class");
    assert_true(bp_dataset_bytes(few) > 2 * 3 * 4 + 3 * sizeof(bp_column_stats));
    assert_int_equal(bp_dataset_bytes(more), bp_dataset_bytes(few) + 2 * 3 * 4);
    const size_t in_memory = bp_dataset_bytes(more);
    more->mapping_in_memory = false; /* as if a file were behind it */
    assert_int_equal(bp_dataset_bytes(more), in_memory - 4 * 2 * 4);
    bp_dataset_unref(few);
    bp_dataset_unref(more);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(printed_numbers_come_back),
        cmocka_unit_test(without_a_line_messages_have_none),
        cmocka_unit_test(calls_out_of_order_are_refused),
        cmocka_unit_test(many_columns),
        cmocka_unit_test(many_rows),
        cmocka_unit_test(statistics_of_columns),
        cmocka_unit_test(statistics_keep_small_spreads),
        cmocka_unit_test(text_targets_have_no_numbers),
        cmocka_unit_test(digest_covers_everything),
        cmocka_unit_test(digest_is_over_these_bytes),
        cmocka_unit_test(digests_of_before_are_known),
        cmocka_unit_test(references_are_counted),
        cmocka_unit_test(its_memory_is_told),
        cmocka_unit_test(ships_digits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
