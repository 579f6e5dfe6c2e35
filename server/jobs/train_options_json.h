/* A job's options as JSON: what the API takes and gives, and what the store keeps. Numbers survive
 * the round trip exactly; seeds are 0..2^63-1. */
#ifndef BP_TRAIN_OPTIONS_JSON_H
#define BP_TRAIN_OPTIONS_JSON_H

#include <jansson.h>

#include "trainer.h"

/* {"epochs", "batch_size", "optimizer": {"type", "learning_rate", "momentum"}, "shuffle", "seed",
 * "validation" (validation_json.h), "threads", "regularization": {"l1", "l2", "max_norm",
 * "dropout", "input_dropout", "input_noise"}, "gradient_clipping": {"norm", "value"}, "reduction",
 * "class_weights": "balanced" or {label: weight}, "schedule", "early_stopping",
 * "activation_checkpointing"}; "model" and "dataset" are allowed and not read. What is absent is as
 * in bp_train_defaults. INVALID with the pointer, also as bp_train_options_check. The caller drops
 * loss_weighting.classes. NO_MEMORY. */
BP_NODISCARD bp_status bp_train_options_from_json(bp_train_options *out, const json_t *body,
                                                  bp_error *err);
/* A new object with every field, but without batch_size where it is 0, all rows; of regularization
 * and gradient_clipping only what is not the default; so with reduction, class_weights and
 * activation_checkpointing; schedule and early_stopping where they do something. NULL: no memory.
 */
json_t *bp_train_options_to_json(const bp_train_options *options);

#endif
