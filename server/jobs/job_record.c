/* The record of a job. JSON: the request, the facts and the edits; blob, of a job that has ended:
 * the history, the words of each point in the order of bp_job_point. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "checkpoint.h"
#include "job_marks.h"
#include "job_terms_json.h"
#include "model_spec_json.h"
#include "receipt.h"
#include "record_json.h"
#include "records.h"
#include "train_options_json.h"

/* Before there were observations within an epoch. */
enum { OLD_POINT_WORDS = 8 };
_Static_assert(sizeof(bp_job_point) == BP_POINT_WORDS * 8, "a point is so many words of 64 bits");

/* --- writing -------------------------------------------------------------------------------- */

static json_t *describe_seconds(const bp_phase_seconds *seconds) {
    json_t *json = json_object();
    for (size_t part = 0; part < BP_PART_COUNT; part++) {
        json_object_set_new(json, bp_part_names[part], bp_record_number(seconds->part[part]));
    }
    return json;
}

static json_t *describe_progress(const bp_train_progress *progress) {
    return json_pack(
        "{s:I, s:I, s:I, s:I, s:o, s:o, s:o, s:o, s:b, s:o, s:b}", "epoch",
        (json_int_t)progress->epoch, "step", (json_int_t)progress->step, "steps_per_epoch",
        (json_int_t)progress->steps_per_epoch, "samples_seen", (json_int_t)progress->samples_seen,
        "batch_loss", bp_record_number(progress->batch_loss), "epoch_loss",
        bp_record_number(progress->epoch_loss), "grad_norm", bp_record_number(progress->grad_norm),
        "phase_seconds", describe_seconds(&progress->seconds), "converged", progress->converged,
        "learning_rate", bp_record_number(progress->learning_rate), "stopped_early",
        progress->stopped_early);
}

static json_t *describe_error(const bp_job_info *info) {
    if (info->error.code == BP_OK) {
        return json_null();
    }
    return json_pack("{s:s, s:o, s:o, s:I, s:I, s:I, s:s}", "code",
                     bp_status_name(info->error.code), "field", bp_record_text(info->error.field),
                     "message", bp_record_text(info->error.message), "epoch",
                     (json_int_t)info->error_epoch, "step", (json_int_t)info->error_step, "layer",
                     (json_int_t)info->error_layer, "tensor", info->error_tensor);
}

/* null: no weights. What the replay needs stands beside what the receipt shows. */
static json_t *describe_receipt(const bp_job_info *info) {
    const bp_receipt *receipt = &info->receipt;
    if (receipt->weights_sha256[0] == '\0') {
        return json_null();
    }
    return json_pack("{s:o, s:o, s:b, s:b}", "shown", bp_receipt_to_json(receipt), "spec",
                     bp_spec_to_json(&receipt->spec), "fresh", receipt->fresh, "start_kept",
                     receipt->start_kept);
}

static json_t *describe_edits(const bp_job_edits *edits) {
    json_t *array = json_array();
    for (size_t i = 0; i < edits->count; i++) {
        const bp_job_edit *edit = &edits->edit[i];
        json_array_append_new(array, json_pack("{s:I, s:f, s:I}", "step", (json_int_t)edit->step,
                                               "learning_rate", edit->learning_rate, "epochs",
                                               (json_int_t)edit->epochs));
    }
    return array;
}

static json_t *describe_request(const bp_job_request *request) {
    return json_pack("{s:s, s:s, s:o, s:o}", "model", request->model, "dataset", request->dataset,
                     "options", bp_train_options_to_json(&request->options), "terms",
                     bp_job_terms_to_json(&request->terms));
}

static json_t *describe_facts(const bp_job_info *info) {
    return json_pack(
        "{s:s, s:f, s:f, s:f, s:o, s:I, s:I, s:I, s:o, s:o, s:s, s:i, s:o, s:I, s:I, s:I}", "state",
        bp_job_state_name(info->state), "created_at", info->created_at, "started_at",
        info->started_at, "finished_at", info->finished_at, "elapsed_seconds",
        bp_record_number(info->elapsed_seconds), "steps_total", (json_int_t)info->steps_total,
        "rows", (json_int_t)info->rows, "validation_rows", (json_int_t)info->validation_rows,
        "progress", describe_progress(&info->progress), "error", describe_error(info), "sha256",
        info->sha256, "point_words", BP_POINT_WORDS, "receipt", describe_receipt(info), "epochs",
        (json_int_t)info->epochs, "ended_by", (json_int_t)info->ended_by, "forked_from",
        (json_int_t)info->forked_from);
}

/* NULL: no memory. */
static json_t *describe(const bp_job_info *facts, const bp_job_edits *edits) {
    json_t *record = describe_request(&facts->request);
    json_t *more = describe_facts(facts);
    int failed = record == NULL || more == NULL;
    failed = failed || json_object_update(record, more) != 0 ||
             json_object_set_new(record, "edits", describe_edits(edits)) != 0;
    json_decref(more);
    if (failed) {
        json_decref(record);
        return NULL;
    }
    return record;
}

