#include "registry.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"

/* --- entries -------------------------------------------------------------------------------- */

void bp_registry_entry_init(bp_registry_entry *entry, const char *name, double created_at,
                            void (*destroy)(bp_registry_entry *entry)) {
    snprintf(entry->name, sizeof entry->name, "%s", name);
    entry->created_at = created_at;
    entry->users = (bp_id_list){0};
    entry->changing = false;
    entry->destroy = destroy;
    atomic_init(&entry->references, 1);
}

bp_registry_entry *bp_registry_entry_ref(bp_registry_entry *entry) {
    /* Relaxed: whoever calls this holds a reference or the registry's lock. */
    atomic_fetch_add_explicit(&entry->references, 1, memory_order_relaxed);
    return entry;
}

void bp_registry_entry_unref(bp_registry_entry *entry) {
    /* Acquire-release: the last holder frees after every use by the holders before it. */
    if (entry != NULL &&
        atomic_fetch_sub_explicit(&entry->references, 1, memory_order_acq_rel) == 1) {
        bp_id_list_clear(&entry->users);
        entry->destroy(entry);
    }
}

/* --- the table ------------------------------------------------------------------------------ */

void bp_registry_init(bp_registry *registry, const char *noun, const char *field,
                      void (*describe)(bp_registry_entry *entry, void *info)) {
    *registry = (bp_registry){.noun = noun, .field = field, .describe = describe};
    pthread_mutex_init(&registry->lock, NULL);
    pthread_mutex_init(&registry->writing, NULL);
}

void bp_registry_clear(bp_registry *registry) {
    for (size_t i = 0; i < registry->count; i++) {
        bp_registry_entry_unref(registry->entry[i]);
    }
    free(registry->entry);
    pthread_mutex_destroy(&registry->writing);
    pthread_mutex_destroy(&registry->lock);
    *registry = (bp_registry){0};
}

