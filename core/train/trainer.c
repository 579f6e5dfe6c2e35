#include "trainer.h"

#include <math.h>
#include <string.h>

#include "fingerprint.h"
#include "memory.h"
#include "philox.h"
#include "train_plan.h"
#include "trainer_inside.h"
#include "validation_interval.h"

static size_t least(size_t a, size_t b) {
    return a < b ? a : b;
}

static bp_row_pass row_pass(const bp_trainer *t, const uint32_t *index, size_t rows) {
    return (bp_row_pass){.kernels = t->kernels,
                         .network = &t->model->network,
                         .parameters = t->model->parameters,
                         .input_mean = t->model->input_mean,
                         .input_scale = t->model->input_scale,
                         .data = t->data->x,
                         .encoder = t->encoder,
                         .index = index,
                         .targets = &t->targets,
                         .buffers = &t->phases.buffers,
                         .scale = t->options.loss_weighting.reduction == BP_BATCH_REDUCTION_SUM
                                      ? 1.0f
                                      : 1.0f / (float)rows};
}

/* --- a step --------------------------------------------------------------------------------- */

static bool shuffles(const bp_trainer *t) {
    return t->options.shuffle && !bp_optimizer_is_full_batch(t->options.optimizer);
}

/* Of the running epoch. */
static void make_order(bp_trainer *t) {
    const size_t count = t->split.training;
    memcpy(t->order, t->split.rows, count * sizeof *t->order);
    if (shuffles(t)) {
        const bp_random_run run = {t->options.seed, BP_STREAM_SHUFFLE, t->progress.epoch, 0};
        bp_random_shuffle(&run, t->kernels->random_words, count, t->order);
        bp_read_ahead_begin(t->ahead, t->order, count);
    }
}

static void begin_epoch(bp_trainer *t) {
    if (shuffles(t) || t->progress.epoch == 0) {
        make_order(t);
    }
    t->epoch_sum = 0;
}

/* A shuffled epoch that has yet to begin makes its order then. */
void bp_trainer_find_order(bp_trainer *t) {
    if (t->progress.step % t->progress.steps_per_epoch != 0 || !shuffles(t)) {
        make_order(t);
    }
}

static bp_update begin_update(bp_trainer *t) {
    return (bp_update){.kernels = t->kernels,
                       .network = &t->model->network,
                       .blocks = t->phases.blocks,
                       .block_count = t->phases.block_count,
                       .buffers = &t->phases.buffers,
                       .rule = bp_optimizer_next(&t->clock, &t->options, t->progress.learning_rate),
                       .clipping = t->options.gradient_clipping,
                       .max_norm = t->options.regularization.max_norm,
                       .parameters = t->model->parameters,
                       .gradient = t->gradient,
                       .squares = t->squares,
                       .gradient_norm = NAN,
                       .state = {t->state[0], t->state[1]}};
}

static bp_noise step_noise(const bp_trainer *t) {
    const bp_regularization *r = &t->options.regularization;
    return (bp_noise){.seed = t->options.seed,
                      .step = t->progress.step,
                      .dropout = r->dropout,
                      .input_dropout = r->input_dropout,
                      .input_noise = r->input_noise};
}

/* Who failed: the step before, which left weights that are not finite, or one of the tensors of
 * this one, on `rows` rows from `first` on. */
static void find_divergence(bp_trainer *t, size_t first, size_t rows, bool reduced) {
    bp_divergence *out = &t->divergence;
    const bp_network *network = &t->model->network;
    const bool before = bp_divergence_in_parameters(out, network, t->model->parameters);
    const uint64_t index = t->progress.step - (before && t->progress.step > 0);
    out->step = index + 1;
    out->epoch = index / t->progress.steps_per_epoch + 1;
    if (!before) {
        const bp_noise noise = step_noise(t);
        bp_row_pass pass = row_pass(t, t->order + first, rows);
        pass.noise = bp_noise_is_asked(&t->options.regularization) ? &noise : NULL;
        pass.weights = t->weights;
        bp_divergence_in_rows(out, &(bp_divergence_of){.pass = &pass,
                                                       .rows = rows,
                                                       .gradient = reduced ? t->gradient : NULL});
    }
}

