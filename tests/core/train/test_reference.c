/* The reference's analytic gradient against central finite differences of its own loss, for every
 * activation, loss and layer count from 1 to 4; and its definitions against numbers done by hand.
 *
 * The bound. With step h the difference quotient (l(w + h) - l(w - h)) / 2h errs by h^2/6 |l'''|
 * (cut off Taylor series) and by about eps l / h (the two losses are rounded, eps = 1.1e-16). Both
 * are least near h = cbrt(eps): with h = 2^-17 they are 1e-11 |l'''| and 1.5e-11 l. Losses here are
 * of order 1 and third derivatives at most of order 10, so 1e-9 bounds the absolute error; it is
 * the relative bound 1e-6 for a derivative of 1e-3, and smaller derivatives are held to 1e-9. */
#include "reference.h"

#include "philox.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const double step = 0x1p-17;
static const double relative_bound = 1e-6, small_derivative = 1e-3;
/* relu's two sides must not mix: every relu layer's |s| is beyond this margin. A step of h on one
 * parameter moves an s by h times the activations and weights on the way: at most 5e-4 here. */
static const double kink_margin = 2e-3;

enum { ROWS = 3, MOST_OUTPUTS = 5 };

/* All different, so that a transposed w or a wrong width cannot go unseen. */
static const size_t widths[] = {4, 6, 3, 7, MOST_OUTPUTS};

typedef struct gradient_case {
    size_t layers;
    bp_activation hidden, output;
    bp_loss loss;
    bp_loss_parameters parameters;
    bool layer_norm, residual; /* of every layer; residual needs equal widths */
    const double *share;       /* [ROWS]; NULL: the mean */
} gradient_case;

typedef struct fixture {
    bp_network network;
    bp_reference *reference;
    double y[ROWS * MOST_OUTPUTS];
    int32_t class_index[ROWS];
    bp_reference_target target;
} fixture;

static void make_network(bp_network *network, const gradient_case *which) {
    const size_t inputs = which->residual ? MOST_OUTPUTS : widths[0];
    bp_model_spec spec = {.inputs = inputs,
                          .layer_count = which->layers,
                          .loss = which->loss,
                          .loss_parameters = which->parameters};
    for (size_t l = 1; l <= which->layers; l++) {
        spec.layers[l - 1] = (bp_layer_spec){
            .units = l < which->layers && !which->residual ? widths[l] : MOST_OUTPUTS,
            .activation = l < which->layers ? which->hidden : which->output,
            .layer_norm = which->layer_norm,
            .residual = which->residual,
        };
    }
    assert_int_equal(bp_network_resolve(network, &spec, inputs, MOST_OUTPUTS, NULL), BP_OK);
}

/* Uniform in [-1, 1). */
static double draw(uint64_t seed, uint32_t what, uint64_t index) {
    uint32_t words[4];
    bp_random_block(seed, BP_STREAM_SAMPLE, what, index, words);
    return 2 * (double)bp_random_unit(words[0]) - 1;
}

static void fill(fixture *f, uint64_t seed) {
    const bp_network *network = &f->network;
    size_t L = network->layer_count;
    for (size_t l = 1; l <= L; l++) {
        size_t weights = network->width[l - 1] * network->width[l];
        for (size_t p = 0; p < weights; p++) {
            f->reference->parameters[network->weight_offset[l] + p] = draw(seed, (uint32_t)l, p);
        }
        for (size_t p = 0; p < network->width[l]; p++) {
            f->reference->parameters[network->bias_offset[l] + p] =
                draw(seed, 100 + (uint32_t)l, p) / 2;
        }
        for (size_t p = 0; network->layer_norm[l] && p < network->width[l]; p++) {
            f->reference->parameters[network->gamma_offset[l] + p] =
                1.25 + draw(seed, 400 + (uint32_t)l, p) / 2;
            f->reference->parameters[network->beta_offset[l] + p] =
                draw(seed, 500 + (uint32_t)l, p) / 2;
        }
    }
    for (size_t i = 0; i < ROWS * network->width[0]; i++) {
        f->reference->x[0][i] = 1.5 * draw(seed, 200, i);
    }
    for (size_t i = 0; i < ROWS * network->width[L]; i++) {
        f->y[i] = draw(seed, 300, i);
    }
    for (size_t n = 0; n < ROWS; n++) {
        f->class_index[n] = (int32_t)((n * 2 + seed) % MOST_OUTPUTS);
    }
}

