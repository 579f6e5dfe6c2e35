/* The jobs that wait for a lane: by priority, the larger first, and among equals in the order of
 * their ids. Not locked: the scheduler's lock guards it. */
#ifndef BP_JOB_QUEUE_H
#define BP_JOB_QUEUE_H

#include <stdbool.h>

#include "status.h"

typedef struct bp_job_place {
    int priority;
    uint64_t id;
    void *job;       /* borrowed */
    const void *key; /* two jobs with one key do not run at once; the scheduler's */
} bp_job_place;

typedef struct bp_job_queue {
    size_t count, capacity;
    bp_job_place *place; /* [count], in the order in which they shall run */
} bp_job_queue;

/* Room for `count` in all, so that insertions up to there cannot fail. NO_MEMORY. */
BP_NODISCARD bp_status bp_job_queue_reserve(bp_job_queue *queue, size_t count, bp_error *err);
/* The index that a place would get. */
size_t bp_job_queue_place(const bp_job_queue *queue, const bp_job_place *place);
/* Into reserved room. */
void bp_job_queue_insert(bp_job_queue *queue, const bp_job_place *place);
/* Index of the job's place; count: it is not there. */
size_t bp_job_queue_find(const bp_job_queue *queue, const void *job);
void bp_job_queue_remove(bp_job_queue *queue, size_t index);
void bp_job_queue_clear(bp_job_queue *queue);

#endif
