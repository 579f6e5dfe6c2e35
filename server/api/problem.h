/* Errors on the wire: application/problem+json (RFC 9457). Here, and nowhere else, a status of the
 * program becomes one of HTTP. */
#ifndef BP_PROBLEM_H
#define BP_PROBLEM_H

#include "api.h"

/* What went wrong with an exchange. */
typedef struct bp_problem {
    unsigned status; /* of HTTP, for what only HTTP knows (405, 415, ...); 0: by error.code */
    bp_error error;
} bp_problem;

/* The HTTP status of a code. */
unsigned bp_problem_status(bp_status code);

/* Replaces whatever the response holds, but for its headers. Never fails: without memory the
 * body is a fixed text. */
void bp_problem_reply(bp_response *response, const bp_problem *problem, const char *request_id);
/* That fixed text: 503. */
void bp_problem_reply_briefly(bp_response *response);

#endif
