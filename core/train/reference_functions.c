#include "reference_functions.h"

#include <math.h>

/* --- activations ---------------------------------------------------------------------------- */

static const double leak = 0.01;
static const double selu_lambda = 1.05070098735548049342, selu_alpha = 1.67326324235437728482;

static double linear(double s) {
    return s;
}

static double linear_slope(double s, double x) {
    (void)s;
    (void)x;
    return 1;
}

static double relu(double s) {
    return s > 0 ? s : 0;
}

/* At the kink, s = 0, the slope is taken as 0. */
static double relu_slope(double s, double x) {
    (void)x;
    return s > 0 ? 1 : 0;
}

static double tanh_slope(double s, double x) {
    (void)s;
    return 1 - x * x;
}

static double sigmoid(double s) {
    return 1 / (1 + exp(-s));
}

static double sigmoid_slope(double s, double x) {
    (void)s;
    return x * (1 - x);
}

static double leaky_relu(double s) {
    return s > 0 ? s : leak * s;
}

static double leaky_relu_slope(double s, double x) {
    (void)x;
    return s > 0 ? 1 : leak;
}

static double elu(double s) {
    return s > 0 ? s : expm1(s);
}

static double elu_slope(double s, double x) {
    return s > 0 ? 1 : x + 1;
}

static double selu(double s) {
    return selu_lambda * (s > 0 ? s : selu_alpha * expm1(s));
}

static double selu_slope(double s, double x) {
    return s > 0 ? selu_lambda : x + selu_lambda * selu_alpha;
}

static double softplus(double s) {
    return (s > 0 ? s : 0) + log1p(exp(-fabs(s)));
}

static double softplus_slope(double s, double x) {
    (void)x;
    return sigmoid(s);
}

static double hard_tanh(double s) {
    return s < -1 ? -1 : s > 1 ? 1 : s;
}

static double hard_tanh_slope(double s, double x) {
    (void)x;
    return fabs(s) < 1 ? 1 : 0;
}

static double normal_distribution(double s) {
    return erfc(-s * sqrt(0.5)) / 2;
}

static double gelu(double s) {
    return s * normal_distribution(s);
}

static double gelu_slope(double s, double x) {
    (void)x;
    return normal_distribution(s) + s * exp(-s * s / 2) / sqrt(2 * 3.14159265358979323846);
}

static double silu(double s) {
    return s * sigmoid(s);
}

static double silu_slope(double s, double x) {
    return sigmoid(s) + x * (1 - sigmoid(s));
}

const bp_reference_activation bp_reference_activations[BP_ACTIVATION_COUNT] = {
    [BP_ACTIVATION_LINEAR] = {linear, linear_slope},
    [BP_ACTIVATION_RELU] = {relu, relu_slope},
    [BP_ACTIVATION_TANH] = {tanh, tanh_slope},
    [BP_ACTIVATION_SIGMOID] = {sigmoid, sigmoid_slope},
    [BP_ACTIVATION_LEAKY_RELU] = {leaky_relu, leaky_relu_slope},
    [BP_ACTIVATION_ELU] = {elu, elu_slope},
    [BP_ACTIVATION_SELU] = {selu, selu_slope},
    [BP_ACTIVATION_SOFTPLUS] = {softplus, softplus_slope},
    [BP_ACTIVATION_HARD_TANH] = {hard_tanh, hard_tanh_slope},
    [BP_ACTIVATION_GELU] = {gelu, gelu_slope},
    [BP_ACTIVATION_SILU] = {silu, silu_slope},
};

/* --- losses --------------------------------------------------------------------------------- */

typedef bp_loss_parameters given;

static double square(const given *p, double x, double y) {
    (void)p;
    return (x - y) * (x - y);
}

static double square_slope(const given *p, double x, double y) {
    (void)p;
    return 2 * (x - y);
}

static double absolute(const given *p, double x, double y) {
    (void)p;
    return fabs(x - y);
}

static double absolute_slope(const given *p, double x, double y) {
    (void)p;
    return x > y ? 1 : x < y ? -1 : 0;
}

static double huber(const given *p, double x, double y) {
    const double e = fabs(x - y), delta = (double)p->huber_delta;
    return e <= delta ? e * e / 2 : delta * (e - delta / 2);
}

static double huber_slope(const given *p, double x, double y) {
    const double delta = (double)p->huber_delta;
    return fabs(x - y) <= delta ? x - y : delta * absolute_slope(p, x, y);
}

static double poisson(const given *p, double x, double y) {
    (void)p;
    return exp(x) - y * x;
}

static double poisson_slope(const given *p, double x, double y) {
    (void)p;
    return exp(x) - y;
}

static double quantile(const given *p, double x, double y) {
    const double tau = (double)p->quantile;
    return y > x ? tau * (y - x) : (1 - tau) * (x - y);
}

static double quantile_slope(const given *p, double x, double y) {
    const double tau = (double)p->quantile;
    return y > x ? -tau : y < x ? 1 - tau : 0;
}

static double binary_cross_entropy(const given *p, double s, double y) {
    (void)p;
    return (s > 0 ? s - y * s : -y * s) + log1p(exp(-fabs(s)));
}

static double binary_cross_entropy_slope(const given *p, double s, double y) {
    (void)p;
    return sigmoid(s) - y;
}

static double hinge(const given *p, double x, double y) {
    (void)p;
    return fmax(0, 1 - (2 * y - 1) * x);
}

static double hinge_slope(const given *p, double x, double y) {
    (void)p;
    const double t = 2 * y - 1;
    return 1 - t * x > 0 ? -t : 0;
}

/* The losses that are means over the outputs of a row; cross_entropy is not. */
const bp_reference_loss bp_reference_losses[BP_LOSS_COUNT] = {
    [BP_LOSS_MSE] = {square, square_slope},
    [BP_LOSS_MAE] = {absolute, absolute_slope},
    [BP_LOSS_HUBER] = {huber, huber_slope},
    [BP_LOSS_POISSON] = {poisson, poisson_slope},
    [BP_LOSS_QUANTILE] = {quantile, quantile_slope},
    [BP_LOSS_BINARY_CROSS_ENTROPY] = {binary_cross_entropy, binary_cross_entropy_slope},
    [BP_LOSS_HINGE] = {hinge, hinge_slope},
};
