/* What was fitted to the training rows, as JSON: for the record of a model, bit for bit, and for
 * people. */
#ifndef BP_RECIPE_JSON_H
#define BP_RECIPE_JSON_H

#include <jansson.h>

#include "snapshot.h"

/* {"recipe", "skipped", "missing_words", "target_mean", "target_scale"}: those that the record
 * needs, because they do not follow from features, spec and scaling. Into `json`. Not 0: no memory,
 * or a name is not UTF-8. */
int bp_recipe_put(json_t *json, const bp_snapshot *snapshot, const bp_model_spec *spec);

/* The reverse, for a snapshot that has its features and scaling. SYNTAX: damaged. NO_MEMORY. */
BP_NODISCARD bp_status bp_recipe_get(bp_snapshot *snapshot, const json_t *json,
                                     const bp_model_spec *spec, bp_error *err);

/* [{"name", "type", "inputs", "missing", "fill", "indicator", ..}], of numbers with "scale",
 * "shift" and "factor", of categories with "labels"; [] before the first training. A new array;
 * NULL: no memory. */
json_t *bp_fitted_columns_to_json(const bp_snapshot *snapshot);
/* {"shift": [..], "factor": [..]} by output, or null: targets are as they are. */
json_t *bp_target_scaling_to_json(const bp_snapshot *snapshot);

#endif
