/* Defaults and limits of a training's options. */
#include <math.h>
#include <stddef.h>

#include "trainer.h"

bp_train_options bp_train_defaults(void) {
    return (bp_train_options){.epochs = 10,
                              .batch_size = 32,
                              .learning_rate = 0.1f,
                              .momentum = 0.9f,
                              .shuffle = true,
                              .seed = 0,
                              .validation_fraction = 0.1,
                              .threads = 0};
}

bp_status bp_train_options_check(const bp_train_options *o, bp_error *err) {
    if (o->epochs < 1 || o->epochs > BP_MAX_EPOCHS) {
        return bp_fail(err, BP_INVALID, "/epochs", "epochs must be in 1..%d", BP_MAX_EPOCHS);
    }
    if (o->batch_size < 1 || o->batch_size > BP_MAX_BATCH) {
        return bp_fail(err, BP_INVALID, "/batch_size", "batch_size must be in 1..%d", BP_MAX_BATCH);
    }
    if (!(o->learning_rate > 0) || !isfinite(o->learning_rate)) {
        return bp_fail(err, BP_INVALID, "/optimizer/learning_rate",
                       "learning_rate must be above 0 and finite");
    }
    if (!(o->momentum >= 0 && o->momentum < 1)) {
        return bp_fail(err, BP_INVALID, "/optimizer/momentum", "momentum must be in [0, 1)");
    }
    if (!(o->validation_fraction >= 0 && o->validation_fraction <= 0.9)) {
        return bp_fail(err, BP_INVALID, "/validation/fraction", "fraction must be in [0, 0.9]");
    }
    return BP_OK;
}
