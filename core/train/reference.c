/* The mathematics of training, one loop per formula, in double precision and with libm.
 *
 * Notation (Fleuret, deep learning course, lecture 3.6). A minibatch has `rows` samples n; layer l
 * has width[l] units i and takes the width[l-1] outputs j of the layer before it:
 *
 *   forward     x(0) = x                    the sample
 *               s(l) = w(l) x(l-1) + b(l)   the weighted sums
 *               x(l) = sigma(s(l))          the activations
 *   or, where the layer is normalised (Ba, Kiros and Hinton 2016) or has a residual connection
 *               z(l) = (s(l) - mean) / sqrt(variance + 1e-5)      over the units of the row
 *               u(l) = gamma(l) . z(l) + beta(l)                  else u(l) = s(l)
 *               x(l) = x(l-1) + sigma(u(l))                       else x(l) = sigma(u(l))
 *   loss        l = the mean over the rows of l(x(L), y), or sum_n share_n l_n
 *   backward    dl/dx(L) from the definition of the loss
 *               dl/ds(l) = dl/dx(l) . sigma'(s(l))
 *               dl/dx(l) = w(l+1)^T dl/ds(l+1), + dl/dx(l+1) over a residual connection
 *               dl/dw(l) = the sum over the rows of dl/ds(l) x(l-1)^T
 *               dl/db(l) = the sum over the rows of dl/ds(l)
 *               dl/dgamma(l), dl/dbeta(l) = the sums over the rows of dl/du(l) . z(l), of dl/du(l)
 *   update      v <- mu v + dl/dw;  w <- w - eta v      (b likewise)
 *
 * A row's share of l, 1 / rows for the mean, enters once, in dl/dx(L), and every later derivative
 * carries it. w(l)[i][j] is stored at weight_offset[l] + j * width[l] + i. */
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

/* z_i = (s_i - mean) / sqrt(variance + 1e-5); u_i = gamma_i z_i + beta_i, over the units of row n.
 */
static void normalize_row(bp_reference *r, size_t l, size_t n) {
    size_t width = r->network->width[l];
    const double *gamma = r->parameters + r->network->gamma_offset[l];
    const double *beta = r->parameters + r->network->beta_offset[l];
    const double *s = r->s[l] + n * width;
    double *z = r->z[l] + n * width, *u = r->u[l] + n * width, mean = 0, variance = 0;
    for (size_t i = 0; i < width; i++) {
        mean += s[i] / (double)width;
    }
    for (size_t i = 0; i < width; i++) {
        variance += (s[i] - mean) * (s[i] - mean) / (double)width;
    }
    r->inverse_deviation[l][n] = 1 / sqrt(variance + 1e-5);
    for (size_t i = 0; i < width; i++) {
        z[i] = (s[i] - mean) * r->inverse_deviation[l][n];
        u[i] = gamma[i] * z[i] + beta[i];
    }
}

/* x(l) = sigma(u(l)), + x(l-1) over a residual connection, for row n. */
static void activate_row(bp_reference *r, size_t l, size_t n) {
    size_t width = r->network->width[l];
    const double *u = r->u[l] + n * width, *input = r->x[l - 1] + n * width;
    double *x = r->x[l] + n * width;
    bp_activation activation = r->network->activation[l];
    if (activation == BP_ACTIVATION_SOFTMAX) {
        softmax(u, x, width);
        return;
    }
    for (size_t i = 0; i < width; i++) {
        x[i] = bp_reference_activations[activation].sigma(u[i]);
        x[i] += r->network->residual[l] ? input[i] : 0;
    }
}

