/* What a model is asked to do with its columns, as JSON: a word, or an object. */
#ifndef BP_PREPROCESSING_JSON_H
#define BP_PREPROCESSING_JSON_H

#include <jansson.h>

#include "network.h"

/* "standardize", "none", .. as the object {"scale": it}; or {"scale", "missing", "fill",
 * "indicator", "max_categories", "targets", "columns": {name: the same but targets and columns}},
 * where a column has what the object says but for what it says itself. NULL: nothing is given.
 * INVALID, TOO_LARGE with the pointer at fault below "/preprocessing". */
BP_NODISCARD bp_status bp_preprocessing_from_json(bp_model_spec *spec, const json_t *value,
                                                  bp_error *err);

/* The word where it says all, else an object of what is not the usual, with scale and targets.
 * NULL: no memory. */
json_t *bp_preprocessing_to_json(const bp_model_spec *spec);

/* Targets of a model that does not say: real ones are standardised where the loss is mse, mae or
 * huber and the numbers are scaled at all. `value` as above. */
void bp_preprocessing_settle_targets(bp_model_spec *spec, const json_t *value);

#endif
