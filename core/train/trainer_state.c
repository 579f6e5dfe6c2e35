#include "trainer_state.h"

#include <math.h>

#include "byte_cursor.h"
#include "fingerprint.h"
#include "trainer_inside.h"

static const char magic[8] = {'b', 'p', 's', 't', 'a', 't', 'e', '\n'};
enum { VERSION = 2 };

/* A trainer's numbers, apart from it: reading changes the trainer when all of them were good. */
typedef struct numbers {
    bp_train_progress progress;
    double epoch_sum;
    bp_optimizer_clock clock;
    uint64_t epochs; /* of the whole training */
    bp_rate_clock rate;
    bp_best_weights best; /* its weights are still the trainer's */
} numbers;

static numbers numbers_of(const bp_trainer *t) {
    return (numbers){.progress = bp_trainer_progress(t),
                     .epoch_sum = t->epoch_sum,
                     .clock = t->clock,
                     .epochs = t->options.epochs,
                     .rate = t->rate,
                     .best = t->best};
}

static uint64_t least(uint64_t a, uint64_t b) {
    return a < b ? a : b;
}

/* --- the sections --------------------------------------------------------------------------- */

static void exchange_progress(numbers *n, bp_byte_cursor *cursor) {
    bp_train_progress *p = &n->progress;
    bp_byte_cursor_whole(cursor, &p->step, UINT64_MAX);
    bp_byte_cursor_whole(cursor, &p->samples_seen, UINT64_MAX);
    double *const reals[] = {&p->batch_loss, &p->epoch_loss, &p->grad_norm, &p->learning_rate,
                             &n->epoch_sum};
    for (size_t i = 0; i < sizeof reals / sizeof reals[0]; i++) {
        bp_byte_cursor_double(cursor, reals[i]);
    }
    bp_byte_cursor_flag(cursor, &p->converged);
    bp_byte_cursor_flag(cursor, &p->stopped_early);
    bp_evaluation_exchange(&p->validation, cursor);
    bp_byte_cursor_whole(cursor, &p->observation.step, UINT64_MAX);
    bp_byte_cursor_double(cursor, &p->observation.train_loss);
    bp_evaluation_exchange(&p->observation.validation, cursor);
    for (size_t i = 0; i < BP_PART_COUNT; i++) {
        bp_byte_cursor_double(cursor, &p->seconds.part[i]);
    }
}

static void exchange_clock(numbers *n, bp_byte_cursor *cursor) {
    bp_optimizer_clock_exchange(&n->clock, cursor);
}

static void exchange_rate(numbers *n, bp_byte_cursor *cursor) {
    bp_byte_cursor_whole(cursor, &n->epochs, BP_MAX_EPOCHS);
    bp_rate_exchange(&n->rate, cursor);
}

static void exchange_best(numbers *n, bp_byte_cursor *cursor) {
    bp_best_weights_exchange(&n->best, cursor);
}

static void exchange_numbers(numbers *n, bp_byte_cursor *cursor) {
    static void (*const sections[])(numbers * n, bp_byte_cursor * cursor) = {
        exchange_progress, exchange_clock, exchange_rate, exchange_best};
    for (size_t i = 0; i < sizeof sections / sizeof sections[0]; i++) {
        sections[i](n, cursor);
    }
}

/* The arrays, which a trainer points to: getting changes them. lbfgs comes first, because it has
 * numbers of its own that may be wrong, and then changes nothing. */
static void exchange_arrays(const bp_trainer *t, bp_byte_cursor *cursor) {
    const size_t count = t->model->network.storage_count;
    if (t->lbfgs != NULL) {
        bp_lbfgs_exchange(t->lbfgs, cursor);
    }
    float *const arrays[] = {t->model->parameters, t->state[0], t->state[1], t->best.weights};
    _Static_assert(BP_OPTIMIZER_STATES == 2, "each has its place");
    for (size_t i = 0; i < sizeof arrays / sizeof arrays[0]; i++) {
        if (arrays[i] != NULL) {
            bp_byte_cursor_floats(cursor, arrays[i], count);
        }
    }
}

/* Up to the fingerprint, by which one knows whether the rest is as long as this trainer's. */
static void exchange_kind(bp_byte_cursor *cursor, uint64_t *size) {
    uint64_t version = VERSION;
    bp_byte_cursor_expect(cursor, magic, sizeof magic);
    bp_byte_cursor_whole(cursor, &version, VERSION);
    bp_byte_cursor_whole(cursor, size, UINT64_MAX);
    if (version != VERSION) {
        bp_byte_cursor_fail(cursor);
    }
}

