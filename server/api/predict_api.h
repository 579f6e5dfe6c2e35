/* What predict shares with evaluate. */
#ifndef BP_PREDICT_API_H
#define BP_PREDICT_API_H

#include "route_table.h"
#include "text_buffer.h"

/* The path's model, which has met data and so has names; the caller clears it. NOT_FOUND, CONFLICT.
 */
BP_NODISCARD bp_status bp_get_trained_model(const bp_call *call, bp_model_info *out, bp_error *err);

/* Whether the outputs of so many rows fit in a response. TOO_LARGE with `field`. */
BP_NODISCARD bp_status bp_check_outputs(const bp_snapshot *snapshot, size_t count,
                                        const char *field, bp_error *err);

/* {"class" or "values", "probabilities", "outputs"} of a row of outputs x(L). */
void bp_text_put_prediction(bp_text *text, const bp_snapshot *snapshot, const float *outputs);

#endif