void bp_record_put_points(bp_word_blob *blob, const bp_job_point *points, size_t count) {
    bp_word_blob_put64(blob, points, count * BP_POINT_WORDS);
}

/* The words of the points; no bytes where there are none. */
static bp_status pack_history(const bp_job_points *history, bp_word_blob *out, bp_error *err) {
    *out = (bp_word_blob){0};
    if (history->count == 0) {
        return BP_OK;
    }
    bp_status status = bp_word_blob_new(out, history->count * sizeof *history->point, err);
    if (status == BP_OK) {
        bp_record_put_points(out, history->point, history->count);
    }
    return status;
}

bp_status bp_record_add_job(bp_store_batch *batch, bp_job *job, const bp_job_info *facts,
                            bool with_history, bp_error *err) {
    char name[BP_RECORD_ID_SIZE];
    bp_word_blob blob = {0};
    bp_job_edits edits;
    bp_status status = bp_job_copy_edits(job, &edits, err);
    if (status != BP_OK) {
        return status;
    }
    if (with_history) {
        status = pack_history(&job->history, &blob, err);
    }
    if (status == BP_OK) {
        bp_record_job_name(facts->id, name);
        const bp_store_object object = {.kind = BP_STORE_JOB, .name = name};
        status = bp_record_add(batch, object, describe(facts, &edits),
                               blob.bytes != NULL ? &blob : NULL, err);
    }
    free(blob.bytes);
    free(edits.edit);
    return status;
}

bp_status bp_record_forget_job(bp_store_batch *batch, uint64_t id,
                               const bp_job_checkpoint *checkpoints, size_t count, bp_error *err) {
    char name[BP_RECORD_ID_SIZE];
    bp_record_job_name(id, name);
    bp_status status = bp_store_batch_delete(batch, BP_STORE_START, name, err);
    if (status == BP_OK) {
        status = bp_store_batch_delete(batch, BP_STORE_JOB, name, err);
    }
    if (status == BP_OK) {
        status = bp_store_batch_forget_events(batch, id, err);
    }
    for (size_t i = 0; status == BP_OK && i < count; i++) {
        status = bp_checkpoint_forget(batch, id, checkpoints[i].step, err);
    }
    return status;
}

/* --- reading -------------------------------------------------------------------------------- */

static bool read_state(const char *name, bp_job_state *out) {
    for (int state = 0; state < BP_JOB_STATE_COUNT; state++) {
        if (strcmp(bp_job_state_name((bp_job_state)state), name) == 0) {
            *out = (bp_job_state)state;
            return true;
        }
    }
    return false;
}

static uint64_t count_of(const json_t *object, const char *key) {
    json_int_t value = json_integer_value(json_object_get(object, key));
    return value > 0 ? (uint64_t)value : 0;
}

/* Of a record that has other parts, they are not known. */
static bp_phase_seconds read_seconds(const json_t *json) {
    bp_phase_seconds seconds;
    for (size_t part = 0; part < BP_PART_COUNT; part++) {
        seconds.part[part] = bp_record_get_number(json_object_get(json, bp_part_names[part]));
    }
    return seconds;
}

static void read_progress(const json_t *json, bp_train_progress *out) {
    *out = (bp_train_progress){
        .epoch = count_of(json, "epoch"),
        .step = count_of(json, "step"),
        .steps_per_epoch = count_of(json, "steps_per_epoch"),
        .samples_seen = count_of(json, "samples_seen"),
        .batch_loss = bp_record_get_number(json_object_get(json, "batch_loss")),
        .epoch_loss = bp_record_get_number(json_object_get(json, "epoch_loss")),
        .grad_norm = bp_record_get_number(json_object_get(json, "grad_norm")),
        .seconds = read_seconds(json_object_get(json, "phase_seconds")),
        .converged = json_is_true(json_object_get(json, "converged")),
        .learning_rate = bp_record_get_number(json_object_get(json, "learning_rate")),
        .stopped_early = json_is_true(json_object_get(json, "stopped_early")),
    };
}

static bool read_error(const json_t *json, bp_job_info *info) {
    const char *code, *field, *message;
    if (json_is_null(json)) {
        return true;
    }
    if (json_unpack((json_t *)json, "{s:s, s:s, s:s}", "code", &code, "field", &field, "message",
                    &message) != 0) {
        return false;
    }
    info->error.code = bp_record_status(code);
    snprintf(info->error.field, sizeof info->error.field, "%s", field);
    snprintf(info->error.message, sizeof info->error.message, "%s", message);
    info->error_epoch = count_of(json, "epoch");
    info->error_step = count_of(json, "step");
    info->error_layer = (size_t)count_of(json, "layer");
    const char *tensor = json_string_value(json_object_get(json, "tensor"));
    snprintf(info->error_tensor, sizeof info->error_tensor, "%s", tensor != NULL ? tensor : "");
    return true;
}

