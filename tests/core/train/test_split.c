/* Which rows train and which are held out, for each kind of split. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "made_dataset.h"
#include "philox.h"
#include "split.h"

enum { ROWS = 10, MANY = 1000, SEED = 7 };

/* Two features and two classes or three; x0 is a time, x1 a group. */
static const float x[2 * ROWS] = {5, 1, 3, 2, 9, 1, 3, 3, 8, 2, 1, 1, 9, 2, 2, 3, 3, 1, 0, 2};
static const int32_t classes[ROWS] = {0, 0, 1, 0, 0, 2, 0, 1, 0, 0}; /* 7, 2 and 1 rows */

static bp_dataset *make(void) {
    const bp_made_table table = {
        .rows = ROWS, .features = 2, .targets = 1, .classes = 3, .x = x, .class_index = classes};
    bp_dataset *data;
    assert_int_equal(bp_made_dataset(&data, &table, NULL), BP_OK);
    return data;
}

/* Every tenth row is of the rare class. */
static bp_dataset *make_many(void) {
    static float ones[MANY];
    static int32_t two[MANY];
    for (int32_t r = 0; r < MANY; r++) {
        ones[r] = 1;
        two[r] = r % 10 == 0;
    }
    const bp_made_table table = {
        .rows = MANY, .features = 1, .targets = 1, .classes = 2, .x = ones, .class_index = two};
    bp_dataset *data;
    assert_int_equal(bp_made_dataset(&data, &table, NULL), BP_OK);
    return data;
}

static bp_split draw(const bp_dataset *data, const bp_split_options *o, const uint8_t *excluded) {
    const bp_split_request request = {
        .data = data, .options = o, .seed = SEED, .excluded = excluded};
    bp_split split = {0};
    bp_error err = {0};
    if (bp_split_options_check(o, &err) != BP_OK ||
        bp_split_draw(&split, &request, &err) != BP_OK) {
        fail_msg("%s: %s", err.field, err.message);
    }
    return split;
}

/* Both parts ascend, and no row is in both; `held` [rows] says which are held out. */
static void check_parts(const bp_split *split, size_t rows, uint8_t *held) {
    uint8_t *seen = calloc(rows, 1);
    memset(held, 0, rows);
    for (size_t i = 0; i < split->training + split->validation; i++) {
        const uint32_t row = split->rows[i];
        assert_true(row < rows && !seen[row]);
        assert_true(i == 0 || i == split->training || row > split->rows[i - 1]);
        seen[row] = 1;
        held[row] = i >= split->training;
    }
    assert_int_equal(split->training + split->validation + split->excluded, rows);
    free(seen);
}

static void assert_held(const bp_dataset *data, const bp_split_options *o, size_t count,
                        const uint32_t *rows) {
    uint8_t held[ROWS];
    bp_split split = draw(data, o, NULL);
    check_parts(&split, ROWS, held);
    assert_int_equal(split.validation, count);
    assert_memory_equal(split.rows + split.training, rows, count * sizeof *rows);
    bp_split_clear(&split);
}

/* The rows that the seed's permutation has last: as it was before there were other kinds. */
static void a_fraction_is_the_end_of_the_permutation(void **state) {
    (void)state;
    bp_dataset *data = make_many();
    static uint32_t order[MANY];
    static uint8_t held[MANY];
    bp_random_permutation(SEED, BP_STREAM_SPLIT, 0, MANY, order);
    bp_split split = draw(data, &(bp_split_options){.fraction = 0.1239}, NULL);
    check_parts(&split, MANY, held);
    assert_int_equal(split.validation, 123);
    for (size_t i = 0; i < MANY; i++) {
        assert_int_equal(held[order[i]], i >= MANY - 123);
    }
    bp_split_clear(&split);
    bp_dataset_unref(data);
}

static void assert_shares(const bp_dataset *data, double fraction, const size_t shares[3]) {
    uint8_t held[ROWS];
    size_t of_class[3] = {0};
    bp_split split = draw(data, &(bp_split_options){.fraction = fraction, .stratify = true}, NULL);
    check_parts(&split, ROWS, held);
    for (size_t r = 0; r < ROWS; r++) {
        of_class[classes[r]] += held[r];
    }
    assert_memory_equal(of_class, shares, sizeof of_class);
    bp_split_clear(&split);
}