/* How far s is from the nearest place where the activation's slope jumps. */
static double from_kink(bp_activation activation, double s) {
    switch (activation) {
    case BP_ACTIVATION_RELU:
    case BP_ACTIVATION_LEAKY_RELU:
    case BP_ACTIVATION_ELU: /* its second derivative jumps, which a difference sees too */
    case BP_ACTIVATION_SELU:
        return fabs(s);
    case BP_ACTIVATION_HARD_TANH:
        return fabs(fabs(s) - 1);
    default:
        return INFINITY;
    }
}

/* The same of a loss, of which x is moved: mae, quantile at x = y, huber at delta from it, hinge
 * where t x = 1. */
static double loss_from_kink(const bp_loss_rule *rule, double x, double y) {
    switch (rule->loss) {
    case BP_LOSS_MAE:
    case BP_LOSS_QUANTILE:
        return fabs(x - y);
    case BP_LOSS_HUBER:
        return fabs(fabs(x - y) - (double)rule->parameters.huber_delta);
    case BP_LOSS_HINGE:
        return fabs(1 - (2 * y - 1) * x);
    default:
        return INFINITY;
    }
}

static bool loss_is_clear_of_kinks(const fixture *f) {
    const size_t last = f->network.layer_count;
    for (size_t i = 0; i < ROWS * f->network.width[last]; i++) {
        double from = loss_from_kink(&f->network.loss_rule, f->reference->x[last][i], f->y[i]);
        if (from < kink_margin) {
            return false;
        }
    }
    return true;
}

static bool clear_of_kinks(const fixture *f) {
    for (size_t l = 1; l <= f->network.layer_count; l++) {
        for (size_t i = 0; i < ROWS * f->network.width[l]; i++) {
            if (from_kink(f->network.activation[l], f->reference->u[l][i]) < kink_margin) {
                return false;
            }
        }
    }
    return loss_is_clear_of_kinks(f);
}

/* Draws nets until no relu and no loss is near its kink, and says which it passed over. */
static void set_up(fixture *f, const gradient_case *which) {
    memset(f, 0, sizeof *f);
    make_network(&f->network, which);
    assert_int_equal(bp_reference_new(&f->reference, &f->network, ROWS, NULL), BP_OK);
    f->reference->share = which->share;
    if (which->loss == BP_LOSS_CROSS_ENTROPY) {
        f->target.class_index = f->class_index;
    } else {
        f->target.y = f->y;
    }
    for (uint64_t seed = 1; seed < 100; seed++) {
        fill(f, seed);
        bp_reference_forward(f->reference, f->target);
        if (clear_of_kinks(f)) {
            return;
        }
        printf("seed %d passed over: within %g of a kink\n", (int)seed, kink_margin);
    }
    fail_msg("no seed keeps off the kinks");
}

static double loss_with(fixture *f, size_t p, double value) {
    f->reference->parameters[p] = value;
    bp_reference_forward(f->reference, f->target);
    return f->reference->loss;
}

static double finite_difference(fixture *f, size_t p) {
    double w = f->reference->parameters[p];
    double difference = loss_with(f, p, w + step) - loss_with(f, p, w - step);
    f->reference->parameters[p] = w;
    return difference / (2 * step);
}

static double relative_error(double analytic, double numeric) {
    double size = fmax(small_derivative, fmax(fabs(analytic), fabs(numeric)));
    return fabs(analytic - numeric) / size;
}

/* The largest error over all parameters of layer l. */
static double layer_error(fixture *f, size_t l) {
    double worst = 0;
    for (int k = 0; k < BP_PARAMETER_KINDS; k++) {
        const size_t first = bp_network_offset(&f->network, l, (bp_parameter_kind)k);
        const size_t count = bp_network_count(&f->network, l, (bp_parameter_kind)k);
        for (size_t p = first; p < first + count; p++) {
            double error = relative_error(f->reference->gradient[p], finite_difference(f, p));
            worst = error > worst || isnan(error) ? error : worst;
        }
    }
    return worst;
}

