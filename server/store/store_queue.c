/* The queue and the store's thread, which owns the catalogue. The thread takes everything that
 * waits, applies it in one transaction and reports the ends in the order of the queue: under load
 * many writes share one fsync. Each work stands in a savepoint of its own, so that a bad one fails
 * alone. Where the transaction as a whole fails and surely nothing of it stays (a full disk, no
 * memory), each half is tried by itself: what can be done is done, and the rest gets its own error.
 * After a failed fsync no change is tried again: the disk may have it or not, and all are told so.
 */
#include "store_state.h"

/* --- the store's thread --------------------------------------------------------------------- */

static bp_status attempt(bp_catalogue *catalogue, bp_store_work *work, bp_error *err) {
    bp_status status = bp_catalogue_mark(catalogue, err);
    if (status != BP_OK) {
        return status;
    }
    status = work->apply(catalogue, work, err);
    if (status == BP_OK) {
        status = bp_catalogue_keep(catalogue, err);
    }
    if (status != BP_OK && bp_catalogue_is_in_transaction(catalogue)) {
        bp_catalogue_undo(catalogue);
    }
    return status;
}

/* One transaction for the whole chain; each work has its own status where it succeeds. */
static bp_status transact(bp_catalogue *catalogue, bp_store_work *chain, bool *uncertain,
                          bp_error *err) {
    bp_status status = bp_catalogue_begin(catalogue, err);
    for (bp_store_work *each = chain; status == BP_OK && each != NULL; each = each->next) {
        bp_error error = {0};
        each->status = attempt(catalogue, each, &error);
        each->error = error;
        if (!bp_catalogue_is_in_transaction(catalogue)) {
            status = each->status;
            *err = error;
        }
    }
    if (status == BP_OK) {
        status = bp_catalogue_commit(catalogue, uncertain, err);
    }
    if (status != BP_OK) {
        bp_catalogue_rollback(catalogue);
    }
    return status;
}

static void settle(bp_store_work *chain, bp_status status, bool uncertain, const bp_error *error) {
    for (bp_store_work *each = chain; each != NULL; each = each->next) {
        if (each->status == BP_OK) {
            each->status = status;
            each->error = *error;
            each->uncertain = uncertain;
        }
    }
}

static void serve(bp_catalogue *catalogue, bp_store_work *chain);

static void serve_halves(bp_catalogue *catalogue, bp_store_work *chain) {
    bp_store_work *middle = chain;
    for (bp_store_work *end = chain->next; end->next != NULL && end->next->next != NULL;) {
        end = end->next->next;
        middle = middle->next;
    }
    bp_store_work *rest = middle->next;
    middle->next = NULL;
    serve(catalogue, chain);
    middle->next = rest;
    serve(catalogue, rest);
}

/* What changed nothing has nothing to do with a disk that did not keep the changes of others. */
static void serve_reads(bp_catalogue *catalogue, bp_store_work *chain) {
    for (bp_store_work *each = chain; each != NULL; each = each->next) {
        if (each->is_read && each->uncertain) {
            bp_store_work *next = each->next;
            each->next = NULL;
            each->uncertain = false;
            serve(catalogue, each);
            each->next = next;
        }
    }
}

static void serve(bp_catalogue *catalogue, bp_store_work *chain) {
    bp_error error = {0};
    bool uncertain = false;
    for (bp_store_work *each = chain; each != NULL; each = each->next) {
        each->status = BP_OK;
    }
    bp_status status = transact(catalogue, chain, &uncertain, &error);
    if (status == BP_OK) {
        return;
    }
    if (!uncertain && chain->next != NULL) {
        serve_halves(catalogue, chain);
    } else {
        const bool others = chain->next != NULL;
        settle(chain, status, uncertain, &error);
        if (others) {
            serve_reads(catalogue, chain);
        }
    }
}

static void wake(bp_store *store, bp_store_work *work) {
    pthread_mutex_lock(&store->lock);
    work->done = true;
    pthread_cond_signal(work->finished);
    pthread_mutex_unlock(&store->lock);
}

static void finish(bp_store *store, bp_store_work *chain) {
    while (chain != NULL) {
        bp_store_work *next = chain->next; /* once finished, the work may be gone */
        if (chain->finish != NULL) {
            chain->finish(chain);
        } else {
            wake(store, chain);
        }
        chain = next;
    }
}

/* Waits for work and takes all of it; NULL: closing and nothing left. */
static bp_store_work *take(bp_store *store) {
    pthread_mutex_lock(&store->lock);
    while (store->first == NULL && !store->closing) {
        pthread_cond_wait(&store->queued, &store->lock);
    }
    bp_store_work *chain = store->first;
    store->first = NULL;
    store->last = &store->first;
    pthread_mutex_unlock(&store->lock);
    return chain;
}

void *bp_store_serve(void *argument) {
    bp_store *store = argument;
    for (bp_store_work *chain; (chain = take(store)) != NULL;) {
        serve(store->catalogue, chain);
        finish(store, chain);
    }
    return NULL;
}

/* --- any thread ----------------------------------------------------------------------------- */

static void add_locked(bp_store *store, bp_store_work *work) {
    work->next = NULL;
    *store->last = work;
    store->last = &work->next;
    pthread_cond_signal(&store->queued);
}

void bp_store_queue(bp_store *store, bp_store_work *work) {
    pthread_mutex_lock(&store->lock);
    add_locked(store, work);
    pthread_mutex_unlock(&store->lock);
}

bp_status bp_store_wait(bp_store *store, bp_store_work *work, bp_error *err) {
    pthread_cond_t finished = PTHREAD_COND_INITIALIZER;
    work->finished = &finished;
    work->done = false;
    pthread_mutex_lock(&store->lock);
    add_locked(store, work);
    while (!work->done) {
        pthread_cond_wait(&finished, &store->lock);
    }
    pthread_mutex_unlock(&store->lock);
    pthread_cond_destroy(&finished);
    if (work->status != BP_OK && err != NULL) {
        *err = work->error;
    }
    return work->status;
}
