/* A small data set given as JSON: {"columns": ["x", "y"], "rows": [[1, "a"]], "target": "y",
 * "weight": "w"}. */
#ifndef BP_DATASET_JSON_H
#define BP_DATASET_JSON_H

#include <jansson.h>

#include "dataset_builder.h"

/* "target" and "weight" go before those of `usual`. One reference, the caller's. INVALID with the
 * pointer of the cell, row or field at fault; and what bp_dataset_builder says. */
BP_NODISCARD bp_status bp_dataset_from_json(bp_dataset **out, const json_t *body,
                                            const bp_dataset_options *usual, bp_error *err);

/* `base` with the rows of {"columns", "rows"} behind its own; the columns are base's, in any order.
 * Errors likewise. */
BP_NODISCARD bp_status bp_dataset_append_json(bp_dataset **out, const bp_dataset *base,
                                              const json_t *body, bp_error *err);

#endif
