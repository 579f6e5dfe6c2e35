/* The table of kernels.h on vectors: this one source is compiled once for each instruction set. */
#include <stdbool.h>

#include "kernels_internal.h"
#include "scalar_math.h"
#include "vector_math.h"
#include "vector_product.h"

enum { CHAINS = 16, PARTS = CHAINS / VL }; /* the interleaved sum's chains, in vectors */

static void vector_column_sums(size_t rows, size_t width, const float *a, size_t a_row,
                               bp_start start, float *out) {
    for (size_t j = 0; j < width; j += VL) {
        size_t lanes = width - j < VL ? width - j : VL;
        vf sum = start == BP_START_C ? vf_load_lanes(out + j, lanes) : (vf){0};
        for (size_t i = 0; i < rows; i++) {
            sum += vf_load_lanes(a + i * a_row + j, lanes);
        }
        vf_store_lanes(out + j, sum, lanes);
    }
}

/* --- activations ---------------------------------------------------------------------------- */

BP_INLINE vf vf_relu(vf s) {
    return vf_select(s > 0.0f, s, (vf){0});
}

BP_INLINE vf relu_backward(vf x, vf dx) {
    return vf_select(x > 0.0f, dx, (vf){0});
}
BP_INLINE vf tanh_backward(vf x, vf dx) {
    return dx * vf_fma(-x, x, vf_set(1.0f));
}
BP_INLINE vf sigmoid_backward(vf x, vf dx) {
    return dx * (x * (1.0f - x));
}

#define FORWARD(name)                                                                              \
    static void forward_##name(size_t count, float *s) {                                           \
        for (size_t i = 0; i < count; i += VL) {                                                   \
            size_t lanes = count - i < VL ? count - i : VL;                                        \
            vf_store_lanes(s + i, vf_##name(vf_load_lanes(s + i, lanes)), lanes);                  \
        }                                                                                          \
    }
#define BACKWARD(name)                                                                             \
    static void backward_##name(size_t count, const float *x, const float *dx, float *ds) {        \
        for (size_t i = 0; i < count; i += VL) {                                                   \
            size_t lanes = count - i < VL ? count - i : VL;                                        \
            vf d = name##_backward(vf_load_lanes(x + i, lanes), vf_load_lanes(dx + i, lanes));     \
            vf_store_lanes(ds + i, d, lanes);                                                      \
        }                                                                                          \
    }
FORWARD(relu)
FORWARD(tanh)
FORWARD(sigmoid)
BACKWARD(relu)
BACKWARD(tanh)
BACKWARD(sigmoid)

static void (*const forward[BP_ACTIVATION_COUNT])(size_t, float *) = {
    [BP_ACTIVATION_RELU] = forward_relu,
    [BP_ACTIVATION_TANH] = forward_tanh,
    [BP_ACTIVATION_SIGMOID] = forward_sigmoid,
};
static void (*const backward[BP_ACTIVATION_COUNT])(size_t, const float *, const float *,
                                                   float *) = {
    [BP_ACTIVATION_RELU] = backward_relu,
    [BP_ACTIVATION_TANH] = backward_tanh,
    [BP_ACTIVATION_SIGMOID] = backward_sigmoid,
};

static void vector_activate(bp_activation activation, size_t count, float *s) {
    if (forward[activation] != NULL) {
        forward[activation](count, s);
    }
}

static void vector_activate_backward(bp_activation activation, size_t count, const float *x,
                                     const float *dx, float *ds) {
    if (backward[activation] != NULL) {
        backward[activation](count, x, dx, ds);
    } else if (ds != dx) {
        memcpy(ds, dx, count * sizeof *ds);
    }
}

/* --- the output layer ----------------------------------------------------------------------- */

/* Joins the 16 interleaved chains by halving. */
BP_INLINE float join_chains(const vf *part) {
    float chain[CHAINS];
    memcpy(chain, part, sizeof chain);
    for (int half = CHAINS / 2; half >= 1; half /= 2) {
        for (int i = 0; i < half; i++) {
            chain[i] += chain[i + half];
        }
    }
    return chain[0];
}

static float row_max(size_t width, const float *s) {
    float most = s[0];
    for (size_t j = 1; j < width; j++) {
        most = s[j] > most ? s[j] : most;
    }
    return most;
}

/* s <- e^(s - most); returns the interleaved sum. */
static float exponentiate(size_t width, float most, float *s) {
    vf part[PARTS] = {{0}};
    for (size_t j = 0; j < width; j += VL) {
        size_t lanes = width - j < VL ? width - j : VL;
        vf e = vf_exp(vf_load_lanes(s + j, lanes) - most);
        vf_store_lanes(s + j, e, lanes);
        part[j / VL % PARTS] += lanes == VL ? e : vf_load_part(s + j, lanes);
    }
    return join_chains(part);
}

