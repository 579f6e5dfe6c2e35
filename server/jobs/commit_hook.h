/* A word to say before something new becomes durable: who asked for it may make its answer of it,
 * and have that kept in the same batch. */
#ifndef BP_COMMIT_HOOK_H
#define BP_COMMIT_HOOK_H

#include "status.h"

typedef struct bp_store_batch bp_store_batch;

typedef struct bp_commit_hook {
    void *context;
    /* Called once, when all is good but not yet durable: `made` (a bp_model_info, bp_made_job or
     * bp_version_info, as the function that takes the hook says) is borrowed and as it will be,
     * `batch` holds it (NULL: nothing is kept), and what is added there is durable together with
     * it or not at all. A failure is the creation's. The creator's locks are held: it must not
     * call the service. */
    bp_status (*add)(void *context, const void *made, bp_store_batch *batch, bp_error *err);
} bp_commit_hook;

/* `hook` may be NULL. As its add. */
BP_NODISCARD static inline bp_status bp_commit_hook_call(const bp_commit_hook *hook,
                                                         const void *made, bp_store_batch *batch,
                                                         bp_error *err) {
    return hook != NULL ? hook->add(hook->context, made, batch, err) : BP_OK;
}

#endif
