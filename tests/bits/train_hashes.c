/* Trains every case below with every instruction set that this machine runs and with several
 * numbers of workers, and prints what came out:
 *
 *   CASE ISA WORKERS SHA256 TRAINING_LOSS VALIDATION_LOSS
 *
 * The hash is the one of bp_snapshot_digest; the losses are hexadecimal doubles, because nothing in
 * the weights would tell that a loss has other bits. tests/bits/run compares the lines of several
 * builds.
 *
 * Usage: train_hashes [JOBS]      JOBS trainers hammer the machine meanwhile; they print lines too,
 *                                 "+JOB" in place of the number of workers. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "made_dataset.h"
#include "optimizer_rule.h"
#include "philox.h"
#include "trainer.h"

/* --- the cases: to add one, add its row ------------------------------------------------------- */

typedef struct network_row {
    size_t rows, features;
    bp_model_spec spec;
    bool weighted; /* rows have weights, classes are balanced, losses are summed */
} network_row;

/* An optimiser with these settings and, for the others, its defaults. */
typedef struct update_row {
    const char *name;
    bp_optimizer optimizer;
    float learning_rate; /* 0: the default */
    float momentum, weight_decay;
    bp_regularization regularization;
    bp_gradient_clipping clipping;
    uint64_t epochs; /* 0: EPOCHS */
    bp_schedule schedule;
    bp_early_stopping early_stopping;
    bool activation_checkpointing;
} update_row;

typedef struct case_row {
    int network, update;
    size_t batch;
} case_row;

enum {
    PLAIN,
    MOMENTUM,
    NESTEROV,
    RMSPROP,
    ADAGRAD,
    ADADELTA,
    ADAM,
    ADAMW,
    NADAM,
    LION,
    PENALTIES,
    CLIPPED,
    RPROP,
    DROPOUT,
    NOISE,
    LBFGS,
    STEPPED,
    EXPONENTIAL,
    COSINE,
    WARMED,
    ONE_CYCLE,
    INVERSE,
    PLATEAU,
    STOPPED,
    PLAIN_AGAIN,
    ADAM_AGAIN,
    UPDATES
};
enum {
    CLASSIFIER,
    DIGITS,
    REGRESSOR,
    NARROW,
    CURVES,
    COUNTS,
    MEDIAN,
    WIDE,
    SMOOTH,
    LECUN,
    LECUN_NORMAL,
    ORTHOGONAL,
    CONSTANT,
    DECILES,
    LABELS,
    MARGINS,
    SMOOTHED,
    SMOOTHED_WIDE,
    WEIGHTED,
    NORMALIZED,
    NETWORKS
};

