/* L-BFGS: against BFGS in double precision that keeps the whole inverse Hessian, and against the
 * minimum that scikit-learn finds; how a training with it ends. (Bits and PyTorch: test_trainer.c.)
 */
#include "lbfgs.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "line_search.h"
#include "made_dataset.h"
#include "optimizer_rule.h"
#include "reference.h"
#include "torch_run.h"

enum { ITERATIONS = 8 };

static bp_torch_fixture *load(const char *name) {
    bp_torch_fixture *fixture;
    assert_int_equal(bp_torch_fixture_load(&fixture, name, NULL), BP_OK);
    return fixture;
}

typedef struct training {
    bp_pool *pool;
    bp_dataset *data;
    bp_trainer *trainer;
} training;

static bp_train_options options_of(uint64_t epochs) {
    bp_train_options o = bp_train_defaults();
    bp_train_set_optimizer(&o, BP_OPTIMIZER_LBFGS);
    o.epochs = epochs;
    o.batch_size = 0;
    o.validation.fraction = 0;
    return o;
}

/* Takes `start`. */
static void begin_at(training *t, bp_snapshot *start, const bp_train_options *o) {
    assert_int_equal(bp_pool_new(&t->pool, 2, NULL), BP_OK);
    bp_train_place place = {.pool = t->pool, .flops_per_worker = 1};
    assert_int_equal(bp_kernels_find(NULL, &place.kernels, NULL), BP_OK);
    assert_int_equal(bp_trainer_new(&t->trainer, start, t->data, o, place, NULL), BP_OK);
    bp_snapshot_unref(start);
}

/* Takes `data`. `weight`: of a net with a single one; NULL: as they are drawn. */
static training begin_from(const bp_model_spec *spec, bp_dataset *data, const bp_train_options *o,
                           const float *weight) {
    training t = {.data = data};
    bp_snapshot *start;
    assert_int_equal(bp_train_bind(&start, spec, NULL, data, o, NULL), BP_OK);
    if (weight != NULL) {
        bp_snapshot_set_layer(start, 1, weight, &(const float){0});
    }
    begin_at(&t, start, o);
    return t;
}

static training begin(const bp_torch_fixture *f, const bp_train_options *o) {
    training t = {.data = torch_run_data(f)};
    begin_at(&t, torch_run_start(f, t.data, o), o);
    return t;
}

static void end(training *t) {
    bp_trainer_free(t->trainer);
    bp_pool_free(t->pool);
    bp_dataset_unref(t->data);
}

/* --- BFGS in double ------------------------------------------------------------------------- */

/* f, its gradient and the inverse Hessian, all of [n] and [n, n]. */
typedef struct bfgs {
    bp_reference *reference;
    bp_reference_target target;
    size_t n, changes;
    double *s[ITERATIONS], *y[ITERATIONS];
    double *h, *direction, *start, *gradient;
} bfgs;

static double *doubles(size_t count) {
    double *memory = calloc(count, sizeof *memory);
    assert_non_null(memory);
    return memory;
}

static double dot(size_t n, const double *a, const double *b) {
    double sum = 0;
    for (size_t i = 0; i < n; i++) {
        sum += a[i] * b[i];
    }
    return sum;
}

static void evaluate(bfgs *b) {
    bp_reference_forward(b->reference, b->target);
    bp_reference_backward(b->reference, b->target);
}

/* H <- (I - rho s y^T) H (I - rho y s^T) + rho s s^T, Nocedal and Wright, equation 6.17. */
static void update_inverse(bfgs *b, const double *s, const double *y) {
    const size_t n = b->n;
    double *hy = doubles(n), rho = 1 / dot(n, s, y);
    for (size_t i = 0; i < n; i++) {
        hy[i] = dot(n, b->h + i * n, y);
    }
    double yhy = dot(n, y, hy);
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < n; j++) {
            b->h[i * n + j] += rho * ((1 + rho * yhy) * s[i] * s[j] - hy[i] * s[j] - s[i] * hy[j]);
        }
    }
    free(hy);
}

