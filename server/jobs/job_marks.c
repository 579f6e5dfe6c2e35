#include "job_marks.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* --- edits ---------------------------------------------------------------------------------- */

bp_status bp_job_copy_edits(bp_job *job, bp_job_edits *out, bp_error *err) {
    pthread_mutex_lock(&job->lock);
    const size_t count = job->edits.count;
    bp_job_edit *copy = malloc((count > 0 ? count : 1) * sizeof *copy);
    if (copy != NULL && count > 0) {
        memcpy(copy, job->edits.edit, count * sizeof *copy);
    }
    pthread_mutex_unlock(&job->lock);
    if (copy == NULL) {
        return bp_fail(err, BP_NO_MEMORY, NULL, "no memory for %zu edits", count);
    }
    *out = (bp_job_edits){.edit = copy, .count = count, .capacity = count};
    return BP_OK;
}

uint64_t bp_job_edited_epochs(const bp_job_edits *edits, uint64_t epochs) {
    for (size_t i = 0; i < edits->count; i++) {
        epochs = edits->edit[i].epochs > 0 ? edits->edit[i].epochs : epochs;
    }
    return epochs;
}

/* What is not said stays as it was. */
static void merge(bp_job_edit *into, const bp_job_edit *edit) {
    into->learning_rate = edit->learning_rate > 0 ? edit->learning_rate : into->learning_rate;
    into->epochs = edit->epochs > 0 ? edit->epochs : into->epochs;
}

/* Holds job->lock. */
static bp_status reserve_edit_locked(bp_job_edits *edits, bp_error *err) {
    if (edits->count < edits->capacity) {
        return BP_OK;
    }
    const size_t capacity = edits->count < 4 ? 8 : edits->count * 2;
    bp_job_edit *edit = realloc(edits->edit, capacity * sizeof *edit);
    if (edit == NULL) {
        return bp_fail(err, BP_NO_MEMORY, NULL, "no memory for %zu edits", capacity);
    }
    edits->edit = edit;
    edits->capacity = capacity;
    return BP_OK;
}

bp_status bp_job_reserve_edit(bp_job *job, bp_error *err) {
    pthread_mutex_lock(&job->lock);
    bp_status status = reserve_edit_locked(&job->edits, err);
    pthread_mutex_unlock(&job->lock);
    return status;
}

void bp_job_add_edit(bp_job *job, const bp_job_edit *edit) {
    bp_job_edits *edits = &job->edits;
    pthread_mutex_lock(&job->lock);
    if (edits->count > 0 && edits->edit[edits->count - 1].step == edit->step) {
        merge(&edits->edit[edits->count - 1], edit);
    } else {
        edits->edit[edits->count++] = *edit;
    }
    pthread_mutex_unlock(&job->lock);
}

void bp_job_drop_edits(bp_job *job, uint64_t after) {
    bp_job_edits *edits = &job->edits;
    pthread_mutex_lock(&job->lock);
    while (edits->count > 0 && edits->edit[edits->count - 1].step > after) {
        edits->count--;
    }
    pthread_mutex_unlock(&job->lock);
}

/* --- checkpoints ---------------------------------------------------------------------------- */

size_t bp_job_copy_checkpoints(bp_job *job, bp_job_checkpoint *out) {
    pthread_mutex_lock(&job->lock);
    const size_t count = job->checkpoint_count;
    memcpy(out, job->checkpoints, count * sizeof *out);
    pthread_mutex_unlock(&job->lock);
    return count;
}

bp_status bp_job_find_checkpoint(bp_job *job, uint64_t step, bp_job_checkpoint *out,
                                 bp_error *err) {
    bp_job_checkpoint marks[BP_MAX_CHECKPOINTS];
    const size_t count = bp_job_copy_checkpoints(job, marks);
    for (size_t i = count; i-- > 0;) {
        if (step == 0 || marks[i].step == step) {
            *out = marks[i];
            return BP_OK;
        }
    }
    if (count == 0) {
        return bp_fail(err, BP_CONFLICT, NULL,
                       "job %" PRIu64 " has no checkpoint; its \"checkpoint\" says when they are"
                       " written",
                       job->id);
    }
    return bp_fail(err, BP_INVALID, "/step",
                   "job %" PRIu64 " has no checkpoint of step %" PRIu64
                   "; its last is of step %" PRIu64,
                   job->id, step, marks[count - 1].step);
}

