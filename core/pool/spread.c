#include "spread.h"

#include <sched.h>
#include <stdbool.h>

static bool is_shared(bp_place *places, size_t count, size_t own) {
    const int here = atomic_load_explicit(&places[own].processor, memory_order_relaxed);
    for (size_t i = 0; i < count; i++) {
        const int there = atomic_load_explicit(&places[i].processor, memory_order_relaxed);
        if (i != own && there != BP_NOWHERE && there == here) {
            return true;
        }
    }
    return false;
}

/* Not where the others are, and then anywhere again. No error matters: it stays where it is. */
static void move(bp_place *places, size_t count, size_t own) {
    cpu_set_t allowed, others_not;
    if (sched_getaffinity(0, sizeof allowed, &allowed) != 0) {
        return;
    }
    others_not = allowed;
    for (size_t i = 0; i < count; i++) {
        const int there = atomic_load_explicit(&places[i].processor, memory_order_relaxed);
        if (i != own && there != BP_NOWHERE) {
            CPU_CLR((size_t)there, &others_not);
        }
    }
    if (CPU_COUNT(&others_not) > 0 && sched_setaffinity(0, sizeof others_not, &others_not) == 0) {
        (void)sched_setaffinity(0, sizeof allowed, &allowed);
    }
}

void bp_spread_note(bp_place *place) {
    atomic_store_explicit(&place->processor, sched_getcpu(), memory_order_relaxed);
}

void bp_spread_forget(bp_place *place) {
    atomic_store_explicit(&place->processor, BP_NOWHERE, memory_order_relaxed);
}

void bp_spread_apart(bp_place *places, size_t count, size_t own) {
    bp_spread_note(&places[own]);
    if (is_shared(places, count, own)) {
        move(places, count, own);
        bp_spread_note(&places[own]);
    }
}
