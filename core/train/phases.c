#include "phases.h"

#include "memory.h"

/* A phase of less work than this is not worth a second worker: about 20 us of one. It decides who
 * works, never what comes out. Measured with tests/bench/train: at half of it two workers were half
 * as fast as one. */
#define FLOPS_PER_WORKER 2.5e6

/* An optimiser's few operations on a parameter, next to the memory that it moves. */
#define FLOPS_OF_STAGE 10.0

enum { MOST_TILE_ROWS = 64, LEAST_TILE_ROWS = 16 };

/* What the tasks of a phase share. */
typedef struct phase {
    const bp_phases *phases;
    const bp_row_pass *pass;
    const bp_update *update;
    const bp_update_stage *stage;
    size_t first_block;
    size_t rows;
} phase;

static size_t least(size_t a, size_t b) {
    return a < b ? a : b;
}

static float *scratch_of(const bp_phases *p, size_t worker) {
    return p->scratch + worker * p->scratch_floats;
}

static size_t workers_for(const bp_phases *p, double flops) {
    double worth = 1 + flops / p->flops_per_worker;
    return worth < (double)p->workers ? (size_t)worth : p->workers;
}

/* --- tasks ---------------------------------------------------------------------------------- */

static void train_rows(void *context, size_t task, size_t worker) {
    const phase *p = context;
    size_t first = task * p->phases->tile_rows;
    size_t rows = least(p->phases->tile_rows, p->rows - first);
    bp_laps *laps = bp_stopwatch_laps(&p->phases->stopwatch, worker);
    bp_laps_begin(laps);
    bp_row_pass_both(p->pass, first, rows, scratch_of(p->phases, worker), laps);
    if (p->update != NULL) {
        bp_update_prepare(p->update, p->pass->segment, first, rows);
        bp_lap(laps, BP_PART_UPDATE);
    }
}

static void evaluate_rows(void *context, size_t task, size_t worker) {
    const phase *p = context;
    size_t first = task * p->phases->tile_rows;
    bp_row_pass_outputs(p->pass, first, least(p->phases->tile_rows, p->rows - first),
                        scratch_of(p->phases, worker));
}

static void run_block(void *context, size_t task, size_t worker) {
    const phase *p = context;
    const bp_block *block = &p->phases->blocks[p->first_block + task];
    float *scratch = scratch_of(p->phases, worker);
    bp_laps *laps = bp_stopwatch_laps(&p->phases->stopwatch, worker);
    bp_laps_begin(laps);
    p->stage->run(p->update, block, scratch);
    bp_lap(laps, p->stage->reads_rows ? BP_PART_BACKWARD : BP_PART_UPDATE);
    if (p->stage->then != NULL) {
        p->stage->then(p->update, block, scratch);
        bp_lap(laps, BP_PART_UPDATE);
    }
}

/* --- phases --------------------------------------------------------------------------------- */

static void run(const bp_phases *p, bp_task task, void *context, size_t tasks, double flops) {
    bp_pool_run(p->pool, workers_for(p, flops), task, context, tasks);
}

static size_t tiles_of(const bp_phases *p, size_t rows) {
    return (rows + p->tile_rows - 1) / p->tile_rows;
}

/* Of one product with each of the weights, for each of the rows. */
static double product_flops(size_t parameters, size_t rows) {
    return 2.0 * (double)rows * (double)parameters;
}

void bp_phases_rows(bp_phases *p, const bp_row_pass *pass, size_t rows, const bp_update *scaled,
                    double *sum) {
    const bool last = pass->segment + 1 == p->buffers.segments.count;
    const size_t backward = p->segment[pass->segment].parameters;
    const size_t forward = last ? p->network->parameter_count : backward;
    phase context = {.phases = p, .pass = pass, .update = scaled, .rows = rows};
    bp_stopwatch_begin_phase(&p->stopwatch);
    run(p, train_rows, &context, tiles_of(p, rows), product_flops(forward + backward, rows));
    bp_stopwatch_end_phase(&p->stopwatch);
    for (size_t i = 0; last && i < rows; i++) {
        *sum += (double)p->buffers.loss[i];
    }
}

static void run_stage(bp_phases *p, const bp_update *update, const bp_update_stage *stage,
                      const bp_segment_blocks *blocks) {
    phase context = {.phases = p, .update = update, .stage = stage, .first_block = blocks->first};
    double flops = stage->reads_rows ? product_flops(blocks->parameters, update->rows)
                                     : FLOPS_OF_STAGE * (double)blocks->parameters;
    bp_stopwatch_begin_phase(&p->stopwatch);
    run(p, run_block, &context, blocks->count, flops);
    bp_stopwatch_end_phase(&p->stopwatch);
}

void bp_phases_first_stage(bp_phases *p, const bp_update *update, const bp_update_stage *stage,
                           size_t segment) {
    run_stage(p, update, stage, &p->segment[segment]);
}

