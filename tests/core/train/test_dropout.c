/* Dropout and input noise in a row pass: which numbers they are, that tiles change none, and the
 * gradient with the mask held fixed against central differences in double. */
#include "random_model.h"
#include "reference_functions.h"
#include "row_pass.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "memory.h"
#include "philox.h"
#include "scalar_math.h"

enum { ROWS = 7, LAYERS = 5, LAST = LAYERS, MOST = 200 };

/* Slopes in x (tanh, sigmoid), in s (gelu), and in the end of a product (relu). */
static const bp_model_spec spec = {.inputs = 6,
                                   .layer_count = LAYERS,
                                   .layers = {{.units = 13, .activation = BP_ACTIVATION_TANH},
                                              {.units = 18, .activation = BP_ACTIVATION_RELU},
                                              {.units = 5, .activation = BP_ACTIVATION_SIGMOID},
                                              {.units = 9, .activation = BP_ACTIVATION_GELU},
                                              {.units = 3, .activation = BP_ACTIVATION_LINEAR}},
                                   .loss = BP_LOSS_MSE};

static const bp_noise noise = {.seed = UINT64_C(0x123456789ABC),
                               .step = UINT64_C(0x300000007),
                               .first_row = 1024,
                               .dropout = 0.4f,
                               .input_dropout = 0.25f,
                               .input_noise = 0.3f};

static const bp_kernels *find(const char *name) {
    const bp_kernels *kernels;
    assert_int_equal(bp_kernels_find(name, &kernels, NULL), BP_OK);
    return kernels;
}

typedef struct passed {
    bp_row_buffers buffers;
    float *scratch;
} passed;

static passed make_buffers(const bp_random_model *m, bp_row_use use) {
    passed out;
    const bp_row_request request = {.rows = ROWS, .tile_rows = ROWS, .use = use};
    assert_int_equal(bp_row_buffers_new(&out.buffers, &m->snapshot->network, &request, NULL),
                     BP_OK);
    out.scratch = bp_calloc_aligned(out.buffers.scratch_floats, sizeof *out.scratch);
    assert_non_null(out.scratch);
    return out;
}

static bp_row_pass pass_over(const bp_random_model *m, const char *isa, const bp_noise *with,
                             const passed *out) {
    return (bp_row_pass){.kernels = find(isa),
                         .network = &m->snapshot->network,
                         .parameters = m->snapshot->parameters,
                         .input_mean = m->snapshot->input_mean,
                         .input_scale = m->snapshot->input_scale,
                         .data = m->rows,
                         .targets = &m->targets,
                         .buffers = &out->buffers,
                         .scale = 1.0f / ROWS,
                         .noise = with};
}

/* Forward and backward over all rows, in tiles. */
static passed run(const bp_random_model *m, const char *isa, const bp_noise *with, size_t tile) {
    passed out = make_buffers(m, with != NULL ? BP_ROWS_DROPPED : BP_ROWS_BOTH);
    const bp_row_pass pass = pass_over(m, isa, with, &out);
    for (size_t first = 0; first < ROWS; first += tile) {
        bp_row_pass_both(&pass, first, tile < ROWS - first ? tile : ROWS - first, out.scratch,
                         NULL);
    }
    return out;
}

static void clear(passed *p) {
    bp_row_buffers_clear(&p->buffers);
    free(p->scratch);
}

/* The word of an element as philox.h's run has it, from the block itself. */
static uint32_t word_of(bp_random_stream stream, size_t layer, size_t element) {
    const uint64_t e = (uint64_t)noise.first_row * spec.inputs * (layer == 0) +
                       (layer > 0 ? noise.first_row * spec.layers[layer - 1].units : 0) + element;
    uint32_t words[4];
    bp_random_block(noise.seed, stream, (uint64_t)layer << 56 | noise.step, 16 * (e / 64) + e % 16,
                    words);
    return words[e / 16 % 4];
}

static void the_mask_is_a_function_of_its_place(void **state) {
    (void)state;
    const bp_noise_rows rows = {find("auto"), 2, 0, ROWS, 18};
    float a[ROWS * 18], out[ROWS * 18];
    for (size_t e = 0; e < ROWS * 18; e++) {
        a[e] = (float)e - 50;
    }
    bp_noise_drop(&noise, &rows, a, out);
    for (size_t e = 0; e < ROWS * 18; e++) {
        bool dropped = (double)word_of(BP_STREAM_DROPOUT, 2, e) < (double)noise.dropout * 0x1p32;
        assert_true(out[e] == (dropped ? 0 : a[e] * (1.0f / (1.0f - noise.dropout))));
    }
    const bp_noise_rows inputs = {find("auto"), 0, 0, ROWS, 6};
    float x[ROWS * 6];
    memcpy(x, a, sizeof x);
    bp_noise_on_inputs(&noise, &inputs, x);
    for (size_t e = 0; e < ROWS * 6; e++) {
        bool dropped =
            (double)word_of(BP_STREAM_DROPOUT, 0, e) < (double)noise.input_dropout * 0x1p32;
        float z = bp_normal_of_word(word_of(BP_STREAM_NOISE, 0, e));
        float noisy = fmaf(noise.input_noise, z, a[e]);
        assert_true(x[e] == (dropped ? 0 : noisy * (1.0f / (1.0f - noise.input_dropout))));
    }
}

