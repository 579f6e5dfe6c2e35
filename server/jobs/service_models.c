#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "job_journal.h"
#include "records.h"
#include "service_state.h"

static void destroy(bp_registry_entry *entry) {
    bp_model *model = (bp_model *)entry;
    bp_snapshot_unref(model->snapshot);
    bp_model_clear_versions(model);
    free(model);
}

/* Holds models.lock. */
static void describe(bp_registry_entry *entry, void *info) {
    const bp_model *model = (bp_model *)entry;
    bp_model_info *out = info;
    *out = (bp_model_info){
        .created_at = entry->created_at,
        .spec = model->spec,
        .snapshot = model->snapshot != NULL ? bp_snapshot_ref(model->snapshot) : NULL,
        .jobs = entry->users.count,
    };
    memcpy(out->name, entry->name, sizeof out->name);
}

void bp_service_models_init(bp_service *service) {
    bp_registry_init(&service->models, "model", "/model", describe);
}

void bp_model_info_clear(bp_model_info *info) {
    bp_snapshot_unref(info->snapshot);
    *info = (bp_model_info){0};
}

/* Takes the info's snapshot. */
static bp_status new_model(bp_model **out, bp_model_info *info, bp_error *err) {
    bp_model *model = calloc(1, sizeof *model);
    if (model == NULL) {
        return bp_fail(err, BP_NO_MEMORY, NULL, "no memory for a model");
    }
    bp_registry_entry_init(&model->entry, info->name, info->created_at, destroy);
    model->spec = info->spec;
    model->snapshot = info->snapshot;
    info->snapshot = NULL;
    *out = model;
    return BP_OK;
}

/* --- the current snapshot ------------------------------------------------------------------- */

bp_snapshot *bp_model_current(bp_service *service, bp_model *model) {
    pthread_mutex_lock(&service->models.lock);
    bp_snapshot *current = model->snapshot != NULL ? bp_snapshot_ref(model->snapshot) : NULL;
    pthread_mutex_unlock(&service->models.lock);
    return current;
}

void bp_model_publish(bp_service *service, bp_model *model, bp_snapshot *snapshot) {
    pthread_mutex_lock(&service->models.lock);
    bp_snapshot *old = model->snapshot;
    model->snapshot = snapshot;
    pthread_mutex_unlock(&service->models.lock);
    bp_snapshot_unref(old);
}

/* --- create and delete ---------------------------------------------------------------------- */

typedef struct creation {
    bp_service *service;
    const bp_commit_hook *hook;
} creation;

static bp_status persist(void *context, bp_registry_entry *entry, bp_error *err) {
    const creation *self = context;
    bp_store_batch *batch = NULL;
    bp_model_info info;
    describe(entry, &info); /* nobody else sees it yet */
    bp_status status = bp_journal_batch(self->service, &batch, err);
    if (status == BP_OK && batch != NULL) {
        status = bp_record_add_model(batch, &info, err);
    }
    if (status == BP_OK) {
        status = bp_commit_hook_call(self->hook, &info, batch, err);
    }
    bp_model_info_clear(&info);
    return bp_service_end_batch(self->service, batch, status, err);
}

/* Initial weights, where the spec leaves no size open. */
static bp_status draw_weights(bp_model_info *info, bp_error *err) {
    const bp_model_spec *spec = &info->spec;
    size_t outputs = spec->layers[spec->layer_count - 1].units;
    if (spec->inputs == 0 || outputs == 0) {
        return BP_OK;
    }
    bp_network network;
    bp_status status = bp_network_resolve(&network, spec, spec->inputs, outputs, err);
    return status == BP_OK ? bp_snapshot_new(&info->snapshot, spec, &network, err) : status;
}

bp_status bp_service_create_model(bp_service *service, const char *name, const bp_model_spec *spec,
                                  bp_error *err) {
    return bp_service_create_model_with(service, name, spec, NULL, err);
}

bp_status bp_service_create_model_with(bp_service *service, const char *name,
                                       const bp_model_spec *spec, const bp_commit_hook *hook,
                                       bp_error *err) {
    creation self = {.service = service, .hook = hook};
    bp_status status = bp_model_spec_check(spec, err);
    return status == BP_OK ? bp_model_create_with(service, name, spec, persist, &self, err)
                           : status;
}

bp_status bp_model_create_with(bp_service *service, const char *name, const bp_model_spec *spec,
                               bp_registry_persist how, void *context, bp_error *err) {
    bp_status status = bp_registry_check_name(name, err);
    if (status != BP_OK) {
        return status;
    }
    bp_model *model = NULL;
    bp_model_info info = {.created_at = bp_clock_wall_seconds(), .spec = *spec};
    snprintf(info.name, sizeof info.name, "%s", name);
    status = draw_weights(&info, err);
    if (status == BP_OK) {
        status = new_model(&model, &info, err);
    }
    bp_model_info_clear(&info);
    if (status != BP_OK) {
        return status;
    }
    bp_registry_write write = {.persist = how, .context = context};
    status = bp_registry_put(&service->models, &model->entry, &write, err);
    if (status != BP_OK) {
        bp_registry_entry_unref(&model->entry);
    }
    return status;
}

static bp_status persist_removal(void *context, bp_registry_entry *entry, bp_error *err) {
    bp_service *service = context;
    bp_store_batch *batch = NULL;
    bp_status status = bp_journal_batch(service, &batch, err);
    if (status == BP_OK && batch != NULL) {
        status = bp_store_batch_delete(batch, BP_STORE_MODEL, entry->name, err);
    }
    if (status == BP_OK && batch != NULL) {
        status = bp_model_forget_versions(batch, (bp_model *)entry, err);
    }
    return bp_service_end_batch(service, batch, status, err);
}

bp_status bp_service_delete_model(bp_service *service, const char *name, bp_error *err) {
    bp_registry_write write = {.persist = persist_removal, .context = service};
    return bp_registry_remove(&service->models, name, &write, err);
}

/* --- read ----------------------------------------------------------------------------------- */

bp_status bp_service_get_model(bp_service *service, const char *name, bp_model_info *out,
                               bp_error *err) {
    return bp_registry_get(&service->models, name, out, err);
}

bp_status bp_service_list_models(bp_service *service, const char *after, size_t limit,
                                 bp_model_info *out, size_t *count, bool *more, bp_error *err) {
    bp_registry_page page = {
        .after = after, .limit = limit, .infos = out, .info_size = sizeof *out};
    (void)err;
    bp_registry_list(&service->models, &page);
    *count = page.count;
    *more = page.more;
    return BP_OK;
}

/* --- loading -------------------------------------------------------------------------------- */

static bp_status load_one(void *context, const bp_store_object *object, bp_error *err) {
    bp_service *service = context;
    bp_model *model = NULL;
    bp_model_info info = {0};
    bp_status status = bp_record_read_model(object, &info, err);
    if (status == BP_OK) {
        status = new_model(&model, &info, err);
    }
    bp_model_info_clear(&info);
    if (status != BP_OK) {
        return status;
    }
    bp_registry_write write = {.persist = NULL}; /* it comes from the store */
    status = bp_registry_put(&service->models, &model->entry, &write, err);
    if (status != BP_OK) {
        bp_registry_entry_unref(&model->entry);
    }
    return status;
}

bp_status bp_service_load_models(bp_service *service, bp_error *err) {
    return bp_store_load(service->store, BP_STORE_MODEL, load_one, service, err);
}