/* `reduced`: as far as there is a buffer of the whole gradient, it is filled. */
static bp_status diverged(bp_trainer *t, const char *what, size_t first, size_t rows, bool reduced,
                          bp_error *err) {
    find_divergence(t, first, rows, reduced);
    return bp_fail(err, BP_DIVERGED, NULL,
                   "the %s is not finite in epoch %llu, step %llu; the first that was not is %s in "
                   "epoch %llu, step %llu; a smaller learning rate may help",
                   what, (unsigned long long)t->progress.epoch + 1,
                   (unsigned long long)t->progress.step + 1, t->divergence.tensor,
                   (unsigned long long)t->divergence.epoch, (unsigned long long)t->divergence.step);
}

/* Rows and the first stage of the update, part by part and, in each, from the last segment (mostly
 * the only one) to the first; adds the losses to *sum. False: they are not finite, and the stage,
 * which may change weights, is not run. */
static bool run_parts(bp_trainer *t, bp_update *update, size_t first, size_t rows, double *sum) {
    const size_t most = t->phases.buffers.rows;
    bp_noise noise = step_noise(t);
    for (size_t done = 0; done < rows; done += update->rows) {
        update->rows = least(most, rows - done);
        update->goes_on = done > 0;
        bp_row_pass pass = row_pass(t, t->order + first + done, rows);
        noise.first_row = done;
        pass.noise = bp_noise_is_asked(&t->options.regularization) ? &noise : NULL;
        pass.weights = t->weights;
        for (size_t i = t->phases.buffers.segments.count; i-- > 0;) {
            pass.segment = i;
            bp_phases_rows(&t->phases, &pass, update->rows, t->plan.plain ? update : NULL, sum);
            if (!isfinite(*sum)) {
                return false;
            }
            bp_phases_first_stage(&t->phases, update, t->plan.stage[0], i);
        }
    }
    return true;
}

/* The stages after that. False: the gradient is not finite. */
static bool run_stages(bp_trainer *t, bp_update *update) {
    for (size_t i = 1; i < t->plan.count; i++) {
        if (!bp_phases_stage(&t->phases, update, t->plan.stage[i])) {
            return false;
        }
    }
    return true;
}

/* What lbfgs minimises: the mean or the sum of the training rows' losses, and the penalty. */
static bp_objective_value evaluate_objective(void *context) {
    bp_trainer *t = context;
    const size_t rows = t->split.training;
    double sum = 0;
    if (run_parts(t, &t->objective, 0, rows, &sum)) {
        run_stages(t, &t->objective);
    }
    const double loss = sum / (double)rows;
    const bool summed = t->options.loss_weighting.reduction == BP_BATCH_REDUCTION_SUM;
    return (bp_objective_value){.value = (summed ? sum : loss) + t->objective.penalty,
                                .loss = loss};
}

static void count_step(bp_trainer *t, size_t rows, double sum) {
    bp_train_progress *progress = &t->progress;
    const size_t training = t->split.training;
    t->epoch_sum += sum;
    progress->step++;
    progress->batch_loss = sum / (double)rows;
    uint64_t steps = (progress->step - 1) % progress->steps_per_epoch + 1;
    bool ended = steps == progress->steps_per_epoch;
    if (ended || progress->epoch == 0) {
        size_t seen = ended ? training : (size_t)steps * t->batch;
        progress->epoch_loss = t->epoch_sum / (double)seen;
    }
    progress->epoch += ended;
}

