/* The model that a request is about: that of the path, with the weights of ?version=. */
#ifndef BP_CALLED_MODEL_H
#define BP_CALLED_MODEL_H

#include "model_versions.h"
#include "route_table.h"

/* As bp_service_get_model_at; the caller clears it. A route that calls it takes
 * bp_version_parameters. */
BP_NODISCARD bp_status bp_get_called_model(const bp_call *call, bp_model_info *out, bp_error *err);

#endif
