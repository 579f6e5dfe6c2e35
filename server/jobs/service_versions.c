/* A model's versions. Changes run one at a time under models.writing, as bp_registry_edit has it;
 * what is read under models.lock is durable. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "job_journal.h"
#include "model_versions.h"
#include "record_json.h"
#include "records.h"
#include "service_state.h"

void bp_version_info_clear(bp_version_info *info) {
    bp_snapshot_unref(info->snapshot);
    *info = (bp_version_info){0};
}

/* --- the list ------------------------------------------------------------------------------- */

/* Index of the first version whose name is not below `name`. Holds models.lock or writing. */
static size_t lower_bound(const bp_model *model, const char *name) {
    size_t low = 0;
    for (size_t high = model->version_count; low < high;) {
        const size_t middle = low + (high - low) / 2;
        if (strcmp(model->versions[middle].name, name) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

/* NULL: not there. Holds models.lock or writing. */
static bp_version_info *find(const bp_model *model, const char *name) {
    const size_t index = lower_bound(model, name);
    return index < model->version_count && strcmp(model->versions[index].name, name) == 0
               ? &model->versions[index]
               : NULL;
}

/* Holds models.lock. */
static bp_status reserve_locked(bp_model *model, bp_error *err) {
    if (model->version_count < model->version_capacity) {
        return BP_OK;
    }
    const size_t capacity = model->version_capacity == 0 ? 4 : model->version_capacity * 2;
    bp_version_info *versions = realloc(model->versions, capacity * sizeof *versions);
    if (versions == NULL) {
        return bp_fail(err, BP_NO_MEMORY, NULL, "no memory for %zu versions", capacity);
    }
    model->versions = versions;
    model->version_capacity = capacity;
    return BP_OK;
}

/* Into reserved room; takes the reference. Holds models.lock. */
static void insert_locked(bp_model *model, const bp_version_info *version) {
    const size_t index = lower_bound(model, version->name);
    bp_version_info *place = model->versions + index;
    memmove(place + 1, place, (model->version_count - index) * sizeof *place);
    *place = *version;
    model->version_count++;
}

/* Holds models.lock. */
static void remove_locked(bp_model *model, const char *name) {
    const size_t index = lower_bound(model, name);
    bp_version_info *place = model->versions + index;
    bp_version_info_clear(place);
    model->version_count--;
    memmove(place, place + 1, (model->version_count - index) * sizeof *place);
}

void bp_model_clear_versions(bp_model *model) {
    for (size_t i = 0; i < model->version_count; i++) {
        bp_version_info_clear(&model->versions[i]);
    }
    free(model->versions);
    model->versions = NULL;
    model->version_count = model->version_capacity = 0;
}

bp_status bp_model_forget_versions(bp_store_batch *batch, const bp_model *model, bp_error *err) {
    bp_status status = BP_OK;
    for (size_t i = 0; status == BP_OK && i < model->version_count; i++) {
        status = bp_record_drop_version(batch, model->entry.name, model->versions[i].name, err);
    }
    return status;
}

/* --- what is said where there is none ------------------------------------------------------- */

/* "a, b, c", as far as it fits. Holds models.lock. */
static void put_names(const bp_model *model, char *out, size_t size) {
    size_t used = 0;
    out[0] = '\0';
    for (size_t i = 0; i < model->version_count && used + BP_NAME_SIZE + 8 < size; i++) {
        const int written =
            snprintf(out + used, size - used, "%s%s", i > 0 ? ", " : "", model->versions[i].name);
        used += written > 0 ? (size_t)written : 0;
    }
}

/* Holds models.lock. */
static bp_status fail_not_found_locked(const bp_model *model, const char *name, bp_error *err) {
    char names[BP_MESSAGE_SIZE / 2], current[48] = "there are no weights yet";
    const bool is_number = name[strspn(name, "0123456789")] == '\0';
    put_names(model, names, sizeof names);
    if (model->snapshot != NULL) {
        snprintf(current, sizeof current, "the current weights are version %" PRIu64,
                 model->snapshot->version);
    }
    return bp_fail(err, BP_NOT_FOUND, NULL, "model '%s' has no version '%.64s'%s; %s; pinned: %s",
                   model->entry.name, name, is_number ? ": versions must be pinned to be kept" : "",
                   current, names[0] != '\0' ? names : "none");
}

/* --- changes -------------------------------------------------------------------------------- */

typedef struct version_change {
    bp_service *service;
    const char *name;
    const bp_commit_hook *hook;
} version_change;

/* NULL: NOT_FOUND. Holds models.writing, so that it stays. */
static const bp_version_info *find_for(const version_change *self, const bp_model *model,
                                       bp_error *err) {
    pthread_mutex_lock(&self->service->models.lock);
    const bp_version_info *found = find(model, self->name);
    if (found == NULL) {
        (void)fail_not_found_locked(model, self->name, err);
    }
    pthread_mutex_unlock(&self->service->models.lock);
    return found;
}

static bp_model_info describe_with(const bp_model *model, double created_at,
                                   bp_snapshot *snapshot) {
    bp_model_info info = {.created_at = created_at, .spec = model->spec, .snapshot = snapshot};
    memcpy(info.name, model->entry.name, sizeof info.name);
    return info;
}

/* Whether it can be pinned, and with which weights. Holds models.writing. */
static bp_status begin_pin(const version_change *self, bp_model *model, bp_version_info *out,
                           bp_error *err) {
    if (find(model, self->name) != NULL) {
        return bp_fail(err, BP_EXISTS, "/name", "model '%s' has a version '%s' already",
                       model->entry.name, self->name);
    }
    out->snapshot = bp_model_current(self->service, model);
    if (out->snapshot == NULL) {
        return bp_fail(err, BP_CONFLICT, NULL,
                       "model '%s' has no weights yet: its sizes come from the data at the first"
                       " training",
                       model->entry.name);
    }
    pthread_mutex_lock(&self->service->models.lock);
    bp_status status = reserve_locked(model, err);
    pthread_mutex_unlock(&self->service->models.lock);
    return status == BP_OK ? bp_snapshot_digest(out->snapshot, out->sha256, err) : status;
}

static bp_status store_pin(const version_change *self, const bp_model *model,
                           const bp_version_info *version, bp_error *err) {
    const bp_model_info info = describe_with(model, version->created_at, version->snapshot);
    bp_store_batch *batch = NULL;
    bp_status status = bp_journal_batch(self->service, &batch, err);
    if (status == BP_OK && batch != NULL) {
        status = bp_record_add_version(batch, version->name, &info, err);
    }
    if (status == BP_OK) {
        status = bp_commit_hook_call(self->hook, version, batch, err);
    }
    return bp_service_end_batch(self->service, batch, status, err);
}

static bp_status pin(void *context, bp_registry_entry *entry, bp_error *err) {
    const version_change *self = context;
    bp_model *model = (bp_model *)entry;
    bp_version_info made = {.created_at = bp_clock_wall_seconds()};
    snprintf(made.name, sizeof made.name, "%s", self->name);
    bp_status status = begin_pin(self, model, &made, err);
    if (status == BP_OK) {
        status = store_pin(self, model, &made, err);
    }
    if (status != BP_OK) {
        bp_version_info_clear(&made);
        return status;
    }
    pthread_mutex_lock(&self->service->models.lock);
    insert_locked(model, &made);
    pthread_mutex_unlock(&self->service->models.lock);
    return BP_OK;
}

static bp_status release(void *context, bp_registry_entry *entry, bp_error *err) {
    const version_change *self = context;
    bp_model *model = (bp_model *)entry;
    bp_store_batch *batch = NULL;
    if (find_for(self, model, err) == NULL) {
        return BP_NOT_FOUND;
    }
    bp_status status = bp_journal_batch(self->service, &batch, err);
    if (status == BP_OK && batch != NULL) {
        status = bp_record_drop_version(batch, entry->name, self->name, err);
    }
    status = bp_service_end_batch(self->service, batch, status, err);
    if (status == BP_OK) {
        pthread_mutex_lock(&self->service->models.lock);
        remove_locked(model, self->name);
        pthread_mutex_unlock(&self->service->models.lock);
    }
    return status;
}

/* No unfinished job uses the model, so that nobody else writes its weights. */
static bp_status restore(void *context, bp_registry_entry *entry, bp_error *err) {
    const version_change *self = context;
    bp_model *model = (bp_model *)entry;
    const bp_version_info *version = find_for(self, model, err);
    bp_store_batch *batch = NULL;
    if (version == NULL) {
        return BP_NOT_FOUND;
    }
    const bp_model_info info = describe_with(model, entry->created_at, version->snapshot);
    bp_status status = bp_journal_batch(self->service, &batch, err);
    if (status == BP_OK && batch != NULL) {
        status = bp_record_add_model(batch, &info, err);
    }
    status = bp_service_end_batch(self->service, batch, status, err);
    if (status == BP_OK) {
        bp_model_publish(self->service, model, bp_snapshot_ref(version->snapshot));
    }
    return status;
}

bp_status bp_service_pin_version(bp_service *service, const char *model, const char *name,
                                 const bp_commit_hook *hook, bp_error *err) {
    version_change self = {.service = service, .name = name, .hook = hook};
    const bp_registry_write write = {.persist = pin, .context = &self};
    bp_status status = bp_registry_check_name(name, err);
    return status == BP_OK ? bp_registry_edit(&service->models, model, &write, err) : status;
}

bp_status bp_service_release_version(bp_service *service, const char *model, const char *name,
                                     bp_error *err) {
    version_change self = {.service = service, .name = name};
    const bp_registry_write write = {.persist = release, .context = &self};
    return bp_registry_edit(&service->models, model, &write, err);
}

bp_status bp_service_restore_version(bp_service *service, const char *model, const char *name,
                                     bp_error *err) {
    version_change self = {.service = service, .name = name};
    const bp_registry_write write = {.persist = restore, .context = &self, .unused = true};
    return bp_registry_edit(&service->models, model, &write, err);
}

/* --- reading -------------------------------------------------------------------------------- */

typedef struct lookup {
    const bp_registry *models;
    const char *name;
    void *out;
    bp_status status;
    bp_error *err;
} lookup;

static void copy_locked(bp_version_info *out, const bp_version_info *version) {
    *out = *version;
    bp_snapshot_ref(out->snapshot);
}

static void get_version_locked(bp_registry_entry *entry, void *context) {
    lookup *self = context;
    const bp_version_info *found = find((bp_model *)entry, self->name);
    if (found == NULL) {
        self->status = fail_not_found_locked((bp_model *)entry, self->name, self->err);
    } else {
        copy_locked(self->out, found);
    }
}

bp_status bp_service_get_version(bp_service *service, const char *model, const char *name,
                                 bp_version_info *out, bp_error *err) {
    lookup self = {.name = name, .out = out, .err = err};
    bp_status status = bp_registry_visit(&service->models, model, get_version_locked, &self, err);
    return status == BP_OK ? self.status : status;
}

static bool is_current_locked(const bp_model *model, const char *version) {
    char number[24] = "";
    if (model->snapshot != NULL) {
        snprintf(number, sizeof number, "%" PRIu64, model->snapshot->version);
    }
    return number[0] != '\0' && strcmp(number, version) == 0;
}

static void get_model_locked(bp_registry_entry *entry, void *context) {
    lookup *self = context;
    const bp_model *model = (bp_model *)entry;
    const bp_version_info *pinned = find(model, self->name);
    if (pinned == NULL && !is_current_locked(model, self->name)) {
        self->status = fail_not_found_locked(model, self->name, self->err);
        return;
    }
    bp_model_info *out = self->out;
    self->models->describe(entry, out);
    if (pinned != NULL) {
        bp_snapshot_unref(out->snapshot);
        out->snapshot = bp_snapshot_ref(pinned->snapshot);
    }
}

bp_status bp_service_get_model_at(bp_service *service, const char *model, const char *version,
                                  bp_model_info *out, bp_error *err) {
    lookup self = {.models = &service->models, .name = version, .out = out, .err = err};
    if (version == NULL) {
        return bp_service_get_model(service, model, out, err);
    }
    bp_status status = bp_registry_visit(&service->models, model, get_model_locked, &self, err);
    return status == BP_OK ? self.status : status;
}

static void list_locked(bp_registry_entry *entry, void *context) {
    bp_version_page *page = context;
    const bp_model *model = (bp_model *)entry;
    size_t index = 0;
    if (page->after != NULL) {
        index = lower_bound(model, page->after) + (find(model, page->after) != NULL);
    }
    page->count = 0;
    while (index < model->version_count && page->count < page->limit) {
        copy_locked(&page->infos[page->count++], &model->versions[index++]);
    }
    page->more = index < model->version_count;
}

bp_status bp_service_list_versions(bp_service *service, const char *model, bp_version_page *page,
                                   bp_error *err) {
    return bp_registry_visit(&service->models, model, list_locked, page, err);
}

/* --- loading -------------------------------------------------------------------------------- */

static void attach_locked(bp_registry_entry *entry, void *context) {
    lookup *self = context;
    self->status = reserve_locked((bp_model *)entry, self->err);
    if (self->status == BP_OK) {
        insert_locked((bp_model *)entry, self->out);
    }
}

/* Gives the version to its model, with the reference. */
static bp_status attach(bp_service *service, const char *model, bp_version_info *version,
                        bp_error *err) {
    lookup self = {.out = version, .err = err};
    bp_status status = bp_registry_visit(&service->models, model, attach_locked, &self, err);
    return status == BP_OK ? self.status : status;
}

/* "MODEL@VERSION", as the record is called. */
static bool split_name(const char *name, char model[BP_NAME_SIZE], char version[BP_NAME_SIZE]) {
    const char *sign = strchr(name, '@');
    const size_t size = sign != NULL ? (size_t)(sign - name) : 0;
    if (size == 0 || size >= BP_NAME_SIZE || strlen(sign + 1) >= BP_NAME_SIZE) {
        return false;
    }
    memcpy(model, name, size);
    model[size] = '\0';
    snprintf(version, BP_NAME_SIZE, "%s", sign + 1);
    return true;
}

static bp_status load_one(void *context, const bp_store_object *object, bp_error *err) {
    char model[BP_NAME_SIZE];
    bp_version_info version = {0};
    bp_model_info info = {0};
    bp_status status = bp_record_read_model(object, &info, err);
    if (status != BP_OK) {
        return status;
    }
    version.created_at = info.created_at;
    version.snapshot = info.snapshot;
    if (version.snapshot == NULL || !split_name(object->name, model, version.name)) {
        status = bp_record_fail(object, "version", err);
    }
    if (status == BP_OK) {
        status = bp_snapshot_digest(version.snapshot, version.sha256, err);
    }
    if (status == BP_OK) {
        status = attach(context, model, &version, err);
    }
    if (status != BP_OK) {
        bp_version_info_clear(&version);
    }
    return status == BP_NOT_FOUND ? bp_record_fail(object, "version", err) : status;
}

bp_status bp_service_load_versions(bp_service *service, bp_error *err) {
    return bp_store_load(service->store, BP_STORE_VERSION, load_one, service, err);
}