/* Share of what is dropped, mean and variance of what is added, for a million elements. */
static void noise_has_its_moments(void **state) {
    (void)state;
    enum { COUNT = 1000000 };
    float *x = calloc(COUNT, sizeof *x);
    assert_non_null(x);
    const bp_noise added = {.seed = 1, .input_noise = 0.5f}, dropped = {.seed = 1, .dropout = 0.3f};
    const bp_noise_rows rows = {find("auto"), 0, 0, 1000, 1000};
    double sum = 0, square = 0, zeros = 0;
    bp_noise_on_inputs(&added, &rows, x);
    for (size_t i = 0; i < COUNT; i++) {
        sum += (double)x[i];
        square += (double)x[i] * (double)x[i];
        x[i] = 1;
    }
    assert_true(fabs(sum / COUNT) < 4 * 0.5 / 1000);
    assert_true(fabs(square / COUNT - 0.25) < 4 * 0.25 * sqrt(2.0) / 1000);
    bp_noise_drop(&dropped, &rows, x, x);
    sum = 0;
    for (size_t i = 0; i < COUNT; i++) {
        zeros += x[i] == 0;
        sum += (double)x[i];
    }
    assert_true(fabs(zeros / COUNT - 0.3) < 4 * sqrt(0.21) / 1000);
    assert_true(fabs(sum / COUNT - 1) < 4 * sqrt(0.3 / 0.7) / 1000);
    free(x);
}

static void assert_same_pass(const passed *a, const passed *b) {
    for (size_t l = 0; l <= LAST; l++) {
        const size_t bytes = ROWS * a->buffers.width[l] * sizeof(float);
        assert_memory_equal(a->buffers.x[l], b->buffers.x[l], bytes);
        if (l > 0) {
            assert_memory_equal(a->buffers.ds[l], b->buffers.ds[l], bytes);
        }
    }
}

static void neither_tiles_nor_instruction_sets_change_it(void **state) {
    (void)state;
    const char *isas[8];
    const size_t count = bp_kernels_available(isas, 8);
    bp_random_model m;
    bp_random_model_make(&m, &spec, ROWS, 3);
    passed want = run(&m, "naive", &noise, ROWS);
    for (size_t i = 0; i < count; i++) {
        for (size_t tile = 1; tile <= ROWS; tile += 2) {
            passed got = run(&m, isas[i], &noise, tile);
            assert_same_pass(&got, &want);
            clear(&got);
        }
    }
    bp_noise other = noise;
    other.step++;
    passed next = run(&m, "auto", &other, ROWS);
    assert_memory_not_equal(next.buffers.x[1], want.buffers.x[1], ROWS * 13 * sizeof(float));
    clear(&next);
    clear(&want);
    bp_random_model_clear(&m);
}

static void without_noise_it_is_the_ordinary_pass(void **state) {
    (void)state;
    const bp_noise none = {.seed = 5, .dropout = 1e-30f}; /* asked for, and drops nothing */
    bp_random_model m;
    bp_random_model_make(&m, &spec, ROWS, 3);
    passed plain = run(&m, "auto", NULL, ROWS), noisy = run(&m, "auto", &none, ROWS);
    assert_same_pass(&plain, &noisy);
    clear(&plain);
    clear(&noisy);
    bp_random_model_clear(&m);
}

/* Validation, between steps that drop: the same buffers, and nothing dropped. */
static void a_forward_pass_between_steps_drops_nothing(void **state) {
    (void)state;
    bp_random_model m;
    bp_random_model_make(&m, &spec, ROWS, 3);
    passed plain = run(&m, "auto", NULL, ROWS), between = make_buffers(&m, BP_ROWS_DROPPED);
    const bp_row_pass pass = pass_over(&m, "auto", NULL, &between);
    bp_row_pass_forward(&pass, 0, ROWS, between.scratch);
    for (size_t l = 0; l <= LAST; l++) {
        assert_memory_equal(between.buffers.x[l], plain.buffers.x[l],
                            ROWS * plain.buffers.width[l] * sizeof(float));
    }
    clear(&plain);
    clear(&between);
    bp_random_model_clear(&m);
}

/* --- finite differences ---------------------------------------------------------------------- */

