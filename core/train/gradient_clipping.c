#include "gradient_clipping.h"

#include <math.h>

static bool fits(float limit) {
    return limit >= 0 && isfinite(limit);
}

bp_status bp_gradient_clipping_check(const bp_gradient_clipping *clipping, bp_error *err) {
    if (!fits(clipping->value) || !fits(clipping->norm)) {
        return bp_fail(err, BP_INVALID,
                       fits(clipping->norm) ? "/gradient_clipping/value"
                                            : "/gradient_clipping/norm",
                       "must be at least 0 and finite");
    }
    return BP_OK;
}

bool bp_gradient_clipping_on(const bp_gradient_clipping *clipping) {
    return clipping->value > 0 || clipping->norm > 0;
}

float bp_gradient_clipping_factor(const bp_gradient_clipping *clipping, double gradient_norm) {
    if (clipping->norm == 0) {
        return 1;
    }
    double factor = (double)clipping->norm / (gradient_norm + 1e-6);
    return factor < 1 ? (float)factor : 1;
}