static void check_gradient(const gradient_case *which) {
    fixture f;
    set_up(&f, which);
    bp_reference_backward(f.reference, f.target);
    for (size_t l = 1; l <= which->layers; l++) {
        double error = layer_error(&f, l);
        if (!(error < relative_bound)) {
            fail_msg("%zu layers, hidden %s, output %s, loss %s: layer %zu is off by %g",
                     which->layers, bp_activations.names[which->hidden],
                     bp_activations.names[which->output], bp_losses.names[which->loss], l, error);
        }
    }
    bp_reference_free(f.reference);
}

/* All hidden activations before each output; one layer has no hidden ones. */
static void check_layer_count(size_t layers) {
    int hidden_count = layers == 1 ? 1 : BP_ACTIVATION_SOFTMAX;
    for (int hidden = 0; hidden < hidden_count; hidden++) {
        for (int output = 0; output < BP_ACTIVATION_COUNT; output++) {
            check_gradient(&(gradient_case){
                .layers = layers,
                .hidden = (bp_activation)hidden,
                .output = (bp_activation)output,
                .loss = output == BP_ACTIVATION_SOFTMAX ? BP_LOSS_CROSS_ENTROPY : BP_LOSS_MSE,
            });
        }
    }
}

/* Each loss behind each output that goes with it; poisson's rate stays moderate. */
static void test_gradient_of_every_loss(void **state) {
    (void)state;
    for (int loss = 0; loss < BP_LOSS_COUNT; loss++) {
        bp_activation only;
        const bool needs = bp_loss_output((bp_loss)loss, &only);
        for (int output = 0; output < BP_ACTIVATION_COUNT; output++) {
            if (needs ? output == (int)only : output != BP_ACTIVATION_SOFTMAX) {
                check_gradient(&(gradient_case){.layers = 2,
                                                .hidden = BP_ACTIVATION_TANH,
                                                .output = (bp_activation)output,
                                                .loss = (bp_loss)loss});
            }
        }
    }
}

/* Rows that weigh differently, one of them nothing. */
static void test_gradient_of_weighted_rows(void **state) {
    (void)state;
    static const double share[ROWS] = {0.5, 0, 2};
    for (int loss = 0; loss < BP_LOSS_COUNT; loss++) {
        bp_activation only;
        const bool needs = bp_loss_output((bp_loss)loss, &only);
        check_gradient(&(gradient_case){.layers = 2,
                                        .hidden = BP_ACTIVATION_TANH,
                                        .output = needs ? only : BP_ACTIVATION_LINEAR,
                                        .loss = (bp_loss)loss,
                                        .layer_norm = loss % 2 == 0,
                                        .share = share});
    }
}

/* A row that weighs 3 is three rows, and one that weighs 0 is none. */
static void test_a_weight_is_a_number_of_rows(void **state) {
    (void)state;
    static const double thrice_the_second[ROWS] = {0, 3, 0}, the_second[ROWS] = {0, 1, 0};
    fixture f;
    set_up(&f, &(gradient_case){.layers = 2,
                                .hidden = BP_ACTIVATION_TANH,
                                .output = BP_ACTIVATION_SOFTMAX,
                                .loss = BP_LOSS_CROSS_ENTROPY});
    f.reference->share = thrice_the_second;
    bp_reference_forward(f.reference, f.target);
    bp_reference_backward(f.reference, f.target);
    const double loss = f.reference->loss, *db = f.reference->gradient;
    const double first = db[f.network.bias_offset[1]];
    f.reference->share = the_second;
    bp_reference_forward(f.reference, f.target);
    bp_reference_backward(f.reference, f.target);
    assert_true(loss > 0 && loss == 3 * f.reference->loss);
    assert_float_equal(first, 3 * db[f.network.bias_offset[1]], 1e-12);
    bp_reference_free(f.reference);
}