/* From gamma I, with every change there was. */
static void make_inverse(bfgs *b) {
    const size_t n = b->n;
    double gamma = 1;
    if (b->changes > 0) {
        const double *s = b->s[b->changes - 1], *y = b->y[b->changes - 1];
        gamma = dot(n, s, y) / dot(n, y, y);
    }
    memset(b->h, 0, n * n * sizeof *b->h);
    for (size_t i = 0; i < n; i++) {
        b->h[i * n + i] = gamma;
    }
    for (size_t c = 0; c < b->changes; c++) {
        update_inverse(b, b->s[c], b->y[c]);
    }
}

static void search_line(bfgs *b, double step) {
    bp_line_search search;
    bp_line_state state;
    bp_line_search_begin(&search, b->reference->loss, dot(b->n, b->gradient, b->direction), step);
    do {
        for (size_t i = 0; i < b->n; i++) {
            b->reference->parameters[i] = b->start[i] + search.trial.step * b->direction[i];
        }
        evaluate(b);
        state = bp_line_search_tell(&search, b->reference->loss,
                                    dot(b->n, b->reference->gradient, b->direction));
    } while (state == BP_LINE_TRY);
    assert_int_equal(state, BP_LINE_FOUND);
}

static void iterate(bfgs *b) {
    const size_t n = b->n;
    double sum = 0;
    memcpy(b->start, b->reference->parameters, n * sizeof *b->start);
    memcpy(b->gradient, b->reference->gradient, n * sizeof *b->gradient);
    make_inverse(b);
    for (size_t i = 0; i < n; i++) {
        b->direction[i] = -dot(n, b->h + i * n, b->gradient);
        sum += fabs(b->gradient[i]);
    }
    search_line(b, b->changes > 0 || sum < 1 ? 1 : 1 / sum);
    double *s = b->s[b->changes] = doubles(n), *y = b->y[b->changes] = doubles(n);
    for (size_t i = 0; i < n; i++) {
        s[i] = b->reference->parameters[i] - b->start[i];
        y[i] = b->reference->gradient[i] - b->gradient[i];
    }
    b->changes++;
}

static bfgs begin_double(const bp_torch_fixture *f, const double *share) {
    bfgs b = {.n = f->network.storage_count, .target = {.class_index = f->class_index}};
    assert_int_equal(bp_reference_new(&b.reference, &f->network, f->rows, NULL), BP_OK);
    b.reference->share = share;
    memcpy(b.reference->x[0], bp_torch_fixture_find(f, "x", 0)->value,
           f->rows * f->network.width[0] * sizeof(double));
    bp_torch_fixture_pack(f, "", b.reference->parameters);
    b.h = doubles(b.n * b.n);
    b.direction = doubles(b.n);
    b.start = doubles(b.n);
    b.gradient = doubles(b.n);
    evaluate(&b);
    return b;
}

static void end_double(bfgs *b) {
    for (size_t c = 0; c < b->changes; c++) {
        free(b->s[c]);
        free(b->y[c]);
    }
    free(b->h);
    free(b->direction);
    free(b->start);
    free(b->gradient);
    bp_reference_free(b->reference);
}

/* Takes `data`, the fixture's with or without weights; `told`: by what the double's loss is divided
 * to be the one that is told. */
static void compare_with_double(const bp_torch_fixture *f, bp_dataset *data,
                                const bp_train_options *o, const double *share, double told) {
    training t = {.data = data};
    begin_at(&t, torch_run_start(f, data, o), o);
    bfgs b = begin_double(f, share);
    const double start = b.reference->loss;
    for (int i = 0; i < ITERATIONS; i++) {
        double want = b.reference->loss / told;
        assert_int_equal(bp_trainer_step(t.trainer, NULL), BP_OK);
        double got = bp_trainer_progress(t.trainer).batch_loss;
        if (!(fabs(got - want) <= 1e-4 * want)) {
            fail_msg("iteration %d: %.9g, not %.9g", i, got, want);
        }
        iterate(&b);
    }
    assert_true(b.reference->loss < start / 8); /* it went far */
    end_double(&b);
    end(&t);
}

