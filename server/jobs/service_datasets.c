#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "records.h"
#include "service_state.h"

static void destroy(bp_registry_entry *entry) {
    bp_stored_dataset *stored = (bp_stored_dataset *)entry;
    bp_dataset_unref(stored->dataset);
    free(stored);
}

/* Holds datasets.lock. */
static void describe(bp_registry_entry *entry, void *info) {
    const bp_stored_dataset *stored = (bp_stored_dataset *)entry;
    bp_dataset_info *out = info;
    *out = (bp_dataset_info){
        .created_at = entry->created_at,
        .dataset = bp_dataset_ref(stored->dataset),
        .jobs = entry->users.count,
    };
    memcpy(out->name, entry->name, sizeof out->name);
}

void bp_service_datasets_init(bp_service *service) {
    bp_registry_init(&service->datasets, "data set", "/dataset", describe);
}

void bp_dataset_info_clear(bp_dataset_info *info) {
    bp_dataset_unref(info->dataset);
    *info = (bp_dataset_info){0};
}

/* --- create, replace, delete ---------------------------------------------------------------- */

/* A new entry of these facts takes its name in the registry; `persist` makes it durable. */
static bp_status put(bp_service *service, const bp_dataset_info *info, bp_registry_write *write,
                     bp_error *err) {
    bp_stored_dataset *stored = calloc(1, sizeof *stored);
    if (stored == NULL) {
        return bp_fail(err, BP_NO_MEMORY, NULL, "no memory for a data set");
    }
    bp_registry_entry_init(&stored->entry, info->name, info->created_at, destroy);
    stored->dataset = bp_dataset_ref(info->dataset);
    bp_status status = bp_registry_put(&service->datasets, &stored->entry, write, err);
    if (status != BP_OK) {
        bp_registry_entry_unref(&stored->entry);
    }
    return status;
}

/* What a data set is put with. */
typedef struct putting {
    bp_service *service;
    bp_store_draft *draft; /* NULL: none */
    const char *expected;  /* as in bp_dataset_put */
} putting;

/* The data set as it lies in its blob, in place of one whose x lies there and the rest in memory.
 */
static bp_status take_stored(void *context, const bp_store_object *object, bp_error *err) {
    bp_stored_dataset *stored = context;
    bp_dataset_info info = {0};
    bp_status status = bp_record_read_dataset(object, &info, err);
    if (status == BP_OK) {
        /* Relaxed: no other thread has it yet. What was just written needs no check. */
        atomic_store_explicit(&info.dataset->is_unchecked, false, memory_order_relaxed);
        bp_dataset_unref(stored->dataset);
        stored->dataset = info.dataset;
    }
    return status;
}

static bp_status persist(void *context, bp_registry_entry *entry, bp_error *err) {
    const putting *put_with = context;
    bp_store *store = put_with->service->store;
    bp_stored_dataset *stored = (bp_stored_dataset *)entry;
    bp_dataset_info info = {.created_at = entry->created_at, .dataset = stored->dataset};
    memcpy(info.name, entry->name, sizeof info.name);
    bp_status status = bp_record_put_dataset(store, &info, put_with->draft, err);
    if (status == BP_OK && put_with->draft != NULL &&
        info.dataset->mapping_size > BP_STORE_LARGE_BLOB) {
        const bp_store_object key = {.kind = BP_STORE_DATASET, .name = entry->name};
        bp_status taken = bp_store_load_one(store, &key, take_stored, stored, NULL);
        (void)taken; /* where it fails, the one that is there is as good */
    }
    return status;
}

/* `sha256` of the one that is there; NULL: none. */
static bp_status compare(const char *expected, const char *sha256, bp_error *err) {
    const bool any = expected != NULL && strcmp(expected, "*") == 0;
    if (expected == NULL || (any && sha256 != NULL) ||
        strcmp(expected, sha256 != NULL ? sha256 : "") == 0) {
        return BP_OK;
    }
    if (sha256 == NULL) {
        return bp_fail(err, BP_PRECONDITION, NULL, "there is no such data set");
    }
    return bp_fail(err, BP_PRECONDITION, NULL, "the data set is there, with the tag \"%s\"",
                   sha256);
}

static bp_status check_expected(void *context, const bp_registry_entry *old, bp_error *err) {
    const bp_stored_dataset *stored = (const bp_stored_dataset *)old;
    return compare(((const putting *)context)->expected,
                   stored != NULL ? stored->dataset->sha256 : NULL, err);
}