bp_status bp_registry_check_name(const char *name, bp_error *err) {
    static const char first[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    static const char others[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
    size_t size = strlen(name);
    if (size == 0 || size >= BP_NAME_SIZE || strchr(first, name[0]) == NULL ||
        strspn(name, others) != size) {
        return bp_fail(err, BP_INVALID, "/name",
                       "a name has 1 to %d letters, digits, '.', '_' or '-' and begins with a"
                       " letter or digit",
                       BP_NAME_SIZE - 1);
    }
    return BP_OK;
}

/* Index of the first entry whose name is not below `name`. Holds registry->lock. */
static size_t lower_bound_locked(const bp_registry *registry, const char *name) {
    size_t low = 0;
    for (size_t high = registry->count; low < high;) {
        size_t middle = low + (high - low) / 2;
        if (strcmp(registry->entry[middle]->name, name) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

/* Holds registry->lock. NULL: not there. */
static bp_registry_entry *find_locked(const bp_registry *registry, const char *name) {
    size_t index = lower_bound_locked(registry, name);
    return index < registry->count && strcmp(registry->entry[index]->name, name) == 0
               ? registry->entry[index]
               : NULL;
}

/* Holds registry->lock. */
static bp_status reserve_locked(bp_registry *registry, bp_error *err) {
    if (registry->count < registry->capacity) {
        return BP_OK;
    }
    size_t capacity = registry->capacity == 0 ? 16 : registry->capacity * 2;
    bp_registry_entry **entry = realloc(registry->entry, capacity * sizeof(bp_registry_entry *));
    if (entry == NULL) {
        return bp_fail(err, BP_NO_MEMORY, NULL, "no memory for %zu entries", capacity);
    }
    registry->entry = entry;
    registry->capacity = capacity;
    return BP_OK;
}

/* Takes the caller's reference; returns the entry that had the name, or NULL. Into reserved room.
 * Holds registry->lock. */
static bp_registry_entry *insert_locked(bp_registry *registry, bp_registry_entry *entry) {
    size_t index = lower_bound_locked(registry, entry->name);
    bp_registry_entry **place = registry->entry + index;
    if (index < registry->count && strcmp((*place)->name, entry->name) == 0) {
        bp_registry_entry *old = *place;
        *place = entry;
        return old;
    }
    memmove(place + 1, place, (registry->count - index) * sizeof(bp_registry_entry *));
    *place = entry;
    registry->count++;
    return NULL;
}

/* The table's reference becomes the caller's. Holds registry->lock. */
static void remove_locked(bp_registry *registry, const char *name) {
    size_t index = lower_bound_locked(registry, name);
    bp_registry_entry **place = registry->entry + index;
    registry->count--;
    memmove(place, place + 1, (registry->count - index) * sizeof(bp_registry_entry *));
}

static bp_status fail_not_found(const bp_registry *registry, const char *field, const char *name,
                                bp_error *err) {
    return bp_fail(err, BP_NOT_FOUND, field, "there is no %s '%.80s'", registry->noun, name);
}

/* --- reading -------------------------------------------------------------------------------- */

size_t bp_registry_count(bp_registry *registry) {
    pthread_mutex_lock(&registry->lock);
    size_t count = registry->count;
    pthread_mutex_unlock(&registry->lock);
    return count;
}

bp_status bp_registry_visit(bp_registry *registry, const char *name,
                            void (*visit)(bp_registry_entry *entry, void *context), void *context,
                            bp_error *err) {
    pthread_mutex_lock(&registry->lock);
    bp_registry_entry *entry = find_locked(registry, name);
    if (entry != NULL) {
        visit(entry, context);
    }
    pthread_mutex_unlock(&registry->lock);
    return entry != NULL ? BP_OK : fail_not_found(registry, NULL, name, err);
}

bp_status bp_registry_get(bp_registry *registry, const char *name, void *info, bp_error *err) {
    return bp_registry_visit(registry, name, registry->describe, info, err);
}

void bp_registry_list(bp_registry *registry, bp_registry_page *page) {
    pthread_mutex_lock(&registry->lock);
    size_t index = 0;
    if (page->after != NULL) {
        index = lower_bound_locked(registry, page->after);
        index += index < registry->count && strcmp(registry->entry[index]->name, page->after) == 0;
    }
    char *info = page->infos;
    page->count = 0;
    for (; index < registry->count && page->count < page->limit; index++, page->count++) {
        registry->describe(registry->entry[index], info);
        info += page->info_size;
    }
    page->more = index < registry->count;
    pthread_mutex_unlock(&registry->lock);
}

/* --- use by jobs ---------------------------------------------------------------------------- */

/* Holds registry->lock. */
static bp_status use_locked(bp_registry *registry, const char *name, uint64_t id,
                            bp_registry_entry **out, bp_error *err) {
    bp_registry_entry *entry = find_locked(registry, name);
    if (entry == NULL) {
        return fail_not_found(registry, registry->field, name, err);
    }
    if (entry->changing) {
        return bp_fail(err, BP_CONFLICT, registry->field,
                       "%s '%s' is being replaced or deleted right now", registry->noun, name);
    }
    bp_status status = bp_id_list_reserve(&entry->users, err);
    if (status == BP_OK) {
        bp_id_list_insert(&entry->users, id, NULL);
        *out = bp_registry_entry_ref(entry);
    }
    return status;
}

bp_status bp_registry_use(bp_registry *registry, const char *name, uint64_t id,
                          bp_registry_entry **out, bp_error *err) {
    pthread_mutex_lock(&registry->lock);
    bp_status status = use_locked(registry, name, id, out, err);
    pthread_mutex_unlock(&registry->lock);
    return status;
}

void bp_registry_release(bp_registry *registry, bp_registry_entry *entry, uint64_t id) {
    if (entry == NULL) {
        return;
    }
    pthread_mutex_lock(&registry->lock);
    bp_id_list_remove(&entry->users, id);
    pthread_mutex_unlock(&registry->lock);
    bp_registry_entry_unref(entry);
}

/* --- writing -------------------------------------------------------------------------------- */

/* Holds registry->lock. */
static bp_status check_unused_locked(const bp_registry *registry, const bp_registry_entry *entry,
                                     bp_error *err) {
    if (entry->users.count == 0) {
        return BP_OK;
    }
    return bp_fail(err, BP_CONFLICT, NULL,
                   "%s '%s' is used by job %" PRIu64 ", which has not ended", registry->noun,
                   entry->name, entry->users.item[0].id);
}

/* Holds registry->writing and not the lock. */
static bp_status persist(const bp_registry_write *write, bp_registry_entry *entry, bp_error *err) {
    return write->persist != NULL ? write->persist(write->context, entry, err) : BP_OK;
}

/* Whether the entry may be put; marks the one it replaces as changing. Holds registry->lock. */
static bp_status begin_put_locked(bp_registry *registry, const bp_registry_entry *entry,
                                  const bp_registry_write *write, bp_registry_entry **old,
                                  bp_error *err) {
    *old = find_locked(registry, entry->name);
    bp_status status = write->check != NULL ? write->check(write->context, *old, err) : BP_OK;
    if (status != BP_OK) {
        return status;
    }
    if (*old == NULL) {
        return reserve_locked(registry, err);
    }
    if (!write->replace) {
        return bp_fail(err, BP_EXISTS, "/name", "there is a %s '%s' already", registry->noun,
                       entry->name);
    }
    status = check_unused_locked(registry, *old, err);
    if (status == BP_OK) {
        (*old)->changing = true;
    }
    return status;
}

bp_status bp_registry_put(bp_registry *registry, bp_registry_entry *entry, bp_registry_write *write,
                          bp_error *err) {
    bp_registry_entry *old = NULL;
    pthread_mutex_lock(&registry->writing);
    pthread_mutex_lock(&registry->lock);
    bp_status status = begin_put_locked(registry, entry, write, &old, err);
    pthread_mutex_unlock(&registry->lock);
    if (status == BP_OK) {
        status = persist(write, entry, err);
        pthread_mutex_lock(&registry->lock);
        if (old != NULL) {
            old->changing = false;
        }
        if (status == BP_OK) {
            insert_locked(registry, entry);
        }
        pthread_mutex_unlock(&registry->lock);
    }
    pthread_mutex_unlock(&registry->writing);
    if (status == BP_OK) {
        write->replaced = old != NULL;
        bp_registry_entry_unref(old);
    }
    return status;
}

/* Marks the entry, which no job uses, as changing. Holds registry->lock. */
static bp_status begin_remove_locked(bp_registry *registry, const char *name,
                                     bp_registry_entry **out, bp_error *err) {
    bp_registry_entry *entry = find_locked(registry, name);
    if (entry == NULL) {
        return fail_not_found(registry, NULL, name, err);
    }
    bp_status status = check_unused_locked(registry, entry, err);
    if (status == BP_OK) {
        entry->changing = true;
        *out = entry;
    }
    return status;
}

bp_status bp_registry_remove(bp_registry *registry, const char *name, bp_registry_write *write,
                             bp_error *err) {
    bp_registry_entry *entry = NULL;
    pthread_mutex_lock(&registry->writing);
    pthread_mutex_lock(&registry->lock);
    bp_status status = begin_remove_locked(registry, name, &entry, err);
    pthread_mutex_unlock(&registry->lock);
    if (status == BP_OK) {
        status = persist(write, entry, err);
        pthread_mutex_lock(&registry->lock);
        entry->changing = false;
        if (status == BP_OK) {
            remove_locked(registry, entry->name);
        }
        pthread_mutex_unlock(&registry->lock);
    }
    pthread_mutex_unlock(&registry->writing);
    if (status == BP_OK) {
        bp_registry_entry_unref(entry);
    }
    return status;
}

/* Marks the entry as changing, where it may not be used. Holds registry->lock. */
static bp_status begin_edit_locked(bp_registry *registry, const char *name, bool unused,
                                   bp_registry_entry **out, bp_error *err) {
    if (unused) {
        return begin_remove_locked(registry, name, out, err);
    }
    *out = find_locked(registry, name);
    return *out != NULL ? BP_OK : fail_not_found(registry, NULL, name, err);
}

bp_status bp_registry_edit(bp_registry *registry, const char *name, const bp_registry_write *write,
                           bp_error *err) {
    bp_registry_entry *entry = NULL;
    pthread_mutex_lock(&registry->writing);
    pthread_mutex_lock(&registry->lock);
    bp_status status = begin_edit_locked(registry, name, write->unused, &entry, err);
    pthread_mutex_unlock(&registry->lock);
    if (status == BP_OK) {
        status = persist(write, entry, err);
        pthread_mutex_lock(&registry->lock);
        entry->changing = false;
        pthread_mutex_unlock(&registry->lock);
    }
    pthread_mutex_unlock(&registry->writing);
    return status;
}
