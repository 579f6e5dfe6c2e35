/* The whole evaluation of a model on a data set: what the field tells of classes, or of reals. All
 * sums are in double, rows in order, so the numbers are the same on every machine. */
#ifndef BP_EVALUATION_REPORT_H
#define BP_EVALUATION_REPORT_H

#include "confusion.h"
#include "metrics.h"

enum { BP_TOP_K = 3, BP_AUC_BYTES = 64 << 20 };

typedef struct bp_evaluation_options {
    size_t top_k; /* 0: BP_TOP_K */
} bp_evaluation_options;

typedef struct bp_residuals {
    double mse, rmse, mae;
    double r2; /* NAN where the target does not vary */
} bp_residuals;

typedef struct bp_evaluation_report {
    bp_evaluation total;

    /* --- of classes; NAN: it is not defined --- */
    size_t classes; /* 0: the targets are numbers, also labels given as such */
    bp_confusion confusion;
    bp_confusion_summary summary;
    size_t top_k;
    double top_k_accuracy; /* share of rows whose class is among the k largest outputs; NAN: k is
                              not below the classes, or they have one output */
    double log_loss;       /* mean of -log p of the row's class, p at least 2^-52; NAN: the outputs
                              are no probabilities */
    double *auc_of_class;  /* [classes] the class against the others; of two, both have that of the
                              second; NAN as bp_auc */
    double auc;            /* their mean */
    const char *auc_note;  /* static: why there is none; NULL: there is */

    /* --- of real targets --- */
    size_t outputs; /* 0: classes, or labels given as numbers */
    bp_residuals *of_output;
    bp_residuals of_all; /* means over all outputs; r2 from the sums over them, as total.r2 */
} bp_evaluation_report;

void bp_evaluation_report_clear(bp_evaluation_report *report);

/* --- filling: new, add for each tile of rows in order, finish, clear ------------------------- */

typedef struct bp_report_sums {
    const bp_targets *targets; /* borrowed */
    size_t rows, top_k, hits;  /* rows expected */
    const uint32_t *index;     /* borrowed; [rows] of the data, by place; NULL: 0, 1, .. */
    double log_sum;
    bp_confusion confusion;
    bool probabilities;
    float *scores;         /* [score_columns, rows]; NULL: no AUC */
    size_t score_columns;  /* 1 of two classes, else one for each */
    double *square, *size; /* [width] sums of e^2 and of |e|, of reals; else NULL */
} bp_report_sums;

/* For `rows` rows of a model with these targets. NO_MEMORY. */
BP_NODISCARD bp_status bp_report_sums_new(bp_report_sums *out, const bp_snapshot *model,
                                          const bp_targets *targets, size_t rows,
                                          const bp_evaluation_options *options, bp_error *err);
/* Places [first, first + rows) are rows 0.. of a finished forward pass. */
void bp_report_sums_add(bp_report_sums *sums, const bp_row_pass *pass, size_t first, size_t rows);
/* `metrics` had the same rows. The caller clears *out. NO_MEMORY. */
BP_NODISCARD bp_status bp_report_sums_finish(bp_evaluation_report *out, bp_report_sums *sums,
                                             const bp_metrics *metrics, bp_error *err);
void bp_report_sums_clear(bp_report_sums *sums);

#endif
