#include "loss_weighting.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define X(name, wire, formula) wire,
static const char *const reduction_names[] = {BP_BATCH_REDUCTION_TABLE(X)};
#undef X
#define X(name, wire, formula) formula,
static const char *const reduction_formulas[] = {BP_BATCH_REDUCTION_TABLE(X)};
#undef X

const bp_vocabulary bp_batch_reductions = {"reduction", BP_BATCH_REDUCTION_COUNT, reduction_names,
                                           reduction_formulas};

/* --- weights of classes --------------------------------------------------------------------- */

static bp_status fail_label(bp_error *err, const char *label, const char *complaint) {
    char field[BP_FIELD_SIZE];
    bp_pointer_to(label, field);
    bp_status status = bp_fail(err, BP_INVALID, field, "%s '%.60s'", complaint, label);
    bp_error_nest(err, "/class_weights");
    return status;
}

bp_status bp_class_weights_new(bp_class_weights **out, size_t count, bp_error *err) {
    bp_class_weights *weights = calloc(1, sizeof *weights);
    float *weight = calloc(count + 1, sizeof *weight);
    if (weights == NULL || weight == NULL) {
        free(weights);
        free(weight);
        return bp_fail(err, BP_NO_MEMORY, NULL, "no memory for the weights of %zu classes", count);
    }
    atomic_init(&weights->references, 1);
    weights->weight = weight;
    *out = weights;
    return BP_OK;
}

bp_status bp_class_weights_add(bp_class_weights *weights, const char *label, double weight,
                               bp_error *err) {
    if (!(weight >= 0) || !isfinite((float)weight)) {
        return fail_label(err, label, "a weight must be 0 or more, and finite, not that of");
    }
    weights->weight[weights->labels.count] = (float)weight;
    return bp_names_add(&weights->labels, label, strlen(label), err);
}

bp_class_weights *bp_class_weights_ref(bp_class_weights *weights) {
    if (weights != NULL) {
        /* Relaxed: whoever calls this holds a reference, so nothing needs to be ordered yet. */
        atomic_fetch_add_explicit(&weights->references, 1, memory_order_relaxed);
    }
    return weights;
}

void bp_class_weights_unref(bp_class_weights *weights) {
    /* Acquire-release: the last holder frees after every read of the holders before it. */
    if (weights == NULL ||
        atomic_fetch_sub_explicit(&weights->references, 1, memory_order_acq_rel) != 1) {
        return;
    }
    bp_names_clear(&weights->labels);
    free(weights->weight);
    free(weights);
}

bp_status bp_loss_weighting_check(const bp_loss_weighting *weighting, const bp_names *classes,
                                  bp_error *err) {
    const bp_class_weights *given = weighting->classes;
    if ((weighting->balanced || given != NULL) && classes->count == 0) {
        return bp_fail(err, BP_INVALID, "/class_weights",
                       "the targets are numbers: there are no classes to be weighted");
    }
    for (size_t i = 0; given != NULL && i < given->labels.count; i++) {
        if (bp_names_find(classes, given->labels.item[i]) == SIZE_MAX) {
            return fail_label(err, given->labels.item[i], "the model does not know the class");
        }
    }
    return BP_OK;
}

/* --- weights of rows ------------------------------------------------------------------------ */

/* rows / (classes * rows of the class), over the training rows and the classes that they have, as
 * scikit-learn's "balanced" is. */
static bp_status balance(float *weight, const bp_row_weighting *of, bp_error *err) {
    size_t *count = calloc(of->classes->count, sizeof *count), present = 0;
    if (count == NULL) {
        return bp_fail(err, BP_NO_MEMORY, NULL, "no memory to count classes");
    }
    for (size_t i = 0; i < of->split->training; i++) {
        present += count[of->targets->class_index[of->split->rows[i]]]++ == 0;
    }
    for (size_t k = 0; k < of->classes->count; k++) {
        double share = (double)present * (double)count[k];
        weight[k] = count[k] > 0 ? (float)((double)of->split->training / share) : 1;
    }
    free(count);
    return BP_OK;
}

/* [classes] */
static bp_status weigh_classes(float *weight, const bp_row_weighting *of, bp_error *err) {
    const bp_class_weights *given = of->weighting->classes;
    for (size_t k = 0; k < of->classes->count; k++) {
        weight[k] = 1;
    }
    for (size_t i = 0; given != NULL && i < given->labels.count; i++) {
        weight[bp_names_find(of->classes, given->labels.item[i])] = given->weight[i];
    }
    return of->weighting->balanced ? balance(weight, of, err) : BP_OK;
}

bp_status bp_row_weights_new(float **out, const bp_row_weighting *of, bp_error *err) {
    const bool by_class = of->weighting->balanced || of->weighting->classes != NULL;
    const float *of_row = of->data->weight;
    *out = NULL;
    if (!by_class && of_row == NULL) {
        return BP_OK;
    }
    float *rows = malloc(of->data->rows * sizeof *rows);
    float *of_class = calloc(of->classes->count + 1, sizeof *of_class);
    bp_status status = rows == NULL || of_class == NULL
                           ? bp_fail(err, BP_NO_MEMORY, NULL, "no memory for weights of rows")
                           : BP_OK;
    if (status == BP_OK && by_class) {
        status = weigh_classes(of_class, of, err);
    }
    for (size_t i = 0; status == BP_OK && i < of->data->rows; i++) {
        rows[i] = of_row != NULL ? of_row[i] : 1.0f;
        rows[i] *= by_class ? of_class[of->targets->class_index[i]] : 1.0f;
    }
    free(of_class);
    if (status != BP_OK) {
        free(rows);
        return status;
    }
    *out = rows;
    return BP_OK;
}
