/* Every table that this machine runs against the naive loops: equality of bits, no tolerance.
 * BP_SHAPES sets how many random shapes each kernel is tried on. */
#include "kernels.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "memory.h"
#include "philox.h"

enum { MOST_TABLES = 8, GUARD = 16 };

/* A sanitizer makes each shape twenty to a hundred times slower and finds what it finds on few. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
enum { DEFAULT_SHAPES = 40 };
#else
enum { DEFAULT_SHAPES = 400 };
#endif

static size_t shapes(void) {
    const char *text = getenv("BP_SHAPES");
    return text != NULL ? strtoul(text, NULL, 10) : DEFAULT_SHAPES;
}

/* A repeatable source of numbers for the shapes and the values. */
static uint64_t position;

static uint32_t next_word(void) {
    uint32_t words[4];
    bp_random_block(7, BP_STREAM_SAMPLE, 0, position++, words);
    return words[0];
}

/* 1, primes, and sizes around every tile's edge. */
static size_t next_size(size_t most) {
    static const size_t special[] = {1,  2,  3,  4,  5,  6,  7,  8,  9,  11, 12, 13, 15, 16,  17,
                                     18, 23, 24, 25, 31, 32, 33, 47, 48, 49, 63, 64, 65, 127, 129};
    uint32_t word = next_word();
    size_t size = word % 2 ? special[(word >> 1) % (sizeof special / sizeof special[0])]
                           : 1 + (word >> 1) % most;
    return size < most ? size : most;
}

/* In (-2, 2), of all magnitudes down to 2^-20. */
static float next_value(void) {
    uint32_t word = next_word();
    float scale = 1.0f / (float)(1u << (word & 31) % 21);
    return (2 * bp_random_unit(word) - 1) * 2 * scale;
}

static float *values(size_t count) {
    float *v = bp_calloc_aligned(count + GUARD, sizeof *v);
    assert_non_null(v);
    for (size_t i = 0; i < count + GUARD; i++) {
        v[i] = next_value();
    }
    return v;
}

static float *copy_of(const float *v, size_t count) {
    float *copy = bp_calloc_aligned(count + GUARD, sizeof *copy);
    assert_non_null(copy);
    memcpy(copy, v, (count + GUARD) * sizeof *copy);
    return copy;
}

/* The guard behind the array is compared too: nothing may be written there. */
static void assert_same(const char *table, const char *what, const float *got, const float *want,
                        size_t count) {
    if (memcmp(got, want, (count + GUARD) * sizeof *got) != 0) {
        size_t i = 0;
        while (memcmp(&got[i], &want[i], sizeof *got) == 0) {
            i++;
        }
        fail_msg("%s %s: element %zu of %zu is %a, not %a", table, what, i, count, (double)got[i],
                 (double)want[i]);
    }
}

typedef void (*trial)(const bp_kernels *naive, const bp_kernels *table);

static void each_table(trial try_one) {
    const char *names[MOST_TABLES];
    size_t count = bp_kernels_available(names, MOST_TABLES);
    const bp_kernels *naive;
    assert_int_equal(bp_kernels_find("naive", &naive, NULL), BP_OK);
    assert_true(count >= 2);
    for (size_t i = 0; i < count; i++) {
        const bp_kernels *table;
        assert_int_equal(bp_kernels_find(names[i], &table, NULL), BP_OK);
        position = 0;
        for (size_t n = 0; n < shapes(); n++) {
            try_one(naive, table);
        }
    }
}

/* C [m, n] with up to `gap` floats between its rows. */
static void try_product_of(const bp_kernels *naive, const bp_kernels *table, size_t m, size_t n,
                           size_t depth, uint32_t gap) {
    bool turned = next_word() % 2;   /* A by columns, as the gradient reads it */
    bool b_turned = next_word() % 2; /* B by columns, as the way back reads the weights */
    size_t b_row = (b_turned ? depth : n) + next_word() % 3, c_row = n + next_word() % (gap + 1);
    float *a = values(m * depth), *b = values((b_turned ? n : depth) * b_row), *bias = values(n);
    float *c = values(m * c_row), *gate = values(m * c_row), *want = copy_of(c, m * c_row);
    bp_product p = {.m = m,
                    .n = n,
                    .depth = depth,
                    .a = a,
                    .a_row = turned ? 1 : depth,
                    .a_column = turned ? m : 1,
                    .b = b,
                    .b_row = b_row,
                    .b_turned = b_turned,
                    .c = c,
                    .c_row = c_row,
                    .start = (bp_start)(next_word() % 3),
                    .bias = bias,
                    .end = (bp_end)(next_word() % 3),
                    .gate = gate};
    table->product(&p);
    p.c = want;
    naive->product(&p);
    assert_same(table->name, "product", c, want, m * c_row);
    free(a);
    free(b);
    free(bias);
    free(c);
    free(gate);
    free(want);
}

