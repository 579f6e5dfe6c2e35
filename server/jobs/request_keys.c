#include "request_keys.h"

#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "service_state.h"

void bp_kept_reply_clear(bp_kept_reply *reply) {
    free(reply->content_type);
    free(reply->location);
    free(reply->body);
    *reply = (bp_kept_reply){0};
}

static double oldest_kept(void) {
    return bp_clock_wall_seconds() - BP_KEY_SECONDS;
}

static bp_status fail_used(const char *key, bp_error *err) {
    return bp_fail(err, BP_EXISTS, NULL,
                   "the Idempotency-Key '%.80s' has been used for another request; a new request"
                   " needs a new key",
                   key);
}

/* --- claims --------------------------------------------------------------------------------- */

/* Holds keys->lock. */
static bp_status claim_locked(bp_request_keys *keys, bp_key_claim *claim, bp_error *err) {
    for (const bp_key_claim *each = keys->first; each != NULL; each = each->next) {
        if (strcmp(each->key, claim->key) != 0) {
            continue;
        }
        return strcmp(each->request_sha256, claim->request_sha256) != 0
                   ? fail_used(claim->key, err)
                   : bp_fail(err, BP_CONFLICT, NULL,
                             "the request with the Idempotency-Key '%.80s' is being worked on;"
                             " send it again when that has ended",
                             claim->key);
    }
    claim->next = keys->first;
    keys->first = claim;
    return BP_OK;
}

void bp_service_release_key(bp_service *service, bp_key_claim *claim) {
    bp_request_keys *keys = &service->keys;
    pthread_mutex_lock(&keys->lock);
    bp_key_claim **place = &keys->first;
    while (*place != claim) {
        place = &(*place)->next;
    }
    *place = claim->next;
    pthread_mutex_unlock(&keys->lock);
}

/* --- what is kept --------------------------------------------------------------------------- */

typedef struct search {
    const bp_key_claim *claim;
    bp_kept_reply *kept;
    bool is_other, no_memory;
} search;

static char *copy(search *self, const char *text) {
    char *copied = text != NULL ? strdup(text) : NULL;
    self->no_memory = self->no_memory || (text != NULL && copied == NULL);
    return copied;
}

static void take(void *context, const bp_store_key *found) {
    search *self = context;
    if (found->at < oldest_kept()) {
        return;
    }
    self->is_other = strcmp(found->request_sha256, self->claim->request_sha256) != 0;
    if (!self->is_other) {
        *self->kept = (bp_kept_reply){.status = found->status,
                                      .content_type = copy(self, found->content_type),
                                      .location = copy(self, found->location),
                                      .body = copy(self, found->body)};
    }
}

static bp_status find_kept(bp_service *service, const bp_key_claim *claim, bp_kept_reply *kept,
                           bp_error *err) {
    search self = {.claim = claim, .kept = kept};
    if (service->store == NULL) {
        return BP_OK;
    }
    bp_status status = bp_store_find_key(service->store, claim->key, take, &self, err);
    if (status == BP_NOT_FOUND) {
        return BP_OK;
    }
    if (status == BP_OK && self.no_memory) {
        bp_kept_reply_clear(kept);
        status = bp_fail(err, BP_NO_MEMORY, NULL, "no memory for a kept response");
    }
    return status == BP_OK && self.is_other ? fail_used(claim->key, err) : status;
}

bp_status bp_service_claim_key(bp_service *service, bp_key_claim *claim, bp_kept_reply *kept,
                               bp_error *err) {
    pthread_mutex_lock(&service->keys.lock);
    bp_status status = claim_locked(&service->keys, claim, err);
    pthread_mutex_unlock(&service->keys.lock);
    if (status != BP_OK) {
        return status;
    }
    /* With the claim: whoever had it before has committed or failed. */
    status = find_kept(service, claim, kept, err);
    if (status != BP_OK) {
        bp_service_release_key(service, claim);
    }
    return status;
}

bp_status bp_key_keep(bp_store_batch *batch, const bp_key_claim *claim, const bp_kept_reply *reply,
                      bp_error *err) {
    const bp_store_key key = {.key = claim->key,
                              .request_sha256 = claim->request_sha256,
                              .at = bp_clock_wall_seconds(),
                              .status = reply->status,
                              .content_type = reply->content_type,
                              .location = reply->location,
                              .body = reply->body};
    /* First the old ones: this key may be among them. */
    bp_status status = bp_store_batch_forget_keys(batch, oldest_kept(), err);
    return status == BP_OK ? bp_store_batch_key(batch, &key, err) : status;
}
