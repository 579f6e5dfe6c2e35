/* What a job tells of itself in its log of events: which facts go with each type, and how often.
 */
#ifndef BP_JOB_EVENTS_H
#define BP_JOB_EVENTS_H

#include <jansson.h>

#include "event_log.h"
#include "service.h"

enum { BP_EPOCH_EVENTS_A_SECOND = 10 };

/* When epochs were told: no second holds more than BP_EPOCH_EVENTS_A_SECOND, and but for a job's
 * first ones they are evenly spaced. After some minutes they become rarer, down to one a second:
 * the log is kept, and that of a day shall not be a gigabyte. All zero: none yet. */
typedef struct bp_event_pace {
    double first;                          /* monotonic seconds */
    double told[BP_EPOCH_EVENTS_A_SECOND]; /* a ring; monotonic seconds */
    uint64_t count;
} bp_event_pace;

/* Whether an epoch that ends `now` (monotonic seconds) is told; it then counts as told. */
bool bp_event_pace_allows(bp_event_pace *pace, double now);

/* A point of the loss history with the metrics that this kind of target has. NULL: no memory. */
json_t *bp_job_point_to_json(const bp_job_point *point);
/* The part of it that holds validation_accuracy and validation_r2. NULL: no memory. */
json_t *bp_job_metrics_to_json(const bp_job_point *point);

/* The event that says that the job is in this state now: its type and what it says (NULL: no
 * memory). Of a paused one: paused. */
json_t *bp_job_state_event(const bp_job_info *info, bp_event_type *type);

#endif