static void try_product(const bp_kernels *naive, const bp_kernels *table) {
    size_t m = next_size(140), n = next_size(140), depth = next_size(600);
    try_product_of(naive, table, m, n, depth, 2);
}

/* Those of the smallest networks, which have ways of their own. */
static void try_small_product(const bp_kernels *naive, const bp_kernels *table) {
    size_t m = next_size(70), n = 1 + next_word() % 5, depth = next_size(140);
    try_product_of(naive, table, m, n, depth, 0);
    try_product_of(naive, table, 1 + next_word() % 3, next_size(140), next_size(40), 0);
    try_product_of(naive, table, next_size(70), next_size(70), 1, 1);
}

static void try_column_sums(const bp_kernels *naive, const bp_kernels *table) {
    size_t rows = next_size(80), width = next_size(140), a_row = width + next_word() % 3;
    bp_start start = next_word() % 2 ? BP_START_C : BP_START_ZERO;
    float *a = values(rows * a_row), *out = values(width), *want = copy_of(out, width);
    table->column_sums(rows, width, a, a_row, start, out);
    naive->column_sums(rows, width, a, a_row, start, want);
    assert_same(table->name, "column_sums", out, want, width);
    free(a);
    free(out);
    free(want);
}

static void try_activation(const bp_kernels *naive, const bp_kernels *table) {
    for (int f = 0; f < BP_ACTIVATION_SOFTMAX; f++) {
        size_t count = next_size(140);
        float *x = values(count), *dx = values(count);
        for (size_t i = 0; i < count; i++) {
            x[i] *= next_word() % 4 ? 8 : 60; /* into the saturated ranges, too */
        }
        float *want = copy_of(x, count), *want_ds = copy_of(dx, count), *apart = copy_of(x, count);
        float *s = copy_of(x, count);
        table->activate((bp_activation)f, count, s, apart);
        table->activate((bp_activation)f, count, x, x);
        naive->activate((bp_activation)f, count, want, want);
        assert_same(table->name, "activate to another place", apart, want, count);
        assert_same(table->name, bp_kernels_name(naive), x, want, count);
        table->activate_backward((bp_activation)f, count, x, dx, dx);
        naive->activate_backward((bp_activation)f, count, want, want_ds, want_ds);
        assert_same(table->name, "activate_backward", dx, want_ds, count);
        table->activate_backward((bp_activation)f, count, s, want_ds, dx);
        naive->activate_backward((bp_activation)f, count, s, want_ds, want_ds);
        assert_same(table->name, "activate_backward by s", dx, want_ds, count);
        float *all[] = {x, s, dx, want, want_ds, apart};
        for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
            free(all[i]);
        }
    }
}

/* With parameters as drawn; half of the time without label smoothing. */
static bp_loss_rule draw_rule(bp_loss which) {
    static const float smoothings[] = {0, 0, 0.1f, 0.75f};
    return (bp_loss_rule){which,
                          {.quantile = 0.05f + 0.9f * bp_random_unit(next_word()),
                           .huber_delta = next_word() % 4 ? 0.3f : 1.0f,
                           .label_smoothing = smoothings[next_word() % 4]}};
}

