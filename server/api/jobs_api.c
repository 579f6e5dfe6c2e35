#include <inttypes.h>
#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "job_json.h"
#include "job_terms_json.h"
#include "json_fields.h"
#include "once.h"
#include "reply.h"
#include "resources.h"
#include "thinning.h"
#include "train_options_json.h"

enum { AFTER, MAX_POINTS, JOBS_LIMIT_DIGITS = 19 };
const bp_parameter bp_metrics_parameters[] = {
    [AFTER] = {.name = "after", .max = BP_MAX_EPOCHS},
    [MAX_POINTS] = {.name = "max_points", .min = 1, .max = 100000, .by_default = 1000},
    {0}};

bp_status bp_job_read_id(const bp_call *call, uint64_t *out, bp_error *err) {
    size_t digits = strspn(call->capture, "0123456789");
    if (digits == 0 || call->capture[digits] != '\0' || digits > JOBS_LIMIT_DIGITS) {
        return bp_fail(err, BP_NOT_FOUND, NULL, "there is no job '%.40s'", call->capture);
    }
    *out = strtoull(call->capture, NULL, 10);
    return BP_OK;
}

static json_t *describe(const bp_job_info *info, const bp_job_edit *edits, size_t count) {
    json_t *job = bp_job_to_json(info);
    if (job != NULL && json_object_set_new(job, "edits", bp_edits_to_json(edits, count)) != 0) {
        json_decref(job);
        return NULL;
    }
    return job;
}

bp_status bp_job_reply(bp_call *call, uint64_t id, unsigned http_status, bp_error *err) {
    bp_job_info info;
    bp_job_edit *edits = NULL;
    size_t count = 0;
    bp_status status = bp_service_get_job(call->service, id, &info, err);
    if (status != BP_OK) {
        return status;
    }
    status = bp_service_job_edits(call->service, id, &edits, &count, err);
    if (status == BP_OK) {
        status = bp_reply_json(call->response, http_status, describe(&info, edits, count), err);
    }
    free(edits);
    bp_job_info_clear(&info);
    return status;
}

bp_status bp_job_reply_made(bp_call *call, const void *made, bp_error *err) {
    const bp_made_job *job = made;
    bp_status status =
        bp_reply_json(call->response, 202, describe(&job->info, job->edits, job->edit_count), err);
    return status == BP_OK
               ? bp_reply_header(call->response, err, "Location", "/v1/jobs/%" PRIu64, job->info.id)
               : status;
}

bp_status bp_handle_get_job(bp_call *call, bp_error *err) {
    uint64_t id = 0;
    bp_status status = bp_job_read_id(call, &id, err);
    return status == BP_OK ? bp_job_reply(call, id, 200, err) : status;
}

/* --- start, delete -------------------------------------------------------------------------- */

static const bp_field model_field = {.name = "model", .type = BP_FIELD_STRING, .required = true};
static const bp_field dataset_field = {
    .name = "dataset", .type = BP_FIELD_STRING, .required = true};

/* A name of the body into `out` [BP_NAME_SIZE]; one that is too long names nothing. */
static bp_status read_name(char *out, const bp_field *field, const json_t *body, bp_error *err) {
    const char *name = NULL;
    bp_status status = bp_fields_read_one(&name, field, body, err);
    if (status != BP_OK) {
        return status;
    }
    if (strlen(name) >= BP_NAME_SIZE) {
        status = bp_fail(err, BP_NOT_FOUND, NULL, "there is no %s '%.80s'", field->name, name);
        bp_error_nest(err, "/%s", field->name);
        return status;
    }
    memcpy(out, name, strlen(name) + 1);
    return BP_OK;
}

/* All of the pool, or more than it has, is what it has: the job says what it may really use. */
static void settle_threads(const bp_call *call, bp_train_options *options) {
    bp_service_info server;
    bp_service_describe(call->service, &server);
    if (options->threads == 0 || options->threads > server.threads) {
        options->threads = server.threads;
    }
}

static bp_status queue_job(bp_call *call, const bp_job_request *request, bp_error *err) {
    bp_creation creation = {.call = call, .reply = bp_job_reply_made};
    const bp_commit_hook hook = {.context = &creation, .add = bp_creation_add};
    uint64_t id = 0;
    return bp_service_start_job_with(call->service, request, &hook, &id, err);
}

