/* Features and their target that come as two bodies, as images and labels do. */
#ifndef BP_DATASET_JOIN_H
#define BP_DATASET_JOIN_H

#include "dataset_builder.h"

/* `base` with the one feature column of `column` as its only target, called `name`, in place of the
 * targets it may have; text or whole numbers are classes, as in bp_dataset_builder_finish. `file`
 * as in bp_dataset_options. INVALID: other rows, more than one column, a missing value; "/name":
 * the name of another column. NO_MEMORY, IO. */
BP_NODISCARD bp_status bp_dataset_join_target(bp_dataset **out, const bp_dataset *base,
                                              const bp_dataset *column, const char *name,
                                              const int *file, bp_error *err);

#endif
