/* The report of a data set's columns, against numbers worked by hand and against plain loops. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cell_text.h"
#include "column_stats.h"
#include "csv.h"
#include "key_sort.h"
#include "value_sample.h"

static void compute(bp_column_stats *stats, const float *values, size_t rows, size_t columns) {
    bp_error err = {0};
    memset(stats, 0, columns * sizeof *stats);
    size_t sampled = bp_value_sample_rows(rows, columns);
    if (bp_column_stats_compute(stats, values, rows, columns, sampled, &err) != BP_OK) {
        fail_msg("%s", err.message);
    }
}

static void assert_histogram(const bp_column_stats *stats, const uint64_t *counts) {
    for (size_t b = 0; b < BP_HISTOGRAM_BINS; b++) {
        assert_int_equal(stats->histogram[b], counts[b]);
    }
}

static void assert_frequent(const bp_column_stats *stats, const bp_frequent_value *wanted,
                            size_t count) {
    assert_int_equal(stats->frequent_count, count);
    for (size_t i = 0; i < count; i++) {
        assert_true(stats->frequent[i].value == wanted[i].value);
        assert_int_equal(stats->frequent[i].count, wanted[i].count);
    }
}

/* 0, 1, ..., 10 with a gap: eleven values on the edges of ten bins. */
static void a_column_by_hand(void **state) {
    (void)state;
    const float values[] = {10, 3, NAN, 0, 7, 3, 1, NAN, 5, 3, 7, 2};
    bp_column_stats stats;
    compute(&stats, values, 12, 1);
    assert_int_equal(stats.missing, 2);
    assert_true(stats.min == 0 && stats.max == 10);
    assert_true(stats.mean == 4.1); /* 41 / 10 */
    /* 255 / 10 - 4.1^2 = 8.69 */
    assert_true(fabs(stats.standard_deviation - sqrt(8.69)) < 1e-15);
    /* in order: 0 1 2 3 3 3 5 7 7 10; at 2.25, 4.5 and 6.75 */
    assert_true(stats.quartile[0] == 2.25 && stats.quartile[1] == 3 && stats.quartile[2] == 6.5);
    assert_int_equal(stats.distinct, 7);
    assert_histogram(&stats, (const uint64_t[]){1, 1, 1, 3, 0, 1, 0, 2, 0, 1});
    assert_frequent(&stats, (const bp_frequent_value[]){{3, 3}, {7, 2}, {0, 1}, {1, 1}, {2, 1}}, 5);
}

static void a_constant_and_an_empty_column(void **state) {
    (void)state;
    const float values[] = {-2.5f, NAN, -2.5f, NAN, -2.5f, NAN};
    bp_column_stats stats[2];
    compute(stats, values, 3, 2);
    assert_true(stats[0].min == -2.5 && stats[0].max == -2.5 && stats[0].mean == -2.5);
    assert_true(stats[0].standard_deviation == 0 && stats[0].quartile[2] == -2.5);
    assert_histogram(&stats[0], (const uint64_t[10]){3});
    assert_frequent(&stats[0], &(bp_frequent_value){-2.5, 3}, 1);
    assert_int_equal(stats[1].missing, 3);
    assert_true(isnan(stats[1].min) && isnan(stats[1].max) && isnan(stats[1].mean));
    assert_true(isnan(stats[1].standard_deviation) && isnan(stats[1].quartile[1]));
    assert_int_equal(stats[1].distinct + stats[1].frequent_count, 0);
    assert_histogram(&stats[1], (const uint64_t[10]){0});
}

/* 51 * (10 / 255) rounds below 2 in double; it lies on the edge all the same. */
static void values_on_an_edge_go_up(void **state) {
    (void)state;
    float values[256];
    bp_column_stats stats;
    for (size_t i = 0; i < 256; i++) {
        values[i] = (float)i;
    }
    compute(&stats, values, 256, 1);
    assert_histogram(&stats, (const uint64_t[]){26, 25, 26, 25, 26, 25, 26, 25, 26, 26});
}

