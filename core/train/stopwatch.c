#include "stopwatch.h"

#include <stdlib.h>

#include "memory.h"

/* At most one step in so many seconds is timed, or each that takes longer: some fifty readings of
 * the clock, 30 ns each, cost 0.2 %. */
static const double seconds_between = 1e-3;
enum { MOST_UNTIMED = 10000 };

#define X(name, text) text,
const char *const bp_part_names[BP_PART_COUNT] = {BP_PART_TABLE(X)};
#undef X

bp_status bp_stopwatch_init(bp_stopwatch *out, size_t workers, bp_error *err) {
    *out = (bp_stopwatch){0};
    return bp_stopwatch_set_workers(out, workers, err);
}

bp_status bp_stopwatch_set_workers(bp_stopwatch *watch, size_t workers, bp_error *err) {
    bp_laps *laps = bp_calloc_aligned(workers, sizeof *laps);
    if (laps == NULL) {
        return bp_fail(err, BP_NO_MEMORY, NULL, "no memory to train");
    }
    free(watch->laps);
    watch->laps = laps;
    watch->workers = workers;
    return BP_OK;
}

void bp_stopwatch_clear(bp_stopwatch *watch) {
    free(watch->laps);
    *watch = (bp_stopwatch){0};
}

static double total_of(const double part[BP_PART_COUNT]) {
    double total = 0;
    for (size_t i = 0; i < BP_PART_COUNT; i++) {
        total += part[i];
    }
    return total;
}

/* Adds `seconds` to `out`, shared as `part` is. */
static void share(bp_phase_seconds *out, double seconds, const double part[BP_PART_COUNT]) {
    double total = total_of(part);
    for (size_t i = 0; total > 0 && i < BP_PART_COUNT; i++) {
        out->part[i] += seconds * part[i] / total;
    }
}

static void count(bp_stopwatch *watch, double now) {
    share(&watch->seconds, now - watch->counted, watch->step.part);
    watch->counted = now;
}

void bp_stopwatch_begin_step(bp_stopwatch *watch) {
    watch->timed = watch->untimed == 0;
    if (watch->timed || !watch->running) {
        watch->began = bp_clock_seconds();
        watch->counted = watch->running ? watch->counted : watch->began;
        watch->running = true;
    }
    if (watch->timed) {
        watch->step = (bp_phase_seconds){0};
    } else {
        watch->untimed--;
    }
}

void bp_stopwatch_end_step(bp_stopwatch *watch) {
    if (!watch->timed) {
        return;
    }
    double now = bp_clock_seconds(), took = now - watch->began;
    count(watch, now);
    double steps = took > 0 ? seconds_between / took : 0;
    watch->untimed = steps < MOST_UNTIMED ? (uint64_t)steps : MOST_UNTIMED;
    watch->timed = false;
}

void bp_stopwatch_charge(bp_stopwatch *watch, bp_part part) {
    double now = bp_clock_seconds();
    watch->seconds.part[part] += now - watch->counted;
    watch->counted = now;
    watch->began = now;
}

void bp_stopwatch_stop(bp_stopwatch *watch) {
    if (watch->running) {
        count(watch, bp_clock_seconds());
        watch->running = watch->timed = false;
    }
}

void bp_stopwatch_begin_phase(bp_stopwatch *watch) {
    if (!watch->timed) {
        return;
    }
    for (size_t i = 0; i < watch->workers; i++) {
        watch->laps[i] = (bp_laps){0};
    }
    watch->phase_began = bp_clock_seconds();
}

void bp_stopwatch_end_phase(bp_stopwatch *watch) {
    if (!watch->timed) {
        return;
    }
    double all[BP_PART_COUNT] = {0};
    for (size_t i = 0; i < watch->workers; i++) {
        for (size_t part = 0; part < BP_PART_COUNT; part++) {
            all[part] += watch->laps[i].part[part];
        }
    }
    share(&watch->step, bp_clock_seconds() - watch->phase_began, all);
}
