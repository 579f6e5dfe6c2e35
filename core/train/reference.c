/* The mathematics of training, one loop per formula, in double precision and with libm.
 *
 * Notation (Fleuret, deep learning course, lecture 3.6). A minibatch has `rows` samples n; layer l
 * has width[l] units i and takes the width[l-1] outputs j of the layer before it:
 *
 *   forward     x(0) = x                    the sample
 *               s(l) = w(l) x(l-1) + b(l)   the weighted sums
 *               x(l) = sigma(s(l))          the activations
 *   loss        l = the mean over the rows of l(x(L), y)
 *   backward    dl/dx(L) from the definition of the loss
 *               dl/ds(l) = dl/dx(l) . sigma'(s(l))
 *               dl/dx(l) = w(l+1)^T dl/ds(l+1)
 *               dl/dw(l) = the sum over the rows of dl/ds(l) x(l-1)^T
 *               dl/db(l) = the sum over the rows of dl/ds(l)
 *   update      v <- mu v + dl/dw;  w <- w - eta v      (b likewise)
 *
 * Because l is the mean over the rows, 1 / rows enters once, in dl/dx(L), and every later
 * derivative carries it. w(l)[i][j] is stored at weight_offset[l] + j * width[l] + i. */
#include "reference.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

#include "reference_functions.h"

/* --- softmax -------------------------------------------------------------------------------- */

/* log sum_i e^s_i, shifted by the largest s so that nothing overflows. */
static double log_sum_exp(const double *s, size_t width) {
    double largest = s[0];
    for (size_t i = 1; i < width; i++) {
        largest = fmax(largest, s[i]);
    }
    double sum = 0;
    for (size_t i = 0; i < width; i++) {
        sum += exp(s[i] - largest);
    }
    return largest + log(sum);
}

/* x_i = e^s_i / sum_k e^s_k */
static void softmax(const double *s, double *x, size_t width) {
    double total = log_sum_exp(s, width);
    for (size_t i = 0; i < width; i++) {
        x[i] = exp(s[i] - total);
    }
}

/* --- forward -------------------------------------------------------------------------------- */

/* s(l) = w(l) x(l-1) + b(l); x(l) = sigma(s(l)) for row n. */
static void forward_row(bp_reference *r, size_t l, size_t n) {
    size_t in = r->network->width[l - 1], out = r->network->width[l];
    const double *w = r->parameters + r->network->weight_offset[l];
    const double *b = r->parameters + r->network->bias_offset[l];
    const double *input = r->x[l - 1] + n * in;
    double *s = r->s[l] + n * out, *x = r->x[l] + n * out;
    bp_activation activation = r->network->activation[l];

    for (size_t i = 0; i < out; i++) {
        s[i] = b[i];
        for (size_t j = 0; j < in; j++) {
            s[i] += w[j * out + i] * input[j];
        }
    }
    if (activation == BP_ACTIVATION_SOFTMAX) {
        softmax(s, x, out);
    } else {
        for (size_t i = 0; i < out; i++) {
            x[i] = bp_reference_activations[activation].sigma(s[i]);
        }
    }
}

double bp_reference_y(const bp_network *network, bp_reference_target target, size_t n, size_t i) {
    const size_t width = network->width[network->layer_count];
    const double smoothing = network->loss_rule.loss == BP_LOSS_CROSS_ENTROPY
                                 ? (double)network->loss_rule.parameters.label_smoothing
                                 : 0;
    double y;
    if (target.class_index == NULL) {
        y = target.y[n * width + i];
    } else if (width == 1) {
        y = target.class_index[n];
    } else {
        y = (size_t)target.class_index[n] == i ? 1 : 0;
    }
    return (1 - smoothing) * y + smoothing / (double)width;
}

static double target_value(const bp_reference *r, bp_reference_target target, size_t n, size_t i) {
    return bp_reference_y(r->network, target, n, i);
}

/* (1/D) sum_i value(x(L)_i, y_i); of s(L)_i for the loss that is fused with sigmoid. */
static double mean_loss_of_row(const bp_reference *r, bp_reference_target target, size_t n) {
    const bp_loss_rule *rule = &r->network->loss_rule;
    size_t L = r->network->layer_count, width = r->network->width[L];
    const double *of = bp_loss_is_fused(rule->loss) ? r->s[L] : r->x[L];
    double sum = 0;
    for (size_t i = 0; i < width; i++) {
        double y = target_value(r, target, n, i);
        sum += bp_reference_losses[rule->loss].value(&rule->parameters, of[n * width + i], y);
    }
    return sum / (double)width;
}

