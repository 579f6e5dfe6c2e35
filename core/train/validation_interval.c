#include "validation_interval.h"

#include <math.h>

#include "trainer.h"

uint64_t bp_validation_every_epochs(const bp_split_options *options) {
    return options->every_epochs > 0 ? options->every_epochs : 1;
}

bool bp_validation_is_due(const bp_split_options *options, uint64_t epoch, bool last) {
    return last || epoch % bp_validation_every_epochs(options) == 0;
}

static double share_of(const bp_split_options *options) {
    return (double)(options->max_share > 0 ? options->max_share : BP_DEFAULT_MAX_SHARE);
}

uint64_t bp_validation_every_steps(const bp_split_options *options, size_t validation,
                                   size_t batch) {
    if (options->every_steps == 0 || validation == 0) {
        return 0;
    }
    const double fewest = ceil((double)validation / (3 * (double)batch * share_of(options)));
    if (fewest <= (double)options->every_steps) {
        return options->every_steps;
    }
    return fewest < (double)INT64_MAX ? (uint64_t)fewest : INT64_MAX;
}

bp_status bp_validation_interval_check(const bp_split_options *options, bp_error *err) {
    if (options->every_epochs > BP_MAX_EPOCHS) {
        return bp_fail(err, BP_INVALID, "/validation/every_epochs", "every_epochs must be in 1..%d",
                       BP_MAX_EPOCHS);
    }
    if (!(options->max_share >= 0 && options->max_share <= 1)) {
        return bp_fail(err, BP_INVALID, "/validation/max_share", "max_share must be in (0, 1]");
    }
    return BP_OK;
}
