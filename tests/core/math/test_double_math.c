/* exp, log, powers and the cosine in double against the C library in long double. */
#include "double_math.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define BOUND 1e-14

static void assert_close(const char *what, double at, double got, long double want) {
    long double scale = fabsl(want) > 0 ? fabsl(want) : 1;
    if (!(fabsl((long double)got - want) <= (long double)BOUND * scale)) {
        fail_msg("%s at %.17g: %.17g, not %.17Lg", what, at, got, want);
    }
}

static void exponentials(void **state) {
    (void)state;
    for (int i = -70000; i <= 70000; i++) {
        double x = (double)i / 1000.0 + 1e-7;
        assert_close("exp", x, bp_exp_double(x), expl((long double)x));
    }
    assert_true(bp_exp_double(0) == 1);
    assert_close("exp", -700, bp_exp_double(-700), expl(-700.0L));
    assert_close("exp", 700, bp_exp_double(700), expl(700.0L));
}

static void logarithms(void **state) {
    (void)state;
    double x = 1e-300;
    while (x < 1e300) {
        assert_close("log", x, bp_log_double(x), logl((long double)x));
        x *= 1.0137;
    }
    for (int i = 1; i < 4000; i++) {
        assert_close("log", i, bp_log_double((double)i), logl((long double)i));
        double near_one = 1 + (double)i / 1e7;
        assert_close("log", near_one, bp_log_double(near_one), logl((long double)near_one));
    }
    assert_true(bp_log_double(1) == 0);
    x = 0x1p-60;
    for (int i = 0; i < 117; i++) { /* to 8e8 */
        assert_close("log1p", x, bp_log1p_double(x), log1pl((long double)x));
        if (x < 1) {
            assert_close("log1p", -x, bp_log1p_double(-x), log1pl((long double)-x));
        }
        x *= 1.7;
    }
    assert_true(bp_log1p_double(0) == 0);
}

static void powers(void **state) {
    (void)state;
    static const double exponents[] = {0, 0.25, 0.5, 0.75, 1, 1.5, 2};
    double x = 1;
    while (x < 1e12) {
        for (size_t i = 0; i < sizeof exponents / sizeof exponents[0]; i++) {
            assert_close("power", x, bp_power_double(x, exponents[i]),
                         powl((long double)x, (long double)exponents[i]));
        }
        x = x * 1.31 + 1;
    }
    assert_true(bp_power_double(7, 0) == 1 && bp_power_double(1, 0.5) == 1);
}

static void whole_powers(void **state) {
    (void)state;
    static const double bases[] = {0.1, 0.5, 0.9, 0.95, 0.999, 0.999999, 1};
    for (size_t b = 0; b < sizeof bases / sizeof bases[0]; b++) {
        for (uint64_t n = 0; n < 100000; n = n * 3 / 2 + 1) {
            long double want = powl((long double)bases[b], (long double)n);
            if (want > 1e-290L) {
                assert_close("whole power", bases[b], bp_whole_power_double(bases[b], n), want);
            }
        }
    }
    assert_true(bp_whole_power_double(0.5, 10) == 0x1p-10);
    assert_true(bp_whole_power_double(0.1, 100000) == 0);
}

static void cosines(void **state) {
    (void)state;
    for (int i = 0; i <= 100000; i++) {
        double x = (double)i / 100000.0;
        long double want = cosl(acosl(-1.0L) * (long double)x);
        if (!(fabsl((long double)bp_cos_pi_double(x) - want) <= (long double)BOUND)) {
            fail_msg("cos pi %.17g: %.17g, not %.17Lg", x, bp_cos_pi_double(x), want);
        }
    }
    assert_true(bp_cos_pi_double(0) == 1 && bp_cos_pi_double(0.5) == 0);
    assert_true(bp_cos_pi_double(1) == -1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(exponentials), cmocka_unit_test(logarithms), cmocka_unit_test(powers),
        cmocka_unit_test(whole_powers), cmocka_unit_test(cosines),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
