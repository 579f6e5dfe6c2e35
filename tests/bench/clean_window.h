/* Timing on a machine that others use too: many short windows, of which only those count in which
 * nobody took the processor away, and contestants measured in turn, so that whatever changes on the
 * machine meanwhile meets them all.
 *
 * A window is clean when no thread of the process was preempted in it (no involuntary context
 * switch; a window beyond 50 ms may have one for each 50 ms), none waited for a processor, and the
 * process computed all the time. A figure is the median of the clean windows; where fewer than
 * three were clean, the fastest window of all. */
#ifndef BP_CLEAN_WINDOW_H
#define BP_CLEAN_WINDOW_H

#include <stdbool.h>
#include <stddef.h>

/* --- one window ------------------------------------------------------------------------------ */

typedef struct bp_reading {
    double wall, processor; /* seconds; processor: of all threads */
    double waiting;         /* seconds that threads were runnable and had no processor */
    long preemptions;
} bp_reading;

bp_reading bp_reading_now(void);
/* `processors`: how many the process keeps busy at least. */
bool bp_reading_is_clean(bp_reading from, bp_reading to, size_t processors);

typedef struct bp_window {
    double rate;    /* steps per second */
    double seconds; /* how long it took */
    bool clean;
} bp_window;

/* Work of this process that comes in steps. */
typedef struct bp_stepper {
    bool (*step)(void *context); /* false: it failed */
    void *context;
    size_t processors; /* that a step keeps busy at least; 0 is taken as 1 */
    size_t steps;      /* of the next window; 0: one, to see how long it takes */
} bp_stepper;

/* Times as many steps as take about `seconds`, at least one. A bp_contestant's run, its context a
 * bp_stepper. False: a step failed. */
bool bp_stepper_run(void *stepper, double seconds, bp_window *out);

/* --- contestants ----------------------------------------------------------------------------- */

typedef struct bp_window_result {
    double rate;
    size_t clean, windows;
} bp_window_result;

enum { BP_MOST_WINDOWS = 2048, BP_FEWEST_CLEAN = 3 };

typedef struct bp_windows {
    double clean[BP_MOST_WINDOWS];
    size_t clean_count, count;
    double fastest;
} bp_windows;

typedef struct bp_contestant {
    /* One window of about `seconds`. False: it failed, and the contest ends. */
    bool (*run)(void *context, double seconds, bp_window *out);
    void *context;
    double seconds;  /* to measure; 0: it sits out; up to twice that where clean windows are rare,
                        but at least one window, however long it takes */
    double patience; /* seconds that it waits in all for others to leave the processors */
    double rest;     /* seconds of quiet after its turn, for threads that go on spinning */
    double spent, waited; /* so far, of seconds and patience */
    bp_windows *windows;  /* filled by the contest */
} bp_contestant;

/* Measures them in turn (A B C, A B C, ...) until each has enough. False: one of them failed. */
bool bp_contest_run(bp_contestant *contestants, size_t count);

/* Reorders the windows. */
bp_window_result bp_windows_summarise(bp_windows *windows);

/* The median; reorders `values`. count > 0. */
double bp_median(double *values, size_t count);

#endif
