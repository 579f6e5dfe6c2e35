#include "monitor.h"

#include <math.h>

#define X(name, wire, meaning) wire,
static const char *const names[] = {BP_MONITOR_TABLE(X)};
#undef X
#define X(name, wire, meaning) (meaning),
static const char *const meanings[] = {BP_MONITOR_TABLE(X)};
#undef X

const bp_vocabulary bp_monitors = {"metric", BP_MONITOR_COUNT, names, meanings};

double bp_monitor_read(bp_monitor monitor, const bp_epoch_end *end) {
    const double values[BP_MONITOR_COUNT] = {
        [BP_MONITOR_VALIDATION_LOSS] = end->validation.loss,
        [BP_MONITOR_TRAIN_LOSS] = end->train_loss,
        [BP_MONITOR_VALIDATION_ACCURACY] = end->validation.accuracy,
        [BP_MONITOR_VALIDATION_R2] = end->validation.r2,
    };
    return values[monitor];
}

bool bp_monitor_has(bp_monitor monitor, const bp_epoch_end *end) {
    return monitor == BP_MONITOR_TRAIN_LOSS || !end->skipped;
}

static bool larger_is_better(bp_monitor monitor) {
    return monitor == BP_MONITOR_VALIDATION_ACCURACY || monitor == BP_MONITOR_VALIDATION_R2;
}

bool bp_monitor_improves(bp_monitor monitor, double value, double than, double margin) {
    if (isnan(than)) {
        return !isnan(value);
    }
    return larger_is_better(monitor) ? value > than + margin : value < than - margin;
}

bp_status bp_monitor_check(bp_monitor monitor, const bp_monitored *data, bp_error *err) {
    if (monitor != BP_MONITOR_TRAIN_LOSS && data->validation_rows == 0) {
        return bp_fail(err, BP_INVALID, "/metric",
                       "%s needs rows that are held out, and there are none; a larger "
                       "validation.fraction holds some out, train_loss needs none",
                       names[monitor]);
    }
    if ((monitor == BP_MONITOR_VALIDATION_ACCURACY && !data->labels) ||
        (monitor == BP_MONITOR_VALIDATION_R2 && data->labels)) {
        return bp_fail(err, BP_INVALID, "/metric", "%s is not known for targets that are %s",
                       names[monitor], data->labels ? "classes" : "real numbers");
    }
    return BP_OK;
}

void bp_evaluation_exchange(bp_evaluation *evaluation, bp_byte_cursor *cursor) {
    bp_byte_cursor_size(cursor, &evaluation->rows, SIZE_MAX);
    bp_byte_cursor_double(cursor, &evaluation->loss);
    bp_byte_cursor_double(cursor, &evaluation->accuracy);
    bp_byte_cursor_double(cursor, &evaluation->r2);
}
