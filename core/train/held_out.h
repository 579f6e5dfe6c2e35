/* Rows that are held out in a data set of their own: as the model reads them. */
#ifndef BP_HELD_OUT_H
#define BP_HELD_OUT_H

#include "encoder.h"
#include "split.h"
#include "targets.h"

typedef struct bp_held_out {
    const bp_dataset *data; /* borrowed; NULL: there is none */
    bp_encoder *encoder;    /* NULL: rows are inputs */
    bp_targets targets;
} bp_held_out;

/* For a model that is bound; the caller clears it. INVALID "/validation/dataset": features or
 * targets that bp_encoder_new or bp_targets_read refuses. NO_MEMORY. */
BP_NODISCARD bp_status bp_held_out_read(bp_held_out *out, const bp_snapshot *model,
                                        const bp_dataset *data, bp_error *err);
void bp_held_out_clear(bp_held_out *held_out);
/* Whether that would do; splits of other kinds always do. */
BP_NODISCARD bp_status bp_held_out_check(const bp_snapshot *model, const bp_split_options *options,
                                         bp_error *err);

#endif
