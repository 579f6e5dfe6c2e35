#include "update.h"

#include <math.h>
#include <stdlib.h>

#include "optimizer_rule.h"

static size_t cuts(size_t length, size_t piece) {
    return (length + piece - 1) / piece;
}

/* Piece i of `length` cut into `pieces` nearly equal ones. */
static size_t cut(size_t length, size_t pieces, size_t i) {
    return length / pieces * i + (i < length % pieces ? i : length % pieces);
}

static size_t add_layer(bp_block *out, const bp_network *network, size_t l) {
    const size_t in = network->width[l - 1], units = network->width[l];
    const size_t down = cuts(in, BP_BLOCK_INPUTS), across = cuts(units, BP_BLOCK_UNITS);
    size_t count = 0;
    for (size_t j = 0; j < across; j++) {
        size_t first_unit = j * BP_BLOCK_UNITS; /* whole vectors: only the last block is ragged */
        size_t width = units - first_unit < BP_BLOCK_UNITS ? units - first_unit : BP_BLOCK_UNITS;
        for (size_t i = 0; i < down; i++) {
            size_t first_input = cut(in, down, i);
            if (out != NULL) {
                out[count] = (bp_block){l, first_input, cut(in, down, i + 1) - first_input,
                                        first_unit, width};
            }
            count++;
        }
    }
    return count;
}

size_t bp_blocks_count(const bp_network *network) {
    size_t total = 0;
    for (size_t l = 1; l <= network->layer_count; l++) {
        total += add_layer(NULL, network, l);
    }
    return total;
}

bp_status bp_blocks_new(bp_block **out, size_t *count, const bp_network *network, bp_error *err) {
    const size_t total = bp_blocks_count(network);
    bp_block *blocks = calloc(total, sizeof *blocks);
    if (blocks == NULL) {
        return bp_fail(err, BP_NO_MEMORY, NULL, "no memory for %zu blocks of parameters", total);
    }
    size_t filled = 0;
    for (size_t l = 1; l <= network->layer_count; l++) {
        filled += add_layer(blocks + filled, network, l);
    }
    *out = blocks;
    *count = total;
    return BP_OK;
}

void bp_update_prepare(const bp_update *update, size_t from, size_t to, size_t first, size_t rows) {
    for (size_t l = from; l <= to; l++) {
        const size_t width = update->network->width[l];
        update->kernels->scale(rows * width, -update->rule.rate,
                               update->buffers->ds[l] + first * width);
        if (update->network->layer_norm[l]) {
            update->kernels->scale(rows * width, -update->rule.rate,
                                   update->buffers->du[l] + first * width);
        }
    }
}

/* --- gradients of a block ------------------------------------------------------------------- */

/* dl/dw of the block into `c`, from `start`. */
static void weight_product(const bp_update *u, const bp_block *b, float *c, size_t c_row,
                           bp_start start) {
    const size_t in = u->network->width[b->layer - 1], units = u->network->width[b->layer];
    bp_product product = {.m = b->inputs,
                          .n = b->units,
                          .depth = u->rows,
                          .a = u->buffers->x[b->layer - 1] + b->first_input,
                          .a_row = 1,
                          .a_column = in,
                          .b = u->buffers->ds[b->layer] + b->first_unit,
                          .b_row = units,
                          .c = c,
                          .c_row = c_row,
                          .start = start};
    u->kernels->product(&product);
}

/* The column sums of the block's units over `of_rows` [rows, width]. */
static void column_sums(const bp_update *u, const bp_block *b, const float *of_rows, float *out,
                        bp_start start) {
    u->kernels->column_sums(u->rows, b->units, of_rows + b->first_unit, u->network->width[b->layer],
                            start, out);
}

static void bias_sums(const bp_update *u, const bp_block *b, float *out, bp_start start) {
    column_sums(u, b, u->buffers->ds[b->layer], out, start);
}

static void gamma_dots(const bp_update *u, const bp_block *b, float *out, bp_start start) {
    u->kernels->column_dots(&(bp_column_dots){.rows = u->rows,
                                              .width = b->units,
                                              .a = u->buffers->du[b->layer] + b->first_unit,
                                              .b = u->buffers->z[b->layer] + b->first_unit,
                                              .row = u->network->width[b->layer],
                                              .start = start,
                                              .out = out});
}

