/* A job's "validation" as JSON: which rows are held out (split.h). */
#ifndef BP_VALIDATION_JSON_H
#define BP_VALIDATION_JSON_H

#include <jansson.h>

#include "split.h"

/* {"fraction", "stratify"}, {"fraction", "order": "last"}, {"fraction", "order": "time",
 * "time_column"}, {"folds", "fold", "stratify"}, {"column", "value"} or {"dataset"}: the kind is
 * told by what is given, and the fields of another kind are unknown. Each may have "every_epochs",
 * "every_steps" and "max_share". What is absent stays as it is
 * in *out, which must be of kind fraction. INVALID with the pointer, "/validation/fold". */
BP_NODISCARD bp_status bp_validation_from_json(bp_split_options *out, const json_t *object,
                                               bp_error *err);
/* A new object with the fields of the kind; stratify only where it is true, the last three only
 * where they are not the defaults. NULL: no memory. */
json_t *bp_validation_to_json(const bp_split_options *options);

#endif
