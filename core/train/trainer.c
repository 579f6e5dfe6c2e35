#include "trainer.h"

#include <math.h>
#include <string.h>

#include "clock.h"
#include "memory.h"
#include "metrics.h"
#include "optimizer_rule.h"
#include "philox.h"
#include "row_pass.h"
#include "split.h"
#include "targets.h"
#include "update.h"

/* A phase of less work than this is not worth a second worker: about 20 us of one. It decides who
 * works, never what comes out. Measured with tests/bench/train: at half of it two workers were half
 * as fast as one. */
#define FLOPS_PER_WORKER 2.5e6

enum { MOST_TILE_ROWS = 64, LEAST_TILE_ROWS = 16 };

struct bp_trainer {
    bp_train_options options;
    const bp_kernels *kernels;
    bp_pool *pool;
    size_t workers;
    double flops_per_worker;
    uint64_t start_version;
    bp_snapshot *model; /* own copy whose parameters training changes */
    bp_dataset *data;
    bp_targets targets;
    bp_split split;
    bp_metrics metrics;
    uint32_t *order; /* [training rows]: rows of the data in the epoch's order */
    bp_row_buffers buffers;
    bp_block *blocks;
    size_t block_count;
    float *state[BP_OPTIMIZER_STATES]; /* of the optimiser; none for plain SGD */
    bp_optimizer_clock clock;
    float *scratch; /* [workers, scratch_floats] */
    size_t scratch_floats;
    size_t batch, tile_rows;
    uint64_t steps_total;
    double epoch_sum; /* of the losses of the running epoch's samples */
    bp_train_progress progress;
};

/* What the tasks of a phase share. */
typedef struct phase {
    bp_trainer *trainer;
    bp_row_pass pass;
    bp_update update;
    size_t rows;
} phase;

static size_t least(size_t a, size_t b) {
    return a < b ? a : b;
}

static float *scratch_of(const bp_trainer *t, size_t worker) {
    return t->scratch + worker * t->scratch_floats;
}

static size_t workers_for(const bp_trainer *t, double flops) {
    double worth = 1 + flops / t->flops_per_worker;
    return worth < (double)t->workers ? (size_t)worth : t->workers;
}

static bp_row_pass row_pass(const bp_trainer *t, const uint32_t *index, size_t rows) {
    return (bp_row_pass){.kernels = t->kernels,
                         .network = &t->model->network,
                         .parameters = t->model->parameters,
                         .input_mean = t->model->input_mean,
                         .input_scale = t->model->input_scale,
                         .data = t->data->x,
                         .index = index,
                         .targets = &t->targets,
                         .buffers = &t->buffers,
                         .scale = 1.0f / (float)rows};
}

/* --- the phases ----------------------------------------------------------------------------- */

static void train_rows(void *context, size_t task, size_t worker) {
    const phase *p = context;
    const bp_trainer *t = p->trainer;
    size_t first = task * t->tile_rows;
    size_t rows = least(t->tile_rows, p->rows - first);
    bp_row_pass_both(&p->pass, first, rows, scratch_of(t, worker));
    bp_update_prepare(&p->update, first, rows);
}

static void update_parameters(void *context, size_t task, size_t worker) {
    const phase *p = context;
    bp_update_block(&p->update, &p->trainer->blocks[task], scratch_of(p->trainer, worker));
}

static void evaluate_rows(void *context, size_t task, size_t worker) {
    const phase *p = context;
    const bp_trainer *t = p->trainer;
    size_t first = task * t->tile_rows;
    bp_row_pass_forward(&p->pass, first, least(t->tile_rows, p->rows - first),
                        scratch_of(t, worker));
}

static void run_phase(phase *p, bp_task task, size_t tasks, double flops) {
    bp_pool_run(p->trainer->pool, workers_for(p->trainer, flops), task, p, tasks);
}

static size_t tiles_of(const bp_trainer *t, size_t rows) {
    return (rows + t->tile_rows - 1) / t->tile_rows;
}

/* --- a step --------------------------------------------------------------------------------- */

