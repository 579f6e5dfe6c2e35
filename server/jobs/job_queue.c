#include "job_queue.h"

#include <stdlib.h>
#include <string.h>

static bool comes_first(const bp_job_place *a, const bp_job_place *b) {
    return a->priority != b->priority ? a->priority > b->priority : a->id < b->id;
}

bp_status bp_job_queue_reserve(bp_job_queue *queue, size_t count, bp_error *err) {
    if (count <= queue->capacity) {
        return BP_OK;
    }
    size_t capacity = queue->capacity == 0 ? 16 : queue->capacity * 2;
    capacity = capacity > count ? capacity : count;
    bp_job_place *place = realloc(queue->place, capacity * sizeof *place);
    if (place == NULL) {
        return bp_fail(err, BP_NO_MEMORY, NULL, "no memory for a queue of %zu jobs", capacity);
    }
    queue->place = place;
    queue->capacity = capacity;
    return BP_OK;
}

size_t bp_job_queue_place(const bp_job_queue *queue, const bp_job_place *place) {
    size_t low = 0;
    for (size_t high = queue->count; low < high;) {
        const size_t middle = low + (high - low) / 2;
        if (comes_first(&queue->place[middle], place)) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

void bp_job_queue_insert(bp_job_queue *queue, const bp_job_place *place) {
    const size_t low = bp_job_queue_place(queue, place);
    memmove(queue->place + low + 1, queue->place + low, (queue->count - low) * sizeof *place);
    queue->place[low] = *place;
    queue->count++;
}

size_t bp_job_queue_find(const bp_job_queue *queue, const void *job) {
    size_t index = 0;
    while (index < queue->count && queue->place[index].job != job) {
        index++;
    }
    return index;
}

void bp_job_queue_remove(bp_job_queue *queue, size_t index) {
    queue->count--;
    memmove(queue->place + index, queue->place + index + 1,
            (queue->count - index) * sizeof *queue->place);
}

void bp_job_queue_clear(bp_job_queue *queue) {
    free(queue->place);
    *queue = (bp_job_queue){0};
}
