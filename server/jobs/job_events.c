#include "job_events.h"

#include <math.h>
#include <stdlib.h>

#include "clock.h"
#include "json_fields.h"

/* --- pace ----------------------------------------------------------------------------------- */

bool bp_event_pace_allows(bp_event_pace *pace, double now) {
    const double apart = 1.0 / BP_EPOCH_EVENTS_A_SECOND;
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

/* --- telling -------------------------------------------------------------------------------- */

/* Takes the facts. */
static void tell(bp_event_log *log, bp_event_type type, json_t *facts) {
    char *data = facts != NULL ? json_dumps(facts, JSON_COMPACT | JSON_REAL_PRECISION(15)) : NULL;
    uint64_t sequence = 0;
    json_decref(facts);
    if (data != NULL &&
        bp_event_log_append(log, type, bp_clock_wall_seconds(), data, &sequence, NULL) == BP_OK) {
        bp_event_log_commit(log, sequence);
    }
}

void bp_job_tell_state(bp_event_log *log, const bp_job_info *info) {
    static const struct {
        bp_event_type type;
        json_t *(*facts)(const bp_job_info *info);
    } states[BP_JOB_STATE_COUNT] = {
        [BP_JOB_QUEUED] = {BP_EVENT_QUEUED, queued_facts},
        [BP_JOB_RUNNING] = {BP_EVENT_STARTED, started_facts},
        [BP_JOB_SUCCEEDED] = {BP_EVENT_SUCCEEDED, end_facts},
        [BP_JOB_FAILED] = {BP_EVENT_FAILED, end_facts},
        [BP_JOB_CANCELLED] = {BP_EVENT_CANCELLED, end_facts},
    };
    if (states[info->state].facts != NULL) {
        tell(log, states[info->state].type, states[info->state].facts(info));
    }
    if (bp_job_state_is_terminal(info->state)) {
        bp_event_log_close(log);
    }
}

void bp_job_tell_epoch(bp_event_log *log, const bp_job_point *point) {
    tell(log, BP_EVENT_EPOCH, bp_job_point_to_json(point));
}
