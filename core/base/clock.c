#include "clock.h"

#include <math.h>
#include <stdint.h>

static double read_clock(clockid_t clock) {
    struct timespec now;
    clock_gettime(clock, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

double bp_clock_seconds(void) {
    return read_clock(CLOCK_MONOTONIC);
}

struct timespec bp_clock_moment(double seconds) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    const double whole = floor(seconds);
    const int64_t ns = now.tv_nsec + (int64_t)((seconds - whole) * 1e9);
    return (struct timespec){.tv_sec = now.tv_sec + (time_t)whole + (time_t)(ns / 1000000000),
                             .tv_nsec = (long)(ns % 1000000000)};
}

double bp_clock_wall_seconds(void) {
    return read_clock(CLOCK_REALTIME);
}

double bp_clock_thread_seconds(void) {
    return read_clock(CLOCK_THREAD_CPUTIME_ID);
}
