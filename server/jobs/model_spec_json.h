/* A model's specification as JSON: what the API takes and gives, and what the store keeps. Numbers
 * survive the round trip exactly; seeds are 0..2^63-1. */
#ifndef BP_MODEL_SPEC_JSON_H
#define BP_MODEL_SPEC_JSON_H

#include <jansson.h>

#include "network.h"

/* {"inputs", "layers": [{"units", "activation", "layer_norm", "residual"}], "loss",
 * "quantile", "huber_delta", "label_smoothing", "initializer", "initializer_value",
 * "bias_initializer", "bias_value", "preprocessing", "seed"}; the values with "constant" only;
 * "name" is allowed and not read. Only "layers" is required. Without an activation a layer is relu
 * and the last one softmax (loss cross_entropy), sigmoid (binary_cross_entropy) or linear; without
 * a loss it is cross_entropy after softmax, else mse; without preprocessing.targets they are as
 * they are (bp_preprocessing_settle_targets). Form only, and the parameters of the loss:
 * bp_model_spec_check says whether it makes sense. INVALID or TOO_LARGE with the pointer of the
 * field at fault. */
BP_NODISCARD bp_status bp_spec_from_json(bp_model_spec *out, const json_t *body, bp_error *err);
/* A new object; sizes that are open are left out, and bias_initializer where it is zeros,
 * layer_norm and residual where they are false, and the loss's parameters where they are the
 * default: a record or receipt of a time without them reads the same. NULL: no memory. */
json_t *bp_spec_to_json(const bp_model_spec *spec);
/* The part of it that says initializer_value, bias_initializer and bias_value, into `json`. Not 0:
 * no memory. */
int bp_spec_put_initial_values(const bp_model_spec *spec, json_t *json);

/* Adds the parameters that the loss has to an object, `usual`: those at their default too. Not 0:
 * no memory. */
int bp_loss_parameters_to_json(json_t *model, const bp_model_spec *spec, bool usual);

#endif
