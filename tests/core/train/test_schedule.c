/* The rates of the schedules: PyTorch's, their formulas, and what is refused. */
#include "schedule.h"
#include "torch_fixture.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { UNITS = 30 };
#define RATE 0.1

static void assert_rate(const char *what, uint64_t t, double got, double want) {
    if (!(fabs(got - want) <= 1e-13 * RATE)) {
        fail_msg("%s, unit %llu: %.17g, not %.17g", what, (unsigned long long)t, got, want);
    }
}

/* --- PyTorch -------------------------------------------------------------------------------- */

/* The settings of make_torch_fixture.py's SCHEDULES; settings that are 0 stay as they are. */
static const struct {
    const char *name;
    bp_schedule schedule;
} torch_cases[] = {
    {"step_rates", {.type = BP_SCHEDULE_STEP, .step_size = 4, .gamma = 0.5}},
    {"exponential_rates", {.type = BP_SCHEDULE_EXPONENTIAL, .gamma = 0.9}},
    {"cosine_rates",
     {.type = BP_SCHEDULE_COSINE, .period = 4, .multiplier = 2, .min_learning_rate = 0.001}},
    {"cosine_once_rates", {.type = BP_SCHEDULE_COSINE, .multiplier = 1}},
    {"warmup_rates", {.type = BP_SCHEDULE_LINEAR_WARMUP, .warmup = 5}},
    {"one_cycle_rates",
     {.type = BP_SCHEDULE_ONE_CYCLE,
      .max_factor = 3,
      .pct_start = 0.25,
      .div_factor = 10,
      .final_div_factor = 100}},
};

static bp_torch_fixture *load(void) {
    bp_torch_fixture *fixture;
    assert_int_equal(bp_torch_fixture_load(&fixture, "torch_schedules", NULL), BP_OK);
    return fixture;
}

/* Per epoch and per step: 30 epochs of 7 steps, and 10 epochs of 3. */
static void rates_are_pytorchs(void **state) {
    (void)state;
    bp_torch_fixture *f = load();
    for (size_t i = 0; i < sizeof torch_cases / sizeof torch_cases[0]; i++) {
        const bp_torch_tensor *want = bp_torch_fixture_find(f, torch_cases[i].name, 0);
        bp_schedule schedule = torch_cases[i].schedule;
        assert_int_equal(bp_schedule_check(&schedule, RATE, NULL), BP_OK);
        assert_int_equal(want->columns, UNITS);
        bp_rate_clock by_epoch = bp_rate_begin(&schedule, RATE, (bp_training_length){UNITS, 7});
        schedule.per = BP_PER_STEP;
        bp_rate_clock by_step = bp_rate_begin(&schedule, RATE, (bp_training_length){UNITS / 3, 3});
        for (uint64_t t = 0; t < UNITS; t++) {
            assert_rate(want->name, t, bp_rate_of_step(&by_epoch, 7 * t), want->value[t]);
            assert_rate(want->name, t, bp_rate_of_step(&by_epoch, 7 * t + 6), want->value[t]);
            assert_rate(want->name, t, bp_rate_of_step(&by_step, t), want->value[t]);
        }
    }
    bp_torch_fixture_free(f);
}

