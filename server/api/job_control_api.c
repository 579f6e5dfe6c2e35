/* What is done to a job that is there: cancel, pause, resume, step, rewind, fork, edit. */
#include <stddef.h>

#include "job_json.h"
#include "job_terms_json.h"
#include "json_fields.h"
#include "once.h"
#include "reply.h"
#include "resources.h"

#define LENGTH(array) (sizeof(array) / sizeof *(array))

/* --- without a body ------------------------------------------------------------------------- */

typedef bp_status (*control)(bp_service *service, uint64_t id, bp_error *err);

static bp_status handle(bp_call *call, control act, bp_error *err) {
    uint64_t id = 0;
    bp_status status = bp_job_read_id(call, &id, err);
    if (status == BP_OK) {
        status = act(call->service, id, err);
    }
    return status == BP_OK ? bp_job_reply(call, id, 202, err) : status;
}

bp_status bp_handle_cancel_job(bp_call *call, bp_error *err) {
    return handle(call, bp_service_cancel_job, err);
}

bp_status bp_handle_pause_job(bp_call *call, bp_error *err) {
    return handle(call, bp_service_pause_job, err);
}

bp_status bp_handle_resume_job(bp_call *call, bp_error *err) {
    return handle(call, bp_service_resume_job, err);
}

bp_status bp_handle_step_job(bp_call *call, bp_error *err) {
    return handle(call, bp_service_step_job, err);
}

/* --- with one ------------------------------------------------------------------------------- */

#define MOST_STEPS 9007199254740992.0 /* 2^53 */

static const bp_field step_field = {
    .name = "step", .type = BP_FIELD_COUNT, .min = 1, .max = MOST_STEPS};

bp_status bp_handle_rewind_job(bp_call *call, bp_error *err) {
    uint64_t id = 0, step = 0;
    bp_status status = bp_job_read_id(call, &id, err);
    if (status == BP_OK) {
        status = bp_fields_read(&step, &step_field, 1, call->body, err);
    }
    if (status == BP_OK) {
        status = bp_service_rewind_job(call->service, id, step, err);
    }
    return status == BP_OK ? bp_job_reply(call, id, 202, err) : status;
}

#define CHANGE_FIELDS(record, member)                                                              \
    {.name = "learning_rate",                                                                      \
     .type = BP_FIELD_DOUBLE,                                                                      \
     .min = 1e-38,                                                                                 \
     .max = 3e38,                                                                                  \
     .offset = offsetof(record, member learning_rate)},                                            \
        {.name = "epochs",                                                                         \
         .type = BP_FIELD_COUNT,                                                                   \
         .min = 1,                                                                                 \
         .max = BP_MAX_EPOCHS,                                                                     \
         .offset = offsetof(record, member epochs)},                                               \
        {.name = "threads",                                                                        \
         .type = BP_FIELD_COUNT,                                                                   \
         .min = 1,                                                                                 \
         .max = MOST_STEPS,                                                                        \
         .offset = offsetof(record, member threads)},                                              \
    {                                                                                              \
        .name = "priority", .type = BP_FIELD_IGNORED                                               \
    }

static bp_status read_priority(bp_job_change *change, const json_t *body, bp_error *err) {
    change->has_priority = json_object_get(body, "priority") != NULL;
    return bp_priority_from_json(&change->priority, body, err);
}

bp_status bp_handle_edit_job(bp_call *call, bp_error *err) {
    static const bp_field fields[] = {CHANGE_FIELDS(bp_job_change, )};
    uint64_t id = 0;
    bp_job_change change = {0};
    bp_status status = bp_job_read_id(call, &id, err);
    if (status == BP_OK) {
        status = bp_fields_read(&change, fields, LENGTH(fields), call->body, err);
    }
    if (status == BP_OK) {
        status = read_priority(&change, call->body, err);
    }
    if (status == BP_OK && json_object_size(call->body) == 0) {
        status = bp_fail(err, BP_INVALID, NULL,
                         "nothing is changed: learning_rate, epochs, threads and priority can be");
    }
    if (status == BP_OK) {
        status = bp_service_edit_job(call->service, id, &change, err);
    }
    return status == BP_OK ? bp_job_reply(call, id, 200, err) : status;
}

bp_status bp_handle_fork_job(bp_call *call, bp_error *err) {
    static const bp_field fields[] = {
        CHANGE_FIELDS(bp_job_fork, change.),
        {.name = "model",
         .type = BP_FIELD_STRING,
         .required = true,
         .offset = offsetof(bp_job_fork, model)},
        {.name = "step",
         .type = BP_FIELD_COUNT,
         .min = 1,
         .max = MOST_STEPS,
         .offset = offsetof(bp_job_fork, step)},
    };
    bp_creation creation = {.call = call, .reply = bp_job_reply_made};
    const bp_commit_hook hook = {.context = &creation, .add = bp_creation_add};
    uint64_t id = 0, made = 0;
    bp_job_fork fork = {.hook = &hook};
    bp_status status = bp_job_read_id(call, &id, err);
    if (status == BP_OK) {
        status = bp_fields_read(&fork, fields, LENGTH(fields), call->body, err);
    }
    if (status == BP_OK) {
        status = read_priority(&fork.change, call->body, err);
    }
    if (status == BP_OK) {
        status = bp_service_fork_job(call->service, id, &fork, &made, err);
    }
    return status;
}

/* --- checkpoints ---------------------------------------------------------------------------- */

bp_status bp_handle_list_checkpoints(bp_call *call, bp_error *err) {
    uint64_t id = 0;
    bp_job_checkpoint checkpoints[BP_MAX_CHECKPOINTS];
    size_t count = 0;
    bp_status status = bp_job_read_id(call, &id, err);
    if (status == BP_OK) {
        status = bp_service_job_checkpoints(call->service, id, checkpoints, &count, err);
    }
    return status == BP_OK
               ? bp_reply_json(call->response, 200, bp_checkpoints_to_json(checkpoints, count), err)
               : status;
}