/* Runs a loss on copies, and compares x, d and loss. */
static void try_loss(const bp_kernels *naive, const bp_kernels *table, bp_loss which) {
    const bp_loss_rule rule = draw_rule(which);
    size_t rows = next_size(40), width = next_size(70), count = rows * width;
    float *x = values(count), *want_x = copy_of(x, count);
    float *d = values(count), *want_d = copy_of(d, count);
    float *loss = values(rows), *want_loss = copy_of(loss, rows), *y = values(count);
    int32_t *class_index = calloc(rows, sizeof *class_index);
    assert_non_null(class_index);
    for (size_t i = 0; i < rows; i++) {
        class_index[i] = (int32_t)(next_word() % width);
    }
    bool backward = next_word() % 4 != 0;
    bp_output_rows got = {rows, width, x, backward ? d : NULL, 1.0f / (float)rows, loss};
    bp_output_rows want = {rows,     width, want_x, backward ? want_d : NULL, 1.0f / (float)rows,
                           want_loss};
    if (which == BP_LOSS_CROSS_ENTROPY) {
        table->cross_entropy(&rule, &got, class_index);
        naive->cross_entropy(&rule, &want, class_index);
    } else {
        table->mean_loss(&rule, &got, y);
        naive->mean_loss(&rule, &want, y);
    }
    assert_same(table->name, "x(L)", x, want_x, count);
    assert_same(table->name, "dl/ds(L)", d, want_d, count);
    assert_same(table->name, "loss", loss, want_loss, rows);
    float *all[] = {x, want_x, d, want_d, loss, want_loss, y};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        free(all[i]);
    }
    free(class_index);
}

static void try_cross_entropy(const bp_kernels *naive, const bp_kernels *table) {
    try_loss(naive, table, BP_LOSS_CROSS_ENTROPY);
}

static void try_mean_losses(const bp_kernels *naive, const bp_kernels *table) {
    for (int loss = 0; loss < BP_LOSS_COUNT; loss++) {
        if (loss != BP_LOSS_CROSS_ENTROPY) {
            try_loss(naive, table, (bp_loss)loss);
        }
    }
}

static void try_softmax(const bp_kernels *naive, const bp_kernels *table) {
    size_t rows = next_size(40), width = next_size(70);
    float *x = values(rows * width), *want = copy_of(x, rows * width);
    table->softmax(rows, width, x);
    naive->softmax(rows, width, want);
    assert_same(table->name, "softmax", x, want, rows * width);
    free(x);
    free(want);
}

static void try_gather(const bp_kernels *naive, const bp_kernels *table) {
    size_t rows = next_size(40), width = next_size(140), all = rows + 5;
    float *x = values(all * width), *mean = values(width), *scale = values(width);
    float *out = values(rows * width), *want = copy_of(out, rows * width);
    uint32_t *index = calloc(rows, sizeof *index);
    assert_non_null(index);
    for (size_t i = 0; i < rows; i++) {
        index[i] = next_word() % (uint32_t)all;
    }
    bp_gather g = {rows, width, x, next_word() % 4 ? index : NULL, mean, scale, out};
    table->gather(&g);
    g.out = want;
    naive->gather(&g);
    assert_same(table->name, "gather", out, want, rows * width);
    free(x);
    free(mean);
    free(scale);
    free(out);
    free(want);
    free(index);
}

static void try_transpose(const bp_kernels *naive, const bp_kernels *table) {
    size_t rows = next_size(70), width = next_size(70);
    size_t a_row = width + next_word() % 3, out_row = rows + next_word() % 3;
    float *a = values(rows * a_row), *out = values(width * out_row);
    float *want = copy_of(out, width * out_row);
    table->transpose(rows, width, a, a_row, out, out_row);
    naive->transpose(rows, width, a, a_row, want, out_row);
    assert_same(table->name, "transpose", out, want, width * out_row);
    free(a);
    free(out);
    free(want);
}

