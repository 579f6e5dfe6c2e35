#include "regularization.h"

#include <math.h>

bp_status bp_regularization_check(const bp_regularization *r, bp_error *err) {
    const struct {
        const char *field;
        float value;
    } rows[] = {
        {"/regularization/l1", r->l1},
        {"/regularization/l2", r->l2},
        {"/regularization/max_norm", r->max_norm},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (!(rows[i].value >= 0 && isfinite(rows[i].value))) {
            return bp_fail(err, BP_INVALID, rows[i].field, "must be at least 0 and finite");
        }
    }
    return BP_OK;
}
