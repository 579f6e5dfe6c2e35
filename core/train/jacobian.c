/* The Jacobian of one point is a backward pass of width[L] rows: row i begins with the i-th unit
 * vector in place of dl/dx(L), and all share the point's activations. */
#include "jacobian.h"

#include <stdlib.h>
#include <string.h>

#include "memory.h"
#include "row_pass.h"

typedef struct walk {
    const bp_snapshot *model;
    const bp_kernels *kernels;
    size_t outputs;
    bp_row_buffers point; /* x(0)..x(L) of one row, and what sigma' is written in */
    float *pass_scratch;
    float *d, *d_next; /* [outputs, the widest layer] */
    float *point_row;  /* [width[0]] raw, for a point between two rows */
} walk;

static void walk_clear(walk *w) {
    bp_row_buffers_clear(&w->point);
    free(w->pass_scratch);
    free(w->d);
    free(w->d_next);
    free(w->point_row);
}

static bp_status walk_new(walk *out, const bp_instances *instances, bp_error *err) {
    const bp_network *network = &instances->model->network;
    walk w = {.model = instances->model, .kernels = instances->kernels};
    w.outputs = network->width[network->layer_count];
    const bp_row_request request = {.rows = 1, .tile_rows = 1, .use = BP_ROWS_BOTH};
    bp_status status = bp_row_buffers_new(&w.point, network, &request, err);
    if (status != BP_OK) {
        return status;
    }
    const size_t widest = w.point.scratch_floats / 2;
    w.pass_scratch = bp_calloc_aligned(w.point.scratch_floats, sizeof(float));
    w.d = bp_calloc_aligned(w.outputs, widest * sizeof(float));
    w.d_next = bp_calloc_aligned(w.outputs, widest * sizeof(float));
    w.point_row = bp_calloc_aligned(network->width[0], sizeof(float));
    if (!w.pass_scratch || !w.d || !w.d_next || !w.point_row) {
        walk_clear(&w);
        return bp_fail(err, BP_NO_MEMORY, NULL, "no memory for the Jacobian of %zu outputs",
                       w.outputs);
    }
    *out = w;
    return BP_OK;
}

static void forward(walk *w, const float *row) {
    const bp_row_pass pass = {.kernels = w->kernels,
                              .network = &w->model->network,
                              .parameters = w->model->parameters,
                              .input_mean = w->model->input_mean,
                              .input_scale = w->model->input_scale,
                              .data = row,
                              .buffers = &w->point};
    bp_row_pass_forward(&pass, 0, 1, w->pass_scratch);
}

/* dx_i/ds_k = x_i ([i = k] - x_k), into d [outputs, outputs]. */
static void softmax_slopes(size_t outputs, const float *x, float *d) {
    for (size_t i = 0; i < outputs; i++) {
        for (size_t k = 0; k < outputs; k++) {
            d[i * outputs + k] = x[i] * ((i == k ? 1.0f : 0.0f) - x[k]);
        }
    }
}

/* d <- the derivative by s(l), [outputs, width[l]]; d_next <- that by x(l), where it goes on over a
 * residual connection. All rows share the point's activations. */
static void through_units(walk *w, size_t l) {
    const bp_network *network = &w->model->network;
    const size_t width = network->width[l];
    const bp_chain_step step = {w->kernels, network, w->model->parameters, 1};
    const bp_layer_trace trace = bp_row_buffers_trace(&w->point, l, 0);
    if (network->residual[l]) {
        memcpy(w->d_next, w->d, w->outputs * width * sizeof *w->d);
    }
    for (size_t i = 0; i < w->outputs; i++) {
        float *d = w->d + i * width;
        bp_chain_through_units(&step, l, &trace, d, d, d);
    }
}

/* What an output of 1 is in the units of the data. */
static float unit_of(const bp_snapshot *model, size_t output) {
    return model->target_scale != NULL ? 1.0f / model->target_scale[output] : 1.0f;
}

static void start_at_output(walk *w) {
    const size_t last = w->model->network.layer_count;
    if (w->model->network.activation[last] == BP_ACTIVATION_SOFTMAX) {
        softmax_slopes(w->outputs, w->point.x[last], w->d); /* by u(L): softmax passes it on */
        return;
    }
    memset(w->d, 0, w->outputs * w->outputs * sizeof *w->d);
    for (size_t i = 0; i < w->outputs; i++) {
        w->d[i * w->outputs + i] = unit_of(w->model, i);
    }
}

