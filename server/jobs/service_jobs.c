#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
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

/* A success that could not be recorded is none. */
static void blame_store(bp_job_info *draft, const bp_error *cause) {
    draft->state = draft->state == BP_JOB_SUCCEEDED ? BP_JOB_FAILED : draft->state;
    if (draft->error.code == BP_OK) {
        draft->error = *cause;
    }
}

bp_status bp_service_settle(bp_service *service, bp_job *job, bp_job_info *draft, bp_error *err) {
    bp_error cause = {0};
    /* The driver alone changes the history, so it may read it without the lock. */
    bp_status recorded = bp_record_put_job(service->store, draft, &job->history, &cause);
    if (recorded != BP_OK) {
        blame_store(draft, &cause);
    }
    bp_service_release_uses(service, job);
    bp_status ended = bp_job_end(job, draft, err);
    return recorded != BP_OK ? bp_fail(err, recorded, NULL, "%s", cause.message) : ended;
}

/* --- start ---------------------------------------------------------------------------------- */

static void begin_info(bp_job_info *info, uint64_t id, const bp_job_request *request) {
    *info = (bp_job_info){
        .id = id,
        .request = *request,
        .state = BP_JOB_QUEUED,
        .created_at = bp_clock_wall_seconds(),
        .progress = {.batch_loss = (double)NAN, .epoch_loss = (double)NAN},
    };
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

/* Notes the job as a user of its model and data sets. */
static bp_status take_uses(bp_service *service, bp_job *job, const bp_job_request *request,
                           bp_error *err) {
    bp_status status = bp_registry_use(&service->models, request->model, job->id, &job->model, err);
    if (status == BP_OK) {
        status = bp_registry_use(&service->datasets, request->dataset, job->id, &job->dataset, err);
    }
    if (status == BP_OK) {
        job->data = bp_dataset_ref(((bp_stored_dataset *)job->dataset)->dataset);
        job->info.rows = job->data->rows;
        status = take_held_out(service, job, request, err);
    }
    return status;
}

/* Whether model, data and options fit together now; the job binds again when its turn comes. */
static bp_status try_binding(bp_service *service, bp_job *job, bp_error *err) {
    bp_model *model = (bp_model *)job->model;
    bp_snapshot *current = bp_model_current(service, model);
    bp_snapshot *bound = NULL;
    bp_train_options options = job->info.request.options;
    options.validation.held_out = job->held_out_data;
    bp_status status = bp_train_bind(&bound, &model->spec, current, job->data, &options, err);
    bp_snapshot_unref(bound);
    bp_snapshot_unref(current);
    return status;
}

/* Holds service->starting; nobody else sees the job yet. */
static bp_status prepare(bp_service *service, bp_job *job, bp_error *err) {
    bp_status status = take_uses(service, job, &job->info.request, err);
    if (status == BP_OK) {
        status = try_binding(service, job, err);
    }
    if (status == BP_OK) {
        status = bp_record_put_job(service->store, &job->info, &job->history, err);
    }
    if (status != BP_OK) {
        bp_service_release_uses(service, job);
    }
    return status;
}

/* Holds service->starting. */
static bp_status start_locked(bp_service *service, const bp_job_request *request, uint64_t *id,
                              bp_error *err) {
    bp_job *job = NULL;
    bp_job_info info;
    uint64_t next = 0;
    bp_status status = bp_scheduler_admit(service->scheduler, &next, err);
    if (status == BP_OK) {
        begin_info(&info, next, request);
        status = bp_job_new(&job, &info, NULL, err);
    }
    if (status == BP_OK) {
        status = prepare(service, job, err);
    }
    if (status != BP_OK) {
        bp_job_unref(job);
        return status;
    }
    bp_scheduler_add(service->scheduler, job);
    *id = next;
    return BP_OK;
}

bp_status bp_service_start_job(bp_service *service, const bp_job_request *request, uint64_t *id,
                               bp_error *err) {
    bp_status status = bp_train_options_check(&request->options, err);
    if (status != BP_OK) {
        return status;
    }
    pthread_mutex_lock(&service->starting);
    status = start_locked(service, request, id, err);
    pthread_mutex_unlock(&service->starting);
    return status;
}

/* --- cancel and delete ---------------------------------------------------------------------- */

static bp_status find(bp_service *service, uint64_t id, bp_job **out, bp_error *err) {
    bp_job *job = bp_scheduler_find(service->scheduler, id);
    if (job == NULL) {
        return bp_fail(err, BP_NOT_FOUND, NULL, "there is no job %" PRIu64, id);
    }
    *out = job;
    return BP_OK;
}

/* Out of the queue the job is ours to end; else the runner has it and looks at the flag. */
static bp_status cancel(bp_service *service, bp_job *job, bp_error *err) {
    bp_job_info info;
    if (bp_scheduler_dequeue(service->scheduler, job)) {
        bp_job_draft_end(job, BP_JOB_CANCELLED, &info);
        return bp_service_settle(service, job, &info, err);
    }
    bp_job_describe(job, &info);
    if (bp_job_state_is_terminal(info.state)) {
        return bp_fail(err, BP_CONFLICT, NULL, "job %" PRIu64 " has ended already: it is %s",
                       job->id, bp_job_state_name(info.state));
    }
    bp_job_ask_stop(job, BP_STOP_CANCEL);
    return BP_OK;
}

bp_status bp_service_cancel_job(bp_service *service, uint64_t id, bp_error *err) {
    bp_job *job = NULL;
    bp_status status = find(service, id, &job, err);
    if (status == BP_OK) {
        status = cancel(service, job, err);
    }
    bp_job_unref(job);
    return status;
}

bp_status bp_service_delete_job(bp_service *service, uint64_t id, bp_error *err) {
    bp_job *job = NULL;
    bp_job_info info;
    bp_status status = find(service, id, &job, err);
    if (status != BP_OK) {
        return status;
    }
    bp_job_describe(job, &info);
    if (!bp_job_state_is_terminal(info.state)) {
        status = bp_fail(err, BP_CONFLICT, NULL,
                         "job %" PRIu64 " is %s: only a job that has ended can be deleted", id,
                         bp_job_state_name(info.state));
    } else {
        status = bp_record_delete_job(service->store, id, err);
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
    bp_status status = find(service, id, &job, err);
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
    bp_status status = find(service, id, &job, err);
    if (status == BP_OK) {
        bp_job_span span = {.after = after, .limit = limit};
        status = bp_job_history(job, span, out, count, err);
        bp_job_unref(job);
    }
    return status;
}

bp_status bp_service_find_events(bp_service *service, uint64_t id, bp_event_log **out,
                                 bp_error *err) {
    bp_job *job = NULL;
    bp_status status = find(service, id, &job, err);
    if (status == BP_OK) {
        *out = bp_event_log_ref(job->events);
        bp_job_unref(job);
    }
    return status;
}

/* --- loading -------------------------------------------------------------------------------- */

/* A job that the last stop or crash cut short. */
static bp_status interrupt(bp_service *service, bp_job_info *info, const bp_job_points *history,
                           bp_error *err) {
    bp_fail(&info->error, BP_INTERRUPTED, NULL,
            "the server stopped while the job was %s; start it again to train from the weights that"
            " the model has now",
            bp_job_state_name(info->state));
    info->state = BP_JOB_FAILED;
    info->finished_at = bp_clock_wall_seconds();
    return bp_record_put_job(service->store, info, history, err);
}

static bp_status load_one(void *context, const bp_store_object *object, bp_error *err) {
    bp_service *service = context;
    bp_job_points history = {0};
    bp_job_info info = {0};
    bp_job *job = NULL;
    bp_status status = bp_record_read_job(object, &info, &history, err);
    if (status == BP_OK && !bp_job_state_is_terminal(info.state)) {
        status = interrupt(service, &info, &history, err);
    }
    if (status == BP_OK) {
        status = bp_scheduler_reserve(service->scheduler, err);
    }
    if (status == BP_OK) {
        status = bp_job_new(&job, &info, &history, err);
    }
    if (status == BP_OK) {
        bp_scheduler_add(service->scheduler, job);
    }
    bp_job_info_clear(&info);
    free(history.point);
    return status;
}

bp_status bp_service_load_jobs(bp_service *service, bp_error *err) {
    return bp_store_load(service->store, BP_STORE_JOB, load_one, service, err);
}