/* As long as the history holds all changes, the two are one method. */
static void it_is_bfgs_in_double_precision(void **state) {
    (void)state;
    bp_torch_fixture *f = load("torch_full_batch");
    const bp_train_options o = options_of(ITERATIONS);
    compare_with_double(f, torch_run_data(f), &o, NULL, 1);
    bp_torch_fixture_free(f);
}

static const float heavy_class = 3; /* of class "1" */

/* Weights of rows, 0 among them, that float32 holds. */
static float weight_of(size_t row) {
    return (float)(row % 4) * 0.75f;
}

static bp_dataset *weighted_data(const bp_torch_fixture *f) {
    float *weights = calloc(f->rows, sizeof *weights);
    assert_non_null(weights);
    for (size_t n = 0; n < f->rows; n++) {
        weights[n] = weight_of(n);
    }
    const bp_made_table table = {.rows = f->rows,
                                 .features = f->network.width[0],
                                 .targets = 1,
                                 .classes = f->network.width[f->network.layer_count],
                                 .x = bp_torch_fixture_find(f, "x", 0)->single,
                                 .class_index = f->class_index,
                                 .weight = weights};
    bp_dataset *data;
    assert_int_equal(bp_made_dataset(&data, &table, NULL), BP_OK);
    free(weights);
    return data;
}

/* Each of: weights of rows, of classes, a sum; and all of them. */
static void compare_weighted(const bp_torch_fixture *f, bool rows, bool classes, bool sum) {
    bp_train_options o = options_of(ITERATIONS);
    bp_class_weights *weights;
    assert_int_equal(bp_class_weights_new(&weights, 1, NULL), BP_OK);
    assert_int_equal(bp_class_weights_add(weights, "1", (double)heavy_class, NULL), BP_OK);
    o.loss_weighting.classes = classes ? weights : NULL;
    o.loss_weighting.reduction = sum ? BP_BATCH_REDUCTION_SUM : BP_BATCH_REDUCTION_MEAN;
    double *share = doubles(f->rows);
    for (size_t n = 0; n < f->rows; n++) {
        share[n] = rows ? (double)weight_of(n) : 1;
        share[n] *= classes && f->class_index[n] == 1 ? (double)heavy_class : 1;
        share[n] /= sum ? 1 : (double)f->rows;
    }
    compare_with_double(f, rows ? weighted_data(f) : torch_run_data(f), &o, share,
                        sum ? (double)f->rows : 1);
    free(share);
    bp_class_weights_unref(weights);
}

static void weights_and_sums_are_minimized(void **state) {
    (void)state;
    bp_torch_fixture *f = load("torch_full_batch");
    compare_weighted(f, true, false, false);
    compare_weighted(f, false, true, false);
    compare_weighted(f, false, false, true);
    compare_weighted(f, true, true, true);
    bp_torch_fixture_free(f);
}

/* --- the minimum ---------------------------------------------------------------------------- */

static double square_of_weights(bp_trainer *trainer) {
    bp_snapshot *model;
    assert_int_equal(bp_trainer_snapshot(trainer, &model, NULL), BP_OK);
    const bp_network *n = &model->network;
    double sum = 0;
    for (size_t l = 1; l <= n->layer_count; l++) {
        for (size_t i = 0; i < n->width[l - 1] * n->width[l]; i++) {
            double w = (double)model->parameters[n->weight_offset[l] + i];
            sum += w * w;
        }
    }
    bp_snapshot_unref(model);
    return sum;
}

