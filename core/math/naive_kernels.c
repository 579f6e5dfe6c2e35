/* The definitions of the arithmetic as loops over single numbers. Slow on purpose, and independent
 * of the vector forms: what these loops compute is what every table must compute, bit for bit. */
#include "kernels_internal.h"
#include "naive_activation.h"
#include "naive_gradient.h"
#include "naive_loss.h"
#include "naive_normalization.h"
#include "naive_optimizer.h"
#include "naive_sum.h"
#include "scalar_math.h"

static float chain_start(const bp_product *p, size_t i, size_t j) {
    switch (p->start) {
    case BP_START_BIAS:
        return p->bias[j];
    case BP_START_C:
        return p->c[i * p->c_row + j];
    default:
        return 0.0f;
    }
}

static float chain_end(const bp_product *p, size_t i, size_t j, float sum) {
    switch (p->end) {
    case BP_END_RELU:
        return naive_sigma(BP_ACTIVATION_RELU, sum);
    case BP_END_GATE:
        return naive_sigma_backward(BP_ACTIVATION_RELU, p->gate[i * p->c_row + j], sum);
    default:
        return sum;
    }
}

static void naive_product(const bp_product *p) {
    const size_t b_row = p->b_turned ? 1 : p->b_row, b_column = p->b_turned ? p->b_row : 1;
    for (size_t i = 0; i < p->m; i++) {
        for (size_t j = 0; j < p->n; j++) {
            float sum = chain_start(p, i, j);
            for (size_t k = 0; k < p->depth; k++) {
                sum =
                    fmaf(p->a[i * p->a_row + k * p->a_column], p->b[k * b_row + j * b_column], sum);
            }
            p->c[i * p->c_row + j] = chain_end(p, i, j, sum);
        }
    }
}

static void naive_column_sums(size_t rows, size_t width, const float *a, size_t a_row,
                              bp_start start, float *out) {
    for (size_t j = 0; j < width; j++) {
        float sum = start == BP_START_C ? out[j] : 0.0f;
        for (size_t i = 0; i < rows; i++) {
            sum += a[i * a_row + j];
        }
        out[j] = sum;
    }
}

static void naive_activate(bp_activation activation, size_t count, const float *s, float *x) {
    for (size_t i = 0; i < count; i++) {
        x[i] = naive_sigma(activation, s[i]);
    }
}

static void naive_activate_backward(bp_activation activation, size_t count, const float *kept,
                                    const float *dx, float *ds) {
    for (size_t i = 0; i < count; i++) {
        ds[i] = naive_sigma_backward(activation, kept[i], dx[i]);
    }
}

static float row_max(size_t width, const float *s) {
    float most = s[0];
    for (size_t j = 1; j < width; j++) {
        most = s[j] > most ? s[j] : most;
    }
    return most;
}

/* s <- softmax(s); returns log sum_j e^(s_j - max). */
static float softmax_row(size_t width, float *s) {
    const float most = row_max(width, s);
    float chain[CHAINS] = {0};
    for (size_t j = 0; j < width; j++) {
        s[j] = bp_exp_scalar(s[j] - most);
        chain[j % CHAINS] += s[j];
    }
    float sum = join(chain);
    for (size_t j = 0; j < width; j++) {
        s[j] = s[j] / sum;
    }
    return bp_log_scalar(sum);
}

static void naive_softmax(size_t rows, size_t width, float *s) {
    for (size_t i = 0; i < rows; i++) {
        softmax_row(width, s + i * width);
    }
}

/* sum_j y_j (s_j - most), y = eps / K, and 1 - eps more for the class. Without smoothing the other
 * classes have no part in it. */
static float target_row(size_t width, const float *s, size_t class, float smoothing) {
    const float most = row_max(width, s), other = smoothing / (float)width;
    float chain[CHAINS] = {0};
    for (size_t j = 0; j < width; j++) {
        chain[j % CHAINS] += s[j] - most;
    }
    return other > 0 ? fmaf(1.0f - smoothing, s[class] - most, other * join(chain))
                     : s[class] - most;
}

static void naive_cross_entropy(const bp_loss_rule *rule, const bp_output_rows *rows,
                                const int32_t *class_index) {
    const float smoothing = rule->parameters.label_smoothing;
    const float other = smoothing / (float)rows->width, own = (1.0f - smoothing) + other;
    for (size_t i = 0; i < rows->rows; i++) {
        float *x = rows->x + i * rows->width;
        size_t class = (size_t)class_index[i];
        float of_target = target_row(rows->width, x, class, smoothing);
        rows->loss[i] = softmax_row(rows->width, x) - of_target;
        for (size_t j = 0; rows->d != NULL && j < rows->width; j++) {
            float error = x[j] - (j == class ? own : other);
            rows->d[i * rows->width + j] = error * rows->scale;
        }
    }
}

