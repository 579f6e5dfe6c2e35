/* The receipt of a job: the digests of what its weights were made from, and of what came of it.
 *
 * configuration_sha256 is that of {"model": spec, "training": options} as JSON: keys sorted, no
 * spaces, reals with 17 significant digits, every field present (but "schedule" and
 * "early_stopping" only where they do something), "threads" left out because the weights do not
 * depend on it; "edits" only where there were such; a data set that is held out is named by its
 * sha256; the spec has the sizes that the model took from its data. */
#ifndef BP_RECEIPT_H
#define BP_RECEIPT_H

#include <jansson.h>

#include "job.h"
#include "service.h"

typedef struct bp_receipt_inputs {
    const bp_model_spec *spec;
    const bp_snapshot *start; /* of bp_train_bind */
    const bp_dataset *data;
    const bp_train_options *options;
    const bp_job_edits *edits; /* NULL: none */
} bp_receipt_inputs;

/* Fills a receipt with what is known before the first step. NO_MEMORY. */
BP_NODISCARD bp_status bp_receipt_begin(bp_receipt *out, const bp_receipt_inputs *inputs,
                                        bp_error *err);
/* Who trained, for information. */
void bp_receipt_note_place(bp_receipt *receipt, const bp_kernels *kernels, size_t threads);

/* Whether a model that never had weights would begin with the same bits. False where memory is
 * short. */
bool bp_receipt_start_is_drawn(const bp_receipt *receipt, const bp_dataset *data,
                               const bp_train_options *options);

/* Names of the digests in which two receipts differ, into names[BP_RECEIPT_DIGESTS]; how many. */
size_t bp_receipt_compare(const bp_receipt *a, const bp_receipt *b, const char **names);

/* A new object of what a client sees. NULL: no memory. */
json_t *bp_receipt_to_json(const bp_receipt *receipt);
/* The reverse; what a client does not see stays as it was. False: a field is missing. */
BP_NODISCARD bool bp_receipt_from_json(bp_receipt *out, const json_t *json);

#endif
