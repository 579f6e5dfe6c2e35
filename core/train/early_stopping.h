/* Early stopping: training ends when the watched metric has not improved for some epochs, and what
 * leaves the trainer are the weights of the best epoch (Prechelt 1998, "Early Stopping - But
 * When?", stopping after a number of epochs without improvement).
 *
 * The weights of the best epoch are kept wherever there is early stopping or a part is held out:
 * one copy at the end of each epoch that improves. With restore_best, the weights that anybody sees
 * are those of the best epoch so far at any time, not only at the end: whether training ran out of
 * patience or epochs, was cancelled, or was looked at while it ran, the same rule holds. Before the
 * first epoch ends they are the present ones. */
#ifndef BP_EARLY_STOPPING_H
#define BP_EARLY_STOPPING_H

#include "monitor.h"

typedef struct bp_early_stopping {
    bp_monitor metric;
    uint64_t patience; /* epochs in a row without improvement after which training ends, of those
                          that have the metric; 0: no early stopping, and the rest does not count */
    double min_delta;  /* >= 0: less than that is no improvement for the patience */
    bool restore_best;
} bp_early_stopping;

enum { BP_MAX_PATIENCE = 1000000 };

/* What {} means: validation_loss, patience 10, min_delta 0, the best weights restored. */
bp_early_stopping bp_early_stopping_defaults(void);

/* INVALID "/early_stopping/patience" or "/early_stopping/min_delta". */
BP_NODISCARD bp_status bp_early_stopping_check(const bp_early_stopping *options, bp_error *err);

/* The metric whose best epoch is told: that of the options, without early stopping the loss of the
 * held-out rows where there are any, else the training loss. */
bp_monitor bp_early_stopping_monitor(const bp_early_stopping *options, bool validated);

/* The state of one training. */
typedef struct bp_best_weights {
    bp_early_stopping options;
    bp_best_epoch best;
    double mark;     /* the value that the patience is counted from */
    uint64_t waited; /* epochs since it was set */
    size_t count;
    float *weights; /* [count] owned, of epoch best.epoch; NULL: not kept, for without early
                       stopping nothing is held out */
} bp_best_weights;

/* Whether the best weights are kept beside the present ones. `validated`: rows are held out. */
static inline bool bp_early_stopping_keeps_best(const bp_early_stopping *options, bool validated) {
    return options->patience > 0 || validated;
}

/* Memory for `count` weights where they will be kept. NO_MEMORY. */
BP_NODISCARD bp_status bp_best_weights_new(bp_best_weights *out, const bp_early_stopping *options,
                                           bool validated, size_t count, bp_error *err);
void bp_best_weights_clear(bp_best_weights *best);

/* Takes note of an epoch's end and of its weights [count]; an epoch without the metric counts for
 * nothing. Allocates nothing. True: the patience is at its end. */
bool bp_best_weights_note(bp_best_weights *best, const bp_epoch_end *end, const float *weights);

/* The best weights so far; NULL: they are not kept, or no epoch with the metric has ended. */
const float *bp_best_weights_get(const bp_best_weights *best);

/* The weights to show: the best so far where restore_best says so and there are any, else
 * `present`. */
const float *bp_best_weights_shown(const bp_best_weights *best, const float *present);

/* State as bytes, of the numbers that change: the best epoch, its metric and value; mark, waited.
 * The weights are not among them. */
void bp_best_weights_exchange(bp_best_weights *best, bp_byte_cursor *cursor);

#endif
