/* Where the data directory is, when no one says. */
#ifndef BP_DATA_DIR_H
#define BP_DATA_DIR_H

#include "status.h"

/* $XDG_STATE_HOME/backpropd, or ~/.local/state/backpropd (XDG Base Directory Specification 0.8);
 * *out is malloc'd, the caller's. INVALID: neither variable is an absolute path. NO_MEMORY. */
BP_NODISCARD bp_status bp_data_dir_default(char **out, bp_error *err);

/* Makes the folders above `path` that are missing, for their owner alone. IO. */
BP_NODISCARD bp_status bp_data_dir_make_parents(const char *path, bp_error *err);

#endif