static void try_optimizer(const bp_kernels *naive, const bp_kernels *table) {
    bp_step_rule rule = {.rate = 0.01f, .rate_m = 0.02f, .momentum = 0.9f, .beta1 = 0.9f};
    rule.rest1 = 0.1f;
    rule.beta2 = 0.99f;
    rule.rest2 = 0.01f;
    rule.root = 1.7f;
    rule.epsilon = 1e-6f;
    rule.decay = next_word() % 2 ? 0.003f : 0;
    rule.keep = 0.999f;
    rule.shaped = next_word() % 2;
    rule.gradient_scale = 0.7f;
    rule.l2 = 0.02f;
    rule.l1 = 0.05f;
    for (int o = 0; o < BP_OPTIMIZER_LBFGS; o++) { /* the last, and no kernel */
        size_t count = next_size(140);
        float *g = values(count), *s = values(count), *u = values(count), *w = values(count);
        for (size_t i = 0; i < count; i++) { /* sums of squares, some about to fade away */
            const bool fades = next_word() % 8 == 0;
            s[i] = (s[i] < 0 ? -s[i] : s[i]) * (fades ? 0x1p-120f : 1);
            u[i] = (u[i] < 0 ? -u[i] : u[i]) * (fades ? 0x1p-120f : 1);
            g[i] *= fades ? 0 : 1;
            w[i] *= next_word() % 8 ? 1 : 0; /* of no sign */
        }
        float *want_s = copy_of(s, count), *want_u = copy_of(u, count), *want_w = copy_of(w, count);
        rule.optimizer = (bp_optimizer)o;
        table->optimize(&(bp_parameter_step){&rule, count, g, {s, u}, w});
        naive->optimize(&(bp_parameter_step){&rule, count, g, {want_s, want_u}, want_w});
        assert_same(table->name, "first state", s, want_s, count);
        assert_same(table->name, "second state", u, want_u, count);
        assert_same(table->name, "weight", w, want_w, count);
        float *all[] = {g, s, u, w, want_s, want_u, want_w};
        for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
            free(all[i]);
        }
    }
}

static void try_scale(const bp_kernels *naive, const bp_kernels *table) {
    size_t count = next_size(300);
    float *w = values(count), *want = copy_of(w, count);
    table->scale(count, 0.3f, w);
    naive->scale(count, 0.3f, want);
    assert_same(table->name, "scale", w, want, count);
    free(w);
    free(want);
}

static void try_clamp(const bp_kernels *naive, const bp_kernels *table) {
    size_t count = next_size(300);
    float *a = values(count), *want = copy_of(a, count);
    table->clamp(count, 0.3f, a);
    naive->clamp(count, 0.3f, want);
    assert_same(table->name, "clamp", a, want, count);
    free(a);
    free(want);
}

static void try_add_scaled(const bp_kernels *naive, const bp_kernels *table) {
    size_t count = next_size(300);
    float *a = values(count), *b = values(count), *out = values(count);
    float *want = copy_of(out, count);
    table->add_scaled(count, -0.3f, a, b, out);
    naive->add_scaled(count, -0.3f, a, b, want);
    assert_same(table->name, "add_scaled", out, want, count);
    table->add_scaled(count, 0.7f, a, out, out); /* in place */
    naive->add_scaled(count, 0.7f, a, want, want);
    assert_same(table->name, "add_scaled in place", out, want, count);
    free(a);
    free(b);
    free(out);
    free(want);
}

static void try_dot(const bp_kernels *naive, const bp_kernels *table) {
    size_t count = next_size(300);
    float *a = values(count), *b = values(count);
    double got = table->dot(count, a, b), want = naive->dot(count, a, b);
    if (memcmp(&got, &want, sizeof got) != 0) {
        fail_msg("%s dot of %zu: %a, not %a", table->name, count, got, want);
    }
    free(a);
    free(b);
}

static void try_limit_norms(const bp_kernels *naive, const bp_kernels *table) {
    size_t inputs = next_size(70), units = next_size(140), w_row = units + next_word() % 3;
    float *w = values(inputs * w_row), *want = copy_of(w, inputs * w_row);
    table->limit_norms(inputs, units, 1.5f, w, w_row); /* some are longer, some are not */
    naive->limit_norms(inputs, units, 1.5f, want, w_row);
    assert_same(table->name, "limit_norms", w, want, inputs * w_row);
    free(w);
    free(want);
}