typedef struct marks {
    bp_job_checkpoint mark[BP_MAX_CHECKPOINTS];
    size_t count;
} marks;

/* Those after a step; their steps go to `dropped`, as below. */
static size_t drop_later(marks *list, uint64_t after, uint64_t *dropped) {
    size_t count = 0;
    while (list->count > 0 && list->mark[list->count - 1].step > after) {
        dropped[count++] = list->mark[--list->count].step;
    }
    return count;
}

/* The oldest, until at most `kept` are left. */
static size_t drop_oldest(marks *list, size_t kept, uint64_t *dropped) {
    const size_t count = list->count > kept ? list->count - kept : 0;
    for (size_t i = 0; i < count; i++) {
        dropped[i] = list->mark[i].step;
    }
    list->count -= count;
    memmove(list->mark, list->mark + count, list->count * sizeof *list->mark);
    return count;
}

static size_t put(marks *list, const bp_job_checkpoint *checkpoint, size_t kept,
                  uint64_t *dropped) {
    size_t count = drop_later(list, checkpoint->step, dropped);
    if (list->count == 0 || list->mark[list->count - 1].step < checkpoint->step) {
        count += drop_oldest(list, kept - 1, dropped + count);
        list->count++;
    }
    list->mark[list->count - 1] = *checkpoint;
    return count;
}

/* Holds job->lock. */
static marks marks_of_locked(const bp_job *job) {
    marks list = {.count = job->checkpoint_count};
    memcpy(list.mark, job->checkpoints, sizeof list.mark);
    return list;
}

/* Holds job->lock. */
static void set_marks_locked(bp_job *job, const marks *list) {
    memcpy(job->checkpoints, list->mark, sizeof list->mark);
    job->checkpoint_count = list->count;
    job->info.checkpoint =
        list->count > 0 ? list->mark[list->count - 1] : (bp_job_checkpoint){.step = 0};
}

/* Holds job->lock. */
static size_t kept_locked(const bp_job *job) {
    const uint64_t kept = job->info.request.terms.checkpoints_kept;
    return kept > 0 && kept <= BP_MAX_CHECKPOINTS ? (size_t)kept : 1;
}

size_t bp_job_plan_checkpoint(bp_job *job, const bp_job_checkpoint *checkpoint, uint64_t *dropped) {
    uint64_t before[BP_MAX_CHECKPOINTS];
    pthread_mutex_lock(&job->lock);
    marks list = marks_of_locked(job);
    const size_t kept = kept_locked(job);
    if (job->planned.step > 0) {
        put(&list, &job->planned, kept, before); /* its own batch drops these */
    }
    job->planned = *checkpoint;
    pthread_mutex_unlock(&job->lock);
    return put(&list, checkpoint, kept, dropped);
}

/* Holds job->lock. */
static void end_plan_locked(bp_job *job, const bp_job_checkpoint *checkpoint) {
    if (job->planned.step == checkpoint->step) {
        job->planned = (bp_job_checkpoint){.step = 0};
    }
}

void bp_job_add_checkpoint(bp_job *job, const bp_job_checkpoint *checkpoint) {
    uint64_t dropped[BP_MAX_CHECKPOINTS];
    pthread_mutex_lock(&job->lock);
    marks list = marks_of_locked(job);
    put(&list, checkpoint, kept_locked(job), dropped);
    set_marks_locked(job, &list);
    end_plan_locked(job, checkpoint);
    pthread_mutex_unlock(&job->lock);
}

void bp_job_give_up_checkpoint(bp_job *job, const bp_job_checkpoint *checkpoint) {
    pthread_mutex_lock(&job->lock);
    end_plan_locked(job, checkpoint);
    pthread_mutex_unlock(&job->lock);
}

size_t bp_job_drop_checkpoints(bp_job *job, uint64_t after, uint64_t *dropped) {
    pthread_mutex_lock(&job->lock);
    marks list = marks_of_locked(job);
    const size_t count = drop_later(&list, after, dropped);
    set_marks_locked(job, &list);
    pthread_mutex_unlock(&job->lock);
    return count;
}
