/* The query of a request target: "target=a,b&limit=10". */
#ifndef BP_QUERY_H
#define BP_QUERY_H

#include "status.h"

enum { BP_QUERY_MAX = 16 };

/* A parameter that a route takes. */
typedef struct bp_parameter {
    const char *name;         /* NULL: text only, ends a table */
    uint64_t min, max;        /* of an integer; max 0: it is text */
    uint64_t by_default;      /* of an integer, or the index of a word */
    const char *const *words; /* ended by NULL: it is one of them; NULL: not a word */
} bp_parameter;

typedef struct bp_query {
    char *text; /* owned: the decoded names and values */
    size_t count;
    struct {
        const bp_parameter *parameter;
        const char *value; /* in text */
        uint64_t number;   /* of an integer; the index of a word */
    } given[BP_QUERY_MAX];
} bp_query;

/* Decodes `raw` (NULL: none) against `known`, a table ended by a row without a name (NULL: no
 * parameters). INVALID naming the parameter: unknown, given twice, no integer, out of its range,
 * none of its words.
 * SYNTAX: a bad percent code. NO_MEMORY. */
BP_NODISCARD bp_status bp_query_parse(bp_query *out, const char *raw, const bp_parameter *known,
                                      bp_error *err);
void bp_query_clear(bp_query *query);

/* The value of a text parameter; NULL: not given. */
const char *bp_query_text(const bp_query *query, const bp_parameter *parameter);
/* The value of an integer parameter, or the index of a word; else the default. */
uint64_t bp_query_number(const bp_query *query, const bp_parameter *parameter);

#endif