/* - sum_i y_i log softmax(s(L))_i, from s so that a vanishing probability has a finite loss. */
static double cross_entropy_of_row(const bp_reference *r, bp_reference_target target, size_t n) {
    size_t L = r->network->layer_count, width = r->network->width[L];
    const double *s = r->s[L] + n * width;
    double total = log_sum_exp(s, width), sum = 0;
    for (size_t i = 0; i < width; i++) {
        sum += target_value(r, target, n, i) * (total - s[i]);
    }
    return sum;
}

void bp_reference_forward(bp_reference *reference, bp_reference_target target) {
    double (*loss_of_row)(const bp_reference *, bp_reference_target, size_t) =
        reference->network->loss_rule.loss == BP_LOSS_CROSS_ENTROPY ? cross_entropy_of_row
                                                                    : mean_loss_of_row;
    double sum = 0;
    for (size_t n = 0; n < reference->rows; n++) {
        for (size_t l = 1; l <= reference->network->layer_count; l++) {
            forward_row(reference, l, n);
        }
        sum += loss_of_row(reference, target, n);
    }
    reference->loss = sum / (double)reference->rows;
}

/* --- backward ------------------------------------------------------------------------------- */

/* dl/dx(L)_i = slope(x_i, y_i) / (D rows); dl/ds(L) = dl/dx(L) . sigma'(s(L)). */
static void mean_loss_backward(bp_reference *r, bp_reference_target target, size_t n) {
    const bp_loss_rule *rule = &r->network->loss_rule;
    size_t L = r->network->layer_count, width = r->network->width[L];
    double scale = 1 / ((double)width * (double)r->rows);
    for (size_t i = 0; i < width; i++) {
        size_t at = n * width + i;
        double y = target_value(r, target, n, i);
        r->dx[L][at] =
            scale * bp_reference_losses[rule->loss].slope(&rule->parameters, r->x[L][at], y);
        r->ds[L][at] = r->dx[L][at] * bp_reference_activations[r->network->activation[L]].slope(
                                          r->s[L][at], r->x[L][at]);
    }
}

/* binary_cross_entropy with sigmoid: dl/dx(L)_i = ((1 - y_i) / (1 - x_i) - y_i / x_i) / (D rows), a
 * quotient of which is infinite where x_i is rounded to 0 or 1; dl/ds(L)_i = (x_i - y_i) / (D
 * rows).
 */
static void binary_cross_entropy_backward(bp_reference *r, bp_reference_target target, size_t n) {
    const bp_reference_loss *loss = &bp_reference_losses[BP_LOSS_BINARY_CROSS_ENTROPY];
    size_t L = r->network->layer_count, width = r->network->width[L];
    double scale = 1 / ((double)width * (double)r->rows);
    for (size_t i = 0; i < width; i++) {
        size_t at = n * width + i;
        double x = r->x[L][at], y = target_value(r, target, n, i);
        double missed = y == 1 ? 0 : (1 - y) / (1 - x), found = y == 0 ? 0 : y / x;
        r->dx[L][at] = scale * (missed - found);
        r->ds[L][at] = scale * loss->slope(&r->network->loss_rule.parameters, r->s[L][at], y);
    }
}

/* cross_entropy with softmax: dl/dx(L)_i = -y_i / (x_i rows), infinite where x_i underflowed. Every
 * s(L)_k moves every x(L)_i, dx_i/ds_k = x_i ([i = k] - x_k), and the sum over i collapses to
 * dl/ds(L)_k = (x_k sum_i y_i - y_k) / rows, in which nothing is divided by x. sum_i y_i is 1. */
static void cross_entropy_backward(bp_reference *r, bp_reference_target target, size_t n) {
    size_t L = r->network->layer_count, width = r->network->width[L];
    double total = 0;
    for (size_t i = 0; i < width; i++) {
        total += target_value(r, target, n, i);
    }
    for (size_t i = 0; i < width; i++) {
        size_t at = n * width + i;
        double x = r->x[L][at], y = target_value(r, target, n, i);
        r->dx[L][at] = y == 0 ? 0 : -y / (x * (double)r->rows);
        r->ds[L][at] = (x * total - y) / (double)r->rows;
    }
}

