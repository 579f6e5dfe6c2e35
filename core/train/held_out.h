/* Rows that are held out in a data set of their own: its columns must be those that the model is
 * trained on. */
#ifndef BP_HELD_OUT_H
#define BP_HELD_OUT_H

#include "split.h"
#include "targets.h"

/* The targets of options->held_out, for a model that is bound to `data`; the caller clears them.
 * INVALID "/validation/dataset": other features, or targets that bp_targets_read refuses.
 * NO_MEMORY. */
BP_NODISCARD bp_status bp_held_out_read(bp_targets *out, const bp_snapshot *model,
                                        const bp_dataset *data, const bp_split_options *options,
                                        bp_error *err);
/* Whether that would do; splits of other kinds always do. */
BP_NODISCARD bp_status bp_held_out_check(const bp_snapshot *model, const bp_dataset *data,
                                         const bp_split_options *options, bp_error *err);

#endif
