#include "metrics.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

bp_status bp_metrics_new(bp_metrics *out, const bp_targets *targets, bp_error *err) {
    double *sums = calloc(2 * targets->width, sizeof *sums);
    if (sums == NULL) {
        return bp_fail(err, BP_NO_MEMORY, NULL, "no memory for metrics");
    }
    *out = (bp_metrics){.target = sums, .square = sums + targets->width, .targets = targets};
    return BP_OK;
}

void bp_metrics_clear(bp_metrics *metrics) {
    free(metrics->target);
    *metrics = (bp_metrics){0};
}

void bp_metrics_reset(bp_metrics *m) {
    memset(m->target, 0, 2 * m->targets->width * sizeof *m->target);
    m->rows = m->correct = 0;
    m->loss = m->residual = 0;
}

size_t bp_argmax(const float *values, size_t width) {
    size_t best = 0;
    for (size_t j = 1; j < width; j++) {
        best = values[j] > values[best] ? j : best;
    }
    return best;
}

static void add_reals(bp_metrics *m, const float *x, const float *y) {
    for (size_t j = 0; j < m->targets->width; j++) {
        double target = (double)y[j], error = target - (double)x[j];
        m->residual += error * error;
        m->target[j] += target;
        m->square[j] += target * target;
    }
}

void bp_metrics_add(bp_metrics *m, const bp_row_pass *pass, size_t rows) {
    const size_t width = m->targets->width;
    const float *x = pass->buffers->x[pass->network->layer_count];
    for (size_t i = 0; i < rows; i++, x += width) {
        size_t row = pass->index != NULL ? pass->index[i] : i;
        m->loss += (double)pass->buffers->loss[i];
        if (m->targets->class_index != NULL) {
            m->correct += bp_argmax(x, width) == (size_t)m->targets->class_index[row];
        } else {
            add_reals(m, x, m->targets->y + row * width);
        }
    }
    m->rows += rows;
}

void bp_metrics_read(const bp_metrics *m, bp_evaluation *out) {
    const double rows = (double)m->rows;
    *out = (bp_evaluation){.rows = m->rows, .loss = m->loss / rows, .accuracy = NAN, .r2 = NAN};
    if (m->targets->class_index != NULL) {
        out->accuracy = (double)m->correct / rows;
        return;
    }
    double total = 0;
    for (size_t j = 0; j < m->targets->width; j++) {
        total += m->square[j] - m->target[j] * m->target[j] / rows;
    }
    out->r2 = total > 0 ? 1 - m->residual / total : NAN;
}
