#include "fingerprint.h"

#include <string.h>

#include "byte_cursor.h"
#include "optimizer_rule.h"
#include "validation_interval.h"

/* Numbers as byte_cursor.h has them, so that all machines find the same. */
static void add_whole(bp_digest *digest, uint64_t value) {
    unsigned char bytes[8];
    bp_byte_cursor cursor = bp_byte_cursor_putting(bytes, sizeof bytes);
    bp_byte_cursor_whole(&cursor, &value, UINT64_MAX);
    bp_digest_add(digest, bytes, sizeof bytes);
}

static void add_real(bp_digest *digest, double value) {
    unsigned char bytes[8];
    bp_byte_cursor cursor = bp_byte_cursor_putting(bytes, sizeof bytes);
    bp_byte_cursor_double(&cursor, &value);
    bp_digest_add(digest, bytes, sizeof bytes);
}

static void add_text(bp_digest *digest, const char *text) {
    const size_t size = strlen(text);
    add_whole(digest, size);
    bp_digest_add(digest, text, size);
}

static void add_names(bp_digest *digest, const bp_names *names) {
    add_whole(digest, names->count);
    for (size_t i = 0; i < names->count; i++) {
        add_text(digest, names->item[i]);
    }
}

static void add_floats(bp_digest *digest, const float *values, size_t count) {
    add_whole(digest, values != NULL ? count : 0);
    if (values != NULL) {
        bp_digest_add_floats(digest, values, count);
    }
}

/* --- options -------------------------------------------------------------------------------- */

static void add_hyperparameters(bp_digest *digest, const bp_train_options *o) {
    for (size_t h = 0; h < BP_HYPERPARAMETER_COUNT; h++) {
        float value;
        memcpy(&value, (const char *)o + bp_hyperparameters[h].offset, sizeof value);
        add_real(digest, (double)value);
    }
    const float values[] = {
        o->regularization.l1,
        o->regularization.l2,
        o->regularization.max_norm,
        o->regularization.dropout,
        o->regularization.input_dropout,
        o->regularization.input_noise,
        o->gradient_clipping.value,
        o->gradient_clipping.norm,
    };
    add_floats(digest, values, sizeof values / sizeof values[0]);
}

static void add_schedule(bp_digest *digest, const bp_schedule *schedule) {
    add_whole(digest, schedule->type);
    add_whole(digest, schedule->per);
    add_whole(digest, schedule->metric);
    for (size_t s = 0; s < BP_SCHEDULE_SETTING_COUNT; s++) {
        add_real(digest, bp_schedule_get(schedule, (bp_schedule_setting)s));
    }
}

static void add_early_stopping(bp_digest *digest, const bp_early_stopping *stopping) {
    add_whole(digest, stopping->metric);
    add_whole(digest, stopping->patience);
    add_whole(digest, stopping->restore_best);
    add_real(digest, stopping->min_delta);
}

static void add_validation(bp_digest *digest, const bp_split_options *split) {
    add_whole(digest, split->kind);
    add_real(digest, split->fraction);
    add_whole(digest, split->stratify);
    add_whole(digest, split->folds);
    add_whole(digest, split->fold);
    add_text(digest, split->column);
    add_text(digest, split->value);
    const bool other = split->kind == BP_SPLIT_DATASET && split->held_out != NULL;
    add_text(digest, other ? split->held_out->sha256 : "");
    add_whole(digest, bp_validation_every_epochs(split)); /* observations decide nothing */
}

static void add_loss_weighting(bp_digest *digest, const bp_loss_weighting *weighting) {
    add_whole(digest, weighting->reduction);
    add_whole(digest, weighting->balanced);
    add_whole(digest, weighting->classes != NULL);
    if (weighting->classes != NULL) {
        add_names(digest, &weighting->classes->labels);
        add_floats(digest, weighting->classes->weight, weighting->classes->labels.count);
    }
}

static void add_options(bp_digest *digest, const bp_train_options *o) {
    add_whole(digest, o->epochs);
    add_whole(digest, o->batch_size);
    add_whole(digest, o->optimizer);
    add_whole(digest, o->shuffle);
    add_whole(digest, o->seed);
    add_hyperparameters(digest, o);
    add_schedule(digest, &o->schedule);
    add_early_stopping(digest, &o->early_stopping);
    add_validation(digest, &o->validation);
    add_loss_weighting(digest, &o->loss_weighting);
}

/* --- the model ------------------------------------------------------------------------------ */

static void add_network(bp_digest *digest, const bp_network *network) {
    add_whole(digest, network->layer_count);
    add_whole(digest, network->width[0]);
    for (size_t l = 1; l <= network->layer_count; l++) {
        add_whole(digest, network->width[l]);
        add_whole(digest, network->activation[l]);
        add_whole(digest, network->layer_norm[l]);
        add_whole(digest, network->residual[l]);
    }
    add_whole(digest, network->storage_count);
    add_whole(digest, network->loss_rule.loss);
    for (size_t p = 0; p < BP_LOSS_PARAMETER_COUNT; p++) {
        const bp_loss_parameters *of = &network->loss_rule.parameters;
        add_real(digest, (double)bp_loss_parameter_get(&bp_loss_parameter_infos[p], of));
    }
}

/* bp_recipe_digest says nothing of a plain recipe, whose numbers for missing values count here. */
static void add_recipe(bp_digest *digest, const bp_recipe *recipe) {
    bp_recipe_digest(recipe, digest);
    add_whole(digest, recipe->column_count);
    for (size_t i = 0; i < recipe->column_count; i++) {
        add_text(digest, recipe->columns[i].name);
        add_floats(digest, recipe->columns[i].fill, recipe->columns[i].cells);
    }
}

static void add_start(bp_digest *digest, const bp_snapshot *start) {
    const size_t inputs = start->network.width[0];
    const size_t outputs = start->network.width[start->network.layer_count];
    add_whole(digest, start->version);
    add_network(digest, &start->network);
    add_recipe(digest, &start->recipe);
    add_names(digest, &start->features);
    add_names(digest, &start->targets);
    add_names(digest, &start->classes);
    add_floats(digest, start->input_mean, inputs);
    add_floats(digest, start->input_scale, inputs);
    add_floats(digest, start->target_mean, outputs);
    add_floats(digest, start->target_scale, outputs);
}

void bp_fingerprint_take(char hex[BP_DIGEST_HEX_SIZE], const bp_fingerprint_of *of) {
    bp_digest digest;
    bp_digest_start(&digest);
    add_options(&digest, of->options);
    add_start(&digest, of->start);
    add_text(&digest, of->data->sha256);
    bp_digest_finish(&digest, hex);
}
