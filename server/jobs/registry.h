/* A table of named, reference-counted objects, sorted by name: the models, the data sets.
 *
 * Two locks. `lock` guards the table, every entry's users and what it holds, is held for moments
 * and never across a store write; readers need only this one. `writing` is held across a store
 * write by the slow threads that create, replace and delete, so that what is durable and what is
 * shown change in the same order. Who needs both takes `writing` first. */
#ifndef BP_REGISTRY_H
#define BP_REGISTRY_H

#include <pthread.h>
#include <stdatomic.h>

#include "id_list.h"
#include "service.h"

typedef struct bp_registry_entry bp_registry_entry;

/* The head of an object in a registry. */
struct bp_registry_entry {
    char name[BP_NAME_SIZE];
    double created_at;
    atomic_uint references;
    bp_id_list users; /* ids of the unfinished jobs; guarded by registry->lock */
    bool changing;    /* being replaced or deleted: takes no new users; guarded by registry->lock */
    void (*destroy)(bp_registry_entry *entry); /* frees the whole object */
};

/* Fills name, created_at and one reference, the caller's. */
void bp_registry_entry_init(bp_registry_entry *entry, const char *name, double created_at,
                            void (*destroy)(bp_registry_entry *entry));
bp_registry_entry *bp_registry_entry_ref(bp_registry_entry *entry);
void bp_registry_entry_unref(bp_registry_entry *entry); /* NULL is allowed */

typedef struct bp_registry {
    const char *noun;  /* "model", for messages */
    const char *field; /* "/model": where a job names it */
    /* Copies an entry to the caller's info; called with `lock` held. */
    void (*describe)(bp_registry_entry *entry, void *info);
    pthread_mutex_t lock;
    pthread_mutex_t writing;
    size_t count, capacity;
    bp_registry_entry **entry; /* [count], each a reference */
} bp_registry;

void bp_registry_init(bp_registry *registry, const char *noun, const char *field,
                      void (*describe)(bp_registry_entry *entry, void *info));
/* No other call may be under way. */
void bp_registry_clear(bp_registry *registry);

/* INVALID "/name": not of the form that service.h gives. */
BP_NODISCARD bp_status bp_registry_check_name(const char *name, bp_error *err);

/* --- reading: any thread, takes `lock` -------------------------------------------------------- */

size_t bp_registry_count(bp_registry *registry);
/* NOT_FOUND. */
BP_NODISCARD bp_status bp_registry_get(bp_registry *registry, const char *name, void *info,
                                       bp_error *err);

/* Calls `visit` with `lock` held. NOT_FOUND. */
BP_NODISCARD bp_status bp_registry_visit(bp_registry *registry, const char *name,
                                         void (*visit)(bp_registry_entry *entry, void *context),
                                         void *context, bp_error *err);

typedef struct bp_registry_page {
    const char *after; /* NULL: from the first */
    size_t limit;
    void *infos; /* [limit], each of info_size bytes */
    size_t info_size;
    size_t count; /* out */
    bool more;    /* out */
} bp_registry_page;
void bp_registry_list(bp_registry *registry, bp_registry_page *page);

/* --- use by jobs: any thread, takes `lock` ---------------------------------------------------- */

/* Notes that job `id` uses the object and gives a reference. NOT_FOUND with the registry's field;
 * CONFLICT: it is being replaced or deleted right now. NO_MEMORY. */
BP_NODISCARD bp_status bp_registry_use(bp_registry *registry, const char *name, uint64_t id,
                                       bp_registry_entry **out, bp_error *err);
/* Ends the use and drops the reference; NULL is allowed. */
void bp_registry_release(bp_registry *registry, bp_registry_entry *entry, uint64_t id);

/* --- writing: slow threads, take `writing` and for moments `lock` ----------------------------- */

/* Makes the change durable; called with `writing` held and `lock` not. */
typedef bp_status (*bp_registry_persist)(void *context, bp_registry_entry *entry, bp_error *err);
typedef struct bp_registry_write {
    bp_registry_persist persist; /* NULL: it is durable already */
    void *context;
    bool replace; /* put: an object of that name may be there */
    bool unused;  /* edit: only while no unfinished job uses it */
    /* Whether the put may be, before anything is written; `old` NULL: nothing of that name is
     * there. Holds `writing` and `lock`. NULL: it may. */
    bp_status (*check)(void *context, const bp_registry_entry *old, bp_error *err);
    bool replaced; /* out */
} bp_registry_write;

/* Persists and then shows the entry, whose reference it takes on success. EXISTS "/name" (without
 * replace); CONFLICT: an unfinished job uses what is there; and what `persist` says: then nothing
 * has changed. */
BP_NODISCARD bp_status bp_registry_put(bp_registry *registry, bp_registry_entry *entry,
                                       bp_registry_write *write, bp_error *err);
/* Persists the removal and then removes. NOT_FOUND, CONFLICT, and what `persist` says. */
BP_NODISCARD bp_status bp_registry_remove(bp_registry *registry, const char *name,
                                          bp_registry_write *write, bp_error *err);
/* Persists a change of what the object holds, which `persist` also shows, with `lock`, when it is
 * durable; no other write of the registry is under way meanwhile. NOT_FOUND; CONFLICT (unused): an
 * unfinished job uses it; and what `persist` says. */
BP_NODISCARD bp_status bp_registry_edit(bp_registry *registry, const char *name,
                                        const bp_registry_write *write, bp_error *err);

#endif