/* What multiplies x(l) in `out`, and what is added to x(0) in `shift`. */
static void draw_factors(double out[LAYERS][MOST], double shift[MOST]) {
    bp_noise shares = noise, adds = noise;
    shares.input_noise = 0;
    adds.input_dropout = 0;
    for (size_t l = 0; l < LAYERS; l++) {
        const size_t width = l == 0 ? spec.inputs : spec.layers[l - 1].units;
        const bp_noise_rows rows = {find("naive"), l, 0, ROWS, width};
        float ones[MOST], zeros[MOST] = {0};
        for (size_t e = 0; e < MOST; e++) {
            ones[e] = 1;
        }
        if (l == 0) {
            bp_noise_on_inputs(&shares, &rows, ones);
            bp_noise_on_inputs(&adds, &rows, zeros);
        } else {
            bp_noise_drop(&noise, &rows, ones, ones);
        }
        for (size_t e = 0; e < ROWS * width; e++) {
            out[l][e] = (double)ones[e];
            shift[e] = l == 0 ? (double)zeros[e] : shift[e];
        }
    }
}

typedef struct oracle {
    const bp_random_model *m;
    double *parameters; /* laid out as the network's */
    double factor[LAYERS][MOST], shift[MOST];
} oracle;

static double loss_of(const oracle *o) {
    const bp_network *n = &o->m->snapshot->network;
    double x[MOST] = {0}, next[MOST], loss = 0;
    for (size_t e = 0; e < ROWS * n->width[0]; e++) {
        const size_t c = e % n->width[0];
        double scaled = ((double)o->m->rows[e] - (double)o->m->snapshot->input_mean[c]) *
                        (double)o->m->snapshot->input_scale[c];
        x[e] = (scaled + o->shift[e]) * o->factor[0][e];
    }
    for (size_t l = 1; l <= LAST; l++) {
        const size_t in = n->width[l - 1], units = n->width[l];
        for (size_t e = 0; e < ROWS * units; e++) {
            double s = o->parameters[n->bias_offset[l] + e % units];
            for (size_t i = 0; i < in; i++) {
                s += o->parameters[n->weight_offset[l] + i * units + e % units] *
                     x[e / units * in + i];
            }
            next[e] = bp_reference_activations[n->activation[l]].sigma(s) *
                      (l < LAST ? o->factor[l][e] : 1);
        }
        memcpy(x, next, sizeof x);
    }
    for (size_t e = 0; e < ROWS * n->width[LAST]; e++) {
        loss += (x[e] - (double)o->m->y[e]) * (x[e] - (double)o->m->y[e]);
    }
    return loss / (double)(ROWS * n->width[LAST]);
}

static double difference(const oracle *o, size_t at) {
    const double h = 1e-5, here = o->parameters[at];
    o->parameters[at] = here + h;
    double above = loss_of(o);
    o->parameters[at] = here - h;
    double below = loss_of(o);
    o->parameters[at] = here;
    return (above - below) / (2 * h);
}

/* dl/dw(l) and dl/db(l) from the pass's x(l-1) and dl/ds(l). */
static void check_layer(const oracle *o, const bp_row_buffers *b, size_t l) {
    const bp_network *n = &o->m->snapshot->network;
    const size_t in = n->width[l - 1], units = n->width[l];
    for (size_t u = 0; u < units; u++) {
        for (size_t i = 0; i <= in; i++) {
            double analytic = 0;
            for (size_t r = 0; r < ROWS; r++) {
                analytic += (double)b->ds[l][r * units + u] *
                            (i < in ? (double)b->x[l - 1][r * in + i] : 1);
            }
            size_t at = i < in ? n->weight_offset[l] + i * units + u : n->bias_offset[l] + u;
            assert_true(fabs(analytic - difference(o, at)) <= 2e-6);
        }
    }
}

static void with_the_mask_fixed_the_gradient_is_right(void **state) {
    (void)state;
    bp_random_model m;
    bp_random_model_make(&m, &spec, ROWS, 3);
    oracle o = {.m = &m};
    const size_t count = m.snapshot->network.storage_count;
    o.parameters = calloc(count, sizeof *o.parameters);
    assert_non_null(o.parameters);
    for (size_t e = 0; e < count; e++) {
        o.parameters[e] = (double)m.snapshot->parameters[e];
    }
    draw_factors(o.factor, o.shift);
    passed p = run(&m, "auto", &noise, ROWS);
    double loss = 0, largest = 0;
    for (size_t r = 0; r < ROWS; r++) {
        loss += (double)p.buffers.loss[r] / ROWS;
    }
    for (size_t e = 0; e < ROWS * 13; e++) {
        largest = fmax(largest, fabs((double)p.buffers.ds[1][e]));
    }
    assert_true(fabs(loss - loss_of(&o)) <= 1e-6 * loss);
    assert_true(largest > 1e-4); /* there is something to check */
    for (size_t l = 1; l <= LAST; l++) {
        check_layer(&o, &p.buffers, l);
    }
    clear(&p);
    free(o.parameters);
    bp_random_model_clear(&m);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_mask_is_a_function_of_its_place),
        cmocka_unit_test(noise_has_its_moments),
        cmocka_unit_test(neither_tiles_nor_instruction_sets_change_it),
        cmocka_unit_test(without_noise_it_is_the_ordinary_pass),
        cmocka_unit_test(a_forward_pass_between_steps_drops_nothing),
        cmocka_unit_test(with_the_mask_fixed_the_gradient_is_right),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
