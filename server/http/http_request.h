/* One request, from its first line to the end of its reply: the three callbacks of the HTTP library
 * (their signatures are the library's). */
#ifndef BP_HTTP_REQUEST_H
#define BP_HTTP_REQUEST_H

#include <microhttpd.h>

#include "http_state.h"

/* The request line is there (MHD_OPTION_URI_LOG_CALLBACK): makes the request, which becomes the
 * context of the other two. `target` is as the client sent it. NULL: no memory. */
void *bp_http_request_open(void *http, const char *target, struct MHD_Connection *connection);

/* Headers, pieces of the body, its end, and again after a suspension (MHD_AccessHandlerCallback).
 */
enum MHD_Result bp_http_request_handle(void *http, struct MHD_Connection *connection,
                                       const char *url, const char *method, const char *version,
                                       const char *upload, size_t *upload_size, void **context);

/* The reply was sent or the connection was lost (MHD_OPTION_NOTIFY_COMPLETED). */
void bp_http_request_close(void *http, struct MHD_Connection *connection, void **context,
                           enum MHD_RequestTerminationCode how);

#endif