static void naive_mean_loss(const bp_loss_rule *rule, const bp_output_rows *rows, const float *y) {
    const float factor = rule->loss == BP_LOSS_MSE ? 2.0f : 1.0f;
    const float slope = factor / (float)rows->width * rows->scale;
    for (size_t i = 0; i < rows->rows; i++) {
        float chain[CHAINS] = {0};
        for (size_t j = 0; j < rows->width; j++) {
            size_t at = i * rows->width + j;
            float d = naive_loss_term(rule, &rows->x[at], y[at], &chain[j % CHAINS]);
            if (rows->d != NULL) {
                rows->d[at] = d * slope;
            }
        }
        rows->loss[i] = join(chain) / (float)rows->width;
    }
}

static void naive_gather(const bp_gather *g) {
    for (size_t i = 0; i < g->rows; i++) {
        size_t row = g->index != NULL ? g->index[i] : i;
        for (size_t j = 0; j < g->width; j++) {
            g->out[i * g->width + j] = (g->x[row * g->width + j] - g->mean[j]) * g->scale[j];
        }
    }
}

static void naive_scale(size_t count, float factor, float *a) {
    for (size_t i = 0; i < count; i++) {
        a[i] = a[i] * factor;
    }
}

static void drop_subnormal(float *state) {
    *state = fabsf(*state) < BP_LEAST_NORMAL ? 0 : *state;
}

static void naive_optimize(const bp_parameter_step *step) {
    static const bp_naive_step steps[BP_OPTIMIZER_COUNT] = {
        [BP_OPTIMIZER_SGD] = naive_sgd,           [BP_OPTIMIZER_NESTEROV] = naive_nesterov,
        [BP_OPTIMIZER_RMSPROP] = naive_rmsprop,   [BP_OPTIMIZER_ADAGRAD] = naive_adagrad,
        [BP_OPTIMIZER_ADADELTA] = naive_adadelta, [BP_OPTIMIZER_ADAM] = naive_adam,
        [BP_OPTIMIZER_ADAMW] = naive_adamw,       [BP_OPTIMIZER_NADAM] = naive_nadam,
        [BP_OPTIMIZER_LION] = naive_lion,         [BP_OPTIMIZER_RPROP] = naive_rprop,
    };
#define X(name, wire, count, formula) count,
    static const int states[] = {BP_OPTIMIZER_TABLE(X)};
#undef X
    for (size_t i = 0; i < step->count; i++) {
        float g = naive_shape(step->rule, step->gradient[i], step->weight[i]);
        g = fmaf(step->rule->decay, step->weight[i], g);
        float *second = states[step->rule->optimizer] > 1 ? &step->state[1][i] : NULL;
        steps[step->rule->optimizer](step->rule, g, &step->state[0][i], second, &step->weight[i]);
        drop_subnormal(&step->state[0][i]);
        if (second != NULL) {
            drop_subnormal(second);
        }
    }
}

static void naive_drop(const bp_dropout *d) {
    bp_random_run run = d->run;
    for (size_t i = 0; i < d->count; i++, run.first++) {
        uint32_t word;
        bp_random_words(&run, 1, &word);
        d->out[i] = word >= d->threshold ? d->a[i] * d->scale : 0;
    }
}

static void naive_add_noise(const bp_random_run *run, float deviation, size_t count, float *a) {
    bp_random_run one = *run;
    for (size_t i = 0; i < count; i++, one.first++) {
        uint32_t word;
        bp_random_words(&one, 1, &word);
        a[i] = fmaf(deviation, bp_normal_of_word(word), a[i]);
    }
}

const bp_kernels bp_kernels_naive = {
    .name = "naive",
    .product = naive_product,
    .column_sums = naive_column_sums,
    .activate = naive_activate,
    .activate_backward = naive_activate_backward,
    .cross_entropy = naive_cross_entropy,
    .mean_loss = naive_mean_loss,
    .softmax = naive_softmax,
    .gather = naive_gather,
    .transpose = bp_transpose,
    .scale = naive_scale,
    .clamp = naive_clamp,
    .add_scaled = naive_add_scaled,
    .dot = naive_dot,
    .limit_norms = naive_limit_norms,
    .normalize = naive_normalize,
    .normalize_backward = naive_normalize_backward,
    .column_dots = naive_column_dots,
    .optimize = naive_optimize,
    .random_words = bp_random_words,
    .drop = naive_drop,
    .add_noise = naive_add_noise,
};
