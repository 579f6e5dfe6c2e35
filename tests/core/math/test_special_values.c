/* The activations and losses at the edges of float32: infinities, zeros, subnormal and huge
 * numbers. Every table gives the limit, and the bits of the naive loops. */
#include "kernels.h"

#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

enum { MOST_TABLES = 8, EDGES = 19 };

static const float edges[EDGES] = {
    INFINITY, -INFINITY, FLT_MAX, -FLT_MAX, 0x1p100f,  -0x1p100f,  1000,      -1000,      105, -105,
    17,       -17,       0.0f,    -0.0f,    0x1p-149f, -0x1p-149f, 0x1p-126f, -0x1p-126f, 1};

/* NaN is equal to NaN: its sign and payload are not part of the promise. */
static void assert_same_value(const char *table, const char *what, float at, float got,
                              float want) {
    if (!(isnan(got) && isnan(want)) && memcmp(&got, &want, sizeof got) != 0) {
        fail_msg("%s, %s at %a: %a, not %a", table, what, (double)at, (double)got, (double)want);
    }
}

/* Calls `check` with each table of this machine, and the naive one. */
static void each_table(void (*check)(const bp_kernels *naive, const bp_kernels *table)) {
    const char *names[MOST_TABLES];
    const size_t count = bp_kernels_available(names, MOST_TABLES);
    const bp_kernels *naive, *table;
    assert_int_equal(bp_kernels_find("naive", &naive, NULL), BP_OK);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(bp_kernels_find(names[i], &table, NULL), BP_OK);
        check(naive, table);
    }
}

/* --- activations ---------------------------------------------------------------------------- */

typedef struct limits {
    float at_infinity, slope_at_infinity, at_minus_infinity, slope_at_minus_infinity;
} limits;

static const limits known_limits[BP_ACTIVATION_COUNT] = {
    [BP_ACTIVATION_LINEAR] = {INFINITY, 1, -INFINITY, 1},
    [BP_ACTIVATION_RELU] = {INFINITY, 1, 0, 0},
    [BP_ACTIVATION_TANH] = {1, 0, -1, 0},
    [BP_ACTIVATION_SIGMOID] = {1, 0, 0, 0},
    [BP_ACTIVATION_LEAKY_RELU] = {INFINITY, 1, -INFINITY, 0.01f},
    [BP_ACTIVATION_ELU] = {INFINITY, 1, -1, 0},
    [BP_ACTIVATION_SELU] = {INFINITY, 1.05070099f, -1.75809934f, 0},
    [BP_ACTIVATION_SOFTPLUS] = {INFINITY, 1, 0, 0},
    [BP_ACTIVATION_HARD_TANH] = {1, 0, -1, 0},
    [BP_ACTIVATION_GELU] = {INFINITY, 1, 0, 0},
    [BP_ACTIVATION_SILU] = {INFINITY, 1, 0, 0},
};

/* sigma(s) and sigma'(s) of all edges. */
static void evaluate(const bp_kernels *table, bp_activation sigma, float *x, float *slope) {
    float ones[EDGES];
    for (size_t i = 0; i < EDGES; i++) {
        ones[i] = 1;
    }
    table->activate(sigma, EDGES, edges, x);
    table->activate_backward(sigma, EDGES, bp_slope_is_in_s(sigma) ? edges : x, ones, slope);
}

static void check_limits(const bp_kernels *naive, const bp_kernels *table) {
    (void)naive;
    for (int f = 0; f < BP_ACTIVATION_SOFTMAX; f++) {
        float x[EDGES], slope[EDGES];
        evaluate(table, (bp_activation)f, x, slope);
        const limits *want = &known_limits[f];
        if (x[0] != want->at_infinity || slope[0] != want->slope_at_infinity ||
            x[1] != want->at_minus_infinity || slope[1] != want->slope_at_minus_infinity) {
            fail_msg("%s, activation %d: %a, %a and %a, %a", bp_kernels_name(table), f,
                     (double)x[0], (double)slope[0], (double)x[1], (double)slope[1]);
        }
        for (size_t i = 0; i < EDGES; i++) {
            assert_false(isnan(x[i]) || isnan(slope[i]));
        }
    }
}

static void check_activations(const bp_kernels *naive, const bp_kernels *table) {
    for (int f = 0; f < BP_ACTIVATION_SOFTMAX; f++) {
        float x[EDGES], slope[EDGES], want_x[EDGES], want_slope[EDGES];
        evaluate(table, (bp_activation)f, x, slope);
        evaluate(naive, (bp_activation)f, want_x, want_slope);
        for (size_t i = 0; i < EDGES; i++) {
            assert_same_value(bp_kernels_name(table), "sigma", edges[i], x[i], want_x[i]);
            assert_same_value(bp_kernels_name(table), "slope", edges[i], slope[i], want_slope[i]);
        }
    }
}

