#include "random_model.h"

#include <math.h>
#include <stdlib.h>

#include "philox.h"

enum { SCALING = 1000, ROWS, TARGETS, NORMALIZATION }; /* what a number is for; below: a layer */

float bp_random_number(uint64_t seed, uint32_t what, uint64_t index) {
    uint32_t words[4];
    bp_random_block(seed, BP_STREAM_SAMPLE, what, index, words);
    return 2 * bp_random_unit(words[0]) - 1;
}

static void *need(void *memory) {
    if (memory == NULL) {
        abort();
    }
    return memory;
}

static void fill_layer(bp_snapshot *model, size_t l, uint64_t seed) {
    const bp_network *network = &model->network;
    const size_t in = network->width[l - 1], units = network->width[l];
    float *w = model->parameters + network->weight_offset[l];
    float *b = model->parameters + network->bias_offset[l];
    const float size = sqrtf(3.0f / (float)in);
    for (size_t i = 0; i < in * units; i++) {
        w[i] = size * bp_random_number(seed, (uint32_t)l, i);
    }
    for (size_t i = 0; i < units; i++) {
        b[i] = bp_random_number(seed, (uint32_t)l, in * units + i) / 2;
    }
    float *gamma = model->parameters + network->gamma_offset[l];
    float *beta = model->parameters + network->beta_offset[l];
    for (size_t i = 0; network->layer_norm[l] && i < units; i++) {
        gamma[i] = 1.25f + bp_random_number(seed, NORMALIZATION + (uint32_t)l, 2 * i) / 2;
        beta[i] = bp_random_number(seed, NORMALIZATION + (uint32_t)l, 2 * i + 1) / 2;
    }
}

static void fill_rows(bp_random_model *m, uint64_t seed) {
    const bp_network *network = &m->snapshot->network;
    const size_t in = network->width[0], outputs = network->width[network->layer_count];
    for (size_t i = 0; i < in; i++) {
        m->snapshot->input_mean[i] = 3 * bp_random_number(seed, SCALING, 2 * i);
        m->snapshot->input_scale[i] = 1.5f + bp_random_number(seed, SCALING, 2 * i + 1);
    }
    for (size_t i = 0; i < m->count * in; i++) {
        m->rows[i] = m->snapshot->input_mean[i % in] + bp_random_number(seed, ROWS, i);
    }
    for (size_t n = 0; n < m->count; n++) {
        m->class_index[n] = (int32_t)((n * 7 + seed) % outputs);
    }
    for (size_t i = 0; i < m->count * outputs; i++) {
        const float y = bp_random_number(seed, TARGETS, i);
        m->y[i] = bp_loss_takes_labels(network->loss_rule.loss) ? (y > 0 ? 1.0f : 0.0f) : y;
    }
}

void bp_random_model_make(bp_random_model *out, const bp_model_spec *spec, size_t count,
                          uint64_t seed) {
    const size_t outputs = spec->layers[spec->layer_count - 1].units;
    bp_network network;
    *out = (bp_random_model){.count = count};
    if (bp_network_resolve(&network, spec, spec->inputs, outputs, NULL) != BP_OK ||
        bp_snapshot_new(&out->snapshot, spec, &network, NULL) != BP_OK) {
        abort();
    }
    out->rows = need(calloc(count * spec->inputs, sizeof *out->rows));
    out->y = need(calloc(count * outputs, sizeof *out->y));
    out->class_index = need(calloc(count, sizeof *out->class_index));
    for (size_t l = 1; l <= network.layer_count; l++) {
        fill_layer(out->snapshot, l, seed);
    }
    fill_rows(out, seed);
    const bool classes = spec->loss == BP_LOSS_CROSS_ENTROPY;
    out->targets = (bp_targets){.width = outputs,
                                .y = classes ? NULL : out->y,
                                .class_index = classes ? out->class_index : NULL};
}

void bp_random_model_clear(bp_random_model *model) {
    bp_snapshot_unref(model->snapshot);
    free(model->rows);
    free(model->y);
    free(model->class_index);
}
