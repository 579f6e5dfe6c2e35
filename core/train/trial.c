#include "trial.h"

#include "background.h"
#include "clock.h"
#include "optimizer_rule.h"

enum { MOST_ROWS = 65536, LEAST_BATCH = 16, MOST_WINDOWS = 64, WINDOWS = 20 };

/* A step of more operations than this is tried with fewer rows: some 20 ms of one core. */
#define MOST_FLOPS 2e9

/* Small, so that no trial diverges; the time of a step does not depend on it. */
#define MOST_RATE 1e-6F

typedef struct trial {
    bp_trial out;
    bp_snapshot *start;
    const bp_dataset *data;
    bp_train_options options;
    const bp_trial_place *place;
    double window[MOST_WINDOWS]; /* seconds of a step, ascending */
    size_t windows;
    bp_status status;
    bp_error error;
} trial;

static size_t least(size_t a, size_t b) {
    return a < b ? a : b;
}

/* --- what is tried -------------------------------------------------------------------------- */

static size_t most_batch(const bp_network *network) {
    const double rows = MOST_FLOPS / (6 * (double)network->parameter_count);
    return rows > (double)LEAST_BATCH ? (size_t)rows : LEAST_BATCH;
}

/* The same steps, as many as are asked for, without what goes on between them. */
static void choose_options(trial *t, const bp_train_options *options) {
    const bool full = bp_optimizer_is_full_batch(options->optimizer);
    t->options = *options;
    t->options.validation = (bp_split_options){.kind = BP_SPLIT_FRACTION};
    t->options.early_stopping = (bp_early_stopping){0};
    t->options.schedule = bp_schedule_defaults(BP_SCHEDULE_CONSTANT);
    t->options.loss_weighting.balanced = false;
    t->options.loss_weighting.classes = NULL;
    t->options.epochs = BP_MAX_EPOCHS;
    t->options.threads = 0;
    if (options->optimizer != BP_OPTIMIZER_LBFGS && options->learning_rate > MOST_RATE) {
        t->options.learning_rate = MOST_RATE;
    }
    if (!full) {
        t->options.batch_size = least(options->batch_size, most_batch(&t->start->network));
    }
}

/* So many that they do not lie in a cache where the data do not. */
static size_t choose_rows(const trial *t) {
    const size_t most = most_batch(&t->start->network);
    if (bp_optimizer_is_full_batch(t->options.optimizer)) {
        return least(t->data->rows, most);
    }
    return least(t->data->rows,
                 MOST_ROWS > t->options.batch_size ? MOST_ROWS : t->options.batch_size);
}

/* The first rows of a data set, all borrowed: it is never freed, for `out` keeps its reference. */
static void take_rows(bp_dataset *out, const bp_dataset *data, size_t rows) {
    *out = (bp_dataset){.rows = rows,
                        .source_count = data->source_count,
                        .source = data->source,
                        .features = data->features,
                        .x = data->x,
                        .targets = data->targets,
                        .y = data->y,
                        .classes = data->classes,
                        .class_index = data->class_index,
                        .weights = data->weights,
                        .weight = data->weight,
                        .stats = data->stats,
                        .sampled_rows = data->sampled_rows,
                        .missing_words = data->missing_words};
    atomic_init(&out->references, 1);
    atomic_init(&out->is_unchecked, false);
}

/* --- timing --------------------------------------------------------------------------------- */

static void note_window(trial *t, double seconds) {
    size_t i = t->windows++;
    for (; i > 0 && t->window[i - 1] > seconds; i--) {
        t->window[i] = t->window[i - 1];
    }
    t->window[i] = seconds;
}

/* Steps for `seconds`, at least one. False: there is no other. What is noted is the time that
 * worker 0, which takes part in every phase, has had a processor: alone on the machine it would
 * wait for nobody, so that is what a step takes then, however busy others keep the processors now.
 */
