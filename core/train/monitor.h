/* What is looked at when an epoch ends: the evaluation of the held-out rows, and the one number of
 * it that a schedule or early stopping watches. */
#ifndef BP_MONITOR_H
#define BP_MONITOR_H

#include <stdbool.h>

#include "byte_cursor.h"
#include "network.h"

typedef struct bp_evaluation {
    size_t rows;
    double loss;     /* mean over the rows */
    double accuracy; /* share of rows whose class is the predicted one; of labels given as numbers,
                        the share of those right, cut at the middle; NAN for other reals */
    double r2;       /* coefficient of determination over all outputs; NAN where there is accuracy
                      */
} bp_evaluation;

/* State as bytes: rows, loss, accuracy, r2. */
void bp_evaluation_exchange(bp_evaluation *evaluation, bp_byte_cursor *cursor);

#define BP_MONITOR_TABLE(X)                                                                        \
    X(VALIDATION_LOSS, "validation_loss", "mean loss of the held-out rows; smaller is better")     \
    X(TRAIN_LOSS, "train_loss", "mean loss of the epoch's minibatches; smaller is better")         \
    X(VALIDATION_ACCURACY, "validation_accuracy",                                                  \
      "share of the held-out rows whose class is predicted; larger is better")                     \
    X(VALIDATION_R2, "validation_r2",                                                              \
      "coefficient of determination of the held-out rows; larger is better")

#define X(name, wire, meaning) BP_MONITOR_##name,
typedef enum bp_monitor { BP_MONITOR_TABLE(X) BP_MONITOR_COUNT } bp_monitor;
#undef X

extern const bp_vocabulary bp_monitors;

/* The best epoch so far; epoch 0: none. */
typedef struct bp_best_epoch {
    uint64_t epoch; /* 1-based */
    bp_monitor metric;
    double value;
} bp_best_epoch;

/* What an epoch ended with. */
typedef struct bp_epoch_end {
    uint64_t epoch; /* 1-based */
    double train_loss;
    bp_evaluation validation; /* rows 0 and all NAN: no rows are held out */
    bool skipped;             /* rows are held out, but were not looked at after this epoch */
} bp_epoch_end;

/* Whether there is a number to watch; an epoch without counts for no patience. */
bool bp_monitor_has(bp_monitor monitor, const bp_epoch_end *end);

double bp_monitor_read(bp_monitor monitor, const bp_epoch_end *end);

/* Whether `value` is better than `than` by more than `margin`. NAN is worse than any number. */
bool bp_monitor_improves(bp_monitor monitor, double value, double than, double margin);

/* What can be watched with these data. */
typedef struct bp_monitored {
    size_t validation_rows;
    bool labels; /* classes, or labels given as numbers: there is an accuracy, and no r2 */
} bp_monitored;

/* INVALID "/metric": no rows are held out, or the targets have no such metric. */
BP_NODISCARD bp_status bp_monitor_check(bp_monitor monitor, const bp_monitored *data,
                                        bp_error *err);

#endif
