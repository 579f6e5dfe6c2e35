/* The rows of an upload that were not taken. */
#ifndef BP_REJECTS_H
#define BP_REJECTS_H

#include "status.h"

enum { BP_FIRST_REJECTS = 20 };

typedef struct bp_rejects {
    uint64_t count;
    size_t kept;                      /* of the first ones: min(count, BP_FIRST_REJECTS) */
    bp_error first[BP_FIRST_REJECTS]; /* why, with line and column */
} bp_rejects;

void bp_rejects_add(bp_rejects *rejects, const bp_error *why);

#endif
