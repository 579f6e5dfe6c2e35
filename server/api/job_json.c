#include "job_json.h"

#include <inttypes.h>
#include <math.h>

#include "job_actions.h"
#include "job_events.h"
#include "job_terms_json.h"
#include "json_fields.h"
#include "receipt.h"
#include "reply.h"
#include "train_options_json.h"

static json_t *integer(uint64_t value) {
    return json_integer((json_int_t)value);
}

static json_t *null_or(bool known, json_t *value) {
    if (!known) {
        json_decref(value);
        return json_null();
    }
    return value;
}

static double progress_of(const bp_job_info *info) {
    if (info->progress.stopped_early || info->progress.converged) {
        return 1; /* the steps that are left will not be taken */
    }
    return info->steps_total > 0 ? (double)info->progress.step / (double)info->steps_total : 0;
}

/* --- parts ---------------------------------------------------------------------------------- */

static json_t *best_of(const bp_job_info *info) {
    const bp_best_epoch best = bp_job_best(info);
    if (best.epoch == 0) {
        return json_null();
    }
    return json_pack("{s:o, s:s, s:o}", "epoch", integer(best.epoch), "metric",
                     bp_monitors.names[best.metric], "value", bp_json_number(best.value));
}

/* At the end it is that of the weights; before, the last on the disk. */
static json_t *checkpoint_of(const bp_job_info *info) {
    if (info->sha256[0] != '\0') {
        return json_pack("{s:o, s:s}", "step", integer(info->progress.step), "sha256",
                         info->sha256);
    }
    return info->checkpoint.step == 0
               ? json_null()
               : json_pack("{s:o, s:s}", "step", integer(info->checkpoint.step), "sha256",
                           info->checkpoint.sha256);
}

static json_t *receipt_of(const bp_job_info *info) {
    return info->receipt.weights_sha256[0] == '\0' ? json_null()
                                                   : bp_receipt_to_json(&info->receipt);
}

static json_t *error_of(const bp_job_info *info) {
    const bp_error *error = &info->error;
    if (error->code == BP_OK) {
        return json_null();
    }
    json_t *field = error->field[0] != '\0' ? bp_json_text(error->field) : NULL;
    json_t *epoch = info->error_epoch > 0 ? integer(info->error_epoch) : NULL;
    json_t *step = info->error_step > 0 ? integer(info->error_step) : NULL;
    const bool traced = info->error_tensor[0] != '\0';
    return json_pack("{s:s, s:o, s:o*, s:o*, s:o*, s:o*, s:o*}", "code",
                     bp_status_name(error->code), "message", bp_json_text(error->message), "field",
                     field, "epoch", epoch, "step", step, "layer",
                     traced ? integer(info->error_layer) : NULL, "tensor",
                     traced ? json_string(info->error_tensor) : NULL);
}

/* What can be done now: by the action's name. */
static int add_actions(json_t *links, const bp_job_info *info) {
    int failed = 0;
    for (int i = 0; i < BP_JOB_ACTION_COUNT; i++) {
        const bp_job_action action = (bp_job_action)i;
        if (action != BP_JOB_EDIT && action != BP_JOB_DELETE &&
            bp_job_allows(info->state, action)) {
            failed |= json_object_set_new(
                links, bp_job_action_name(action),
                json_sprintf("/v1/jobs/%" PRIu64 "/%s", info->id, bp_job_action_name(action)));
        }
    }
    return failed;
}

static json_t *links_of(const bp_job_info *info) {
    static const char *const parts[] = {"metrics", "events", "checkpoints"};
    json_t *links =
        json_pack("{s:o, s:o, s:o}", "self", json_sprintf("/v1/jobs/%" PRIu64, info->id), "model",
                  json_sprintf("/v1/models/%s", info->request.model), "dataset",
                  json_sprintf("/v1/datasets/%s", info->request.dataset));
    int failed = links == NULL;
    for (size_t i = 0; !failed && i < sizeof parts / sizeof *parts; i++) {
        failed |= json_object_set_new(links, parts[i],
                                      json_sprintf("/v1/jobs/%" PRIu64 "/%s", info->id, parts[i]));
    }
    if (!failed && info->receipt.weights_sha256[0] != '\0') {
        failed |= json_object_set_new(links, "verify",
                                      json_sprintf("/v1/jobs/%" PRIu64 "/verify", info->id));
    }
    if (failed || add_actions(links, info) != 0) {
        json_decref(links);
        return NULL;
    }
    return links;
}

/* --- the object ----------------------------------------------------------------------------- */

static json_t *identity_of(const bp_job_info *info) {
    return json_pack("{s:o, s:s, s:s, s:s, s:o, s:o, s:o, s:o}", "id", integer(info->id), "model",
                     info->request.model, "dataset", info->request.dataset, "state",
                     bp_job_state_name(info->state), "queue_position",
                     null_or(info->queue_position > 0, integer(info->queue_position)), "created_at",
                     bp_json_time(info->created_at), "started_at", bp_json_time(info->started_at),
                     "finished_at", bp_json_time(info->finished_at));
}

static json_t *progress_to_json(const bp_job_info *info) {
    const bp_train_progress *progress = &info->progress;
    bool validated = info->last.step > 0;
    return json_pack(
        "{s:f, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:b}", "progress",
        progress_of(info), "epoch", integer(progress->epoch), "step", integer(progress->step),
        "steps_total", null_or(info->steps_total > 0, integer(info->steps_total)), "rows",
        integer(info->rows), "validation_rows", integer(info->validation_rows), "samples_seen",
        integer(progress->samples_seen), "samples_per_second",
        bp_json_number(info->samples_per_second), "elapsed_seconds",
        bp_json_number(info->elapsed_seconds), "eta_seconds", bp_json_number(info->eta_seconds),
        "train_loss", bp_json_number(progress->epoch_loss), "validation_loss",
        null_or(validated, bp_json_number(info->last.validation_loss)), "grad_norm",
        bp_json_number(progress->step > 0 ? progress->grad_norm : (double)NAN), "converged",
        progress->converged);
}

