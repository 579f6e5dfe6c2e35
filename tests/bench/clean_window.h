/* Timing on a machine that others use too: many short windows, of which only those count in which
 * nobody took the processor away.
 *
 * A window is clean when the process was not preempted in it (no involuntary context switch; a
 * window beyond 50 ms may have one for each 50 ms) and computed all the time. The figure is the
 * median of the clean windows; where fewer than three were clean, the fastest window of all. */
#ifndef BP_CLEAN_WINDOW_H
#define BP_CLEAN_WINDOW_H

#include <stdbool.h>
#include <stddef.h>

typedef struct bp_window_plan {
    bool (*step)(void *context); /* what is timed; false ends the measurement */
    void *context;
    double seconds; /* to measure; up to twice that where clean windows are rare, but at least
                       the first step, however long it takes */
} bp_window_plan;

typedef struct bp_window_result {
    double steps_per_second;
    size_t clean, windows;
} bp_window_result;

/* False: a step failed. */
bool bp_window_measure(const bp_window_plan *plan, bp_window_result *out);

#endif