static void exchange_fingerprint(const bp_trainer *t, bp_byte_cursor *cursor) {
    bp_byte_cursor_expect(cursor, t->fingerprint, BP_DIGEST_HEX_SIZE - 1);
}

/* --- out ------------------------------------------------------------------------------------ */

static void exchange_all(const bp_trainer *t, bp_byte_cursor *cursor, uint64_t size) {
    numbers n = numbers_of(t);
    exchange_kind(cursor, &size);
    exchange_fingerprint(t, cursor);
    exchange_numbers(&n, cursor);
    exchange_arrays(t, cursor);
}

size_t bp_trainer_state_size(const bp_trainer *t) {
    bp_byte_cursor cursor = bp_byte_cursor_counting();
    exchange_all(t, &cursor, 0);
    return cursor.at;
}

void bp_trainer_state_write(const bp_trainer *t, void *bytes) {
    const size_t size = bp_trainer_state_size(t);
    bp_byte_cursor cursor = bp_byte_cursor_putting(bytes, size);
    exchange_all(t, &cursor, size);
}

/* --- in ------------------------------------------------------------------------------------- */

/* A base rate that options or an edit can have given. */
static bool is_rate(const bp_trainer *t, double rate) {
    return rate > 0 && isfinite(rate) && (double)(float)rate == rate &&
           rate >= t->options.schedule.min_learning_rate;
}

/* What follows from the step; false: the numbers do not agree with each other. (How many rows lbfgs
 * has seen depends on its line searches.) */
static bool complete_numbers(const bp_trainer *t, numbers *n) {
    bp_train_progress *p = &n->progress;
    const uint64_t inside = p->step % p->steps_per_epoch;
    p->epoch = p->step / p->steps_per_epoch;
    p->best = n->best.best;
    const uint64_t samples =
        p->epoch * t->split.training + least(inside * t->batch, t->split.training);
    return p->step <= n->epochs * p->steps_per_epoch && is_rate(t, n->rate.base) &&
           n->clock.step == p->step && p->best.epoch <= p->epoch &&
           (t->lbfgs != NULL || (p->samples_seen == samples && !p->converged));
}

static bp_status damaged(bp_error *err) {
    return bp_fail(err, BP_SYNTAX, NULL, "the state of the training is damaged");
}

/* Reads up to the arrays. */
static bp_status read_numbers(const bp_trainer *t, numbers *n, bp_byte_cursor *cursor,
                              bp_error *err) {
    uint64_t size = 0;
    exchange_kind(cursor, &size);
    if (cursor->failed || size != cursor->size || size - cursor->at < BP_DIGEST_HEX_SIZE - 1) {
        return bp_fail(err, BP_SYNTAX, NULL,
                       "this is no state of a training, not a whole one, or of another version");
    }
    exchange_fingerprint(t, cursor);
    if (cursor->failed) {
        return bp_fail(err, BP_CONFLICT, NULL,
                       "the state is that of a training with other data, options or model");
    }
    if (size != bp_trainer_state_size(t)) {
        return damaged(err);
    }
    exchange_numbers(n, cursor);
    return cursor->failed || !complete_numbers(t, n) ? damaged(err) : BP_OK;
}

static void set_numbers(bp_trainer *t, const numbers *n) {
    t->progress = n->progress;
    t->epoch_sum = n->epoch_sum;
    t->clock = n->clock;
    t->rate = n->rate;
    t->best = n->best;
    bp_trainer_set_length(t, n->rate.base, n->epochs);
    t->phases.stopwatch.seconds = n->progress.seconds;
}

bp_status bp_trainer_state_read(bp_trainer *t, const void *bytes, size_t size, bp_error *err) {
    if (t->clock.step > 0 || t->progress.step > 0) {
        return bp_fail(err, BP_CONFLICT, NULL, "the training has begun");
    }
    numbers n = numbers_of(t);
    bp_byte_cursor cursor = bp_byte_cursor_getting(bytes, size);
    bp_status status = read_numbers(t, &n, &cursor, err);
    if (status != BP_OK) {
        return status;
    }
    exchange_arrays(t, &cursor);
    if (cursor.failed) {
        return damaged(err);
    }
    set_numbers(t, &n);
    bp_trainer_find_order(t);
    return BP_OK;
}
