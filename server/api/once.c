#include "once.h"

#include <stdlib.h>
#include <string.h>

#include "reply.h"

enum { UNPROCESSABLE = 422 };

bp_status bp_once_check_key(const char *key, bp_error *err) {
    size_t size = 0;
    while (key[size] >= ' ' && key[size] <= '~') {
        size++;
    }
    return size > 0 && size <= BP_KEY_MAX && key[size] == '\0'
               ? BP_OK
               : bp_fail(err, BP_INVALID, NULL,
                         "an Idempotency-Key has 1 to %d printable ASCII characters", BP_KEY_MAX);
}

/* --- the first time ------------------------------------------------------------------------- */

static char *find_header(const bp_response *response, const char *name) {
    for (size_t i = 0; i < response->header_count; i++) {
        if (strcmp(response->headers[i].name, name) == 0) {
            return response->headers[i].value;
        }
    }
    return NULL;
}

/* As much of it as creations have: JSON, and where the object is. */
static bp_status keep(const bp_call *call, bp_store_batch *batch, bp_error *err) {
    const size_t size = call->response->body_size;
    char *body = malloc(size + 1); /* with the zero at its end that the response has not */
    if (body == NULL) {
        return bp_fail(err, BP_NO_MEMORY, NULL, "no memory for the response");
    }
    memcpy(body, call->response->body, size);
    body[size] = '\0';
    char type[] = "application/json";
    const bp_kept_reply reply = {.status = call->response->status,
                                 .content_type = type,
                                 .location = find_header(call->response, "Location"),
                                 .body = body};
    bp_status status = bp_key_keep(batch, call->claim, &reply, err);
    free(body);
    return status;
}

bp_status bp_creation_add(void *context, const void *made, bp_store_batch *batch, bp_error *err) {
    const bp_creation *self = context;
    bp_status status = self->reply(self->call, made, err);
    return status == BP_OK && self->call->claim != NULL && batch != NULL
               ? keep(self->call, batch, err)
               : status;
}

/* --- and again ------------------------------------------------------------------------------ */

static bp_status replay(bp_response *response, const bp_kept_reply *kept, bp_error *err) {
    bp_text text = {0};
    bp_text_puts(&text, kept->body);
    bp_status status = bp_reply_text(response, kept->status, &text, err);
    if (status == BP_OK && kept->location != NULL) {
        status = bp_reply_header(response, err, "Location", "%s", kept->location);
    }
    return status == BP_OK ? bp_reply_header(response, err, "Idempotency-Replayed", "true")
                           : status;
}

bp_status bp_once_handle(bp_call *call, bp_handler handle, bp_key_claim *claim, bp_error *err) {
    bp_kept_reply kept = {0};
    bp_status status = bp_service_claim_key(call->service, claim, &kept, err);
    if (status != BP_OK) {
        call->problem_status = status == BP_EXISTS ? UNPROCESSABLE : 0;
        return status;
    }
    if (kept.status != 0) {
        status = replay(call->response, &kept, err);
    } else {
        call->claim = claim;
        status = handle(call, err);
    }
    bp_service_release_key(call->service, claim);
    bp_kept_reply_clear(&kept);
    return status;
}
