/* Requests that create something: the answer is made before it is durable, and where the client
 * named the request by an Idempotency-Key it is kept with it and given again.
 *
 * A route is so by BP_PACE_ONCE. Its handler gives the service a hook over a bp_creation. */
#ifndef BP_ONCE_H
#define BP_ONCE_H

#include "request_keys.h"
#include "route_table.h"

typedef struct bp_creation {
    bp_call *call;
    /* Fills call->response from what is created; it must not call the service. */
    bp_status (*reply)(bp_call *call, const void *made, bp_error *err);
} bp_creation;

/* bp_commit_hook.add, with a bp_creation for context. */
bp_status bp_creation_add(void *creation, const void *made, bp_store_batch *batch, bp_error *err);

/* Whether it can be a key: 1 to BP_KEY_MAX printable ASCII characters. INVALID. */
BP_NODISCARD bp_status bp_once_check_key(const char *key, bp_error *err);
/* Calls the handler, or gives the response that is kept for the claim's key. CONFLICT: the request
 * is being worked on; EXISTS, with call->problem_status: the key is another's; and what the handler
 * and bp_service_claim_key say. */
BP_NODISCARD bp_status bp_once_handle(bp_call *call, bp_handler handle, bp_key_claim *claim,
                                      bp_error *err);

#endif