static void test_gradient_of_losses_with_parameters(void **state) {
    (void)state;
    static const gradient_case cases[] = {
        {.layers = 2,
         .hidden = BP_ACTIVATION_TANH,
         .output = BP_ACTIVATION_LINEAR,
         .loss = BP_LOSS_QUANTILE,
         .parameters = {.quantile = 0.2f}},
        {.layers = 2,
         .hidden = BP_ACTIVATION_TANH,
         .output = BP_ACTIVATION_LINEAR,
         .loss = BP_LOSS_HUBER,
         .parameters = {.huber_delta = 0.3f}},
        {.layers = 2,
         .hidden = BP_ACTIVATION_TANH,
         .output = BP_ACTIVATION_SOFTMAX,
         .loss = BP_LOSS_CROSS_ENTROPY,
         .parameters = {.label_smoothing = 0.3f}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        check_gradient(&cases[i]);
    }
}

/* Every activation before and after the last layer, normalised, under residual connections, both.
 */
static void test_gradient_of_normalized_and_residual_layers(void **state) {
    (void)state;
    for (int a = 0; a < BP_ACTIVATION_SOFTMAX; a++) {
        for (int which = 1; which < 4; which++) {
            gradient_case c = {.layers = 3,
                               .hidden = (bp_activation)a,
                               .output = (bp_activation)a,
                               .loss = BP_LOSS_MSE};
            c.layer_norm = which & 1;
            c.residual = which & 2;
            check_gradient(&c);
            c.residual = false;
            c.output = BP_ACTIVATION_SOFTMAX;
            c.loss = BP_LOSS_CROSS_ENTROPY;
            check_gradient(&c);
            c.output = BP_ACTIVATION_SIGMOID;
            c.loss = BP_LOSS_BINARY_CROSS_ENTROPY;
            check_gradient(&c);
        }
    }
}

/* z is of mean 0 and, but for the 1e-5, of variance 1, whatever s is. */
static void test_a_normalized_row_has_mean_0_and_variance_1(void **state) {
    (void)state;
    fixture f;
    set_up(&f, &(gradient_case){.layers = 2,
                                .hidden = BP_ACTIVATION_TANH,
                                .output = BP_ACTIVATION_LINEAR,
                                .loss = BP_LOSS_MSE,
                                .layer_norm = true});
    for (size_t n = 0; n < ROWS; n++) {
        const size_t width = f.network.width[1];
        double sum = 0, squares = 0;
        for (size_t i = 0; i < width; i++) {
            const double z = f.reference->z[1][n * width + i];
            sum += z;
            squares += z * z;
        }
        assert_float_equal(sum, 0, 1e-12);
        assert_float_equal(squares / (double)width, 1, 1e-3);
    }
    bp_reference_free(f.reference);
}

static void test_gradient_of_1_layer(void **state) {
    (void)state;
    check_layer_count(1);
}

static void test_gradient_of_2_layers(void **state) {
    (void)state;
    check_layer_count(2);
}

static void test_gradient_of_3_layers(void **state) {
    (void)state;
    check_layer_count(3);
}

static void test_gradient_of_4_layers(void **state) {
    (void)state;
    check_layer_count(4);
}

/* The check itself must see an error: one entry off by a part in 10^5. */
static void test_a_wrong_gradient_is_seen(void **state) {
    (void)state;
    fixture f;
    set_up(&f, &(gradient_case){.layers = 2,
                                .hidden = BP_ACTIVATION_TANH,
                                .output = BP_ACTIVATION_SOFTMAX,
                                .loss = BP_LOSS_CROSS_ENTROPY});
    bp_reference_backward(f.reference, f.target);
    double *entry = &f.reference->gradient[f.network.weight_offset[1] + 1];
    assert_true(fabs(*entry) > small_derivative);
    *entry *= 1.00001;
    assert_true(layer_error(&f, 1) > relative_bound);
    bp_reference_free(f.reference);
}

/* --- definitions, done by hand -------------------------------------------------------------- */

/* One linear layer whose weights are 0: x(L) = b. */
static void make_constant(fixture *f, const gradient_case *which, const double *bias) {
    set_up(f, which);
    memset(f->reference->parameters, 0, f->network.storage_count * sizeof(double));
    memcpy(f->reference->parameters + f->network.bias_offset[1], bias,
           MOST_OUTPUTS * sizeof(double));
}

static void test_mse_is_the_mean_over_outputs_and_rows(void **state) {
    (void)state;
    fixture f;
    make_constant(&f,
                  &(gradient_case){.layers = 1,
                                   .hidden = BP_ACTIVATION_LINEAR,
                                   .output = BP_ACTIVATION_LINEAR,
                                   .loss = BP_LOSS_MSE},
                  (double[]){1, 2, 3, 4, 5});
    memset(f.y, 0, sizeof f.y);
    f.y[0] = 3; /* row 0: -2, 2, 3, 4, 5 off the target; rows 1 and 2: 1, 2, 3, 4, 5 */
    bp_reference_forward(f.reference, f.target);
    assert_float_equal(f.reference->loss, (58.0 + 55.0 + 55.0) / (5 * 3), 1e-14);
    bp_reference_backward(f.reference, f.target);
    assert_float_equal(f.reference->dx[1][0], 2.0 * -2 / (5 * 3), 1e-15);
    assert_float_equal(f.reference->dx[1][9], 2.0 * 5 / (5 * 3), 1e-15);
    bp_reference_free(f.reference);
}

static const gradient_case softmax_layer = {.layers = 1,
                                            .hidden = BP_ACTIVATION_LINEAR,
                                            .output = BP_ACTIVATION_SOFTMAX,
                                            .loss = BP_LOSS_CROSS_ENTROPY};

static void test_equal_logits_cost_log_of_the_classes(void **state) {
    (void)state;
    fixture f;
    make_constant(&f, &softmax_layer, (double[]){7, 7, 7, 7, 7});
    bp_reference_forward(f.reference, f.target);
    assert_float_equal(f.reference->loss, log(5), 1e-14);
    bp_reference_backward(f.reference, f.target);
    size_t class_of_row_0 = (size_t)f.class_index[0];
    assert_float_equal(f.reference->dx[1][class_of_row_0], -5.0 / 3, 1e-13);
    assert_float_equal(f.reference->ds[1][class_of_row_0], (0.2 - 1) / 3, 1e-14);
    bp_reference_free(f.reference);
}

static void test_large_logits_do_not_overflow(void **state) {
    (void)state;
    fixture f;
    make_constant(&f, &softmax_layer, (double[]){1000, 0, -1000, 0, 0});
    for (size_t n = 0; n < ROWS; n++) {
        f.class_index[n] = 2;
    }
    bp_reference_forward(f.reference, f.target);
    assert_float_equal(f.reference->loss, 2000, 1e-9);
    bp_reference_backward(f.reference, f.target);
    assert_float_equal(f.reference->ds[1][0], 1.0 / 3, 1e-15);
    assert_float_equal(f.reference->ds[1][2], -1.0 / 3, 1e-15);
    bp_reference_free(f.reference);
}

static void test_a_class_is_a_one_hot_target(void **state) {
    (void)state;
    static const gradient_case cases[] = {
        {.layers = 2,
         .hidden = BP_ACTIVATION_RELU,
         .output = BP_ACTIVATION_SOFTMAX,
         .loss = BP_LOSS_CROSS_ENTROPY},
        {.layers = 2,
         .hidden = BP_ACTIVATION_RELU,
         .output = BP_ACTIVATION_SIGMOID,
         .loss = BP_LOSS_MSE},
    };
    for (size_t c = 0; c < 2; c++) {
        fixture f;
        set_up(&f, &cases[c]);
        f.target = (bp_reference_target){.class_index = f.class_index};
        bp_reference_forward(f.reference, f.target);
        bp_reference_backward(f.reference, f.target);
        double loss = f.reference->loss, ds = f.reference->ds[1][1];

        memset(f.y, 0, sizeof f.y);
        for (size_t n = 0; n < ROWS; n++) {
            f.y[n * MOST_OUTPUTS + (size_t)f.class_index[n]] = 1;
        }
        f.target = (bp_reference_target){.y = f.y};
        bp_reference_forward(f.reference, f.target);
        bp_reference_backward(f.reference, f.target);
        assert_float_equal(f.reference->loss, loss, 1e-14);
        assert_float_equal(f.reference->ds[1][1], ds, 1e-15);
        bp_reference_free(f.reference);
    }
}

/* Five outputs 0, 1, .. 4 against the targets 0, 0, 1, 1, 1 in each row. */
static double loss_of_ramp(bp_loss loss, bp_activation output, bp_loss_parameters parameters) {
    fixture f;
    make_constant(
        &f, &(gradient_case){.layers = 1, .output = output, .loss = loss, .parameters = parameters},
        (double[]){0, 1, 2, 3, 4});
    for (size_t i = 0; i < ROWS * MOST_OUTPUTS; i++) {
        f.y[i] = i % MOST_OUTPUTS > 1;
    }
    bp_reference_forward(f.reference, f.target);
    double result = f.reference->loss;
    bp_reference_free(f.reference);
    return result;
}

static void test_losses_done_by_hand(void **state) {
    (void)state;
    const bp_activation linear = BP_ACTIVATION_LINEAR;
    assert_float_equal(loss_of_ramp(BP_LOSS_QUANTILE, linear, (bp_loss_parameters){0}),
                       (0 + 1 + 1 + 2 + 3) * 0.5 / 5, 1e-15);
    assert_float_equal(
        loss_of_ramp(BP_LOSS_QUANTILE, linear, (bp_loss_parameters){.quantile = 0.75f}),
        (0 + 1 + 1 + 2 + 3) * 0.25 / 5, 1e-15);
    assert_float_equal(loss_of_ramp(BP_LOSS_HUBER, linear, (bp_loss_parameters){.huber_delta = 2}),
                       (0 + 0.5 + 0.5 + 2 + 4) / 5, 1e-15);
    assert_float_equal(loss_of_ramp(BP_LOSS_HINGE, linear, (bp_loss_parameters){0}),
                       (1 + 2 + 0 + 0 + 0) / 5.0, 1e-15);
    double labels = 0;
    for (int i = 0; i < MOST_OUTPUTS; i++) {
        labels -= log(i > 1 ? 1 / (1 + exp(-i)) : 1 - 1 / (1 + exp(-i)));
    }
    assert_float_equal(
        loss_of_ramp(BP_LOSS_BINARY_CROSS_ENTROPY, BP_ACTIVATION_SIGMOID, (bp_loss_parameters){0}),
        labels / 5, 1e-14);
}

static void test_momentum_adds_up(void **state) {
    (void)state;
    fixture f;
    make_constant(&f, &softmax_layer, (double[]){1, 0, 0, 0, 0});
    double *velocity = calloc(f.network.storage_count, sizeof *velocity);
    assert_non_null(velocity);
    size_t b = f.network.bias_offset[1];
    f.reference->gradient[b] = 2;
    bp_reference_update(f.reference, velocity, 0.1, 0.5); /* v = 2, b = 1 - 0.2 */
    assert_float_equal(f.reference->parameters[b], 0.8, 1e-15);
    f.reference->gradient[b] = -4;
    bp_reference_update(f.reference, velocity, 0.1, 0.5); /* v = 1 - 4, b = 0.8 + 0.3 */
    assert_float_equal(velocity[b], -3, 0);
    assert_float_equal(f.reference->parameters[b], 1.1, 1e-15);
    free(velocity);
    bp_reference_free(f.reference);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_gradient_of_every_loss),
        cmocka_unit_test(test_gradient_of_losses_with_parameters),
        cmocka_unit_test(test_gradient_of_weighted_rows),
        cmocka_unit_test(test_a_weight_is_a_number_of_rows),
        cmocka_unit_test(test_gradient_of_normalized_and_residual_layers),
        cmocka_unit_test(test_a_normalized_row_has_mean_0_and_variance_1),
        cmocka_unit_test(test_gradient_of_1_layer),
        cmocka_unit_test(test_gradient_of_2_layers),
        cmocka_unit_test(test_gradient_of_3_layers),
        cmocka_unit_test(test_gradient_of_4_layers),
        cmocka_unit_test(test_a_wrong_gradient_is_seen),
        cmocka_unit_test(test_mse_is_the_mean_over_outputs_and_rows),
        cmocka_unit_test(test_equal_logits_cost_log_of_the_classes),
        cmocka_unit_test(test_large_logits_do_not_overflow),
        cmocka_unit_test(test_a_class_is_a_one_hot_target),
        cmocka_unit_test(test_losses_done_by_hand),
        cmocka_unit_test(test_momentum_adds_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