bp_status bp_handle_start_job(bp_call *call, bp_error *err) {
    bp_job_request request = {0};
    bp_status status = read_name(request.model, &model_field, call->body, err);
    if (status == BP_OK) {
        status = read_name(request.dataset, &dataset_field, call->body, err);
    }
    if (status == BP_OK) {
        status = bp_job_terms_from_json(&request.terms, call->body, err);
    }
    if (status == BP_OK) {
        status = bp_train_options_from_json(&request.options, call->body, err);
    }
    if (status == BP_OK) {
        settle_threads(call, &request.options);
        status = bp_is_dry_run(call) ? bp_reply_dry_run(call, &request, err)
                                     : queue_job(call, &request, err);
        bp_class_weights_unref(request.options.loss_weighting.classes); /* the job has its own */
    }
    return status;
}

bp_status bp_handle_delete_job(bp_call *call, bp_error *err) {
    uint64_t id = 0;
    bp_status status = bp_job_read_id(call, &id, err);
    call->response->status = 204;
    return status == BP_OK ? bp_service_delete_job(call->service, id, err) : status;
}

/* --- verify --------------------------------------------------------------------------------- */

static const bp_field replay_fields[] = {
    {.name = "threads",
     .type = BP_FIELD_COUNT,
     .min = 1,
     .max = BP_MAX_REPLAY_THREADS,
     .offset = offsetof(bp_replay_options, threads)},
    {.name = "isa", .type = BP_FIELD_STRING, .offset = offsetof(bp_replay_options, isa)},
};

bp_status bp_handle_verify_job(bp_call *call, bp_error *err) {
    uint64_t id = 0;
    bp_replay_options options = {0};
    bp_verification found;
    bp_status status = bp_job_read_id(call, &id, err);
    if (status == BP_OK) {
        status = bp_fields_read(&options, replay_fields,
                                sizeof replay_fields / sizeof *replay_fields, call->body, err);
    }
    if (status == BP_OK) {
        status = bp_service_verify_job(call->service, id, &options, &found, err);
    }
    return status == BP_OK
               ? bp_reply_json(call->response, 200, bp_verification_to_json(&found), err)
               : status;
}

/* --- list ----------------------------------------------------------------------------------- */

static json_t *describe_all(const bp_job_info *infos, size_t count) {
    json_t *items = json_array();
    for (size_t i = 0; i < count; i++) {
        if (json_array_append_new(items, bp_job_to_json(&infos[i])) != 0) {
            json_decref(items);
            return NULL;
        }
    }
    return items;
}

bp_status bp_handle_list_jobs(bp_call *call, bp_error *err) {
    size_t limit = bp_list_limit(call), count = 0;
    bool more = false;
    bp_job_info *infos = calloc(limit, sizeof *infos);
    if (infos == NULL) {
        return bp_fail(err, BP_NO_MEMORY, NULL, "no memory for the list");
    }
    bp_status status = bp_service_list_jobs(call->service, bp_job_list_after(call), limit, infos,
                                            &count, &more, err);
    if (status == BP_OK) {
        json_t *cursor = more ? json_sprintf("%" PRIu64, infos[count - 1].id) : NULL;
        json_t *items = describe_all(infos, count);
        for (size_t i = 0; i < count; i++) {
            bp_job_info_clear(&infos[i]);
        }
        status = bp_reply_json(call->response, 200, bp_json_page("jobs", items, cursor), err);
    }
    free(infos);
    return status;
}

/* --- the loss history ----------------------------------------------------------------------- */

bp_status bp_handle_get_metrics(bp_call *call, bp_error *err) {
    uint64_t id = 0;
    bp_job_point *points = NULL;
    size_t count = 0;
    bp_status status = bp_job_read_id(call, &id, err);
    if (status == BP_OK) {
        status = bp_service_job_history(call->service, id,
                                        bp_query_number(call->query, &bp_metrics_parameters[AFTER]),
                                        SIZE_MAX, &points, &count, err);
    }
    if (status != BP_OK) {
        return status;
    }
    count = bp_thin_points(points, count,
                           bp_query_number(call->query, &bp_metrics_parameters[MAX_POINTS]));
    status = bp_reply_json(call->response, 200, bp_job_points_to_json(points, count), err);
    free(points);
    return status;
}