static void plateaus_are_pytorchs(void **state) {
    (void)state;
    bp_torch_fixture *f = load();
    const bp_torch_tensor *metrics = bp_torch_fixture_find(f, "plateau_metrics", 0);
    const bp_torch_tensor *want = bp_torch_fixture_find(f, "plateau_rates", 0);
    bp_schedule schedule = bp_schedule_defaults(BP_SCHEDULE_REDUCE_ON_PLATEAU);
    schedule.factor = 0.5;
    schedule.patience = 2;
    schedule.threshold = 0.01;
    schedule.min_learning_rate = 0.004;
    for (int metric = BP_MONITOR_VALIDATION_LOSS; metric <= BP_MONITOR_TRAIN_LOSS; metric++) {
        schedule.metric = (bp_monitor)metric;
        bp_rate_clock clock = bp_rate_begin(&schedule, RATE, (bp_training_length){UNITS, 1});
        for (uint64_t t = 0; t < UNITS; t++) {
            assert_rate("plateau", t, bp_rate_of_step(&clock, t), want->value[t]);
            bp_epoch_end end = {.epoch = t + 1, .train_loss = 1, .validation = {.loss = 1}};
            *(metric == BP_MONITOR_TRAIN_LOSS ? &end.train_loss : &end.validation.loss) =
                metrics->value[t];
            bp_rate_end_epoch(&clock, &end);
        }
    }
    bp_torch_fixture_free(f);
}

/* --- formulas ------------------------------------------------------------------------------- */

static void inverse_scaling_is_the_formula(void **state) {
    (void)state;
    bp_schedule schedule = bp_schedule_defaults(BP_SCHEDULE_INVERSE_SCALING);
    for (int quarters = 0; quarters <= 8; quarters++) {
        schedule.power = quarters / 4.0;
        bp_rate_clock clock = bp_rate_begin(&schedule, RATE, (bp_training_length){UNITS, 1});
        for (uint64_t t = 0; t < 1000000; t = t * 2 + 1) {
            assert_rate("inverse scaling", t, bp_rate_of_step(&clock, t),
                        RATE / pow((double)t + 1, schedule.power));
        }
    }
}

static void a_constant_rate_is_exact(void **state) {
    (void)state;
    bp_rate_clock clock = bp_rate_begin(&(bp_schedule){0}, RATE, (bp_training_length){3, 4});
    for (uint64_t t = 0; t < 12; t++) {
        assert_true(bp_rate_of_step(&clock, t) == RATE);
    }
}

/* The warm-up rises to the schedule's first rate; then its time begins. */
static void any_schedule_warms_up(void **state) {
    (void)state;
    for (int type = 0; type < BP_SCHEDULE_TYPE_COUNT; type++) {
        bp_schedule cold = bp_schedule_defaults((bp_schedule_type)type), warm = cold;
        cold.per = warm.per = BP_PER_EPOCH;
        cold.warmup = 0;
        warm.warmup = 5;
        bp_rate_clock without = bp_rate_begin(&cold, RATE, (bp_training_length){25, 1});
        bp_rate_clock with = bp_rate_begin(&warm, RATE, (bp_training_length){30, 1});
        double first = bp_rate_of_step(&without, 0);
        for (uint64_t t = 0; t < 5; t++) {
            assert_rate("warm-up", t, bp_rate_of_step(&with, t), first * (double)(t + 1) / 5);
        }
        for (uint64_t t = 0; t < 25; t++) {
            assert_true(bp_rate_of_step(&with, t + 5) == bp_rate_of_step(&without, t));
        }
    }
}

/* One unit, a warm-up longer than the training, a last unit that is passed: finite, above 0. */
static void the_shortest_trainings_have_rates(void **state) {
    (void)state;
    for (int type = 0; type < BP_SCHEDULE_TYPE_COUNT; type++) {
        for (int warmup = 0; warmup < 3; warmup++) {
            bp_schedule schedule = bp_schedule_defaults((bp_schedule_type)type);
            schedule.warmup = warmup;
            bp_rate_clock clock = bp_rate_begin(&schedule, RATE, (bp_training_length){1, 1});
            for (uint64_t t = 0; t < 4; t++) {
                double rate = bp_rate_of_step(&clock, t);
                assert_true(rate > 0 && rate <= RATE);
            }
        }
    }
}

