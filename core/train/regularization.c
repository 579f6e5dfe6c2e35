#include "regularization.h"

#include <math.h>
#include <stdbool.h>

bp_status bp_regularization_check(const bp_regularization *r, bp_error *err) {
    const struct {
        const char *field;
        float value;
        bool share; /* below 1 */
    } rows[] = {
        {"/regularization/l1", r->l1, false},
        {"/regularization/l2", r->l2, false},
        {"/regularization/max_norm", r->max_norm, false},
        {"/regularization/dropout", r->dropout, true},
        {"/regularization/input_dropout", r->input_dropout, true},
        {"/regularization/input_noise", r->input_noise, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (!(rows[i].value >= 0 && isfinite(rows[i].value))) {
            return bp_fail(err, BP_INVALID, rows[i].field, "must be at least 0 and finite");
        }
        if (rows[i].share && rows[i].value >= 1) {
            return bp_fail(err, BP_INVALID, rows[i].field, "must be in [0, 1)");
        }
    }
    return BP_OK;
}
