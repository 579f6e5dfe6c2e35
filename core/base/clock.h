/* Time. */
#ifndef BP_CLOCK_H
#define BP_CLOCK_H

#include <time.h>

/* Seconds of the monotonic clock; its zero is arbitrary. */
double bp_clock_seconds(void);

/* Seconds that the calling thread has had a processor; its zero is the thread's beginning. */
double bp_clock_thread_seconds(void);

/* The moment so many seconds (>= 0) from now on that clock: for waits with an end. */
struct timespec bp_clock_moment(double seconds);

/* Seconds since the epoch, UTC. */
double bp_clock_wall_seconds(void);

#endif