/* Negative losses (poisson's) and metrics that grow. */
static void a_plateau_is_relative_to_the_best(void **state) {
    (void)state;
    static const struct {
        bp_monitor metric;
        double first, better, same;
    } cases[] = {
        {BP_MONITOR_VALIDATION_LOSS, -1, -1.02, -1.005},
        {BP_MONITOR_VALIDATION_ACCURACY, 0.5, 0.51, 0.501},
        {BP_MONITOR_VALIDATION_R2, -1, -0.98, -0.995},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        for (int improves = 0; improves < 2; improves++) {
            bp_schedule schedule = bp_schedule_defaults(BP_SCHEDULE_REDUCE_ON_PLATEAU);
            schedule.patience = 0;
            schedule.threshold = 0.01;
            schedule.metric = cases[i].metric;
            bp_rate_clock clock = bp_rate_begin(&schedule, RATE, (bp_training_length){9, 1});
            const double values[] = {cases[i].first, improves ? cases[i].better : cases[i].same};
            for (size_t k = 0; k < 2; k++) {
                bp_evaluation found = {.loss = values[k], .accuracy = values[k], .r2 = values[k]};
                bp_rate_end_epoch(&clock, &(bp_epoch_end){.validation = found});
            }
            assert_rate("plateau", 2, bp_rate_of_step(&clock, 2), improves ? RATE : RATE / 10);
        }
    }
}

/* --- what it refuses ------------------------------------------------------------------------ */

static void settings_out_of_range_are_refused(void **state) {
    (void)state;
    for (int type = 0; type < BP_SCHEDULE_TYPE_COUNT; type++) {
        for (int s = 0; s < BP_SCHEDULE_SETTING_COUNT; s++) {
            const bp_schedule_setting_info *info = &bp_schedule_settings[s];
            const double bad[] = {info->low - 1, info->high * 2, (double)NAN};
            for (size_t b = 0; b < 3; b++) {
                bp_schedule schedule = bp_schedule_defaults((bp_schedule_type)type);
                assert_int_equal(bp_schedule_check(&schedule, RATE, NULL), BP_OK);
                memcpy((char *)&schedule + info->offset, &bad[b], sizeof bad[b]);
                bp_error err = {0};
                bool has = bp_schedule_has((bp_schedule_type)type, (bp_schedule_setting)s);
                char pointer[64];
                snprintf(pointer, sizeof pointer, "/schedule/%s", info->name);
                if (has) {
                    assert_int_equal(bp_schedule_check(&schedule, RATE, &err), BP_INVALID);
                    assert_string_equal(err.field, pointer);
                }
            }
        }
    }
}

static void what_does_not_fit_is_refused(void **state) {
    (void)state;
    bp_error err = {0};
    bp_schedule schedule = bp_schedule_defaults(BP_SCHEDULE_COSINE);
    schedule.min_learning_rate = 0.2;
    assert_int_equal(bp_schedule_check(&schedule, RATE, &err), BP_INVALID);
    assert_string_equal(err.field, "/schedule/min_learning_rate");
    schedule = bp_schedule_defaults(BP_SCHEDULE_REDUCE_ON_PLATEAU);
    schedule.per = BP_PER_STEP;
    assert_int_equal(bp_schedule_check(&schedule, RATE, &err), BP_INVALID);
    assert_string_equal(err.field, "/schedule/per");
    schedule = bp_schedule_defaults(BP_SCHEDULE_STEP);
    schedule.step_size = 2.5;
    assert_int_equal(bp_schedule_check(&schedule, RATE, &err), BP_INVALID);
    assert_string_equal(err.message,
                        "step_size must be a whole number in [1, 1000000000], not 2.5");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rates_are_pytorchs),
        cmocka_unit_test(plateaus_are_pytorchs),
        cmocka_unit_test(inverse_scaling_is_the_formula),
        cmocka_unit_test(a_constant_rate_is_exact),
        cmocka_unit_test(any_schedule_warms_up),
        cmocka_unit_test(the_shortest_trainings_have_rates),
        cmocka_unit_test(a_plateau_is_relative_to_the_best),
        cmocka_unit_test(settings_out_of_range_are_refused),
        cmocka_unit_test(what_does_not_fit_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
