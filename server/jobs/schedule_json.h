/* "schedule" and "early_stopping" of a job's options as JSON. What does nothing (a constant rate,
 * no early stopping) is left out when written: receipts of jobs without them stay what they were.
 */
#ifndef BP_SCHEDULE_JSON_H
#define BP_SCHEDULE_JSON_H

#include <jansson.h>

#include "trainer.h"

/* {"type", "per", and the settings of the type}. What is absent is as in bp_schedule_defaults.
 * INVALID with the pointer ("/schedule/gama"); ranges are bp_schedule_check's. */
BP_NODISCARD bp_status bp_schedule_from_json(bp_schedule *out, const json_t *object, bp_error *err);
/* A new object; NULL: the rate is constant, or no memory. */
json_t *bp_schedule_to_json(const bp_schedule *schedule);

/* {"metric", "patience", "min_delta", "restore_best"}, likewise. */
BP_NODISCARD bp_status bp_early_stopping_from_json(bp_early_stopping *out, const json_t *object,
                                                   bp_error *err);
/* A new object; NULL: no early stopping, or no memory. */
json_t *bp_early_stopping_to_json(const bp_early_stopping *options);

#endif
