#include "estimate.h"

#include <math.h>

#include "optimizer_rule.h"
#include "phases.h"
#include "train_plan.h"
#include "trainer_inside.h"
#include "validation_interval.h"

/* What is told from. */
typedef struct asked {
    const bp_snapshot *start;
    const bp_dataset *data;
    const bp_train_options *options;
    bp_train_plan plan;
    bp_split split; /* its rows are gone, its counts stay */
    size_t workers;
} asked;

/* --- memory --------------------------------------------------------------------------------- */

static bool weighs_rows(const asked *a) {
    const bp_loss_weighting *weighting = &a->options->loss_weighting;
    return weighting->balanced || weighting->classes != NULL || a->data->weight != NULL;
}

/* Of the data set's rows, and of those held out. */
static size_t row_bytes(const asked *a) {
    const bp_split_options *validation = &a->options->validation;
    const bool classes = a->start->classes.count > 0;
    size_t bytes = (2 * a->split.training + a->split.validation) * sizeof(uint32_t);
    bytes += classes ? a->data->rows * sizeof(int32_t) : 0;
    bytes += weighs_rows(a) ? a->data->rows * sizeof(float) : 0;
    if (classes && validation->kind == BP_SPLIT_DATASET) {
        bytes += validation->held_out->rows * sizeof(int32_t);
    }
    return bytes;
}

static void count_bytes(bp_estimate *out, const asked *a) {
    const bp_network *network = &a->start->network;
    const bp_train_plan *plan = &a->plan;
    const bp_phases_size phases =
        bp_phases_measure(a->options, network, plan->part_rows, a->workers);
    const size_t vector = network->storage_count * sizeof(float);
    const size_t states = plan->states + (plan->moves_itself ? bp_lbfgs_vectors(&plan->lbfgs) : 0);
    bp_estimate_bytes *bytes = &out->bytes;
    *bytes = (bp_estimate_bytes){
        .weights = bp_snapshot_bytes(a->start),
        .gradient = plan->keeps_gradient ? vector + bp_blocks_count(network) * sizeof(double) : 0,
        .optimizer = states * vector,
        .best_weights = plan->keeps_best ? vector : 0,
        .activations = phases.buffer_bytes,
        .workers = phases.crew_bytes + sizeof(bp_trainer),
        .rows = row_bytes(a)};
    bytes->total = bytes->weights + bytes->gradient + bytes->optimizer + bytes->best_weights +
                   bytes->activations + bytes->workers + bytes->rows;
    out->workers = phases.workers;
    out->checkpoint_bytes = vector + bytes->optimizer + bytes->best_weights;
}

/* --- operations ----------------------------------------------------------------------------- */

enum { FLOPS_OF_UPDATE = 2, FLOPS_OF_STATE = 5 };

static double layer_weights(const bp_network *network, size_t l) {
    return (double)network->width[l - 1] * (double)network->width[l];
}

/* Weights of the layers whose forward pass is done again. */
static double weights_again(const asked *a) {
    const bp_network *network = &a->start->network;
    const bool drops = a->options->regularization.dropout > 0;
    const bp_row_request request = {.use = drops ? BP_ROWS_DROPPED : BP_ROWS_BOTH,
                                    .checkpointing = a->options->activation_checkpointing};
    const bp_segments segments = bp_row_buffers_segments(network, &request);
    double weights = 0;
    for (size_t l = 1; l < bp_segments_first(&segments, segments.count - 1); l++) {
        weights += layer_weights(network, l);
    }
    return weights;
}

static void count_flops(bp_estimate_flops *out, const asked *a) {
    const bp_network *network = &a->start->network;
    const double rows = (double)a->plan.batch;
    double weights = 0;
    for (size_t l = 1; l <= network->layer_count; l++) {
        weights += layer_weights(network, l);
    }
    *out = (bp_estimate_flops){
        .forward = 2 * weights * rows,
        .again = 2 * weights_again(a) * rows,
        .backward = (4 * weights - 2 * layer_weights(network, 1)) * rows,
        .update = (double)(FLOPS_OF_UPDATE + FLOPS_OF_STATE * a->plan.states) *
                  (double)network->parameter_count,
    };
}

/* --- steps ---------------------------------------------------------------------------------- */

static uint64_t count_looks(const asked *a) {
    const bp_split_options *o = &a->options->validation;
    const uint64_t epochs = a->options->epochs, every = bp_validation_every_epochs(o);
    if (a->split.validation == 0) {
        return 0;
    }
    const uint64_t steps = bp_validation_every_steps(o, a->split.validation, a->plan.batch);
    return (epochs + every - 1) / every + (steps > 0 ? a->plan.steps / steps : 0);
}

bp_status bp_estimate_make(bp_estimate *out, const bp_snapshot *start, const bp_dataset *data,
                           const bp_train_options *options, size_t workers, bp_error *err) {
    asked a = {.start = start, .data = data, .options = options, .workers = workers};
    bp_status status = bp_train_split(&a.split, &start->recipe, data, options, err);
    if (status != BP_OK) {
        return status;
    }
    a.plan = bp_train_plan_of(options, &a.split);
    *out = (bp_estimate){.parameters = start->network.parameter_count,
                         .training = a.split.training,
                         .validation = a.split.validation,
                         .batch = a.plan.batch,
                         .steps_per_epoch = a.plan.steps_per_epoch,
                         .steps = a.plan.steps,
                         .samples = options->epochs * a.split.training,
                         .looks = count_looks(&a),
                         .repeats = a.plan.moves_itself};
    count_bytes(out, &a);
    count_flops(&out->flops, &a);
    bp_split_clear(&a.split);
    return BP_OK;
}

double bp_estimate_seconds(const bp_estimate *e, const bp_trial *trial) {
    if (trial->steps == 0) {
        return (double)NAN;
    }
    const double rows = (double)trial->batch;
    const double of_row = (trial->step_seconds - trial->update_seconds) / rows;
    const double once = e->flops.forward / (e->flops.forward + e->flops.again);
    const double of_look = trial->forward_seconds / rows * once * (double)e->validation;
    const double updates = (double)e->samples / (double)e->batch * trial->update_seconds;
    return (double)e->samples * of_row + updates + (double)e->looks * of_look;
}
