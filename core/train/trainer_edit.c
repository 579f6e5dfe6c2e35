/* Changes of a training that has begun: trainer.h says what they mean. */
#include <stdio.h>

#include "trainer_inside.h"

static bp_status check_rate(const bp_trainer *t, float learning_rate, bp_error *err) {
    bp_train_options options = t->options;
    options.learning_rate = learning_rate;
    bp_status status = bp_optimizer_check(&options, err);
    if (status == BP_OK) {
        status = bp_schedule_check(&options.schedule, (double)learning_rate, err);
    }
    if (status != BP_OK && err != NULL) {
        /* All else was good before. */
        snprintf(err->field, sizeof err->field, "/learning_rate");
    }
    return status;
}

static bp_status check_epochs(const bp_trainer *t, uint64_t epochs, bp_error *err) {
    const uint64_t per_epoch = t->progress.steps_per_epoch;
    const uint64_t begun = (t->progress.step + per_epoch - 1) / per_epoch;
    const uint64_t fewest = begun > 0 ? begun : 1;
    if (epochs < fewest || epochs > BP_MAX_EPOCHS) {
        return bp_fail(err, BP_INVALID, "/epochs",
                       "epochs must be in %llu..%d, because %llu have begun",
                       (unsigned long long)fewest, BP_MAX_EPOCHS, (unsigned long long)begun);
    }
    return BP_OK;
}

void bp_trainer_set_length(bp_trainer *t, double learning_rate, uint64_t epochs) {
    const bp_training_length length = {.epochs = epochs,
                                       .steps_per_epoch = t->progress.steps_per_epoch};
    bp_rate_change(&t->rate, learning_rate, length);
    t->options.learning_rate = (float)learning_rate;
    t->options.epochs = epochs;
    t->steps_total = epochs * length.steps_per_epoch;
    t->rate_is_due = true;
    if (t->progress.step == 0) {
        t->progress.learning_rate = bp_rate_of_step(&t->rate, 0);
    }
}

/* rprop's sizes of steps begin anew: the rate is nothing else to it. */
static void restart_states(bp_trainer *t) {
    const size_t count = t->model->network.storage_count;
    for (size_t i = 0; i < bp_optimizer_states(&t->options); i++) {
        for (size_t p = 0; bp_optimizer_starts_at_rate(&t->options, i) && p < count; p++) {
            t->state[i][p] = bp_optimizer_first_state(&t->options, i);
        }
    }
}

bp_status bp_trainer_edit(bp_trainer *t, const bp_train_edit *edit, bp_error *err) {
    const bool rated = edit->learning_rate != 0;
    const float rate = rated ? edit->learning_rate : t->options.learning_rate;
    const uint64_t epochs = edit->epochs > 0 ? edit->epochs : t->options.epochs;
    bp_status status = rated ? check_rate(t, rate, err) : BP_OK;
    if (status == BP_OK && edit->epochs > 0) {
        status = check_epochs(t, epochs, err);
    }
    if (status != BP_OK) {
        return status;
    }
    bp_trainer_set_length(t, (double)rate, epochs);
    if (rated) {
        restart_states(t);
    }
    bp_trainer_look_back(t);
    return BP_OK;
}
