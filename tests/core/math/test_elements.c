/* The element-wise functions against the C library in double: the error in units in the last place,
 * over a sample of all float32 numbers. BP_STRIDE=1 takes every one. */
#include "scalar_math.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static uint32_t stride(void) {
    const char *text = getenv("BP_STRIDE");
    return text != NULL ? (uint32_t)strtoul(text, NULL, 10) : 4093; /* a prime */
}

/* |got - want| in units of the last place that a float32 near `want` has. */
static double ulps(float got, double want) {
    if (isinf(got) || fabs(want) >= 0x1.ffffffp+127) {
        return (float)want == got ? 0 : INFINITY;
    }
    int exponent;
    frexp(want, &exponent);
    if (want == 0 || exponent < -125) {
        exponent = -125;
    }
    return fabs((double)got - want) / ldexp(1, exponent - 24);
}

static double sigmoid(double x) {
    return x >= 0 ? 1 / (1 + exp(-x)) : exp(x) / (1 + exp(x));
}

static double softplus(double x) {
    return (x > 0 ? x : 0) + log1p(exp(-fabs(x)));
}

static double silu(double x) {
    return x * sigmoid(x);
}

static double gelu(double x) {
    return x * (0.5 * erfc(-x * 0.70710678118654752440));
}

/* Of -x, since it is for x <= 0 only. */
static float negative_expm1(float x) {
    return bp_expm1_scalar(-x);
}

static double negative_exact(double x) {
    return expm1(-x);
}

typedef struct function {
    const char *name;
    float (*ours)(float);
    double (*exact)(double);
    double bound; /* ulp */
    float from;   /* only inputs of at least this */
} function;

static const function functions[] = {
    {"exp", bp_exp_scalar, exp, 1.0, -INFINITY},
    {"tanh", bp_tanh_scalar, tanh, 2.0, -INFINITY},
    {"sigmoid", bp_sigmoid_scalar, sigmoid, 2.0, -INFINITY},
    {"softplus", bp_softplus_scalar, softplus, 2.0, -INFINITY},
    {"silu", bp_silu_scalar, silu, 2.0, -INFINITY},
    {"gelu", bp_gelu_scalar, gelu, 2.0, -INFINITY},
    {"expm1, to 0", negative_expm1, negative_exact, 2.0, 0},
    {"log", bp_log_scalar, log, 1.0, 0x1p-126f},
};

static void within_bounds(void **state) {
    (void)state;
    const uint32_t step = stride();
    for (size_t f = 0; f < sizeof functions / sizeof functions[0]; f++) {
        const function *fn = &functions[f];
        double worst = 0;
        float where = 0;
        uint32_t bits = 0;
        do {
            float x = bp_bits_to_float((int32_t)bits);
            double error = x >= fn->from && !isinf(x) ? ulps(fn->ours(x), fn->exact((double)x)) : 0;
            if (error > worst) {
                worst = error;
                where = x;
            }
            bits += step;
        } while (bits >= step); /* until it wraps around */
        print_message("%s: at most %.3f ulp, at %a\n", fn->name, worst, (double)where);
        assert_true(worst <= fn->bound);
    }
}

static void special_values(void **state) {
    (void)state;
    assert_true(bp_exp_scalar(0) == 1 && bp_exp_scalar(-INFINITY) == 0);
    assert_true(isinf(bp_exp_scalar(INFINITY)) && isinf(bp_exp_scalar(89)));
    assert_true(bp_exp_scalar(-104) == 0 && bp_exp_scalar(-103) > 0);
    assert_true(bp_sigmoid_scalar(0) == 0.5f && bp_sigmoid_scalar(200) == 1);
    assert_true(bp_tanh_scalar(INFINITY) == 1 && bp_tanh_scalar(-20) == -1);
    assert_true(bp_silu_scalar(0) == 0 && bp_silu_scalar(-200) == 0 && bp_silu_scalar(90) == 90);
    assert_true(bp_gelu_scalar(0) == 0 && bp_gelu_scalar(-15) == 0 && bp_gelu_scalar(9) == 9);
    assert_true(bp_gelu_slope_scalar(0) == 0.5f && bp_gelu_slope_scalar(20) == 1);
    assert_true(bp_tanh_scalar(0) == 0 && bp_log_scalar(1) == 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(within_bounds),
        cmocka_unit_test(special_values),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
