#include "initializer.h"

#include <math.h>

#include "orthogonal.h"
#include "philox.h"
#include "scalar_math.h"

typedef enum distribution { SAME, UNIFORM, NORMAL, ORTHONORMAL } distribution;

/* Each initializer: its distribution and its variance. SAME has one value and none. */
static const struct {
    distribution shape;
    float numerator; /* variance numerator / fan_in */
    bool both_fans;  /* or numerator / (fan_in + fan_out) */
} rules[BP_INITIALIZER_COUNT] = {
    [BP_INITIALIZER_HE_UNIFORM] = {UNIFORM, 2, false},
    [BP_INITIALIZER_HE_NORMAL] = {NORMAL, 2, false},
    [BP_INITIALIZER_XAVIER_UNIFORM] = {UNIFORM, 2, true},
    [BP_INITIALIZER_XAVIER_NORMAL] = {NORMAL, 2, true},
    [BP_INITIALIZER_ZEROS] = {SAME, 0, false},
    [BP_INITIALIZER_LECUN_UNIFORM] = {UNIFORM, 1, false},
    [BP_INITIALIZER_LECUN_NORMAL] = {NORMAL, 1, false},
    [BP_INITIALIZER_ORTHOGONAL] = {ORTHONORMAL, 0, false},
    [BP_INITIALIZER_CONSTANT] = {SAME, 0, false},
};

/* Uniform in [-1, 1). */
static float draw_symmetric(uint32_t word) {
    return 2.0f * bp_random_unit(word) - 1.0f;
}

/* A draw of variance 1. */
static float draw(distribution shape, uint32_t word) {
    if (shape == UNIFORM) {
        return draw_symmetric(word) * 1.73205080757f; /* sqrt(3) */
    }
    return bp_normal_of_word(word);
}

static void fill(float *values, size_t count, float value) {
    for (size_t i = 0; i < count; i++) {
        values[i] = value;
    }
}

/* Independent draws times `deviation`. */
static void draw_weights(const bp_initial_layer *layer, distribution shape, float deviation,
                         float *weights) {
    const size_t count = layer->fan_in * layer->fan_out;
    uint32_t words[4];
    for (size_t e = 0; e < count; e++) {
        if (e % 4 == 0) {
            bp_random_block(layer->spec->seed, BP_STREAM_WEIGHTS, (uint32_t)layer->layer, e / 4,
                            words);
        }
        size_t unit = e / layer->fan_in, input = e % layer->fan_in;
        weights[input * layer->fan_out + unit] = draw(shape, words[e % 4]) * deviation;
    }
}

bp_status bp_initialize_weights(const bp_initial_layer *layer, float *weights, bp_error *err) {
    const bp_initializer initializer = layer->spec->initializer;
    const distribution shape = rules[initializer].shape;
    switch (shape) {
    case SAME:
        fill(weights, layer->fan_in * layer->fan_out,
             initializer == BP_INITIALIZER_CONSTANT ? layer->spec->initializer_value : 0);
        return BP_OK;
    case ORTHONORMAL:
        draw_weights(layer, NORMAL, 1, weights);
        return bp_orthonormalize(layer->fan_in, layer->fan_out, weights, err);
    case UNIFORM:
    case NORMAL:
        break;
    }
    size_t fans = layer->fan_in + (rules[initializer].both_fans ? layer->fan_out : 0);
    draw_weights(layer, shape, sqrtf(rules[initializer].numerator / (float)fans), weights);
    return BP_OK;
}

void bp_initialize_biases(const bp_initial_layer *layer, float *biases) {
    const bp_model_spec *spec = layer->spec;
    if (spec->bias_initializer != BP_BIAS_INITIALIZER_UNIFORM) {
        bool constant = spec->bias_initializer == BP_BIAS_INITIALIZER_CONSTANT;
        fill(biases, layer->fan_out, constant ? spec->bias_value : 0);
        return;
    }
    const float bound = 1.0f / sqrtf((float)layer->fan_in);
    uint32_t words[4];
    for (size_t unit = 0; unit < layer->fan_out; unit++) {
        if (unit % 4 == 0) {
            bp_random_block(spec->seed, BP_STREAM_BIASES, (uint32_t)layer->layer, unit / 4, words);
        }
        biases[unit] = draw_symmetric(words[unit % 4]) * bound;
    }
}
