#include "evaluation_report.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

#include "double_math.h"
#include "ranking.h"

void bp_evaluation_report_clear(bp_evaluation_report *report) {
    bp_confusion_clear(&report->confusion);
    free(report->auc_of_class);
    free(report->of_output);
    *report = (bp_evaluation_report){0};
}

void bp_report_sums_clear(bp_report_sums *sums) {
    bp_confusion_clear(&sums->confusion);
    free(sums->scores);
    free(sums->square);
    *sums = (bp_report_sums){0};
}

/* --- beginning ------------------------------------------------------------------------------ */

/* Whether the scores of all rows, and one column of them for sorting, keep within BP_AUC_BYTES. */
static bool scores_fit(size_t columns, size_t rows) {
    return rows <= BP_AUC_BYTES / (columns * sizeof(float) + sizeof(bp_scored));
}

static bp_status begin_classes(bp_report_sums *s, size_t classes, size_t rows, bp_error *err) {
    bp_status status = bp_confusion_new(&s->confusion, classes, err);
    s->score_columns = classes == 2 ? 1 : classes;
    if (status == BP_OK && scores_fit(s->score_columns, rows)) {
        s->scores = malloc(s->score_columns * rows * sizeof *s->scores);
        if (s->scores == NULL) {
            status = bp_fail(err, BP_NO_MEMORY, NULL, "no memory for the scores of %zu rows", rows);
        }
    }
    return status;
}

static bp_status begin_reals(bp_report_sums *s, bp_error *err) {
    s->square = calloc(2 * s->targets->width, sizeof *s->square);
    if (s->square == NULL) {
        return bp_fail(err, BP_NO_MEMORY, NULL, "no memory for residuals");
    }
    s->size = s->square + s->targets->width;
    return BP_OK;
}

bp_status bp_report_sums_new(bp_report_sums *out, const bp_snapshot *model,
                             const bp_targets *targets, size_t rows,
                             const bp_evaluation_options *options, bp_error *err) {
    const bp_loss loss = model->network.loss_rule.loss;
    bp_report_sums sums = {.targets = targets,
                           .rows = rows,
                           .top_k = options->top_k > 0 ? options->top_k : BP_TOP_K,
                           .probabilities = bp_loss_is_fused(loss)};
    bp_status status = BP_OK;
    if (targets->class_index != NULL) {
        status = begin_classes(&sums, model->classes.count, rows, err);
    } else if (!bp_loss_takes_labels(loss)) {
        status = begin_reals(&sums, err);
    }
    if (status != BP_OK) {
        bp_report_sums_clear(&sums);
        return status;
    }
    *out = sums;
    return BP_OK;
}

/* --- adding rows ---------------------------------------------------------------------------- */

static double minus_log(double p) {
    return isnan(p) ? p : -bp_log_double(p < DBL_EPSILON ? DBL_EPSILON : p);
}

/* The row of the data at a place. */
static size_t row_at(const bp_report_sums *s, size_t place) {
    return s->index != NULL ? s->index[place] : place;
}

static void add_class(bp_report_sums *s, const bp_row_pass *pass, const float *x, size_t place) {
    const size_t width = s->targets->width;
    const size_t truth = (size_t)s->targets->class_index[row_at(s, place)];
    bp_confusion_add(&s->confusion, truth, bp_predicted_class(pass->network, x));
    if (width > 1) {
        s->hits += bp_rank_of(x, width, truth) < s->top_k;
    }
    if (s->probabilities) {
        s->log_sum += minus_log(width > 1    ? (double)x[truth]
                                : truth == 1 ? (double)x[0]
                                             : 1 - (double)x[0]);
    }
    for (size_t c = 0; s->scores != NULL && c < s->score_columns; c++) {
        const size_t of = s->score_columns > 1 ? c : width - 1; /* of two classes the second */
        s->scores[c * s->rows + place] = x[of];
    }
}

static void add_reals(bp_report_sums *s, const float *x, size_t place) {
    const float *y = s->targets->y + row_at(s, place) * s->targets->width;
    for (size_t j = 0; j < s->targets->width; j++) {
        const double error = (double)y[j] - (double)bp_targets_unscale(s->targets, j, x[j]);
        s->square[j] += error * error;
        s->size[j] += fabs(error);
    }
}

void bp_report_sums_add(bp_report_sums *s, const bp_row_pass *pass, size_t first, size_t rows) {
    const float *x = pass->buffers->x[pass->network->layer_count];
    for (size_t i = 0; i < rows; i++, x += s->targets->width) {
        if (s->targets->class_index != NULL) {
            add_class(s, pass, x, first + i);
        } else if (s->square != NULL) {
            add_reals(s, x, first + i);
        }
    }
}

