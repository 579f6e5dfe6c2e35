/* Counts of what is taken for what, and ranks: small cases by hand. */
#include "confusion.h"
#include "ranking.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void near(double found, double expected) {
    if (!(fabs(found - expected) < 1e-15)) {
        fail_msg("%.17g is not %.17g", found, expected);
    }
}

/* True and predicted:  0 0 0 0 1 1 1 3
 *                      0 0 1 2 1 1 0 3   of 5 classes, the last of which never occurs. */
static void scores_follow_from_counts(void **state) {
    (void)state;
    static const size_t truth[] = {0, 0, 0, 0, 1, 1, 1, 3}, taken[] = {0, 0, 1, 2, 1, 1, 0, 3};
    bp_confusion c;
    assert_int_equal(bp_confusion_new(&c, 5, NULL), BP_OK);
    for (size_t i = 0; i < 8; i++) {
        bp_confusion_add(&c, truth[i], taken[i]);
    }
    assert_int_equal(c.matrix[0 * 5 + 0], 2);
    assert_int_equal(c.matrix[0 * 5 + 2], 1);
    assert_int_equal(c.matrix[1 * 5 + 0], 1);
    assert_int_equal(c.matrix[2 * 5 + 0], 0);
    bp_class_scores zero = bp_confusion_of_class(&c, 0), two = bp_confusion_of_class(&c, 2);
    near(zero.precision, 2.0 / 3);
    near(zero.recall, 2.0 / 4);
    near(zero.f1, 2 * 2.0 / (4 + 3));
    near(two.precision, 0); /* one prediction, no row */
    near(two.recall, 0);
    near(bp_confusion_of_class(&c, 4).f1, 0); /* nothing at all */
    bp_confusion_summary all = bp_confusion_summarize(&c);
    near(all.accuracy, 5.0 / 8);
    near(all.micro_f1, 5.0 / 8);
    near(all.balanced_accuracy, (2.0 / 4 + 2.0 / 3 + 1) / 3); /* of the classes 0, 1, 3 */
    near(all.macro_f1, (4.0 / 7 + 4.0 / 6 + 0 + 1) / 4);      /* and 2, which was predicted */
    near(all.weighted_f1, (4 * 4.0 / 7 + 3 * 4.0 / 6 + 1) / 8);
    bp_confusion_clear(&c);
}

static void many_classes_have_no_matrix(void **state) {
    (void)state;
    bp_confusion c;
    assert_int_equal(bp_confusion_new(&c, BP_MAX_CONFUSION_CLASSES, NULL), BP_OK);
    assert_non_null(c.matrix);
    bp_confusion_clear(&c);
    assert_int_equal(bp_confusion_new(&c, BP_MAX_CONFUSION_CLASSES + 1, NULL), BP_OK);
    assert_null(c.matrix);
    bp_confusion_add(&c, 100, 7);
    assert_int_equal(c.support[100], 1);
    assert_int_equal(c.predicted[7], 1);
    bp_confusion_clear(&c);
}

static void no_rows_have_no_accuracy(void **state) {
    (void)state;
    bp_confusion c;
    assert_int_equal(bp_confusion_new(&c, 2, NULL), BP_OK);
    bp_confusion_summary all = bp_confusion_summarize(&c);
    assert_true(isnan(all.accuracy) && isnan(all.macro_f1) && isnan(all.balanced_accuracy));
    bp_confusion_clear(&c);
}

static void equal_outputs_rank_in_order(void **state) {
    (void)state;
    static const float values[] = {1, 3, 1, 3, 0};
    static const size_t ranks[] = {2, 0, 3, 1, 4};
    for (size_t j = 0; j < 5; j++) {
        assert_int_equal(bp_rank_of(values, 5, j), ranks[j]);
    }
}

/* Pairs of a positive and a negative: positives 1, 2, 2; negatives 0, 2, 1. Of nine pairs
 * 1>0, 1<2, 1=1; 2>0, 2=2, 2>1; again: 1 + 1/2 + 2 (2 + 1/2). */
static void auc_counts_pairs(void **state) {
    (void)state;
    bp_scored rows[] = {{1, true}, {0, false}, {2, true}, {2, false}, {1, false}, {2, true}};
    near(bp_auc(rows, 6), 6.5 / 9);
    bp_scored perfect[] = {{0.1f, false}, {0.2f, true}, {-3, false}};
    near(bp_auc(perfect, 3), 1);
    bp_scored reversed[] = {{0.1f, true}, {0.2f, false}, {-3, true}};
    near(bp_auc(reversed, 3), 0);
    bp_scored equal[] = {{5, true}, {5, false}, {5, true}};
    near(bp_auc(equal, 3), 0.5);
}

static void auc_may_not_be_defined(void **state) {
    (void)state;
    bp_scored positive[] = {{1, true}, {2, true}}, negative[] = {{1, false}, {2, false}};
    bp_scored infinite[] = {{1, true}, {INFINITY, false}}, none[] = {{NAN, true}, {1, false}};
    assert_true(isnan(bp_auc(positive, 2)));
    assert_true(isnan(bp_auc(negative, 2)));
    assert_true(isnan(bp_auc(infinite, 2)));
    assert_true(isnan(bp_auc(none, 2)));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scores_follow_from_counts), cmocka_unit_test(many_classes_have_no_matrix),
        cmocka_unit_test(no_rows_have_no_accuracy),  cmocka_unit_test(equal_outputs_rank_in_order),
        cmocka_unit_test(auc_counts_pairs),          cmocka_unit_test(auc_may_not_be_defined),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
