/* Requests that are done once: a client names one by a key and may send it again, and gets the
 * response that was kept.
 *
 * A key is claimed while its request is worked on. The response goes into the store in the same
 * batch as what the request created (bp_commit_hook), so that a crash leaves both or neither. It
 * is kept for BP_KEY_SECONDS; without a store keys are no more than claimed. */
#ifndef BP_REQUEST_KEYS_H
#define BP_REQUEST_KEYS_H

#include "commit_hook.h"
#include "service.h"

enum { BP_KEY_SECONDS = 24 * 60 * 60, BP_KEY_MAX = 255 };

/* One request at work; all of it is the caller's and stays until the release. */
typedef struct bp_key_claim bp_key_claim;
struct bp_key_claim {
    const char *key;
    const char *request_sha256; /* of all that makes it the same request */
    bp_key_claim *next;         /* the table's */
};

typedef struct bp_kept_reply {
    unsigned status; /* of HTTP; 0: none is kept */
    char *content_type, *location, *body;
} bp_kept_reply;
void bp_kept_reply_clear(bp_kept_reply *reply); /* frees the texts */

/* Claims the key, to be released, and fills a zeroed `kept` where the request was done before.
 * CONFLICT: the same request is at work. EXISTS: the key is another request's. Then it is not
 * claimed. IO, NO_MEMORY. Any thread; asks the store. */
BP_NODISCARD bp_status bp_service_claim_key(bp_service *service, bp_key_claim *claim,
                                            bp_kept_reply *kept, bp_error *err);
void bp_service_release_key(bp_service *service, bp_key_claim *claim);

/* Adds the reply, borrowed, to the batch, and drops those whose time is over. NO_MEMORY. */
BP_NODISCARD bp_status bp_key_keep(bp_store_batch *batch, const bp_key_claim *claim,
                                   const bp_kept_reply *reply, bp_error *err);

#endif
