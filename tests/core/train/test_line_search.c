/* Line searches on functions of one number: what is found meets the strong Wolfe conditions, from
 * first steps that are far too short and far too long. */
#include "line_search.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

typedef struct function {
    const char *name;
    double (*value)(double a);
    double (*slope)(double a);
} function;

static double parabola(double a) {
    return (a - 3) * (a - 3);
}
static double parabola_slope(double a) {
    return 2 * (a - 3);
}
/* Moré and Thuente 1994, eq. 5.1 */
static double valley(double a) {
    return -a / (a * a + 2);
}
static double valley_slope(double a) {
    return (a * a - 2) / ((a * a + 2) * (a * a + 2));
}
/* Moré and Thuente 1994, eq. 5.2 */
static double steep(double a) {
    return pow(a + 0.004, 5) - 2 * pow(a + 0.004, 4);
}
static double steep_slope(double a) {
    return 5 * pow(a + 0.004, 4) - 8 * pow(a + 0.004, 3);
}
/* Not finite from 2 on. */
static double wall(double a) {
    return a < 2 ? -log(2 - a) - 3 * a : (double)NAN;
}
static double wall_slope(double a) {
    return 1 / (2 - a) - 3;
}
/* Many minima. */
static double waves(double a) {
    return 0.1 * (a - 4) * (a - 4) + sin(5 * a);
}
static double waves_slope(double a) {
    return 0.2 * (a - 4) + 5 * cos(5 * a) - 10;
}
static double waves_tilted(double a) {
    return waves(a) - 10 * a + 5 * a * a;
}
static double waves_tilted_slope(double a) {
    return waves_slope(a) + 10 * a;
}

static const function functions[] = {
    {"parabola", parabola, parabola_slope},
    {"valley", valley, valley_slope},
    {"steep", steep, steep_slope},
    {"wall", wall, wall_slope},
    {"waves", waves_tilted, waves_tilted_slope},
};

static bp_line_state search(const function *f, double step, bp_line_search *s) {
    bp_line_state state;
    bp_line_search_begin(s, f->value(0), f->slope(0), step);
    do {
        double a = s->trial.step;
        assert_true(a > 0 && isfinite(a));
        state = bp_line_search_tell(s, f->value(a), f->slope(a));
    } while (state == BP_LINE_TRY);
    return state;
}

static void what_is_found_meets_the_wolfe_conditions(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof functions / sizeof functions[0]; i++) {
        const function *f = &functions[i];
        assert_true(f->slope(0) < 0);
        double step = 1e-3;
        while (step < 2e3) {
            bp_line_search s;
            if (search(f, step, &s) != BP_LINE_FOUND) {
                fail_msg("%s from %g: nothing found in %zu trials", f->name, step, s.trials);
            }
            const double a = s.trial.step;
            assert_true(f->value(a) <= f->value(0) + 1e-4 * a * f->slope(0));
            assert_true(fabs(f->slope(a)) <= 0.9 * fabs(f->slope(0)));
            step *= 3.7;
        }
    }
}

/* The minimiser of a cubic is found at the second trial, where the first overshoots. */
static void a_cubic_is_taken_at_once(void **state) {
    (void)state;
    bp_line_search s;
    bp_line_search_begin(&s, parabola(0), parabola_slope(0), 20);
    assert_int_equal(bp_line_search_tell(&s, parabola(20), parabola_slope(20)), BP_LINE_TRY);
    assert_true(fabs(s.trial.step - 3) < 1e-12);
}

static double downhill(double a) {
    return -a;
}
static double downhill_slope(double a) {
    (void)a;
    return -1;
}

/* Never flat: it fails with the farthest point. */
static void a_function_without_a_minimum_fails_far_out(void **state) {
    (void)state;
    const function f = {"downhill", downhill, downhill_slope};
    bp_line_search s;
    assert_int_equal(search(&f, 1, &s), BP_LINE_FAILED);
    assert_true(s.low.step > 1000 && s.low.value < -1000);
}

static double uphill(double a) {
    return a > 0 ? 1 : 0;
}

/* The slope lies: it fails with no point at all. */
static void a_function_that_only_rises_fails_at_0(void **state) {
    (void)state;
    const function f = {"uphill", uphill, downhill_slope};
    bp_line_search s;
    assert_int_equal(search(&f, 1, &s), BP_LINE_FAILED);
    assert_true(s.low.step == 0);
    assert_int_equal(s.trials, BP_LINE_MOST_TRIALS);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_found_meets_the_wolfe_conditions),
        cmocka_unit_test(a_cubic_is_taken_at_once),
        cmocka_unit_test(a_function_without_a_minimum_fails_far_out),
        cmocka_unit_test(a_function_that_only_rises_fails_at_0),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