/* Loss and metrics of the present weights on the held-out rows; no row or class is weighted. */
static void validate(bp_trainer *t, bp_evaluation *out) {
    const uint32_t *held_out = t->split.rows + t->split.training;
    bp_metrics_reset(&t->metrics);
    const size_t most = t->phases.buffers.rows;
    for (size_t first = 0; first < t->split.validation; first += most) {
        size_t rows = least(most, t->split.validation - first);
        bp_row_pass pass = row_pass(t, held_out + first, rows);
        if (t->held_out.data != NULL) {
            pass.data = t->held_out.data->x;
            pass.encoder = t->held_out.encoder;
        }
        pass.targets = t->metrics.targets;
        bp_phases_evaluate(&t->phases, &pass, rows);
        bp_metrics_add(&t->metrics, &pass, rows);
    }
    bp_metrics_read(&t->metrics, out);
}

static const bp_evaluation no_evaluation = {.loss = NAN, .accuracy = NAN, .r2 = NAN};

static bp_epoch_end end_of(const bp_trainer *t, bool looked) {
    return (bp_epoch_end){.epoch = t->progress.epoch,
                          .train_loss = t->progress.epoch_loss,
                          .validation = t->progress.validation,
                          .skipped = !looked && t->split.validation > 0};
}

static void end_epoch(bp_trainer *t) {
    bp_train_progress *progress = &t->progress;
    const bool looks =
        bp_validation_is_due(&t->options.validation, progress->epoch, bp_trainer_done(t));
    bp_read_ahead_end(t->ahead);
    progress->validation = no_evaluation;
    if (looks) {
        validate(t, &progress->validation);
    }
    const bp_epoch_end end = end_of(t, looks);
    bp_rate_end_epoch(&t->rate, &end);
    bool spent = bp_best_weights_note(&t->best, &end, t->model->parameters);
    progress->best = t->best.best;
    progress->stopped_early = spent && !bp_trainer_done(t);
    if (progress->stopped_early && !looks) { /* for the training loss */
        validate(t, &progress->validation);
    }
}

void bp_trainer_look_back(bp_trainer *t) {
    bp_train_progress *progress = &t->progress;
    const bool ended = progress->step > 0 && progress->step == t->steps_total;
    if (!ended || progress->validation.rows > 0 || t->split.validation == 0) {
        return;
    }
    validate(t, &progress->validation);
    const bp_monitor metric = bp_early_stopping_monitor(&t->options.early_stopping, true);
    if (metric != BP_MONITOR_TRAIN_LOSS) { /* that has been noted */
        const bp_epoch_end end = end_of(t, true);
        /* Whether the patience is at its end makes no difference now. */
        (void)bp_best_weights_note(&t->best, &end, t->model->parameters);
        progress->best = t->best.best;
    }
}

/* After a step, and after its epoch's end where it has one. */
static void observe(bp_trainer *t) {
    bp_train_progress *progress = &t->progress;
    const uint64_t every = progress->validation_every_steps;
    if (every == 0 || progress->step % every != 0) {
        return;
    }
    const size_t steps = (size_t)((progress->step - 1) % progress->steps_per_epoch + 1);
    const size_t seen = least(steps * t->batch, t->split.training);
    bp_observation *out = &progress->observation;
    bp_stopwatch_stop(&t->phases.stopwatch);
    out->step = progress->step;
    out->train_loss = t->epoch_sum / (double)seen;
    if (steps == progress->steps_per_epoch && progress->validation.rows > 0) {
        out->validation = progress->validation;
    } else {
        validate(t, &out->validation);
    }
}

static bp_status step_minibatch(bp_trainer *t, size_t first, size_t rows, bp_error *err) {
    const bp_optimizer_clock before = t->clock;
    bp_update update = begin_update(t);
    double sum = 0;
    bp_read_ahead_move(t->ahead, first);
    const bool finite = run_parts(t, &update, first, rows, &sum);
    if (!finite || !run_stages(t, &update)) {
        t->clock = before;
        return diverged(t, finite ? "gradient" : "loss", first, rows, finite, err);
    }
    t->progress.grad_norm = update.gradient_norm;
    t->progress.samples_seen += rows;
    count_step(t, rows, sum);
    return BP_OK;
}