/* s(l) = w(l) x(l-1) + b(l); then x(l), for row n. */
static void forward_row(bp_reference *r, size_t l, size_t n) {
    size_t in = r->network->width[l - 1], out = r->network->width[l];
    const double *w = r->parameters + r->network->weight_offset[l];
    const double *b = r->parameters + r->network->bias_offset[l];
    const double *input = r->x[l - 1] + n * in;
    double *s = r->s[l] + n * out;
    for (size_t i = 0; i < out; i++) {
        s[i] = b[i];
        for (size_t j = 0; j < in; j++) {
            s[i] += w[j * out + i] * input[j];
        }
    }
    if (r->network->layer_norm[l]) {
        normalize_row(r, l, n);
    }
    activate_row(r, l, n);
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

static double share_of_row(const bp_reference *r, size_t n) {
    return r->share != NULL ? r->share[n] : 1 / (double)r->rows;
}

static double target_value(const bp_reference *r, bp_reference_target target, size_t n, size_t i) {
    return bp_reference_y(r->network, target, n, i);
}

/* (1/D) sum_i value(x(L)_i, y_i); of u(L)_i for the loss that is fused with sigmoid. */
static double mean_loss_of_row(const bp_reference *r, bp_reference_target target, size_t n) {
    const bp_loss_rule *rule = &r->network->loss_rule;
    size_t L = r->network->layer_count, width = r->network->width[L];
    const double *of = bp_loss_is_fused(rule->loss) ? r->u[L] : r->x[L];
    double sum = 0;
    for (size_t i = 0; i < width; i++) {
        double y = target_value(r, target, n, i);
        sum += bp_reference_losses[rule->loss].value(&rule->parameters, of[n * width + i], y);
    }
    return sum / (double)width;
}

/* - sum_i y_i log softmax(u(L))_i, from u so that a vanishing probability has a finite loss. */
static double cross_entropy_of_row(const bp_reference *r, bp_reference_target target, size_t n) {
    size_t L = r->network->layer_count, width = r->network->width[L];
    const double *u = r->u[L] + n * width;
    double total = log_sum_exp(u, width), sum = 0;
    for (size_t i = 0; i < width; i++) {
        sum += target_value(r, target, n, i) * (total - u[i]);
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
        sum += share_of_row(reference, n) * loss_of_row(reference, target, n);
    }
    reference->loss = sum;
}

/* --- backward ------------------------------------------------------------------------------- */

/* dl/du(l) = dl/dx(l) . sigma'(u(l)) for row n. x(l) less what came over a residual connection is
 * what sigma gave. */
static void through_activation(bp_reference *r, size_t l, size_t n) {
    size_t width = r->network->width[l];
    const bp_reference_activation *activation =
        &bp_reference_activations[r->network->activation[l]];
    for (size_t at = n * width; at < (n + 1) * width; at++) {
        double u = r->u[l][at];
        r->du[l][at] = r->dx[l][at] * activation->slope(u, activation->sigma(u));
    }
}

/* dl/ds_i = (dl/dz_i - mean(dl/dz) - z_i mean(dl/dz . z)) / deviation, dl/dz = gamma . dl/du, for
 * row n. */
static void through_normalization(bp_reference *r, size_t l, size_t n) {
    size_t width = r->network->width[l];
    const double *gamma = r->parameters + r->network->gamma_offset[l];
    const double *z = r->z[l] + n * width, *du = r->du[l] + n * width;
    double *ds = r->ds[l] + n * width, mean = 0, along = 0;
    for (size_t i = 0; i < width; i++) {
        mean += gamma[i] * du[i] / (double)width;
        along += gamma[i] * du[i] * z[i] / (double)width;
    }
    for (size_t i = 0; i < width; i++) {
        ds[i] = (gamma[i] * du[i] - mean - z[i] * along) * r->inverse_deviation[l][n];
    }
}

/* dl/dx(L)_i = slope(x_i, y_i) share / D; dl/du(L) = dl/dx(L) . sigma'(u(L)). */
static void mean_loss_backward(bp_reference *r, bp_reference_target target, size_t n) {
    const bp_loss_rule *rule = &r->network->loss_rule;
    size_t L = r->network->layer_count, width = r->network->width[L];
    double scale = share_of_row(r, n) / (double)width;
    for (size_t i = 0; i < width; i++) {
        size_t at = n * width + i;
        double y = target_value(r, target, n, i);
        r->dx[L][at] =
            scale * bp_reference_losses[rule->loss].slope(&rule->parameters, r->x[L][at], y);
    }
    through_activation(r, L, n);
}

/* binary_cross_entropy with sigmoid: dl/dx(L)_i = ((1 - y_i) / (1 - x_i) - y_i / x_i) share / D, a
 * quotient of which is infinite where x_i is rounded to 0 or 1; dl/du(L)_i = (x_i - y_i) share / D.
 */
static void binary_cross_entropy_backward(bp_reference *r, bp_reference_target target, size_t n) {
    const bp_reference_loss *loss = &bp_reference_losses[BP_LOSS_BINARY_CROSS_ENTROPY];
    size_t L = r->network->layer_count, width = r->network->width[L];
    double scale = share_of_row(r, n) / (double)width;
    for (size_t i = 0; i < width; i++) {
        size_t at = n * width + i;
        double x = r->x[L][at], y = target_value(r, target, n, i);
        double missed = y == 1 ? 0 : (1 - y) / (1 - x), found = y == 0 ? 0 : y / x;
        r->dx[L][at] = scale * (missed - found);
        r->du[L][at] = scale * loss->slope(&r->network->loss_rule.parameters, r->u[L][at], y);
    }
}

/* cross_entropy with softmax: dl/dx(L)_i = -share y_i / x_i, infinite where x_i underflowed. Every
 * u(L)_k moves every x(L)_i, dx_i/du_k = x_i ([i = k] - x_k), and the sum over i collapses to
 * dl/du(L)_k = share (x_k sum_i y_i - y_k), in which nothing is divided by x. sum_i y_i is 1. */
static void cross_entropy_backward(bp_reference *r, bp_reference_target target, size_t n) {
    size_t L = r->network->layer_count, width = r->network->width[L];
    double share = share_of_row(r, n), total = 0;
    for (size_t i = 0; i < width; i++) {
        total += target_value(r, target, n, i);
    }
    for (size_t i = 0; i < width; i++) {
        size_t at = n * width + i;
        double x = r->x[L][at], y = target_value(r, target, n, i);
        r->dx[L][at] = y == 0 ? 0 : -share * y / x;
        r->du[L][at] = share * (x * total - y);
    }
}

/* dl/dx(l) = w(l+1)^T dl/ds(l+1), + dl/dx(l+1) over a residual connection, for row n. */
static void through_weights(bp_reference *r, size_t l, size_t n) {
    size_t width = r->network->width[l], next = r->network->width[l + 1];
    const double *w = r->parameters + r->network->weight_offset[l + 1];
    const double *ds_next = r->ds[l + 1] + n * next;
    for (size_t j = 0; j < width; j++) {
        double sum = r->network->residual[l + 1] ? r->dx[l + 1][n * next + j] : 0;
        for (size_t i = 0; i < next; i++) {
            sum += w[j * next + i] * ds_next[i];
        }
        r->dx[l][n * width + j] = sum;
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

/* dl/dgamma(l) = sum_n dl/du(l) . z(l); dl/dbeta(l) = sum_n dl/du(l). */
static void normalization_gradient(bp_reference *r, size_t l) {
    size_t width = r->network->width[l];
    double *dgamma = r->gradient + r->network->gamma_offset[l];
    double *dbeta = r->gradient + r->network->beta_offset[l];
    for (size_t i = 0; i < width; i++) {
        dgamma[i] = dbeta[i] = 0;
        for (size_t n = 0; n < r->rows; n++) {
            dgamma[i] += r->du[l][n * width + i] * r->z[l][n * width + i];
            dbeta[i] += r->du[l][n * width + i];
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
        for (size_t l = L; l >= 1; l--) {
            if (l < L) {
                through_weights(reference, l, n);
                through_activation(reference, l, n);
            }
            if (reference->network->layer_norm[l]) {
                through_normalization(reference, l, n);
            }
        }
    }
    for (size_t l = 1; l <= L; l++) {
        parameter_gradient(reference, l);
        if (reference->network->layer_norm[l]) {
            normalization_gradient(reference, l);
        }
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

static bool allocate_normalization(bp_reference *r, size_t l) {
    size_t row_bytes = r->network->width[l] * sizeof(double);
    r->inverse_deviation[l] = calloc(r->rows, sizeof(double));
    r->z[l] = calloc(r->rows, row_bytes);
    r->u[l] = calloc(r->rows, row_bytes);
    r->du[l] = calloc(r->rows, row_bytes);
    return r->inverse_deviation[l] && r->z[l] && r->u[l] && r->du[l];
}

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
        r->u[l] = r->s[l];
        r->du[l] = r->ds[l];
        complete = complete && (!network->layer_norm[l] || allocate_normalization(r, l));
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
        if (reference->u[l] != reference->s[l]) {
            free(reference->u[l]);
            free(reference->du[l]);
        }
        free(reference->inverse_deviation[l]);
        free(reference->z[l]);
        free(reference->x[l]);
        free(reference->s[l]);
        free(reference->dx[l]);
        free(reference->ds[l]);
    }
    free(reference->parameters);
    free(reference->gradient);
    free(reference);
}
