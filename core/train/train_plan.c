#include "train_plan.h"

#include "optimizer_rule.h"

/* A minibatch of more rows than this is taken in parts where its gradient has a buffer: the same
 * chains, so the same bits, with the activations of one part. */
enum { MOST_PART_ROWS = 1024 };

static size_t least(size_t a, size_t b) {
    return a < b ? a : b;
}

bp_train_plan bp_train_plan_of(const bp_train_options *o, const bp_split *split) {
    const size_t training = split->training;
    const bool full = bp_optimizer_is_full_batch(o->optimizer);
    const size_t batch = full ? training : least(o->batch_size, training);
    const uint64_t steps = (training + batch - 1) / batch;
    bp_train_plan plan = {
        .batch = batch,
        .steps_per_epoch = steps,
        .steps = steps * o->epochs,
        .update = bp_update_plan_of(o, full && batch > MOST_PART_ROWS),
        .states = bp_optimizer_states(o),
        .keeps_best = bp_early_stopping_keeps_best(&o->early_stopping, split->validation > 0),
        .moves_itself = o->optimizer == BP_OPTIMIZER_LBFGS,
        .lbfgs = {.history = (size_t)o->history, .tolerance = (double)o->tolerance},
    };
    plan.keeps_gradient = plan.update.buffered;
    plan.part_rows = plan.update.buffered ? least(batch, MOST_PART_ROWS) : batch;
    return plan;
}
