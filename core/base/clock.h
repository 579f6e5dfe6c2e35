/* Time. */
#ifndef BP_CLOCK_H
#define BP_CLOCK_H

/* Seconds of the monotonic clock; its zero is arbitrary. */
double bp_clock_seconds(void);

/* Seconds that the calling thread has had a processor; its zero is the thread's beginning. */
double bp_clock_thread_seconds(void);

/* Seconds since the epoch, UTC. */
double bp_clock_wall_seconds(void);

#endif