bool bp_phases_stage(bp_phases *p, bp_update *update, const bp_update_stage *stage) {
    run_stage(p, update, stage,
              &(bp_segment_blocks){0, p->block_count, p->network->parameter_count});
    return stage->settle == NULL || stage->settle(update);
}

void bp_phases_evaluate(bp_phases *p, const bp_row_pass *pass, size_t rows) {
    phase context = {.phases = p, .pass = pass, .rows = rows};
    run(p, evaluate_rows, &context, tiles_of(p, rows),
        product_flops(p->network->parameter_count, rows));
}

/* Someone else's tasks, as a part of the update. */
typedef struct foreign {
    const bp_phases *phases;
    bp_task task;
    void *context;
} foreign;

static void run_foreign(void *context, size_t task, size_t worker) {
    const foreign *f = context;
    bp_laps *laps = bp_stopwatch_laps(&f->phases->stopwatch, worker);
    bp_laps_begin(laps);
    f->task(f->context, task, worker);
    bp_lap(laps, BP_PART_UPDATE);
}

void bp_phases_run(bp_phases *p, bp_task task, void *context, size_t tasks, double flops) {
    foreign f = {.phases = p, .task = task, .context = context};
    bp_stopwatch_begin_phase(&p->stopwatch);
    run(p, run_foreign, &f, tasks, flops);
    bp_stopwatch_end_phase(&p->stopwatch);
}

/* --- construction --------------------------------------------------------------------------- */

/* Small enough that every worker has a tile, large enough to fill the kernels' vectors. */
static size_t choose_tile_rows(size_t rows, size_t workers) {
    size_t share = (rows + workers - 1) / workers;
    share = (share + LEAST_TILE_ROWS - 1) / LEAST_TILE_ROWS * LEAST_TILE_ROWS;
    return least(share, MOST_TILE_ROWS);
}

/* The blocks are listed layer by layer. */
static void share_blocks(bp_phases *p, size_t segment) {
    const bp_segments *segments = &p->buffers.segments;
    bp_segment_blocks *out = &p->segment[segment];
    for (size_t i = 0; i < p->block_count; i++) {
        out->first += p->blocks[i].layer < bp_segments_first(segments, segment);
        out->count += p->blocks[i].layer <= segments->last[segment];
    }
    out->count -= out->first;
    for (size_t l = bp_segments_first(segments, segment); l <= segments->last[segment]; l++) {
        for (size_t kind = 0; kind < BP_PARAMETER_KINDS; kind++) {
            out->parameters += bp_network_count(p->network, l, (bp_parameter_kind)kind);
        }
    }
}

bp_status bp_phases_init(bp_phases *out, const bp_train_place *place,
                         const bp_train_options *options, const bp_network *network, size_t rows,
                         bp_error *err) {
    const size_t threads = options->threads;
    const size_t pool = bp_pool_threads(place->pool);
    *out = (bp_phases){.pool = place->pool,
                       .workers = threads > 0 ? least(pool, threads) : pool,
                       .flops_per_worker =
                           place->flops_per_worker > 0 ? place->flops_per_worker : FLOPS_PER_WORKER,
                       .network = network};
    out->tile_rows = choose_tile_rows(rows, out->workers);
    const bool drops = options->regularization.dropout > 0;
    const bp_row_request request = {.rows = rows,
                                    .tile_rows = out->tile_rows,
                                    .use = drops ? BP_ROWS_DROPPED : BP_ROWS_BOTH,
                                    .checkpointing = options->activation_checkpointing};
    bp_status status = bp_row_buffers_new(&out->buffers, network, &request, err);
    if (status == BP_OK) {
        status = bp_stopwatch_init(&out->stopwatch, out->workers, err);
    }
    if (status == BP_OK) {
        status = bp_blocks_new(&out->blocks, &out->block_count, network, err);
    }
    if (status != BP_OK) {
        return status;
    }
    for (size_t i = 0; i < out->buffers.segments.count; i++) {
        share_blocks(out, i);
    }
    size_t floats = out->buffers.scratch_floats;
    floats = floats > BP_BLOCK_SCRATCH ? floats : BP_BLOCK_SCRATCH;
    out->scratch_floats = (floats + 15) / 16 * 16;
    out->scratch = bp_calloc_aligned(out->workers, out->scratch_floats * sizeof *out->scratch);
    return out->scratch != NULL ? BP_OK : bp_fail(err, BP_NO_MEMORY, NULL, "no memory to train");
}

void bp_phases_clear(bp_phases *phases) {
    bp_row_buffers_clear(&phases->buffers);
    free(phases->blocks);
    free(phases->scratch);
    bp_stopwatch_clear(&phases->stopwatch);
    *phases = (bp_phases){0};
}