static bool read_request(json_t *json, bp_job_request *request) {
    const char *model, *dataset;
    json_t *options;
    if (json_unpack(json, "{s:s, s:s, s:o}", "model", &model, "dataset", &dataset, "options",
                    &options) != 0) {
        return false;
    }
    snprintf(request->model, sizeof request->model, "%s", model);
    snprintf(request->dataset, sizeof request->dataset, "%s", dataset);
    /* Absent in the record of an older program: the defaults. */
    const json_t *terms = json_object_get(json, "terms");
    request->terms = bp_job_terms_defaults();
    return (terms == NULL || bp_job_terms_from_json(&request->terms, terms, NULL) == BP_OK) &&
           bp_train_options_from_json(&request->options, options, NULL) == BP_OK;
}

/* Absent or null: none. */
static bool read_receipt(json_t *json, bp_receipt *out) {
    json_t *shown, *spec;
    int fresh, start_kept;
    if (!json_is_object(json)) {
        return json == NULL || json_is_null(json);
    }
    if (json_unpack(json, "{s:o, s:o, s:b, s:b}", "shown", &shown, "spec", &spec, "fresh", &fresh,
                    "start_kept", &start_kept) != 0) {
        return false;
    }
    out->fresh = fresh != 0;
    out->start_kept = start_kept != 0;
    return bp_receipt_from_json(out, shown) && bp_spec_from_json(&out->spec, spec, NULL) == BP_OK;
}

static bool read_facts(json_t *json, bp_job_info *info) {
    const char *state, *sha256;
    json_t *progress, *error, *elapsed;
    if (json_unpack(json, "{s:s, s:F, s:F, s:F, s:o, s:o, s:o, s:s}", "state", &state, "created_at",
                    &info->created_at, "started_at", &info->started_at, "finished_at",
                    &info->finished_at, "elapsed_seconds", &elapsed, "progress", &progress, "error",
                    &error, "sha256", &sha256) != 0) {
        return false;
    }
    info->elapsed_seconds = bp_record_get_number(elapsed);
    info->steps_total = count_of(json, "steps_total");
    info->rows = (size_t)count_of(json, "rows");
    info->validation_rows = (size_t)count_of(json, "validation_rows");
    snprintf(info->sha256, sizeof info->sha256, "%s", sha256);
    info->epochs = count_of(json, "epochs");
    info->epochs = info->epochs > 0 ? info->epochs : info->request.options.epochs;
    info->ended_by = (bp_job_ending)count_of(json, "ended_by");
    info->forked_from = count_of(json, "forked_from");
    read_progress(progress, &info->progress);
    if (isnan(info->progress.learning_rate)) { /* of an older program, whose rate was constant */
        info->progress.learning_rate = (double)info->request.options.learning_rate;
    }
    return read_state(state, &info->state) && read_error(error, info) &&
           read_receipt(json_object_get(json, "receipt"), &info->receipt);
}

static bool read_edits(const json_t *array, bp_job_edits *out) {
    const size_t count = json_array_size(array);
    if (count == 0) {
        return true;
    }
    bp_job_edits edits = {
        .edit = calloc(count, sizeof *edits.edit), .count = count, .capacity = count};
    for (size_t i = 0; edits.edit != NULL && i < count; i++) {
        const json_t *edit = json_array_get(array, i);
        edits.edit[i] = (bp_job_edit){.step = count_of(edit, "step"),
                                      .learning_rate =
                                          json_number_value(json_object_get(edit, "learning_rate")),
                                      .epochs = count_of(edit, "epochs")};
    }
    *out = edits;
    return edits.edit != NULL;
}

bool bp_record_get_points(bp_word_blob *blob, size_t words, size_t count, bp_job_points *out) {
    bp_job_points history = {.point = calloc(count > 0 ? count : 1, sizeof *history.point),
                             .count = count,
                             .capacity = count > 0 ? count : 1};
    bool whole = history.point != NULL && (words == BP_POINT_WORDS || words == OLD_POINT_WORDS);
    for (size_t i = 0; whole && i < count; i++) {
        whole = bp_word_blob_get64(blob, &history.point[i], words);
    }
    if (!whole) {
        free(history.point);
        return false;
    }
    *out = history;
    return true;
}

static bool read_history(const json_t *json, const bp_store_object *object, bp_job_points *out) {
    const size_t words = (size_t)count_of(json, "point_words");
    if (object->blob_size == 0) {
        return true;
    }
    bp_word_blob blob = bp_word_blob_read(object->blob, object->blob_size);
    return words > 0 && object->blob_size % (words * 8) == 0 &&
           bp_record_get_points(&blob, words, object->blob_size / (words * 8), out);
}

bp_status bp_record_read_job(const bp_store_object *object, bp_job_info *out, bp_job_parts *parts,
                             bp_error *err) {
    bp_job_info info = {.id = strtoull(object->name, NULL, 10)};
    json_t *json = bp_record_parse(object);
    bool whole = info.id > 0 && read_request(json, &info.request) && read_facts(json, &info) &&
                 read_edits(json_object_get(json, "edits"), &parts->edits) &&
                 read_history(json, object, &parts->history);
    json_decref(json);
    if (!whole) {
        bp_job_info_clear(&info);
        bp_job_parts_clear(parts);
        return bp_record_fail(object, "job", err);
    }
    *out = info;
    return BP_OK;
}