static json_t *phase_seconds_of(const bp_phase_seconds *seconds) {
    json_t *json = json_object();
    for (size_t part = 0; part < BP_PART_COUNT; part++) {
        json_object_set_new(json, bp_part_names[part], bp_json_number(seconds->part[part]));
    }
    return json;
}

/* Of the last step; before the first, what was asked. */
static double rate_of(const bp_job_info *info) {
    return bp_shortest_double(info->progress.step > 0 ? (float)info->progress.learning_rate
                                                      : info->request.options.learning_rate);
}

static json_t *outcome_of(const bp_job_info *info) {
    return json_pack("{s:f, s:o, s:o, s:b, s:o, s:o, s:o, s:o, s:o}", "learning_rate",
                     rate_of(info), "metrics", bp_job_metrics_to_json(&info->last), "best",
                     best_of(info), "stopped_early", info->progress.stopped_early, "phase_seconds",
                     phase_seconds_of(&info->progress.seconds), "checkpoint", checkpoint_of(info),
                     "receipt", receipt_of(info), "error", error_of(info), "links", links_of(info));
}

/* Moves the fields of `more` (taken) that `json` has not. */
static int absorb(json_t *json, json_t *more) {
    int result = json != NULL && more != NULL ? json_object_update_missing(json, more) : -1;
    json_decref(more);
    return result;
}

/* How it is run. "checkpoint" is the name of the last one here. */
static json_t *terms_of(const bp_job_info *info) {
    json_t *terms = bp_job_terms_to_json(&info->request.terms);
    const char *ended = bp_job_ending_name(info->ended_by);
    json_t *every = json_incref(json_object_get(terms, "checkpoint"));
    json_object_del(terms, "checkpoint");
    int failed =
        json_object_set_new(terms, "checkpointing", every) |
        json_object_set_new(terms, "epochs", integer(info->epochs)) |
        json_object_set_new(terms, "ended_by", ended != NULL ? json_string(ended) : json_null()) |
        json_object_set_new(terms, "forked_from",
                            null_or(info->forked_from > 0, integer(info->forked_from)));
    if (failed != 0) {
        json_decref(terms);
        return NULL;
    }
    return terms;
}

json_t *bp_job_to_json(const bp_job_info *info) {
    json_t *job = identity_of(info);
    int failures = absorb(job, progress_to_json(info));
    failures |= absorb(job, outcome_of(info));
    failures |= absorb(job, terms_of(info));
    failures |= absorb(job, bp_train_options_to_json(&info->request.options));
    if (failures != 0) {
        json_decref(job);
        return NULL;
    }
    return job;
}

json_t *bp_edits_to_json(const bp_job_edit *edits, size_t count) {
    json_t *array = json_array();
    for (size_t i = 0; i < count; i++) {
        const bp_job_edit *edit = &edits[i];
        json_t *rate = edit->learning_rate > 0
                           ? json_real(bp_shortest_double((float)edit->learning_rate))
                           : NULL;
        json_t *epochs = edit->epochs > 0 ? integer(edit->epochs) : NULL;
        if (json_array_append_new(array, json_pack("{s:o, s:o*, s:o*}", "step", integer(edit->step),
                                                   "learning_rate", rate, "epochs", epochs)) != 0) {
            json_decref(array);
            return NULL;
        }
    }
    return array;
}

json_t *bp_checkpoints_to_json(const bp_job_checkpoint *checkpoints, size_t count) {
    json_t *array = json_array();
    for (size_t i = 0; i < count; i++) {
        const bp_job_checkpoint *each = &checkpoints[i];
        if (json_array_append_new(
                array, json_pack("{s:o, s:o, s:o, s:o, s:s}", "step", integer(each->step), "epoch",
                                 integer(each->epoch), "created_at", bp_json_time(each->at),
                                 "bytes", integer(each->size), "sha256", each->sha256)) != 0) {
            json_decref(array);
            return NULL;
        }
    }
    return json_pack("{s:o}", "checkpoints", array);
}

/* --- the history ---------------------------------------------------------------------------- */

json_t *bp_job_points_to_json(const bp_job_point *points, size_t count) {
    json_t *array = json_array();
    for (size_t i = 0; i < count; i++) {
        if (json_array_append_new(array, bp_job_point_to_json(&points[i])) != 0) {
            json_decref(array);
            return NULL;
        }
    }
    return json_pack("{s:o}", "points", array);
}

/* --- verification --------------------------------------------------------------------------- */

static json_t *differs_of(const bp_verification *found) {
    json_t *array = json_array();
    for (size_t i = 0; i < found->differs_count; i++) {
        if (json_array_append_new(array, json_string(found->differs[i])) != 0) {
            json_decref(array);
            return NULL;
        }
    }
    return array;
}

json_t *bp_verification_to_json(const bp_verification *found) {
    const bp_receipt *replayed = &found->replayed;
    json_t *weights =
        replayed->weights_sha256[0] != '\0' ? json_string(replayed->weights_sha256) : json_null();
    return json_pack("{s:b, s:o, s:s, s:o, s:o, s:o, s:s, s:o}", "verified", found->verified,
                     "weights_sha256", weights, "expected_sha256", found->expected.weights_sha256,
                     "differs", differs_of(found), "steps", integer(replayed->steps), "seconds",
                     bp_json_number(found->seconds), "isa", replayed->isa, "threads",
                     integer(replayed->threads));
}
