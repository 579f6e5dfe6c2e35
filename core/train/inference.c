#include "inference.h"

#include <string.h>

#include "memory.h"
#include "metrics.h"
#include "row_pass.h"
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

bp_status bp_predict(const bp_snapshot *model, const bp_kernels *kernels, const float *rows,
                     size_t count, float *outputs, bp_error *err) {
    workspace w;
    bp_status status = workspace_new(&w, &model->network, err);
    if (status != BP_OK) {
        return status;
    }
    const size_t last = model->network.layer_count, width = model->network.width[last];
    bp_row_pass pass = pass_over(model, kernels, &w);
    for (size_t first = 0; first < count; first += TILE_ROWS) {
        size_t n = rows_from(first, count);
        pass.data = rows + first * model->network.width[0];
        bp_row_pass_forward(&pass, 0, n, w.scratch);
        memcpy(outputs + first * width, w.buffers.x[last], n * width * sizeof *outputs);
    }
    workspace_clear(&w);
    return BP_OK;
}

static bp_status check_trained(const bp_snapshot *model, bp_error *err) {
    return model->features.count > 0
               ? BP_OK
               : bp_fail(err, BP_CONFLICT, "/model", "the model has not been trained yet");
}

/* All rows, tile by tile; row i of a tile is row index[i] of the data. */
static void evaluate_tiles(bp_row_pass pass, workspace *w, bp_metrics *metrics, size_t count) {
    uint32_t index[TILE_ROWS];
    pass.index = index;
    for (size_t first = 0; first < count; first += TILE_ROWS) {
        size_t rows = rows_from(first, count);
        for (size_t i = 0; i < rows; i++) {
            index[i] = (uint32_t)(first + i);
        }
        bp_row_pass_forward(&pass, 0, rows, w->scratch);
        bp_metrics_add(metrics, &pass, rows);
    }
}

bp_status bp_evaluate(const bp_snapshot *model, const bp_kernels *kernels, const bp_dataset *data,
                      bp_evaluation *out, bp_error *err) {
    bp_targets targets = {0};
    bp_metrics metrics = {0};
    workspace w = {0};
    bp_encoder *encoder = NULL;
    bp_status status = check_trained(model, err);
    if (status == BP_OK) {
        status = bp_encoder_new(&encoder, model, data, err);
    }
    if (status == BP_OK) {
        status = bp_targets_read(&targets, model, data, err);
    }
    if (status == BP_OK) {
        status = bp_metrics_new(&metrics, &targets, err);
    }
    if (status == BP_OK) {
        status = workspace_new(&w, &model->network, err);
    }
    if (status == BP_OK) {
        bp_row_pass pass = pass_over(model, kernels, &w);
        pass.data = data->x;
        pass.encoder = encoder;
        pass.targets = &targets;
        evaluate_tiles(pass, &w, &metrics, data->rows);
        bp_metrics_read(&metrics, out);
    }
    workspace_clear(&w);
    bp_metrics_clear(&metrics);
    bp_targets_clear(&targets);
    bp_encoder_free(encoder);
    return status;
}