/* dl/dx(l) = w(l+1)^T dl/ds(l+1); dl/ds(l) = dl/dx(l) . sigma'(s(l)) for row n, l < L. */
static void backward_row(bp_reference *r, size_t l, size_t n) {
    size_t width = r->network->width[l], next = r->network->width[l + 1];
    const double *w = r->parameters + r->network->weight_offset[l + 1];
    const double *ds_next = r->ds[l + 1] + n * next;
    for (size_t j = 0; j < width; j++) {
        double sum = 0;
        for (size_t i = 0; i < next; i++) {
            sum += w[j * next + i] * ds_next[i];
        }
        size_t at = n * width + j;
        r->dx[l][at] = sum;
        r->ds[l][at] = sum * bp_reference_activations[r->network->activation[l]].slope(r->s[l][at],
                                                                                       r->x[l][at]);
    }
}

/* dl/dw(l) = sum_n dl/ds(l) x(l-1)^T; dl/db(l) = sum_n dl/ds(l). */
static void parameter_gradient(bp_reference *r, size_t l) {
    size_t in = r->network->width[l - 1], out = r->network->width[l];
    double *dw = r->gradient + r->network->weight_offset[l];
    double *db = r->gradient + r->network->bias_offset[l];
    for (size_t i = 0; i < out; i++) {
        db[i] = 0;
        for (size_t n = 0; n < r->rows; n++) {
            db[i] += r->ds[l][n * out + i];
        }
        for (size_t j = 0; j < in; j++) {
            dw[j * out + i] = 0;
            for (size_t n = 0; n < r->rows; n++) {
                dw[j * out + i] += r->ds[l][n * out + i] * r->x[l - 1][n * in + j];
            }
        }
    }
}

typedef void (*row_backward)(bp_reference *r, bp_reference_target target, size_t n);

static row_backward loss_backward_of(bp_loss loss) {
    switch (loss) {
    case BP_LOSS_CROSS_ENTROPY:
        return cross_entropy_backward;
    case BP_LOSS_BINARY_CROSS_ENTROPY:
        return binary_cross_entropy_backward;
    default:
        return mean_loss_backward;
    }
}

void bp_reference_backward(bp_reference *reference, bp_reference_target target) {
    row_backward loss_backward = loss_backward_of(reference->network->loss_rule.loss);
    size_t L = reference->network->layer_count;
    for (size_t n = 0; n < reference->rows; n++) {
        loss_backward(reference, target, n);
        for (size_t l = L - 1; l >= 1; l--) {
            backward_row(reference, l, n);
        }
    }
    for (size_t l = 1; l <= L; l++) {
        parameter_gradient(reference, l);
    }
}

/* --- update --------------------------------------------------------------------------------- */

/* Padding between the arrays holds zeros in all three, and stays zero. */
void bp_reference_update(bp_reference *reference, double *velocity, double eta, double mu) {
    for (size_t p = 0; p < reference->network->storage_count; p++) {
        velocity[p] = mu * velocity[p] + reference->gradient[p];
        reference->parameters[p] -= eta * velocity[p];
    }
}

/* --- memory --------------------------------------------------------------------------------- */

static bool allocate(bp_reference *r) {
    const bp_network *network = r->network;
    size_t L = network->layer_count;
    r->parameters = calloc(network->storage_count, sizeof(double));
    r->gradient = calloc(network->storage_count, sizeof(double));
    bool complete = r->parameters && r->gradient;
    for (size_t l = 0; l <= L; l++) {
        size_t row_bytes = network->width[l] * sizeof(double);
        r->x[l] = calloc(r->rows, row_bytes);
        complete = complete && r->x[l];
        if (l == 0) {
            continue;
        }
        r->s[l] = calloc(r->rows, row_bytes);
        r->dx[l] = calloc(r->rows, row_bytes);
        r->ds[l] = calloc(r->rows, row_bytes);
        complete = complete && r->s[l] && r->dx[l] && r->ds[l];
    }
    return complete;
}

bp_status bp_reference_new(bp_reference **out, const bp_network *network, size_t rows,
                           bp_error *err) {
    assert(rows > 0);
    bp_reference *r = calloc(1, sizeof *r);
    if (!r) {
        return bp_fail(err, BP_NO_MEMORY, NULL, "no memory for the reference of a network");
    }
    r->network = network;
    r->rows = rows;
    if (!allocate(r)) {
        bp_reference_free(r);
        return bp_fail(err, BP_NO_MEMORY, NULL, "no memory for the reference of a network");
    }
    *out = r;
    return BP_OK;
}

void bp_reference_free(bp_reference *reference) {
    if (!reference) {
        return;
    }
    for (size_t l = 0; l <= reference->network->layer_count; l++) {
        free(reference->x[l]);
        free(reference->s[l]);
        free(reference->dx[l]);
        free(reference->ds[l]);
    }
    free(reference->parameters);
    free(reference->gradient);
    free(reference);
}
