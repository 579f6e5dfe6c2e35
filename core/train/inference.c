#include "inference.h"

#include <stdlib.h>
#include <string.h>

#include "memory.h"
#include "targets.h"

enum { TILE_ROWS = 64 };

/* Buffers for one tile, and its scratch. */
typedef struct workspace {
    bp_row_buffers buffers;
    float *scratch;
} workspace;

static void workspace_clear(workspace *w) {
    bp_row_buffers_clear(&w->buffers);
    free(w->scratch);
}

static bp_status workspace_new(workspace *out, const bp_network *network, bp_error *err) {
    workspace w = {0};
    const bp_row_request request = {
        .rows = TILE_ROWS, .tile_rows = TILE_ROWS, .use = BP_ROWS_FORWARD};
    bp_status status = bp_row_buffers_new(&w.buffers, network, &request, err);
    if (status != BP_OK) {
        return status;
    }
    w.scratch = bp_calloc_aligned(w.buffers.scratch_floats, sizeof *w.scratch);
    if (w.scratch == NULL) {
        workspace_clear(&w);
        return bp_fail(err, BP_NO_MEMORY, NULL, "no memory to predict");
    }
    *out = w;
    return BP_OK;
}

static bp_row_pass pass_over(const bp_snapshot *model, const bp_kernels *kernels,
                             const workspace *w) {
    return (bp_row_pass){.kernels = kernels,
                         .network = &model->network,
                         .parameters = model->parameters,
                         .input_mean = model->input_mean,
                         .input_scale = model->input_scale,
                         .buffers = &w->buffers};
}

static size_t rows_from(size_t first, size_t count) {
    return count - first < TILE_ROWS ? count - first : TILE_ROWS;
}

/* From what the network learned to the units of the data. */
static void unscale(const bp_snapshot *model, size_t rows, float *outputs) {
    const size_t width = model->network.width[model->network.layer_count];
    for (size_t i = 0; model->target_scale != NULL && i < rows * width; i++) {
        outputs[i] = outputs[i] / model->target_scale[i % width] + model->target_mean[i % width];
    }
}

/* x(L) of the `count` rows of a pass, whose data or encoder is set, [count, width[L]]. */
static void predict_tiles(bp_row_pass pass, workspace *w, const bp_snapshot *model, size_t count,
                          float *outputs) {
    const size_t last = model->network.layer_count, width = model->network.width[last];
    uint32_t index[TILE_ROWS];
    pass.index = index;
    for (size_t first = 0; first < count; first += TILE_ROWS) {
        const size_t rows = rows_from(first, count);
        for (size_t i = 0; i < rows; i++) {
            index[i] = (uint32_t)(first + i);
        }
        bp_row_pass_forward(&pass, 0, rows, w->scratch);
        memcpy(outputs + first * width, w->buffers.x[last], rows * width * sizeof *outputs);
    }
    unscale(model, count, outputs);
}

bp_status bp_predict(const bp_snapshot *model, const bp_kernels *kernels, const float *rows,
                     size_t count, float *outputs, bp_error *err) {
    workspace w;
    bp_status status = workspace_new(&w, &model->network, err);
    if (status != BP_OK) {
        return status;
    }
    bp_row_pass pass = pass_over(model, kernels, &w);
    pass.data = rows;
    predict_tiles(pass, &w, model, count, outputs);
    workspace_clear(&w);
    return BP_OK;
}

bp_status bp_predict_dataset(const bp_snapshot *model, const bp_kernels *kernels,
                             const bp_dataset *data, float *outputs, bp_error *err) {
    workspace w = {0};
    bp_encoder *encoder = NULL;
    bp_status status = bp_encoder_new(&encoder, model, data, err);
    if (status == BP_OK) {
        status = workspace_new(&w, &model->network, err);
    }
    if (status == BP_OK) {
        bp_row_pass pass = pass_over(model, kernels, &w);
        pass.data = data->x;
        pass.encoder = encoder;
        predict_tiles(pass, &w, model, data->rows, outputs);
    }
    workspace_clear(&w);
    bp_encoder_free(encoder);
    return status;
}

/* --- evaluation ----------------------------------------------------------------------------- */

