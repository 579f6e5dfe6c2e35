/* Using a trained model: outputs for given rows, loss and metrics on a data set. Any thread. */
#ifndef BP_INFERENCE_H
#define BP_INFERENCE_H

#include "evaluation_report.h"

/* Inputs [count, width[0]], not scaled, as bp_encode_cells makes them of raw rows -> outputs x(L)
 * [count, width[L]], real ones in the units of the data. The same bits for a row whatever stands
 * beside it. NO_MEMORY. */
BP_NODISCARD bp_status bp_predict(const bp_snapshot *snapshot, const bp_kernels *kernels,
                                  const float *rows, size_t count, float *outputs, bp_error *err);

/* The same for all rows of `data`, also those that take no part in training. INVALID as
 * bp_encoder_new. */
BP_NODISCARD bp_status bp_predict_dataset(const bp_snapshot *snapshot, const bp_kernels *kernels,
                                          const bp_dataset *data, float *outputs, bp_error *err);

/* Loss and metrics on all rows of `data` that the model's recipe lets take part, none weighted; the
 * caller clears *out. INVALID as bp_train_bind ("/model", "/dataset"). CONFLICT "/model": not
 * trained yet. NO_MEMORY. */
BP_NODISCARD bp_status bp_evaluate(bp_evaluation_report *out, const bp_snapshot *snapshot,
                                   const bp_kernels *kernels, const bp_dataset *data,
                                   const bp_evaluation_options *options, bp_error *err);

#endif