static void beta_sums(const bp_update *u, const bp_block *b, float *out, bp_start start) {
    column_sums(u, b, u->buffers->du[b->layer], out, start);
}

/* --- runs of a block: its rows of weights, then what its units have one number each of ----------
 */

/* How many arrays of one number for each unit belong to the block: those after the weights. */
static size_t vectors_of(const bp_update *u, const bp_block *b) {
    if (b->first_input > 0) {
        return 0;
    }
    return u->network->layer_norm[b->layer] ? BP_PARAMETER_KINDS - 1 : 1;
}

/* The gradient of vector `kind`, an array after the weights. */
static void reduce_vector(const bp_update *u, const bp_block *b, size_t kind, float *out,
                          bp_start start) {
    static void (*const reduce[BP_PARAMETER_KINDS])(const bp_update *, const bp_block *, float *,
                                                    bp_start) = {
        [BP_PARAMETER_BIAS] = bias_sums,
        [BP_PARAMETER_GAMMA] = gamma_dots,
        [BP_PARAMETER_BETA] = beta_sums,
    };
    reduce[kind](u, b, out, start);
}

static size_t run_count(const bp_update *u, const bp_block *b) {
    return b->inputs + vectors_of(u, b);
}

static size_t weights_at(const bp_update *u, const bp_block *b) {
    const size_t units = u->network->width[b->layer];
    return u->network->weight_offset[b->layer] + b->first_input * units + b->first_unit;
}

static size_t vector_at(const bp_update *u, const bp_block *b, size_t kind) {
    return bp_network_offset(u->network, b->layer, (bp_parameter_kind)kind) + b->first_unit;
}

/* Where run i begins in the parameters. */
static size_t run_at(const bp_update *u, const bp_block *b, size_t i) {
    return i < b->inputs ? weights_at(u, b) + i * u->network->width[b->layer]
                         : vector_at(u, b, i - b->inputs + 1);
}

/* All of it into storage that is laid out as the parameters. */
static void reduce_rows(const bp_update *u, const bp_block *b, float *storage, bp_start start) {
    weight_product(u, b, storage + weights_at(u, b), u->network->width[b->layer], start);
    for (size_t kind = 1; kind <= vectors_of(u, b); kind++) {
        reduce_vector(u, b, kind, storage + vector_at(u, b, kind), start);
    }
}

static void optimize_run(const bp_update *u, const bp_block *b, size_t i, const float *gradient) {
    const size_t at = run_at(u, b, i);
    bp_step_rule rule = u->rule;
    if (i >= b->inputs) { /* the penalties are on weights */
        rule.l1 = rule.l2 = 0;
    }
    bp_parameter_step step = {
        .rule = &rule, .count = b->units, .gradient = gradient, .weight = u->parameters + at};
    for (size_t s = 0; s < BP_OPTIMIZER_STATES && u->state[s] != NULL; s++) {
        step.state[s] = u->state[s] + at;
    }
    u->kernels->optimize(&step);
}

/* --- the stages ----------------------------------------------------------------------------- */

static void descend(const bp_update *u, const bp_block *b, float *scratch) {
    (void)scratch;
    reduce_rows(u, b, u->parameters, BP_START_C);
}

/* The gradient lives in scratch: [runs, units]. */
static void reduce_to_scratch(const bp_update *u, const bp_block *b, float *scratch) {
    weight_product(u, b, scratch, b->units, BP_START_ZERO);
    for (size_t kind = 1; kind <= vectors_of(u, b); kind++) {
        reduce_vector(u, b, kind, scratch + (b->inputs + kind - 1) * b->units, BP_START_ZERO);
    }
}

static void optimize_from_scratch(const bp_update *u, const bp_block *b, float *scratch) {
    if (u->clipping.value > 0) {
        u->kernels->clamp(run_count(u, b) * b->units, u->clipping.value, scratch);
    }
    for (size_t i = 0; i < run_count(u, b); i++) {
        optimize_run(u, b, i, scratch + i * b->units);
    }
}

static void reduce(const bp_update *u, const bp_block *b, float *scratch) {
    (void)scratch;
    reduce_rows(u, b, u->gradient, u->goes_on ? BP_START_C : BP_START_ZERO);
}

