/* From the API's response to the library's. */
#ifndef BP_HTTP_REPLY_H
#define BP_HTTP_REPLY_H

#include <microhttpd.h>

#include "stream_reply.h"

/* `stream`: the body comes from it; NULL: from the response.
 * Builds the response with the headers that every one has: X-Request-Id, X-Content-Type-Options,
 * and Cache-Control: no-store where the API said nothing of caching. Takes what `response` owns and
 * leaves it empty. NULL: no memory. */
struct MHD_Response *bp_http_reply_make(bp_response *response, bp_stream_reply *stream,
                                        const char *request_id, bool close);

/* Fills an empty response with problem+json; `detail` is fit for JSON as it stands. */
void bp_http_reply_problem(bp_response *out, unsigned status, const char *detail,
                           const char *request_id);

#endif