/* 7, 2 and 1 rows. 3 of them: 2.1, 0.6 and 0.3, so 2, 0 and 0, and the last goes to 0.6. 4 of them:
 * 2.8, 0.8 and 0.4, and two are left. 5 of them: 3.5, 1 and 0.5; of equal ones the first. */
static void strata_share_by_largest_remainder(void **state) {
    (void)state;
    bp_dataset *data = make();
    assert_shares(data, 0.3, (size_t[]){2, 1, 0});
    assert_shares(data, 0.4, (size_t[]){3, 1, 0});
    assert_shares(data, 0.5, (size_t[]){4, 1, 0});
    bp_dataset_unref(data);
}

static void check_folds(const bp_dataset *data, size_t folds, bool stratify) {
    static uint8_t held[MANY], total[MANY];
    memset(total, 0, sizeof total);
    for (size_t fold = 0; fold < folds; fold++) {
        const bp_split_options o = {
            .kind = BP_SPLIT_FOLDS, .folds = folds, .fold = fold, .stratify = stratify};
        bp_split split = draw(data, &o, NULL);
        check_parts(&split, MANY, held);
        size_t rare = 0;
        for (size_t r = 0; r < MANY; r++) {
            total[r] = (uint8_t)(total[r] + held[r]);
            rare += held[r] && data->class_index[r] == 1;
        }
        assert_in_range(split.validation, MANY / folds, MANY / folds + 1);
        if (stratify) {
            assert_in_range(rare, MANY / 10 / folds, MANY / 10 / folds + 1);
        }
        bp_split_clear(&split);
    }
    for (size_t r = 0; r < MANY; r++) {
        assert_int_equal(total[r], 1);
    }
}

static void folds_hold_out_each_row_once(void **state) {
    (void)state;
    bp_dataset *data = make_many();
    check_folds(data, 2, false);
    check_folds(data, 7, false);
    check_folds(data, 7, true);
    check_folds(data, MANY, false);
    bp_dataset_unref(data);
}

static void the_data_can_tell(void **state) {
    (void)state;
    bp_dataset *data = make();
    assert_held(data, &(bp_split_options){.kind = BP_SPLIT_LAST, .fraction = 0.39}, 3,
                (uint32_t[]){7, 8, 9});
    assert_held(data, &(bp_split_options){.kind = BP_SPLIT_TIME, .fraction = 0.3}, 3,
                (uint32_t[]){7, 8, 9});
    /* times 9, 9, 8, 5, and of the three 3s the last two */
    assert_held(data, &(bp_split_options){.kind = BP_SPLIT_TIME, .fraction = 0.6, .column = "x0"},
                6, (uint32_t[]){0, 2, 3, 4, 6, 8});
    assert_held(data, &(bp_split_options){.kind = BP_SPLIT_COLUMN, .column = "x1", .value = "3.0"},
                2, (uint32_t[]){3, 7});
    assert_held(data, &(bp_split_options){.kind = BP_SPLIT_COLUMN, .column = "y0", .value = "1"}, 2,
                (uint32_t[]){2, 7});
    bp_dataset_unref(data);
}

static void another_data_set_is_held_out(void **state) {
    (void)state;
    bp_dataset *data = make(), *other = make_many();
    const bp_split_options o = {.kind = BP_SPLIT_DATASET, .held_out = other};
    bp_split split = draw(data, &o, NULL);
    assert_int_equal(split.training, ROWS);
    assert_int_equal(split.validation, MANY);
    for (size_t i = 0; i < ROWS + MANY; i++) {
        assert_int_equal(split.rows[i], i < ROWS ? i : i - ROWS);
    }
    bp_split_clear(&split);
    uint8_t *mask = calloc(MANY, 1);
    memset(mask, 1, MANY - 2);
    const bp_split_request request = {.data = data, .options = &o, .excluded_held_out = mask};
    assert_int_equal(bp_split_draw(&split, &request, NULL), BP_OK);
    assert_int_equal(split.validation, 2);
    assert_int_equal(split.rows[ROWS], MANY - 2);
    bp_split_clear(&split);
    free(mask);
    bp_dataset_unref(data);
    bp_dataset_unref(other);
}

