#include "clean_window.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

#include "clock.h"

static const double window_seconds = 0.010;
enum { ROUNDS = 4, ENOUGH_CLEAN = 5 };

/* --- one window ------------------------------------------------------------------------------ */

/* Run delay of all threads, from /proc/self/task/T/schedstat: "running waiting slices", in ns.
 * 0 on a kernel that does not count it. */
static double waiting_seconds(void) {
    DIR *tasks = opendir("/proc/self/task");
    if (tasks == NULL) {
        return 0;
    }
    double sum = 0;
    for (struct dirent *task = readdir(tasks); task != NULL; task = readdir(tasks)) {
        char path[300];
        snprintf(path, sizeof path, "/proc/self/task/%s/schedstat", task->d_name);
        FILE *file = task->d_name[0] == '.' ? NULL : fopen(path, "r");
        double running, waiting;
        if (file != NULL && fscanf(file, "%lf %lf", &running, &waiting) == 2) {
            sum += 1e-9 * waiting;
        }
        if (file != NULL) {
            fclose(file);
        }
    }
    closedir(tasks);
    return sum;
}

bp_reading bp_reading_now(void) {
    bp_reading now = {.waiting = waiting_seconds()};
    struct timespec processor;
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &processor);
    now.processor = (double)processor.tv_sec + 1e-9 * (double)processor.tv_nsec;
    now.preemptions = usage.ru_nivcsw;
    now.wall = bp_clock_seconds();
    return now;
}

bool bp_reading_is_clean(bp_reading from, bp_reading to, size_t processors) {
    double wall = to.wall - from.wall, processor = to.processor - from.processor;
    return to.preemptions - from.preemptions <= (long)(wall / 0.050) &&
           processor >= 0.97 * wall * (double)processors &&
           to.waiting - from.waiting <= 0.03 * wall;
}

bool bp_stepper_run(void *context, double seconds, bp_window *out) {
    bp_stepper *stepper = context;
    size_t steps = stepper->steps > 0 ? stepper->steps : 1;
    size_t processors = stepper->processors > 0 ? stepper->processors : 1;
    bp_reading from = bp_reading_now();
    double begin = bp_clock_seconds();
    for (size_t i = 0; i < steps; i++) {
        if (!stepper->step(stepper->context)) {
            return false;
        }
    }
    double took = bp_clock_seconds() - begin;
    *out = (bp_window){.rate = (double)steps / took,
                       .seconds = took,
                       .clean = bp_reading_is_clean(from, bp_reading_now(), processors)};
    stepper->steps = 1 + (size_t)(seconds * out->rate);
    return true;
}

/* --- contestants ----------------------------------------------------------------------------- */

static void add(bp_windows *all, bp_window window) {
    if (all->count == BP_MOST_WINDOWS) {
        return;
    }
    all->count++;
    all->fastest = window.rate > all->fastest ? window.rate : all->fastest;
    if (window.clean) {
        all->clean[all->clean_count++] = window.rate;
    }
}

static bool has_enough(const bp_contestant *c) {
    return c->seconds <= 0 || (c->spent >= c->seconds && c->windows->clean_count >= ENOUGH_CLEAN) ||
           (c->spent >= 2 * c->seconds && c->windows->count > 0);
}

static void rest(double seconds) {
    struct timespec pause = {.tv_sec = (time_t)seconds,
                             .tv_nsec = (long)(1e9 * (seconds - (double)(time_t)seconds))};
    nanosleep(&pause, NULL);
}

/* How many threads run or want to, on the whole machine; 1 (this one) where that is not told. */
static int runnable_threads(void) {
    int count = 1;
    FILE *file = fopen("/proc/loadavg", "r");
    if (file != NULL && fscanf(file, "%*s %*s %*s %d/", &count) != 1) {
        count = 1;
    }
    if (file != NULL) {
        fclose(file);
    }
    return count;
}

/* Waits for a quiet moment as long as the contestant's patience lasts. */
static void await_quiet(bp_contestant *c) {
    double begin = bp_clock_seconds(), left = c->patience - c->waited, elapsed = 0;
    while (elapsed < left && runnable_threads() > 1) {
        rest(0.002);
        elapsed = bp_clock_seconds() - begin;
    }
    c->waited += elapsed;
}

/* One turn. Its first windows fetch everything into the caches and find the number of steps: they
 * count only if they took the turn's time. */
static bool take_turn(bp_contestant *c) {
    const double turn = c->seconds / ROUNDS, warming = turn / 8;
    double elapsed = 0;
    for (bool first = true; first || elapsed < turn; first = false) {
        bp_window window;
        await_quiet(c);
        double begin = bp_clock_seconds();
        double length = window_seconds < warming ? window_seconds : warming;
        if (!c->run(c->context, length, &window)) {
            return false;
        }
        bool warm = elapsed >= warming || window.seconds >= turn / 2;
        elapsed += bp_clock_seconds() - begin;
        if (warm) {
            add(c->windows, window);
        }
    }
    c->spent += elapsed;
    rest(c->rest);
    return true;
}

bool bp_contest_run(bp_contestant *contestants, size_t count) {
    for (size_t i = 0; i < count; i++) {
        contestants[i].spent = contestants[i].waited = 0;
        contestants[i].windows->count = contestants[i].windows->clean_count = 0;
        contestants[i].windows->fastest = 0;
    }
    for (bool all = false; !all;) {
        all = true;
        for (size_t i = 0; i < count; i++) {
            if (!has_enough(&contestants[i])) {
                all = false;
                if (!take_turn(&contestants[i])) {
                    return false;
                }
            }
        }
    }
    return true;
}

static int compare(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

double bp_median(double *values, size_t count) {
    qsort(values, count, sizeof values[0], compare);
    return values[count / 2];
}

bp_window_result bp_windows_summarise(bp_windows *all) {
    bp_window_result result = {all->fastest, all->clean_count, all->count};
    if (all->clean_count >= BP_FEWEST_CLEAN) {
        result.rate = bp_median(all->clean, all->clean_count);
    }
    return result;
}
