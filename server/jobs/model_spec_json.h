/* A model's specification as JSON: what the API takes and gives, and what the store keeps. Numbers
 * survive the round trip exactly; seeds are 0..2^63-1. */
#ifndef BP_MODEL_SPEC_JSON_H
#define BP_MODEL_SPEC_JSON_H

#include <jansson.h>

#include "network.h"

/* {"inputs", "layers": [{"units", "activation"}], "loss", "initializer", "initializer_value",
 * "bias_initializer", "bias_value", "preprocessing", "seed"}; the values with "constant" only;
 * "name" is allowed and not read. Only "layers" is required. Without an activation a layer is relu
 * and the last one softmax (loss cross_entropy) or linear; without a loss it is cross_entropy after
 * softmax, else mse. Form only: bp_model_spec_check says whether it makes sense. INVALID or
 * TOO_LARGE with the pointer of the field at fault. */
BP_NODISCARD bp_status bp_spec_from_json(bp_model_spec *out, const json_t *body, bp_error *err);
/* A new object; sizes that are open are left out, and bias_initializer where it is zeros: a record
 * or receipt of a time without it reads the same. NULL: no memory. */
json_t *bp_spec_to_json(const bp_model_spec *spec);
/* The part of it that says initializer_value, bias_initializer and bias_value, into `json`. Not 0:
 * no memory. */
int bp_spec_put_initial_values(const bp_model_spec *spec, json_t *json);

#endif