static bool time_window(trial *t, bp_trainer *trainer, double seconds) {
    const uint64_t before = bp_trainer_progress(trainer).samples_seen;
    const double end = bp_clock_seconds() + seconds, began = bp_clock_thread_seconds();
    bool goes_on = true;
    do {
        goes_on = !bp_trainer_done(trainer) && bp_trainer_step(trainer, NULL) == BP_OK;
        t->out.steps += goes_on;
    } while (goes_on && bp_clock_seconds() < end);
    const double taken = bp_clock_thread_seconds() - began;
    const uint64_t samples = bp_trainer_progress(trainer).samples_seen - before;
    if (samples > 0) {
        note_window(t, taken * (double)t->out.batch / (double)samples);
    }
    return goes_on;
}

/* The first window warms caches up and counts only if it is alone. */
static void time_steps(trial *t, bp_trainer *trainer) {
    const double all = t->place->seconds, end = bp_clock_seconds() + all;
    bool goes_on = time_window(t, trainer, all / WINDOWS);
    if (goes_on) {
        t->windows = 0;
    }
    do {
        goes_on = goes_on && time_window(t, trainer, all / WINDOWS);
    } while (goes_on && bp_clock_seconds() < end && t->windows < MOST_WINDOWS);
    bp_trainer_pause(trainer);
}

static void settle(trial *t, const bp_trainer *trainer) {
    const bp_phase_seconds seconds = bp_trainer_progress(trainer).seconds;
    const double *part = seconds.part;
    const double forward = part[BP_PART_GATHER] + part[BP_PART_FORWARD];
    const double all = forward + part[BP_PART_BACKWARD] + part[BP_PART_UPDATE];
    if (t->windows == 0 || !(all > 0)) {
        t->out.steps = 0;
        return;
    }
    t->out.step_seconds = t->window[t->windows / 4];
    t->out.forward_seconds = t->out.step_seconds * forward / all;
    t->out.update_seconds = t->out.step_seconds * part[BP_PART_UPDATE] / all;
}

/* --- the trial ------------------------------------------------------------------------------ */

static bp_status try_rows(trial *t, size_t rows, bp_pool *pool, bp_error *err) {
    bp_dataset sample;
    bp_trainer *trainer = NULL;
    const bp_train_place place = {.pool = pool, .kernels = t->place->kernels};
    take_rows(&sample, t->data, rows);
    bp_status status = bp_trainer_new(&trainer, t->start, &sample, &t->options, place, err);
    if (status != BP_OK) {
        return status;
    }
    const bool full = bp_optimizer_is_full_batch(t->options.optimizer);
    t->out.batch = full ? rows : least(t->options.batch_size, rows);
    time_steps(t, trainer);
    settle(t, trainer);
    bp_trainer_free(trainer);
    return BP_OK;
}

/* On a thread in the background. */
static void run(void *context) {
    trial *t = context;
    bp_pool *pool = NULL;
    const size_t rows = choose_rows(t);
    t->status = bp_pool_new_background(&pool, t->place->workers, &t->error);
    if (t->status == BP_OK) {
        t->status = try_rows(t, rows, pool, &t->error);
    }
    if (t->status == BP_INVALID && rows < t->data->rows) { /* none of the first rows trains */
        t->status = try_rows(t, t->data->rows, pool, &t->error);
    }
    bp_pool_free(pool);
}

bp_status bp_trial_run(bp_trial *out, bp_snapshot *start, const bp_dataset *data,
                       const bp_train_options *options, const bp_trial_place *place,
                       bp_error *err) {
    trial t = {.start = start, .data = data, .place = place};
    choose_options(&t, options);
    bp_status status = bp_background_run(run, &t, err);
    if (status != BP_OK) {
        return status;
    }
    if (t.status != BP_OK) {
        if (err != NULL) {
            *err = t.error;
        }
        return t.status;
    }
    *out = t.out;
    return BP_OK;
}
