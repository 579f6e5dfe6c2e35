/* How a job is run, as JSON: "priority", "checkpoint" and "budget" of a job's body. */
#ifndef BP_JOB_TERMS_JSON_H
#define BP_JOB_TERMS_JSON_H

#include <jansson.h>

#include "service.h"

/* Reads these three of the body, others are let through; what is not given is the default. INVALID
 * "/priority", "/checkpoint/every_seconds", ... */
BP_NODISCARD bp_status bp_job_terms_from_json(bp_job_terms *out, const json_t *body, bp_error *err);
/* INVALID "/priority"; absent: *out stays. */
BP_NODISCARD bp_status bp_priority_from_json(int *out, const json_t *body, bp_error *err);
/* A new object of all three, which the reader above takes. NULL: no memory. */
json_t *bp_job_terms_to_json(const bp_job_terms *terms);

#endif