static double sum_squares(const bp_update *u) {
    double sum = 0;
    for (size_t i = 0; i < u->block_count; i++) {
        sum += u->squares[i];
    }
    return sum;
}

static void clip(const bp_update *u, const bp_block *b, float *scratch) {
    (void)scratch;
    double sum = 0;
    for (size_t i = 0; i < run_count(u, b); i++) {
        float *gradient = u->gradient + run_at(u, b, i);
        if (u->clipping.value > 0) {
            u->kernels->clamp(b->units, u->clipping.value, gradient);
        }
        sum += u->kernels->dot(b->units, gradient, gradient);
    }
    u->squares[b - u->blocks] = sum;
}

static bool settle_norm(bp_update *u) {
    u->gradient_norm = sqrt(sum_squares(u));
    u->rule.gradient_scale = bp_gradient_clipping_factor(&u->clipping, u->gradient_norm);
    return isfinite(u->gradient_norm);
}

/* Of an objective whose value is asked for: the penalty's own gradient and sum of squares. */
static void penalize(const bp_update *u, const bp_block *b, float *scratch) {
    (void)scratch;
    double sum = 0;
    for (size_t i = 0; i < b->inputs; i++) {
        const float *w = u->parameters + run_at(u, b, i);
        float *gradient = u->gradient + run_at(u, b, i);
        u->kernels->add_scaled(b->units, u->rule.l2, w, gradient, gradient);
        sum += u->kernels->dot(b->units, w, w);
    }
    u->squares[b - u->blocks] = sum;
}

static bool settle_penalty(bp_update *u) {
    u->penalty = 0.5 * (double)u->rule.l2 * sum_squares(u);
    return true;
}

static void optimize(const bp_update *u, const bp_block *b, float *scratch) {
    (void)scratch;
    for (size_t i = 0; i < run_count(u, b); i++) {
        optimize_run(u, b, i, u->gradient + run_at(u, b, i));
    }
}

/* The block at a unit's first input takes the whole column. */
static void limit_norms(const bp_update *u, const bp_block *b, float *scratch) {
    (void)scratch;
    if (b->first_input == 0) {
        u->kernels->limit_norms(u->network->width[b->layer - 1], b->units, u->max_norm,
                                u->parameters + weights_at(u, b), u->network->width[b->layer]);
    }
}

static const bp_update_stage descend_stage = {.run = descend, .reads_rows = true};
static const bp_update_stage fused_stage = {
    .run = reduce_to_scratch, .then = optimize_from_scratch, .reads_rows = true};
static const bp_update_stage reduce_stage = {.run = reduce, .reads_rows = true};
static const bp_update_stage clip_stage = {.run = clip, .settle = settle_norm};
static const bp_update_stage penalize_stage = {.run = penalize, .settle = settle_penalty};
static const bp_update_stage optimize_stage = {.run = optimize};
static const bp_update_stage limit_stage = {.run = limit_norms};

static void append(bp_update_plan *plan, const bp_update_stage *stage) {
    plan->stage[plan->count++] = stage;
}

/* The weights are another's to change. */
static bp_update_plan plan_of_objective(const bp_train_options *options) {
    bp_update_plan plan = {.buffered = true};
    append(&plan, &reduce_stage);
    if (options->regularization.l2 > 0) {
        append(&plan, &penalize_stage);
    }
    return plan;
}

bp_update_plan bp_update_plan_of(const bp_train_options *options, bool parts) {
    if (options->optimizer == BP_OPTIMIZER_LBFGS) {
        return plan_of_objective(options);
    }
    const bp_gradient_clipping *clipping = &options->gradient_clipping;
    bp_update_plan plan = {.plain = bp_optimizer_states(options) == 0,
                           .buffered = parts || clipping->norm > 0};
    if (plan.buffered) {
        append(&plan, &reduce_stage);
        if (bp_gradient_clipping_on(clipping)) {
            append(&plan, &clip_stage);
        }
        append(&plan, &optimize_stage);
    } else {
        append(&plan, plan.plain ? &descend_stage : &fused_stage);
    }
    if (options->regularization.max_norm > 0) {
        append(&plan, &limit_stage);
    }
    return plan;
}
