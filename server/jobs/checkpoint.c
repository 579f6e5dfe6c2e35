#include "checkpoint.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "job_journal.h"
#include "job_marks.h"
#include "record_json.h"
#include "records.h"
#include "service_state.h"
#include "trainer_state.h"

enum { NAME_SIZE = 48 };

static void name_of(uint64_t job, uint64_t step, char name[NAME_SIZE]) {
    snprintf(name, NAME_SIZE, "%" PRIu64 ".%" PRIu64, job, step);
}

/* --- taking --------------------------------------------------------------------------------- */

static void put_points(unsigned char *bytes, const bp_job_points *history) {
    bp_word_blob blob = {.bytes = bytes, .size = history->count * BP_POINT_WORDS * 8};
    bp_record_put_points(&blob, history->point, history->count);
}

bp_status bp_checkpoint_take(bp_checkpoint *out, const bp_training *t, bp_error *err) {
    const bp_job_points *history = &t->job->history; /* the driver's to change, so to read */
    const bp_train_progress progress = bp_trainer_progress(t->trainer);
    const size_t points = history->count * BP_POINT_WORDS * 8;
    bp_checkpoint checkpoint = {
        .mark = {.step = progress.step, .epoch = progress.epoch, .at = bp_clock_wall_seconds()},
        .elapsed_seconds = bp_job_elapsed(t->job),
        .samples_seen = progress.samples_seen,
        .points = history->count,
        .state_size = bp_trainer_state_size(t->trainer)};
    checkpoint.mark.size = points + checkpoint.state_size;
    checkpoint.bytes = malloc(checkpoint.mark.size);
    if (checkpoint.bytes == NULL) {
        return bp_fail(err, BP_NO_MEMORY, NULL, "no memory for a checkpoint of %" PRIu64 " bytes",
                       checkpoint.mark.size);
    }
    put_points(checkpoint.bytes, history);
    bp_trainer_pause(t->trainer);
    bp_trainer_state_write(t->trainer, checkpoint.bytes + points);
    *out = checkpoint;
    return BP_OK;
}

void bp_checkpoint_clear(bp_checkpoint *checkpoint) {
    free(checkpoint->bytes);
    *checkpoint = (bp_checkpoint){0};
}

/* --- parts of a batch ----------------------------------------------------------------------- */

static json_t *describe(const bp_checkpoint *checkpoint) {
    const bp_job_checkpoint *mark = &checkpoint->mark;
    return json_pack("{s:I, s:I, s:f, s:s, s:f, s:I, s:I, s:i}", "step", (json_int_t)mark->step,
                     "epoch", (json_int_t)mark->epoch, "at", mark->at, "sha256", mark->sha256,
                     "elapsed_seconds", checkpoint->elapsed_seconds, "samples_seen",
                     (json_int_t)checkpoint->samples_seen, "points", (json_int_t)checkpoint->points,
                     "point_words", BP_POINT_WORDS);
}

bp_status bp_checkpoint_add(bp_store_batch *batch, uint64_t job, const bp_checkpoint *checkpoint,
                            bp_error *err) {
    char name[NAME_SIZE];
    name_of(job, checkpoint->mark.step, name);
    const bp_store_object object = {.kind = BP_STORE_CHECKPOINT, .name = name};
    const bp_word_blob blob = {.bytes = checkpoint->bytes, .size = checkpoint->mark.size};
    return bp_record_add(batch, object, describe(checkpoint), &blob, err);
}

bp_status bp_checkpoint_forget(bp_store_batch *batch, uint64_t job, uint64_t step, bp_error *err) {
    char name[NAME_SIZE];
    name_of(job, step, name);
    return bp_store_batch_delete(batch, BP_STORE_CHECKPOINT, name, err);
}

typedef struct copying {
    bp_store_batch *batch;
    const char *name;
} copying;

static bp_status add_copy(void *context, const bp_store_object *object, bp_error *err) {
    const copying *copy = context;
    const bp_store_object own = {.kind = object->kind,
                                 .name = copy->name,
                                 .json = object->json,
                                 .blob = object->blob,
                                 .blob_size = object->blob_size};
    return bp_store_batch_put(copy->batch, &own, err);
}

bp_status bp_checkpoint_copy(bp_store_batch *batch, bp_store *store, uint64_t from, uint64_t to,
                             uint64_t step, bp_error *err) {
    char theirs[NAME_SIZE], ours[NAME_SIZE];
    name_of(from, step, theirs);
    name_of(to, step, ours);
    const bp_store_object key = {.kind = BP_STORE_CHECKPOINT, .name = theirs};
    copying copy = {.batch = batch, .name = ours};
    return bp_store_load_one(store, &key, add_copy, &copy, err);
}

/* --- reading -------------------------------------------------------------------------------- */

typedef struct reading {
    bp_job *job;
    uint64_t whose;      /* checkpoint; the job's own, mostly */
    bp_trainer *trainer; /* NULL: its state is not looked at */
} reading;

