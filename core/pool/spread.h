/* Keeps the workers of a pool on processors of their own.
 *
 * A worker that is woken is put on a processor by the kernel, and where other programs run that may
 * be the one of who woke it. Two workers that take turns on one processor also take turns sleeping,
 * so neither looks busy and the kernel leaves them there: a phase of 2 x 10 us took 32 us then. So
 * who wakes looks where the others are, and moves if one is there. It stays as free to be moved as
 * it was: what is asked of the kernel is a move, not a place. */
#ifndef BP_SPREAD_H
#define BP_SPREAD_H

#include <stdatomic.h>
#include <stddef.h>

/* Where a worker was last seen: a processor, or BP_NOWHERE. */
typedef struct bp_place {
    _Alignas(64) atomic_int processor;
} bp_place;
enum { BP_NOWHERE = -1 };

/* The calling thread is the one of `place`; a few nanoseconds. */
void bp_spread_note(bp_place *place);
/* It goes to sleep. */
void bp_spread_forget(bp_place *place);
/* It has woken as worker `own` of `places` [count]: moves it away from the others, if it can. */
void bp_spread_apart(bp_place *places, size_t count, size_t own);

#endif
