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
    m->rows = m->judged = m->correct = 0;
    m->loss = m->residual = 0;
}

size_t bp_argmax(const float *values, size_t width) {
    size_t best = 0;
    for (size_t j = 1; j < width; j++) {
        best = values[j] > values[best] ? j : best;
    }
    return best;
}

static float middle_of(bp_loss loss) {
    return loss == BP_LOSS_HINGE ? 0.0f : 0.5f;
}

size_t bp_predicted_class(const bp_network *network, const float *x) {
    const size_t width = network->width[network->layer_count];
    return width == 1 ? x[0] > middle_of(network->loss_rule.loss) : bp_argmax(x, width);
}

/* Of each output by itself, both cut at the middle. */
static void add_labels(bp_metrics *m, bp_loss loss, const float *x, const float *y) {
    for (size_t j = 0; j < m->targets->width; j++) {
        m->correct += (x[j] > middle_of(loss)) == (y[j] > 0.5f);
    }
    m->judged += m->targets->width;
}

static void add_reals(bp_metrics *m, const float *x, const float *y) {
    for (size_t j = 0; j < m->targets->width; j++) {
        const double target = (double)y[j];
        const double error = target - (double)bp_targets_unscale(m->targets, j, x[j]);
        m->residual += error * error;
        m->target[j] += target;
        m->square[j] += target * target;
    }
}

void bp_metrics_add(bp_metrics *m, const bp_row_pass *pass, size_t rows) {
    const size_t width = m->targets->width;
    const bp_loss loss = pass->network->loss_rule.loss;
    const float *x = pass->buffers->x[pass->network->layer_count];
    for (size_t i = 0; i < rows; i++, x += width) {
        size_t row = pass->index != NULL ? pass->index[i] : i;
        m->loss += (double)pass->buffers->loss[i];
        if (m->targets->class_index != NULL) {
            m->correct +=
                bp_predicted_class(pass->network, x) == (size_t)m->targets->class_index[row];
            m->judged++;
        } else if (bp_loss_takes_labels(loss)) {
            add_labels(m, loss, x, m->targets->y + row * width);
        } else {
            add_reals(m, x, m->targets->y + row * width);
        }
    }
    m->rows += rows;
}

void bp_metrics_read(const bp_metrics *m, bp_evaluation *out) {
    const double rows = m->rows > 0 ? (double)m->rows : (double)NAN;
    *out = (bp_evaluation){.rows = m->rows, .loss = m->loss / rows, .accuracy = NAN, .r2 = NAN};
    if (m->judged > 0) {
        out->accuracy = (double)m->correct / (double)m->judged;
        return;
    }
    double total = 0;
    for (size_t j = 0; j < m->targets->width; j++) {
        total += m->square[j] - m->target[j] * m->target[j] / rows;
    }
    out->r2 = total > 0 ? 1 - m->residual / total : NAN;
}
