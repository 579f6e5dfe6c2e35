#include "clean_window.h"

#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

#include "clock.h"

static const double window_seconds = 0.010;
enum { MAX_WINDOWS = 4096, ENOUGH_CLEAN = 5, FEWEST_CLEAN = 3 };

typedef struct rates {
    double clean[MAX_WINDOWS];
    size_t clean_count, count;
    double fastest;
} rates;

typedef struct reading {
    double wall, processor; /* seconds */
    long preemptions;
} reading;

static reading read_now(void) {
    struct timespec processor;
    struct rusage usage;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &processor);
    getrusage(RUSAGE_SELF, &usage);
    return (reading){
        .wall = bp_clock_seconds(),
        .processor = (double)processor.tv_sec + 1e-9 * (double)processor.tv_nsec,
        .preemptions = usage.ru_nivcsw,
    };
}

static bool is_clean(reading from, reading to) {
    double wall = to.wall - from.wall, processor = to.processor - from.processor;
    return to.preemptions - from.preemptions <= (long)(wall / 0.050) && processor >= 0.97 * wall;
}

static bool run_window(const bp_window_plan *plan, size_t steps, rates *into) {
    reading from = read_now();
    for (size_t i = 0; i < steps; i++) {
        if (!plan->step(plan->context)) {
            return false;
        }
    }
    reading to = read_now();
    double rate = (double)steps / (to.wall - from.wall);
    into->count++;
    into->fastest = rate > into->fastest ? rate : into->fastest;
    if (is_clean(from, to)) {
        into->clean[into->clean_count++] = rate;
    }
    return true;
}

static int compare(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static bp_window_result summarise(rates *all) {
    bp_window_result result = {all->fastest, all->clean_count, all->count};
    if (all->clean_count >= FEWEST_CLEAN) {
        qsort(all->clean, all->clean_count, sizeof all->clean[0], compare);
        result.steps_per_second = all->clean[all->clean_count / 2];
    }
    return result;
}

bool bp_window_measure(const bp_window_plan *plan, bp_window_result *out) {
    rates *all = calloc(1, sizeof *all);
    if (all == NULL) {
        return false;
    }
    double start = bp_clock_seconds(), elapsed = 0;
    bool ok = run_window(plan, 1, all);
    double first_rate = all->fastest;
    size_t steps = 1;
    /* The first step fetched everything into the caches: it counts only if it took the time. */
    if (ok && bp_clock_seconds() - start < plan->seconds / 4) {
        *all = (rates){.count = 0};
        steps = 1 + (size_t)(window_seconds * first_rate);
    }
    while (ok && all->count < MAX_WINDOWS) {
        elapsed = bp_clock_seconds() - start;
        bool full = elapsed >= plan->seconds && all->clean_count >= ENOUGH_CLEAN;
        if (full || (elapsed >= 2 * plan->seconds && all->count > 0)) {
            break;
        }
        ok = run_window(plan, steps, all);
        if (all->count == 1) { /* a warm rate: the windows get their length */
            steps = 1 + (size_t)(window_seconds * all->fastest);
        }
    }
    *out = summarise(all);
    free(all);
    return ok;
}