/* --- the report ----------------------------------------------------------------------------- */

static double auc_of(const bp_report_sums *s, size_t column, bp_scored *rows) {
    const int32_t positive = s->score_columns > 1 ? (int32_t)column : 1;
    for (size_t i = 0; i < s->rows; i++) {
        rows[i] = (bp_scored){.score = s->scores[column * s->rows + i],
                              .positive = s->targets->class_index[row_at(s, i)] == positive};
    }
    return bp_auc(rows, s->rows);
}

static void mean_auc(bp_evaluation_report *r, const bp_report_sums *s) {
    bool absent = false;
    r->auc = 0;
    for (size_t k = 0; k < r->classes; k++) {
        r->auc += r->auc_of_class[k] / (double)r->classes;
        absent = absent || r->confusion.support[k] == 0 || r->confusion.support[k] == s->rows;
    }
    if (isnan(r->auc)) {
        r->auc_note = s->scores == NULL ? "the outputs of all rows would take more than 64 MiB"
                      : absent          ? "a class has no rows, or all of them"
                                        : "an output is not finite";
    }
}

static bp_status fill_auc(bp_evaluation_report *r, const bp_report_sums *s, bp_error *err) {
    bp_scored *rows = s->scores != NULL ? malloc(s->rows * sizeof *rows) : NULL;
    r->auc_of_class = calloc(r->classes, sizeof *r->auc_of_class);
    if (r->auc_of_class == NULL || (s->scores != NULL && rows == NULL)) {
        free(rows);
        return bp_fail(err, BP_NO_MEMORY, NULL, "no memory to sort %zu rows", s->rows);
    }
    for (size_t k = 0; k < r->classes; k++) {
        const bool same = k > 0 && s->score_columns == 1;
        r->auc_of_class[k] = same           ? r->auc_of_class[0]
                             : rows != NULL ? auc_of(s, k, rows)
                                            : (double)NAN;
    }
    free(rows);
    mean_auc(r, s);
    return BP_OK;
}

static bp_status fill_classes(bp_evaluation_report *r, bp_report_sums *s, bp_error *err) {
    const double rows = (double)s->rows;
    r->classes = s->confusion.classes;
    r->confusion = s->confusion; /* moves */
    s->confusion = (bp_confusion){0};
    r->summary = bp_confusion_summarize(&r->confusion);
    r->top_k = s->top_k;
    const bool ranked = s->targets->width > 1 && s->top_k < r->classes;
    r->top_k_accuracy = ranked ? (double)s->hits / rows : (double)NAN;
    r->log_loss = s->probabilities ? s->log_sum / rows : (double)NAN;
    return fill_auc(r, s, err);
}

static bp_residuals residuals_of(double square, double size, double total, double count) {
    return (bp_residuals){.mse = square / count,
                          .rmse = sqrt(square / count),
                          .mae = size / count,
                          .r2 = total > 0 ? 1 - square / total : (double)NAN};
}

static bp_status fill_reals(bp_evaluation_report *r, const bp_report_sums *s, const bp_metrics *m,
                            bp_error *err) {
    const double rows = (double)s->rows;
    double square = 0, size = 0;
    r->outputs = s->targets->width;
    r->of_output = calloc(r->outputs, sizeof *r->of_output);
    if (r->of_output == NULL) {
        return bp_fail(err, BP_NO_MEMORY, NULL, "no memory for residuals");
    }
    for (size_t j = 0; j < r->outputs; j++) {
        const double total = m->square[j] - m->target[j] * m->target[j] / rows;
        r->of_output[j] = residuals_of(s->square[j], s->size[j], total, rows);
        square += s->square[j];
        size += s->size[j];
    }
    r->of_all = residuals_of(square, size, 0, rows * (double)r->outputs);
    r->of_all.r2 = r->total.r2;
    return BP_OK;
}

bp_status bp_report_sums_finish(bp_evaluation_report *out, bp_report_sums *sums,
                                const bp_metrics *metrics, bp_error *err) {
    bp_evaluation_report report = {0};
    bp_metrics_read(metrics, &report.total);
    bp_status status = BP_OK;
    if (sums->targets->class_index != NULL) {
        status = fill_classes(&report, sums, err);
    } else if (sums->square != NULL) {
        status = fill_reals(&report, sums, metrics, err);
    }
    if (status != BP_OK) {
        bp_evaluation_report_clear(&report);
        return status;
    }
    *out = report;
    return BP_OK;
}
