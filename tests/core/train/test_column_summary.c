/* Quantiles, means and the most frequent value of a column. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "column_summary.h"
#include "philox.h"

static bp_column_values values_of(const float *numbers, size_t count) {
    bp_column_values values = {.value = malloc((count + 1) * sizeof(float)), .count = count};
    assert_non_null(values.value);
    memcpy(values.value, numbers, count * sizeof(float));
    return values;
}

static void quantiles_lie_between_neighbours(void **state) {
    (void)state;
    static const float numbers[] = {7, 1, 3, 10};
    bp_column_values values = values_of(numbers, 4);
    assert_true(bp_column_quantile(&values, 0.5) == 5);     /* between 3 and 7 */
    assert_true(bp_column_quantile(&values, 0.25) == 2.5);  /* 0.75 of the way from 1 to 3 */
    assert_true(bp_column_quantile(&values, 0.75) == 7.75); /* 0.25 of the way from 7 to 10 */
    assert_true(bp_column_quantile(&values, 0) == 1);
    assert_true(bp_column_quantile(&values, 1) == 10);
    assert_true(bp_column_mean(&values) == 5.25);
    bp_column_values_clear(&values);
    values = values_of(numbers, 1);
    assert_true(bp_column_quantile(&values, 0.5) == 7);
    bp_column_values_clear(&values);
}

static void the_smallest_of_the_most_frequent(void **state) {
    (void)state;
    static const float numbers[] = {5, 2, 9, 5, 2, 1};
    bp_column_values values = values_of(numbers, 6);
    assert_true(bp_column_mode(&values) == 2);
    bp_column_values_clear(&values);
}

static int ascending(const void *a, const void *b) {
    const float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

/* Selection agrees with sorting, also where values repeat or stand in order already. */
static void selection_agrees_with_sorting(void **state) {
    (void)state;
    float numbers[200], sorted[200];
    for (uint64_t trial = 0; trial < 300; trial++) {
        const size_t count = 1 + trial % 200;
        for (size_t i = 0; i < count; i++) {
            uint32_t words[4];
            bp_random_block(trial, BP_STREAM_SAMPLE, 0, i, words);
            numbers[i] = trial % 4 == 0   ? (float)i
                         : trial % 4 == 1 ? (float)(count - i)
                         : trial % 4 == 2 ? (float)(words[0] % 5)
                                          : bp_random_unit(words[0]);
        }
        memcpy(sorted, numbers, count * sizeof *sorted);
        qsort(sorted, count, sizeof *sorted, ascending);
        for (size_t k = 0; k + 1 < count; k++) {
            bp_column_values values = values_of(numbers, count);
            const double q = ((double)k + 0.5) / (double)(count - 1),
                         place = q * (double)(count - 1);
            const double low = (double)sorted[(size_t)place],
                         high = (double)sorted[(size_t)place + 1];
            assert_true(bp_column_quantile(&values, q) ==
                        low + (place - floor(place)) * (high - low));
            bp_column_values_clear(&values);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(quantiles_lie_between_neighbours),
        cmocka_unit_test(the_smallest_of_the_most_frequent),
        cmocka_unit_test(selection_agrees_with_sorting),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