#define LAYER(count, name)                                                                         \
    { .units = count, .activation = BP_ACTIVATION_##name }

/* A tenth of the rows is held out. 150 rows leave 135 to train on: a whole minibatch and a ragged
 * one for 37 and 64. Every phase is shared by all workers that there are tasks for; WIDE has tasks
 * for eight. */
static const network_row networks[NETWORKS] = {
    [CLASSIFIER] = {150,
                    23,
                    {.layer_count = 3,
                     .layers = {LAYER(61, RELU), LAYER(37, TANH), LAYER(5, SOFTMAX)},
                     .loss = BP_LOSS_CROSS_ENTROPY}},
    [DIGITS] = {150,
                64,
                {.layer_count = 2,
                 .layers = {LAYER(128, RELU), LAYER(10, SOFTMAX)},
                 .loss = BP_LOSS_CROSS_ENTROPY,
                 .initializer = BP_INITIALIZER_HE_NORMAL}},
    [REGRESSOR] = {150,
                   300,
                   {.layer_count = 2,
                    .layers = {LAYER(33, SIGMOID), LAYER(3, LINEAR)},
                    .loss = BP_LOSS_MSE,
                    .initializer = BP_INITIALIZER_XAVIER_NORMAL}},
    [NARROW] = {150,
                7,
                {.layer_count = 3,
                 .layers = {LAYER(19, TANH), LAYER(19, RELU), LAYER(1, SIGMOID)},
                 .loss = BP_LOSS_MSE,
                 .initializer = BP_INITIALIZER_XAVIER_UNIFORM,
                 .preprocessing = BP_PREPROCESSING_NONE}},
    [CURVES] = {150,
                31,
                {.layer_count = 6,
                 .layers = {LAYER(29, LEAKY_RELU), LAYER(18, ELU), LAYER(17, SELU),
                            LAYER(16, SOFTPLUS), LAYER(15, HARD_TANH), LAYER(2, LINEAR)},
                 .loss = BP_LOSS_HUBER}},
    [COUNTS] = {150,
                12,
                {.layer_count = 2,
                 .layers = {LAYER(21, SOFTPLUS), LAYER(17, LINEAR)},
                 .loss = BP_LOSS_POISSON}},
    [MEDIAN] = {150,
                12,
                {.layer_count = 2,
                 .layers = {LAYER(13, TANH), LAYER(33, LINEAR)},
                 .loss = BP_LOSS_MAE}},
    [WIDE] = {80,
              784,
              {.layer_count = 2,
               .layers = {LAYER(320, RELU), LAYER(150, SOFTMAX)},
               .loss = BP_LOSS_CROSS_ENTROPY}},
    [SMOOTH] = {150,
                14,
                {.layer_count = 3,
                 .layers = {LAYER(35, GELU), LAYER(18, SILU), LAYER(3, GELU)},
                 .loss = BP_LOSS_MSE}},
    [LECUN] = {150,
               9,
               {.layer_count = 2,
                .layers = {LAYER(20, TANH), LAYER(4, SOFTMAX)},
                .loss = BP_LOSS_CROSS_ENTROPY,
                .initializer = BP_INITIALIZER_LECUN_UNIFORM,
                .bias_initializer = BP_BIAS_INITIALIZER_UNIFORM}},
    [LECUN_NORMAL] = {150,
                      10,
                      {.layer_count = 2,
                       .layers = {LAYER(21, SELU), LAYER(4, SOFTMAX)},
                       .loss = BP_LOSS_CROSS_ENTROPY,
                       .initializer = BP_INITIALIZER_LECUN_NORMAL,
                       .bias_initializer = BP_BIAS_INITIALIZER_CONSTANT,
                       .bias_value = 0.1f}},
    [ORTHOGONAL] = {150,
                    53,
                    {.layer_count = 3,
                     .layers = {LAYER(70, TANH), LAYER(70, TANH), LAYER(6, SOFTMAX)},
                     .loss = BP_LOSS_CROSS_ENTROPY,
                     .initializer = BP_INITIALIZER_ORTHOGONAL}},
    [CONSTANT] = {150,
                  11,
                  {.layer_count = 2,
                   .layers = {LAYER(22, TANH), LAYER(4, SOFTMAX)},
                   .loss = BP_LOSS_CROSS_ENTROPY,
                   .initializer = BP_INITIALIZER_CONSTANT,
                   .initializer_value = -0.125f}},
    [DECILES] =
        {150,
         12,
         {.layer_count = 2,
          .layers = {LAYER(13, TANH), LAYER(9, LINEAR)},
          .loss = BP_LOSS_QUANTILE,
          .loss_parameters = {.quantile = 0.9f}}},
    [LABELS] = {150,
                12,
                {.layer_count = 2,
                 .layers = {LAYER(13, RELU), LAYER(21, SIGMOID)},
                 .loss = BP_LOSS_BINARY_CROSS_ENTROPY}},
    [MARGINS] =
        {150,
         12,
         {.layer_count = 2, .layers = {LAYER(13, RELU), LAYER(3, TANH)}, .loss = BP_LOSS_HINGE}},
    [SMOOTHED] = {150,
                  12,
                  {.layer_count = 2,
                   .layers = {LAYER(14, RELU), LAYER(7, SOFTMAX)},
                   .loss = BP_LOSS_CROSS_ENTROPY,
                   .loss_parameters = {.label_smoothing = 0.1f}}},
    [WEIGHTED] = {150,
                  12,
                  {.layer_count = 2,
                   .layers = {LAYER(15, RELU), LAYER(6, SOFTMAX)},
                   .loss = BP_LOSS_CROSS_ENTROPY},
                  .weighted = true},
    [SMOOTHED_WIDE] = {150,
                       12,
                       {.layer_count = 2,
                        .layers = {LAYER(14, RELU), LAYER(45, SOFTMAX)},
                        .loss = BP_LOSS_CROSS_ENTROPY,
                        .loss_parameters = {.label_smoothing = 0.1f}}},
    [NORMALIZED] =
        {150,
         22,
         {.layer_count = 4,
          .layers = {{.units = 70, .activation = BP_ACTIVATION_RELU, .layer_norm = true},
                     {.units = 70,
                      .activation = BP_ACTIVATION_SILU,
                      .layer_norm = true,
                      .residual = true},
                     {.units = 70, .activation = BP_ACTIVATION_TANH, .residual = true},
                     {.units = 6, .activation = BP_ACTIVATION_SOFTMAX, .layer_norm = true}},
          .loss = BP_LOSS_CROSS_ENTROPY}},
};

static const update_row updates[UPDATES] = {
    [PLAIN] = {"sgd", BP_OPTIMIZER_SGD, .learning_rate = 0.05f},
    [MOMENTUM] = {"momentum", BP_OPTIMIZER_SGD, .learning_rate = 0.005f, .momentum = 0.9f},
    [NESTEROV] = {"nesterov", BP_OPTIMIZER_NESTEROV, 0.005f, 0.9f, .weight_decay = 0.01f},
    [RMSPROP] = {"rmsprop", BP_OPTIMIZER_RMSPROP},
    [ADAGRAD] = {"adagrad", BP_OPTIMIZER_ADAGRAD},
    [ADADELTA] = {"adadelta", BP_OPTIMIZER_ADADELTA},
    [ADAM] = {"adam", BP_OPTIMIZER_ADAM},
    [ADAMW] = {"adamw", BP_OPTIMIZER_ADAMW, .weight_decay = 0.01f},
    [NADAM] = {"nadam", BP_OPTIMIZER_NADAM},
    [LION] = {"lion", BP_OPTIMIZER_LION, .weight_decay = 0.1f},
    [PENALTIES] = {"penalties+max_norm", BP_OPTIMIZER_ADAM,
                   .regularization = {.l1 = 0.001f, .l2 = 0.01f, .max_norm = 0.9f}},
    [CLIPPED] = {"clipped", BP_OPTIMIZER_SGD, .learning_rate = 0.5f,
                 .clipping = {.value = 0.02f, .norm = 0.1f}},
    [RPROP] = {"rprop", BP_OPTIMIZER_RPROP},
    [DROPOUT] = {"dropout", BP_OPTIMIZER_SGD, .learning_rate = 0.05f,
                 .regularization = {.dropout = 0.5f, .input_dropout = 0.2f}},
    [NOISE] = {"noise", BP_OPTIMIZER_ADAM,
               .regularization = {.dropout = 0.1f, .input_noise = 0.3f}},
    [LBFGS] = {"lbfgs", BP_OPTIMIZER_LBFGS, .regularization = {.l2 = 0.001f}},
    [STEPPED] = {"sgd+step", BP_OPTIMIZER_SGD,
                 .schedule = {BP_SCHEDULE_STEP, BP_PER_STEP, .step_size = 3, .gamma = 0.3}},
    [EXPONENTIAL] = {"adam+exponential", BP_OPTIMIZER_ADAM,
                     .schedule = {BP_SCHEDULE_EXPONENTIAL, BP_PER_STEP, .gamma = 0.7, .warmup = 1}},
    [COSINE] = {"adamw+cosine", BP_OPTIMIZER_ADAMW, .weight_decay = 0.01f, .epochs = 4,
                .schedule = {BP_SCHEDULE_COSINE, BP_PER_STEP, .period = 3, .multiplier = 2}},
    [WARMED] = {"nadam+linear_warmup", BP_OPTIMIZER_NADAM,
                .schedule = {BP_SCHEDULE_LINEAR_WARMUP, BP_PER_STEP, .warmup = 5}},
    [ONE_CYCLE] = {"momentum+one_cycle", BP_OPTIMIZER_SGD, .learning_rate = 0.005f,
                   .momentum = 0.9f, .epochs = 3,
                   .schedule = {BP_SCHEDULE_ONE_CYCLE, BP_PER_STEP, .max_factor = 10,
                                .pct_start = 0.4, .div_factor = 25, .final_div_factor = 100}},
    [INVERSE] = {"lion+inverse_scaling", BP_OPTIMIZER_LION,
                 .schedule = {BP_SCHEDULE_INVERSE_SCALING, BP_PER_STEP, .power = 0.7}},
    [PLATEAU] = {"adam+reduce_on_plateau", BP_OPTIMIZER_ADAM, .learning_rate = 0.01f, .epochs = 6,
                 .schedule = {BP_SCHEDULE_REDUCE_ON_PLATEAU, .factor = 0.3, .threshold = 0.01}},
    [STOPPED] = {"adam+early_stopping", BP_OPTIMIZER_ADAM, .epochs = 12,
                 .early_stopping = {BP_MONITOR_VALIDATION_LOSS, 2, 0, true}},
    [PLAIN_AGAIN] = {"sgd+checkpointing", BP_OPTIMIZER_SGD, .learning_rate = 0.05f,
                     .activation_checkpointing = true},
    [ADAM_AGAIN] = {"adam+checkpointing", BP_OPTIMIZER_ADAM, .activation_checkpointing = true},
};

#define EACH_BATCH(network, update)                                                                \
    {network, update, 1}, {network, update, 37}, {                                                 \
        network, update, 64                                                                        \
    }

static const case_row cases[] = {
    EACH_BATCH(CLASSIFIER, PLAIN),
    EACH_BATCH(CLASSIFIER, MOMENTUM),
    EACH_BATCH(DIGITS, PLAIN),
    EACH_BATCH(DIGITS, MOMENTUM),
    EACH_BATCH(REGRESSOR, PLAIN),
    EACH_BATCH(REGRESSOR, MOMENTUM),
    EACH_BATCH(NARROW, PLAIN),
    EACH_BATCH(NARROW, MOMENTUM),
    EACH_BATCH(CURVES, PLAIN),
    EACH_BATCH(CURVES, ADAM),
    {COUNTS, PLAIN, 1},
    {COUNTS, MOMENTUM, 37},
    {MEDIAN, PLAIN, 1},
    {MEDIAN, MOMENTUM, 37},
    {CLASSIFIER, NESTEROV, 37},
    {CLASSIFIER, RMSPROP, 37},
    {CLASSIFIER, ADAGRAD, 37},
    {CLASSIFIER, ADADELTA, 37},
    {CLASSIFIER, ADAM, 37},
    {CLASSIFIER, ADAMW, 37},
    {CLASSIFIER, NADAM, 37},
    {CLASSIFIER, LION, 37},
    {WIDE, PLAIN, 1},
    {WIDE, MOMENTUM, 64},
    {WIDE, ADAM, 64},
    {SMOOTH, PLAIN, 1},
    {SMOOTH, PLAIN, 37},
    {SMOOTH, ADAM, 64},
    {CLASSIFIER, PENALTIES, 37},
    {CLASSIFIER, CLIPPED, 37},
    {WIDE, CLIPPED, 64},
    {LECUN, PLAIN, 37},
    {LECUN_NORMAL, PLAIN, 37},
    {ORTHOGONAL, PLAIN, 37},
    {CONSTANT, PLAIN, 37},
    {CLASSIFIER, RPROP, 0},
    {DECILES, PLAIN, 1},
    {DECILES, MOMENTUM, 37},
    {LABELS, PLAIN, 1},
    {LABELS, ADAM, 37},
    {MARGINS, PLAIN, 1},
    {MARGINS, MOMENTUM, 37},
    {SMOOTHED, PLAIN, 1},
    {SMOOTHED, ADAM, 37},
    {SMOOTHED_WIDE, MOMENTUM, 37},
    {CLASSIFIER, DROPOUT, 1},
    {CLASSIFIER, DROPOUT, 37},
    {SMOOTH, DROPOUT, 64},
    {CURVES, NOISE, 37},
    {WIDE, NOISE, 64},
    {WEIGHTED, ADAM, 1},
    {WEIGHTED, PLAIN, 37},
    {CLASSIFIER, LBFGS, 0},
    {REGRESSOR, LBFGS, 0},
    {WIDE, LBFGS, 0},
    {CLASSIFIER, STEPPED, 37},
    {CLASSIFIER, EXPONENTIAL, 37},
    {CLASSIFIER, COSINE, 37},
    {CLASSIFIER, WARMED, 37},
    {CLASSIFIER, ONE_CYCLE, 37},
    {CLASSIFIER, INVERSE, 37},
    {CLASSIFIER, PLATEAU, 37},
    {DIGITS, STOPPED, 37},
    {NORMALIZED, PLAIN, 1},
    {NORMALIZED, PLAIN, 37},
    {NORMALIZED, MOMENTUM, 37},
    {NORMALIZED, ADAM, 64},
    {CURVES, PLAIN_AGAIN, 37}, /* what PLAIN and ADAM give, too */
    {CURVES, ADAM_AGAIN, 64},
    {NORMALIZED, PLAIN_AGAIN, 37},
    {NORMALIZED, ADAM_AGAIN, 64},
};
enum { CASES = sizeof cases / sizeof cases[0] };

static const size_t workers[] = {1, 2, 3, 5, 8};
enum { EPOCHS = 2, MOST_ISAS = 8, MOST_JOBS = 16, JOB_WORKERS = 2, NAME_SIZE = 128 };

/* "23-61-37-5:cross_entropy/B37/momentum" */
static void name_case(const case_row *c, char name[NAME_SIZE]) {
    const network_row *n = &networks[c->network];
    size_t used = (size_t)snprintf(name, NAME_SIZE, "%zu", n->features);
    for (size_t l = 0; l < n->spec.layer_count && used < NAME_SIZE; l++) {
        used += (size_t)snprintf(name + used, NAME_SIZE - used, "-%zu", n->spec.layers[l].units);
    }
    if (used < NAME_SIZE) {
        snprintf(name + used, NAME_SIZE - used, ":%s/B%zu/%s", bp_losses.names[n->spec.loss],
                 c->batch, updates[c->update].name);
    }
}

/* --- one training ----------------------------------------------------------------------------- */

static _Noreturn void stop(const char *what, const bp_error *err) {
    fprintf(stderr, "train_hashes: %s: %s %s\n", what, err->field, err->message);
    exit(1);
}

static void *allocate(size_t count, size_t size) {
    void *memory = calloc(count, size);
    if (memory == NULL) {
        stop("data", &(bp_error){.message = "out of memory"});
    }
    return memory;
}

/* Inputs in [-1, 1), targets in [0, 1) and classes, all drawn: the bits ask for nothing to learn.
 */
static bp_dataset *make_data(const network_row *n) {
    const bool classes = n->spec.loss == BP_LOSS_CROSS_ENTROPY;
    const size_t width = n->spec.layers[n->spec.layer_count - 1].units;
    const size_t inputs = n->rows * n->features, outputs = n->rows * width;
    float *x = allocate(inputs, sizeof *x), *y = allocate(outputs, sizeof *y);
    int32_t *class_index = allocate(n->rows, sizeof *class_index);
    uint32_t words[4];
    for (size_t i = 0; i < inputs; i++) {
        bp_random_block(7, BP_STREAM_SAMPLE, 0, i, words);
        x[i] = 2.0f * bp_random_unit(words[0]) - 1.0f;
    }
    for (size_t i = 0; i < outputs; i++) {
        bp_random_block(7, BP_STREAM_SAMPLE, 1, i, words);
        y[i] = bp_random_unit(words[0]);
        class_index[i / width] = (int32_t)(words[1] % width);
    }
    bp_made_table table = {.rows = n->rows, .features = n->features, .x = x};
    table.targets = classes ? 1 : width;
    table.classes = classes ? width : 0;
    table.y = classes ? NULL : y;
    table.class_index = classes ? class_index : NULL;
    table.weight = n->weighted ? y : NULL; /* there are more of these than rows */
    bp_dataset *data = NULL;
    bp_error err = {0};
    if (bp_made_dataset(&data, &table, &err) != BP_OK) {
        stop("data", &err);
    }
    free(x);
    free(y);
    free(class_index);
    return data;
}

static bp_train_options options_of(const case_row *c) {
    const update_row *u = &updates[c->update];
    bp_train_options o = bp_train_defaults();
    bp_train_set_optimizer(&o, u->optimizer);
    o.learning_rate = u->learning_rate > 0 ? u->learning_rate : o.learning_rate;
    o.momentum = u->momentum;
    o.weight_decay = u->weight_decay;
    o.regularization = u->regularization;
    o.gradient_clipping = u->clipping;
    o.activation_checkpointing = u->activation_checkpointing;
    o.epochs = u->epochs > 0 ? u->epochs : EPOCHS;
    o.schedule = u->schedule;
    o.early_stopping = u->early_stopping;
    o.batch_size = c->batch;
    o.seed = 11;
    if (networks[c->network].weighted) {
        o.loss_weighting.balanced = true;
        o.loss_weighting.reduction = BP_BATCH_REDUCTION_SUM;
        o.learning_rate /= 16;
    }
    return o;
}

/* What the weights and the losses are after all epochs. */
typedef struct outcome {
    char sha256[BP_DIGEST_HEX_SIZE];
    double training_loss, validation_loss;
} outcome;

/* A case of early stopping in which nothing stops, or the last epoch is the best, shows nothing. */
static void check_early_stopping(const bp_train_options *o, const bp_train_progress *progress) {
    const bp_early_stopping *stopping = &o->early_stopping;
    if (stopping->patience > 0 &&
        !(progress->stopped_early && progress->epoch < o->epochs && stopping->restore_best &&
          progress->best.epoch > 1 && progress->best.epoch < progress->epoch)) {
        stop("early stopping", &(bp_error){.message = "it stops nothing, or restores nothing"});
    }
}

static bp_status train_to_end(bp_snapshot *start, bp_dataset *data, const bp_train_options *o,
                              bp_train_place place, outcome *out, bp_error *err) {
    bp_trainer *trainer = NULL;
    bp_snapshot *end = NULL;
    bp_status status = bp_trainer_new(&trainer, start, data, o, place, err);
    while (status == BP_OK && !bp_trainer_done(trainer)) {
        status = bp_trainer_step(trainer, err);
    }
    if (status == BP_OK) {
        status = bp_trainer_snapshot(trainer, &end, err);
    }
    if (status == BP_OK) {
        status = bp_snapshot_digest(end, out->sha256, err);
    }
    if (status == BP_OK) {
        bp_train_progress progress = bp_trainer_progress(trainer);
        check_early_stopping(o, &progress);
        out->training_loss = progress.epoch_loss;
        out->validation_loss = progress.validation.loss;
    }
    bp_snapshot_unref(end);
    bp_trainer_free(trainer);
    return status;
}

/* Trains case `c` on `pool` and prints its line. */
static void train(const case_row *c, const bp_kernels *kernels, bp_pool *pool, const char *label) {
    const network_row *n = &networks[c->network];
    bp_train_options o = options_of(c);
    bp_train_place place = {.pool = pool, .kernels = kernels, .flops_per_worker = 1};
    bp_dataset *data = make_data(n);
    bp_snapshot *start = NULL;
    bp_error err = {0};
    outcome out = {0};
    char name[NAME_SIZE];
    name_case(c, name);
    if (bp_train_bind(&start, &n->spec, NULL, data, &o, &err) != BP_OK ||
        train_to_end(start, data, &o, place, &out, &err) != BP_OK) {
        stop(name, &err);
    }
    printf("%s %s %s %s %a %a\n", name, bp_kernels_name(kernels), label, out.sha256,
           out.training_loss, out.validation_loss);
    bp_snapshot_unref(start);
    bp_dataset_unref(data);
}

static bp_pool *make_pool(size_t threads) {
    bp_pool *pool = NULL;
    bp_error err = {0};
    if (bp_pool_new(&pool, threads, &err) != BP_OK) {
        stop("pool", &err);
    }
    return pool;
}

static const bp_kernels *find_kernels(const char *isa) {
    const bp_kernels *kernels = NULL;
    bp_error err = {0};
    if (bp_kernels_find(isa, &kernels, &err) != BP_OK) {
        stop("isa", &err);
    }
    return kernels;
}

/* --- that nothing is left out ------------------------------------------------------------------
 */

/* Stops at the first entry of `set` that no case uses. */
static void check_use(const bp_vocabulary *set, const bool *used) {
    for (size_t i = 0; i < set->count; i++) {
        if (!used[i]) {
            bp_error err = {0};
            (void)bp_fail(&err, BP_INVALID, set->what, "%s is in no case", set->names[i]);
            stop("add a row", &err);
        }
    }
}

static void check_vocabulary(void) {
    bool activations[BP_ACTIVATION_COUNT] = {false}, losses[BP_LOSS_COUNT] = {false};
    bool optimizers[BP_OPTIMIZER_COUNT] = {false}, schedules[BP_SCHEDULE_TYPE_COUNT] = {false};
    bool initializers[BP_INITIALIZER_COUNT] = {[BP_INITIALIZER_ZEROS] = true}; /* nothing drawn */
    bool bias_initializers[BP_BIAS_INITIALIZER_COUNT] = {false};
    for (size_t i = 0; i < CASES; i++) {
        const bp_model_spec *spec = &networks[cases[i].network].spec;
        for (size_t l = 0; l < spec->layer_count; l++) {
            activations[spec->layers[l].activation] = true;
        }
        losses[spec->loss] = true;
        initializers[spec->initializer] = true;
        bias_initializers[spec->bias_initializer] = true;
        optimizers[updates[cases[i].update].optimizer] = true;
        schedules[updates[cases[i].update].schedule.type] = true;
    }
    check_use(&bp_activations, activations);
    check_use(&bp_losses, losses);
    check_use(&bp_initializers, initializers);
    check_use(&bp_bias_initializers, bias_initializers);
    check_use(&bp_optimizers, optimizers);
    check_use(&bp_schedules, schedules);
}

/* --- all of them ------------------------------------------------------------------------------ */

/* From the plainest instruction set to the widest: at -O1, gcc leaves out the vzeroupper at the end
 * of AVX code, and whatever has no AVX then runs a hundred times slower in that thread. */
static void train_all(void) {
    const char *isas[MOST_ISAS];
    for (size_t isa = bp_kernels_available(isas, MOST_ISAS); isa-- > 0;) {
        const bp_kernels *kernels = find_kernels(isas[isa]);
        for (size_t w = 0; w < sizeof workers / sizeof workers[0]; w++) {
            bp_pool *pool = make_pool(workers[w]);
            char label[24];
            snprintf(label, sizeof label, "%zu", workers[w]);
            for (size_t c = 0; c < CASES; c++) {
                train(&cases[c], kernels, pool, label);
            }
            bp_pool_free(pool);
        }
    }
}

static atomic_bool over; /* set by main, once; only a hint when to end, so relaxed is enough */

typedef struct job {
    size_t number;
    pthread_t thread;
} job;

/* One training after another on a pool of its own, each job in its own order. */
static void *run_job(void *argument) {
    const job *j = argument;
    bp_pool *pool = make_pool(JOB_WORKERS);
    char label[24];
    snprintf(label, sizeof label, "+%zu", j->number);
    for (size_t i = j->number * 5; !atomic_load_explicit(&over, memory_order_relaxed); i += 7) {
        train(&cases[i % CASES], find_kernels(NULL), pool, label);
    }
    bp_pool_free(pool);
    return NULL;
}

int main(int argc, char **argv) {
    const size_t count = argc > 1 ? strtoul(argv[1], NULL, 10) : 0;
    job jobs[MOST_JOBS];
    check_vocabulary();
    for (size_t i = 0; i < count && i < MOST_JOBS; i++) {
        jobs[i].number = i + 1;
        if (pthread_create(&jobs[i].thread, NULL, run_job, &jobs[i]) != 0) {
            stop("job", &(bp_error){.message = "a thread could not be started"});
        }
    }
    train_all();
    atomic_store_explicit(&over, true, memory_order_relaxed);
    for (size_t i = 0; i < count && i < MOST_JOBS; i++) {
        pthread_join(jobs[i].thread, NULL);
    }
    return fflush(stdout) == 0 ? 0 : 1;
}