static bp_status iterate(bp_trainer *t, bp_error *err) {
    const size_t rows = t->split.training;
    const bp_optimizer_clock before = t->clock;
    bp_lbfgs_report report;
    t->objective = begin_update(t);
    if (!bp_lbfgs_iterate(t->lbfgs, (double)t->objective.rule.rate, &report)) {
        t->clock = before;
        return diverged(t, "loss or its gradient", 0, rows, true, err);
    }
    t->progress.grad_norm = report.gradient_norm;
    t->progress.converged = report.converged;
    t->progress.samples_seen += report.evaluations * rows;
    count_step(t, rows, report.loss * (double)rows);
    return BP_OK;
}

bp_status bp_trainer_step(bp_trainer *t, bp_error *err) {
    if (bp_trainer_done(t)) {
        return bp_fail(err, BP_INVALID, NULL, "training is over");
    }
    size_t in_epoch = (size_t)(t->progress.step % t->progress.steps_per_epoch);
    bp_stopwatch_begin_step(&t->phases.stopwatch);
    if (in_epoch == 0) {
        begin_epoch(t);
        bp_stopwatch_charge(&t->phases.stopwatch, BP_PART_GATHER);
    }
    if (in_epoch == 0 || t->rate_is_due || t->options.schedule.per == BP_PER_STEP) {
        t->progress.learning_rate = bp_rate_of_step(&t->rate, t->progress.step);
        t->rate_is_due = false;
    }
    const size_t first = in_epoch * t->batch, rows = least(t->batch, t->split.training - first);
    bp_status status = t->lbfgs != NULL ? iterate(t, err) : step_minibatch(t, first, rows, err);
    if (status != BP_OK) {
        return status;
    }
    bp_stopwatch_end_step(&t->phases.stopwatch);
    if (t->progress.step % t->progress.steps_per_epoch == 0) {
        bp_stopwatch_stop(&t->phases.stopwatch);
        end_epoch(t);
    }
    observe(t);
    return BP_OK;
}

/* --- construction --------------------------------------------------------------------------- */

static bool allocate_floats(float **out, size_t count) {
    *out = bp_calloc_aligned(count, sizeof **out);
    return *out != NULL;
}

static bp_status allocate(bp_trainer *t, const bp_train_plan *plan, const bp_train_place *place,
                          bp_error *err) {
    const bp_network *network = &t->model->network;
    bp_status status =
        bp_phases_init(&t->phases, place, &t->options, network, plan->part_rows, err);
    if (status != BP_OK) {
        return status;
    }
    t->order = bp_calloc_aligned(t->split.training, sizeof *t->order);
    bool complete = t->order != NULL;
    if (plan->keeps_gradient) {
        t->squares = bp_calloc_aligned(t->phases.block_count, sizeof *t->squares);
        complete = complete && t->squares != NULL;
        complete = complete && allocate_floats(&t->gradient, network->storage_count);
    }
    for (size_t i = 0; complete && i < plan->states; i++) {
        complete = allocate_floats(&t->state[i], network->storage_count);
        for (size_t p = 0; complete && p < network->storage_count; p++) {
            t->state[i][p] = bp_optimizer_first_state(&t->options, i);
        }
    }
    if (!complete) {
        return bp_fail(err, BP_NO_MEMORY, NULL, "no memory to train");
    }
    status = bp_read_ahead_new(&t->ahead, t->data, place->read_ahead_bytes, err);
    if (status != BP_OK) {
        return status;
    }
    return bp_best_weights_new(&t->best, &t->options.early_stopping, t->split.validation > 0,
                               network->storage_count, err);
}

