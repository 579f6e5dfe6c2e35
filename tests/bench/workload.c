#include "workload.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench_options.h"
#include "made_dataset.h"
#include "philox.h"

/* "64", or "64x9" for nine layers of 64. */
static void read_layers(bp_model_spec *spec, char *piece) {
    char *times = strchr(piece, 'x');
    size_t count = 1;
    if (times != NULL) {
        *times = '\0';
        count = bench_size(times + 1, BP_MAX_LAYERS);
    }
    size_t units = bench_size(piece, BP_MAX_UNITS);
    while (count-- > 0 && spec->layer_count < BP_MAX_LAYERS) {
        spec->layers[spec->layer_count++] =
            (bp_layer_spec){.units = units, .activation = BP_ACTIVATION_RELU};
    }
}

/* "64-128-10": inputs, then the layers. */
static void read_net(bp_workload *load) {
    char text[BENCH_MAX_NET_TEXT];
    snprintf(text, sizeof text, "%s", load->text);
    bp_model_spec *spec = &load->spec;
    *spec = (bp_model_spec){.initializer = BP_INITIALIZER_HE_UNIFORM,
                            .preprocessing = BP_PREPROCESSING_NONE,
                            .seed = 1};
    for (char *piece = strtok(text, "-"); piece != NULL; piece = strtok(NULL, "-")) {
        if (spec->inputs == 0) {
            spec->inputs = bench_size(piece, BP_MAX_UNITS);
        } else {
            read_layers(spec, piece);
        }
    }
    if (spec->layer_count == 0) {
        bench_stop("a net has at least two sizes", load->text);
    }
    bp_layer_spec *last = &spec->layers[spec->layer_count - 1];
    last->activation = last->units == 1 ? BP_ACTIVATION_LINEAR : BP_ACTIVATION_SOFTMAX;
    spec->loss = last->units == 1 ? BP_LOSS_MSE : BP_LOSS_CROSS_ENTROPY;
}

static void count_flops(bp_workload *load) {
    const bp_model_spec *spec = &load->spec;
    double first = (double)spec->inputs * (double)spec->layers[0].units;
    size_t in = spec->inputs;
    load->weights = 0;
    for (size_t l = 0; l < spec->layer_count; l++) {
        load->weights += (double)in * (double)spec->layers[l].units;
        in = spec->layers[l].units;
    }
    load->flops_per_sample = 4 * load->weights + 2 * (load->weights - first);
}

static bp_dataset *make_data(const bp_model_spec *spec, size_t rows) {
    size_t outputs = spec->layers[spec->layer_count - 1].units;
    bool classes = spec->loss == BP_LOSS_CROSS_ENTROPY;
    float *x = calloc(rows * spec->inputs, sizeof *x);
    float *y = calloc(rows, sizeof *y);
    int32_t *class_index = calloc(rows, sizeof *class_index);
    if (x == NULL || y == NULL || class_index == NULL) {
        bench_stop("data", "out of memory");
    }
    uint32_t words[4];
    for (size_t i = 0; i < rows * spec->inputs; i++) {
        if (i % 4 == 0) {
            bp_random_block(1, BP_STREAM_SAMPLE, 0, i / 4, words);
        }
        x[i] = bp_random_unit(words[i % 4]);
    }
    for (size_t n = 0; n < rows; n++) {
        bp_random_block(1, BP_STREAM_SAMPLE, 1, n, words);
        y[n] = bp_random_unit(words[0]);
        class_index[n] = (int32_t)(words[1] % outputs);
    }
    bp_made_table table = {.rows = rows, .features = spec->inputs, .targets = 1, .x = x};
    if (classes) {
        table.classes = outputs;
        table.class_index = class_index;
    } else {
        table.y = y;
    }
    bp_dataset *data = NULL;
    bp_error err = {0};
    if (bp_made_dataset(&data, &table, &err) != BP_OK) {
        bench_stop("data", err.message);
    }
    free(x);
    free(y);
    free(class_index);
    return data;
}

void bp_workload_make(bp_workload *out, const char *text, size_t rows) {
    *out = (bp_workload){.text = text};
    read_net(out);
    count_flops(out);
    out->data = make_data(&out->spec, rows);
}

void bp_workload_clear(bp_workload *load) {
    bp_dataset_unref(load->data);
    *load = (bp_workload){0};
}

bp_trainer *bp_workload_trainer(const bp_workload *load, const bp_train_options *settings,
                                bp_train_place place) {
    bp_snapshot *start = NULL;
    bp_trainer *trainer = NULL;
    bp_error err = {0};
    if (bp_train_bind(&start, &load->spec, NULL, load->data, settings, &err) != BP_OK ||
        bp_trainer_new(&trainer, start, load->data, settings, place, &err) != BP_OK) {
        bench_stop(load->text, err.message);
    }
    bp_snapshot_unref(start); /* as the server does: the trainer holds what it needs */
    return trainer;
}
