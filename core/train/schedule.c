#include "schedule.h"

#include <stddef.h>

#include "double_math.h"

/* --- the tables ----------------------------------------------------------------------------- */

#define X(name, wire, formula) wire,
static const char *const names[] = {BP_SCHEDULE_TABLE(X)};
#undef X
#define X(name, wire, formula) (formula),
static const char *const formulas[] = {BP_SCHEDULE_TABLE(X)};
#undef X
const bp_vocabulary bp_schedules = {"schedule", BP_SCHEDULE_TYPE_COUNT, names, formulas};

static const char *const unit_names[] = {"epoch", "step"};
static const char *const unit_meanings[] = {"passes over the data", "minibatches"};
const bp_vocabulary bp_schedule_units = {"unit", BP_SCHEDULE_UNIT_COUNT, unit_names, unit_meanings};

#define X(name, member, kind, low, high)                                                           \
    {#member, offsetof(bp_schedule, member), BP_RANGE_##kind, low, high},
const bp_schedule_setting_info bp_schedule_settings[BP_SCHEDULE_SETTING_COUNT] = {
    BP_SCHEDULE_SETTING_TABLE(X)};
#undef X

/* Which schedule has which setting, and its default. */
#define ROW(type, setting, value)                                                                  \
    { BP_SCHEDULE_##type, BP_SCHEDULE_##setting##_SETTING, value }
static const struct {
    bp_schedule_type type;
    bp_schedule_setting setting;
    double value;
} defaults[] = {
    ROW(CONSTANT, WARMUP, 0),
    ROW(STEP, WARMUP, 0),
    ROW(STEP, STEP_SIZE, 10),
    ROW(STEP, GAMMA, 0.1),
    ROW(EXPONENTIAL, WARMUP, 0),
    ROW(EXPONENTIAL, GAMMA, 0.95),
    ROW(COSINE, WARMUP, 0),
    ROW(COSINE, PERIOD, 0),
    ROW(COSINE, MULTIPLIER, 1),
    ROW(COSINE, MIN_LEARNING_RATE, 0),
    ROW(LINEAR_WARMUP, WARMUP, 5),
    ROW(ONE_CYCLE, WARMUP, 0),
    ROW(ONE_CYCLE, MAX_FACTOR, 1),
    ROW(ONE_CYCLE, PCT_START, 0.3),
    ROW(ONE_CYCLE, DIV_FACTOR, 25),
    ROW(ONE_CYCLE, FINAL_DIV_FACTOR, 1e4),
    ROW(INVERSE_SCALING, WARMUP, 0),
    ROW(INVERSE_SCALING, POWER, 0.5),
    ROW(REDUCE_ON_PLATEAU, WARMUP, 0),
    ROW(REDUCE_ON_PLATEAU, FACTOR, 0.1),
    ROW(REDUCE_ON_PLATEAU, PATIENCE, 10),
    ROW(REDUCE_ON_PLATEAU, THRESHOLD, 1e-4),
    ROW(REDUCE_ON_PLATEAU, MIN_LEARNING_RATE, 0),
};
enum { ROWS = sizeof defaults / sizeof defaults[0] };

bool bp_schedule_has(bp_schedule_type type, bp_schedule_setting setting) {
    for (size_t i = 0; i < ROWS; i++) {
        if (defaults[i].type == type && defaults[i].setting == setting) {
            return true;
        }
    }
    return false;
}

static double *place_of(bp_schedule *schedule, bp_schedule_setting setting) {
    return (double *)(void *)((char *)schedule + bp_schedule_settings[setting].offset);
}

double bp_schedule_get(const bp_schedule *schedule, bp_schedule_setting setting) {
    return *(const double *)(const void *)((const char *)schedule +
                                           bp_schedule_settings[setting].offset);
}

bp_schedule bp_schedule_defaults(bp_schedule_type type) {
    bp_schedule schedule = {.type = type,
                            .per = type == BP_SCHEDULE_ONE_CYCLE ? BP_PER_STEP : BP_PER_EPOCH};
    for (size_t i = 0; i < ROWS; i++) {
        if (defaults[i].type == type) {
            *place_of(&schedule, defaults[i].setting) = defaults[i].value;
        }
    }
    return schedule;
}

bool bp_schedule_is_constant(const bp_schedule *schedule) {
    const bool flat =
        schedule->type == BP_SCHEDULE_CONSTANT || schedule->type == BP_SCHEDULE_LINEAR_WARMUP;
    return flat && schedule->warmup <= 0;
}

/* --- checks --------------------------------------------------------------------------------- */

static bool in_range(const bp_schedule_setting_info *info, double value) {
    switch (info->kind) {
    case BP_RANGE_WHOLE:
        return value >= info->low && value <= info->high && value == floor(value);
    case BP_RANGE_FROM:
        return value >= info->low && value <= info->high;
    case BP_RANGE_ABOVE:
        return value > info->low && value <= info->high;
    case BP_RANGE_BETWEEN:
        break;
    }
    return value > info->low && value < info->high;
}

static bp_status fail_range(const bp_schedule_setting_info *info, double value, bp_error *err) {
    static const char brackets[][2] = {
        [BP_RANGE_WHOLE] = "[]",
        [BP_RANGE_FROM] = "[]",
        [BP_RANGE_ABOVE] = "(]",
        [BP_RANGE_BETWEEN] = "()",
    };
    return bp_fail(err, BP_INVALID, info->name, "%s must be %s in %c%.15g, %.15g%c, not %.15g",
                   info->name, info->kind == BP_RANGE_WHOLE ? "a whole number" : "a number",
                   brackets[info->kind][0], info->low, info->high, brackets[info->kind][1], value);
}

static bp_status check_settings(const bp_schedule *schedule, bp_error *err) {
    for (size_t i = 0; i < ROWS; i++) {
        const bp_schedule_setting_info *info = &bp_schedule_settings[defaults[i].setting];
        double value = bp_schedule_get(schedule, defaults[i].setting);
        if (defaults[i].type == schedule->type && !in_range(info, value)) {
            return fail_range(info, value, err);
        }
    }
    return BP_OK;
}

bp_status bp_schedule_check(const bp_schedule *schedule, double learning_rate, bp_error *err) {
    bp_status status = check_settings(schedule, err);
    if (status == BP_OK && schedule->min_learning_rate > learning_rate) {
        status = bp_fail(err, BP_INVALID, "min_learning_rate",
                         "min_learning_rate %.15g is above the learning rate %.7g",
                         schedule->min_learning_rate, learning_rate);
    }
    if (status == BP_OK && schedule->type == BP_SCHEDULE_REDUCE_ON_PLATEAU &&
        schedule->per != BP_PER_EPOCH) {
        status = bp_fail(err, BP_INVALID, "per",
                         "reduce_on_plateau looks at the end of each epoch: per must be epoch");
    }
    if (status != BP_OK) {
        bp_error_nest(err, "/schedule/");
    }
    return status;
}

/* --- the rates ------------------------------------------------------------------------------ */

static uint64_t units_of(const bp_schedule *schedule, bp_training_length length) {
    const uint64_t steps = schedule->per == BP_PER_STEP ? length.steps_per_epoch : 1;
    const uint64_t total = length.epochs * steps, warmup = (uint64_t)schedule->warmup;
    return total > warmup ? total - warmup : 1;
}

bp_rate_clock bp_rate_begin(const bp_schedule *schedule, double learning_rate,
                            bp_training_length length) {
    return (bp_rate_clock){.schedule = *schedule,
                           .base = learning_rate,
                           .steps_per_epoch = length.steps_per_epoch,
                           .units = units_of(schedule, length),
                           .plateau_rate = learning_rate,
                           .best = NAN};
}

static double at_least(double rate, double least) {
    return rate > least ? rate : least;
}

void bp_rate_change(bp_rate_clock *clock, double learning_rate, bp_training_length length) {
    const double scaled = clock->plateau_rate * (learning_rate / clock->base);
    const bool reduced = clock->plateau_rate != clock->base;
    clock->plateau_rate =
        reduced ? at_least(scaled, clock->schedule.min_learning_rate) : learning_rate;
    clock->base = learning_rate;
    clock->steps_per_epoch = length.steps_per_epoch;
    clock->units = units_of(&clock->schedule, length);
}

/* From `from` at x = 0 to `to` at x = 1 along half a cosine. */
static double anneal(double from, double to, double x) {
    return to + (from - to) * (1 + bp_cos_pi_double(x)) / 2;
}

static double constant(const bp_rate_clock *clock, uint64_t t) {
    (void)t;
    return clock->base;
}

static double step(const bp_rate_clock *clock, uint64_t t) {
    const bp_schedule *s = &clock->schedule;
    return clock->base * bp_whole_power_double(s->gamma, t / (uint64_t)s->step_size);
}

static double exponential(const bp_rate_clock *clock, uint64_t t) {
    return clock->base * bp_whole_power_double(clock->schedule.gamma, t);
}

static double cosine(const bp_rate_clock *clock, uint64_t t) {
    const bp_schedule *s = &clock->schedule;
    uint64_t period = s->period > 0 ? (uint64_t)s->period : clock->units;
    const uint64_t multiplier = (uint64_t)s->multiplier;
    if (multiplier == 1) {
        t %= period;
    }
    while (t >= period) {
        t -= period;
        period *= multiplier;
    }
    return anneal(clock->base, s->min_learning_rate, (double)t / (double)period);
}

/* Up until unit pct_start units - 1, down until the last. */
static double one_cycle(const bp_rate_clock *clock, uint64_t t) {
    const bp_schedule *s = &clock->schedule;
    const double last = (double)(clock->units - 1), now = (double)t < last ? (double)t : last;
    const double peak = s->pct_start * (double)clock->units - 1, top = peak > 0 ? peak : 0;
    const double most = clock->base * s->max_factor, first = most / s->div_factor;
    if (now < top) {
        return anneal(first, most, now / top);
    }
    return last > top ? anneal(most, first / s->final_div_factor, (now - top) / (last - top))
                      : most;
}

static double inverse_scaling(const bp_rate_clock *clock, uint64_t t) {
    return clock->base / bp_power_double((double)t + 1, clock->schedule.power);
}

static double reduce_on_plateau(const bp_rate_clock *clock, uint64_t t) {
    (void)t;
    return clock->plateau_rate;
}

double bp_rate_of_step(const bp_rate_clock *clock, uint64_t at) {
    static double (*const rates[])(const bp_rate_clock *clock, uint64_t t) = {
        [BP_SCHEDULE_CONSTANT] = constant,
        [BP_SCHEDULE_STEP] = step,
        [BP_SCHEDULE_EXPONENTIAL] = exponential,
        [BP_SCHEDULE_COSINE] = cosine,
        [BP_SCHEDULE_LINEAR_WARMUP] = constant,
        [BP_SCHEDULE_ONE_CYCLE] = one_cycle,
        [BP_SCHEDULE_INVERSE_SCALING] = inverse_scaling,
        [BP_SCHEDULE_REDUCE_ON_PLATEAU] = reduce_on_plateau,
    };
    _Static_assert(sizeof rates / sizeof rates[0] == BP_SCHEDULE_TYPE_COUNT, "each has its rate");
    const bp_schedule *s = &clock->schedule;
    const uint64_t t = s->per == BP_PER_STEP ? at : at / clock->steps_per_epoch;
    const uint64_t warmup = (uint64_t)s->warmup;
    if (t < warmup) {
        return rates[s->type](clock, 0) * ((double)(t + 1) / s->warmup);
    }
    return rates[s->type](clock, t - warmup);
}

void bp_rate_end_epoch(bp_rate_clock *clock, const bp_epoch_end *end) {
    const bp_schedule *s = &clock->schedule;
    if (s->type != BP_SCHEDULE_REDUCE_ON_PLATEAU || !bp_monitor_has(s->metric, end)) {
        return;
    }
    const double value = bp_monitor_read(s->metric, end);
    if (bp_monitor_improves(s->metric, value, clock->best, s->threshold * fabs(clock->best))) {
        clock->best = value;
        clock->waited = 0;
        return;
    }
    clock->waited++;
    if (clock->waited > (uint64_t)s->patience) {
        clock->plateau_rate = at_least(clock->plateau_rate * s->factor, s->min_learning_rate);
        clock->waited = 0;
    }
}

void bp_rate_exchange(bp_rate_clock *clock, bp_byte_cursor *cursor) {
    bp_byte_cursor_double(cursor, &clock->base);
    bp_byte_cursor_double(cursor, &clock->plateau_rate);
    bp_byte_cursor_double(cursor, &clock->best);
    bp_byte_cursor_whole(cursor, &clock->waited, UINT64_MAX);
}
