#include "phases.h"

#include <string.h>

#include "memory.h"

/* What a step costs, in operations of the products, of which 120 to 150 take a nanosecond. It
 * decides who works, never what comes out. Measured on two Sapphire Rapids cores: README.md. */
static const struct {
    double phase; /* its begin and end, for each worker but the first: 0.6 us */
    double unit;  /* its activation and loss */
    /* a number that one worker writes and another reads, and that the first then writes again:
     * twice 5 ns for a cache line */
    double moved;
} cost = {.phase = 80e3, .unit = 30, .moved = 100};

/* A phase of less work than this is not worth a second worker. */
#define FLOPS_PER_WORKER 150e3

/* An optimiser's few operations on a parameter, next to the memory that it moves. */
#define FLOPS_OF_STAGE 10.0

enum { MOST_TILE_ROWS = 64, LEAST_TILE_ROWS = 8 };
enum { LEAST_STRIP_LAYER = 512, STRIP_UNITS = 16 }; /* units; of whole vectors */

/* What the tasks of a phase share. */
typedef struct phase {
    const bp_phases *phases;
    const bp_row_pass *pass;
    const bp_update *update;
    const bp_update_stage *stage;
    const bp_segment_blocks *blocks;
    size_t layer; /* of strips */
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

/* --- strips --------------------------------------------------------------------------------- */

static size_t strips_of(const bp_phases *p, size_t l) {
    return least(p->workers, (p->network->width[l] + STRIP_UNITS - 1) / STRIP_UNITS);
}

/* Strip i of layer l; nearly equal, of whole vectors. */
static bp_strip strip_of(const bp_phases *p, size_t l, size_t i) {
    const size_t units = p->network->width[l], strips = strips_of(p, l);
    const size_t vectors = (units + STRIP_UNITS - 1) / STRIP_UNITS;
    const size_t first = vectors * i / strips * STRIP_UNITS;
    const size_t end = least(vectors * (i + 1) / strips * STRIP_UNITS, units);
    return (bp_strip){first, end - first};
}

/* --- tasks ---------------------------------------------------------------------------------- */

typedef struct tile {
    size_t first, rows;
} tile;

static tile tile_of(const phase *p, size_t task) {
    const size_t first = task * p->phases->tile_rows;
    return (tile){first, least(p->phases->tile_rows, p->rows - first)};
}

static bp_laps *begin_laps(const phase *p, size_t worker) {
    bp_laps *laps = bp_stopwatch_laps(&p->phases->stopwatch, worker);
    bp_laps_begin(laps);
    return laps;
}

static void train_rows(void *context, size_t task, size_t worker) {
    const phase *p = context;
    const tile t = tile_of(p, task);
    bp_laps *laps = begin_laps(p, worker);
    bp_row_pass_both(p->pass, t.first, t.rows, scratch_of(p->phases, worker), laps);
    if (p->update != NULL) {
        const bp_segments *segments = &p->phases->buffers.segments;
        bp_update_prepare(p->update, bp_segments_first(segments, p->pass->segment),
                          segments->last[p->pass->segment], t.first, t.rows);
        bp_lap(laps, BP_PART_UPDATE);
    }
}

static void gather_rows(void *context, size_t task, size_t worker) {
    const phase *p = context;
    const tile t = tile_of(p, task);
    bp_laps *laps = begin_laps(p, worker);
    bp_row_pass_inputs(p->pass, t.first, t.rows);
    bp_lap(laps, BP_PART_GATHER);
}

static void forward_strip(void *context, size_t task, size_t worker) {
    const phase *p = context;
    bp_laps *laps = begin_laps(p, worker);
    bp_row_pass_forward_strip(p->pass, p->layer, strip_of(p->phases, p->layer, task), p->rows);
    bp_lap(laps, BP_PART_FORWARD);
}

static void backward_strip(void *context, size_t task, size_t worker) {
    const phase *p = context;
    bp_laps *laps = begin_laps(p, worker);
    bp_row_pass_backward_strip(p->pass, p->layer, strip_of(p->phases, p->layer, task), p->rows);
    bp_lap(laps, BP_PART_BACKWARD);
}

/* What is above the strips' layers; their own dS is scaled later if lower strips read it. */
static void train_rows_above(void *context, size_t task, size_t worker) {
    const phase *p = context;
    const tile t = tile_of(p, task);
    bp_laps *laps = begin_laps(p, worker);
    bp_row_pass_above(p->pass, p->layer, t.first, t.rows, scratch_of(p->phases, worker), laps);
    if (p->update != NULL) {
        bp_update_prepare(p->update, p->layer > 1 ? p->layer + 1 : 1,
                          p->phases->network->layer_count, t.first, t.rows);
        bp_lap(laps, BP_PART_UPDATE);
    }
}

static void prepare_rows(void *context, size_t task, size_t worker) {
    const phase *p = context;
    const tile t = tile_of(p, task);
    bp_laps *laps = begin_laps(p, worker);
    bp_update_prepare(p->update, 1, p->layer, t.first, t.rows);
    bp_lap(laps, BP_PART_UPDATE);
}

static void evaluate_rows(void *context, size_t task, size_t worker) {
    const phase *p = context;
    const tile t = tile_of(p, task);
    bp_row_pass_outputs(p->pass, t.first, t.rows, scratch_of(p->phases, worker));
}

static void run_block(void *context, size_t task, size_t worker) {
    const phase *p = context;
    const size_t i = p->blocks->first + p->blocks->shares.order[task];
    const bp_block *block = &p->phases->blocks[i];
    float *scratch = scratch_of(p->phases, worker);
    bp_laps *laps = begin_laps(p, worker);
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

/* One phase of a step. */
static void run_timed(bp_phases *p, bp_task task, const phase *context, size_t tasks,
                      double flops) {
    bp_stopwatch_begin_phase(&p->stopwatch);
    run(p, task, (void *)context, tasks, flops);
    bp_stopwatch_end_phase(&p->stopwatch);
}

static double layer_flops(const bp_phases *p, size_t l, size_t rows) {
    return product_flops(p->network->width[l - 1] * p->network->width[l], rows);
}

static void run_tiles(bp_phases *p, const phase *rows) {
    const size_t segment = rows->pass->segment;
    const bool last = segment + 1 == p->buffers.segments.count;
    const size_t backward = p->segment[segment].parameters;
    const size_t forward = last ? p->network->parameter_count : backward;
    run_timed(p, train_rows, rows, tiles_of(p, rows->rows),
              product_flops(forward + backward, rows->rows));
}

static void run_strips(bp_phases *p, const phase *rows) {
    phase of = *rows;
    double above = FLOPS_OF_STAGE * (double)(rows->rows * p->network->width[p->strip_layers]);
    const double moved = FLOPS_OF_STAGE * (double)(rows->rows * p->network->width[0]);
    run_timed(p, gather_rows, &of, tiles_of(p, of.rows), moved);
    for (of.layer = 1; of.layer <= p->strip_layers; of.layer++) {
        run_timed(p, forward_strip, &of, strips_of(p, of.layer), layer_flops(p, of.layer, of.rows));
    }
    for (size_t l = p->strip_layers + 1; l <= p->network->layer_count; l++) {
        above += 2 * layer_flops(p, l, of.rows);
    }
    of.layer = p->strip_layers;
    run_timed(p, train_rows_above, &of, tiles_of(p, of.rows), above);
    while (--of.layer > 0) {
        run_timed(p, backward_strip, &of, strips_of(p, of.layer),
                  layer_flops(p, of.layer + 1, of.rows));
    }
    of.layer = p->strip_layers;
    if (of.update != NULL && of.layer > 1) {
        run_timed(p, prepare_rows, &of, tiles_of(p, of.rows), moved);
    }
}

void bp_phases_rows(bp_phases *p, const bp_row_pass *pass, size_t rows, const bp_update *scaled,
                    double *sum) {
    const bool last = pass->segment + 1 == p->buffers.segments.count;
    const phase context = {.phases = p, .pass = pass, .update = scaled, .rows = rows};
    if (p->strip_layers > 0) {
        run_strips(p, &context);
    } else {
        run_tiles(p, &context);
    }
    for (size_t i = 0; last && i < rows; i++) {
        *sum += (double)p->buffers.loss[i];
    }
}

/* Each worker begins with its own share, if all of them work. */
static void run_stage(bp_phases *p, const bp_update *update, const bp_update_stage *stage,
                      const bp_segment_blocks *blocks) {
    phase context = {.phases = p, .update = update, .stage = stage, .blocks = blocks};
    double flops = stage->reads_rows ? product_flops(blocks->parameters, update->rows)
                                     : FLOPS_OF_STAGE * (double)blocks->parameters;
    bp_stopwatch_begin_phase(&p->stopwatch);
    if (workers_for(p, flops) == p->workers) {
        bp_pool_run_ranges(p->pool, p->workers, blocks->shares.first, run_block, &context);
    } else {
        run(p, run_block, &context, blocks->count, flops);
    }
    bp_stopwatch_end_phase(&p->stopwatch);
}

void bp_phases_first_stage(bp_phases *p, const bp_update *update, const bp_update_stage *stage,
                           size_t segment) {
    run_stage(p, update, stage, &p->segment[segment]);
}

bool bp_phases_stage(bp_phases *p, bp_update *update, const bp_update_stage *stage) {
    run_stage(p, update, stage, &p->all);
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

/* A layer goes by strips where its weights, which would change cores otherwise, are more than the
 * activations, which do now. A strip's part of a row of w is a run of memory; where it is short,
 * the processor fetches ahead into the other strip, whose worker then has to fetch it back. */
static bool is_wide(const bp_network *network, size_t l, size_t rows, bool forced) {
    const size_t units = network->width[l];
    return bp_row_pass_has_strips(network, l) &&
           (forced ? rows <= units : units >= LEAST_STRIP_LAYER && 3 * rows <= units);
}

static size_t choose_strip_layers(const bp_network *network, const bp_train_options *options,
                                  size_t rows, bool forced) {
    size_t layers = 0;
    if (options->activation_checkpointing || options->regularization.dropout > 0) {
        return 0;
    }
    while (layers < network->layer_count && is_wide(network, layers + 1, rows, forced)) {
        layers++;
    }
    return layers;
}

/* Weights change cores unless they are a strip's; what rows leave, between the rows phase and the
 * update's. */
static double step_cost(const bp_phases *p, size_t rows, size_t workers) {
    const bp_network *network = p->network;
    const double others = (double)(workers - 1);
    const double phases = p->strip_layers > 0 ? 2 + 2 * (double)p->strip_layers : 2;
    double flops = 0, moved = (double)(rows * network->width[0]);
    for (size_t l = 1; l <= network->layer_count; l++) {
        const size_t weights = network->width[l - 1] * network->width[l];
        flops += (l > 1 ? 3 : 2) * product_flops(weights, rows);
        flops += cost.unit * (double)(rows * network->width[l]);
        moved += 2 * (double)(rows * network->width[l]);
        moved += l > p->strip_layers ? (double)weights : 0;
    }
    return (flops + cost.moved * moved * others) / (double)workers + phases * others * cost.phase;
}

/* The number, of at most p->most_workers, with which a step is done first. */
static size_t choose_workers(const bp_phases *p, size_t rows) {
    size_t best = 1;
    for (size_t n = 2; n <= p->most_workers; n++) {
        best = step_cost(p, rows, n) < step_cost(p, rows, best) ? n : best;
    }
    return best;
}

/* Who works, on tiles or strips of which size: all that follows from most_workers. */
static void choose_crew(bp_phases *p, size_t rows) {
    p->strip_layers = p->wide_layers;
    p->workers = p->forced ? p->most_workers : choose_workers(p, rows);
    p->strip_layers = p->workers > 1 ? p->wide_layers : 0;
    p->tile_rows = choose_tile_rows(rows, p->workers);
}

/* Fills `out` for layers `from` to `to`. The blocks are listed layer by layer. */
static bp_status share_blocks(const bp_phases *p, size_t from, size_t to, bp_segment_blocks *out,
                              bp_error *err) {
    for (size_t i = 0; i < p->block_count; i++) {
        out->first += p->blocks[i].layer < from;
        out->count += p->blocks[i].layer <= to;
    }
    out->count -= out->first;
    for (size_t l = from; l <= to; l++) {
        for (size_t kind = 0; kind < BP_PARAMETER_KINDS; kind++) {
            out->parameters += bp_network_count(p->network, l, (bp_parameter_kind)kind);
        }
    }
    const bp_block_list list = {
        .blocks = p->blocks + out->first, .count = out->count, .by_columns = p->strip_layers};
    return bp_block_shares_new(&out->shares, &list, p->workers, err);
}

static bp_status share_all_blocks(bp_phases *p, bp_error *err) {
    const bp_segments *segments = &p->buffers.segments;
    bp_status status = share_blocks(p, 1, p->network->layer_count, &p->all, err);
    for (size_t i = 0; status == BP_OK && i < segments->count; i++) {
        status =
            share_blocks(p, bp_segments_first(segments, i), segments->last[i], &p->segment[i], err);
    }
    return status;
}

static size_t crew_scratch_floats(const bp_phases *p) {
    const size_t floats = p->buffers.scratch_floats;
    return ((floats > BP_BLOCK_SCRATCH ? floats : BP_BLOCK_SCRATCH) + 15) / 16 * 16;
}

/* What the crew has of its own: shares of the blocks, and scratch. On failure, some of it. */
static bp_status equip_crew(bp_phases *p, bp_error *err) {
    p->all = (bp_segment_blocks){0};
    memset(p->segment, 0, sizeof p->segment);
    p->scratch = NULL;
    bp_status status = share_all_blocks(p, err);
    if (status != BP_OK) {
        return status;
    }
    bp_row_buffers_set_tile(&p->buffers, p->network, p->tile_rows);
    p->scratch_floats = crew_scratch_floats(p);
    p->scratch = bp_calloc_aligned(p->workers, p->scratch_floats * sizeof *p->scratch);
    return p->scratch != NULL ? BP_OK : bp_fail(err, BP_NO_MEMORY, NULL, "no memory to train");
}

static void dismiss_crew(bp_phases *p) {
    bp_block_shares_clear(&p->all.shares);
    for (size_t i = 0; i < BP_MAX_LAYERS; i++) {
        bp_block_shares_clear(&p->segment[i].shares);
    }
    free(p->scratch);
}

/* All that follows from what is asked, before anything is allocated. */
static bp_phases plan(const bp_train_options *options, const bp_network *network, size_t rows,
                      size_t pool, double flops_per_worker) {
    const size_t threads = options->threads;
    const bool forced = flops_per_worker > 0;
    bp_phases out = {.most_workers = threads > 0 ? least(pool, threads) : pool,
                     .flops_per_worker = forced ? flops_per_worker : FLOPS_PER_WORKER,
                     .forced = forced,
                     .network = network,
                     .wide_layers = choose_strip_layers(network, options, rows, forced)};
    choose_crew(&out, rows);
    return out;
}

static bp_row_request request_of(const bp_phases *p, const bp_train_options *options, size_t rows) {
    const bool drops = options->regularization.dropout > 0;
    return (bp_row_request){.rows = rows,
                            .tile_rows = p->tile_rows,
                            .use = drops ? BP_ROWS_DROPPED : BP_ROWS_BOTH,
                            .checkpointing = options->activation_checkpointing};
}

bp_phases_size bp_phases_measure(const bp_train_options *options, const bp_network *network,
                                 size_t rows, size_t threads) {
    bp_phases p = plan(options, network, rows, threads, 0);
    const bp_row_request request = request_of(&p, options, rows);
    const size_t segments = bp_row_buffers_segments(network, &request).count;
    const size_t blocks = bp_blocks_count(network);
    bp_row_buffers_set_tile(&p.buffers, network, p.tile_rows);
    const size_t order = 2 * blocks + (segments + 1) * (p.workers + 1); /* of all and by segments */
    return (bp_phases_size){
        .workers = p.workers,
        .buffer_bytes = bp_row_buffers_bytes(network, &request),
        .crew_bytes = p.workers * crew_scratch_floats(&p) * sizeof *p.scratch +
                      order * sizeof *p.all.shares.order + blocks * sizeof *p.blocks +
                      p.workers * sizeof *p.stopwatch.laps,
    };
}

bp_status bp_phases_init(bp_phases *out, const bp_train_place *place,
                         const bp_train_options *options, const bp_network *network, size_t rows,
                         bp_error *err) {
    *out = plan(options, network, rows, bp_pool_threads(place->pool), place->flops_per_worker);
    out->pool = place->pool;
    const bp_row_request request = request_of(out, options, rows);
    bp_status status = bp_row_buffers_new(&out->buffers, network, &request, err);
    if (status == BP_OK) {
        status = bp_stopwatch_init(&out->stopwatch, out->workers, err);
    }
    if (status == BP_OK) {
        status = bp_blocks_new(&out->blocks, &out->block_count, network, err);
    }
    return status == BP_OK ? equip_crew(out, err) : status;
}

bp_status bp_phases_move(bp_phases *p, bp_pool *pool, size_t workers, bp_error *err) {
    const size_t most = least(workers, bp_pool_threads(pool));
    if (most == p->most_workers) {
        p->pool = pool;
        return BP_OK;
    }
    bp_phases next = *p;
    next.pool = pool;
    next.most_workers = most;
    choose_crew(&next, p->buffers.rows);
    if (next.workers == p->workers) {
        *p = next;
        return BP_OK;
    }
    bp_status status = equip_crew(&next, err);
    if (status == BP_OK) {
        status = bp_stopwatch_set_workers(&next.stopwatch, next.workers, err);
    }
    dismiss_crew(status == BP_OK ? p : &next);
    if (status == BP_OK) {
        *p = next;
    }
    return status;
}

void bp_phases_clear(bp_phases *phases) {
    dismiss_crew(phases);
    bp_row_buffers_clear(&phases->buffers);
    free(phases->blocks);
    bp_stopwatch_clear(&phases->stopwatch);
    *phases = (bp_phases){0};
}