/* A split with excluded rows is that of the data set without them. */
static void excluded_rows_are_in_neither_part(void **state) {
    (void)state;
    static const bp_split_options all[] = {
        {.fraction = 0.5},
        {.fraction = 0.5, .stratify = true},
        {.kind = BP_SPLIT_LAST, .fraction = 0.5},
        {.kind = BP_SPLIT_TIME, .fraction = 0.5, .column = "x0"},
        {.kind = BP_SPLIT_FOLDS, .folds = 3, .fold = 1},
        {.kind = BP_SPLIT_COLUMN, .column = "x1", .value = "2"},
    };
    static const uint8_t excluded[ROWS] = {0, 0, 0, 0, 0, 0, 0, 0, 1, 1}; /* so rows stay rows */
    bp_dataset *data = make(), *less = make();
    uint8_t held[ROWS];
    less->rows = ROWS - 2;
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        bp_split split = draw(data, &all[i], excluded), same = draw(less, &all[i], NULL);
        check_parts(&split, ROWS, held);
        assert_int_equal(split.excluded, 2);
        assert_int_equal(split.training, same.training);
        assert_int_equal(split.validation, same.validation);
        assert_memory_equal(split.rows, same.rows, (ROWS - 2) * sizeof *same.rows);
        bp_split_clear(&split);
        bp_split_clear(&same);
    }
    bp_dataset_unref(data);
    bp_dataset_unref(less);
}

static const struct {
    bp_split_options options;
    const char *field;
} bad[] = {
    {{.fraction = 0.91}, "/validation/fraction"},
    {{.kind = BP_SPLIT_LAST, .fraction = -1}, "/validation/fraction"},
    {{.kind = BP_SPLIT_FOLDS, .folds = 1}, "/validation/folds"},
    {{.kind = BP_SPLIT_FOLDS, .folds = ROWS + 1}, "/validation/folds"},
    {{.kind = BP_SPLIT_FOLDS, .folds = BP_MAX_FOLDS + 1}, "/validation/folds"},
    {{.kind = BP_SPLIT_FOLDS, .folds = 3, .fold = 3}, "/validation/fold"},
    {{.kind = BP_SPLIT_TIME, .fraction = 0.1, .column = "t"}, "/validation/time_column"},
    {{.kind = BP_SPLIT_TIME, .fraction = 0.1, .column = "y0"}, "/validation/time_column"},
    {{.kind = BP_SPLIT_COLUMN, .column = "t", .value = "1"}, "/validation/column"},
    {{.kind = BP_SPLIT_COLUMN, .column = "x1", .value = "4"}, "/validation/value"},
    {{.kind = BP_SPLIT_COLUMN, .column = "x1", .value = "one"}, "/validation/value"},
    {{.kind = BP_SPLIT_COLUMN, .column = "y0", .value = "3"}, "/validation/value"},
    {{.kind = BP_SPLIT_DATASET, .dataset = "lost"}, "/validation/dataset"},
};

static bp_status try_draw(const bp_split_request *request, bp_error *err) {
    bp_split split = {0};
    bp_status status = bp_split_options_check(request->options, err);
    return status == BP_OK ? bp_split_draw(&split, request, err) : status;
}

static void what_cannot_be_is_told(void **state) {
    (void)state;
    bp_dataset *data = make();
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        bp_error err = {0};
        const bp_split_request request = {.data = data, .options = &bad[i].options};
        assert_int_equal(try_draw(&request, &err), BP_INVALID);
        assert_string_equal(err.field, bad[i].field);
    }
    uint8_t all[ROWS];
    memset(all, 1, sizeof all);
    bp_error err = {0};
    const bp_split_options o = {.fraction = 0.1, .stratify = true};
    bp_split_request request = {.data = data, .options = &o, .excluded = all};
    assert_int_equal(try_draw(&request, &err), BP_INVALID);
    assert_string_equal(err.field, "/dataset");
    const bp_made_table table = {.rows = ROWS, .features = 1, .targets = 1, .x = x, .y = x};
    bp_dataset *reals;
    assert_int_equal(bp_made_dataset(&reals, &table, NULL), BP_OK);
    request = (bp_split_request){.data = reals, .options = &o};
    assert_int_equal(try_draw(&request, &err), BP_INVALID);
    assert_string_equal(err.field, "/validation/stratify");
    bp_dataset_unref(reals);
    bp_dataset_unref(data);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_fraction_is_the_end_of_the_permutation),
        cmocka_unit_test(strata_share_by_largest_remainder),
        cmocka_unit_test(folds_hold_out_each_row_once),
        cmocka_unit_test(the_data_can_tell),
        cmocka_unit_test(another_data_set_is_held_out),
        cmocka_unit_test(excluded_rows_are_in_neither_part),
        cmocka_unit_test(what_cannot_be_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