/* Where training from weights drawn with this seed ends: the loss and its penalty. */
static double minimum_from(const bp_torch_fixture *f, uint64_t seed, const bp_train_options *o) {
    bp_model_spec spec = f->spec;
    spec.seed = seed;
    spec.initializer = BP_INITIALIZER_XAVIER_UNIFORM;
    training t = begin_from(&spec, torch_run_data(f), o, NULL);
    double last = INFINITY;
    while (!bp_trainer_done(t.trainer)) {
        assert_int_equal(bp_trainer_step(t.trainer, NULL), BP_OK);
        last = bp_trainer_progress(t.trainer).batch_loss;
    }
    const bp_train_progress progress = bp_trainer_progress(t.trainer);
    assert_true(progress.converged && progress.step < 1000);
    assert_true(progress.samples_seen >= progress.step * f->rows);
    const bool sum = o->loss_weighting.reduction == BP_BATCH_REDUCTION_SUM;
    const double penalty = 0.5 * (double)o->regularization.l2 * square_of_weights(t.trainer);
    last += sum ? penalty / (double)f->rows : penalty; /* the loss is told as a mean */
    end(&t);
    return last;
}

/* The best of ten starts is one of the minima that scikit-learn finds from sixty; without a hidden
 * layer there is only one, and every start reaches it. */
static void compare_minima(const char *name, size_t most) {
    enum { STARTS = 10 };
    bp_torch_fixture *f = load(name);
    bp_train_options o = options_of(1000);
    o.regularization.l2 = 0.05f;
    double best = INFINITY, worst = 0;
    for (uint64_t seed = 0; seed < STARTS; seed++) {
        double minimum = minimum_from(f, seed, &o);
        best = fmin(best, minimum);
        worst = fmax(worst, minimum);
    }
    const bp_torch_tensor *minima = bp_torch_fixture_find(f, "minima", 0);
    double off = INFINITY;
    for (size_t i = 0; i < minima->columns && i < most; i++) {
        off = fmin(off, fabs(best - minima->value[i]));
    }
    if (!(off <= 1e-6 && worst >= best && (most > 1 || worst - best <= 1e-6))) {
        fail_msg("%s: %.9g to %.9g, the best off by %g", name, best, worst, off);
    }
    bp_torch_fixture_free(f);
}

static void it_reaches_scikit_learns_minimum(void **state) {
    (void)state;
    compare_minima("sklearn_minimum", 1);
    compare_minima("sklearn_minima", 3);
}

/* In both reductions; a sum's penalty must be as many times stronger as there are rows. */
static void weighted_it_reaches_scikit_learns_minimum(void **state) {
    (void)state;
    bp_torch_fixture *f = load("sklearn_weighted");
    const double want = bp_torch_fixture_find(f, "minima", 0)->value[0];
    bp_train_options o = options_of(1000);
    bp_class_weights *weights;
    assert_int_equal(bp_class_weights_new(&weights, 2, NULL), BP_OK);
    assert_int_equal(bp_class_weights_add(weights, "1", 3, NULL), BP_OK);
    assert_int_equal(bp_class_weights_add(weights, "4", 0.25, NULL), BP_OK);
    o.loss_weighting.classes = weights;
    o.regularization.l2 = 0.05f;
    assert_float_equal(minimum_from(f, 1, &o), want, 1e-6);
    o.loss_weighting.reduction = BP_BATCH_REDUCTION_SUM;
    o.regularization.l2 = 0.05f * (float)f->rows;
    assert_float_equal(minimum_from(f, 1, &o), want, 1e-6);
    bp_class_weights_unref(weights);
    bp_torch_fixture_free(f);
}

/* --- how it ends ---------------------------------------------------------------------------- */

static training begin_line(float y, float weight, const bp_train_options *o) {
    enum { LINE_ROWS = 40 };
    static float x[LINE_ROWS], of_x[LINE_ROWS];
    for (size_t i = 0; i < LINE_ROWS; i++) {
        x[i] = (float)i / LINE_ROWS - 0.5f;
        of_x[i] = y * x[i];
    }
    const bp_made_table table = {.rows = LINE_ROWS, .features = 1, .targets = 1, .x = x, .y = of_x};
    const bp_model_spec spec = {.layer_count = 1,
                                .layers = {{.units = 1, .activation = BP_ACTIVATION_LINEAR}},
                                .loss = BP_LOSS_MSE,
                                .preprocessing = BP_PREPROCESSING_NONE};
    bp_dataset *data;
    assert_int_equal(bp_made_dataset(&data, &table, NULL), BP_OK);
    return begin_from(&spec, data, o, &weight);
}