/* d <- the Jacobian by the raw input at `row`, [outputs, width[0]]. */
static void jacobian_at(walk *w, const float *row) {
    const bp_network *network = &w->model->network;
    const bp_chain_step step = {.kernels = w->kernels,
                                .network = network,
                                .parameters = w->model->parameters,
                                .rows = w->outputs};
    forward(w, row);
    start_at_output(w);
    for (size_t l = network->layer_count; l >= 1; l--) {
        through_units(w, l);
        bp_chain_through_weights(&step, l - 1, w->d, NULL, w->d_next);
        float *swapped = w->d;
        w->d = w->d_next;
        w->d_next = swapped;
    }
    for (size_t i = 0; i < w->outputs * network->width[0]; i++) {
        w->d[i] *= w->model->input_scale[i % network->width[0]];
    }
}

bp_status bp_jacobian(const bp_instances *instances, float *out, bp_error *err) {
    walk w;
    bp_status status = walk_new(&w, instances, err);
    if (status != BP_OK) {
        return status;
    }
    const size_t inputs = w.model->network.width[0], each = w.outputs * inputs;
    for (size_t n = 0; n < instances->count; n++) {
        jacobian_at(&w, instances->rows + n * inputs);
        memcpy(out + n * each, w.d, each * sizeof *out);
    }
    walk_clear(&w);
    return BP_OK;
}

/* --- integrated gradients ------------------------------------------------------------------- */

/* sum <- the Jacobians at the middles of equal pieces of the way to `row`, added up. */
static void add_up_the_way(walk *w, const float *row, const bp_attribution_options *way,
                           double *sum) {
    const size_t inputs = w->model->network.width[0], each = w->outputs * inputs;
    memset(sum, 0, each * sizeof *sum);
    for (size_t m = 0; m < way->steps; m++) {
        const float alpha = ((float)m + 0.5f) / (float)way->steps;
        for (size_t j = 0; j < inputs; j++) {
            w->point_row[j] = way->baseline[j] + alpha * (row[j] - way->baseline[j]);
        }
        jacobian_at(w, w->point_row);
        for (size_t i = 0; i < each; i++) {
            sum[i] += (double)w->d[i];
        }
    }
}

/* error <- -(x(L)(row) - x(L)(baseline)) */
static void start_completeness(walk *w, const float *row, const float *baseline, double *error) {
    const float *output = w->point.x[w->model->network.layer_count];
    forward(w, baseline);
    for (size_t i = 0; i < w->outputs; i++) {
        error[i] = (double)output[i] * (double)unit_of(w->model, i);
    }
    forward(w, row);
    for (size_t i = 0; i < w->outputs; i++) {
        error[i] -= (double)output[i] * (double)unit_of(w->model, i);
    }
}

/* One row: `out` at its place, `sum` [outputs, inputs] for use. */
static void attribute(walk *w, const float *row, const bp_attribution_options *way,
                      bp_attributions out, double *sum) {
    const size_t inputs = w->model->network.width[0];
    start_completeness(w, row, way->baseline, out.completeness_error);
    add_up_the_way(w, row, way, sum);
    for (size_t i = 0; i < w->outputs * inputs; i++) {
        const size_t j = i % inputs;
        const double distance = (double)row[j] - (double)way->baseline[j];
        const double owed = distance * (sum[i] / (double)way->steps);
        out.value[i] = (float)owed;
        out.completeness_error[i / inputs] += owed;
    }
}

bp_status bp_integrated_gradients(const bp_attributions *out, const bp_instances *instances,
                                  const bp_attribution_options *options, bp_error *err) {
    walk w;
    bp_status status = walk_new(&w, instances, err);
    if (status != BP_OK) {
        return status;
    }
    const size_t inputs = w.model->network.width[0], each = w.outputs * inputs;
    bp_attribution_options way = *options;
    way.baseline = way.baseline != NULL ? way.baseline : w.model->input_mean;
    double *sum = calloc(each, sizeof *sum);
    if (sum == NULL) {
        walk_clear(&w);
        return bp_fail(err, BP_NO_MEMORY, NULL, "no memory for %zu attributions", each);
    }
    for (size_t n = 0; n < instances->count; n++) {
        bp_attributions of_row = {out->value + n * each, out->completeness_error + n * w.outputs};
        attribute(&w, instances->rows + n * inputs, &way, of_row, sum);
    }
    free(sum);
    walk_clear(&w);
    return BP_OK;
}
