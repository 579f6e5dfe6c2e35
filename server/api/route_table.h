/* Every route of the API, one row each, and what a handler is given. */
#ifndef BP_ROUTE_TABLE_H
#define BP_ROUTE_TABLE_H

#include <jansson.h>

#include "api.h"
#include "query.h"

enum {
    BP_CAPTURE_SIZE = 256,
    BP_CAPTURES = 2,
    BP_ETAG_SIZE = 80,
    BP_ACCEPT_SIZE = 256,
    BP_TYPE_SIZE = 128,
    BP_EVENT_ID_SIZE = 24,
    BP_ALLOW_SIZE = 64
};

/* What a pattern's {...} took of a path, in their order; "" where there is none. */
typedef struct bp_captures {
    char text[BP_CAPTURES][BP_CAPTURE_SIZE];
} bp_captures;

/* What a handler works on; valid during the call. */
typedef struct bp_call {
    bp_service *service;
    const bp_api_options *options;
    const char *capture;        /* the path's first {name}; "" where there is none */
    const char *second_capture; /* the path's second */
    const bp_query *query;
    const json_t *body;               /* NULL: the route takes none, or it was streamed */
    void *stream;                     /* what the route's stream opened; NULL: none */
    const char *if_none_match;        /* "" : not sent */
    const char *if_match;             /* likewise */
    const char *accept;               /* likewise */
    const char *content_type;         /* likewise */
    const char *last_event_id;        /* likewise */
    bp_response *response;            /* to be filled */
    const struct bp_key_claim *claim; /* of an Idempotency-Key (once.h); NULL: none */
    unsigned problem_status; /* of HTTP, for a failure that only HTTP knows; 0: by its code */
} bp_call;

/* On failure what the response holds already is dropped, but for its headers. */
typedef bp_status (*bp_handler)(bp_call *call, bp_error *err);

/* A body that is worked on as it comes. */
typedef struct bp_stream {
    const char *const *types; /* media types, ended by NULL; none at all goes too */
    /* At the end of the headers; call->body and call->response are NULL. */
    bp_status (*open)(const bp_call *call, void **stream, bp_error *err);
    bp_status (*feed)(void *stream, const char *bytes, size_t size, bp_error *err);
    void (*free)(void *stream); /* NULL is allowed */
} bp_stream;

typedef enum bp_body_kind {
    BP_BODY_NONE,
    BP_BODY_JSON,  /* gathered and parsed */
    BP_BODY_MAYBE, /* the same; none at all is {} */
    BP_BODY_STREAM /* through route->stream; application/json is gathered and parsed */
} bp_body_kind;

typedef enum bp_pace {
    BP_PACE_FAST,
    BP_PACE_SLOW, /* writes files, or reads whole data sets */
    BP_PACE_SIZE, /* slow where the body is large */
    BP_PACE_ONCE  /* slow, and creates: with an Idempotency-Key it is done once (once.h) */
} bp_pace;

typedef struct bp_route {
    const char *method;
    const char *pattern; /* "/v1/models/{name}/predict": BP_CAPTURES at most */
    bp_body_kind body;
    bp_pace pace;
    const bp_parameter *parameters; /* NULL: none */
    bp_handler handle;
    const bp_stream *stream;
} bp_route;

extern const bp_route bp_routes[];
extern const size_t bp_route_count;

/* The route of a request; HEAD is GET. captures is filled. NOT_FOUND: no route has
 * the path. CONFLICT: others do, with the methods in `allow` [BP_ALLOW_SIZE] ("GET, HEAD"). */
BP_NODISCARD bp_status bp_route_find(const bp_route **out, const char *method, const char *path,
                                     bp_captures *captures, char *allow);

#endif
