/* The inside of the store, for its own files: its parts, and the queue of its thread. */
#ifndef BP_STORE_STATE_H
#define BP_STORE_STATE_H

#include <pthread.h>
#include <stdatomic.h>

#include "catalogue.h"

/* Something for the store's thread to do. */
typedef struct bp_store_work bp_store_work;
struct bp_store_work {
    /* On the store's thread, in a transaction; again, where the transaction failed because of
     * others. */
    bp_status (*apply)(bp_catalogue *catalogue, bp_store_work *self, bp_error *err);
    /* On the store's thread, once, when what follows is final; the work is its owner's again. NULL:
     * a caller waits for it. */
    void (*finish)(bp_store_work *self);
    bool is_read; /* changes nothing */
    bp_status status;
    bp_error error;
    bool uncertain;           /* failed, and yet a crash might bring it back: its files must stay */
    bool done;                /* guarded by store->lock, and so is: */
    pthread_cond_t *finished; /* the waiting caller's */
    bp_store_work *next;
};

struct bp_store {
    int folder; /* descriptor of the data directory */
    int blobs;  /* descriptor of its folder of blobs */
    int lock_file;
    bp_catalogue *catalogue;     /* the opener's, then the thread's, then the closer's */
    atomic_uint_fast64_t number; /* of the next blob; relaxed: only its uniqueness matters */
    pthread_t thread;
    bool started;
    pthread_mutex_t lock; /* guards the queue, each work's `done` and `closing` */
    pthread_cond_t queued;
    bp_store_work *first, **last;
    bool closing;
};

struct bp_store_draft {
    bp_blob_draft blob;
};

/* A number that no other blob has. Any thread. */
uint64_t bp_store_next_number(bp_store *store);

/* Puts the work, which has a `finish`, at the end of the queue. Any thread. */
void bp_store_queue(bp_store *store, bp_store_work *work);

/* The same, and waits; what came of it. The work has no `finish` and stays the caller's. Any thread
 * but the store's. Fails as work->apply or the commit does. */
BP_NODISCARD bp_status bp_store_wait(bp_store *store, bp_store_work *work, bp_error *err);

/* The store's thread: serves the queue until `closing` is set and nothing is left. */
void *bp_store_serve(void *store);

#endif