static void divide(size_t width, float by, float *s) {
    for (size_t j = 0; j < width; j += VL) {
        size_t lanes = width - j < VL ? width - j : VL;
        vf_store_lanes(s + j, vf_load_lanes(s + j, lanes) / by, lanes);
    }
}

static void vector_softmax(size_t rows, size_t width, float *s) {
    for (size_t i = 0; i < rows; i++, s += width) {
        divide(width, exponentiate(width, row_max(width, s), s), s);
    }
}

/* d = p * scale, but (p - 1) * scale at `class` */
static void probability_error(size_t width, const float *p, size_t class, float scale, float *d) {
    for (size_t j = 0; j < width; j += VL) {
        size_t lanes = width - j < VL ? width - j : VL;
        vf_store_lanes(d + j, vf_load_lanes(p + j, lanes) * scale, lanes);
    }
    d[class] = (p[class] - 1.0f) * scale;
}

static void vector_cross_entropy(const bp_output_rows *rows, const int32_t *class_index) {
    for (size_t i = 0; i < rows->rows; i++) {
        float *s = rows->x + i * rows->width;
        size_t class = (size_t)class_index[i];
        float most = row_max(rows->width, s), above = s[class] - most;
        float sum = exponentiate(rows->width, most, s);
        rows->loss[i] = bp_log_scalar(sum) - above;
        divide(rows->width, sum, s);
        if (rows->d != NULL) {
            probability_error(rows->width, s, class, rows->scale, rows->d + i * rows->width);
        }
    }
}

static void vector_mse(const bp_output_rows *rows, const float *y) {
    const size_t width = rows->width;
    const float slope = 2.0f / (float)width * rows->scale;
    for (size_t i = 0; i < rows->rows; i++) {
        const float *x = rows->x + i * width, *target = y + i * width;
        vf part[PARTS] = {{0}};
        for (size_t j = 0; j < width; j += VL) {
            size_t lanes = width - j < VL ? width - j : VL;
            vf difference = vf_load_lanes(x + j, lanes) - vf_load_lanes(target + j, lanes);
            vf *sum = &part[j / VL % PARTS];
            *sum = vf_fma(difference, difference, *sum);
            if (rows->d != NULL) {
                vf_store_lanes(rows->d + i * width + j, difference * slope, lanes);
            }
        }
        rows->loss[i] = join_chains(part) / (float)width;
    }
}

/* --- rows and parameters -------------------------------------------------------------------- */

static void vector_gather(const bp_gather *g) {
    for (size_t i = 0; i < g->rows; i++) {
        const float *x = g->x + (g->index != NULL ? g->index[i] : i) * g->width;
        float *out = g->out + i * g->width;
        for (size_t j = 0; j < g->width; j += VL) {
            size_t lanes = g->width - j < VL ? g->width - j : VL;
            vf centred = vf_load_lanes(x + j, lanes) - vf_load_lanes(g->mean + j, lanes);
            vf_store_lanes(out + j, centred * vf_load_lanes(g->scale + j, lanes), lanes);
        }
    }
}

static void vector_scale(size_t count, float factor, float *a) {
    for (size_t i = 0; i < count; i += VL) {
        size_t lanes = count - i < VL ? count - i : VL;
        vf_store_lanes(a + i, vf_load_lanes(a + i, lanes) * factor, lanes);
    }
}

static void vector_momentum(const bp_momentum *u) {
    const vf mu = vf_set(u->momentum), minus_eta = vf_set(-u->learning_rate);
    for (size_t i = 0; i < u->count; i += VL) {
        size_t lanes = u->count - i < VL ? u->count - i : VL;
        vf v = vf_fma(mu, vf_load_lanes(u->velocity + i, lanes),
                      vf_load_lanes(u->gradient + i, lanes));
        vf w = vf_fma(minus_eta, v, vf_load_lanes(u->weight + i, lanes));
        vf_store_lanes(u->velocity + i, v, lanes);
        vf_store_lanes(u->weight + i, w, lanes);
    }
}

const bp_kernels BP_TABLE = {
    .name = BP_ISA_NAME,
    .product = vector_product,
    .column_sums = vector_column_sums,
    .activate = vector_activate,
    .activate_backward = vector_activate_backward,
    .cross_entropy = vector_cross_entropy,
    .mse = vector_mse,
    .softmax = vector_softmax,
    .gather = vector_gather,
    .scale = vector_scale,
    .momentum = vector_momentum,
};
