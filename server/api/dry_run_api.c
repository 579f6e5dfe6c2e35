/* POST /v1/jobs?dry_run=true: what a job would take. */
#include <math.h>

#include "json_fields.h"
#include "reply.h"
#include "resources.h"

enum { DRY_RUN };
static const char *const dry_run_words[] = {"false", "true", NULL};
const bp_parameter bp_start_job_parameters[] = {
    [DRY_RUN] = {.name = "dry_run", .words = dry_run_words}, {0}};

bool bp_is_dry_run(const bp_call *call) {
    return bp_query_number(call->query, &bp_start_job_parameters[DRY_RUN]) == 1;
}

static json_t *whole(uint64_t number) {
    return json_integer((json_int_t)number);
}

static json_t *describe_bytes(const bp_job_estimate *e) {
    const bp_estimate_bytes *bytes = &e->training.bytes;
    return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", /* */
                     "peak", whole(e->peak_bytes), "weights", whole(bytes->weights), "gradient",
                     whole(bytes->gradient), "optimizer", whole(bytes->optimizer), "best_weights",
                     whole(bytes->best_weights), "activations", whole(bytes->activations),
                     "workers", whole(bytes->workers), "rows", whole(bytes->rows), "snapshots",
                     whole(e->snapshot_bytes), "checkpoint",
                     whole(e->peak_bytes - bytes->total - e->snapshot_bytes), "data",
                     whole(e->data_bytes));
}

static json_t *describe_flops(const bp_estimate_flops *flops) {
    return json_pack("{s:f, s:f, s:f, s:f}", "forward", flops->forward, "again", flops->again,
                     "backward", flops->backward, "update", flops->update);
}

static void warn(json_t *warnings, const char *text) {
    json_array_append_new(warnings, bp_json_text(text));
}

static json_t *describe_warnings(const bp_job_estimate *e, const bp_train_options *options) {
    json_t *warnings = json_array();
    if (!e->fits) {
        warn(warnings, e->refusal.message);
    } else if (isnan(e->seconds)) {
        warn(warnings, "the first step cannot be timed, for its loss is not finite");
    }
    if (e->training.repeats) {
        warn(warnings, "lbfgs evaluates the objective once or more in each step; operations and "
                       "seconds are those of one evaluation a step");
    }
    if (options->early_stopping.patience > 0) {
        warn(warnings, "early stopping may end the training sooner");
    }
    return warnings;
}

static json_t *number_or_null(double number) {
    return isfinite(number) ? json_real(number) : json_null();
}

static json_t *describe(const bp_job_estimate *e, const bp_train_options *options) {
    const bp_estimate *t = &e->training;
    const double flops = t->flops.forward + t->flops.again + t->flops.backward + t->flops.update;
    return json_pack(
        "{s:o, s:o, s:f, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:b, s:o}", /* */
        "parameters", whole(t->parameters), "bytes", describe_bytes(e), "flops_per_step", flops,
        "flops", describe_flops(&t->flops), "steps", whole(t->steps), "steps_per_epoch",
        whole(t->steps_per_epoch), "samples", whole(t->samples), "training_rows",
        whole(t->training), "validation_rows", whole(t->validation), "threads", whole(t->workers),
        "estimated_seconds", number_or_null(e->seconds), "estimated_samples_per_second",
        number_or_null((double)t->samples / e->seconds), "memory_limit",
        e->limit_bytes > 0 ? whole(e->limit_bytes) : json_null(), "memory_in_use",
        whole(e->in_use_bytes), "fits", (int)e->fits, "warnings", describe_warnings(e, options));
}

bp_status bp_reply_dry_run(bp_call *call, const bp_job_request *request, bp_error *err) {
    bp_job_estimate estimate;
    bp_status status = bp_service_estimate_job(call->service, request, &estimate, err);
    return status == BP_OK
               ? bp_reply_json(call->response, 200, describe(&estimate, &request->options), err)
               : status;
}
