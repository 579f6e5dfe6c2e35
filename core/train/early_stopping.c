#include "early_stopping.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "memory.h"

bp_early_stopping bp_early_stopping_defaults(void) {
    return (bp_early_stopping){.patience = 10, .restore_best = true};
}

bp_status bp_early_stopping_check(const bp_early_stopping *options, bp_error *err) {
    if (options->patience > BP_MAX_PATIENCE) {
        return bp_fail(err, BP_INVALID, "/early_stopping/patience", "patience must be in 1..%d",
                       BP_MAX_PATIENCE);
    }
    if (!(options->min_delta >= 0 && isfinite(options->min_delta))) {
        return bp_fail(err, BP_INVALID, "/early_stopping/min_delta",
                       "min_delta must be at least 0 and finite");
    }
    return BP_OK;
}

bp_monitor bp_early_stopping_monitor(const bp_early_stopping *options, bool validated) {
    if (options->patience > 0) {
        return options->metric;
    }
    return validated ? BP_MONITOR_VALIDATION_LOSS : BP_MONITOR_TRAIN_LOSS;
}

bp_status bp_best_weights_new(bp_best_weights *out, const bp_early_stopping *options,
                              bool validated, size_t count, bp_error *err) {
    bp_best_weights best = {.options = *options, .mark = NAN, .count = count};
    if (bp_early_stopping_keeps_best(options, validated)) {
        best.weights = bp_calloc_aligned(count, sizeof *best.weights);
        if (best.weights == NULL) {
            return bp_fail(err, BP_NO_MEMORY, NULL, "no memory for the best weights");
        }
    }
    *out = best;
    return BP_OK;
}

void bp_best_weights_clear(bp_best_weights *best) {
    free(best->weights);
    *best = (bp_best_weights){0};
}

bool bp_best_weights_note(bp_best_weights *b, const bp_epoch_end *end, const float *weights) {
    const bool validated = end->validation.rows > 0 || end->skipped;
    const bp_monitor metric = bp_early_stopping_monitor(&b->options, validated);
    if (!bp_monitor_has(metric, end)) {
        return false;
    }
    const double value = bp_monitor_read(metric, end);
    const double best = b->best.epoch > 0 ? b->best.value : (double)NAN;
    if (bp_monitor_improves(metric, value, best, 0)) {
        b->best = (bp_best_epoch){.epoch = end->epoch, .metric = metric, .value = value};
        if (b->weights != NULL) {
            memcpy(b->weights, weights, b->count * sizeof *weights);
        }
    }
    if (bp_monitor_improves(metric, value, b->mark, b->options.min_delta)) {
        b->mark = value;
        b->waited = 0;
    } else {
        b->waited++;
    }
    return b->options.patience > 0 && b->waited >= b->options.patience;
}

const float *bp_best_weights_get(const bp_best_weights *best) {
    return best->best.epoch > 0 ? best->weights : NULL;
}

const float *bp_best_weights_shown(const bp_best_weights *best, const float *present) {
    const float *weights = bp_best_weights_get(best);
    const bool restored = best->options.patience > 0 && best->options.restore_best;
    return restored && weights != NULL ? weights : present;
}

void bp_best_weights_exchange(bp_best_weights *b, bp_byte_cursor *cursor) {
    uint64_t metric = b->best.metric;
    bp_byte_cursor_whole(cursor, &b->best.epoch, UINT64_MAX);
    bp_byte_cursor_whole(cursor, &metric, BP_MONITOR_COUNT - 1);
    bp_byte_cursor_double(cursor, &b->best.value);
    bp_byte_cursor_double(cursor, &b->mark);
    bp_byte_cursor_whole(cursor, &b->waited, UINT64_MAX);
    b->best.metric = (bp_monitor)metric;
}
