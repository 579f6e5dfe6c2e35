/* What a request says of its body's type and of the page it comes from. */
#ifndef BP_MEDIA_TYPE_H
#define BP_MEDIA_TYPE_H

#include "api.h"

typedef enum bp_media {
    BP_MEDIA_NONE, /* not said */
    BP_MEDIA_JSON,
    BP_MEDIA_FORM, /* what curl -d says */
    BP_MEDIA_OTHER
} bp_media;

/* Of a Content-Type, whose parameters do not count; NULL: not sent. */
bp_media bp_media_of(const char *content_type);
/* Whether a Content-Type, or what an Accept names first, is one of `types` (ended by NULL). */
bool bp_media_is_among(const char *content_type, const char *const *types);

/* Which of `types` (ended by NULL) an Accept wants most (RFC 9110, 12.5.1): the one with the
 * greatest weight, the first of equal ones; -1: none. NULL or "": the first. */
int bp_media_choose(const char *accept, const char *const *types);

/* Whether a browser sends it on behalf of another site's page: Sec-Fetch-Site says so, or, where it
 * is missing, an Origin that is not the Host. Only browsers send either. */
bool bp_request_is_foreign(const bp_request *request);

#endif