static void try_normalization(const bp_kernels *naive, const bp_kernels *table) {
    size_t rows = next_size(20), width = next_size(140), count = rows * width;
    float *s = values(count), *gamma = values(width), *beta = values(width), *du = values(count);
    float *z = copy_of(s, count), *want_z = copy_of(s, count);
    float *u = values(count), *want_u = copy_of(u, count), *inverse = values(rows);
    float *want_inverse = copy_of(inverse, rows), *ds = values(count),
          *want_ds = copy_of(ds, count);
    const bp_normalization shape = {.rows = rows, .width = width, .gamma = gamma, .beta = beta};
    bp_normalization got = shape, want = shape, bare = shape;
    got.z = z, got.u = u, got.inverse_deviation = inverse;
    want.z = want_z, want.u = want_u, want.inverse_deviation = want_inverse;
    table->normalize(&got);
    naive->normalize(&want);
    assert_same(table->name, "z", z, want_z, count);
    assert_same(table->name, "u", u, want_u, count);
    assert_same(table->name, "1 / deviation", inverse, want_inverse, rows);
    bare.z = bare.u = s;
    table->normalize(&bare);
    assert_int_equal(memcmp(s, u, count * sizeof *s), 0);
    got.u = want.u = du;
    got.ds = ds, want.ds = want_ds;
    table->normalize_backward(&got);
    naive->normalize_backward(&want);
    assert_same(table->name, "dl/ds", ds, want_ds, count);
    got.ds = du;
    table->normalize_backward(&got);
    assert_int_equal(memcmp(du, want_ds, count * sizeof *du), 0);
    float *all[] = {s, gamma, beta, du, z, want_z, u, want_u, inverse, want_inverse, ds, want_ds};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        free(all[i]);
    }
}

static void try_column_dots(const bp_kernels *naive, const bp_kernels *table) {
    size_t rows = next_size(80), width = next_size(140), row = width + next_word() % 3;
    float *a = values(rows * row), *b = values(rows * row), *out = values(width);
    float *want = copy_of(out, width);
    bp_column_dots dots = {rows, width, a, b, row, BP_START_ZERO, out};
    dots.start = next_word() % 2 ? BP_START_C : BP_START_ZERO;
    table->column_dots(&dots);
    dots.out = want;
    naive->column_dots(&dots);
    assert_same(table->name, "column_dots", out, want, width);
    free(a);
    free(b);
    free(out);
    free(want);
}

#define TEST_OF(name)                                                                              \
    static void name##_has_the_same_bits(void **state) {                                           \
        (void)state;                                                                               \
        each_table(try_##name);                                                                    \
    }
/* Sums of s that are far beyond e^s's range: no infinity, no NaN. */
static void large_sums_have_finite_losses(void **state) {
    (void)state;
    const bp_kernels *naive;
    assert_int_equal(bp_kernels_find("naive", &naive, NULL), BP_OK);
    float x[4] = {3000, -3000, 3000, -3000}, d[4], loss[1];
    const float y[4] = {1, 0, 0, 1};
    const bp_loss_rule rule = {.loss = BP_LOSS_BINARY_CROSS_ENTROPY};
    naive->mean_loss(&rule, &(bp_output_rows){1, 4, x, d, 1, loss}, y);
    assert_true(loss[0] == 1500); /* right, right, and twice off by 3000 */
    assert_true(x[0] == 1 && x[1] == 0);
    assert_true(d[0] == 0 && d[1] == 0 && d[2] == 0.25f && d[3] == -0.25f);
}

/* What the losses without parameters computed before they had any. */
static void usual_parameters_change_no_bit(void **state) {
    (void)state;
    const bp_kernels *naive;
    assert_int_equal(bp_kernels_find("naive", &naive, NULL), BP_OK);
    for (size_t i = 0; i < 1000; i++) {
        float s[3] = {4 * next_value(), 4 * next_value(), 4 * next_value()}, d[3], loss[1],
              e = s[0];
        const int32_t class_index = (int32_t)(next_word() % 3);
        naive->mean_loss(&(bp_loss_rule){BP_LOSS_HUBER, {.huber_delta = 1}},
                         &(bp_output_rows){1, 1, s, d, 1, loss}, &(float){0});
        const float a = e < 0 ? -e : e;
        assert_true(loss[0] == (a <= 1 ? (0.5f * e) * e : a - 0.5f));
        assert_true(d[0] == (a <= 1 ? e : e > 0 ? 1.0f : -1.0f));
        naive->cross_entropy(&(bp_loss_rule){.loss = BP_LOSS_CROSS_ENTROPY},
                             &(bp_output_rows){1, 3, s, d, 0.125f, loss}, &class_index);
        for (int32_t j = 0; j < 3; j++) {
            assert_true(d[j] == (j == class_index ? s[j] - 1.0f : s[j]) * 0.125f);
        }
    }
}

TEST_OF(product)
TEST_OF(small_product)
TEST_OF(column_sums)
TEST_OF(activation)
TEST_OF(cross_entropy)
TEST_OF(mean_losses)
TEST_OF(softmax)
TEST_OF(gather)
TEST_OF(transpose)
TEST_OF(optimizer)
TEST_OF(scale)
TEST_OF(normalization)
TEST_OF(column_dots)
TEST_OF(clamp)
TEST_OF(add_scaled)
TEST_OF(dot)
TEST_OF(limit_norms)