/* What an evaluation sums, and what it judges by. */
typedef struct evaluation {
    bp_encoder *encoder;
    uint32_t *index; /* [rows] those that take part; NULL: 0, 1, .. */
    size_t rows;
    bp_targets targets;
    bp_metrics metrics;
    bp_report_sums sums;
} evaluation;

static void evaluation_clear(evaluation *e) {
    bp_report_sums_clear(&e->sums);
    bp_metrics_clear(&e->metrics);
    bp_targets_clear(&e->targets);
    bp_encoder_free(e->encoder);
    free(e->index);
}

static bp_status list_rows(evaluation *e, const uint8_t *excluded, size_t rows, bp_error *err) {
    e->index = malloc(rows * sizeof *e->index);
    if (e->index == NULL) {
        return bp_fail(err, BP_NO_MEMORY, NULL, "no memory for the order of %zu rows", rows);
    }
    e->rows = 0;
    for (size_t i = 0; i < rows; i++) {
        e->index[e->rows] = (uint32_t)i;
        e->rows += excluded[i] == 0;
    }
    return e->rows > 0
               ? BP_OK
               : bp_fail(err, BP_INVALID, "/dataset",
                         "a column of every row has no value, and the model leaves such rows out");
}

/* How rows are read, and which. */
static bp_status read_rows(evaluation *e, const bp_snapshot *model, const bp_dataset *data,
                           bp_error *err) {
    uint8_t *excluded = NULL;
    if (model->features.count == 0) {
        return bp_fail(err, BP_CONFLICT, "/model", "the model has not been trained yet");
    }
    bp_status status = bp_encoder_new(&e->encoder, model, data, err);
    if (status == BP_OK) {
        status = bp_encoder_excluded(&excluded, &model->recipe, data, err);
    }
    e->rows = data->rows;
    if (status == BP_OK && excluded != NULL) {
        status = list_rows(e, excluded, data->rows, err);
    }
    free(excluded);
    return status;
}

/* To be cleared, also on failure. */
static bp_status evaluation_begin(evaluation *e, const bp_snapshot *model, const bp_dataset *data,
                                  const bp_evaluation_options *options, bp_error *err) {
    bp_status status = read_rows(e, model, data, err);
    if (status == BP_OK) {
        status = bp_targets_read(&e->targets, model, data, err);
    }
    if (status == BP_OK) {
        status = bp_metrics_new(&e->metrics, &e->targets, err);
    }
    if (status == BP_OK) {
        status = bp_report_sums_new(&e->sums, model, &e->targets, e->rows, options, err);
        e->sums.index = e->index;
    }
    return status;
}

/* All rows, tile by tile; row i of a tile is row index[i] of the data. */
static void evaluate_tiles(bp_row_pass pass, workspace *w, evaluation *e) {
    uint32_t index[TILE_ROWS];
    pass.index = index;
    for (size_t first = 0; first < e->rows; first += TILE_ROWS) {
        size_t rows = rows_from(first, e->rows);
        for (size_t i = 0; i < rows; i++) {
            index[i] = e->index != NULL ? e->index[first + i] : (uint32_t)(first + i);
        }
        bp_row_pass_forward(&pass, 0, rows, w->scratch);
        bp_metrics_add(&e->metrics, &pass, rows);
        bp_report_sums_add(&e->sums, &pass, first, rows);
    }
}

bp_status bp_evaluate(bp_evaluation_report *out, const bp_snapshot *model,
                      const bp_kernels *kernels, const bp_dataset *data,
                      const bp_evaluation_options *options, bp_error *err) {
    evaluation e = {0};
    workspace w = {0};
    bp_status status = evaluation_begin(&e, model, data, options, err);
    if (status == BP_OK) {
        status = workspace_new(&w, &model->network, err);
    }
    if (status == BP_OK) {
        bp_row_pass pass = pass_over(model, kernels, &w);
        pass.data = data->x;
        pass.encoder = e.encoder;
        pass.targets = &e.targets;
        evaluate_tiles(pass, &w, &e);
        status = bp_report_sums_finish(out, &e.sums, &e.metrics, err);
    }
    workspace_clear(&w);
    evaluation_clear(&e);
    return status;
}
