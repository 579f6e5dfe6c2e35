/* The writes that wait, each a batch of one change, and the drafts of large blobs. */
#include <stdlib.h>

#include "store_state.h"

/* --- drafts --------------------------------------------------------------------------------- */

bp_status bp_store_draft_new(bp_store_draft **out, bp_store *store, bp_error *err) {
    bp_store_draft *draft = malloc(sizeof *draft);
    if (draft == NULL) {
        return bp_fail(err, BP_NO_MEMORY, NULL, "no memory for a new file");
    }
    bp_status status = bp_blob_begin(&draft->blob, store->blobs, bp_store_next_number(store), err);
    if (status != BP_OK) {
        free(draft);
        return status;
    }
    *out = draft;
    return BP_OK;
}

int bp_store_draft_file(const bp_store_draft *draft) {
    return draft->blob.file;
}

void bp_store_draft_note_digest(bp_store_draft *draft, const bp_digest *digest, uint64_t size) {
    draft->blob.digest = *digest;
    draft->blob.begun = size;
}

void bp_store_draft_free(bp_store_draft *draft) {
    if (draft != NULL) {
        bp_blob_drop(&draft->blob);
        free(draft);
    }
}

/* --- batches of one change ------------------------------------------------------------------ */

static bp_status commit_if(bp_store *store, bp_store_batch *batch, bp_status prepared,
                           bp_error *err) {
    if (prepared != BP_OK) {
        bp_store_batch_free(batch);
        return prepared;
    }
    return bp_store_commit(store, batch, err);
}

bp_status bp_store_put(bp_store *store, const bp_store_object *object, bp_error *err) {
    bp_store_batch *batch = NULL;
    bp_status status = bp_store_batch_new(&batch, store, err);
    return status == BP_OK ? commit_if(store, batch, bp_store_batch_put(batch, object, err), err)
                           : status;
}

bp_status bp_store_put_draft(bp_store *store, const bp_store_object *object, bp_store_draft *draft,
                             bp_error *err) {
    bp_store_batch *batch = NULL;
    bp_status status = bp_store_batch_new(&batch, store, err);
    if (status != BP_OK) {
        bp_blob_drop(&draft->blob);
        return status;
    }
    return commit_if(store, batch, bp_store_batch_put_draft(batch, object, draft, err), err);
}

bp_status bp_store_delete(bp_store *store, bp_store_kind kind, const char *name, bp_error *err) {
    bp_store_batch *batch = NULL;
    bp_status status = bp_store_batch_new(&batch, store, err);
    return status == BP_OK
               ? commit_if(store, batch, bp_store_batch_delete(batch, kind, name, err), err)
               : status;
}