static void activations_answer_their_limits(void **state) {
    (void)state;
    each_table(check_limits);
}

static void activations_have_the_same_bits(void **state) {
    (void)state;
    each_table(check_activations);
}

/* --- losses --------------------------------------------------------------------------------- */

/* x, dl/dx and the loss of a row for every edge; then the edges as one row. */
typedef struct outcome {
    float x[2 * EDGES], d[2 * EDGES], loss[EDGES + 1];
} outcome;

static outcome run_loss(const bp_kernels *table, bp_loss loss) {
    const bp_loss_rule rule = {loss, {.quantile = 0.25f, .huber_delta = 1}};
    outcome out = {{0}, {0}, {0}};
    float y[2 * EDGES];
    for (size_t i = 0; i < 2 * EDGES; i++) {
        out.x[i] = edges[i % EDGES];
        y[i] = i % 2 == 0;
    }
    table->mean_loss(&rule, &(bp_output_rows){EDGES, 1, out.x, out.d, 1, out.loss}, y);
    table->mean_loss(
        &rule, &(bp_output_rows){1, EDGES, out.x + EDGES, out.d + EDGES, 1, out.loss + EDGES}, y);
    return out;
}

static void check_losses(const bp_kernels *naive, const bp_kernels *table) {
    for (int loss = 0; loss < BP_LOSS_COUNT; loss++) {
        if (loss == BP_LOSS_CROSS_ENTROPY) {
            continue;
        }
        const outcome got = run_loss(table, (bp_loss)loss), want = run_loss(naive, (bp_loss)loss);
        for (size_t i = 0; i < 2 * EDGES; i++) {
            const float at = edges[i % EDGES];
            assert_same_value(bp_kernels_name(table), "x", at, got.x[i], want.x[i]);
            assert_same_value(bp_kernels_name(table), "dl/dx", at, got.d[i], want.d[i]);
        }
        for (size_t i = 0; i <= EDGES; i++) {
            assert_same_value(bp_kernels_name(table), "loss", edges[i % EDGES], got.loss[i],
                              want.loss[i]);
        }
    }
}

/* One output that is infinitely wrong costs infinitely much, and one that is right nothing. */
static void check_infinite_losses(const bp_kernels *naive, const bp_kernels *table) {
    (void)naive;
    static const bp_loss of_errors[] = {BP_LOSS_MSE, BP_LOSS_MAE, BP_LOSS_HUBER, BP_LOSS_QUANTILE};
    for (size_t i = 0; i < sizeof of_errors / sizeof of_errors[0]; i++) {
        const outcome got = run_loss(table, of_errors[i]);
        assert_true(got.loss[0] == INFINITY && got.loss[1] == INFINITY);
    }
    const outcome hinge = run_loss(table, BP_LOSS_HINGE); /* y = 1, 0, 1, 0 */
    assert_true(hinge.loss[0] == 0 && hinge.loss[1] == 0 && hinge.d[0] == 0);
    const outcome poisson = run_loss(table, BP_LOSS_POISSON);
    assert_true(poisson.loss[6] == INFINITY && poisson.loss[7] == 0 && poisson.d[7] == 0);
    const outcome binary = run_loss(table, BP_LOSS_BINARY_CROSS_ENTROPY);
    assert_true(binary.loss[2] == 0 && binary.loss[3] == 0 && binary.d[2] == 0);
    assert_true(binary.x[0] == 1 && binary.x[1] == 0);
}

static void losses_have_the_same_bits(void **state) {
    (void)state;
    each_table(check_losses);
}

static void losses_answer_their_limits(void **state) {
    (void)state;
    each_table(check_infinite_losses);
}

/* Softmax sees differences from the largest sum only. */
static void check_softmax(const bp_kernels *naive, const bp_kernels *table) {
    (void)naive;
    const bp_loss_rule rule = {.loss = BP_LOSS_CROSS_ENTROPY};
    float x[6] = {-INFINITY, 0, -FLT_MAX, FLT_MAX, 0x1p-149f, -FLT_MAX}, d[6], loss[2];
    const int32_t classes[2] = {1, 0};
    table->cross_entropy(&rule, &(bp_output_rows){2, 3, x, d, 1, loss}, classes);
    assert_true(x[0] == 0 && x[1] == 1 && x[2] == 0 && loss[0] == 0 && d[1] == 0);
    assert_true(x[3] == 1 && x[4] == 0 && x[5] == 0 && loss[1] == 0 && d[3] == 0);
}

static void softmax_of_huge_sums(void **state) {
    (void)state;
    each_table(check_softmax);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(activations_answer_their_limits),
        cmocka_unit_test(activations_have_the_same_bits),
        cmocka_unit_test(losses_have_the_same_bits),
        cmocka_unit_test(losses_answer_their_limits),
        cmocka_unit_test(softmax_of_huge_sums),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