static void begin_rate(bp_trainer *t) {
    bp_training_length length = {.epochs = t->options.epochs,
                                 .steps_per_epoch = t->progress.steps_per_epoch};
    t->rate = bp_rate_begin(&t->options.schedule, (double)t->options.learning_rate, length);
    t->progress.learning_rate = bp_rate_of_step(&t->rate, 0);
}

static bp_status make_lbfgs(bp_trainer *t, const bp_lbfgs_settings *settings, bp_error *err) {
    const bp_objective objective = {.evaluate = evaluate_objective,
                                    .context = t,
                                    .parameters = t->model->parameters,
                                    .gradient = t->gradient};
    bp_status status = bp_long_vectors_init(&t->vectors, &t->phases, t->kernels,
                                            t->model->network.storage_count, err);
    if (status == BP_OK) {
        status = bp_lbfgs_new(&t->lbfgs, &t->vectors, &objective, settings, err);
    }
    return status;
}

/* Which rows train, and what is needed to judge the others. */
static bp_status prepare_split(bp_trainer *t, bp_error *err) {
    const bp_train_options *o = &t->options;
    bp_status status = bp_train_split(&t->split, &t->model->recipe, t->data, o, err);
    if (status == BP_OK) {
        status = bp_train_options_check_rows(o, t->split.training, err);
    }
    if (status == BP_OK && o->validation.kind == BP_SPLIT_DATASET) {
        status = bp_held_out_read(&t->held_out, t->model, o->validation.held_out, err);
        t->held_out_data = bp_dataset_ref(o->validation.held_out);
        t->options.validation.held_out = NULL; /* borrowed until here */
    }
    if (status == BP_OK) {
        status = bp_metrics_new(&t->metrics,
                                t->held_out.data != NULL ? &t->held_out.targets : &t->targets, err);
    }
    return status;
}

static bp_status prepare(bp_trainer *t, const bp_snapshot *start, const bp_train_place *place,
                         bp_error *err) {
    const bp_train_options *o = &t->options;
    bp_status status = bp_snapshot_copy(&t->model, start, err);
    if (status == BP_OK) {
        status = bp_targets_read(&t->targets, t->model, t->data, err);
    }
    if (status == BP_OK) {
        status = bp_encoder_new(&t->encoder, t->model, t->data, err);
    }
    if (status == BP_OK) {
        status = prepare_split(t, err);
    }
    if (status == BP_OK) {
        const bp_row_weighting of = {.weighting = &o->loss_weighting,
                                     .classes = &t->model->classes,
                                     .targets = &t->targets,
                                     .data = t->data,
                                     .split = &t->split};
        status = bp_row_weights_new(&t->weights, &of, err);
        t->options.loss_weighting.classes = NULL; /* borrowed until here */
    }
    if (status != BP_OK) {
        return status;
    }
    const bp_train_plan plan = bp_train_plan_of(o, &t->split);
    t->batch = plan.batch;
    t->plan = plan.update;
    t->progress.steps_per_epoch = plan.steps_per_epoch;
    t->steps_total = plan.steps;
    t->progress.batch_loss = t->progress.epoch_loss = t->progress.grad_norm = NAN;
    t->progress.validation = no_evaluation;
    t->progress.observation = (bp_observation){.train_loss = NAN, .validation = no_evaluation};
    t->progress.validation_every_steps =
        bp_validation_every_steps(&o->validation, t->split.validation, t->batch);
    begin_rate(t);
    status = allocate(t, &plan, place, err);
    return status == BP_OK && plan.moves_itself ? make_lbfgs(t, &plan.lbfgs, err) : status;
}