static uint64_t whole_of(const json_t *json, const char *key) {
    const json_int_t value = json_integer_value(json_object_get(json, key));
    return value > 0 ? (uint64_t)value : 0;
}

static bp_status damaged(const bp_store_object *object, bp_error *err) {
    return bp_fail(err, BP_IO, NULL, "the checkpoint '%.60s' is damaged", object->name);
}

bp_status bp_checkpoint_read_mark(const bp_store_object *object, uint64_t *job,
                                  bp_job_checkpoint *out, bp_error *err) {
    json_t *json = bp_record_parse(object);
    const char *sha256 = json_string_value(json_object_get(json, "sha256"));
    char *end = NULL;
    const uint64_t id = strtoull(object->name, &end, 10);
    const bool whole = sha256 != NULL && id > 0 && *end == '.';
    if (whole) {
        *job = id;
        *out = (bp_job_checkpoint){.step = whole_of(json, "step"),
                                   .epoch = whole_of(json, "epoch"),
                                   .at = json_number_value(json_object_get(json, "at")),
                                   .size = object->blob_size};
        snprintf(out->sha256, sizeof out->sha256, "%s", sha256);
    }
    json_decref(json);
    return whole ? BP_OK : damaged(object, err);
}

/* The points of the history; the bytes behind them go to *state. */
static bool read_points(const json_t *json, const bp_store_object *object, bp_job_points *out,
                        size_t *state) {
    const size_t words = (size_t)whole_of(json, "point_words");
    const size_t count = (size_t)whole_of(json, "points");
    bp_word_blob blob = bp_word_blob_read(object->blob, object->blob_size);
    if (words == 0 || count > object->blob_size / (words * 8) ||
        !bp_record_get_points(&blob, words, count, out)) {
        return false;
    }
    *state = count * words * 8;
    return true;
}

static void show_samples(bp_job *job, const json_t *json) {
    bp_train_progress progress = job->info.progress; /* the driver's to change */
    progress.samples_seen = whole_of(json, "samples_seen");
    bp_job_report(job, &progress);
}

static bp_status read_object(void *context, const bp_store_object *object, bp_error *err) {
    const reading *read = context;
    bp_job_points history = {0};
    size_t state = 0;
    json_t *json = bp_record_parse(object);
    const double elapsed = json_number_value(json_object_get(json, "elapsed_seconds"));
    bp_status status = read_points(json, object, &history, &state) ? BP_OK : damaged(object, err);
    if (status == BP_OK && read->trainer != NULL) {
        status = bp_trainer_state_read(read->trainer, (const char *)object->blob + state,
                                       object->blob_size - state, err);
    }
    if (status == BP_OK) {
        bp_job_set_history(read->job, &history);
        bp_job_set_elapsed(read->job, elapsed);
        show_samples(read->job, json);
    }
    json_decref(json);
    free(history.point);
    return status;
}

static bp_status load(bp_store *store, const reading *read, uint64_t step, bp_error *err) {
    char name[NAME_SIZE];
    name_of(read->whose, step, name);
    const bp_store_object key = {.kind = BP_STORE_CHECKPOINT, .name = name};
    return bp_store_load_one(store, &key, read_object, (void *)read, err);
}

bp_status bp_checkpoint_show(bp_store *store, bp_job *job, uint64_t step, bp_error *err) {
    return bp_checkpoint_show_of(store, job, job->id, step, err);
}

bp_status bp_checkpoint_show_of(bp_store *store, bp_job *job, uint64_t whose, uint64_t step,
                                bp_error *err) {
    const reading read = {.job = job, .whose = whose};
    return load(store, &read, step, err);
}

/* What cannot be read is not the training's end. */
static bool is_damage(bp_status status) {
    return status == BP_IO || status == BP_SYNTAX || status == BP_NOT_FOUND;
}

static void give_up(bp_job *job, uint64_t step, const bp_error *why) {
    uint64_t dropped[BP_MAX_CHECKPOINTS];
    const size_t count = bp_job_drop_checkpoints(job, step - 1, dropped);
    (void)count; /* the files are left for who looks into the damage */
    bp_journal_event(job, BP_EVENT_WARNING,
                     json_pack("{s:s, s:I, s:o}", "what", "checkpoint_damaged", "step",
                               (json_int_t)step, "message", bp_record_text(why->message)));
}

bp_status bp_checkpoint_take_up(bp_training *t, bp_error *err) {
    const reading read = {.job = t->job, .whose = t->job->id, .trainer = t->trainer};
    bp_status status = BP_OK;
    bp_job_points none = {0};
    while (t->job->checkpoint_count > 0) {
        bp_error why = {0};
        const uint64_t step = t->job->checkpoints[t->job->checkpoint_count - 1].step;
        status = load(t->service->store, &read, step, &why);
        if (!is_damage(status)) {
            return status == BP_OK ? BP_OK : bp_fail(err, status, NULL, "%s", why.message);
        }
        give_up(t->job, step, &why);
    }
    bp_job_set_history(t->job, &none);
    bp_job_set_elapsed(t->job, 0);
    return BP_OK;
}
