#include "job_events.h"

#include <math.h>

#include "json_fields.h"

/* --- pace ----------------------------------------------------------------------------------- */

/* So many events before they become rarer: what a reader can look at. */
enum { EPOCHS_AT_FULL_PACE = 5000 };

static double spacing(const bp_event_pace *pace, double now) {
    const double shortest = 1.0 / BP_EPOCH_EVENTS_A_SECOND, longest = 1;
    const double apart = (now - pace->first) / EPOCHS_AT_FULL_PACE;
    return apart < shortest ? shortest : apart > longest ? longest : apart;
}

bool bp_event_pace_allows(bp_event_pace *pace, double now) {
    const double apart = spacing(pace, now);
    pace->first = pace->count > 0 ? pace->first : now;
    if (pace->count >= BP_EPOCH_EVENTS_A_SECOND) {
        double newest = pace->told[(pace->count - 1) % BP_EPOCH_EVENTS_A_SECOND];
        double oldest = pace->told[pace->count % BP_EPOCH_EVENTS_A_SECOND];
        if (now - newest < apart || now - oldest < 1) {
            return false;
        }
    }
    pace->told[pace->count++ % BP_EPOCH_EVENTS_A_SECOND] = now;
    return true;
}

/* --- facts ---------------------------------------------------------------------------------- */

static json_t *integer(uint64_t value) {
    return json_integer((json_int_t)value);
}

json_t *bp_job_metrics_to_json(const bp_job_point *point) {
    json_t *metrics = json_object();
    if (point->step > 0 && !isnan(point->validation_accuracy)) {
        json_object_set_new(metrics, "validation_accuracy",
                            bp_json_number(point->validation_accuracy));
    }
    if (point->step > 0 && !isnan(point->validation_r2)) {
        json_object_set_new(metrics, "validation_r2", bp_json_number(point->validation_r2));
    }
    return metrics;
}

json_t *bp_job_point_to_json(const bp_job_point *point) {
    json_t *json =
        json_pack("{s:o, s:o, s:o, s:o, s:o, s:o}", "epoch", integer(point->epoch), "step",
                  integer(point->step), "train_loss", bp_json_number(point->train_loss),
                  "validation_loss", bp_json_number(point->validation_loss), "learning_rate",
                  bp_json_number(bp_shortest_double((float)point->learning_rate)),
                  "elapsed_seconds", bp_json_number(point->elapsed_seconds));
    json_t *metrics = bp_job_metrics_to_json(point);
    if (json != NULL && point->observed) {
        json_object_set_new(json, "observed", json_true());
    }
    bool complete = json != NULL && metrics != NULL && json_object_update(json, metrics) == 0;
    json_decref(metrics);
    if (!complete) {
        json_decref(json);
        return NULL;
    }
    return json;
}

static json_t *queued_facts(const bp_job_info *info) {
    return json_pack("{s:s, s:s, s:o}", "model", info->request.model, "dataset",
                     info->request.dataset, "epochs", integer(info->request.options.epochs));
}

static json_t *started_facts(const bp_job_info *info) {
    (void)info;
    return json_object();
}

static json_t *place_facts(const bp_job_info *info) {
    return json_pack("{s:o, s:o}", "epoch", integer(info->progress.epoch), "step",
                     integer(info->progress.step));
}

static json_t *end_facts(const bp_job_info *info) {
    json_t *error = info->error.code == BP_OK
                        ? NULL
                        : json_pack("{s:s, s:o}", "code", bp_status_name(info->error.code),
                                    "message", bp_json_text(info->error.message));
    return json_pack("{s:o, s:o, s:o, s:o, s:o*}", "epoch", integer(info->progress.epoch), "step",
                     integer(info->progress.step), "train_loss",
                     bp_json_number(info->progress.epoch_loss), "elapsed_seconds",
                     bp_json_number(info->elapsed_seconds), "error", error);
}

json_t *bp_job_state_event(const bp_job_info *info, bp_event_type *type) {
    static const struct {
        bp_event_type type;
        json_t *(*facts)(const bp_job_info *info);
    } states[BP_JOB_STATE_COUNT] = {
        [BP_JOB_QUEUED] = {BP_EVENT_QUEUED, queued_facts},
        [BP_JOB_RUNNING] = {BP_EVENT_STARTED, started_facts},
        [BP_JOB_PAUSED] = {BP_EVENT_PAUSED, place_facts},
        [BP_JOB_SUCCEEDED] = {BP_EVENT_SUCCEEDED, end_facts},
        [BP_JOB_FAILED] = {BP_EVENT_FAILED, end_facts},
        [BP_JOB_CANCELLED] = {BP_EVENT_CANCELLED, end_facts},
    };
    *type = states[info->state].type;
    return states[info->state].facts(info);
}