bp_status bp_trainer_new(bp_trainer **out, bp_snapshot *start, bp_dataset *data,
                         const bp_train_options *options, bp_train_place place, bp_error *err) {
    bp_status status = bp_train_options_check(options, err);
    if (status != BP_OK) {
        return status;
    }
    bp_trainer *t = calloc(1, sizeof *t);
    if (t == NULL) {
        return bp_fail(err, BP_NO_MEMORY, NULL, "no memory to train");
    }
    t->options = *options;
    t->kernels = place.kernels;
    t->start_version = start->version;
    t->data = bp_dataset_ref(data);
    const bp_fingerprint_of of = {.options = options, .start = start, .data = data};
    bp_fingerprint_take(t->fingerprint, &of);
    status = prepare(t, start, &place, err);
    if (status != BP_OK) {
        bp_trainer_free(t);
        return status;
    }
    *out = t;
    return BP_OK;
}

void bp_trainer_free(bp_trainer *t) {
    if (t == NULL) {
        return;
    }
    bp_read_ahead_free(t->ahead); /* it looks at the order and the data */
    bp_best_weights_clear(&t->best);
    bp_metrics_clear(&t->metrics);
    bp_targets_clear(&t->targets);
    bp_held_out_clear(&t->held_out);
    bp_encoder_free(t->encoder);
    bp_dataset_unref(t->held_out_data);
    bp_split_clear(&t->split);
    bp_phases_clear(&t->phases);
    bp_lbfgs_free(t->lbfgs);
    bp_long_vectors_clear(&t->vectors);
    free(t->gradient);
    free(t->squares);
    for (size_t i = 0; i < BP_OPTIMIZER_STATES; i++) {
        free(t->state[i]);
    }
    free(t->order);
    free(t->weights);
    bp_snapshot_unref(t->model);
    bp_dataset_unref(t->data);
    free(t);
}

/* --- what it tells -------------------------------------------------------------------------- */

void bp_trainer_pause(bp_trainer *t) {
    bp_stopwatch_stop(&t->phases.stopwatch);
}

bp_status bp_trainer_move(bp_trainer *t, bp_pool *pool, size_t workers, bp_error *err) {
    const size_t threads = t->options.threads, most = workers > 0 ? workers : 1;
    return bp_phases_move(&t->phases, pool, threads > 0 ? least(most, threads) : most, err);
}

bool bp_trainer_done(const bp_trainer *t) {
    return t->progress.converged || t->progress.stopped_early || t->progress.step >= t->steps_total;
}

bp_divergence bp_trainer_divergence(const bp_trainer *t) {
    return t->divergence;
}

bp_train_progress bp_trainer_progress(const bp_trainer *t) {
    bp_train_progress progress = t->progress;
    progress.seconds = t->phases.stopwatch.seconds;
    return progress;
}

size_t bp_trainer_validation_rows(const bp_trainer *t) {
    return t->split.validation;
}

static bp_status copy_weights(const bp_trainer *t, const float *weights, bp_snapshot **out,
                              bp_error *err) {
    const size_t count = t->model->network.storage_count;
    for (size_t i = 0; i < count; i++) {
        if (!isfinite(weights[i])) {
            return bp_fail(err, BP_DIVERGED, NULL, "a weight is not finite after step %llu",
                           (unsigned long long)t->progress.step);
        }
    }
    bp_snapshot *copy;
    bp_status status = bp_snapshot_copy(&copy, t->model, err);
    if (status == BP_OK) {
        memcpy(copy->parameters, weights, count * sizeof *weights);
        copy->version = t->start_version + t->progress.step;
        *out = copy;
    }
    return status;
}

bp_status bp_trainer_snapshot(const bp_trainer *t, bp_snapshot **out, bp_error *err) {
    return copy_weights(t, bp_best_weights_shown(&t->best, t->model->parameters), out, err);
}

bp_status bp_trainer_best_snapshot(const bp_trainer *t, bp_snapshot **out, bp_error *err) {
    const float *best = bp_best_weights_get(&t->best);
    if (best == NULL) {
        return bp_fail(err, BP_NOT_FOUND, NULL, "there are no best weights, %s",
                       t->best.weights != NULL ? "because no epoch that is looked at has ended"
                                               : "because nothing is held out");
    }
    return copy_weights(t, best, out, err);
}
