/* An API over a service that keeps nothing, driven without sockets, for the tests of this folder.
 */
#ifndef BP_API_FIXTURE_H
#define BP_API_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <jansson.h>

#include "api.h"

/* cmocka's state of a test: made by bp_api_setup, ended by bp_api_teardown. Two threads, JSON up to
 * 64 KiB, uploads up to 256 KiB. */
typedef struct bp_api_fixture {
    bp_service *service;
    bp_api *api;
} bp_api_fixture;

int bp_api_setup(void **state);
int bp_api_teardown(void **state);

typedef struct bp_sent {
    const char *method;     /* NULL: GET, or POST where there is a body */
    const char *target;     /* path, and query after a '?' */
    const char *body;       /* NULL: none */
    size_t body_size;       /* 0: strlen(body) */
    const char *type;       /* Content-Type; NULL: not sent */
    const char *headers[6]; /* name, value, ... */
    size_t piece;           /* bytes a feed; 0: all at once */
    bool chunked;           /* Content-Length is not sent */
} bp_sent;

typedef struct bp_answer {
    bp_body_plan plan;
    bp_response response;
    json_t *json; /* of the body; NULL: none, or no JSON */
} bp_answer;

/* Sends; the answer is to be cleared. */
bp_answer bp_send(void **state, bp_sent sent);
void bp_answer_clear(bp_answer *answer);

/* Sends and wants this status; gives the body, to be dropped (NULL: none). */
json_t *bp_expect(void **state, unsigned status, bp_sent sent);
/* Sends, wants a problem of this status that names this pointer (NULL: none) and a detail that
 * holds this word (NULL: any). */
void bp_refused(void **state, bp_sent sent, unsigned status, const char *pointer, const char *word);

/* The value of a response's header, or NULL. */
const char *bp_header_of(const bp_response *response, const char *name);

/* Polls the job until it has ended; gives the job object, to be dropped. */
json_t *bp_wait_for_job(void **state, json_int_t id);

/* Shorthands for an object's members. */
const char *bp_string(const json_t *object, const char *key);
json_int_t bp_integer(const json_t *object, const char *key);

#endif