/* The ends of float32 do not overflow, and 0 and -0 are one value. */
static void extreme_values(void **state) {
    (void)state;
    const float values[] = {3.4028235e38f, -3.4028235e38f, 0.0f, -0.0f, 1e-45f};
    bp_column_stats stats;
    compute(&stats, values, 5, 1);
    assert_int_equal(stats.distinct, 4);
    assert_histogram(&stats, (const uint64_t[]){1, 0, 0, 0, 0, 3, 0, 0, 0, 1});
    assert_true(stats.frequent[0].value == 0 && stats.frequent[0].count == 2);
    assert_true(isfinite(stats.standard_deviation) && stats.quartile[1] == 0);
}

/* A number without pattern. */
static float scatter(size_t i) {
    const uint32_t hash = (uint32_t)i * 2654435761u;
    return hash >> 28 == 3 ? NAN : (float)(int32_t)(hash ^ hash >> 15) * 0x1p-20f;
}

/* The sums as their definition has them: one row after the other. */
static void check_against_loops(const bp_column_stats *stats, const float *values, size_t rows,
                                size_t stride) {
    double sum = 0, squares = 0, least = HUGE_VAL, greatest = -HUGE_VAL;
    size_t there = 0, counted = 0;
    for (size_t i = 0; i < rows; i++) {
        const double value = (double)values[i * stride];
        if (!isnan(value)) {
            there++;
            sum += value;
            least = fmin(least, value);
            greatest = fmax(greatest, value);
        }
    }
    for (size_t i = 0; i < rows; i++) {
        const double off = (double)values[i * stride] - sum / (double)there;
        squares += isnan(off) ? 0 : off * off;
    }
    assert_int_equal(stats->missing, rows - there);
    assert_true(stats->mean == sum / (double)there);
    assert_true(stats->standard_deviation == sqrt(squares / (double)there));
    assert_true(stats->min == least && stats->max == greatest);
    for (size_t b = 0; b < BP_HISTOGRAM_BINS; b++) {
        counted += stats->histogram[b];
    }
    assert_int_equal(counted, there);
}

static void widths_of_every_kind(void **state) {
    (void)state;
    static const size_t widths[] = {1, 2, 3, 5, 8, 17, 28, 1023, 1024, 1025, 2100};
    enum { ROWS = 37 };
    for (size_t w = 0; w < sizeof widths / sizeof *widths; w++) {
        const size_t columns = widths[w];
        float *values = malloc(ROWS * columns * sizeof *values);
        bp_column_stats *stats = malloc(columns * sizeof *stats);
        assert_true(values != NULL && stats != NULL);
        for (size_t i = 0; i < ROWS * columns; i++) {
            values[i] = scatter(i);
        }
        compute(stats, values, ROWS, columns);
        for (size_t j = 0; j < columns; j++) {
            check_against_loops(&stats[j], values + j, ROWS, columns);
        }
        free(values);
        free(stats);
    }
}

/* So many cells that several threads share the columns: each is as if it were alone. */
static void shares_change_nothing(void **state) {
    (void)state;
    enum { ROWS = 400000, COLUMNS = 19, SAMPLED = ROWS / 3 };
    float *values = malloc(sizeof(float[COLUMNS][ROWS])), *one = malloc(sizeof(float[ROWS]));
    bp_column_stats stats[COLUMNS], alone;
    assert_true(values != NULL && one != NULL);
    memset(stats, 0, sizeof stats);
    for (size_t i = 0; i < ROWS * COLUMNS; i++) {
        values[i] = scatter(i);
    }
    assert_int_equal(bp_column_stats_compute(stats, values, ROWS, COLUMNS, SAMPLED, NULL), BP_OK);
    for (size_t j = 0; j < COLUMNS; j++) {
        for (size_t i = 0; i < ROWS; i++) {
            one[i] = values[i * COLUMNS + j];
        }
        memset(&alone, 0, sizeof alone);
        assert_int_equal(bp_column_stats_compute(&alone, one, ROWS, 1, SAMPLED, NULL), BP_OK);
        assert_memory_equal(&stats[j], &alone, sizeof alone);
        check_against_loops(&stats[j], one, ROWS, 1);
    }
    free(values);
    free(one);
}

