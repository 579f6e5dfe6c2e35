/* The request guard: what libmicrohttpd lets through and no request may carry. Pure functions over
 * what the headers say; any thread.
 *
 * Two parsers that read one message differently are how requests are smuggled past a proxy (RFC
 * 9112, section 11.2), and a path that decodes to another path is how a file or a route is reached
 * that was meant to be closed. Everything ambiguous is refused rather than understood. */
#ifndef BP_REQUEST_GUARD_H
#define BP_REQUEST_GUARD_H

#include <stdbool.h>
#include <stddef.h>

enum { BP_GUARD_MAX_TARGET = 8192 }; /* bytes of path and query as sent */

typedef struct bp_guard_facts {
    const char *target;  /* the request target as sent; NULL: there was none */
    const char *version; /* "HTTP/1.1" */
    size_t host_count, content_length_count, transfer_encoding_count; /* header lines */
    const char *content_length, *transfer_encoding; /* of one of the lines; NULL: none */
} bp_guard_facts;

typedef struct bp_guard_verdict {
    unsigned status;    /* 0: let it through; else the HTTP status of the refusal */
    const char *detail; /* static text, fit for JSON as it stands; NULL: none */
} bp_guard_verdict;

/* Judges the framing headers. */
bp_guard_verdict bp_guard_headers(const bp_guard_facts *facts);

/* Judges the request target and, where it is let through, writes the percent-decoded path, NUL
 * terminated, to `path` [BP_GUARD_MAX_TARGET + 1] and points *query into the target, after the '?'
 * (NULL: none). `path` and the target may not overlap. */
bp_guard_verdict bp_guard_target(const char *target, char *path, const char **query);

/* "Bad Request" for the statuses that the guard and the HTTP layer give. */
const char *bp_guard_title(unsigned status);

#endif
