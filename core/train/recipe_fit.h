/* A recipe fitted to the training rows of a data set: places of labels, what stands for a missing
 * value, and the scaling of the inputs. */
#ifndef BP_RECIPE_FIT_H
#define BP_RECIPE_FIT_H

#include "dataset.h"
#include "snapshot.h"
#include "split.h"

/* The columns of the data with the spec's rules, nothing fitted yet; without the one of the name
 * `apart`, which tells how rows are used (NULL: none does). INVALID "/model": the spec has
 * a rule for a column that is not there, "/dataset": no column is a feature. NO_MEMORY. */
BP_NODISCARD bp_status bp_recipe_plan(bp_recipe *out, const bp_model_spec *spec,
                                      const bp_dataset *data, const char *apart, bp_error *err);

/* Labels and fills of a planned recipe, and its layout. INVALID "/model": a constant that log1p
 * does not take. NO_MEMORY. Half fitted after a failure. */
BP_NODISCARD bp_status bp_recipe_fit(bp_recipe *recipe, const bp_dataset *data,
                                     const bp_split *split, bp_error *err);

/* "age", "age.missing", "when.month", "color=red", "color=(other)", by input, into zeroed `out`.
 * NO_MEMORY. */
BP_NODISCARD bp_status bp_recipe_input_names(bp_names *out, const bp_recipe *recipe, bp_error *err);

/* input_mean and input_scale of a model whose recipe is fitted, and what stands for a missing value
 * where that is the same mean. INVALID "/dataset" as bp_encoder_new. NO_MEMORY. */
BP_NODISCARD bp_status bp_scaling_fit(bp_snapshot *model, const bp_dataset *data,
                                      const bp_split *split, bp_error *err);

/* target_mean and target_scale of a model that learns `y` [rows, width[L]]. NO_MEMORY. */
BP_NODISCARD bp_status bp_target_scaling_fit(bp_snapshot *model, const float *y,
                                             const bp_split *split, bp_error *err);

#endif
