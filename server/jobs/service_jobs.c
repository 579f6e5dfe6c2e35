#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "job_actions.h"
#include "job_journal.h"
#include "job_marks.h"
#include "records.h"
#include "service_state.h"

/* --- the end of a job ----------------------------------------------------------------------- */

void bp_service_release_uses(bp_service *service, bp_job *job) {
    bp_registry_release(&service->models, job->model, job->id);
    bp_registry_release(&service->datasets, job->dataset, job->id);
    bp_registry_release(&service->datasets, job->held_out, job->id);
    bp_dataset_unref(job->data);
    bp_dataset_unref(job->held_out_data);
    job->model = NULL;
    job->dataset = NULL;
    job->data = NULL;
    job->held_out = NULL;
    job->held_out_data = NULL;
}

/* --- start ---------------------------------------------------------------------------------- */

static void begin_info(bp_job_info *info, uint64_t id, const bp_job_request *request) {
    *info = (bp_job_info){
        .id = id,
        .request = *request,
        .state = BP_JOB_QUEUED,
        .created_at = bp_clock_wall_seconds(),
        .epochs = request->options.epochs,
        .progress = {.batch_loss = (double)NAN, .epoch_loss = (double)NAN},
    };
    if (info->request.terms.checkpoints_kept == 0) {
        info->request.terms.checkpoints_kept = bp_job_terms_defaults().checkpoints_kept;
    }
}

/* A data set of its own whose rows are held out. */
static bp_status take_held_out(bp_service *service, bp_job *job, const bp_job_request *request,
                               bp_error *err) {
    const char *name = request->options.validation.dataset;
    if (request->options.validation.kind != BP_SPLIT_DATASET) {
        return BP_OK;
    }
    if (strcmp(name, request->dataset) == 0) {
        return bp_fail(err, BP_INVALID, "/validation/dataset",
                       "'%s' is what is trained on; held-out rows must be other rows", name);
    }
    bp_status status = bp_registry_use(&service->datasets, name, job->id, &job->held_out, err);
    if (status == BP_OK) {
        job->held_out_data = bp_dataset_ref(((bp_stored_dataset *)job->held_out)->dataset);
    } else if (err != NULL) {
        bp_error_nest(err, "/validation");
    }
    return status;
}

bp_status bp_service_take_data(bp_service *service, bp_job *job, const bp_job_request *request,
                               bp_error *err) {
    bp_status status =
        bp_registry_use(&service->datasets, request->dataset, job->id, &job->dataset, err);
    if (status == BP_OK) {
        job->data = bp_dataset_ref(((bp_stored_dataset *)job->dataset)->dataset);
        job->info.rows = job->data->rows;
        status = take_held_out(service, job, request, err);
    }
    return status;
}

bp_status bp_service_take_uses(bp_service *service, bp_job *job, const bp_job_request *request,
                               bp_error *err) {
    bp_status status = bp_registry_use(&service->models, request->model, job->id, &job->model, err);
    return status == BP_OK ? bp_service_take_data(service, job, request, err) : status;
}

/* Whether model, data and options fit together now, and into memory; the job binds again when its
 * turn comes. */
static bp_status try_binding(bp_service *service, bp_job *job, bp_error *err) {
    bp_model *model = (bp_model *)job->model;
    bp_snapshot *current = bp_model_current(service, model);
    bp_snapshot *bound = NULL;
    bp_train_options options = job->info.request.options;
    options.validation.held_out = job->held_out_data;
    bp_status status = bp_train_bind(&bound, &model->spec, current, job->data, &options, err);
    if (status == BP_OK) {
        status = bp_service_check_memory(service, bound, job->data, &options, err);
    }
    bp_snapshot_unref(bound);
    bp_snapshot_unref(current);
    return status;
}

bp_status bp_service_tell_job(bp_service *service, bp_job *job, const bp_commit_hook *hook,
                              bp_store_batch *batch, bp_error *err) {
    bp_made_job made;
    bp_job_edits edits;
    bp_status status = bp_job_copy_edits(job, &edits, err);
    if (status != BP_OK) {
        return status;
    }
    bp_scheduler_foresee(service->scheduler, job, &made.info);
    made.edits = edits.edit;
    made.edit_count = edits.count;
    status = bp_commit_hook_call(hook, &made, batch, err);
    bp_job_info_clear(&made.info);
    free(edits.edit);
    return status;
}

static bp_status write_first_record(bp_service *service, bp_job *job, const bp_commit_hook *hook,
                                    bp_error *err) {
    bp_store_batch *batch = NULL;
    bp_status status = bp_journal_batch(service, &batch, err);
    if (status == BP_OK) {
        status = bp_service_tell_job(service, job, hook, batch, err);
    }
    if (status != BP_OK) {
        bp_store_batch_free(batch);
        return status;
    }
    const bp_journal_entry entry = {.batch = batch};
    return bp_journal_write(service, job, &entry, err);
}

/* Holds service->starting; nobody else sees the job yet. */
static bp_status prepare(bp_service *service, bp_job *job, const bp_commit_hook *hook,
                         bp_error *err) {
    bp_status status = bp_service_take_uses(service, job, &job->info.request, err);
    if (status == BP_OK) {
        status = try_binding(service, job, err);
    }
    if (status == BP_OK) {
        bp_journal_state(job, &job->info);
        status = write_first_record(service, job, hook, err);
    }
    if (status != BP_OK) {
        bp_service_release_uses(service, job);
    }
    return status;
}

