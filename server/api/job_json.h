/* A job and its loss history as JSON: what was asked for, how far it is, how it ended. */
#ifndef BP_JOB_JSON_H
#define BP_JOB_JSON_H

#include <jansson.h>

#include "service.h"

/* NULL: no memory. */
json_t *bp_job_to_json(const bp_job_info *info);

/* {"points": [...]} */
json_t *bp_job_points_to_json(const bp_job_point *points, size_t count);

/* What a replay found. NULL: no memory. */
json_t *bp_verification_to_json(const bp_verification *found);

/* A new array of edits; an object of a job's checkpoints. NULL: no memory. */
json_t *bp_edits_to_json(const bp_job_edit *edits, size_t count);
json_t *bp_checkpoints_to_json(const bp_job_checkpoint *checkpoints, size_t count);

#endif
