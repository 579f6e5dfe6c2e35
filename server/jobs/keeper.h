/* One thread that does, one after another, what would keep a lane from training: writing weights
 * and checkpoints, digests, records. What is handed over first is done first, so what jobs leave
 * behind is durable in the order in which they ended. */
#ifndef BP_KEEPER_H
#define BP_KEEPER_H

#include <stdbool.h>

#include "status.h"

typedef struct bp_keeper bp_keeper;

/* INTERNAL: the thread could not be started. NO_MEMORY. */
BP_NODISCARD bp_status bp_keeper_new(bp_keeper **out, bp_error *err);
/* Does what is left, then joins the thread. Later errands are not taken. NULL is allowed. */
void bp_keeper_close(bp_keeper *keeper);
/* Closes first, where that was not done. */
void bp_keeper_free(bp_keeper *keeper); /* NULL is allowed */

/* An errand; the memory is the owner's, from the hand-over until `run` is called, which may free
 * it. */
typedef struct bp_errand {
    void (*run)(struct bp_errand *self); /* on the keeper's thread, no lock held */
    struct bp_errand *next;              /* the keeper's, as the next */
    double due;                          /* monotonic seconds */
} bp_errand;

/* Any thread but the keeper's. Waits while very many errands are waiting already. */
void bp_keeper_hand_over(bp_keeper *keeper, bp_errand *errand);
/* An errand that is to be tried again after so many seconds, or when the keeper is closed: then for
 * the last time. Of several the one that is due first comes first. False: it is closing, so it was
 * not taken. Any thread; does not wait. */
BP_NODISCARD bool bp_keeper_try_again(bp_keeper *keeper, bp_errand *errand, double seconds);

#endif