/* Holds service->starting. */
static bp_status start_locked(bp_service *service, const bp_job_request *request,
                              const bp_commit_hook *hook, uint64_t *id, bp_error *err) {
    bp_job *job = NULL;
    bp_job_info info;
    uint64_t next = 0;
    bp_status status = bp_scheduler_admit(service->scheduler, &next, err);
    if (status == BP_OK) {
        begin_info(&info, next, request);
        status = bp_job_new(&job, &info, NULL, err);
    }
    if (status == BP_OK) {
        status = prepare(service, job, hook, err);
    }
    if (status != BP_OK) {
        bp_job_unref(job);
        return status;
    }
    bp_scheduler_add(service->scheduler, job, false);
    *id = next;
    return BP_OK;
}

bp_status bp_service_start_job(bp_service *service, const bp_job_request *request, uint64_t *id,
                               bp_error *err) {
    return bp_service_start_job_with(service, request, NULL, id, err);
}

bp_status bp_service_start_job_with(bp_service *service, const bp_job_request *request,
                                    const bp_commit_hook *hook, uint64_t *id, bp_error *err) {
    bp_status status = bp_train_options_check(&request->options, err);
    if (status != BP_OK) {
        return status;
    }
    pthread_mutex_lock(&service->starting);
    status = start_locked(service, request, hook, id, err);
    pthread_mutex_unlock(&service->starting);
    return status;
}

/* --- find and delete ------------------------------------------------------------------------ */

bp_status bp_service_find_job(bp_service *service, uint64_t id, bp_job **out, bp_error *err) {
    bp_job *job = bp_scheduler_find(service->scheduler, id);
    if (job == NULL) {
        return bp_fail(err, BP_NOT_FOUND, NULL, "there is no job %" PRIu64, id);
    }
    *out = job;
    return BP_OK;
}

static bp_status forget(bp_service *service, bp_job *job, bp_error *err) {
    bp_job_checkpoint marks[BP_MAX_CHECKPOINTS];
    bp_store_batch *batch = NULL;
    if (service->store == NULL) {
        return BP_OK;
    }
    bp_status status = bp_store_batch_new(&batch, service->store, err);
    if (status == BP_OK) {
        const size_t count = bp_job_copy_checkpoints(job, marks);
        status = bp_record_forget_job(batch, job->id, marks, count, err);
    }
    if (status != BP_OK) {
        bp_store_batch_free(batch);
        return status;
    }
    return bp_store_commit(service->store, batch, err);
}

bp_status bp_service_delete_job(bp_service *service, uint64_t id, bp_error *err) {
    bp_job *job = NULL;
    bp_job_info info;
    bp_status status = bp_service_find_job(service, id, &job, err);
    if (status != BP_OK) {
        return status;
    }
    bp_job_describe(job, &info);
    status = bp_job_check_action(id, info.state, BP_JOB_DELETE, err);
    if (status == BP_OK) {
        status = forget(service, job, err);
    }
    if (status == BP_OK) {
        bp_scheduler_remove(service->scheduler, id);
    }
    bp_job_unref(job);
    return status;
}

/* --- read ----------------------------------------------------------------------------------- */

bp_status bp_service_get_job(bp_service *service, uint64_t id, bp_job_info *out, bp_error *err) {
    bp_job *job = NULL;
    bp_status status = bp_service_find_job(service, id, &job, err);
    if (status == BP_OK) {
        bp_scheduler_describe(service->scheduler, job, out);
        bp_job_unref(job);
    }
    return status;
}

bp_status bp_service_list_jobs(bp_service *service, uint64_t before, size_t limit, bp_job_info *out,
                               size_t *count, bool *more, bp_error *err) {
    (void)err;
    *count = limit;
    bp_scheduler_list(service->scheduler, before, out, count, more);
    return BP_OK;
}

bp_status bp_service_job_history(bp_service *service, uint64_t id, uint64_t after, size_t limit,
                                 bp_job_point **out, size_t *count, bp_error *err) {
    bp_job *job = NULL;
    bp_status status = bp_service_find_job(service, id, &job, err);
    if (status == BP_OK) {
        bp_job_span span = {.after = after, .limit = limit};
        status = bp_job_history(job, span, out, count, err);
        bp_job_unref(job);
    }
    return status;
}

bp_status bp_service_job_checkpoints(bp_service *service, uint64_t id, bp_job_checkpoint *out,
                                     size_t *count, bp_error *err) {
    bp_job *job = NULL;
    bp_status status = bp_service_find_job(service, id, &job, err);
    if (status == BP_OK) {
        *count = bp_job_copy_checkpoints(job, out);
        bp_job_unref(job);
    }
    return status;
}

bp_status bp_service_job_edits(bp_service *service, uint64_t id, bp_job_edit **out, size_t *count,
                               bp_error *err) {
    bp_job *job = NULL;
    bp_job_edits edits;
    bp_status status = bp_service_find_job(service, id, &job, err);
    if (status == BP_OK) {
        status = bp_job_copy_edits(job, &edits, err);
        bp_job_unref(job);
    }
    if (status == BP_OK) {
        *out = edits.edit;
        *count = edits.count;
    }
    return status;
}

bp_status bp_service_find_events(bp_service *service, uint64_t id, bp_event_log **out,
                                 bp_error *err) {
    bp_job *job = NULL;
    bp_status status = bp_service_find_job(service, id, &job, err);
    if (status == BP_OK) {
        *out = bp_event_log_ref(job->events);
        bp_job_unref(job);
    }
    return status;
}