static void where_the_gradient_is_0_it_is_done(void **state) {
    (void)state;
    const bp_train_options o = options_of(50);
    training t = begin_line(2, 2, &o);
    assert_false(bp_trainer_done(t.trainer));
    assert_int_equal(bp_trainer_step(t.trainer, NULL), BP_OK);
    const bp_train_progress progress = bp_trainer_progress(t.trainer);
    assert_true(bp_trainer_done(t.trainer) && progress.converged);
    assert_int_equal(progress.step, 1);
    assert_true(progress.batch_loss == 0 && progress.grad_norm == 0);
    assert_int_equal(bp_trainer_step(t.trainer, NULL), BP_INVALID);
    end(&t);
}

/* A line through the origin, and no tolerance: it goes on until float32 tells no difference. */
static void without_a_tolerance_it_stops_too(void **state) {
    (void)state;
    bp_train_options o = options_of(1000);
    o.tolerance = 0;
    training t = begin_line(2, -3, &o);
    while (!bp_trainer_done(t.trainer)) {
        assert_int_equal(bp_trainer_step(t.trainer, NULL), BP_OK);
    }
    const bp_train_progress progress = bp_trainer_progress(t.trainer);
    assert_true(progress.converged && progress.step < 100);
    assert_true(progress.batch_loss < 1e-9);
    end(&t);
}

static void all_epochs_are_no_convergence(void **state) {
    (void)state;
    bp_torch_fixture *f = load("torch_full_batch");
    const bp_train_options o = options_of(3);
    training t = begin(f, &o);
    while (!bp_trainer_done(t.trainer)) {
        assert_int_equal(bp_trainer_step(t.trainer, NULL), BP_OK);
    }
    assert_int_equal(bp_trainer_progress(t.trainer).epoch, 3);
    assert_false(bp_trainer_progress(t.trainer).converged);
    end(&t);
    bp_torch_fixture_free(f);
}

static void divergence_is_told(void **state) {
    (void)state;
    const bp_train_options o = options_of(3);
    training t = begin_line(1e30f, 1, &o);
    bp_snapshot *kept;
    bp_error err = {0};
    assert_int_equal(bp_trainer_step(t.trainer, &err), BP_DIVERGED);
    assert_non_null(strstr(err.message, "loss"));
    assert_int_equal(bp_trainer_snapshot(t.trainer, &kept, NULL), BP_OK);
    assert_true(kept->parameters[kept->network.weight_offset[1]] == 1);
    bp_snapshot_unref(kept);
    end(&t);
}

/* A first trial whose loss overflows is only too far. */
static void a_trial_may_be_far_too_long(void **state) {
    (void)state;
    bp_train_options o = options_of(30);
    o.learning_rate = 1e25f;
    training t = begin_line(2, -3, &o);
    while (!bp_trainer_done(t.trainer)) {
        assert_int_equal(bp_trainer_step(t.trainer, NULL), BP_OK);
        assert_true(isfinite(bp_trainer_progress(t.trainer).batch_loss));
    }
    end(&t);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_bfgs_in_double_precision),
        cmocka_unit_test(weights_and_sums_are_minimized),
        cmocka_unit_test(it_reaches_scikit_learns_minimum),
        cmocka_unit_test(weighted_it_reaches_scikit_learns_minimum),
        cmocka_unit_test(where_the_gradient_is_0_it_is_done),
        cmocka_unit_test(without_a_tolerance_it_stops_too),
        cmocka_unit_test(all_epochs_are_no_convergence),
        cmocka_unit_test(divergence_is_told),
        cmocka_unit_test(a_trial_may_be_far_too_long),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