/* Runs of elements begin and end anywhere; the counters' upper halves count, too. */
static bp_random_run next_run(void) {
    bp_random_run run = {.seed = (uint64_t)next_word() << 32 | next_word(),
                         .stream = (bp_random_stream)(next_word() % 8),
                         .major = (uint64_t)next_word() << 32 | next_word(),
                         .first = next_word() % 300};
    run.first += next_word() % 2 ? 0 : UINT64_C(1) << 34 | (uint64_t)next_word() << 20;
    return run;
}

static void try_dropout(const bp_kernels *naive, const bp_kernels *table) {
    const size_t count = next_size(400);
    float *a = values(count), *want = values(count), *got = copy_of(want, count);
    bp_dropout dropout = {.run = next_run(),
                          .threshold = next_word() % 8 ? next_word() : 0,
                          .scale = next_value(),
                          .count = count,
                          .a = a,
                          .out = want};
    naive->drop(&dropout);
    dropout.out = got;
    table->drop(&dropout);
    assert_same(table->name, "drop", got, want, count);
    memcpy(got, a, count * sizeof *a);
    dropout.a = dropout.out = got;
    table->drop(&dropout);
    assert_same(table->name, "drop in place", got, want, count);
    free(a);
    free(want);
    free(got);
}

static void try_noise(const bp_kernels *naive, const bp_kernels *table) {
    const size_t count = next_size(400);
    float *want = values(count), *got = copy_of(want, count);
    const bp_random_run run = next_run();
    const float deviation = next_value();
    naive->add_noise(&run, deviation, count, want);
    table->add_noise(&run, deviation, count, got);
    assert_same(table->name, "add_noise", got, want, count);
    free(want);
    free(got);
}

static void try_random_words(const bp_kernels *naive, const bp_kernels *table) {
    const size_t count = next_size(400);
    float *want = values(count), *got = copy_of(want, count);
    const bp_random_run run = next_run();
    naive->random_words(&run, count, (uint32_t *)(void *)want);
    table->random_words(&run, count, (uint32_t *)(void *)got);
    assert_same(table->name, "random_words", got, want, count);
    free(want);
    free(got);
}

TEST_OF(dropout)
TEST_OF(noise)
TEST_OF(random_words)

static void unknown_table_names_the_known_ones(void **state) {
    (void)state;
    const bp_kernels *kernels = NULL;
    bp_error err = {0};
    assert_int_equal(bp_kernels_find("mmx", &kernels, &err), BP_INVALID);
    assert_null(kernels);
    assert_non_null(strstr(err.message, "mmx"));
    assert_non_null(strstr(err.message, "plain"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(product_has_the_same_bits),
        cmocka_unit_test(small_product_has_the_same_bits),
        cmocka_unit_test(column_sums_has_the_same_bits),
        cmocka_unit_test(activation_has_the_same_bits),
        cmocka_unit_test(cross_entropy_has_the_same_bits),
        cmocka_unit_test(mean_losses_has_the_same_bits),
        cmocka_unit_test(large_sums_have_finite_losses),
        cmocka_unit_test(usual_parameters_change_no_bit),
        cmocka_unit_test(softmax_has_the_same_bits),
        cmocka_unit_test(gather_has_the_same_bits),
        cmocka_unit_test(transpose_has_the_same_bits),
        cmocka_unit_test(optimizer_has_the_same_bits),
        cmocka_unit_test(scale_has_the_same_bits),
        cmocka_unit_test(normalization_has_the_same_bits),
        cmocka_unit_test(column_dots_has_the_same_bits),
        cmocka_unit_test(clamp_has_the_same_bits),
        cmocka_unit_test(add_scaled_has_the_same_bits),
        cmocka_unit_test(dot_has_the_same_bits),
        cmocka_unit_test(limit_norms_has_the_same_bits),
        cmocka_unit_test(dropout_has_the_same_bits),
        cmocka_unit_test(noise_has_the_same_bits),
        cmocka_unit_test(random_words_has_the_same_bits),
        cmocka_unit_test(unknown_table_names_the_known_ones),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