static int compare_floats(const void *a, const void *b) {
    const float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

static void keys_sort_like_numbers(void **state) {
    (void)state;
    enum { COUNT = 5000 };
    static float values[COUNT];
    static uint32_t keys[COUNT], scratch[COUNT];
    size_t count = 0;
    for (size_t i = 0; count < COUNT; i++) {
        const float value = scatter(i);
        if (!isnan(value)) {
            values[count] = value;
            keys[count++] = bp_key_of(value);
        }
    }
    qsort(values, COUNT, sizeof *values, compare_floats);
    const uint32_t *sorted = bp_key_sort(keys, scratch, COUNT);
    for (size_t i = 0; i < COUNT; i++) {
        assert_true(bp_key_value(sorted[i]) == values[i]);
    }
}

static void large_sets_are_sampled(void **state) {
    (void)state;
    assert_int_equal(bp_value_sample_rows(1000, 65536), 1000);
    assert_int_equal(bp_value_sample_rows(5000, 65536), 1024);
    assert_int_equal(bp_value_sample_rows(1 << 19, 8), 1 << 19);
    assert_int_equal(bp_value_sample_rows((1 << 19) + 1, 8), 1 << 19);
    /* Every second row: 0, 2, 4, ... of two columns. */
    enum { ROWS = 2000 };
    static float values[ROWS * 2];
    for (size_t i = 0; i < ROWS; i++) {
        values[2 * i] = (float)i;
        values[2 * i + 1] = i % 2 == 0 ? 4 : 5;
    }
    bp_column_stats stats[2] = {0};
    assert_int_equal(bp_column_stats_compute(stats, values, ROWS, 2, ROWS / 2, NULL), BP_OK);
    assert_int_equal(stats[0].distinct, 1000);
    assert_true(stats[0].quartile[0] == 499.5 && stats[0].quartile[1] == 999);
    assert_true(stats[0].max == 1999 && stats[0].mean == 999.5);
    assert_frequent(&stats[1], &(bp_frequent_value){4, 1000}, 1);
    assert_true(stats[1].mean == 4.5 && stats[1].histogram[9] == 1000);
}

/* --- within a data set ---------------------------------------------------------------------- */

static bp_dataset *load(const char *body, const bp_dataset_options *options) {
    bp_dataset_builder *builder;
    bp_csv *csv;
    bp_dataset *data = NULL;
    bp_error err = {0};
    assert_int_equal(bp_dataset_builder_new(&builder, options, NULL), BP_OK);
    assert_int_equal(bp_csv_new(&csv, builder, NULL, NULL), BP_OK);
    bp_status status = bp_csv_feed(csv, body, strlen(body), &err);
    status = status == BP_OK ? bp_csv_finish(csv, &err) : status;
    status = status == BP_OK ? bp_dataset_builder_finish(builder, &data, &err) : status;
    if (status != BP_OK) {
        fail_msg("%s", err.message);
    }
    bp_csv_free(csv);
    bp_dataset_builder_free(builder);
    return data;
}

static void labels_are_counted(void **state) {
    (void)state;
    bp_dataset *data = load("color,ok,n,kind\nred,yes,1,a\nblue,no,2,b\nred,yes,3,b\n,yes,4,b\n"
                            "green,no,5,a\nblue,yes,6,c\nblue,,7,b\n",
                            NULL);
    assert_int_equal(data->sampled_rows, 7);
    const bp_column_stats *color = &data->stats[0];
    assert_true(isnan(color->min) && isnan(color->quartile[1]));
    assert_histogram(color, (const uint64_t[10]){0});
    assert_int_equal(color->missing, 1);
    assert_int_equal(color->distinct, 3);
    assert_frequent(color, (const bp_frequent_value[]){{1, 3}, {0, 2}, {2, 1}}, 3);
    assert_frequent(&data->stats[1], (const bp_frequent_value[]){{0, 4}, {1, 2}}, 2);
    assert_true(data->stats[2].quartile[1] == 4);
    assert_true(isnan(data->stats[3].quartile[0]));
    assert_frequent(&data->stats[3], (const bp_frequent_value[]){{1, 4}, {0, 2}, {2, 1}}, 3);
    bp_dataset_unref(data);
    data = load("x,digit\n1,7\n2,3\n3,7\n", NULL); /* classes that are numbers too */
    assert_int_equal(data->stats[1].distinct, 2);
    assert_frequent(&data->stats[1], (const bp_frequent_value[]){{1, 2}, {0, 1}}, 2);
    assert_true(data->stats[1].quartile[1] == 7);
    bp_dataset_unref(data);
}

static void moments_have_a_first_and_a_last(void **state) {
    (void)state;
    bp_dataset *data = load("when,y\nNA,1\n2024-03-01T10:30:01,2\n2024-03-01T10:30:00.5,3\n"
                            "2024-02-29T23:59:60.9,4\n2024-03-01,5\n2024-02-29T23:59,6\n",
                            &(bp_dataset_options){.types = "when:datetime"});
    assert_int_equal(data->stats[0].earliest_row, 5);
    assert_int_equal(data->stats[0].latest_row, 1);
    assert_int_equal(data->stats[0].missing, 1);
    bp_dataset_unref(data);
}

static void refused_cells_that_are_not_finite_are_counted(void **state) {
    (void)state;
    bp_dataset *data = load(
        "a,w,b,y\n1,1,1,1\ninf,1,1,2\n2,1,nope,1\n3,1,-1e39,1\n4,1,NAN,2\n"
        "5,inf,2,3\n6,-1,2,4\nnan,1,inf,1\n-Infinity,1,1,1\n",
        &(bp_dataset_options){
            .skip_rejects = true, .weight = "w", .missing = "?", .types = "a:numeric,b:numeric"});
    assert_int_equal(data->rows, 1);
    assert_int_equal(data->rejects.count, 8);
    assert_int_equal(data->stats[0].non_finite, 3);
    assert_int_equal(data->stats[1].non_finite, 2);
    assert_int_equal(data->stats[2].non_finite, 0);
    assert_int_equal(data->stats[3].non_finite, 1);
    bp_dataset_unref(data);
}

/* Rows that follow may name the columns in another order. */
static void refused_cells_of_added_rows_are_counted_too(void **state) {
    (void)state;
    static const char *const header[] = {"y", "b", "a"};
    const bp_dataset_options skip = {.skip_rejects = true};
    bp_dataset *base = load("a,b,y\n1.5,2.5,0.5\n", NULL), *data = NULL;
    bp_dataset_builder *builder;
    bp_names names = {0};
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(bp_names_add(&names, header[i], 1, NULL), BP_OK);
    }
    assert_int_equal(bp_dataset_builder_new(&builder, &skip, NULL), BP_OK);
    assert_int_equal(bp_dataset_builder_continue(builder, base, NULL), BP_OK);
    assert_int_equal(bp_dataset_builder_header(builder, &names, NULL), BP_OK);
    const bp_cell cells[] = {bp_cell_of("1"), bp_cell_of("2"), bp_cell_of("inf")};
    bp_error why = {0};
    assert_int_equal(bp_dataset_builder_row(builder, cells, 3, 2, &why), BP_INVALID);
    assert_int_equal(bp_dataset_builder_reject(builder, &why, NULL), BP_OK);
    assert_int_equal(bp_dataset_builder_finish(builder, &data, NULL), BP_OK);
    assert_int_equal(data->stats[0].non_finite, 1);
    assert_int_equal(data->stats[1].non_finite + data->stats[2].non_finite, 0);
    bp_dataset_unref(data);
    bp_dataset_unref(base);
    bp_dataset_builder_free(builder);
    bp_names_clear(&names);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_column_by_hand),
        cmocka_unit_test(a_constant_and_an_empty_column),
        cmocka_unit_test(values_on_an_edge_go_up),
        cmocka_unit_test(extreme_values),
        cmocka_unit_test(widths_of_every_kind),
        cmocka_unit_test(shares_change_nothing),
        cmocka_unit_test(keys_sort_like_numbers),
        cmocka_unit_test(large_sets_are_sampled),
        cmocka_unit_test(labels_are_counted),
        cmocka_unit_test(moments_have_a_first_and_a_last),
        cmocka_unit_test(refused_cells_that_are_not_finite_are_counted),
        cmocka_unit_test(refused_cells_of_added_rows_are_counted_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