bp_status bp_service_expect_dataset(bp_service *service, const char *name, const char *expected,
                                    bp_error *err) {
    bp_dataset_info info = {0};
    bool found = bp_service_get_dataset(service, name, &info, NULL) == BP_OK;
    bp_status status = compare(expected, found ? info.dataset->sha256 : NULL, err);
    bp_dataset_info_clear(&info);
    return status;
}

struct bp_dataset_draft {
    bp_store_draft *blob;
    int file; /* its */
};

/* Rows go to the file in the machine's order, which is to be that of the blob. */
bp_status bp_service_begin_dataset(bp_service *service, bp_dataset_draft **out, bp_error *err) {
    if (service->store == NULL || __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__) {
        *out = NULL;
        return BP_OK;
    }
    bp_dataset_draft *draft = malloc(sizeof *draft);
    if (draft == NULL) {
        return bp_fail(err, BP_NO_MEMORY, NULL, "no memory for a data set");
    }
    bp_status status = bp_store_draft_new(&draft->blob, service->store, err);
    if (status != BP_OK) {
        free(draft);
        return status;
    }
    draft->file = bp_store_draft_file(draft->blob);
    *out = draft;
    return BP_OK;
}

const int *bp_dataset_draft_file(const bp_dataset_draft *draft) {
    return draft != NULL ? &draft->file : NULL;
}

void bp_dataset_draft_free(bp_dataset_draft *draft) {
    if (draft != NULL) {
        bp_store_draft_free(draft->blob);
        free(draft);
    }
}

bp_status bp_service_put_dataset(bp_service *service, const char *name, bp_dataset *dataset,
                                 const bp_dataset_put *how, bool *created, bp_error *err) {
    static const bp_dataset_put anyhow = {0};
    bp_status status = bp_registry_check_name(name, err);
    if (status != BP_OK) {
        return status;
    }
    bp_dataset_info info = {.created_at = bp_clock_wall_seconds(), .dataset = dataset};
    snprintf(info.name, sizeof info.name, "%s", name);
    how = how != NULL ? how : &anyhow;
    putting with = {.service = service,
                    .draft = how->draft != NULL ? how->draft->blob : NULL,
                    .expected = how->expected};
    bp_registry_write write = {
        .persist = persist, .context = &with, .replace = true, .check = check_expected};
    status = put(service, &info, &write, err);
    if (status == BP_OK) {
        *created = !write.replaced;
    }
    return status;
}

static bp_status persist_removal(void *context, bp_registry_entry *entry, bp_error *err) {
    bp_store *store = ((bp_service *)context)->store;
    return store != NULL ? bp_store_delete(store, BP_STORE_DATASET, entry->name, err) : BP_OK;
}

bp_status bp_service_delete_dataset(bp_service *service, const char *name, bp_error *err) {
    bp_registry_write write = {.persist = persist_removal, .context = service};
    return bp_registry_remove(&service->datasets, name, &write, err);
}

/* --- read ----------------------------------------------------------------------------------- */

bp_status bp_service_get_dataset(bp_service *service, const char *name, bp_dataset_info *out,
                                 bp_error *err) {
    return bp_registry_get(&service->datasets, name, out, err);
}

bp_status bp_service_list_datasets(bp_service *service, const char *after, size_t limit,
                                   bp_dataset_info *out, size_t *count, bool *more, bp_error *err) {
    bp_registry_page page = {
        .after = after, .limit = limit, .infos = out, .info_size = sizeof *out};
    (void)err;
    bp_registry_list(&service->datasets, &page);
    *count = page.count;
    *more = page.more;
    return BP_OK;
}

/* --- loading -------------------------------------------------------------------------------- */

static bp_status load_one(void *context, const bp_store_object *object, bp_error *err) {
    bp_dataset_info info = {0};
    bp_status status = bp_record_read_dataset(object, &info, err);
    if (status == BP_OK) {
        bp_registry_write write = {.persist = NULL}; /* it comes from the store */
        status = put(context, &info, &write, err);
    }
    bp_dataset_info_clear(&info);
    return status;
}

bp_status bp_service_load_datasets(bp_service *service, bp_error *err) {
    return bp_store_load(service->store, BP_STORE_DATASET, load_one, service, err);
}
