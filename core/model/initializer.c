#include "initializer.h"

#include <math.h>
#include <string.h>

#include "philox.h"
#include "scalar_math.h"

/* a(r) / b(r), both cubic; coefficients from the highest power down, as in AS 241. */
typedef struct rational {
    float numerator[4], denominator[4];
} rational;

static const rational central = {
    {59.109374720f, 159.29113202f, 50.434271938f, 3.3871327179f},
    {67.187563600f, 78.757757664f, 17.895169469f, 1.0f},
};
static const rational middle = {
    {0.17023821103f, 1.3067284816f, 2.7568153900f, 1.4234372777f},
    {0.0f, 0.12021132975f, 0.73700164250f, 1.0f},
};
static const rational far_tail = {
    {0.017337203997f, 0.42868294337f, 3.0812263860f, 6.6579051150f},
    {0.0f, 0.012258202635f, 0.24197894225f, 1.0f},
};

static float cubic(const float c[4], float r) {
    return fmaf(fmaf(fmaf(c[0], r, c[1]), r, c[2]), r, c[3]);
}

static float evaluate(const rational *f, float r) {
    return cubic(f->numerator, r) / cubic(f->denominator, r);
}

float bp_normal_quantile(float p) {
    float q = p - 0.5f;
    if (fabsf(q) <= 0.425f) {
        return q * evaluate(&central, 0.180625f - q * q);
    }
    float r = sqrtf(-bp_log_scalar(q < 0 ? p : 1.0f - p));
    float tail = r <= 5.0f ? evaluate(&middle, r - 1.6f) : evaluate(&far_tail, r - 5.0f);
    return q < 0 ? -tail : tail;
}

typedef enum distribution { NOTHING, UNIFORM, NORMAL } distribution;

/* Each initializer: its distribution and its variance. */
static const struct {
    distribution shape;
    bool both_fans; /* variance 2 / (fan_in + fan_out), else 2 / fan_in */
} rules[BP_INITIALIZER_COUNT] = {
    [BP_INITIALIZER_HE_UNIFORM] = {UNIFORM, false},
    [BP_INITIALIZER_HE_NORMAL] = {NORMAL, false},
    [BP_INITIALIZER_XAVIER_UNIFORM] = {UNIFORM, true},
    [BP_INITIALIZER_XAVIER_NORMAL] = {NORMAL, true},
    [BP_INITIALIZER_ZEROS] = {NOTHING, false},
};

/* A draw of variance 1. The half keeps the quantile's argument inside (0, 1). */
static float draw(distribution shape, uint32_t word) {
    if (shape == UNIFORM) {
        return (2.0f * bp_random_unit(word) - 1.0f) * 1.73205080757f; /* sqrt(3) */
    }
    return bp_normal_quantile(((float)(word >> 9) + 0.5f) * 0x1p-23f);
}

void bp_initialize_weights(const bp_initial_layer *layer, float *weights) {
    const size_t count = layer->fan_in * layer->fan_out;
    const distribution shape = rules[layer->initializer].shape;
    if (shape == NOTHING) {
        memset(weights, 0, count * sizeof *weights);
        return;
    }
    size_t fans = layer->fan_in + (rules[layer->initializer].both_fans ? layer->fan_out : 0);
    const float deviation = sqrtf(2.0f / (float)fans);
    uint32_t words[4];
    for (size_t e = 0; e < count; e++) {
        if (e % 4 == 0) {
            bp_random_block(layer->seed, BP_STREAM_WEIGHTS, (uint32_t)layer->layer, e / 4, words);
        }
        size_t unit = e / layer->fan_in, input = e % layer->fan_in;
        weights[input * layer->fan_out + unit] = draw(shape, words[e % 4]) * deviation;
    }
}