static void begin_epoch(bp_trainer *t) {
    const size_t count = t->split.training;
    if (t->options.shuffle) {
        bp_random_permutation(t->options.seed, BP_STREAM_SHUFFLE, (uint32_t)t->progress.epoch,
                              count, t->order);
        for (size_t i = 0; i < count; i++) {
            t->order[i] = t->split.rows[t->order[i]];
        }
    } else if (t->progress.epoch == 0) {
        memcpy(t->order, t->split.rows, count * sizeof *t->order);
    }
    t->epoch_sum = 0;
}

static double sum_losses(const bp_trainer *t, size_t rows) {
    double sum = 0;
    for (size_t i = 0; i < rows; i++) {
        sum += (double)t->buffers.loss[i];
    }
    return sum;
}

/* Gather, forward, loss, backward; returns the summed loss. */
static double run_rows(bp_trainer *t, phase *p) {
    double begin = bp_clock_seconds();
    double flops = 4.0 * (double)p->rows * (double)t->model->network.parameter_count;
    run_phase(p, train_rows, tiles_of(t, p->rows), flops);
    t->progress.seconds.rows += bp_clock_seconds() - begin;
    return sum_losses(t, p->rows);
}

static void run_update(bp_trainer *t, phase *p) {
    double begin = bp_clock_seconds();
    double flops = 2.0 * (double)p->rows * (double)t->model->network.parameter_count;
    run_phase(p, update_parameters, t->block_count, flops);
    t->progress.seconds.parameters += bp_clock_seconds() - begin;
}

static void count_step(bp_trainer *t, size_t rows, double sum) {
    bp_train_progress *progress = &t->progress;
    const size_t training = t->split.training;
    t->epoch_sum += sum;
    progress->step++;
    progress->samples_seen += rows;
    progress->batch_loss = sum / (double)rows;
    uint64_t steps = (progress->step - 1) % progress->steps_per_epoch + 1;
    bool ended = steps == progress->steps_per_epoch;
    if (ended || progress->epoch == 0) {
        size_t seen = ended ? training : (size_t)steps * t->batch;
        progress->epoch_loss = t->epoch_sum / (double)seen;
    }
    progress->epoch += ended;
}

bp_status bp_trainer_step(bp_trainer *t, bp_error *err) {
    if (bp_trainer_done(t)) {
        return bp_fail(err, BP_INVALID, NULL, "the last epoch is over");
    }
    size_t in_epoch = (size_t)(t->progress.step % t->progress.steps_per_epoch);
    if (in_epoch == 0) {
        begin_epoch(t);
    }
    const size_t first = in_epoch * t->batch, rows = least(t->batch, t->split.training - first);
    phase p = {.trainer = t, .pass = row_pass(t, t->order + first, rows), .rows = rows};
    p.update = (bp_update){.kernels = t->kernels,
                           .network = &t->model->network,
                           .buffers = &t->buffers,
                           .rows = rows,
                           .rule = bp_optimizer_next(&t->clock, &t->options),
                           .parameters = t->model->parameters,
                           .state = {t->state[0], t->state[1]}};
    double sum = run_rows(t, &p);
    if (!isfinite(sum)) {
        return bp_fail(err, BP_DIVERGED, NULL,
                       "the loss is not finite in epoch %llu, step %llu; a smaller learning rate "
                       "may help",
                       (unsigned long long)t->progress.epoch + 1,
                       (unsigned long long)t->progress.step + 1);
    }
    run_update(t, &p);
    count_step(t, rows, sum);
    return BP_OK;
}

/* --- construction --------------------------------------------------------------------------- */

/* Small enough that every worker has a tile, large enough to fill the kernels' vectors. */
static size_t choose_tile_rows(size_t batch, size_t workers) {
    size_t share = (batch + workers - 1) / workers;
    share = (share + LEAST_TILE_ROWS - 1) / LEAST_TILE_ROWS * LEAST_TILE_ROWS;
    return least(share, MOST_TILE_ROWS);
}

