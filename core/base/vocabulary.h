/* A closed set of words: what a request may say, and what is said of an unknown one. */
#ifndef BP_VOCABULARY_H
#define BP_VOCABULARY_H

#include "status.h"

typedef struct bp_vocabulary {
    const char *what; /* "activation" */
    size_t count;
    const char *const *names;    /* [count] by enumerator */
    const char *const *formulas; /* [count] */
} bp_vocabulary;

/* Enumerator of `name`; INVALID with the list of known names in the message and `field` as given.
 */
BP_NODISCARD bp_status bp_vocabulary_find(const bp_vocabulary *set, const char *name,
                                          const char *field, int *out, bp_error *err);

#endif
