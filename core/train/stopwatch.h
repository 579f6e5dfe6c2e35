/* Where the time of a training goes: gather, forward, backward, update.
 *
 * Reading a clock takes a tenth of a small step, so few steps are timed: one in about a
 * millisecond, and each that takes as long. What is counted are wall-clock seconds, all from the
 * begin of an epoch's first step to the end of its last; steps that were not timed are taken to
 * have spent theirs as the timed one next to them. In a timed step, each worker notes when it goes
 * from one part to the next (a lap), and a phase's seconds are shared as its workers' laps are. */
#ifndef BP_STOPWATCH_H
#define BP_STOPWATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "clock.h"
#include "status.h"

/* The parts: their names on the wire.
 * gather: an epoch's order; rows in that order, scaled
 * forward: all layers, again where activations are not kept; the loss, and dl/ds(L), which comes
 * with it
 * backward: dl/ds of the other layers; dl/dw and dl/db. Where the optimiser has no state, that
 * product is the update too, and update holds only the scaling of dl/ds
 * update: clipping, the optimiser's rule, max-norm */
#define BP_PART_TABLE(X)                                                                           \
    X(GATHER, "gather")                                                                            \
    X(FORWARD, "forward")                                                                          \
    X(BACKWARD, "backward")                                                                        \
    X(UPDATE, "update")

#define X(name, text) BP_PART_##name,
typedef enum bp_part { BP_PART_TABLE(X) BP_PART_COUNT } bp_part;
#undef X
extern const char *const bp_part_names[BP_PART_COUNT];

typedef struct bp_phase_seconds {
    double part[BP_PART_COUNT]; /* NAN: not known */
} bp_phase_seconds;

/* Of one worker in one phase. */
typedef struct bp_laps {
    _Alignas(64) double last; /* when the running part began */
    double part[BP_PART_COUNT];
} bp_laps;

/* laps NULL: the step is not timed. */
static inline void bp_laps_begin(bp_laps *laps) {
    if (laps != NULL) {
        laps->last = bp_clock_seconds();
    }
}

/* `part` ends here. */
static inline void bp_lap(bp_laps *laps, bp_part part) {
    if (laps != NULL) {
        double now = bp_clock_seconds();
        laps->part[part] += now - laps->last;
        laps->last = now;
    }
}

typedef struct bp_stopwatch {
    bp_phase_seconds seconds; /* counted so far; to be read, and set only before the first step,
                                 to what an interrupted training had counted */
    bp_laps *laps;            /* [workers] */
    size_t workers;
    bool running, timed;       /* in an epoch; in a timed step */
    uint64_t untimed;          /* steps to go until the next timed one */
    double counted;            /* when running: until when seconds are counted */
    double began, phase_began; /* the timed step and its phase */
    bp_phase_seconds step;     /* of the step that was timed last, its phases only */
} bp_stopwatch;

/* NO_MEMORY. */
BP_NODISCARD bp_status bp_stopwatch_init(bp_stopwatch *out, size_t workers, bp_error *err);
void bp_stopwatch_clear(bp_stopwatch *watch);

/* Between two steps: another number of workers; what was counted stays. NO_MEMORY: as it was. */
BP_NODISCARD bp_status bp_stopwatch_set_workers(bp_stopwatch *watch, size_t workers, bp_error *err);

/* Around each step, on the thread that takes it. What follows the first begin is counted until
 * stop. */
void bp_stopwatch_begin_step(bp_stopwatch *watch);
void bp_stopwatch_end_step(bp_stopwatch *watch);
/* All since the last count was `part`'s: for what is not in a step of its own kind. */
void bp_stopwatch_charge(bp_stopwatch *watch, bp_part part);
/* What follows is no training. Stopped already: nothing happens. */
void bp_stopwatch_stop(bp_stopwatch *watch);

/* Around each phase of a step. */
void bp_stopwatch_begin_phase(bp_stopwatch *watch);
void bp_stopwatch_end_phase(bp_stopwatch *watch);

/* A worker's, for bp_laps_begin and bp_lap; NULL: this step is not timed. */
static inline bp_laps *bp_stopwatch_laps(const bp_stopwatch *watch, size_t worker) {
    return watch->timed ? &watch->laps[worker] : NULL;
}

#endif