static bp_status allocate(bp_trainer *t, bp_error *err) {
    const bp_network *network = &t->model->network;
    bp_status status = bp_row_buffers_new(&t->buffers, network, t->batch, t->tile_rows, true, err);
    if (status == BP_OK) {
        status = bp_blocks_new(&t->blocks, &t->block_count, network, err);
    }
    if (status != BP_OK) {
        return status;
    }
    size_t floats = t->buffers.scratch_floats;
    floats = floats > BP_BLOCK_SCRATCH ? floats : BP_BLOCK_SCRATCH;
    t->scratch_floats = (floats + 15) / 16 * 16;
    t->scratch = bp_calloc_aligned(t->workers, t->scratch_floats * sizeof *t->scratch);
    t->order = bp_calloc_aligned(t->split.training, sizeof *t->order);
    bool complete = t->scratch != NULL && t->order != NULL;
    for (size_t i = 0; i < bp_optimizer_states(&t->options); i++) {
        t->state[i] = bp_calloc_aligned(network->storage_count, sizeof(float));
        complete = complete && t->state[i] != NULL;
    }
    return complete ? BP_OK : bp_fail(err, BP_NO_MEMORY, NULL, "no memory to train");
}

static bp_status prepare(bp_trainer *t, const bp_snapshot *start, bp_error *err) {
    const bp_train_options *o = &t->options;
    bp_status status = bp_snapshot_copy(&t->model, start, err);
    if (status == BP_OK) {
        status = bp_targets_read(&t->targets, t->model, t->data, err);
    }
    if (status == BP_OK) {
        status = bp_split_draw(&t->split, t->data->rows, o->validation_fraction, o->seed, err);
    }
    if (status == BP_OK) {
        status = bp_metrics_new(&t->metrics, &t->targets, err);
    }
    if (status != BP_OK) {
        return status;
    }
    t->batch = least(o->batch_size, t->split.training);
    t->tile_rows = choose_tile_rows(t->batch, t->workers);
    t->progress.steps_per_epoch = (t->split.training + t->batch - 1) / t->batch;
    t->steps_total = t->progress.steps_per_epoch * o->epochs;
    t->progress.batch_loss = t->progress.epoch_loss = NAN;
    return allocate(t, err);
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
    t->pool = place.pool;
    t->flops_per_worker = place.flops_per_worker > 0 ? place.flops_per_worker : FLOPS_PER_WORKER;
    t->workers = bp_pool_threads(place.pool);
    if (options->threads > 0) {
        t->workers = least(t->workers, options->threads);
    }
    t->start_version = start->version;
    t->data = bp_dataset_ref(data);
    status = prepare(t, start, err);
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
    bp_metrics_clear(&t->metrics);
    bp_targets_clear(&t->targets);
    bp_split_clear(&t->split);
    bp_row_buffers_clear(&t->buffers);
    free(t->blocks);
    for (size_t i = 0; i < BP_OPTIMIZER_STATES; i++) {
        free(t->state[i]);
    }
    free(t->scratch);
    free(t->order);
    bp_snapshot_unref(t->model);
    bp_dataset_unref(t->data);
    free(t);
}

/* --- what it tells -------------------------------------------------------------------------- */

bool bp_trainer_done(const bp_trainer *t) {
    return t->progress.step >= t->steps_total;
}

bp_train_progress bp_trainer_progress(const bp_trainer *t) {
    return t->progress;
}

size_t bp_trainer_validation_rows(const bp_trainer *t) {
    return t->split.validation;
}

void bp_trainer_validate(bp_trainer *t, bp_evaluation *out) {
    const uint32_t *held_out = t->split.rows + t->split.training;
    bp_metrics_reset(&t->metrics);
    for (size_t first = 0; first < t->split.validation; first += t->batch) {
        size_t rows = least(t->batch, t->split.validation - first);
        phase p = {.trainer = t, .pass = row_pass(t, held_out + first, rows), .rows = rows};
        double flops = 2.0 * (double)rows * (double)t->model->network.parameter_count;
        run_phase(&p, evaluate_rows, tiles_of(t, rows), flops);
        bp_metrics_add(&t->metrics, &p.pass, rows);
    }
    bp_metrics_read(&t->metrics, out);
}

bp_status bp_trainer_snapshot(const bp_trainer *t, bp_snapshot **out, bp_error *err) {
    const size_t count = t->model->network.storage_count;
    for (size_t i = 0; i < count; i++) {
        if (!isfinite(t->model->parameters[i])) {
            return bp_fail(err, BP_DIVERGED, NULL, "a weight is not finite after step %llu",
                           (unsigned long long)t->progress.step);
        }
    }
    bp_snapshot *copy;
    bp_status status = bp_snapshot_copy(&copy, t->model, err);
    if (status == BP_OK) {
        copy->version = t->start_version + t->progress.step;
        *out = copy;
    }
    return status;
}
